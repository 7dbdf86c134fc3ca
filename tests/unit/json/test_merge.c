#include "json/merge.h"
#include "read.h"
#include "tests.h"

static str merged(struct arena *arena, const char *target, const char *patch)
{
    struct json t = read_z(arena, target);
    struct json p = read_z(arena, patch);
    struct json result = merge_patch(arena, &t, &p);
    return write_value(arena, &result);
}

/* RFC 7386, Appendix A. */
static void the_examples_of_the_rfc_merge(void **state)
{
    static const struct {
        const char *target;
        const char *patch;
        const char *result;
    } rows[] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
         "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(merged(*state, rows[i].target, rows[i].patch), str_z(rows[i].result));
}

static void members_keep_the_order_of_the_target(void **state)
{
    assert_str(merged(*state, "{\"a\":1,\"b\":{\"x\":1},\"c\":3}",
                      "{\"d\":4,\"c\":5,\"b\":{\"y\":2},\"a\":{\"z\":null}}"),
               STR("{\"a\":{},\"b\":{\"x\":1,\"y\":2},\"c\":5,\"d\":4}"));
}

static void a_null_of_a_value_is_a_value(void **state)
{
    static const struct {
        const char *target;
        const char *over;
        const char *result;
    } rows[] = {
        {"{\"a\":1,\"b\":2}", "{\"a\":null}", "{\"a\":null,\"b\":2}"},
        {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null,\"d\":{\"e\":null}}}",
         "{\"a\":{\"b\":null,\"c\":2,\"d\":{\"e\":null}}}"},
        {"{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}"},
        {"{\"a\":1}", "null", "null"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json t = read_z(*state, rows[i].target);
        struct json o = read_z(*state, rows[i].over);
        struct json result = merge_values(*state, &t, &o);
        assert_str(write_value(*state, &result), str_z(rows[i].result));
    }
}

static void undefined_changes_nothing(void **state)
{
    struct json nothing = {0};
    struct json v = read_z(*state, "{\"a\":1}");
    struct json result = merge_patch(*state, &v, &nothing);
    assert_true(json_equal(&result, &v));
    struct json_member members[] = {{"a", 1, 0, nothing}, {"b", 1, 0, nothing}};
    struct json patch = {.type = JSON_OBJECT, .n = 2, .u.members = members};
    result = merge_patch(*state, &v, &patch);
    assert_true(json_equal(&result, &v));
    result = merge_patch(*state, &nothing, &v);
    assert_true(json_equal(&result, &v));
}

static void unchanged_parts_are_shared(void **state)
{
    struct json t = read_z(*state, "{\"a\":{\"deep\":[1,2,3]},\"b\":1}");
    struct json p = read_z(*state, "{\"b\":[4]}");
    struct json result = merge_patch(*state, &t, &p);
    assert_ptr_equal(json_member(&result, STR("a"))->u.members,
                     json_member(&t, STR("a"))->u.members);
    assert_ptr_equal(json_member(&result, STR("b"))->u.items,
                     json_member(&p, STR("b"))->u.items);
}

static void sources_are_left_alone(void **state)
{
    struct arena *arena = *state;
    struct json t = read_z(arena, "{\"a\":{\"b\":1,\"c\":2}}");
    struct json p = read_z(arena, "{\"a\":{\"b\":null,\"d\":{\"e\":null}}}");
    merge_patch(arena, &t, &p);
    assert_json(arena, &t, "{\"a\":{\"b\":1,\"c\":2}}");
    assert_json(arena, &p, "{\"a\":{\"b\":null,\"d\":{\"e\":null}}}");
}

/* {"a":{"a":…}}, n deep. */
static struct json nested(struct arena *arena, size_t n)
{
    struct json_limits limits = {.depth_max = 100000};
    struct json v;
    char *text = arena_bytes(arena, 6 * n + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + 5 * i, "{\"a\":", 5);
    text[5 * n] = '1';
    memset(text + 5 * n + 1, '}', n);
    assert_true(json_parse(arena, str_of(text, 6 * n + 1), &limits, &v, NULL));
    return v;
}

static void deep_patches_cost_no_stack(void **state)
{
    struct json t = nested(*state, 100000);
    struct json p = nested(*state, 99999);
    struct json result = merge_patch(*state, &t, &p);
    assert_true(json_equal(&result, &p));
    result = merge_patch(*state, &p, &t);
    assert_true(json_equal(&result, &t));
}

static void large_objects_merge_in_linear_time(void **state)
{
    struct arena *arena = *state;
    struct json_build target;
    struct json_build patch;
    json_build_init(&target, arena);
    json_build_init(&patch, arena);
    for (unsigned i = 0; i < 100000; i++) {
        str key = arena_printf(arena, "k%u", i);
        json_build_member(&target, key, json_of_number(i));
        if (i % 3 == 0)
            json_build_member(&patch, key, json_of_null());
    }
    struct json t = json_build_object(&target);
    struct json p = json_build_object(&patch);
    struct json result = merge_patch(arena, &t, &p);
    assert_int_equal(result.n, 66666);
}

int test_merge(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(the_examples_of_the_rfc_merge), T(members_keep_the_order_of_the_target),
        T(a_null_of_a_value_is_a_value),  T(undefined_changes_nothing),
        T(unchanged_parts_are_shared),    T(sources_are_left_alone),
        T(deep_patches_cost_no_stack),    T(large_objects_merge_in_linear_time),
    };
    return cmocka_run_group_tests_name("json/merge", tests, NULL, NULL);
}
