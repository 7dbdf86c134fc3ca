/*
 * For the tests of this folder: values from text that must be good, and text from values.
 */
#ifndef UNIT_JSON_READ_H
#define UNIT_JSON_READ_H

#include "json/json_parse.h"
#include "json/json_write.h"
#include "support/unit.h"

static inline int read_setup(void **state)
{
    static struct arena arena;
    arena_init(&arena, 1024, (size_t)1 << 30);
    *state = &arena;
    return 0;
}

static inline int read_teardown(void **state)
{
    arena_fini(*state);
    return 0;
}

/* The value of a text; a text that does not parse fails the test. */
static inline struct json read_text(struct arena *arena, str text)
{
    struct json value = {0};
    struct json_fault fault = {0};
    if (!json_parse(arena, text, NULL, &value, &fault))
        fail_msg("%s at %zu in " STR_F, fault.what, fault.offset, STR_A(text));
    return value;
}

static inline struct json read_z(struct arena *arena, const char *text)
{
    return read_text(arena, str_z(text));
}

static inline str write_style(struct arena *arena, const struct json *value,
                              enum json_style style)
{
    struct buf buf;
    buf_init(&buf, (size_t)1 << 30);
    json_write(&buf, value, style);
    assert_true(buf_ok(&buf));
    str text = buf.n ? arena_str(arena, buf_peek(&buf)) : STR("");
    buf_fini(&buf);
    return text;
}

static inline str write_value(struct arena *arena, const struct json *value)
{
    return write_style(arena, value, JSON_COMPACT);
}

#define assert_json(arena, value, text)                                                  \
    assert_str(write_value((arena), (value)), STR(text))

#endif
