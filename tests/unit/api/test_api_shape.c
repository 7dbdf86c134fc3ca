#include "groups.h"
#include "shape_check.h"
#include "support/given.h"

static const char *const words[] = {"red", "blue", NULL};

static const struct shape_row inner_rows[] = {
    {.name = "n", .kind = SHAPE_UINT, .doc = "A number."},
};
static const struct shape inner = SHAPE_OF("inner", inner_rows);

static const struct shape_row rows[] = {
    {.name = "text", .kind = SHAPE_TEXT, .nullable = true, .doc = "A text."},
    {.name = "when", .kind = SHAPE_TIME, .doc = "A time."},
    {.name = "word", .kind = SHAPE_WORD, .words = words, .doc = "A word."},
    {.name = "list", .kind = SHAPE_LIST, .shape = &inner, .doc = "Some."},
    {.name = "one",
     .kind = SHAPE_OBJECT,
     .shape = &inner,
     .nullable = true,
     .doc = "One."},
};
static const struct shape outer = SHAPE_OF("outer", rows);
static const struct shape page = {"outer", rows, COUNT_OF(rows), true};

static const char good[] = "{\"text\":null,\"when\":\"2026-01-02T03:04:05.000Z\","
                           "\"word\":\"red\",\"list\":[{\"n\":1}],\"one\":null}";

static void test_answers_are_held_against_their_shape(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{\"text\":null,\"when\":\"2026-01-02T03:04:05.000Z\",\"word\":\"red\","
        "\"list\":[]}",
        "{\"text\":1,\"when\":\"2026-01-02T03:04:05.000Z\",\"word\":\"red\",\"list\":[],"
        "\"one\":null}",
        "{\"text\":\"\",\"when\":\"noon\",\"word\":\"red\",\"list\":[],\"one\":null}",
        "{\"text\":\"\",\"when\":\"2026-01-02T03:04:05.000Z\",\"word\":\"green\","
        "\"list\":[],\"one\":null}",
        "{\"text\":\"\",\"when\":\"2026-01-02T03:04:05.000Z\",\"word\":\"red\","
        "\"list\":[{}],\"one\":null}",
        "{\"text\":\"\",\"when\":\"2026-01-02T03:04:05.000Z\",\"word\":\"red\","
        "\"list\":[],\"one\":null,\"more\":1}",
    };
    struct arena *arena = *state;
    str why = STR_NONE;
    assert_true(shape_check(&outer, given_json(arena, str_z(good)), arena, &why));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        why = STR_NONE;
        assert_false(shape_check(&outer, given_json(arena, str_z(bad[i])), arena, &why));
        assert_true(why.n > 0);
    }
}

static void test_a_page_is_items_and_a_cursor(void **state)
{
    struct arena *arena = *state;
    str why = STR_NONE;
    const struct json *value =
        given_json(arena, STR("{\"items\":[],\"next_cursor\":null}"));
    assert_true(shape_check(&page, value, arena, &why));
    value = given_json(arena, STR("{\"items\":[]}"));
    assert_false(shape_check(&page, value, arena, &why));
    value = given_json(arena, STR("{\"items\":[1],\"next_cursor\":null}"));
    assert_false(shape_check(&page, value, arena, &why));
}

static void test_the_schema_says_what_may_be_null(void **state)
{
    struct arena *arena = *state;
    struct json_out out;
    struct buf buf;
    buf_init(&buf, 1 << 16);
    json_out_init(&out, &buf);
    shape_schema(&out, &outer);
    const struct json *schema = given_json(arena, arena_str(arena, buf_peek(&buf)));
    buf_fini(&buf);
    const struct json *members = json_member(schema, STR("properties"));
    const struct json *type = json_member(json_member(members, STR("text")), STR("type"));
    assert_int_equal(type->n, 2);
    assert_int_equal(json_member(schema, STR("required"))->n, COUNT_OF(rows));
    const struct json *one = json_member(members, STR("one"));
    assert_int_equal(json_member(one, STR("anyOf"))->n, 2);
}

int test_api_shape(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_answers_are_held_against_their_shape),
        GIVEN_TEST(test_a_page_is_items_and_a_cursor),
        GIVEN_TEST(test_the_schema_says_what_may_be_null),
    };
    return cmocka_run_group_tests_name("api: shapes", tests, NULL, NULL);
}
