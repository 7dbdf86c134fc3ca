#include <math.h>

#include "read.h"
#include "tests.h"

static str text_written(struct arena *arena, str text)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write_text(&buf, text);
    str written = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return written;
}

static void text_is_escaped_where_json_wants_it(void **state)
{
    static const struct {
        str text;
        str written;
    } rows[] = {
        {STR(""), STR("\"\"")},
        {STR("plain"), STR("\"plain\"")},
        {STR("a\"b\\c/d"), STR("\"a\\\"b\\\\c/d\"")},
        {STR("\b\f\n\r\t"), STR("\"\\b\\f\\n\\r\\t\"")},
        {STR("\0\x01\x1f\x7f"), STR("\"\\u0000\\u0001\\u001f\x7f\"")},
        {STR("gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80"),
         STR("\"gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80\"")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(text_written(*state, rows[i].text), rows[i].written);
}

/* Texts are looked at in words of several sizes: each length, each place. */
static void a_byte_to_escape_is_found_at_each_place(void **state)
{
    static const char special[] = {'"', '\\', '\x1f', '\0', '\xff'};
    static const size_t more[] = {1, 1, 5, 5, 2};
    struct arena *arena = *state;
    for (size_t n = 0; n < 40; n++) {
        char text[40];
        memset(text, '~', sizeof(text));
        assert_int_equal(text_written(arena, str_of(text, n)).n, n + 2);
        for (size_t i = 0; i < n * COUNT_OF(special); i++) {
            text[i % n] = special[i / n];
            str written = text_written(arena, str_of(text, n));
            assert_int_equal(written.n, n + 2 + more[i / n]);
            text[i % n] = ' ';
        }
    }
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    assert_str(text_written(*state, STR("a\xff"
                                        "b")),
               STR("\"a\xef\xbf\xbd"
                   "b\""));
    assert_str(text_written(*state, STR("\xe2\x82")),
               STR("\"\xef\xbf\xbd\xef\xbf\xbd\""));
    assert_str(text_written(*state, STR("\xc0\x80")),
               STR("\"\xef\xbf\xbd\xef\xbf\xbd\""));
}

static void lone_surrogates_are_written_as_escapes(void **state)
{
    static const char *const rows[] = {
        "\"\\ud83d\"",
        "\"x\\udfffy\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\\ud800\"",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i]);
        assert_str(write_value(*state, &v), str_z(rows[i]));
    }
}

static void compact_text_comes_back_as_it_was(void **state)
{
    static const char *const rows[] = {
        "null",
        "true",
        "\"\"",
        "[]",
        "{}",
        "[[],{},[{}]]",
        "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":\"\\n\"}",
        "[0,-1,1.10,1e400,-0,12345678901234567890,0.1e-7]",
        "{\"\":{\"\":\"\"}}",
        "{\"q\\\"uote\":1}",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i]);
        assert_str(write_value(*state, &v), str_z(rows[i]));
    }
}

static void pretty_text_has_two_blanks_a_level(void **state)
{
    struct json v = read_z(*state, "{\"a\":[1,{\"b\":[]}],\"c\":{},\"d\":[[2]]}");
    assert_str(write_style(*state, &v, JSON_PRETTY), STR("{\n"
                                                         "  \"a\": [\n"
                                                         "    1,\n"
                                                         "    {\n"
                                                         "      \"b\": []\n"
                                                         "    }\n"
                                                         "  ],\n"
                                                         "  \"c\": {},\n"
                                                         "  \"d\": [\n"
                                                         "    [\n"
                                                         "      2\n"
                                                         "    ]\n"
                                                         "  ]\n"
                                                         "}"));
}

static void undefined_is_left_out(void **state)
{
    struct json nothing = {0};
    struct json other = {.type = JSON_TYPE_COUNT};
    struct json items[] = {nothing, json_of_bool(true), other, nothing};
    struct json array = {.type = JSON_ARRAY, .n = COUNT_OF(items), .u.items = items};
    struct json_member members[] = {{"a", 1, 0, nothing}, {"b", 1, 0, array}};
    struct json object = {.type = JSON_OBJECT, .n = 2, .u.members = members};
    assert_json(*state, &array, "[true]");
    assert_json(*state, &object, "{\"b\":[true]}");
    assert_json(*state, &nothing, "");
    object.n = 1;
    assert_str(write_style(*state, &object, JSON_PRETTY), STR("{}"));
}

static void infinity_is_written_as_null(void **state)
{
    struct json v = json_of_number(INFINITY);
    assert_json(*state, &v, "null");
    v = json_of_number(NAN);
    assert_json(*state, &v, "null");
}

static void the_limit_of_the_buffer_holds(void **state)
{
    struct json v = read_z(*state, "{\"abc\":[1,2,3,\"four\",{\"five\":6.5}]}");
    size_t whole = write_value(*state, &v).n;
    for (size_t limit = 0; limit <= whole; limit++) {
        struct buf buf;
        buf_init(&buf, limit);
        json_write(&buf, &v, JSON_COMPACT);
        assert_int_equal(buf_ok(&buf), limit == whole);
        assert_true(buf.n <= limit);
        buf_fini(&buf);
    }
}

