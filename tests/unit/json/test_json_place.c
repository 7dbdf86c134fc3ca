#include "json/json_place.h"

#include "json/json_parse.h"
#include "read.h"
#include "tests.h"

/* `line:column` of the value a pointer leads to; absent when it leads nowhere. */
static str place(struct arena *arena, const char *text, const char *pointer_text)
{
    struct pointer pointer;
    struct json_place at;
    assert_true(pointer_parse(arena, str_z(pointer_text), POINTER_RFC6901, &pointer));
    if (!json_place_find(arena, str_z(text), &pointer, &at))
        return STR_NONE;
    return arena_printf(arena, "%u:%u", at.line, at.column);
}

static void a_value_is_found_where_it_begins(void **state)
{
    static const char text[] =
        " {\n"
        "  \"a\" : [ 1 ,\t\"]\\\",\", {\"b\":{}}, [[], 7]],\n"
        "\"\": true, \"c\\/d\": \"\xc3\xa9\", \"\xc3\xa9\":null\r\n"
        ", \"e\":-1.5e3}";
    static const struct {
        const char *pointer;
        const char *place;
    } rows[] = {
        {"", "1:2"},      {"/a", "2:9"},      {"/a/0", "2:11"},      {"/a/1", "2:15"},
        {"/a/2", "2:23"}, {"/a/2/b", "2:28"}, {"/a/3/0", "2:34"},    {"/a/3/1", "2:38"},
        {"/", "3:5"},     {"/c~1d", "3:19"},  {"/\xc3\xa9", "3:28"}, {"/e", "4:7"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(place(*state, text, rows[i].pointer), str_z(rows[i].place));
}

static void of_members_with_one_name_it_is_the_last(void **state)
{
    assert_str(place(*state, "{\"a\":1,\"b\":[],\"\\u0061\":2}", "/a"), STR("1:24"));
}

static void a_pointer_may_lead_nowhere(void **state)
{
    static const char *const pointers[] = {"/b",   "/a/2", "/a/x",  "/a/0/0",
                                           "/o/x", "/e/0", "/a/01", "/a/-"};
    for (size_t i = 0; i < COUNT_OF(pointers); i++)
        assert_true(str_absent(
            place(*state, "{\"a\":[1,\"x\"],\"o\":{},\"e\":[ ]}", pointers[i])));
}

int test_json_place(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(a_value_is_found_where_it_begins),
        T(of_members_with_one_name_it_is_the_last),
        T(a_pointer_may_lead_nowhere),
    };
    return cmocka_run_group_tests_name("json/json_place", tests, NULL, NULL);
}
