#include <pthread.h>

#include "regex/regex.h"
#include "support/unit.h"
#include "tests.h"

static struct regex *compile(str pattern, unsigned flags)
{
    struct regex_fault fault = {0};
    struct regex *regex = regex_compile(pattern, flags, &fault);
    if (!regex)
        fail_msg(STR_F ": " STR_F " at %u", STR_A(pattern), STR_A(fault.what),
                 (unsigned)fault.offset);
    return regex;
}

static void faults_say_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *pattern;
        unsigned flags;
        uint32_t offset;
        const char *what;
    } rows[] = {
        {"a(b", 0, 1, "the group is not closed"},
        {"ab)", 0, 2, "this parenthesis is not open"},
        {"a++", 0, 2, "there is nothing to repeat"},
        {"a{3,2}", 0, 1, "out of order"},
        {"[b-a]", 0, 1, "ends before it begins"},
        {"x[a", 0, 3, "the class is not closed"},
        {"(?>a)", 0, 1, "no such kind of group"},
        {"a\\", 0, 1, "a backslash ends"},
        {"\\q", REGEX_UNICODE, 0, "this escape has no meaning"},
        {"a\\p{Foo}", REGEX_UNICODE, 1, "there is no such property"},
        {"a\\2", REGEX_UNICODE, 1, "there is no group of this number"},
        {"(?<a>b)\\k<c>", 0, 7, "there is no group of this name"},
        {"(?<a>b)(?<a>c)", 0, 10, "another group has this name"},
        {"}", REGEX_UNICODE, 0, "this bracket is not open"},
        {"a{", REGEX_UNICODE, 1, "the quantifier is not complete"},
        {"(?<=a+)b", 0, 0, "a fixed length"},
        {"a{70000}", 0, 0, "larger than 65535"},
        {"\xff", 0, 0, "not UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct regex_fault fault = {0};
        assert_null(regex_compile(str_z(rows[i].pattern), rows[i].flags, &fault));
        if (fault.offset != rows[i].offset || !strstr(fault.what.p, rows[i].what))
            fail_msg("%s: " STR_F " at %u", rows[i].pattern, STR_A(fault.what),
                     (unsigned)fault.offset);
    }
    assert_null(regex_compile(STR("("), 0, NULL));
    (void)state;
}

static void a_search_goes_on_where_it_is_told(void **state)
{
    str text = STR("one \xc3\xa9two two");
    struct regex *regex = compile(STR("\\bt?\\w+"), 0);
    struct regex_match match;
    size_t from = 0;
    unsigned count = 0;
    while (regex_find(regex, text, from, 0, &match) == REGEX_MATCH) {
        assert_true(match.spans[0].from >= from && match.spans[0].to > from);
        from = match.spans[0].to;
        count++;
    }
    assert_int_equal(count, 3);
    regex_destroy(&regex);
    regex = compile(STR("(?<=one )"), 0);
    assert_int_equal(regex_find(regex, text, 4, 0, &match), REGEX_MATCH);
    assert_int_equal(match.spans[0].from, 4);
    regex_destroy(&regex);
    regex = compile(STR("^"), 0);
    assert_int_equal(regex_find(regex, text, 1, 0, &match), REGEX_NONE);
    regex_destroy(&regex);
    (void)state;
}

static void a_search_inside_of_a_character_begins_behind_it(void **state)
{
    struct regex *regex = compile(STR(""), 0);
    struct regex_match match;
    assert_int_equal(regex_find(regex, STR("\xf0\x9f\x98\x80"), 1, 0, &match),
                     REGEX_MATCH);
    assert_int_equal(match.spans[0].from, 4);
    regex_destroy(&regex);
    (void)state;
}

static void groups_are_counted(void **state)
{
    struct regex *regex = compile(STR("(a)(?:b)(?<c>(d)|e)*\\([(](?=(f))"), 0);
    assert_int_equal(regex_groups(regex), 4);
    regex_destroy(&regex);
    regex_destroy(&regex); /* there is none any more */
    (void)state;
}

static void bytes_that_are_not_utf8_do_no_harm(void **state)
{
    static const char *const patterns[] = {".",   "[^a]",    "\\W+",
                                           "a.b", "(?<=.)x", "\xc3\xa9"};
    static const char bytes[] = "ab\xc3\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xff\xc0\xf5\x80x";
    uint64_t seed = 3;
    for (int round = 0; round < 20000; round++) {
        char text[8];
        struct regex_match match;
        size_t n = unit_below(&seed, sizeof(text) + 1);
        for (size_t i = 0; i < n; i++)
            text[i] = bytes[unit_below(&seed, sizeof(bytes) - 1)];
        str pattern = str_z(patterns[unit_below(&seed, COUNT_OF(patterns))]);
        struct regex *regex = compile(pattern, round % 2 ? REGEX_IGNORE_CASE : 0);
        size_t from = unit_below(&seed, n + 1);
        if (regex_find(regex, str_of(text, n), from, 0, &match) == REGEX_MATCH)
            assert_true(match.spans[0].from <= match.spans[0].to &&
                        match.spans[0].to <= n);
        regex_destroy(&regex);
    }
    (void)state;
}

struct shared {
    const struct regex *regex;
    int wrong;
};

static void *match_many(void *arg)
{
    struct shared *shared = arg;
    for (int i = 0; i < 2000; i++) {
        struct regex_match match;
        char text[32];
        int n = snprintf(text, sizeof(text), "xx%d-%d", i, i);
        str s = str_of(text, (size_t)n);
        if (regex_find(shared->regex, s, 0, 0, &match) != REGEX_MATCH ||
            match.spans[0].from != 2 || match.spans[0].to != s.n)
            shared->wrong++;
    }
    return NULL;
}

static void threads_share_an_expression(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct shared shared[THREADS];
    struct regex *regex = compile(STR("(\\d+)-(?:\\1|x)$"), 0);
    for (int i = 0; i < THREADS; i++) {
        shared[i] = (struct shared){regex, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, match_many, &shared[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(shared[i].wrong, 0);
    }
    regex_destroy(&regex);
    (void)state;
}

int test_regex(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_say_what_is_wrong_and_where),
        cmocka_unit_test(a_search_goes_on_where_it_is_told),
        cmocka_unit_test(a_search_inside_of_a_character_begins_behind_it),
        cmocka_unit_test(groups_are_counted),
        cmocka_unit_test(bytes_that_are_not_utf8_do_no_harm),
        cmocka_unit_test(threads_share_an_expression),
    };
    return cmocka_run_group_tests_name("regex/regex", tests, NULL, NULL);
}
