#include "counter.h"
#include "groups.h"

#include "connect/ticket.h"

static struct inbound visitor(struct counter *counter, const char *cookies)
{
    struct inbound in = {.worker = false_loop_worker(&counter->loop, 0),
                         .arena = &counter->arena};
    headers_init(&in.head.headers, &counter->arena, 4);
    if (cookies)
        header_add_name(&in.head.headers, STR("Cookie"), str_z(cookies));
    return in;
}

static void a_browser_that_keeps_it_is_known_again(void **state)
{
    struct counter *counter = *state;
    struct inbound in = visitor(counter, NULL);
    struct ticket made = ticket_make(&in, STR("ses_0123456789abcdef"), STR("con_link"));
    assert_int_equal(made.state.n, 30);
    assert_true(str_starts(made.state, STR("89abcdef")));
    str cookie[] = {STR("a=b;bw_connect_89abcde=x; bw_connect_89abcdef="), made.browser,
                    STR("; c=d")};
    in = visitor(counter,
                 arena_z(&counter->arena, arena_join(&counter->arena, cookie, 3)));
    struct ticket found = ticket_find(&in, made.state);
    assert_str(found.browser, made.browser);
    assert_str(ticket_secret(&found), STR("con_link"));
    found = ticket_find(&in, STR("99abcdefanother"));
    assert_str(found.browser, STR_NONE);
    assert_str(ticket_secret(&found), STR_NONE);
}

static void short_states_and_empty_cookies_are_nothing(void **state)
{
    struct counter *counter = *state;
    struct inbound in = visitor(counter, "bw_connect_=; bw_connect_a; =;;");
    struct ticket found = ticket_find(&in, STR("a"));
    assert_str(found.browser, STR_NONE);
    found = ticket_find(&in, STR(""));
    assert_str(ticket_secret(&found), STR_NONE);
}

static void it_is_kept_where_the_vendor_sends_back(void **state)
{
    struct counter *counter = *state;
    struct arena *arena = &counter->arena;
    struct ticket ticket = {STR("12345678rest"), STR("b.con_l")};
    assert_str(ticket_keep(&ticket, STR("https://us.test/oauth/callback"), true, arena),
               STR("bw_connect_12345678=b.con_l; Path=/oauth/callback; HttpOnly; "
                   "SameSite=Lax; Max-Age=3600; Secure"));
    assert_str(ticket_keep(&ticket, STR("http://us.test/a;b"), false, arena),
               STR("bw_connect_12345678=b.con_l; Path=/; HttpOnly; SameSite=Lax; "
                   "Max-Age=3600"));
    assert_str(ticket_forget(&ticket, STR("https://us.test/cb?x=1"), true, arena),
               STR("bw_connect_12345678=; Path=/cb; HttpOnly; SameSite=Lax; Max-Age=0; "
                   "Secure"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, counter_setup, counter_teardown)

int test_ticket(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_browser_that_keeps_it_is_known_again),
        TEST(short_states_and_empty_cookies_are_nothing),
        TEST(it_is_kept_where_the_vendor_sends_back),
    };
    return cmocka_run_group_tests_name("connect: tickets", tests, NULL, NULL);
}
