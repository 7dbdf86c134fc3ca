#include "groups.h"
#include "house.h"

struct place {
    const char *stage;
    const char *environment;
};

/* A stage with an environment, both named after the test. */
static struct place make_place(struct house *house, const char *name)
{
    struct place place;
    place.stage = make_stage(house, name);
    place.environment = make_environment(house, place.stage, name);
    return place;
}

static int setup(void **state)
{
    int failed = house_setup(state);
    make_acme(*state);
    return failed;
}

static void test_an_account_without_credentials_waits_for_them(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "waits");
    const char *body = format(house,
                              "{'environment':'%s','integration':'acme','name':'CRM',"
                              "'external_id':'w1','labels':{'tier':'gold'},"
                              "'context':{'subdomain':'one'},'concurrency_max':3}",
                              place.environment);
    struct heard heard = post(house, body, "/v1/accounts");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/state"), "connecting");
    assert_string_equal(text_at(house, heard, "/stage"), place.stage);
    assert_string_equal(text_at(house, heard, "/base_url"), "https://one.acme.test/");
    assert_string_equal(text_at(house, heard, "/trouble"), "No credentials are stored.");
    assert_true(number_at(heard, "/credential_version") == 0);
    heard = put(house, "{'credentials':{'token':'abc'}}", "/v1/accounts/w1/credentials");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "active");
    assert_true(is_null_at(heard, "/trouble"));
    assert_true(number_at(heard, "/credential_version") == 1);
}

static void test_no_answer_shows_a_secret(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "secret");
    const char *id = make_account(house, place.environment, "s1");
    struct heard heard = get(house, "/v1/accounts/%s", id);
    assert_int_equal(str_find_str(heard.body, STR("t0p-s3cret")), heard.body.n);
    heard = get(house, "/v1/accounts");
    assert_int_equal(str_find_str(heard.body, STR("t0p-s3cret")), heard.body.n);
    heard = get(house, "/v1/audit?object=%s", id);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_int_equal(str_find_str(heard.body, STR("t0p-s3cret")), heard.body.n);
}

static void test_what_stands_in_the_way_is_said(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "trouble");
    const char *id = make_account(house, place.environment, "t1");
    patch(house, "{'context':{}}", "/v1/accounts/%s", id);
    struct heard heard = get(house, "/v1/accounts/%s", id);
    assert_true(is_null_at(heard, "/base_url"));
    assert_says(heard, "subdomain");
    heard = post(house, "{'reason':'spring clean'}", "/v1/accounts/%s/disable", id);
    assert_string_equal(text_at(house, heard, "/trouble"), "It is switched off.");
}

static void test_switches_off_and_on(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "switch");
    const char *id = make_account(house, place.environment, "sw");
    struct heard heard = post(house, "{'reason':'audit'}", "/v1/accounts/%s/disable", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "disabled");
    assert_string_equal(text_at(house, heard, "/state_reason"), "audit");
    heard = post(house, NULL, "/v1/accounts/%s/enable", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "active");
    assert_true(is_null_at(heard, "/state_reason"));
    heard = post(house, "", "/v1/accounts/%s/enable", id);
    assert_string_equal(text_at(house, heard, "/state"), "active");
    assert_refused(post(house, "[]", "/v1/accounts/%s/disable", id), 422, "body_invalid");
}

static void test_an_account_without_credentials_is_enabled_to_wait(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "wait");
    const char *body =
        format(house, "{'environment':'%s','integration':'acme'}", place.environment);
    const char *id = text_at(house, post(house, body, "/v1/accounts"), "/id");
    post(house, NULL, "/v1/accounts/%s/disable", id);
    struct heard heard = post(house, NULL, "/v1/accounts/%s/enable", id);
    assert_string_equal(text_at(house, heard, "/state"), "connecting");
}

static void test_changes_what_is_given_and_deletes(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "change");
    const char *id = make_account(house, place.environment, "c1");
    struct heard heard = patch(
        house, "{'name':'N','labels':{'a':'b'},'external_id':'c2','concurrency_max':9}",
        "/v1/accounts/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/name"), "N");
    assert_string_equal(text_at(house, heard, "/context/subdomain"), "one");
    assert_refused(get(house, "/v1/accounts/c1"), 404, "account_unknown");
    heard = patch(house, "{'name':null,'external_id':null}", "/v1/accounts/c2");
    assert_true(is_null_at(heard, "/name"));
    assert_status(del(house, "/v1/accounts/%s", id), 204);
    assert_refused(get(house, "/v1/accounts/%s", id), 404, "account_unknown");
}

