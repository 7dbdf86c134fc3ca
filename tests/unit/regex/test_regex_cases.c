#include "base/mem.h"
#include "json/json_parse.h"
#include "regex/regex.h"
#include "support/unit.h"
#include "tests.h"

static unsigned flags_of(str text)
{
    return (str_find(text, 'i') < text.n ? REGEX_IGNORE_CASE : 0u) |
           (str_find(text, 'm') < text.n ? REGEX_MULTILINE : 0u) |
           (str_find(text, 'u') < text.n ? REGEX_UNICODE : 0u);
}

static bool is_span(const struct json *expected, const struct regex_span *span)
{
    if (json_is(expected, JSON_NULL))
        return span->from > span->to;
    const struct json *bounds = expected->u.items;
    return json_number(&bounds[0]) == (double)span->from &&
           json_number(&bounds[1]) == (double)span->to;
}

static bool are_spans(const struct json *expected, const struct regex_match *match)
{
    if (expected->n != match->n)
        return false;
    for (uint32_t i = 0; i < match->n; i++)
        if (!is_span(&expected->u.items[i], &match->spans[i]))
            return false;
    return true;
}

/* With few steps the search takes its slow way, and must find the same. */
static bool finds(const struct regex *regex, const struct json *row, uint32_t steps)
{
    struct regex_match match;
    const struct json *spans = json_member(row, STR("spans"));
    str text = json_member_text(row, STR("text"));
    char *alone = mem_alloc(text.n); /* so that a read behind it is found */
    if (text.n)
        memcpy(alone, text.p, text.n);
    text = str_of(alone, text.n);
    enum regex_result result = regex_find(regex, text, 0, steps, &match);
    bool good = result == (spans ? REGEX_MATCH : REGEX_NONE) &&
                regex_test(regex, text, steps) == result;
    mem_free(alone);
    return good && (!spans || are_spans(spans, &match));
}

static bool is_right(const struct json *row)
{
    struct regex_fault fault = {0};
    str pattern = json_member_text(row, STR("pattern"));
    struct regex *regex =
        regex_compile(pattern, flags_of(json_member_text(row, STR("flags"))), &fault);
    if (json_member(row, STR("error")))
        return !regex && fault.what.n > 0 && fault.offset <= pattern.n;
    bool good = regex && finds(regex, row, 0) && finds(regex, row, 1);
    regex_destroy(&regex);
    return good;
}

static void what_node_finds_is_found(void **state)
{
    struct arena arena;
    arena_init(&arena, 1 << 16, 1 << 24);
    str file = unit_case_file(&arena, UNIT_CASES "regex.jsonl");
    str line;
    unsigned wrong = 0;
    unsigned count = 0;
    while (str_next(&file, '\n', &line)) {
        struct json row;
        if (line.n == 0)
            continue;
        assert_true(json_parse(&arena, line, NULL, &row, NULL));
        count++;
        if (!is_right(&row)) {
            print_error("wrong: " STR_F "\n", STR_A(line));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(count > 1000);
    arena_fini(&arena);
    (void)state;
}

int test_regex_cases(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_node_finds_is_found),
    };
    return cmocka_run_group_tests_name("regex/cases", tests, NULL, NULL);
}
