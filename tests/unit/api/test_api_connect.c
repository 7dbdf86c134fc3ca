#include "groups.h"
#include "house.h"

static const char *environment, *account;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    house->connect.public_url = STR("https://connect.test");
    house->connect.returns = STR("https://us.test/after");
    make_acme(house);
    environment = make_environment(house, make_stage(house, "s"), "e");
    account = make_account(house, environment, "theirs");
    return failed;
}

static struct heard mint(struct house *house, const char *more)
{
    return post(house, format(house, "{'account':'%s'%s}", account, more),
                "/v1/connect-sessions");
}

static void test_a_link_is_made_and_audited(void **state)
{
    struct house *house = *state;
    struct heard heard = mint(house, ",'return_url':'https://us.test/after?a=1'");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/account"), account);
    str link = str_z(text_at(house, heard, "/url"));
    str start = STR("https://connect.test/oauth/connect/con_");
    assert_true(str_starts(link, start) && link.n == start.n + 22);
    const char *session = text_at(house, heard, "/id");
    heard = get(house, "/v1/audit?object=%s", account);
    assert_string_equal(text_at(house, heard, "/items/0/action"),
                        "account.connect_session");
    assert_string_equal(text_at(house, heard, "/items/0/detail/session"), session);
    assert_true(str_find_str(heard.body, str_from(link, start.n)) == heard.body.n);
}

static void test_the_account_is_found_by_its_external_id(void **state)
{
    struct house *house = *state;
    struct heard heard = post(house, "{'account':'theirs'}", "/v1/connect-sessions");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/account"), account);
    heard = post(house, "{'account':'nobody'}", "/v1/connect-sessions");
    assert_refused(heard, 404, "account_unknown");
}

static void test_returns_must_be_allowed(void **state)
{
    struct house *house = *state;
    struct heard heard = mint(house, ",'return_url':'https://them.test/after'");
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/return_url");
    assert_says(heard, "connect_returns");
    heard = post(house,
                 format(house,
                        "{'environment':'%s','integration':'acme','name':'Ours',"
                        "'client_id':'c','return_urls':['https://them.test/']}",
                        environment),
                 "/v1/apps");
    assert_status(heard, 201);
    assert_status(mint(house, ",'return_url':'https://them.test/after'"), 201);
    assert_status(mint(house, ",'return_url':'https://us.test/after'"), 201);
    assert_refused(mint(house, ",'return_url':'https://else.test'"), 422, "body_invalid");
}

static void test_what_is_no_session_is_refused(void **state)
{
    struct house *house = *state;
    const char *bad[] = {",'lifetime':'59s'", ",'lifetime':'8d'", ",'force':'yes'",
                         ",'return_url':''",  ",'what':1",        ",'return_url':7"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_refused(mint(house, bad[i]), 422, "body_invalid");
    assert_refused(post(house, "{}", "/v1/connect-sessions"), 422, "body_invalid");
}

static void test_a_session_says_a_way_that_there_is(void **state)
{
    struct house *house = *state;
    assert_status(put(house,
                      "{'name':'acme','hosts':['*.acme.test'],'base_url':"
                      "'https://{subdomain}.acme.test','auth':[{'way':'key','scheme':"
                      "'bearer'},{'way':'open','scheme':'none'}]}",
                      "/v1/integrations/acme"),
                  200);
    assert_status(mint(house, ",'auth':'key'"), 201);
    struct heard heard = mint(house, ",'auth':'jwt'");
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/auth");
    assert_says(heard, "it has \\\"key\\\", \\\"open\\\"");
    heard = mint(house, ",'auth':'open'");
    assert_refused(heard, 422, "body_invalid");
    assert_says(heard, "takes no credentials");
    heard = get(house, "/v1/audit?object=%s", account);
    assert_string_equal(text_at(house, heard, "/items/0/detail/auth"), "key");
    assert_status(del(house, "/v1/integrations/acme?force=true"), 204);
    assert_refused(mint(house, ",'auth':'key'"), 404, "integration_unknown");
}

static void test_an_account_that_is_off_is_not_connected(void **state)
{
    struct house *house = *state;
    assert_status(post(house, NULL, "/v1/accounts/%s/disable", account), 200);
    struct heard heard = mint(house, "");
    assert_refused(heard, 409, "state_conflict");
    assert_says(heard, "disabled");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, house_teardown)

int test_api_connect(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_link_is_made_and_audited),
        TEST(test_the_account_is_found_by_its_external_id),
        TEST(test_returns_must_be_allowed),
        TEST(test_what_is_no_session_is_refused),
        TEST(test_a_session_says_a_way_that_there_is),
        TEST(test_an_account_that_is_off_is_not_connected),
    };
    return cmocka_run_group_tests_name("api: connect sessions", tests, NULL, NULL);
}
