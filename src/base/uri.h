/*
 * URI references (RFC 3986), taken apart and put together. Nothing is checked: what may
 * stand in a URL of HTTP decides http/url.h, in one of a schema its formats.
 *
 * Results stand in the arena or borrow from the arguments. Pure; any thread.
 */
#ifndef BASE_URI_H
#define BASE_URI_H

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

/* The path `path` as seen from the path `base` (§5.2.3), without dot segments. */
str uri_resolve_path(struct arena *arena, str base, str path);

/* Removes "." and ".." segments (§5.2.4). */
str uri_remove_dots(struct arena *arena, str path);

#endif
