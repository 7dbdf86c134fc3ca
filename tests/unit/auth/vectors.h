/*
 * tests/cases/auth-vectors.json: what vendors expect, with the values that lead to it.
 */
#ifndef UNIT_AUTH_VECTORS_H
#define UNIT_AUTH_VECTORS_H

#include "support/given.h"

#include "base/usec.h"

/* Now, in the file. */
#define VECTORS_WALL (1760000000 * USEC_S)

static inline const struct json *vectors_all(struct arena *arena)
{
    const struct json *file =
        given_json(arena, given_file(arena, "tests/cases/auth-vectors.json"));
    return json_member(file, STR("vectors"));
}

static inline const struct json *vectors_get(struct arena *arena, const char *id)
{
    const struct json *vectors = vectors_all(arena);
    for (uint32_t i = 0; i < vectors->n; i++)
        if (str_eq(json_member_text(&vectors->u.items[i], STR("id")), str_z(id)))
            return &vectors->u.items[i];
    fail_msg("no vector %s", id);
    return NULL;
}

#endif
