#include "groups.h"
#include "made.h"

#include "import/yaml.h"

static const struct yaml_limits small = {
    .bytes_max = 1 << 20, .depth_max = 20, .nodes_max = 1000};

/* The value on one line, or the fault. */
static str read_yaml(struct arena *arena, str text)
{
    struct json value;
    struct json_fault fault;
    if (yaml_parse(arena, text, &small, &value, &fault))
        return made_line(arena, &value);
    return arena_printf(arena, "%s (%u, %u)", fault.what, fault.line, fault.column);
}

static void test_plain_scalars_are_read_by_the_core_schema(void **state)
{
    static const char *const cases[][2] = {
        {"null", "null"},
        {"~", "null"},
        {"", "null"},
        {"Null", "null"},
        {"nULL", "\"nULL\""},
        {"true", "true"},
        {"False", "false"},
        {"yes", "\"yes\""},
        {"no", "\"no\""},
        {"NO", "\"NO\""},
        {"on", "\"on\""},
        {"y", "\"y\""},
        {"12", "12"},
        {"-7", "-7"},
        {"+7", "7"},
        {"012", "12"},
        {"-007", "-7"},
        {"0", "0"},
        {"00", "0"},
        {"0o17", "15"},
        {"0x1F", "31"},
        {"0o8", "\"0o8\""},
        {"0b1", "\"0b1\""},
        {"1.10", "1.10"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"5.", "5"},
        {"5.e3", "5e3"},
        {"1e400", "1e400"},
        {"1_000", "\"1_000\""},
        {"1:30", "\"1:30\""},
        {"12e03", "12e03"},
        {"1e", "\"1e\""},
        {".", "\".\""},
        {"-", "[null]"},
        {"2024-01-01", "\"2024-01-01\""},
        {"0x", "\"0x\""},
        {"'12'", "\"12\""},
        {"\"true\"", "\"true\""},
        {"'null'", "\"null\""},
        {"=", "\"=\""},
        {"3.0.3", "\"3.0.3\""},
        {"9007199254740993", "9007199254740993"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str text = arena_printf(*state, "- %s", cases[i][0]);
        str want = arena_printf(*state, "[%s]", cases[i][1]);
        given_same(cases[i][0], read_yaml(*state, text), arena_z(*state, want));
    }
}

static void test_keys_are_texts_as_they_are_written(void **state)
{
    str got = read_yaml(*state, STR("200: a\non: b\nnull: c\n'x': d\n1.10: e\n"));
    assert_str(got, STR("{\"200\":\"a\",\"on\":\"b\",\"null\":\"c\",\"x\":\"d\","
                        "\"1.10\":\"e\"}"));
}

static void test_blocks_and_flows_are_the_same(void **state)
{
    str want = STR("{\"a\":[1,{\"b\":\"x\\ny\\n\"}],\"c\":\"one two\"}");
    assert_str(read_yaml(*state, STR("a:\n  - 1\n  - b: |\n      x\n      y\n"
                                     "c: >-\n  one\n  two\n")),
               want);
    assert_str(read_yaml(*state, STR("{a: [1, {b: \"x\\ny\\n\"}], c: one two}")), want);
}

static void test_aliases_share_what_they_mean(void **state)
{
    str got = read_yaml(*state, STR("a: &x { b: 1 }\nc: *x\nd: [ *x, &y no, *y ]"));
    assert_str(got,
               STR("{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1},\"no\",\"no\"]}"));
}

static void test_what_is_refused_is_named(void **state)
{
    static const char *const cases[][2] = {
        {"a: !!str 1", "tags are not taken; remove it (1, 4)"},
        {"!x [1]", "tags are not taken"},
        {"a: !!binary x", "tags are not taken"},
        {"a: 1\nb: 2\na: 3", "has a key twice (1, 1)"},
        {"x:\n  a: 1\n  'a': 3", "has a key twice (2, 3)"},
        {"a: 1\n---\nb: 2", "there is a second document"},
        {"", "there is no document in it"},
        {"# nothing", "there is no document in it"},
        {"? [1]\n: 2", "a key must be a text"},
        {"&a x: 1", "a key cannot have an anchor here"},
        {"a: &k x\n*k : 1", "a key must be a text"},
        {"a: &b { c: 1 }\nd: { <<: *b }", "merge keys are not of YAML 1.2"},
        {"a: .inf", "JSON has no such number"},
        {"a: -.INF", "JSON has no such number"},
        {"a: .nan", "JSON has no such number"},
        {"a: 0xffffffffffffffff", "too large to be held exactly"},
        {"a: *b", "there is no such anchor before this"},
        {"a: &b [ *b ]", "this alias means what it stands in"},
        {"a: [1", "did not find expected"},
        {"a:\n\tb: 1", "(2, 1)"},
        {"a: \"\x01\"", "control characters"},
        {"a: \xff", "UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_in(read_yaml(*state, str_z(cases[i][0])), cases[i][1]);
}

/* Each line stands for ten of the one before. */
static str make_laughs(struct arena *arena, unsigned lines)
{
    str text = STR("a0: &a0 lol\n");
    for (unsigned i = 1; i <= lines; i++) {
        text = arena_printf(arena, STR_F "a%u: &a%u [", STR_A(text), i, i);
        for (unsigned k = 0; k < 10; k++)
            text = arena_printf(arena, STR_F "%s*a%u", STR_A(text), k ? "," : "", i - 1);
        text = arena_printf(arena, STR_F "]\n", STR_A(text));
    }
    return text;
}

static void test_a_billion_laughs_is_too_many_values(void **state)
{
    assert_true(str_starts(read_yaml(*state, make_laughs(*state, 2)), STR("{\"a0\"")));
    assert_in(read_yaml(*state, make_laughs(*state, 9)),
              "there are too many values, aliases expanded");
    assert_in(read_yaml(*state, make_laughs(*state, 80)), "too many values");
}

static void test_depth_is_bounded_through_aliases_too(void **state)
{
    str deep = STR("x");
    for (int i = 0; i < 21; i++)
        deep = arena_printf(*state, "[" STR_F "]", STR_A(deep));
    assert_in(read_yaml(*state, deep), "collections nest too deep");
    assert_in(read_yaml(*state, STR("a: &a [[[[[[[[[[1]]]]]]]]]]\n"
                                    "b: [[[[[[[[[[ *a ]]]]]]]]]]")),
              "collections nest too deep");
}

static void test_values_and_bytes_are_bounded(void **state)
{
    struct json value;
    struct json_fault fault;
    const struct yaml_limits few = {.bytes_max = 10, .depth_max = 9, .nodes_max = 3};
    assert_true(yaml_parse(*state, STR("[1, 2]"), &few, &value, &fault));
    assert_false(yaml_parse(*state, STR("[1,2,3]"), &few, &value, &fault));
    assert_string_equal(fault.what, "there are too many values, aliases expanded");
    assert_false(yaml_parse(*state, STR("[1        ]"), &few, &value, &fault));
    assert_string_equal(fault.what, "it is too long");
}

/* json_parse refuses a name that stands twice; so the two readers agree on JSON. */
static void test_json_in_yaml_is_the_same(void **state)
{
    str text = given_file(*state, "integrations/github/integration.json");
    const struct json *json = given_json(*state, text);
    struct json yaml;
    struct json_fault fault;
    const struct yaml_limits wide = {
        .bytes_max = 1 << 24, .depth_max = 100, .nodes_max = 1000000};
    if (!yaml_parse(*state, text, &wide, &yaml, &fault))
        fail_msg("%s (%u, %u)", fault.what, fault.line, fault.column);
    assert_true(json_equal(json, &yaml));
}

int test_yaml(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_plain_scalars_are_read_by_the_core_schema),
        GIVEN_TEST(test_keys_are_texts_as_they_are_written),
        GIVEN_TEST(test_blocks_and_flows_are_the_same),
        GIVEN_TEST(test_aliases_share_what_they_mean),
        GIVEN_TEST(test_what_is_refused_is_named),
        GIVEN_TEST(test_a_billion_laughs_is_too_many_values),
        GIVEN_TEST(test_depth_is_bounded_through_aliases_too),
        GIVEN_TEST(test_values_and_bytes_are_bounded),
        GIVEN_TEST(test_json_in_yaml_is_the_same),
    };
    return cmocka_run_group_tests_name("import/yaml", tests, NULL, NULL);
}
