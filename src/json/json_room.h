/*
 * Growing arrays inside src/json: stacks of open values and values under construction.
 * The old place stays in the arena until its owner rewinds.
 */
#ifndef JSON_JSON_ROOM_H
#define JSON_JSON_ROOM_H

#include "base/arena.h"

enum { JSON_ROOM_MIN = 8 };

/* A place of twice the room (at least JSON_ROOM_MIN) with a copy of what is at `at`. */
static inline void *json_room_double(struct arena *arena, const void *at, size_t *room,
                                     size_t each)
{
    size_t before = *room;
    *room = before ? before * 2 : JSON_ROOM_MIN;
    CHECK(*room <= SIZE_MAX / each);
    void *grown = arena_alloc(arena, *room * each);
    if (before)
        memcpy(grown, at, before * each);
    return grown;
}

#endif
