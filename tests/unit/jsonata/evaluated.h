/*
 * An expression compiled and run once, its outcome as a text: the result as compact JSON,
 * "undefined", or the code of the fault with an exclamation mark in front.
 */
#ifndef UNIT_JSONATA_EVALUATED_H
#define UNIT_JSONATA_EVALUATED_H

#include "json/json.h"
#include "jsonata/jsonata.h"

/* `input`: JSON, or NULL for none; `limits` may be NULL. */
str evaluated(struct arena *arena, str expression, const char *input,
              const struct jsonata_limits *limits);

/* The same of what is compiled; `run` is taken as it is. */
str evaluated_run(const struct jsonata *expression, const struct jsonata_run *run);

struct evaluated_row {
    const char *expression;
    const char *input;
    const char *outcome;
};

/* Fails with the first row whose outcome is another. */
void evaluated_rows(struct arena *arena, const struct evaluated_row *rows, size_t n,
                    const struct jsonata_limits *limits);

#define assert_rows(arena, rows, limits)                                                 \
    evaluated_rows((arena), (rows), COUNT_OF(rows), (limits))

#endif
