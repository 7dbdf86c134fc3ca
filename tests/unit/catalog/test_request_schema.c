#include "paper.h"

#include "catalog/request_schema.h"

int test_request_schema(void);

static const char with_schema[] =
    "{\"resources\":{\"things\":{\"methods\":{\"create\":{\"verb\":\"POST\","
    "\"path\":\"/"
    "things\",\"request_schema\":{\"type\":\"object\",\"required\":[\"name\"],"
    "\"properties\":{\"name\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}}}},"
    "\"list\":{\"verb\":\"GET\",\"path\":\"/things\"}}}}}";

static const struct schema *schema_of(const struct integration *integration)
{
    return integration_named_method(integration, STR("things.create"))->request_schema;
}

static void a_body_is_held_to_the_schema_of_its_method(void **state)
{
    static const struct {
        const char *body; /* NULL: none */
        const char *at;   /* NULL: it fits */
    } rows[] = {
        {"{\"name\":\"a\",\"n\":1}", NULL},
        {"{\"n\":1}", ""},
        {"{\"name\":\"a\",\"n\":\"1\"}", "/n"},
        {"[]", ""},
        {"no json", ""},
        {"", ""},
        {NULL, ""},
    };
    struct headers headers;
    struct schema_report report;
    const struct integration *integration = paper_read(*state, with_schema);
    headers_init(&headers, *state, 1);
    assert_null(
        integration_named_method(integration, STR("things.list"))->request_schema);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str body = rows[i].body ? str_z(rows[i].body) : STR_NONE;
        bool fits =
            request_schema_check(schema_of(integration), &headers, body, *state, &report);
        if (fits != !rows[i].at)
            fail_msg("%s", rows[i].body);
        if (!fits) {
            given_same(rows[i].body ? rows[i].body : "none", report.errors[0].instance,
                       rows[i].at);
            assert_true(report.errors[0].sentence.n > 0);
        }
    }
}

static void a_form_is_an_object_of_texts(void **state)
{
    struct headers headers;
    struct schema_report report;
    const struct integration *integration = paper_read(*state, with_schema);
    headers_init(&headers, *state, 1);
    header_add(&headers, HEADER_CONTENT_TYPE, STR("application/x-www-form-urlencoded"));
    assert_true(request_schema_check(schema_of(integration), &headers, STR("name=a%20b"),
                                     *state, &report));
    assert_false(request_schema_check(schema_of(integration), &headers, STR("name=a&n=1"),
                                      *state, &report));
    assert_str(report.errors[0].instance, STR("/n"));
}

static void what_is_no_schema_is_a_fault(void **state)
{
    static const char *const patches[] = {
        "{\"resources\":{\"things\":{\"methods\":{\"create\":{\"verb\":\"POST\","
        "\"path\":\"/things\",\"request_schema\":{\"type\":\"objekt\"}}}}}}",
        "{\"resources\":{\"things\":{\"methods\":{\"create\":{\"verb\":\"POST\","
        "\"path\":\"/things\",\"request_schema\":7}}}}}"};
    for (size_t i = 0; i < COUNT_OF(patches); i++) {
        str faults = paper_faults(*state, paper_text(*state, patches[i]));
        assert_true(str_find_str(faults, STR("create/request_schema")) < faults.n);
        assert_true(str_find_str(faults, STR("is no JSON Schema")) < faults.n);
    }
}

int test_request_schema(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_body_is_held_to_the_schema_of_its_method),
        GIVEN_TEST(a_form_is_an_object_of_texts),
        GIVEN_TEST(what_is_no_schema_is_a_fault),
    };
    return cmocka_run_group_tests_name("request schema", tests, NULL, NULL);
}
