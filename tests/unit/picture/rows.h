/*
 * Tables of what jsonata-js answers, one JSON object a line:
 *
 *   {"call": "formatInteger", "args": [12, "w"], "is": "twelve"}
 *
 * tests/cases/make-jsonata-rows.mjs writes them; answer.h says how an answer looks.
 */
#ifndef UNIT_PICTURE_ROWS_H
#define UNIT_PICTURE_ROWS_H

#include "base/arena.h"

/* Checks each row of a file; prints those that differ; answers how many there are. */
int rows_check(struct arena *arena, const char *path, int *ret_failed);

/* The same as a program: prints what differs, answers an exit code. */
int rows_report(const char *path);

/* What a call, written as such a row, must answer. */
void rows_expect(struct arena *arena, const char *row);

#endif
