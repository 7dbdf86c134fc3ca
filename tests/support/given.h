/*
 * What most unit tests are given: an arena for the running test, JSON from a literal, and
 * files of the tree (tests run in its root).
 */
#ifndef SUPPORT_GIVEN_H
#define SUPPORT_GIVEN_H

#include <stdio.h>

#include "support/unit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "json/json_parse.h"

/* cmocka setup and teardown: *state is a struct arena. */
static inline int given_arena(void **state)
{
    struct arena *arena = mem_alloc(sizeof(*arena));
    arena_init(arena, 4096, (size_t)1 << 30);
    *state = arena;
    return 0;
}

static inline int given_arena_gone(void **state)
{
    arena_fini(*state);
    mem_free(*state);
    return 0;
}

#define GIVEN_TEST(fn) cmocka_unit_test_setup_teardown(fn, given_arena, given_arena_gone)

static inline const struct json *given_json(struct arena *arena, str text)
{
    struct json_fault fault;
    struct json *value = arena_alloc(arena, sizeof(*value));
    if (!json_parse(arena, text, NULL, value, &fault))
        fail_msg("line %u, column %u: %s", fault.line, fault.column, fault.what);
    return value;
}

/* Single quotes become double ones, `\'` a single one: JSON as a literal can be read. */
static inline str given_quotes(struct arena *arena, const char *text)
{
    size_t n = strlen(text), to = 0;
    char *made = arena_bytes(arena, n);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && text[i + 1] == '\'')
            made[to++] = text[++i];
        else
            made[to++] = text[i] == '\'' ? '"' : text[i];
    }
    return str_of(made, to);
}

/* The whole file; absent when there is none. */
static inline str given_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf buf;
    char piece[4096];
    size_t n;
    if (!file)
        return STR_NONE;
    buf_init(&buf, (size_t)1 << 26);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_put(&buf, piece, n);
    fclose(file);
    str text = arena_str(arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    return text;
}

/* `want` NULL = absent. `about` names the row. */
static inline void given_same(const char *about, str got, const char *want)
{
    if (str_absent(got) != !want)
        fail_msg("%s: got %s, want %s", about ? about : "-",
                 str_absent(got) ? "nothing" : "something", want ? want : "nothing");
    if (want && !str_eq(got, str_z(want)))
        fail_msg("%s: got \"" STR_F "\", want \"%s\"", about ? about : "-", STR_A(got),
                 want);
}

#endif
