/*
 * Members of an object under construction, found by their key and kept in the order in
 * which the keys first came: for $merge, $keys and group-by. They stand in the run's
 * arena; how they are found is json/member_index.h.
 */
#ifndef JSONATA_MEMBERS_H
#define JSONATA_MEMBERS_H

#include "json/member_index.h"

struct eval;

struct members {
    struct eval *eval;
    struct json_member *items; /* as many as index.n */
    uint32_t room;
    struct member_index index;
};

static inline struct members members_in(struct eval *eval)
{
    return (struct members){.eval = eval};
}

/* The place of the member with this key; a new one, of no value yet, is the last. */
uint32_t members_place(struct members *members, str key);

/* All of them. */
struct json members_object(const struct members *members);

#endif