static void test_one_with_writes_left_is_deleting(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "leaving");
    const char *id = make_account(house, place.environment, "l1");
    const char *write = make_write(house, id, WRITE_NEEDS_DECISION, "/things/1");
    struct heard heard = del(house, "/v1/accounts/%s", id);
    assert_status(heard, 202);
    assert_string_equal(text_at(house, heard, "/state"), "deleting");
    assert_true(number_at(heard, "/needs_decision") == 1);
    assert_true(number_at(heard, "/queued") == 0);
    heard = get(house, "/v1/accounts/%s", id);
    assert_string_equal(text_at(house, heard, "/state"), "deleting");
    assert_refused(del(house, "/v1/accounts/%s?writes=forget", id), 400, "query_invalid");
    assert_status(del(house, "/v1/accounts/%s?writes=cancel", id), 204);
    assert_refused(get(house, "/v1/accounts/%s", id), 404, "account_unknown");
    heard = get(house, "/v1/writes/%s", write);
    assert_string_equal(text_at(house, heard, "/state"), "cancelled");
}

/* Nobody asks again: who decides about the last write has the account go. */
static void test_one_leaves_when_its_last_write_has_ended(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "left");
    const char *id = make_account(house, place.environment, "l2");
    const char *write = make_write(house, id, WRITE_NEEDS_DECISION, "/things/1");
    assert_status(del(house, "/v1/accounts/%s", id), 202);
    assert_status(post(house, NULL, "/v1/writes/%s/cancel", write), 200);
    while (get(house, "/v1/accounts/%s", id).status == 200)
        ;
    assert_refused(get(house, "/v1/accounts/%s", id), 404, "account_unknown");
}

static void test_filters(void **state)
{
    struct house *house = *state;
    struct place one = make_place(house, "filter one");
    struct place two = make_place(house, "filter two");
    make_account(house, one.environment, "f1");
    const char *gold = make_account(house, two.environment, "f2");
    patch(house, "{'labels':{'plan':'gold','region':'eu'}}", "/v1/accounts/%s", gold);
    post(house, NULL, "/v1/accounts/%s/disable", gold);
    static const struct {
        const char *query;
        unsigned n;
    } cases[] = {
        {"external_id=f1", 1},
        {"label.plan=gold", 1},
        {"label.plan=gold&label.region=eu", 1},
        {"label.plan=gold&label.region=us", 0},
        {"label.plan=gol", 0},
        {"state=disabled&integration=acme&label.plan=gold", 1},
        {"state=needs_reauth", 0},
        {"integration=other", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            count_at(get(house, "/v1/accounts?%s", cases[i].query), "/items"),
            cases[i].n);
    struct heard heard = get(house, "/v1/accounts?environment=%s", one.environment);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_refused(get(house, "/v1/accounts?environment=env_nothing"), 404,
                   "object_unknown");
}

static void test_an_external_id_that_two_have_is_ambiguous(void **state)
{
    struct house *house = *state;
    struct place one = make_place(house, "twice one");
    struct place two = make_place(house, "twice two");
    make_account(house, one.environment, "twice");
    make_account(house, two.environment, "twice");
    assert_refused(get(house, "/v1/accounts/twice"), 409, "account_ambiguous");
}

static void test_what_cannot_be_is_refused(void **state)
{
    struct house *house = *state;
    struct place place = make_place(house, "cannot");
    assert_refused(
        post(house, "{'environment':'env_x','integration':'acme'}", "/v1/accounts"), 404,
        "object_unknown");
    const char *body =
        format(house, "{'environment':'%s','integration':'nothing'}", place.environment);
    assert_refused(post(house, body, "/v1/accounts"), 404, "integration_unknown");
    make_account(house, place.environment, "taken");
    body =
        format(house, "{'environment':'%s','integration':'acme','external_id':'taken'}",
               place.environment);
    assert_refused(post(house, body, "/v1/accounts"), 409, "object_exists");
    body =
        format(house, "{'environment':'%s','integration':'acme','external_id':'acc_1'}",
               place.environment);
    assert_refused(post(house, body, "/v1/accounts"), 422, "body_invalid");
}

int test_api_accounts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_account_without_credentials_waits_for_them),
        cmocka_unit_test(test_no_answer_shows_a_secret),
        cmocka_unit_test(test_what_stands_in_the_way_is_said),
        cmocka_unit_test(test_switches_off_and_on),
        cmocka_unit_test(test_an_account_without_credentials_is_enabled_to_wait),
        cmocka_unit_test(test_changes_what_is_given_and_deletes),
        cmocka_unit_test(test_one_with_writes_left_is_deleting),
        cmocka_unit_test(test_one_leaves_when_its_last_write_has_ended),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_an_external_id_that_two_have_is_ambiguous),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("api: accounts", tests, setup, house_teardown);
}
