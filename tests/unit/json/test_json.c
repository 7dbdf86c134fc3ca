#include <math.h>

#include "json/member_index.h"
#include "read.h"
#include "tests.h"

static void a_value_takes_16_bytes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct json), 16);
    assert_int_equal(sizeof(struct json_member), 32);
}

static void a_zeroed_value_is_undefined(void **state)
{
    (void)state;
    struct json v = {0};
    assert_true(json_is(&v, JSON_UNDEFINED));
}

static void members_are_found_by_name(void **state)
{
    struct json v = read_z(*state, "{\"a\":1,\"b\":\"two\",\"\":null}");
    assert_true(json_number(json_member(&v, STR("a"))) == 1);
    assert_str(json_member_text(&v, STR("b")), STR("two"));
    assert_true(json_is(json_member(&v, STR("")), JSON_NULL));
    assert_null(json_member(&v, STR("c")));
    assert_null(json_member(&v, STR("aa")));
}

static void what_is_no_object_has_no_members(void **state)
{
    struct json v = read_z(*state, "[1]");
    assert_null(json_member(&v, STR("0")));
    assert_str(json_member_text(&v, STR("0")), STR_NONE);
}

static void a_member_of_another_type_has_no_text(void **state)
{
    struct json v = read_z(*state, "{\"a\":1.5}");
    assert_str(json_member_text(&v, STR("a")), STR_NONE);
}

static void types_have_their_json_names(void **state)
{
    struct json v = read_z(*state, "[null,true,false,1,\"\",[],{}]");
    const char *names[] = {"null",   "boolean", "boolean", "number",
                           "string", "array",   "object"};
    for (uint32_t i = 0; i < v.n; i++)
        assert_str(json_type_name(&v.u.items[i]), str_z(names[i]));
}

static void whole_numbers_are_taken_within_their_bound(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"-1", UINT64_MAX, false, 0},
        {"-0", 1, true, 0},
        {"7", 7, true, 7},
        {"8", 7, false, 0},
        {"1.5", 9, false, 0},
        {"2.0", 9, true, 2},
        {"1e3", 1000, true, 1000},
        {"1e3", 999, false, 0},
        {"12.50e1", 125, true, 125},
        {"12.55e1", 125, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"1e400", UINT64_MAX, false, 0},
        {"1e99999999999999999999", UINT64_MAX, false, 0},
        {"0e99999999999999999999", UINT64_MAX, true, 0},
        {"100000000000000000000e-20", 1, true, 1},
        {"9007199254740993", UINT64_MAX, true, 9007199254740993u},
        {"\"1\"", 9, false, 0},
        {"null", 9, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i].text);
        uint64_t value = 77;
        assert_int_equal(json_to_u64(&v, rows[i].max, &value), rows[i].good);
        assert_true(value == (rows[i].good ? rows[i].value : 77));
    }
}

static void doubles_are_taken_as_whole_numbers_too(void **state)
{
    (void)state;
    static const double bad[] = {0.5, -1, NAN, INFINITY, -INFINITY, 0x1p64};
    uint64_t value = 0;
    struct json v = json_of_number(0x1p53);
    assert_true(json_to_u64(&v, UINT64_MAX, &value) && value == (uint64_t)1 << 53);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        v = json_of_number(bad[i]);
        assert_false(json_to_u64(&v, UINT64_MAX, &value));
    }
}

static void equal_are(struct arena *arena, const char *a, const char *b, bool equal)
{
    struct json x = read_z(arena, a);
    struct json y = read_z(arena, b);
    if (json_equal(&x, &y) != equal || json_equal(&y, &x) != equal)
        fail_msg("%s and %s: equal should be %d", a, b, equal);
}

static void numbers_are_equal_by_value(void **state)
{
    equal_are(*state, "1", "1.0", true);
    equal_are(*state, "100", "1e2", true);
    equal_are(*state, "0", "-0", true);
    equal_are(*state, "0.10", "1e-1", true);
    equal_are(*state, "1e400", "1e401", false);
    equal_are(*state, "1e400", "10e399", true);
    equal_are(*state, "12345678901234567890", "12345678901234567891", false);
    equal_are(*state, "12345678901234567890123", "12345678901234567890123.0", true);
    equal_are(*state, "12345678901234567890123", "12345678901234567890124", false);
    equal_are(*state, "1234567890123456789012.3", "12345678901234567890123e-1", true);
    equal_are(*state, "-1", "1", false);
    struct json tenth = json_of_number(0.1);
    struct json numeral = read_z(*state, "0.1");
    assert_true(json_equal(&tenth, &numeral));
}

