#include "groups.h"
#include "house.h"

#include "loop/world.h"

static const char *environment;
static const char *account;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    environment = make_environment(house, make_stage(house, "s"), "e");
    account = make_account(house, environment, "a1");
    return failed;
}

/* A call has met this breaker. */
static struct circuit *meet(struct house *house, const char *name)
{
    usec now = world_now(world_real());
    struct circuit *circuit = board_acquire(house->boards.circuits, str_z(name), now);
    board_release(house->boards.circuits, circuit, now);
    return circuit;
}

static void test_those_that_calls_have_met_are_listed_by_name(void **state)
{
    struct house *house = *state;
    meet(house, "acme region=us");
    meet(house, "acme region=eu");
    meet(house, "other group=x");
    struct heard heard = get(house, "/v1/breakers?integration=acme");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/name"), "acme region=eu");
    assert_string_equal(text_at(house, heard, "/items/0/integration"), "acme");
    heard = get(house, "/v1/breakers?limit=2");
    assert_int_equal(count_at(heard, "/items"), 2);
    heard = get(house, "/v1/breakers?limit=2&cursor=%s",
                text_at(house, heard, "/next_cursor"));
    assert_string_equal(text_at(house, heard, "/items/0/name"), "other group=x");
    assert_true(is_null_at(heard, "/next_cursor"));
    assert_status(get(house, "/v1/breakers?kind=integration&state=open"), 200);
    assert_refused(get(house, "/v1/breakers?environment=%s", environment), 400,
                   "query_invalid");
}

static void test_a_failing_one_shows_why(void **state)
{
    struct house *house = *state;
    struct circuit *circuit = meet(house, "acme");
    struct breaker_rule rule = {.failures = 1,
                                .open = 30 * USEC_S,
                                .open_max = 60 * USEC_S,
                                .trials = 1,
                                .successes = 1};
    usec now = world_now(world_real());
    struct breaker_permit permit = breaker_ask(&circuit->breaker, &rule, now);
    breaker_note(&circuit->breaker, &rule, &permit,
                 &(struct breaker_result){.effect = BREAKER_FAILURE,
                                          .account = 1,
                                          .status = 503,
                                          .error = STR("Service Unavailable")},
                 now);
    struct heard heard = get(house, "/v1/breakers/acme");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "open");
    assert_true(number_at(heard, "/last_status") == 503);
    assert_string_equal(text_at(house, heard, "/last_error"), "Service Unavailable");
    assert_false(is_null_at(heard, "/last_failure"));
    assert_true(number_at(heard, "/retry_in_s") > 20);
    assert_int_equal(count_at(get(house, "/v1/breakers?state=open"), "/items"), 1);
}

static void test_is_held_and_set_free(void **state)
{
    struct house *house = *state;
    static const char path[] = "/v1/breakers/acme%20region=ap/force";
    meet(house, "acme region=ap");
    struct heard heard =
        ask_raw(house, "POST", str_z(path),
                STR("{\"state\":\"open\",\"reason\":\"vendor asked us\"}"));
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/held"), "open");
    assert_string_equal(text_at(house, heard, "/state"), "open");
    heard = get(house, "/v1/audit?object=acme%%20region%%3Dap");
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "breaker.force");
    assert_string_equal(text_at(house, heard, "/items/0/detail/reason"),
                        "vendor asked us");
    heard = ask_raw(house, "POST", str_z(path),
                    STR("{\"state\":\"closed\",\"reason\":\"r\"}"));
    assert_string_equal(text_at(house, heard, "/held"), "closed");
    heard =
        ask_raw(house, "POST", str_z(path), STR("{\"state\":\"auto\",\"reason\":\"r\"}"));
    assert_string_equal(text_at(house, heard, "/held"), "auto");
    assert_string_equal(text_at(house, heard, "/state"), "closed");
}

static void test_one_that_no_call_has_met_is_held_by_the_integrations_name(void **state)
{
    struct house *house = *state;
    put(house,
        "{'name':'calm','hosts':['a.test'],'base_url':'https://a.test','auth':'none'}",
        "/v1/integrations/calm");
    struct heard heard = get(house, "/v1/breakers/calm");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "closed");
    heard = post(house, "{'state':'open','reason':'r'}", "/v1/breakers/calm/force");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, get(house, "/v1/breakers/calm"), "/held"), "open");
    assert_refused(get(house, "/v1/breakers/calm%%20group=x"), 404, "object_unknown");
    assert_refused(
        post(house, "{'state':'open','reason':'r'}", "/v1/breakers/nothing/force"), 404,
        "object_unknown");
}

static void test_that_of_an_account(void **state)
{
    struct house *house = *state;
    struct heard heard = get(house, "/v1/breakers/%s", account);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/kind"), "account");
    assert_int_equal(count_at(get(house, "/v1/breakers?kind=account"), "/items"), 0);
    heard =
        post(house, "{'state':'open','reason':'r'}", "/v1/breakers/%s/force", account);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/held"), "open");
    heard =
        get(house, "/v1/breakers?kind=account&state=open&environment=%s", environment);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_int_equal(
        count_at(get(house, "/v1/breakers?kind=account&state=closed"), "/items"), 0);
    heard = get(house, "/v1/accounts/%s", account);
    assert_string_equal(text_at(house, heard, "/standing/breaker/held"), "open");
    heard = get(house, "/v1/audit?object=%s", account);
    assert_string_equal(text_at(house, heard, "/items/0/environment"), environment);
}

static void test_what_cannot_be_is_refused(void **state)
{
    struct house *house = *state;
    assert_refused(
        post(house, "{'state':'opened','reason':'r'}", "/v1/breakers/acme/force"), 422,
        "body_invalid");
    assert_refused(post(house, "{'state':'open'}", "/v1/breakers/acme/force"), 422,
                   "body_invalid");
}

int test_api_breakers(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_that_calls_have_met_are_listed_by_name),
        cmocka_unit_test(test_a_failing_one_shows_why),
        cmocka_unit_test(test_is_held_and_set_free),
        cmocka_unit_test(test_one_that_no_call_has_met_is_held_by_the_integrations_name),
        cmocka_unit_test(test_that_of_an_account),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("api: breakers", tests, setup, house_teardown);
}