static void members_are_put_as_they_come(void **state)
{
    struct buf buf;
    struct json_out out;
    struct json v = read_z(*state, "[1,{\"x\":null}]");
    buf_init(&buf, 1 << 16);
    json_out_init(&out, &buf);
    json_out_object(&out);
    json_out_member_text(&out, STR("text"), STR("a\"b"));
    json_out_member_text(&out, STR("absent"), STR_NONE);
    json_out_member_int(&out, STR("least"), INT64_MIN);
    json_out_member_int(&out, STR("most"), INT64_MAX);
    json_out_member_bool(&out, STR("yes"), true);
    json_out_name(&out, STR("list"));
    json_out_array(&out);
    json_out_text(&out, STR_NONE);
    json_out_number(&out, 0.5);
    json_out_number(&out, INFINITY);
    json_out_bool(&out, false);
    json_out_null(&out);
    json_out_object(&out);
    json_out_end(&out);
    json_out_value(&out, &v);
    json_out_end(&out);
    json_out_name(&out, STR("value"));
    json_out_value(&out, &v);
    json_out_end(&out);
    assert_str(buf_peek(&buf),
               STR("{\"text\":\"a\\\"b\",\"least\":-9223372036854775808,"
                   "\"most\":9223372036854775807,\"yes\":true,"
                   "\"list\":[null,0.5,null,false,null,{},[1,{\"x\":null}]],"
                   "\"value\":[1,{\"x\":null}]}"));
    buf_fini(&buf);
}

static void a_name_without_a_value_is_taken_back(void **state)
{
    (void)state;
    struct buf buf;
    struct json_out out;
    struct json nothing = {0};
    buf_init(&buf, 1 << 16);
    json_out_init(&out, &buf);
    json_out_object(&out);
    json_out_name(&out, STR("a,\"{"));
    json_out_value(&out, &nothing);
    json_out_member_int(&out, STR("b"), 1);
    json_out_name(&out, STR("c"));
    json_out_value(&out, &nothing);
    json_out_member_int(&out, STR("d"), 2);
    json_out_name(&out, STR("list"));
    json_out_array(&out);
    json_out_value(&out, &nothing);
    json_out_int(&out, 3);
    json_out_value(&out, &nothing);
    json_out_end(&out);
    json_out_end(&out);
    assert_str(buf_peek(&buf), STR("{\"b\":1,\"d\":2,\"list\":[3]}"));
    buf_fini(&buf);
}

static struct buf death_buf;
static struct json_out death_out;

static void value_without_name(void)
{
    json_out_object(&death_out);
    json_out_int(&death_out, 1);
}

static void name_in_array(void)
{
    json_out_array(&death_out);
    json_out_name(&death_out, STR("a"));
}

static void name_after_name(void)
{
    json_out_object(&death_out);
    json_out_name(&death_out, STR("a"));
    json_out_name(&death_out, STR("b"));
}

static void end_after_name(void)
{
    json_out_object(&death_out);
    json_out_name(&death_out, STR("a"));
    json_out_end(&death_out);
}

static void end_of_nothing(void)
{
    json_out_end(&death_out);
}

static void too_deep(void)
{
    for (int i = 0; i < 64; i++)
        json_out_array(&death_out);
}

static void names_and_values_must_alternate(void **state)
{
    void (*const wrong[])(void) = {value_without_name, name_in_array,  name_after_name,
                                   end_after_name,     end_of_nothing, too_deep};
    (void)state;
    buf_init(&death_buf, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        json_out_init(&death_out, &death_buf);
        assert_true(unit_dies(wrong[i]));
    }
    buf_fini(&death_buf);
}

static void sixty_three_levels_can_be_open(void **state)
{
    (void)state;
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1 << 16);
    json_out_init(&out, &buf);
    for (int i = 0; i < 63; i++)
        json_out_array(&out);
    for (int i = 0; i < 63; i++)
        json_out_end(&out);
    assert_int_equal(buf.n, 126);
    buf_fini(&buf);
}

static void json_that_is_text_already_goes_out_as_it_is(void **state)
{
    struct buf buf;
    struct json_out out;
    (void)state;
    buf_init(&buf, 1 << 16);
    json_out_init(&out, &buf);
    json_out_object(&out);
    json_out_name(&out, STR("a"));
    json_out_raw(&out, STR("{ \"x\" : 1.0 }"));
    json_out_name(&out, STR("b"));
    json_out_array(&out);
    json_out_raw(&out, STR("1"));
    json_out_raw(&out, STR("[2]"));
    json_out_end(&out);
    json_out_end(&out);
    assert_str(buf_peek(&buf), STR("{\"a\":{ \"x\" : 1.0 },\"b\":[1,[2]]}"));
    buf_fini(&buf);
}

static void scalars_have_a_text(void **state)
{
    static const struct {
        const char *json;
        const char *text;
    } rows[] = {{"true", "true"},   {"false", "false"}, {"12", "12"},
                {"1.50", "1.50"},   {"\"a\"", "a"},     {"\"\"", ""},
                {"1e400", "1e400"}, {"null", NULL},     {"[1]", NULL},
                {"{}", NULL}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json value = read_z(*state, rows[i].json);
        assert_str(json_as_text(&value, *state), str_z(rows[i].text));
    }
    assert_true(str_absent(json_as_text(NULL, *state)));
}

int test_json_write(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(text_is_escaped_where_json_wants_it),
        T(a_byte_to_escape_is_found_at_each_place),
        T(bytes_that_are_not_utf8_are_replaced),
        T(lone_surrogates_are_written_as_escapes),
        T(compact_text_comes_back_as_it_was),
        T(pretty_text_has_two_blanks_a_level),
        T(undefined_is_left_out),
        T(infinity_is_written_as_null),
        T(the_limit_of_the_buffer_holds),
        T(members_are_put_as_they_come),
        T(a_name_without_a_value_is_taken_back),
        T(json_that_is_text_already_goes_out_as_it_is),
        T(names_and_values_must_alternate),
        T(sixty_three_levels_can_be_open),
        T(scalars_have_a_text),
    };
    return cmocka_run_group_tests_name("json/json_write", tests, NULL, NULL);
}
