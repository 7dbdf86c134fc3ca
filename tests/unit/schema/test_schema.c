/* Schemas that are wrong, and schemas and instances that mean harm. */
#include "compiled.h"
#include "tests.h"

static void a_wrong_schema_says_where_and_why(void **state)
{
    static const struct {
        const char *schema, *pointer, *what;
    } rows[] = {
        {"3", "", "must be an object, true or false."},
        {"{\"type\":\"strng\"}", "/type",
         "must be string, number, integer, object, array, boolean or null, or a list of "
         "them."},
        {"{\"properties\":{\"a\":{\"minLength\":-1}}}", "/properties/a/minLength",
         "must be a whole number, not negative."},
        {"{\"allOf\":[{\"required\":[1]}]}", "/allOf/0/required",
         "must be a list of names."},
        {"{\"properties\":{\"a/b\":{\"pattern\":\"(\"}}}", "/properties/a~1b/pattern",
         NULL},
        {"{\"$ref\":\"#/nowhere\"}", "/$ref",
         "refers to \"#/nowhere\", where there is no schema."},
        {"{\"$ref\":\"http://example.com/other\"}", "/$ref",
         "refers to \"http://example.com/other\", where there is no schema."},
        {"{\"multipleOf\":0}", "/multipleOf", "must be greater than 0."},
        {"{\"items\":[{}]}", "/items", "must hold schemas: objects, true or false."},
        {"{\"not\":5}", "/not", "must hold schemas: objects, true or false."},
        {"{\"$ref\":\"#\"}", "/$ref", NULL},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
         "\"b\":{\"$ref\":\"#/$defs/a\"}}}",
         "/$ref", "refers to itself without end."},
        {"{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", "/$schema",
         "names a draft or metaschema that is not known here; known are draft 2020-12 "
         "and "
         "draft 7."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct schema_fault fault;
        struct schema *schema = compiled(*state, str_z(rows[i].schema), &fault);
        if (schema)
            fail_msg("%s compiles", rows[i].schema);
        given_same(rows[i].schema, fault.pointer, rows[i].pointer);
        if (rows[i].what)
            given_same(rows[i].schema, fault.what, rows[i].what);
    }
}

/* A reference that comes back to where it was does not hang. */
static void circles_end(void **state)
{
    static const char *const schemas[] = {
        "{\"allOf\":[{\"$ref\":\"#\"}]}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"oneOf\":[{\"$ref\":\"#\"},{\"not\":{\"$ref\":\"#\"}}]}",
        "{\"not\":{\"$ref\":\"#\"}}",
        "{\"if\":{\"$ref\":\"#\"},\"then\":{\"$ref\":\"#\"}}",
        "{\"unevaluatedProperties\":false,\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"$dynamicAnchor\":\"a\",\"allOf\":[{\"$dynamicRef\":\"#a\"}]}",
    };
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        struct schema_fault fault;
        struct schema_report report;
        struct schema *schema = compiled(*state, str_z(schemas[i]), &fault);
        if (!schema)
            continue;
        const struct json *instance = given_json(*state, STR("{\"a\":1}"));
        assert_false(schema_valid(schema, *state, instance));
        schema_explain(schema, *state, instance, 5, &report);
        assert_false(report.valid);
        assert_true(report.n >= 1);
        schema_destroy(&schema);
    }
}

/* The same branch twice at each of many levels: 2^n ways through. */
static void explosions_are_bounded(void **state)
{
    str schema =
        STR("{\"$defs\":{\"x\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/x\"},"
            "\"type\":\"array\"},{\"items\":{\"$ref\":\"#/$defs/x\"},\"minItems\":1,"
            "\"type\":\"array\"}]}},\"$ref\":\"#/$defs/x\"}");
    char text[402];
    memset(text, '[', 200);
    text[200] = '1';
    memset(text + 201, ']', 200);
    assert_false(is_valid(*state, schema, str_of(text, 401)));
}

