/*
 * JSON Merge Patch (RFC 7386): objects merge, everything else replaces, null removes.
 * This is also how the three tiers of settings come together (SPEC 1.4). The result
 * shares unchanged parts with its sources.
 */
#ifndef JSON_MERGE_H
#define JSON_MERGE_H

#include "json/json.h"

struct json merge_patch(struct arena *arena, const struct json *target,
                        const struct json *patch);

/* The same for what was made, not settled: a null of `over` is a value like any other and
 * removes nothing. UNDEFINED leaves the target as it is. */
struct json merge_values(struct arena *arena, const struct json *target,
                         const struct json *over);

#endif
