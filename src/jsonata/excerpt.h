/*
 * What a fault tells of a value: a copy of its own, plain JSON, cut where it is large, so
 * that telling of a fault needs little memory, also when the fault is that there is none.
 */
#ifndef JSONATA_EXCERPT_H
#define JSONATA_EXCERPT_H

#include "json/json.h"

/* What either may take of an arena. */
enum { EXCERPT_BYTES_MAX = 32 * 1024 };

/* At most so many items and members, so many bytes of text, so deep; functions are left
 * out, as is what comes behind the cut. */
struct json excerpt_value(struct arena *arena, struct json value);

str excerpt_text(struct arena *arena, str text); /* absent stays absent */

#endif
