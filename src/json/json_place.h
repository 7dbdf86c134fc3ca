/*
 * Where in a JSON text a value stands, for telling a person. Values do not know it
 * themselves: the text is read again, which takes time in proportion to its length.
 */
#ifndef JSON_JSON_PLACE_H
#define JSON_JSON_PLACE_H

#include "json/pointer.h"

struct json_place {
    size_t offset;   /* in bytes */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
};

/* The place of an offset in a text that is UTF-8; offset <= text.n. */
struct json_place json_place_of(str text, size_t offset);

/* Where the value that `pointer` leads to begins. `text` has been parsed without a fault;
 * of members with one name it is the last, as in the value. False when there is no such
 * value. `arena` is for scratch. */
bool json_place_find(struct arena *arena, str text, const struct pointer *pointer,
                     struct json_place *ret_place) MUST_CHECK;

#endif