static str repeated(struct arena *arena, const char *head, const char *each, unsigned n,
                    const char *tail)
{
    struct buf buf;
    buf_init(&buf, (size_t)1 << 27);
    buf_str(&buf, str_z(head));
    for (unsigned i = 0; i < n; i++) {
        if (i)
            buf_char(&buf, ',');
        buf_printf(&buf, each, i, i);
    }
    buf_str(&buf, str_z(tail));
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static void a_hundred_thousand_properties_are_no_burden(void **state)
{
    str schema =
        repeated(*state, "{\"additionalProperties\":false,\"properties\":{",
                 "\"property_%u\":{\"type\":\"integer\",\"minimum\":%u}", 100000, "}}");
    str good = repeated(*state, "{", "\"property_%u\":%u", 100000, "}");
    assert_true(is_valid(*state, schema, good));
    assert_false(is_valid(*state, schema, STR("{\"property_100000\":1}")));
}

static void long_chains_of_references_are_followed(void **state)
{
    struct buf buf;
    buf_init(&buf, (size_t)1 << 26);
    buf_str(&buf, STR("{\"$ref\":\"#/$defs/0\",\"$defs\":{"));
    for (unsigned i = 0; i < 100000; i++)
        buf_printf(&buf, "\"%u\":{\"$ref\":\"#/$defs/%u\"},", i, i + 1);
    buf_str(&buf, STR("\"100000\":{\"type\":\"null\"}}}"));
    assert_true(is_valid(*state, buf_peek(&buf), STR("null")));
    struct schema_fault fault;
    struct schema_report report;
    struct schema *chain = compiled(*state, buf_peek(&buf), &fault);
    schema_explain(chain, *state, given_json(*state, STR("1")), 5, &report);
    assert_int_equal(report.n, 1);
    given_same(NULL, report.errors[0].sentence, "the value must be null, but is 1");
    schema_destroy(&chain);
    buf_fini(&buf);
}

static void many_patterns_on_many_members_end(void **state)
{
    str schema = repeated(*state, "{\"patternProperties\":{", "\"^(a|b)%u.*%u$\":true",
                          2000, "}}");
    str instance = repeated(*state, "{", "\"member_%u\":%u", 20000, "}");
    struct schema_fault fault;
    struct schema_report report;
    struct schema *schema_many = compiled(*state, schema, &fault);
    assert_non_null(schema_many);
    schema_explain(schema_many, *state, given_json(*state, instance), 3, &report);
    assert_false(report.valid);
    assert_str(report.errors[0].sentence,
               STR("the value cannot be checked: it takes more steps, or deeper nesting, "
                   "than is allowed"));
    schema_destroy(&schema_many);
}

static void deep_schemas_are_refused_or_work(void **state)
{
    enum { DEEP = 250 };
    struct buf buf;
    buf_init(&buf, 1 << 20);
    for (unsigned i = 0; i < DEEP; i++)
        buf_str(&buf, STR("{\"properties\":{\"a\":"));
    buf_str(&buf, STR("false"));
    for (unsigned i = 0; i < DEEP; i++)
        buf_str(&buf, STR("}}"));
    str schema = arena_str(*state, buf_peek(&buf));
    buf_clear(&buf);
    for (unsigned i = 0; i < DEEP; i++)
        buf_str(&buf, STR("{\"a\":"));
    buf_str(&buf, STR("1"));
    for (unsigned i = 0; i < DEEP; i++)
        buf_char(&buf, '}');
    assert_false(is_valid(*state, schema, buf_peek(&buf)));
    buf_fini(&buf);
}

static void equal_items_are_found_among_many(void **state)
{
    str schema = STR("{\"uniqueItems\":true}");
    str differ = repeated(*state, "[", "{\"a\":%u,\"b\":[%u,\"x\"]}", 20000, "]");
    str meet = repeated(*state, "[{\"b\":[1.0,\"x\"],\"a\":1e0},",
                        "{\"a\":%u,\"b\":[%u,\"x\"]}", 2000, "]");
    assert_true(is_valid(*state, schema, differ));
    assert_false(is_valid(*state, schema, meet));
}

static void a_schema_outlives_its_document(void **state)
{
    struct arena *arena = *state;
    struct schema_fault fault;
    struct arena_mark mark = arena_mark(arena);
    str text = arena_str(
        arena,
        STR("{\"properties\":{\"name\":{\"enum\":[\"one\",{\"two\":[2]}]}},"
            "\"patternProperties\":{\"^x\":{\"const\":\"y\"}},\"required\":[\"name\"]}"));
    struct schema *schema = compiled(arena, text, &fault);
    assert_non_null(schema);
    memset((char *)(uintptr_t)text.p, '?', text.n);
    arena_rewind(arena, mark);
    assert_true(
        schema_valid(schema, arena,
                     given_json(arena, STR("{\"name\":{\"two\":[2.0]},\"x1\":\"y\"}"))));
    assert_false(
        schema_valid(schema, arena, given_json(arena, STR("{\"name\":\"two\"}"))));
    schema_destroy(&schema);
    assert_null(schema);
    schema_destroy(&schema);
}

/* `n` times the item, in a list of anyOf. */
static str many(struct arena *arena, const char *item, uint32_t n)
{
    struct buf buf;
    buf_init(&buf, 64 << 20);
    buf_str(&buf, STR("{\"$id\":\"http://example.com/\",\"anyOf\":[{}"));
    for (uint32_t i = 0; i < n; i++) {
        buf_char(&buf, ',');
        buf_printf(&buf, item, i);
    }
    buf_str(&buf, STR("]}"));
    return arena_take(arena, &buf);
}

static void too_much_for_a_schema_is_refused(void **state)
{
    struct arena *arena = *state;
    char *uri = arena_bytes(arena, 2000);
    memset(uri, 'a', 2000);
    str id = arena_printf(arena, "{\"items\":{\"$id\":\"b:%.2000s\"}}", uri);
    const struct {
        str schema;
        const char *pointer, *what;
    } rows[] = {
        {many(arena, "{\"a\":%u}", 200000), "/anyOf/199999",
         "is one schema too many; at most 200000 are allowed."},
        {many(arena, "{\"$id\":\"a%u\"}", 10000), "/anyOf/9999/$id",
         "is one too many; at most 10000 are allowed."},
        {id, "/items/$id", "makes a URI of more than 2000 bytes."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct schema_fault fault;
        struct schema *schema = compiled(arena, rows[i].schema, &fault);
        assert_null(schema);
        given_same(rows[i].what, fault.what, rows[i].what);
        given_same(rows[i].what, fault.pointer, rows[i].pointer);
    }
}

int test_schema(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_wrong_schema_says_where_and_why),
        GIVEN_TEST(circles_end),
        GIVEN_TEST(explosions_are_bounded),
        GIVEN_TEST(a_hundred_thousand_properties_are_no_burden),
        GIVEN_TEST(long_chains_of_references_are_followed),
        GIVEN_TEST(many_patterns_on_many_members_end),
        GIVEN_TEST(deep_schemas_are_refused_or_work),
        GIVEN_TEST(too_much_for_a_schema_is_refused),
        GIVEN_TEST(equal_items_are_found_among_many),
        GIVEN_TEST(a_schema_outlives_its_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
