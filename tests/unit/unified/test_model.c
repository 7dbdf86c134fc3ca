/*
 * The models as they are built in, and what may be written by them.
 */
#include "support/given.h"

#include "unified/model.h"

int test_model(void);

static void every_file_is_built_in(void **state)
{
    struct arena *arena = *state;
    struct models *models = models_create();
    uint32_t n = 0;
    for (const struct model *model; (model = models_at(models, n)) != NULL; n++) {
        str path = arena_printf(arena, "models/" STR_F "/" STR_F ".json",
                                STR_A(model->category), STR_A(model->name));
        const struct json *file =
            given_json(arena, given_file(arena, arena_z(arena, path)));
        assert_true(json_equal(json_member(file, STR("properties")), model->properties));
        assert_int_not_equal(model->operations, 0);
        assert_ptr_equal(models_find(models, model->category, model->name), model);
    }
    assert_true(n >= 20);
    assert_null(models_find(models, STR("crm"), STR("unicorns")));
    models_destroy(&models);
}

struct row {
    const char *text;
    const char *created; /* what is said of it; NULL: it is good */
    const char *changed;
};

static const struct row rows[] = {
    {"{\"last_name\":\"x\"}", NULL, NULL},
    {"{\"first_name\":\"x\"}", "last_name", NULL},
    {"{\"last_name\":\"x\",\"id\":\"1\"}", "id", "id"},
    {"{\"last_name\":\"x\",\"created_at\":null}", "created_at", "created_at"},
    {"{\"last_name\":7}", "last_name", "last_name"},
    {"{\"last_name\":\"x\",\"emails\":[{\"email\":1}]}", "emails", "emails"},
};

static void what_the_vendor_sets_is_not_written(void **state)
{
    struct arena *arena = *state;
    struct models *models = models_create();
    const struct model *model = models_find(models, STR("crm"), STR("contacts"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct json *record = given_json(arena, str_z(rows[i].text));
        const struct schema *schemas[] = {model->created, model->changed};
        const char *words[] = {rows[i].created, rows[i].changed};
        for (size_t k = 0; k < COUNT_OF(schemas); k++) {
            str detail = STR_NONE;
            bool good = model_check(schemas[k], record, arena, &detail);
            if (good != !words[k] ||
                (!good && str_find_str(detail, str_z(words[k])) == detail.n))
                fail_msg("%s: " STR_F, rows[i].text, STR_A(detail));
        }
    }
    models_destroy(&models);
}

static void a_filter_is_read_as_its_schema_says(void **state)
{
    struct arena *arena = *state;
    struct models *models = models_create();
    const struct model *model = models_find(models, STR("messaging"), STR("channels"));
    const struct model_filter *archived = model_filter(model, STR("archived"));
    struct json value;
    str detail;
    assert_true(model_filter_read(archived, STR("true"), arena, &value, &detail));
    assert_int_equal(value.type, JSON_TRUE);
    assert_false(model_filter_read(archived, STR("yes"), arena, &value, &detail));
    assert_true(str_starts(detail, STR("\"archived\": ")));
    assert_null(model_filter(model, STR("shoe_size")));
    models_destroy(&models);
}

int test_model(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_file_is_built_in),
        GIVEN_TEST(what_the_vendor_sets_is_not_written),
        GIVEN_TEST(a_filter_is_read_as_its_schema_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
