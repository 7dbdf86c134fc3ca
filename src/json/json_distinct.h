/*
 * Each name of an object once: what the parser does when an object closes.
 */
#ifndef JSON_JSON_DISTINCT_H
#define JSON_JSON_DISTINCT_H

#include "json/json.h"

/*
 * Drops members whose name stood before, after moving their value to that first place;
 * `*n` becomes the number that remains. True when all names differed; otherwise
 * *ret_again is the old place of the first member that was dropped. The arena is as
 * before.
 */
bool json_distinct(struct arena *arena, struct json_member *members, uint32_t *n,
                   uint32_t *ret_again);

#endif
