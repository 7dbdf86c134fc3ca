/*
 * What the tables of this folder share: an arena for the running test, and comparisons
 * that name their row when they fail.
 */
#ifndef UNIT_HTTP_TEXT_H
#define UNIT_HTTP_TEXT_H

#include "support/unit.h"

/* cmocka setup and teardown: *state is a struct arena. */
int text_arena_open(void **state);
int text_arena_close(void **state);

/* A copy with nothing behind it, so that reading too far is seen; NULL = absent. */
str text_input(struct arena *arena, const char *text);

/* `want` NULL = absent. `about` names the row. */
void text_same(const char *about, str got, const char *want);
void text_true(const char *about, bool holds);

#define TEXT_TEST(fn)                                                                    \
    cmocka_unit_test_setup_teardown(fn, text_arena_open, text_arena_close)

#endif
