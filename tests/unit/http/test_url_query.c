#include "http/url.h"

#include "tests.h"
#include "text.h"

static void parameters_are_walked_as_written(void **state)
{
    str rest = STR("a=1&b&&c=&=d&e=f=g&%61=%20+&");
    static const struct {
        const char *name;
        const char *value;
    } rows[] = {{"a", "1"}, {"b", NULL},  {"c", ""},
                {"", "d"},  {"e", "f=g"}, {"%61", "%20+"}};
    str name;
    str value;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(url_query_next(&rest, &name, &value));
        text_same("name", name, rows[i].name);
        text_same("value", value, rows[i].value);
    }
    assert_false(url_query_next(&rest, &name, &value));
    assert_false(url_query_next(&rest, &name, &value));
    (void)state;
}

struct row {
    const char *query;
    const char *name;
    const char *want;
};

static void a_parameter_is_found_and_decoded(void **state)
{
    static const struct row rows[] = {
        {"a=1&b=2", "b", "2"},
        {"a=1&a=2", "a", "1"},
        {"a=1", "A", NULL},
        {"a=1", "aa", NULL},
        {"aa=1", "a", NULL},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"=1", "", "1"},
        {"", "a", NULL},
        {NULL, "a", NULL},
        {"a=b+c%20d%2Be", "a", "b c d+e"},
        {"p%61ge+no=3", "page no", "3"},
        {"page%5Bafter%5D=x", "page[after]", "x"},
        {"a=%C3%A9", "a", "\xc3\xa9"},
        {"a=100%&b=1", "a", "100%"},
        {"a=%4", "a", "%4"},
        {"a=%zz%4x%41", "a", "%zz%4xA"},
        {"%=1", "%", "1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].query ? rows[i].query : "absent",
                  url_query_find(*state, text_input(*state, rows[i].query),
                                 text_input(*state, rows[i].name)),
                  rows[i].want);
    text_same("cut", url_query_find(*state, str_of("a=%41", 4), STR("a")), "%4");
    text_same("cut", url_query_find(*state, str_of("aa=1", 1), STR("aa")), NULL);
    text_same("cut", url_query_find(*state, STR("aa=1"), str_of("aa", 1)), NULL);
    str with_nul = url_query_find(*state, STR("a=%00b"), STR("a"));
    assert_true(str_eq(with_nul, STR("\0b")));
}

static void a_parameter_is_taken_out(void **state)
{
    static const struct row rows[] = {
        {"a=1&b=2&c=3", "b", "a=1&c=3"},
        {"a=1&b=2&c=3", "a", "b=2&c=3"},
        {"a=1&b=2&c=3", "c", "a=1&b=2"},
        {"a=1&b=2&a=3", "a", "b=2"},
        {"a=1&%61=2", "a", NULL},
        {"a", "a", NULL},
        {"a=1", "b", "a=1"},
        {"x=%2f+%zz&y", "a", "x=%2f+%zz&y"},
        {"&&a=1&&", "b", "a=1"},
        {"=1&b", "", "b"},
        {"", "a", NULL},
        {NULL, "a", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].query ? rows[i].query : "absent",
                  url_query_without(*state, text_input(*state, rows[i].query),
                                    text_input(*state, rows[i].name)),
                  rows[i].want);
}

static void a_parameter_is_added(void **state)
{
    struct arena *arena = *state;
    text_same("first", url_query_with(arena, STR_NONE, STR("a"), STR("1")), "a=1");
    text_same("empty", url_query_with(arena, STR(""), STR("a"), STR("")), "a=");
    text_same("second", url_query_with(arena, STR("a=1"), STR("b[]"), STR("x&y=z +%")),
              "a=1&b%5B%5D=x%26y%3Dz%20%2B%25");
    str query = url_query_with(arena, STR("q"), STR("n m"), STR("\xc3\xa9&+"));
    text_same("found again", url_query_find(arena, query, STR("n m")), "\xc3\xa9&+");
}

static void a_name_or_value_is_decoded(void **state)
{
    struct arena *arena = *state;
    text_same("blank", url_query_decode(arena, STR("a+b%20c")), "a b c");
    text_same("half an escape", url_query_decode(arena, STR("100%")), "100%");
    text_same("no escape", url_query_decode(arena, STR("%zz%2")), "%zz%2");
    text_same("empty", url_query_decode(arena, STR("")), "");
}

int test_url_query(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(parameters_are_walked_as_written),
        TEXT_TEST(a_parameter_is_found_and_decoded),
        TEXT_TEST(a_parameter_is_taken_out),
        TEXT_TEST(a_parameter_is_added),
        TEXT_TEST(a_name_or_value_is_decoded),
    };
    return cmocka_run_group_tests_name("http/url_query", tests, NULL, NULL);
}