static void objects_are_equal_in_any_order(void **state)
{
    equal_are(*state, "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true);
    equal_are(*state, "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false);
    equal_are(*state, "{\"a\":1}", "{\"a\":1,\"b\":2}", false);
    equal_are(*state, "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":2,\"b\":1}}", true);
}

static void arrays_are_equal_in_their_order(void **state)
{
    equal_are(*state, "[1,[2,3]]", "[1,[2,3]]", true);
    equal_are(*state, "[1,[2,3]]", "[1,[3,2]]", false);
    equal_are(*state, "[]", "{}", false);
    equal_are(*state, "[true]", "[false]", false);
    equal_are(*state, "[\"a\"]", "[\"\\u0061\"]", true);
    equal_are(*state, "[null]", "[0]", false);
}

/* {"k0":0,…}: in ascending or descending order. */
static str counting_object(struct arena *arena, unsigned n, bool descending)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_char(&buf, '{');
    for (unsigned i = 0; i < n; i++) {
        unsigned k = descending ? n - 1 - i : i;
        buf_printf(&buf, "%s\"k%u\":%u", i ? "," : "", k, k);
    }
    buf_char(&buf, '}');
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static void large_objects_are_equal_in_any_order(void **state)
{
    struct arena *arena = *state;
    struct json up = read_text(arena, counting_object(arena, 5000, false));
    struct json down = read_text(arena, counting_object(arena, 5000, true));
    assert_int_equal(up.n, 5000);
    assert_true(json_equal(&up, &down));
    struct json less = read_text(arena, counting_object(arena, 4999, true));
    assert_false(json_equal(&up, &less));
}

static void an_index_finds_all_members(void **state)
{
    struct arena *arena = *state;
    for (unsigned n = 0; n < 200; n += 7) {
        struct json v = read_text(arena, counting_object(arena, n, false));
        struct member_index index;
        member_index_all(&index, arena, &v);
        for (unsigned i = 0; i < n; i++) {
            str key = arena_printf(arena, "k%u", i);
            const struct json_member *member = member_index_find(&index, key);
            assert_ptr_equal(member, &v.u.members[i]);
        }
        assert_null(member_index_find(&index, STR("k")));
        assert_null(member_index_find(&index, STR("")));
    }
}

static void an_index_answers_who_has_the_name(void **state)
{
    struct arena *arena = *state;
    struct json v = read_text(arena, counting_object(arena, 40, false));
    struct json_member members[80];
    for (uint32_t room = 10; room <= 80; room += 35) {
        struct member_index index;
        member_index_init(&index, arena, members, room);
        for (uint32_t i = 0; i < room; i++) {
            members[index.n] = v.u.members[i * 7 % (room / 2)];
            uint32_t before = index.n;
            uint32_t place = member_index_put(&index);
            assert_int_equal(index.n, before + (place == before));
            assert_str(json_key(&members[place]),
                       json_key(&v.u.members[i * 7 % (room / 2)]));
        }
        assert_int_equal(index.n, room / 2);
    }
}

static void an_index_follows_its_members_to_a_larger_place(void **state)
{
    struct arena *arena = *state;
    struct json v = read_text(arena, counting_object(arena, 300, false));
    struct json_member *members = NULL;
    struct member_index index = {0};
    for (uint32_t i = 0, room = 0; i < 2 * v.n; i++) {
        uint32_t before = room;
        members = arena_grow(arena, members, index.n, &room, sizeof(members[0]));
        if (room != before)
            member_index_move(&index, arena, members, room);
        members[index.n] = v.u.members[i % v.n];
        assert_int_equal(member_index_put(&index), i % v.n);
        arena_alloc(arena, 1); /* so that they move */
    }
    assert_int_equal(index.n, v.n);
    for (uint32_t i = 0; i < v.n; i++)
        assert_ptr_equal(member_index_find(&index, json_key(&v.u.members[i])),
                         &members[i]);
}

static void wide_values_are_compared_and_copied(void **state)
{
    struct arena *arena = *state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_char(&buf, '[');
    for (int i = 0; i < 300; i++)
        buf_printf(&buf, "[%d],{\"%d\":[]},", i, i);
    buf_str(&buf, STR("[]]"));
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    struct json v = read_text(arena, text);
    struct json w = json_copy(arena, &v);
    assert_true(json_equal(&v, &w));
    assert_str(write_value(arena, &w), text);
}

static void foreign_values_are_equal_only_to_themselves(void **state)
{
    (void)state;
    struct json a = {.type = JSON_TYPE_COUNT, .u.text = "a"};
    struct json b = {.type = JSON_TYPE_COUNT, .u.text = "b"};
    assert_true(json_equal(&a, &a));
    assert_false(json_equal(&a, &b));
    assert_str(json_type_name(&a), STR("undefined"));
}

static void builders_make_what_the_parser_makes(void **state)
{
    struct arena *arena = *state;
    struct json_build items;
    struct json_build members;
    json_build_init(&items, arena);
    for (int i = 0; i < 100; i++)
        json_build_item(&items, json_of_number(i));
    json_build_init(&members, arena);
    json_build_member(&members, STR("list"), json_build_array(&items));
    json_build_member(&members, STR("yes"), json_of_bool(true));
    json_build_member(&members, STR("none"), json_of_null());
    json_build_member(&members, STR("text"), json_of_text(STR("a\"b")));
    struct json v = json_build_object(&members);
    struct json again = read_text(arena, write_value(arena, &v));
    assert_true(json_equal(&v, &again));
    assert_int_equal(json_member(&v, STR("list"))->n, 100);
}

static void empty_builders_make_empty_containers(void **state)
{
    struct json_build build;
    json_build_init(&build, *state);
    struct json array = json_build_array(&build);
    struct json object = json_build_object(&build);
    assert_json(*state, &array, "[]");
    assert_json(*state, &object, "{}");
}

static void absent_text_builds_null(void **state)
{
    (void)state;
    struct json v = json_of_text(STR_NONE);
    assert_true(json_is(&v, JSON_NULL));
    v = json_of_text(STR(""));
    assert_true(json_is(&v, JSON_STRING));
}

static void a_copy_outlives_its_source(void **state)
{
    static const char source[] =
        "{\"a\":[1,1.10,\"x\",{\"b\\n\":\"\\u00e9\",\"c\":[]}],\"d\":{},\"e\":null}";
    struct arena theirs;
    arena_init(&theirs, 256, 1 << 20);
    char text[sizeof(source)];
    memcpy(text, source, sizeof(source));
    struct json v = read_text(&theirs, str_of(text, sizeof(source) - 1));
    struct json copy = json_copy(*state, &v);
    arena_fini(&theirs);
    memset(text, '#', sizeof(text));
    struct json expected = read_z(*state, source);
    assert_true(json_equal(&copy, &expected));
    assert_str(write_value(*state, &copy), write_value(*state, &expected));
}

/* n arrays in each other. */
static str nested_text(struct arena *arena, size_t n)
{
    char *text = arena_bytes(arena, 2 * n);
    memset(text, '[', n);
    memset(text + n, ']', n);
    return str_of(text, 2 * n);
}

static void depth_costs_no_stack(void **state)
{
    struct arena *arena = *state;
    struct json_limits limits = {.depth_max = 100000};
    str text = nested_text(arena, 100000);
    struct json v;
    struct json w;
    assert_true(json_parse(arena, text, &limits, &v, NULL));
    assert_true(json_parse(arena, text, &limits, &w, NULL));
    assert_true(json_equal(&v, &w));
    struct json copy = json_copy(arena, &v);
    assert_true(json_equal(&v, &copy));
    assert_str(write_value(arena, &copy), text);
}

int test_json(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(a_value_takes_16_bytes),
        T(a_zeroed_value_is_undefined),
        T(members_are_found_by_name),
        T(what_is_no_object_has_no_members),
        T(a_member_of_another_type_has_no_text),
        T(types_have_their_json_names),
        T(whole_numbers_are_taken_within_their_bound),
        T(doubles_are_taken_as_whole_numbers_too),
        T(numbers_are_equal_by_value),
        T(objects_are_equal_in_any_order),
        T(arrays_are_equal_in_their_order),
        T(large_objects_are_equal_in_any_order),
        T(an_index_finds_all_members),
        T(an_index_answers_who_has_the_name),
        T(an_index_follows_its_members_to_a_larger_place),
        T(wide_values_are_compared_and_copied),
        T(foreign_values_are_equal_only_to_themselves),
        T(builders_make_what_the_parser_makes),
        T(empty_builders_make_empty_containers),
        T(absent_text_builds_null),
        T(a_copy_outlives_its_source),
        T(depth_costs_no_stack),
    };
    return cmocka_run_group_tests_name("json/json", tests, NULL, NULL);
}
