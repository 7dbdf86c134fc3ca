#include "base/buf.h"
#include "json/json_lines.h"
#include "json/json_write.h"
#include "read.h"
#include "tests.h"

/* What a text gives when it comes in pieces of `step` bytes: a line a value or fault. */
static str read_lines(struct arena *arena, str text, size_t step,
                      const struct json_limits *limits)
{
    struct json_lines lines;
    struct arena room;
    struct buf out;
    enum json_lines_result result = JSON_LINES_MORE;
    arena_init(&room, 1024, (size_t)1 << 20);
    buf_init(&out, 1 << 20);
    json_lines_init(&lines, &room, limits);
    while (result != JSON_LINES_END) {
        struct json value;
        result = json_lines_next(&lines, arena, &value);
        if (result == JSON_LINES_MORE && !text.n) {
            json_lines_end(&lines);
        } else if (result == JSON_LINES_MORE) {
            size_t n = step < text.n ? step : text.n;
            json_lines_feed(&lines, str_of(text.p, n));
            text = str_from(text, n);
        } else if (result == JSON_LINES_VALUE) {
            buf_printf(&out, "%u: " STR_F "\n", (unsigned)lines.line,
                       STR_A(write_value(arena, &value)));
        } else if (result == JSON_LINES_FAULT) {
            assert_true(lines.fault.line == lines.line);
            buf_printf(&out, "%u,%u at %u: %s\n", (unsigned)lines.fault.line,
                       lines.fault.column, (unsigned)lines.fault.offset,
                       lines.fault.what);
        }
    }
    arena_fini(&room);
    return arena_take(arena, &out);
}

static void assert_lines(struct arena *arena, str text, const struct json_limits *limits,
                         const char *expected)
{
    for (size_t step = 1; step <= text.n + 1; step++)
        assert_str(read_lines(arena, text, step, limits), str_z(expected));
}

static void each_line_is_a_value(void **state)
{
    assert_lines(*state, STR("{\"a\":[1,2]}\n\"b\"\n3\n"), NULL,
                 "1: {\"a\":[1,2]}\n2: \"b\"\n3: 3\n");
    assert_lines(*state, STR("1\n2"), NULL, "1: 1\n2: 2\n");
    assert_lines(*state, STR(""), NULL, "");
}

static void blank_lines_are_counted_and_skipped(void **state)
{
    assert_lines(*state, STR("\n1\r\n \t\r\n\r\n 2 \r\n  "), NULL, "2: 1\n5: 2\n");
}

static void a_line_that_is_no_json_is_one_fault(void **state)
{
    assert_lines(*state, STR("[1\n{\"a\":1}\n{\"\xc3\xa4\":}\n\n1 2\n\f\n4"), NULL,
                 "1,3 at 2: the text ends too early\n"
                 "2: {\"a\":1}\n"
                 "3,6 at 17: a value is expected here\n"
                 "5,3 at 22: nothing may follow the value\n"
                 "6,1 at 24: a value is expected here\n"
                 "7: 4\n");
}

static void a_line_that_is_too_long_is_skipped(void **state)
{
    static const struct json_limits limits = {.bytes_max = 5};
    assert_lines(*state, STR("12345\n123456\n1234567890123\n\"abc\"\n\"abcd\""), &limits,
                 "1: 12345\n"
                 "2,1 at 6: the line is longer than the limit\n"
                 "3,1 at 13: the line is longer than the limit\n"
                 "4: \"abc\"\n"
                 "5,1 at 33: the line is longer than the limit\n");
}

static void limits_hold_for_each_line(void **state)
{
    static const struct json_limits limits = {.depth_max = 1,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    assert_lines(*state, STR("[]\n[[]]\n{\"a\":1,\"a\":2}\n[]\n"), &limits,
                 "1: []\n"
                 "2,2 at 4: arrays and objects are nested too deep\n"
                 "3,8 at 15: this name occurs a second time\n"
                 "4: []\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, read_setup, read_teardown)

int test_json_lines(void)
{
    const struct CMUnitTest tests[] = {
        T(each_line_is_a_value),
        T(blank_lines_are_counted_and_skipped),
        T(a_line_that_is_no_json_is_one_fault),
        T(a_line_that_is_too_long_is_skipped),
        T(limits_hold_for_each_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
