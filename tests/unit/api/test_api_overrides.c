#include "groups.h"
#include "house.h"

/* A document with a mapping; what is recorded of its vendor is not known. */
static const char document[] =
    "{'name':'acme','hosts':['*.acme.test'],'base_url':'https://{subdomain}.acme.test',"
    "'auth':'bearer','pagination':{'kind':'none','records':'/data'},"
    "'resources':{'people':{'methods':{'list':{'verb':'GET','path':'/people'}}}},"
    "'unified':{'crm':{'contacts':{'response':'made','list':{'method':'people.list'}}}}}";

#define LAID(expression) "{'unified':{'crm':{'contacts':{'response':'" expression "'}}}}"

struct place {
    const char *environment;
    const char *account;
};

static struct place make_place(struct house *house, const char *name)
{
    struct place place;
    assert_status(put(house, document, "/v1/integrations/acme"), 200);
    place.environment = make_environment(house, make_stage(house, name), name);
    place.account = make_account(house, place.environment, name);
    return place;
}

static void test_overrides_are_put_shown_and_removed(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "put");
    struct heard heard = put(house, LAID("own"), "/v1/accounts/%s/override", "put");
    assert_status(heard, 200);
    assert_true(number_at(heard, "/revision") == 1);
    heard = put(house, LAID("own"), "/v1/accounts/%s/override", place.account);
    assert_true(json_is(at(heard, "/unchanged"), JSON_TRUE));
    heard = put(house, LAID("theirs"), "/v1/environments/%s/overrides/acme?dry_run=true",
                place.environment);
    assert_status(heard, 200);
    assert_true(is_null_at(heard, "/revision"));
    assert_refused(get(house, "/v1/environments/%s/overrides/acme", place.environment),
                   404, "object_unknown");
    put(house, LAID("theirs"), "/v1/environments/%s/overrides/acme", place.environment);
    heard = get(house, "/v1/environments/%s/overrides/acme", place.environment);
    assert_status(heard, 200);
    assert_true(is_null_at(heard, "/account"));
    assert_string_equal(text_at(house, heard, "/state"), "fits");
    assert_string_equal(text_at(house, heard, "/override/unified/crm/contacts/response"),
                        "theirs");
    heard = get(house, "/v1/accounts/%s/override", place.account);
    assert_string_equal(text_at(house, heard, "/account"), place.account);
    assert_status(del(house, "/v1/accounts/%s/override", place.account), 204);
    assert_refused(del(house, "/v1/accounts/%s/override", place.account), 404,
                   "object_unknown");
    assert_status(del(house, "/v1/environments/%s/overrides/acme", place.environment),
                  204);
}

static void test_faults_are_told_and_nothing_changes(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "faults");
    put(house, LAID("own"), "/v1/accounts/%s/override", place.account);
    struct heard heard = put(house, "{'hosts':['evil.test'],'unifed':{}}",
                             "/v1/accounts/%s/override", place.account);
    assert_refused(heard, 422, "override_invalid");
    assert_true(count_at(heard, "/faults") == 2);
    assert_says(heard, "belongs to the platform");
    assert_says(heard, "did you mean \\\"unified\\\"?");
    heard = get(house, "/v1/accounts/%s/override", place.account);
    assert_true(number_at(heard, "/revision") == 1);
    assert_refused(
        put(house, "{}", "/v1/environments/%s/overrides/nothing", place.environment), 404,
        "integration_unknown");
}

