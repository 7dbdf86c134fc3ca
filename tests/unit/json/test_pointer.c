#include "json/pointer.h"
#include "read.h"
#include "tests.h"

/* The value that a pointer leads to, as text; absent when it leads nowhere. */
static str follow(struct arena *arena, const char *text, enum pointer_syntax syntax,
                  const char *root)
{
    struct pointer pointer;
    struct json v = read_z(arena, root);
    assert_true(pointer_parse(arena, str_z(text), syntax, &pointer));
    const struct json *found = pointer_find(&pointer, &v);
    return found ? write_value(arena, found) : STR_NONE;
}

/* RFC 6901 §5. */
static void the_examples_of_the_rfc_resolve(void **state)
{
    static const char root[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
        "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
    static const struct {
        const char *pointer;
        const char *value;
    } rows[] = {
        {"", root},
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(follow(*state, rows[i].pointer, POINTER_RFC6901, root),
                   str_z(rows[i].value));
}

static void what_is_not_there_is_not_found(void **state)
{
    static const char *const rows[] = {
        "/a/2",
        "/a/-",
        "/a/01",
        "/a/-1",
        "/a/1e0",
        "/a/x",
        "/a/",
        "/b/c",
        "/c",
        "/n/x",
        "/a/99999999999999999999",
        "/a/18446744073709551616",
        "/ ",
        "/a/0/0",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(
            follow(*state, rows[i], POINTER_RFC6901, "{\"a\":[1,2],\"b\":{},\"n\":null}"),
            STR_NONE);
}

static void digits_name_members_of_objects(void **state)
{
    assert_str(follow(*state, "/01/0", POINTER_RFC6901, "{\"01\":{\"0\":true}}"),
               STR("true"));
}

static void twice_escaped_is_unescaped_once(void **state)
{
    assert_str(follow(*state, "/~01", POINTER_RFC6901, "{\"~1\":1,\"/\":2}"), STR("1"));
}

static void the_star_takes_the_first(void **state)
{
    static const char root[] = "{\"errors\":{\"name\":[\"too long\",\"odd\"]},\"e\":[]}";
    assert_str(follow(*state, "/errors/*/*", POINTER_STAR, root), STR("\"too long\""));
    assert_str(follow(*state, "/errors/*/1", POINTER_STAR, root), STR("\"odd\""));
    assert_str(follow(*state, "/e/*", POINTER_STAR, root), STR_NONE);
    assert_str(follow(*state, "/errors/name/0/*", POINTER_STAR, root), STR_NONE);
}

static void the_star_is_a_name_in_plain_pointers(void **state)
{
    assert_str(follow(*state, "/*", POINTER_RFC6901, "{\"a\":1,\"*\":2}"), STR("2"));
}

static void bad_pointers_are_refused(void **state)
{
    static const char *const rows[] = {"a", "a/b", "/~", "/a~", "/~2", "/a/~x", " /a"};
    struct pointer pointer;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_false(pointer_parse(*state, str_z(rows[i]), POINTER_RFC6901, &pointer));
}

static void a_pointer_outlives_its_text(void **state)
{
    char text[] = "/abc/d";
    struct pointer pointer;
    assert_true(pointer_parse(*state, str_z(text), POINTER_RFC6901, &pointer));
    memset(text, '#', sizeof(text));
    struct json v = read_z(*state, "{\"abc\":{\"d\":1}}");
    assert_non_null(pointer_find(&pointer, &v));
}

static void joined_tokens_are_escaped(void **state)
{
    struct arena *arena = *state;
    str at = pointer_join(arena, STR(""), STR("a/b~c"));
    assert_str(at, STR("/a~1b~0c"));
    at = pointer_join_index(arena, at, 12);
    at = pointer_join(arena, at, STR(""));
    assert_str(at, STR("/a~1b~0c/12/"));
    struct pointer pointer;
    assert_true(pointer_parse(arena, at, POINTER_RFC6901, &pointer));
    assert_int_equal(pointer.n, 3);
    assert_str(pointer.tokens[0].name, STR("a/b~c"));
    assert_int_equal(pointer.tokens[1].index, 12);
    assert_str(pointer.tokens[2].name, STR(""));
}

int test_pointer(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(the_examples_of_the_rfc_resolve), T(what_is_not_there_is_not_found),
        T(digits_name_members_of_objects),  T(twice_escaped_is_unescaped_once),
        T(the_star_takes_the_first),        T(the_star_is_a_name_in_plain_pointers),
        T(bad_pointers_are_refused),        T(a_pointer_outlives_its_text),
        T(joined_tokens_are_escaped),
    };
    return cmocka_run_group_tests_name("json/pointer", tests, NULL, NULL);
}
