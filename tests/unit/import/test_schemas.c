#include "groups.h"
#include "made.h"

#include "schema/schema.h"

/* A method whose answer has this schema. */
static struct made with_schema(struct arena *arena, const char *version,
                               const char *schema, const char *components)
{
    str text =
        arena_printf(arena,
                     MADE_SERVER "paths: { /a: { get: { responses: { '200': { content: {"
                                 " application/json: { schema: %s } } } } } } }\n"
                                 "components: { schemas: { %s } }\n",
                     schema, components);
    return made_openapi(arena, version, arena_z(arena, text));
}

/* Whether the schema of the answer takes it. */
static bool takes(struct arena *arena, const struct made *made, const char *instance)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_member(&build, STR("$ref"), json_of_text(STR("#/$defs/a.get.response")));
    json_build_member(&build, STR("$defs"), *json_member(made->schemas, STR("$defs")));
    struct json document = json_build_object(&build);
    struct schema_source source = {.document = &document, .draft = SCHEMA_DRAFT_2020_12};
    struct schema_fault fault;
    struct schema *schema = schema_compile(arena, &source, &fault);
    if (!schema)
        fail_msg(STR_F ": " STR_F, STR_A(fault.pointer), STR_A(fault.what));
    bool valid = schema_valid(schema, arena, given_json(arena, str_z(instance)));
    schema_destroy(&schema);
    return valid;
}

static void test_recursive_schemas_stay_recursive(void **state)
{
    struct made made = with_schema(
        *state, "3.0.3", "{ $ref: '#/components/schemas/Node' }",
        "Node: { type: object, properties: { next: { $ref: '#/components/schemas/Node' },"
        " of: { $ref: '#/components/schemas/Other' } } },"
        " Other: { properties: { node: { $ref: '#/components/schemas/Node' } } },"
        " Unused: { type: string }");
    assert_made(*state, made.schemas, "/$defs/a.get.response",
                "{\"$ref\":\"#/$defs/Node\"}");
    assert_made(*state, made.schemas, "/$defs/Node/properties/next",
                "{\"$ref\":\"#/$defs/Node\"}");
    assert_made(*state, made.schemas, "/$defs/Unused", NULL);
    assert_true(takes(*state, &made, "{\"next\":{\"next\":{}}}"));
    assert_false(takes(*state, &made, "{\"of\":{\"node\":{\"next\":1}}}"));
}

static void test_references_into_anything_are_followed(void **state)
{
    struct made made = with_schema(
        *state, "3.1.0",
        "{ properties: { a: { $ref: '#/components/schemas/A~1b/properties/x%20y' },"
        " self: { $ref: '#/paths/~1a/get/responses/200/content/application~1json/schema' "
        "}"
        " } }",
        "A/b: { properties: { 'x y': { type: integer } } }");
    assert_true(takes(*state, &made, "{\"a\":1,\"self\":{\"self\":{\"a\":2}}}"));
    assert_false(takes(*state, &made, "{\"self\":{\"self\":{\"a\":\"2\"}}}"));
}

static void test_circles_of_references_end(void **state)
{
    struct made made = with_schema(*state, "3.0.3", "{ $ref: '#/components/schemas/A' }",
                                   "A: { $ref: '#/components/schemas/B' }, B: { $ref:"
                                   " '#/components/schemas/A' }");
    assert_in(made.notes, "The reference \"#/components/schemas/A\" leads nowhere.");
    assert_true(takes(*state, &made, "1"));
    made =
        with_schema(*state, "3.0.3",
                    "{ allOf: [{ $ref: '#/components/schemas/A' }], properties: { data:"
                    " { type: array, items: { $ref: '#/components/schemas/A' } } } }",
                    "A: { allOf: [{ $ref: '#/components/schemas/A' }] }");
    assert_made(*state, made.schemas, "/$defs/A/allOf", "[{\"$ref\":\"#/$defs/A\"}]");
}

static void test_words_of_3_0_become_the_drafts(void **state)
{
    struct made made = with_schema(
        *state, "3.0.3",
        "{ properties: { a: { type: string, nullable: true, enum: [x] },"
        " b: { nullable: true, allOf: [{ type: integer }] },"
        " c: { type: integer, minimum: 1, exclusiveMinimum: true, maximum: 9 },"
        " d: { $ref: '#/components/schemas/D', nullable: true } } }",
        "D: { type: boolean }");
    assert_true(takes(*state, &made, "{\"a\":null,\"b\":null,\"c\":2,\"d\":true}"));
    assert_true(takes(*state, &made, "{\"a\":\"x\",\"b\":1,\"c\":9}"));
    assert_false(takes(*state, &made, "{\"a\":\"y\"}"));
    assert_false(takes(*state, &made, "{\"b\":\"1\"}"));
    assert_false(takes(*state, &made, "{\"c\":1}"));
    assert_false(takes(*state, &made, "{\"d\":null}"));
    made = with_schema(*state, "3.1.0",
                       "{ type: [integer, 'null'], exclusiveMinimum: 3, nullable: true }",
                       "");
    assert_true(takes(*state, &made, "null"));
    assert_false(takes(*state, &made, "3"));
}

static void test_what_is_no_schema_is_noted(void **state)
{
    struct made made = with_schema(
        *state, "3.1.0",
        "{ $id: 'x', example: 1, xml: {}, properties: { a: { pattern: '(' }, b: 7,"
        " required: { type: string, required: true } } }",
        "");
    assert_in(made.notes, "Schemas say \"$id\", which is left out.");
    assert_in(made.notes, "pattern \"(\" is left out");
    assert_in(made.notes, "A schema is no object, or too deep");
    assert_made(*state, made.schemas, "/$defs/a.get.response",
                "{\"properties\":{\"a\":{},\"b\":true,\"required\":{\"type\":\"string\"}"
                "}}");
}

static void test_parameters_and_bodies_have_schemas_too(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER
        "paths:\n"
        "  /a/{id}:\n"
        "    parameters:\n"
        "      - { name: id, in: path, required: true, schema: { type: integer } }\n"
        "      - { name: deep, in: query, schema: { type: string } }\n"
        "    post:\n"
        "      parameters:\n"
        "        - { name: deep, in: query, schema: { type: boolean } }\n"
        "        - { name: id, in: header }\n"
        "      requestBody: { content: { application/x-www-form-urlencoded: { schema: {"
        " type: object } } } }\n");
    assert_made(*state, made.schemas, "/$defs/a.update.parameters",
                "{\"type\":\"object\",\"properties\":{\"deep\":{\"type\":\"boolean\"},"
                "\"id\":true}}");
    assert_made(*state, made.schemas, "/$defs/a.update.request", "{\"type\":\"object\"}");
    assert_in(made.notes,
              "POST /a/{id} has a parameter without a name, or in two places");
}

int test_schemas(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_recursive_schemas_stay_recursive),
        GIVEN_TEST(test_references_into_anything_are_followed),
        GIVEN_TEST(test_circles_of_references_end),
        GIVEN_TEST(test_words_of_3_0_become_the_drafts),
        GIVEN_TEST(test_what_is_no_schema_is_noted),
        GIVEN_TEST(test_parameters_and_bodies_have_schemas_too),
    };
    return cmocka_run_group_tests_name("import/schemas", tests, NULL, NULL);
}
