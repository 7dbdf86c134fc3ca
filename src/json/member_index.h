/*
 * Finds members of an object by name: hashed when the object is large, so that no
 * document can make lookups quadratic; one by one when it is small. The index points to
 * places in the array of members, which may be reordered only before they are put in.
 */
#ifndef JSON_MEMBER_INDEX_H
#define JSON_MEMBER_INDEX_H

#include "json/json.h"

struct member_index {
    const struct json_member *members;
    uint32_t n;      /* members[0 … n) are in the index */
    uint32_t mask;   /* of slots; 0 = small, no slots */
    uint32_t *slots; /* place + 1; 0 = free */
};

/* An index with nothing in it, for at most `room` members. */
void member_index_init(struct member_index *index, struct arena *arena,
                       const struct json_member *members, uint32_t room);

/* The members have moved to `members`, where there is place for `room` of them. */
void member_index_move(struct member_index *index, struct arena *arena,
                       const struct json_member *members, uint32_t room);

/* Puts in the next member, members[n]. Answers its place, or, when a member of this
 * name is in the index already, that one's place, and then puts in nothing. */
uint32_t member_index_put(struct member_index *index);

/* All members of an object; of another value, none. */
void member_index_all(struct member_index *index, struct arena *arena,
                      const struct json *object);

/* The member of this name, or NULL. */
const struct json_member *member_index_find(const struct member_index *index, str key);

#endif
