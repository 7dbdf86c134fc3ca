/*
 * Objects in the order of a key that stands in them: for lists. Objects are borrowed; a
 * key may not change while its object is here. Not thread-safe: the owner has a lock.
 */
#ifndef DIRECTORY_ROSTER_H
#define DIRECTORY_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Compared by the number, then by the text. */
struct roster_key {
    uint64_t major;
    str minor;
};

struct roster_block;

struct roster {
    struct roster_key (*key)(const void *object);
    struct roster_block **blocks;
    size_t block_n;
    size_t room;
    size_t count; /* objects */
};

void roster_init(struct roster *roster, struct roster_key (*key)(const void *object));
void roster_fini(struct roster *roster);

/* Stores; answers the object of the same key that stood there before, or NULL. */
void *roster_put(struct roster *roster, void *object);

/* Takes out; NULL when there is none of this key. */
void *roster_remove(struct roster *roster, struct roster_key key);

/* A place in the order; good until the next put or remove. */
struct roster_place {
    size_t block;
    size_t item;
};

/* The place of the first object whose key is greater than `key`. */
struct roster_place roster_after(const struct roster *roster, struct roster_key key);

/* The object at the place, which moves on; NULL at the end. */
void *roster_next(const struct roster *roster, struct roster_place *place);

#endif
