/*
 * Paths, queries and forms out of the values that a mapping made.
 */
#include "support/given.h"

#include "unified/mapping_wire.h"

int test_mapping_wire(void);

static str path_of(struct arena *arena, const char *pattern, const char *values)
{
    const struct json *context =
        given_json(arena, STR("{\"realm\":\"r/1\",\"id\":\"no\"}"));
    struct mapping_names names = {
        .made = given_json(arena, str_z(values)),
        .context = context,
        .fixed = given_json(arena,
                            STR("{\"version\":\"v 1\",\"realm\":\"no\",\"id\":\"no\"}")),
    };
    return mapping_path(str_z(pattern), &names, arena);
}

static void a_path_is_filled_and_escaped(void **state)
{
    given_same("value", path_of(*state, "/a/{id}", "{\"id\":\"x/y é{}\"}"),
               "/a/x%2Fy%20%C3%A9%7B%7D");
    given_same("number", path_of(*state, "/{n}/b", "{\"n\":7}"), "/7/b");
    given_same("rest", path_of(*state, "/f/{p*}", "{\"p\":\"a b/c\"}"), "/f/a%20b/c");
    given_same("twice", path_of(*state, "/{n}.{n}", "{\"n\":1}"), "/1.1");
    given_same("none", path_of(*state, "/plain", "{}"), "/plain");
}

static void the_account_s_context_comes_after_the_mapping(void **state)
{
    given_same("context", path_of(*state, "/{realm}/{id}", "{\"id\":1}"), "/r%2F1/1");
}

static void the_document_s_values_come_last(void **state)
{
    given_same("fixed", path_of(*state, "/{version}/{realm}/{id}", "{\"id\":1}"),
               "/v%201/r%2F1/1");
    given_same("made", path_of(*state, "/{version}", "{\"version\":\"v9\"}"), "/v9");
    given_same("emptied", path_of(*state, "/{version}", "{\"version\":\"\"}"),
               "/{version}");
}

static void a_name_without_a_value_stays(void **state)
{
    str path = path_of(*state, "/a/{room}/{realm}", "{\"room\":\"\"}");
    given_same("path", path, "/a/{room}/r%2F1");
    given_same("unfilled", mapping_path_unfilled(path), "room");
    given_same("whole", mapping_path_unfilled(STR("/a/b")), NULL);
    given_same("half", mapping_path_unfilled(STR("/a{b")), NULL);
    given_same("object", path_of(*state, "/{room}", "{\"room\":{}}"), "/{room}");
}

static void a_path_that_is_too_long_is_none(void **state)
{
    str text = arena_printf(*state, "{\"id\":\"%0*d\"}", MAPPING_PATH_BYTES_MAX + 10, 1);
    given_same("long", path_of(*state, "/{id}", arena_z(*state, text)), NULL);
}

static void lists_repeat_their_name_in_a_query(void **state)
{
    given_same("query",
               mapping_query(given_json(*state, STR("{\"a\":[1,\"x y\"],\"b\":true,"
                                                    "\"c\":[],\"d\":\"\"}")),
                             *state),
               "a=1&a=x+y&b=true&d=");
    given_same("none", mapping_query(given_json(*state, STR("{}")), *state), NULL);
}

static void nested_names_stand_in_brackets_in_a_form(void **state)
{
    given_same("form",
               mapping_form(given_json(*state, STR("{\"a\":{\"b\":[1,{\"c\":null}]},"
                                                   "\"d\":false}")),
                            *state),
               "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D%5Bc%5D=&d=false");
}

int test_mapping_wire(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_path_is_filled_and_escaped),
        GIVEN_TEST(the_account_s_context_comes_after_the_mapping),
        GIVEN_TEST(the_document_s_values_come_last),
        GIVEN_TEST(a_name_without_a_value_stays),
        GIVEN_TEST(a_path_that_is_too_long_is_none),
        GIVEN_TEST(lists_repeat_their_name_in_a_query),
        GIVEN_TEST(nested_names_stand_in_brackets_in_a_form),
    };
    return cmocka_run_group_tests_name("unified: wire", tests, NULL, NULL);
}
