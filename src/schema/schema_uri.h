/*
 * URI references (RFC 3986): what a schema needs to find others. Not checked for
 * well-formedness (that is `format`), only taken apart and put together.
 *
 * Results stand in the arena or borrow from the arguments. Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_URI_H
#define SCHEMA_SCHEMA_URI_H

#include "base/arena.h"
#include "base/str.h"

struct uri_parts {
    str scheme;    /* without ":"; absent = none */
    str authority; /* without "//"; absent = none */
    str path;      /* never absent */
    str query;     /* without "?"; absent = none */
    str fragment;  /* without "#"; absent = none */
};

/* RFC 3986 appendix B. */
void uri_split(str uri, struct uri_parts *ret_parts);

/* The reference as seen from `base` (§5.2), without its fragment, which is *ret_fragment
 * (still percent-encoded; absent = none). An empty base leaves the reference as it is. */
str uri_resolve(struct arena *arena, str base, str reference, str *ret_fragment);

#endif
