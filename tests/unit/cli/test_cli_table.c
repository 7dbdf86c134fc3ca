#include "cli/cli_table.h"
#include "groups.h"
#include "support/given.h"

static const struct cli_column columns[] = {
    {"NAME", "/name"}, {"N", "/inner/n"}, {"LAST", "/last"}, {NULL, NULL}};

static str list(struct arena *arena, const char *json)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    table_list(&buf, columns, given_json(arena, str_z(json)));
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static str object(struct arena *arena, const char *json, const char *hidden)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    table_object(&buf, given_json(arena, str_z(json)), hidden);
    str text = arena_str(arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    return text;
}

static void test_columns_are_as_wide_as_their_widest_cell(void **state)
{
    str text =
        list(*state, "[{\"name\":\"a\",\"inner\":{\"n\":1},\"last\":\"x\"},"
                     "{\"name\":\"longer name\",\"inner\":{\"n\":22},\"last\":\"\"}]");
    assert_str(text, STR("NAME         N   LAST\n"
                         "a            1   x\n"
                         "longer name  22  -\n"));
}

static void test_width_counts_characters(void **state)
{
    str text = list(*state, "[{\"name\":\"åäö\",\"last\":\"x\"},{\"name\":\"abcd\","
                            "\"last\":\"y\"}]");
    assert_str(text, STR("NAME  N  LAST\n"
                         "åäö   -  x\n"
                         "abcd  -  y\n"));
}

static void test_cells_of_every_kind(void **state)
{
    static const struct {
        const char *json;
        const char *cell;
    } cases[] = {
        {"null", "-"},
        {"true", "yes"},
        {"false", "no"},
        {"1.50", "1.50"},
        {"\"\"", "-"},
        {"\"a\\u001b[2Jb\\u009bc\"", "a?[2Jb?c"},
        {"[]", "-"},
        {"{}", "-"},
        {"[\"a\",\"b\"]", "a,b"},
        {"{\"k\":\"v\",\"l\":1}", "k=v,l=1"},
        {"[{\"a\":1},{\"a\":2}]", "a=1,a=2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf buf;
        buf_init(&buf, 1 << 16);
        table_cell(&buf, given_json(*state, str_z(cases[i].json)));
        given_same(cases[i].json, buf_peek(&buf), cases[i].cell);
        buf_fini(&buf);
    }
}

static void test_objects_are_lines_with_dots(void **state)
{
    str text = object(*state,
                      "{\"id\":\"x\",\"labels\":{},\"standing\":{\"calls\":2,\"windows\":"
                      "[{\"left\":1},{\"left\":2}]},\"document\":{\"a\":1}}",
                      "document");
    assert_str(text, STR("id                       x\n"
                         "labels                   -\n"
                         "standing.calls           2\n"
                         "standing.windows.1.left  1\n"
                         "standing.windows.2.left  2\n"));
}

static void test_what_is_no_object_has_no_lines(void **state)
{
    assert_str(object(*state, "[]", NULL), STR(""));
    assert_str(object(*state, "{}", NULL), STR(""));
}

int test_cli_table(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_columns_are_as_wide_as_their_widest_cell),
        GIVEN_TEST(test_width_counts_characters),
        GIVEN_TEST(test_cells_of_every_kind),
        GIVEN_TEST(test_objects_are_lines_with_dots),
        GIVEN_TEST(test_what_is_no_object_has_no_lines),
    };
    return cmocka_run_group_tests_name("cli: tables", tests, NULL, NULL);
}
