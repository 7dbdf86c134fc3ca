/* What people are told. */
#include "compiled.h"
#include "tests.h"

struct row {
    const char *schema;
    const char *instance;
    const char *pointer;
    const char *keyword;
    const char *sentence;
};

static const struct row rows[] = {
    {"{\"properties\":{\"items\":{\"items\":{\"$ref\":\"#/$defs/person\"}}},"
     "\"$defs\":{\"person\":{\"properties\":{\"age\":{\"type\":\"integer\"}}}}}",
     "{\"items\":[{\"age\":1},{\"age\":\"ten\"}]}", "/items/1/age",
     "/properties/items/items/$ref/properties/age/type",
     "`/items/1/age` must be a whole number, but is \"ten\""},
    {"{\"type\":[\"string\",\"number\",\"null\"]}", "[1]", "", "/type",
     "the value must be a string, a number or null, but is an array of 1 item"},
    {"{\"type\":\"boolean\"}", "{}", "", "/type",
     "the value must be a boolean, but is an empty object"},
    {"{\"required\":[\"a\"]}", "{}", "", "/required",
     "the value must have a member \"a\""},
    {"{\"properties\":{\"a\":true,\"b\":true},\"additionalProperties\":false}",
     "{\"c/d\":1}", "/c~1d", "/additionalProperties",
     "`/c~1d` is not allowed here; known are \"a\", \"b\""},
    {"{\"additionalProperties\":{\"maximum\":1.5}}", "{\"a\":1.50001}", "/a",
     "/additionalProperties/maximum", "`/a` must be at most 1.5, but is 1.50001"},
    {"{\"exclusiveMinimum\":0}", "0", "", "/exclusiveMinimum",
     "the value must be greater than 0, but is 0"},
    {"{\"multipleOf\":0.01}", "0.001", "", "/multipleOf",
     "the value must be a multiple of 0.01, but is 0.001"},
    {"{\"minLength\":2}", "\"é\"", "", "/minLength",
     "the value must have at least 2 characters, but has 1"},
    {"{\"maxItems\":1}", "[1,2]", "", "/maxItems",
     "the value must have at most 1 item, but has 2"},
    {"{\"minProperties\":1}", "{}", "", "/minProperties",
     "the value must have at least 1 member, but has 0"},
    {"{\"pattern\":\"^a+$\"}", "\"b\"", "", "/pattern",
     "the value must match the pattern ^a+$, but is \"b\""},
    {"{\"format\":\"ipv4\"}", "\"b\"", "", "/format",
     "the value must be an IPv4 address, but is \"b\""},
    {"{\"enum\":[1,\"a\"]}", "2", "", "/enum",
     "the value must be one of [1,\"a\"], but is 2"},
    {"{\"const\":null}", "2", "", "/const", "the value must be null, but is 2"},
    {"{\"uniqueItems\":true}", "[1,2,1.0]", "", "/uniqueItems",
     "the value must have no two equal items, but items 0 and 2 are equal"},
    {"{\"contains\":{\"type\":\"null\"}}", "[1]", "", "/contains",
     "the value must have at least 1 item that fits a description, but has 0"},
    {"{\"contains\":true,\"maxContains\":1}", "[1,2]", "", "/maxContains",
     "the value must have at most 1 item that fits a description, but has 2"},
    {"{\"not\":{}}", "1", "", "/not", "the value fits what it must not be"},
    {"{\"oneOf\":[true,false,{\"minimum\":1}]}", "1", "", "/oneOf",
     "the value must fit exactly one of 3 descriptions, but fits numbers 1 and 3"},
    {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", "", "/dependentRequired",
     "the value must have a member \"b\", as it has \"a\""},
    {"{\"if\":{\"type\":\"string\"},\"then\":{\"maxLength\":1}}", "\"ab\"", "",
     "/then/maxLength", "the value must have at most 1 character, but has 2"},
    {"{\"allOf\":[{\"properties\":{\"a\":true}}],\"unevaluatedProperties\":false}",
     "{\"a\":1,\"b\":2}", "/b", "/unevaluatedProperties", "`/b` is not allowed here"},
    {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", "/ab", "/propertyNames",
     "`/ab` has a name that is not allowed here"},
    {"{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a", "/properties/a",
     "`/a` is not allowed"},
    {"{\"prefixItems\":[true],\"items\":false}", "[1,2]", "/1", "/items",
     "`/1` is not allowed"},
    {"{\"$dynamicRef\":\"#x\",\"$defs\":{\"a\":{\"$dynamicAnchor\":\"x\",\"type\":"
     "\"null\"}}}",
     "1", "", "/$dynamicRef/type", "the value must be null, but is 1"},
};

