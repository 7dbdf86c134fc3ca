#include "base/mem.h"
#include "regex/regex.h"
#include "support/unit.h"
#include "tests.h"

/* `head`, n times `unit`, `tail`. */
static str build(struct arena *arena, const char *head, const char *unit, size_t n,
                 const char *tail)
{
    struct buf buf;
    buf_init(&buf, 1 << 24);
    buf_str(&buf, str_z(head));
    for (size_t i = 0; i < n; i++)
        buf_str(&buf, str_z(unit));
    buf_str(&buf, str_z(tail));
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static enum regex_result result_of(str pattern, unsigned flags, str text)
{
    struct regex_fault fault = {0};
    struct regex_match match;
    struct regex *regex = regex_compile(pattern, flags, &fault);
    if (!regex)
        fail_msg("%.60s: " STR_F, pattern.p, STR_A(fault.what));
    enum regex_result result = regex_find(regex, text, 0, 0, &match);
    regex_destroy(&regex);
    return result;
}

static bool is_refused(str pattern)
{
    struct regex_fault fault = {0};
    struct regex *regex = regex_compile(pattern, 0, &fault);
    bool refused = !regex && fault.what.n > 0;
    regex_destroy(&regex);
    return refused;
}

static void catastrophes_end(void **state)
{
    static const char *const patterns[] = {
        "(a+)+$", "(a|a)*$", "(?:a*)*$", "(a*)*b", "(.*)*(.*)*x$", "^(([a-z])+.)+[A-Z]$"};
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        assert_int_equal(
            result_of(str_z(patterns[i]), 0, build(*state, "", "a", 40, "!")),
            REGEX_TIRED);
        assert_int_equal(result_of(str_z(patterns[i]), REGEX_IGNORE_CASE,
                                   build(*state, "", "a", 20000, "!")),
                         REGEX_TIRED);
    }
}

static void a_million_hard_places_end(void **state)
{
    str text = build(*state, "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 30000, "");
    assert_int_equal(result_of(STR("(?:a+)+[$]"), 0, text), REGEX_TIRED);
}

/* Each place looks through all the rest. */
static void scanning_is_counted(void **state)
{
    static const char *const patterns[] = {"(?:a|aa)[a-z]*[0-9]", "(?=a)[^b]*b",
                                           "(?:a|aa)[^]*b", "a\\w*\\d", "\\w+\\s+\\d"};
    str text = build(*state, "", "a", 100000, "_");
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        assert_int_equal(result_of(str_z(patterns[i]), 0, text), REGEX_TIRED);
}

static void a_long_way_to_a_match_is_gone(void **state)
{
    str text = build(*state, "", "ab ", 300000, "abc");
    assert_int_equal(result_of(STR("^(.*?)c(.*)$"), 0, text), REGEX_MATCH);
    assert_int_equal(result_of(STR("abc$"), 0, text), REGEX_MATCH);
}

/* More than the stack of machine code has: the interpreter goes on. */
static void deep_loops_outgrow_the_stack(void **state)
{
    str text = build(*state, "", "ab", 100000, "c");
    assert_int_equal(result_of(STR("^(?:a|b|ab)*c"), 0, text), REGEX_MATCH);
    assert_int_equal(result_of(STR("^(?:(a)|(b)|.)*c$"), 0, text), REGEX_TIRED);
}

static void long_patterns_are_taken(void **state)
{
    str text = build(*state, "", "ab", 10000, "");
    assert_int_equal(result_of(text, 0, text), REGEX_MATCH);
    str classes = build(*state, "", "[a-z]", 1000, "");
    assert_int_equal(result_of(classes, 0, text), REGEX_MATCH);
    str choice = build(*state, "", "abc|", 6000, "ab");
    assert_int_equal(result_of(choice, 0, text), REGEX_MATCH);
}

static void patterns_that_are_too_large_are_refused(void **state)
{
    assert_true(is_refused(build(*state, "", "a", REGEX_PATTERN_BYTES_MAX + 1, "")));
    assert_true(is_refused(build(*state, "", "\\S", REGEX_PATTERN_BYTES_MAX / 2, "")));
    assert_true(is_refused(STR("(?:(?:a{1000}){1000}){1000}")));
    assert_true(is_refused(build(*state, "", "()", REGEX_GROUPS_MAX + 1, "")));
    assert_false(is_refused(build(*state, "", "()", REGEX_GROUPS_MAX, "")));
    assert_true(is_refused(build(*state, "", "(?:a*)*", 101, "")));
    assert_false(is_refused(build(*state, "", "(?:a*)*", 100, "")));
}

static void deep_nesting_is_refused(void **state)
{
    assert_true(is_refused(build(*state, "", "(", 30000, "")));
    assert_true(is_refused(build(*state, "", "[", 30000, "")));
    struct buf buf;
    buf_init(&buf, 1 << 16);
    for (int i = 0; i < 250; i++)
        buf_str(&buf, i < 100 ? STR("(a|") : STR("(?:b?|"));
    for (int i = 0; i < 250; i++)
        buf_str(&buf, i % 3 ? STR(")") : STR(")*"));
    assert_int_equal(result_of(buf_peek(&buf), 0, STR("ab")), REGEX_MATCH);
    buf_fini(&buf);
}

static int setup(void **state)
{
    static struct arena arena;
    arena_init(&arena, 1 << 16, 1 << 26);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_fini(*state);
    return 0;
}

int test_regex_bounds(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(catastrophes_end),
        T(a_million_hard_places_end),
        T(scanning_is_counted),
        T(a_long_way_to_a_match_is_gone),
        T(deep_loops_outgrow_the_stack),
        T(long_patterns_are_taken),
        T(patterns_that_are_too_large_are_refused),
        T(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests_name("regex/bounds", tests, NULL, NULL);
}
