#include "garage.h"
#include "json/bind_schema.h"
#include "json/pointer.h"
#include "read.h"
#include "tests.h"

static struct json schema_of(struct arena *arena, const struct bind_table *table)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    bind_schema_write(&buf, table, STR("https://example.org/garage.json"), STR("Garage"));
    struct json schema = read_text(arena, arena_str(arena, buf_peek(&buf)));
    buf_fini(&buf);
    return schema;
}

/* What stands in the schema of the garage at a pointer. */
static void at(struct arena *arena, const char *place, const char *expected)
{
    struct pointer pointer;
    struct json schema = schema_of(arena, &garage_table);
    assert_true(pointer_parse(arena, str_z(place), POINTER_RFC6901, &pointer));
    const struct json *found = pointer_find(&pointer, &schema);
    if (!found)
        fail_msg("nothing at %s", place);
    assert_str(write_value(arena, found), str_z(expected));
}

static void the_schema_names_its_dialect_and_itself(void **state)
{
    at(*state, "/$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
    at(*state, "/$id", "\"https://example.org/garage.json\"");
    at(*state, "/title", "\"Garage\"");
}

static void objects_are_closed_but_for_extensions(void **state)
{
    at(*state, "/type", "\"object\"");
    at(*state, "/required", "[\"owner\"]");
    at(*state, "/additionalProperties", "false");
    at(*state, "/patternProperties", "{\"^x-\":true}");
}

static void each_kind_has_its_schema(void **state)
{
    struct arena *arena = *state;
    at(arena, "/properties/owner",
       "{\"type\":\"string\",\"minLength\":1,\"maxLength\":10,"
       "\"description\":\"Who pays.\"}");
    at(arena, "/properties/rules/properties/open", "{\"type\":\"boolean\"}");
    at(arena, "/properties/rules/properties/hours",
       "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":23},"
       "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0,"
       "\"maximum\":23},\"maxItems\":10000}]}");
    at(arena, "/properties/rules/properties/notes", "{}");
    at(arena, "/properties/spare", "{\"$ref\":\"#/$defs/door_block\"}");
    at(arena, "/properties/doors",
       "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/door_block\"},\"minItems\":1,"
       "\"maxItems\":3}");
    at(arena, "/properties/cars",
       "{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/car\"},"
       "\"maxProperties\":10000}");
    at(arena, "/$defs/car/properties/price",
       "{\"type\":\"number\",\"minimum\":0,\"maximum\":1000000}");
    at(arena, "/$defs/car/properties/trailer", "{\"$ref\":\"#/$defs/car\"}");
    at(arena, "/properties/odd",
       "{\"type\":\"integer\",\"not\":{\"multipleOf\":2},"
       "\"description\":\"An odd number.\"}");
}

static void a_shorthand_is_an_alternative(void **state)
{
    struct arena *arena = *state;
    at(arena, "/$defs/door_block/anyOf/0", "{\"enum\":[\"red\",\"green\",\"blue\"]}");
    at(arena, "/$defs/door_block/anyOf/1/properties/width",
       "{\"type\":\"integer\",\"minimum\":10,\"maximum\":500,"
       "\"description\":\"In centimetres.\"}");
    at(arena, "/$defs/door_block/anyOf/1/properties/delay",
       "{\"type\":\"string\",\"pattern\":\"^[0-9]+(\\\\.[0-9]+)?(ms|s|m|h|d)$\","
       "\"description\":\"From 1s to 60s.\"}");
}

static void one_or_many_objects_share_their_table(void **state)
{
    struct arena *arena = *state;
    at(arena, "/properties/gates",
       "{\"anyOf\":[{\"$ref\":\"#/$defs/gate_block\"},{\"type\":\"array\",\"items\":"
       "{\"$ref\":\"#/$defs/gate_block\"},\"minItems\":1,\"maxItems\":2}]}");
    at(arena, "/$defs/gate_block/anyOf/0", "{\"enum\":[\"red\",\"green\",\"blue\"]}");
    at(arena, "/$defs/gate_block/anyOf/1/properties/locked", "{\"type\":\"boolean\"}");
    at(arena, "/$defs/gate_block/anyOf/1/properties/width/maximum", "500");
}

static void only_shared_tables_are_defined_apart(void **state)
{
    struct json schema = schema_of(*state, &garage_table);
    const struct json *defs = json_member(&schema, STR("$defs"));
    assert_int_equal(defs->n, 3);
    assert_non_null(json_member(defs, STR("gate_block")));
    assert_non_null(json_member(defs, STR("car")));
    assert_non_null(json_member(defs, STR("door_block")));
}

struct tree {
    struct bind_list left;
    struct bind_list right;
};

static const struct bind_table tree_table;
static const struct bind_table other_leaf;

static const struct bind_row leaf_rows[] = {
    {.name = "n", .kind = BIND_UINT},
    {.name = "wait", .kind = BIND_DURATION, .min = 0.5, .doc = "How long."},
    {.name = "any", .kind = BIND_CUSTOM},
};

static const struct bind_table leaf_table = {
    .name = "leaf", .rows = leaf_rows, .n = COUNT_OF(leaf_rows), .bytes = 4};
static const struct bind_table other_leaf = {
    .name = "leaf", .rows = leaf_rows, .n = COUNT_OF(leaf_rows), .bytes = 4};