static void an_error_says_where_and_why(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct schema_fault fault;
        struct schema_report report;
        struct schema *schema = compiled(arena, str_z(row->schema), &fault);
        assert_non_null(schema);
        schema_explain(schema, arena, given_json(arena, str_z(row->instance)), 10,
                       &report);
        assert_false(report.valid);
        if (report.n != 1)
            fail_msg("%s: %u errors", row->schema, report.n);
        given_same(row->schema, report.errors[0].instance, row->pointer);
        given_same(row->schema, report.errors[0].keyword, row->keyword);
        given_same(row->schema, report.errors[0].sentence, row->sentence);
        given_same(row->schema, report.errors[0].absolute, NULL);
        schema_destroy(&schema);
    }
}

static void several_errors_come_together(void **state)
{
    struct schema_fault fault;
    struct schema_report report;
    struct schema *schema = compiled(
        *state,
        STR("{\"$id\":\"http://example.com/s\",\"required\":[\"a\",\"b\"],"
            "\"properties\":{\"c\":{\"$ref\":\"#n\"}},"
            "\"$defs\":{\"n\":{\"$anchor\":\"n\",\"minimum\":5,\"type\":\"number\"}}}"),
        &fault);
    const struct json *instance = given_json(*state, STR("{\"c\":1}"));
    schema_explain(schema, *state, instance, 10, &report);
    assert_int_equal(report.n, 3);
    assert_false(report.more);
    given_same(NULL, report.errors[2].keyword, "/properties/c/$ref/minimum");
    given_same(NULL, report.errors[2].absolute, "http://example.com/s#/$defs/n/minimum");
    schema_explain(schema, *state, instance, 2, &report);
    assert_int_equal(report.n, 2);
    assert_true(report.more);
    schema_destroy(&schema);
}

/* Of several descriptions, the one that the value was probably meant for is told. */
static void the_nearest_branch_is_told(void **state)
{
    struct schema_fault fault;
    struct schema_report report;
    struct schema *schema = compiled(
        *state,
        STR("{\"anyOf\":[{\"type\":\"string\"},{\"properties\":{\"size\":{\"type\":"
            "\"integer\"}},\"type\":\"object\"},{\"type\":\"object\",\"required\":[\"x\"]"
            "}]}"),
        &fault);
    schema_explain(schema, *state, given_json(*state, STR("{\"size\":\"big\"}")), 10,
                   &report);
    assert_int_equal(report.n, 2);
    given_same(NULL, report.errors[0].sentence,
               "the value must fit at least one of 3 descriptions, but fits none");
    given_same(NULL, report.errors[1].sentence,
               "`/size` must be a whole number, but is \"big\"");
    given_same(NULL, report.errors[1].keyword, "/anyOf/1/properties/size/type");
    schema_destroy(&schema);
}

static void long_values_are_cut(void **state)
{
    struct schema_fault fault;
    struct schema_report report;
    struct arena *arena = *state;
    char text[1000];
    memset(text, 'x', sizeof(text));
    text[0] = text[sizeof(text) - 1] = '"';
    struct schema *schema = compiled(arena, STR("{\"type\":\"null\"}"), &fault);
    schema_explain(schema, arena, given_json(arena, str_of(text, sizeof(text))), 1,
                   &report);
    assert_true(report.errors[0].sentence.n < 120);
    schema_destroy(&schema);
}

int test_schema_explain(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(an_error_says_where_and_why),
        GIVEN_TEST(several_errors_come_together),
        GIVEN_TEST(the_nearest_branch_is_told),
        GIVEN_TEST(long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