static void test_the_list_has_pages_and_filters(void **state)
{
    struct house *house = *state;
    struct place one = make_place(house, "list one");
    struct place two = make_place(house, "list two");
    put(house, LAID("own"), "/v1/accounts/%s/override", one.account);
    put(house, LAID("own"), "/v1/accounts/%s/override", two.account);
    put(house, LAID("own"), "/v1/environments/%s/overrides/acme", two.environment);
    struct heard heard = get(house, "/v1/overrides?environment=%s", two.environment);
    assert_true(count_at(heard, "/items") == 2);
    assert_true(is_null_at(heard, "/items/0/account"));
    heard = get(house, "/v1/overrides?environment=%s&limit=1", two.environment);
    assert_true(count_at(heard, "/items") == 1);
    heard = get(house, "/v1/overrides?environment=%s&limit=1&cursor=%s", two.environment,
                text_at(house, heard, "/next_cursor"));
    assert_string_equal(text_at(house, heard, "/items/0/account"), two.account);
    assert_true(is_null_at(heard, "/next_cursor"));
    heard = get(house, "/v1/overrides?environment=%s&broken=true", two.environment);
    assert_true(count_at(heard, "/items") == 0);
    assert_status(del(house, "/v1/accounts/%s", one.account), 204);
    heard = get(house, "/v1/overrides?environment=%s", one.environment);
    assert_true(count_at(heard, "/items") == 0);
}

static void test_what_does_not_fit_any_more_is_listed(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "broken");
    put(house, "{'unified':{'crm':{'contacts':{'list':{'response':'own'}}}}}",
        "/v1/accounts/%s/override", place.account);
    assert_status(put(house, acme_document, "/v1/integrations/acme"), 200);
    struct heard heard =
        get(house, "/v1/overrides?broken=true&environment=%s", place.environment);
    assert_string_equal(text_at(house, heard, "/items/0/state"), "broken");
    assert_string_equal(text_at(house, heard, "/items/0/faults/0/pointer"),
                        "/unified/crm");
}

static void test_values_and_fields_are_explained(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "explain");
    put(house, "{'resilience':{'account_concurrency':3}}",
        "/v1/environments/%s/overrides/acme", place.environment);
    put(house, LAID("own"), "/v1/accounts/%s/override", place.account);
    struct heard heard = post(house, NULL, "/v1/environments/%s/overrides/acme/explain",
                              place.environment);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/values/0/pointer"),
                        "/resilience/account_concurrency");
    assert_true(is_null_at(heard, "/sample"));
    heard = post(house,
                 "{'category':'crm','resource':'contacts',"
                 "'record':{'made':{'id':'1'},'own':{'name':'x'}}}",
                 "/v1/accounts/%s/override/explain", place.account);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/sample/fields/0/tier"), "platform");
    assert_string_equal(text_at(house, heard, "/sample/fields/1/pointer"), "/name");
    assert_string_equal(text_at(house, heard, "/sample/fields/1/tier"), "account");
    heard = post(house, "{'category':'crm','resource':'contacts'}",
                 "/v1/accounts/%s/override/explain", place.account);
    assert_refused(heard, 404, "object_unknown");
    heard =
        post(house, "{'record':{}}", "/v1/accounts/%s/override/explain", place.account);
    assert_refused(heard, 422, "body_invalid");
}

static void test_what_no_sample_has_is_found(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "lint");
    put(house, LAID("own"), "/v1/accounts/%s/override", place.account);
    struct heard heard = get(house, "/v1/accounts/%s/override/lint", place.account);
    assert_status(heard, 200);
    assert_says(heard, "There is no sample of this resource");
    heard = get(house, "/v1/environments/%s/overrides/acme/lint", place.environment);
    assert_status(heard, 200);
    assert_true(count_at(heard, "/findings") == 0);
}

int test_api_overrides(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overrides_are_put_shown_and_removed),
        cmocka_unit_test(test_faults_are_told_and_nothing_changes),
        cmocka_unit_test(test_the_list_has_pages_and_filters),
        cmocka_unit_test(test_what_does_not_fit_any_more_is_listed),
        cmocka_unit_test(test_values_and_fields_are_explained),
        cmocka_unit_test(test_what_no_sample_has_is_found),
    };
    return cmocka_run_group_tests_name("api/overrides", tests, house_setup,
                                       house_teardown);
}