static const struct bind_row tree_rows[] = {
    {.name = "trees", .kind = BIND_LIST, .table = &tree_table},
    {.name = "a", .kind = BIND_LIST, .table = &leaf_table},
    {.name = "b", .kind = BIND_LIST, .table = &leaf_table},
    {.name = "c", .kind = BIND_LIST, .table = &other_leaf},
    {.name = "d", .kind = BIND_LIST, .table = &other_leaf},
};

static const struct bind_table tree_table = {.name = "tree",
                                             .rows = tree_rows,
                                             .n = COUNT_OF(tree_rows),
                                             .bytes = sizeof(struct tree)};

static void the_root_may_contain_itself(void **state)
{
    struct json schema = schema_of(*state, &tree_table);
    const struct json *rows = json_member(&schema, STR("properties"));
    const struct json *items = json_member(json_member(rows, STR("trees")), STR("items"));
    assert_json(*state, items, "{\"$ref\":\"#\"}");
}

static void what_has_no_bounds_is_not_bounded(void **state)
{
    struct json schema = schema_of(*state, &tree_table);
    const struct json *leaf =
        json_member(json_member(&schema, STR("$defs")), STR("leaf"));
    assert_json(*state, json_member(leaf, STR("properties")),
                "{\"n\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295},"
                "\"wait\":{\"type\":\"string\","
                "\"pattern\":\"^[0-9]+(\\\\.[0-9]+)?(ms|s|m|h|d)$\","
                "\"description\":\"How long. At least 0.5s.\"},\"any\":{}}");
}

static void tables_of_one_name_are_told_apart(void **state)
{
    struct json schema = schema_of(*state, &tree_table);
    const struct json *defs = json_member(&schema, STR("$defs"));
    assert_int_equal(defs->n, 2);
    assert_non_null(json_member(defs, STR("leaf")));
    assert_non_null(json_member(defs, STR("leaf_2")));
}

/* Objects of free names within one. */
struct shelf {
    str name;
    struct bind_list leaves; /* struct leaf_on_shelf */
};

struct leaf_on_shelf {
    str name;
    uint32_t n;
};

static const struct bind_row shelf_leaf_rows[] = {
    {.name = "n", .kind = BIND_UINT, .offset = offsetof(struct leaf_on_shelf, n)}};

static const struct bind_table shelf_leaf_table = {.name = "leaf",
                                                   .rows = shelf_leaf_rows,
                                                   .n = COUNT_OF(shelf_leaf_rows),
                                                   .bytes = sizeof(struct leaf_on_shelf)};

static const struct bind_row shelf_row = {.name = "leaves",
                                          .kind = BIND_NAMED,
                                          .offset = offsetof(struct shelf, leaves),
                                          .max = 2,
                                          .table = &shelf_leaf_table};

static const struct bind_table shelf_table = {
    .name = "shelf", .bytes = sizeof(struct shelf), .whole = &shelf_row};

static const struct bind_row shelves_rows[] = {
    {.name = "shelves", .kind = BIND_NAMED, .table = &shelf_table}};

static const struct bind_table shelves_table = {.name = "shelves",
                                                .rows = shelves_rows,
                                                .n = COUNT_OF(shelves_rows),
                                                .bytes = sizeof(struct bind_list)};

static bool read_shelves(struct binder *binder, struct arena *arena, const char *text,
                         struct bind_list *shelves)
{
    struct json value = read_z(arena, text);
    bind_init(binder, arena);
    return bind_read(binder, &shelves_table, &value, shelves);
}

static void names_may_stand_in_names(void **state)
{
    struct binder binder;
    struct bind_list shelves;
    assert_true(read_shelves(
        &binder, *state, "{\"shelves\":{\"a\":{},\"b\":{\"c\":{\"n\":5}}}}", &shelves));
    const struct shelf *items = shelves.items;
    const struct leaf_on_shelf *leaf = items[1].leaves.items;
    assert_int_equal(items[0].leaves.n, 0);
    assert_str(items[1].name, STR("b"));
    assert_str(leaf->name, STR("c"));
    assert_int_equal(leaf->n, 5);
    assert_false(read_shelves(
        &binder, *state, "{\"shelves\":{\"a\":[],\"b\":{\"c\":{\"m\":5}}}}", &shelves));
    assert_str(binder.first->pointer, STR("/shelves/a"));
    assert_str(binder.last->pointer, STR("/shelves/b/c/m"));
}

static void names_in_names_have_their_schema(void **state)
{
    struct json schema = schema_of(*state, &shelves_table);
    const struct json *rows = json_member(&schema, STR("properties"));
    assert_json(*state, json_member(rows, STR("shelves")),
                "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
                "\"additionalProperties\":{\"type\":\"object\",\"properties\":{\"n\":{"
                "\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295}},"
                "\"patternProperties\":{\"^x-\":true},\"additionalProperties\":false},"
                "\"maxProperties\":2},\"maxProperties\":10000}");
}

int test_bind_schema(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(the_schema_names_its_dialect_and_itself),
        T(objects_are_closed_but_for_extensions),
        T(each_kind_has_its_schema),
        T(a_shorthand_is_an_alternative),
        T(one_or_many_objects_share_their_table),
        T(only_shared_tables_are_defined_apart),
        T(the_root_may_contain_itself),
        T(names_may_stand_in_names),
        T(names_in_names_have_their_schema),
        T(what_has_no_bounds_is_not_bounded),
        T(tables_of_one_name_are_told_apart),
    };
    return cmocka_run_group_tests_name("json/bind_schema", tests, NULL, NULL);
}
