/*
 * Answers held against the shapes that describe them (api/api_shape.h).
 */
#ifndef UNIT_API_SHAPE_CHECK_H
#define UNIT_API_SHAPE_CHECK_H

#include "api/api_shape.h"

/* On a difference, false with a sentence. */
bool shape_check(const struct shape *shape, const struct json *value, struct arena *arena,
                 str *ret_why);

#endif
