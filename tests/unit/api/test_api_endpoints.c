#include "groups.h"
#include "house.h"

static const char *stage;
static const char *environment;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    stage = make_stage(house, "s");
    environment = make_environment(house, stage, "e");
    return failed;
}

/* Nobody listens there. */
static struct heard make_endpoint(struct house *house, const char *more)
{
    return post(house,
                format(house, "{'environment':'%s','url':'http://127.0.0.1:1/x'%s}",
                       environment, more),
                "/v1/endpoints");
}

static void test_an_endpoint_is_made_changed_and_deleted(void **state)
{
    struct house *house = *state;
    struct heard heard = make_endpoint(house, ",'types':['record.*']");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_true(strncmp(text_at(house, heard, "/secret"), "whsec_", 6) == 0);
    heard = get(house, "/v1/endpoints/%s", id);
    assert_status(heard, 200);
    assert_true(is_null_at(heard, "/secret") || !at(heard, "/secret"));
    assert_string_equal(text_at(house, heard, "/state"), "active");
    assert_status(patch(house, "{'name':'ours'}", "/v1/endpoints/%s", id), 200);
    heard = get(house, "/v1/endpoints?environment=%s", environment);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/name"), "ours");
    heard = post(house, "{}", "/v1/endpoints/%s/rotate", id);
    assert_status(heard, 200);
    assert_true(strncmp(text_at(house, heard, "/secret"), "whsec_", 6) == 0);
    assert_refused(post(house, "{}", "/v1/endpoints/%s/rotate", id), 409,
                   "state_conflict");
    assert_status(post(house, "{}", "/v1/endpoints/%s/pause", id), 200);
    heard = get(house, "/v1/endpoints/%s", id);
    assert_string_equal(text_at(house, heard, "/state"), "paused");
    assert_status(post(house, "{}", "/v1/endpoints/%s/resume", id), 200);
    assert_status(del(house, "/v1/endpoints/%s", id), 204);
    assert_refused(get(house, "/v1/endpoints/%s", id), 404, "object_unknown");
}

static void test_what_is_no_endpoint_is_refused(void **state)
{
    struct house *house = *state;
    static const char *const bad[] = {
        "'url':'http://10.0.0.1/x'", "'url':'ftp://example.com/x'", "'url':'x'",
        "'url':'http://127.0.0.1:1/x','types':['account.exploded']",
        "'url':'http://127.0.0.1:1/x','secret':'short'"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct heard heard =
            post(house, format(house, "{'environment':'%s',%s}", environment, bad[i]),
                 "/v1/endpoints");
        if (heard.status < 400 || heard.status > 422)
            fail_msg("%s: %d", bad[i], heard.status);
    }
    assert_refused(post(house, "{}", "/v1/endpoints/ept_none/rotate"), 404,
                   "object_unknown");
}

/* Of an endpoint that nobody answers at: it waits for its next attempt. */
static const char *make_delivery(struct house *house, const char **ret_endpoint)
{
    struct heard heard = make_endpoint(house, ",'types':['record.*']");
    *ret_endpoint = text_at(house, heard, "/id");
    assert_status(post(house, "{}", "/v1/endpoints/%s/test", *ret_endpoint), 202);
    do
        heard = get(house, "/v1/deliveries?endpoint=%s", *ret_endpoint);
    while (count_at(heard, "/items") == 0);
    return text_at(house, heard, "/items/0/id");
}

static enum err run_give_up(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE delivery SET state = 'dead', reason = 'tries', ended = 1 "
        "WHERE state = 'pending'"};
    (void)op;
    return tx_exec(tx, &update, NULL, 0, NULL);
}

/* As if its schedule were over. */
static void give_up(struct house *house, const char *endpoint)
{
    struct store_op op = {.kind = STORE_FULL, .run = run_give_up};
    assert_status(post(house, "{}", "/v1/endpoints/%s/pause", endpoint), 200);
    assert_int_equal(store_run(house->store, &op), ERR_NONE);
}

static void test_deliveries_are_seen_and_sent_again(void **state)
{
    struct house *house = *state;
    const char *endpoint;
    const char *id = make_delivery(house, &endpoint);
    struct heard heard = get(house, "/v1/deliveries/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/endpoint"), endpoint);
    assert_string_equal(text_at(house, heard, "/type"), "endpoint.test");
    const char *event = text_at(house, heard, "/event");
    heard = get(house, "/v1/events/%s", event);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/type"), "endpoint.test");
    assert_true(number_at(heard, "/deliveries") >= 1);
    assert_refused(get(house, "/v1/events/evt_ffffffffffffff"), 404, "object_unknown");
    assert_refused(post(house, "{}", "/v1/deliveries/%s/replay", id), 409,
                   "state_conflict");
    give_up(house, endpoint);
    assert_status(post(house, "{}", "/v1/deliveries/%s/replay", id), 200);
    heard = post(house, format(house, "{'endpoint':'%s','dry_run':true}", endpoint),
                 "/v1/deliveries/replay");
    assert_status(heard, 200);
    assert_refused(get(house, "/v1/deliveries/dlv_none"), 404, "object_unknown");
}

int test_api_endpoints(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_endpoint_is_made_changed_and_deleted),
        cmocka_unit_test(test_what_is_no_endpoint_is_refused),
        cmocka_unit_test(test_deliveries_are_seen_and_sent_again),
    };
    return cmocka_run_group_tests_name("api: endpoints", tests, setup, house_teardown);
}
