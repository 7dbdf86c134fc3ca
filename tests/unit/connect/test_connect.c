#include "counter.h"
#include "groups.h"

#include "connect/connect.h"

static const char returns[] = "https://us.test/after, https://app.us.test:8443 ,"
                              "http://plain.test/a/b/,,nonsense,https://trailing.test/";

static const struct returning {
    const char *url;
    bool sandbox, production;
} table[] = {
    {"https://us.test/after", true, true},
    {"https://us.test/after/", true, true},
    {"https://us.test/after/that", true, true},
    {"https://us.test/after?x=/../..", true, true},
    {"https://us.test/after#part", true, true},
    {"HTTPS://US.test/after", true, true},
    {"https://us.test:443/after", true, true},
    {"https://us.test/x/../after", true, true},
    {"https://us.test/afterwards", false, false},
    {"https://us.test/After", false, false},
    {"https://us.test/", false, false},
    {"https://us.test", false, false},
    {"https://us.test/after/..", false, false},
    {"https://us.test/after/../else", false, false},
    {"https://us.test/after/%2e%2e/else", false, false},
    {"https://us.test/after/%2E./else", false, false},
    {"https://us.test/after\\..\\else", false, false},
    {"https://us.test\\@else.test/after", false, false},
    {"https://us.test@else.test/after", false, false},
    {"https://else.test@us.test/after", false, false},
    {"https://else.test/https://us.test/after", false, false},
    {"https://us.test.else.test/after", false, false},
    {"https://sub.us.test/after", false, false},
    {"https://us.test./after", false, false},
    {"https://us.test:8443/after", false, false},
    {"http://us.test/after", false, false},
    {"ftp://us.test/after", false, false},
    {"javascript:alert(1)", false, false},
    {"javascript://us.test/after", false, false},
    {"data:text/html,x", false, false},
    {"//us.test/after", false, false},
    {"/after", false, false},
    {"https://us.test/after\r\nSet-Cookie: a=b", false, false},
    {" https://us.test/after", false, false},
    {"https:///us.test/after", false, false},
    {"", false, false},
    {"nonsense", false, false},
    {"https://app.us.test:8443", true, true},
    {"https://app.us.test:8443/any/where", true, true},
    {"https://app.us.test/any", false, false},
    {"http://plain.test/a/b", true, true},
    {"http://plain.test/a/b/c", true, true},
    {"http://plain.test/a/bc", false, false},
    {"https://trailing.test/any", true, true},
    {"https://ofapp.test/one", true, true},
    {"https://ofapp.test/one/more", true, true},
    {"https://ofapp.test/two", false, false},
    {"http://localhost:3000/back", true, false},
    {"http://127.0.0.1:9/back", true, false},
    {"http://[::1]:3000/back", true, false},
    {"https://LOCALHOST/back", true, false},
    {"http://localhost.else.test/back", false, false},
    {"http://127.1/back", false, false},
    {"http://10.0.0.1/back", false, false},
};

static void make_app(struct counter *counter)
{
    struct change app = counter_change(counter, CHANGE_APP_CREATE);
    app.environment_id = counter->environment;
    app.integration = STR("acme");
    app.name = STR("Ours");
    app.client_id = STR("client");
    app.return_urls = *given_json(
        &counter->arena, STR("[\"https://x.test/\",\"https://ofapp.test/one\"]"));
    counter_make(counter, &app);
}

static void look_at_all(struct counter *counter, bool sandbox)
{
    struct connect connect = {.directory = counter->directory, .returns = str_z(returns)};
    make_app(counter);
    struct account *account = directory_account(counter->directory, counter->account);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        bool expected = sandbox ? table[i].sandbox : table[i].production;
        bool found = connect_may_return(&connect, account, STR_NONE, str_z(table[i].url),
                                        &counter->arena);
        if (found != expected)
            fail_msg("%s: %s", table[i].url, found ? "allowed" : "refused");
    }
    account_unref(&account);
}

static void browsers_return_where_they_may_from_a_sandbox(void **state)
{
    look_at_all(*state, true);
}

static void browsers_return_where_they_may_from_production(void **state)
{
    look_at_all(*state, false);
}

static void nothing_is_allowed_where_nothing_is_set(void **state)
{
    struct counter *counter = *state;
    struct connect connect = {.directory = counter->directory, .returns = STR("")};
    struct account *account = directory_account(counter->directory, counter->account);
    assert_false(connect_may_return(&connect, account, STR_NONE,
                                    STR("https://us.test/after"), &counter->arena));
    account_unref(&account);
}

static void our_paths_are_two(void **state)
{
    (void)state;
    assert_true(connect_is_ours(STR("/oauth/connect/con_1")));
    assert_true(connect_is_ours(STR("/oauth/callback")));
    assert_false(connect_is_ours(STR("/oauth/callback/")));
    assert_false(connect_is_ours(STR("/oauth/connect")));
    assert_false(connect_is_ours(STR("/oauth")));
}

#define SANDBOX(fn) cmocka_unit_test_setup_teardown(fn, counter_setup, counter_teardown)
#define PRODUCTION(fn)                                                                   \
    cmocka_unit_test_setup_teardown(fn, counter_setup_production, counter_teardown)

int test_connect(void)
{
    const struct CMUnitTest tests[] = {
        SANDBOX(browsers_return_where_they_may_from_a_sandbox),
        PRODUCTION(browsers_return_where_they_may_from_production),
        PRODUCTION(nothing_is_allowed_where_nothing_is_set),
        cmocka_unit_test(our_paths_are_two),
    };
    return cmocka_run_group_tests_name("connect: ways back", tests, NULL, NULL);
}
