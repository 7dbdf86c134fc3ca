/*
 * What the parts that a mapping made are in a request: a path with its names filled, the
 * text of a query, a form. Pure; results stand in the arena.
 */
#ifndef UNIFIED_MAPPING_WIRE_H
#define UNIFIED_MAPPING_WIRE_H

#include "json/json.h"

enum { MAPPING_PATH_BYTES_MAX = 6144 }; /* beside the method's own */

/* Where the names of a path have their values: the first that has a name says it. */
struct mapping_names {
    const struct json *made;    /* by the mapping */
    const struct json *context; /* the account's */
    const struct json *fixed;   /* the document's path_values; UNDEFINED: none */
};

/*
 * The path of a method with its names filled, escaped; a last {name*} keeps its slashes.
 * A name that nobody has, or the first who has it not as a text or number that is not
 * empty, stays as it is. Absent when it is too long.
 */
str mapping_path(str pattern, const struct mapping_names *names, struct arena *arena);

/* The first {name} of a path that was not filled, without its braces; absent: none. */
str mapping_path_unfilled(str path);

/* Names and values as a query, a list as its name many times; absent when there are none.
 */
str mapping_query(const struct json *values, struct arena *arena);

/* A body as application/x-www-form-urlencoded: nested names in brackets, at most 16 deep;
 * null is the empty text, which empties a member. */
str mapping_form(const struct json *body, struct arena *arena);

#endif
