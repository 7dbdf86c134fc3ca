#include <unistd.h>

#include "groups.h"
#include "house.h"

#include "directory/directory_state.h"

static const char vendor_document[] =
    "{'name':'vendor','hosts':['https://api.vendor.test'],"
    "'base_url':'https://api.vendor.test','auth':{'scheme':'bearer','token':{"
    "'grant':'authorization_code','authorize_url':'https://id.vendor.test/auth',"
    "'url':'https://id.vendor.test/token','client':'none','idle_max':'90d',"
    "'refresh_expires':'/refresh_ends'}}}";

#define GOOD                                                                             \
    "{\"access_token\":\"a2\",\"refresh_token\":\"r2\",\"expires_in\":3600,"             \
    "\"refresh_ends\":%d}"

static const char *environment;

static int setup(void **state)
{
    int failed = house_setup_durable(state); /* its store has a thread of its own */
    struct house *house = *state;
    make_acme(house);
    assert_status(put(house, vendor_document, "/v1/integrations/vendor"), 200);
    environment = make_environment(house, make_stage(house, "s"), "e");
    return failed;
}

static const char *make(struct house *house, const char *name, const char *credentials)
{
    struct heard heard = post(house,
                              format(house,
                                     "{'environment':'%s','integration':'vendor',"
                                     "'external_id':'%s','credentials':%s}",
                                     environment, name, credentials),
                              "/v1/accounts");
    assert_status(heard, 201);
    return text_at(house, heard, "/id");
}

/* A pair, which is renewed at once; the vendor says `answer`. */
static const char *make_pair(struct house *house, const char *name, const char *answer)
{
    atomic_store(&house->token_answer, answer);
    return make(house, name, "{'token':'a1','refresh_token':'r1','client_id':'c'}");
}

static struct heard show(struct house *house, const char *id)
{
    return get(house, "/v1/accounts/%s", id);
}

/* Until so many exchanges have failed, or one went well (0). */
static struct heard show_after(struct house *house, const char *id, double failures)
{
    for (int i = 0; i < 1000; i++) {
        struct heard heard = show(house, id);
        bool over = failures == 0 ? !is_null_at(heard, "/token/renewed")
                                  : number_at(heard, "/token/failures") == failures;
        if (over && !json_is(at(heard, "/token/renewing"), JSON_TRUE))
            return heard;
        usleep(5000);
    }
    fail_msg("the exchange did not end");
    return show(house, id);
}

static void test_without_a_token_block_there_is_none(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "plain");
    struct heard heard = show(house, id);
    assert_true(is_null_at(heard, "/token"));
    assert_int_equal(count_at(heard, "/warnings"), 0);
    heard = post(house, NULL, "/v1/accounts/%s/renew", id);
    assert_refused(heard, 409, "state_conflict");
    assert_says(heard, "no token block");
}

static void test_a_renewed_one_is_shown_with_its_times(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "good", format(house, GOOD, 86400 * 365));
    struct heard heard = show_after(house, id, 0);
    assert_true(is_null_at(heard, "/trouble"));
    assert_int_equal(count_at(heard, "/warnings"), 0);
    assert_true(json_is(at(heard, "/token/kept"), JSON_TRUE));
    assert_true(json_is(at(heard, "/token/static"), JSON_FALSE));
    assert_true(number_at(heard, "/token/good_for_s") > 3590);
    assert_false(is_null_at(heard, "/token/next_renewal"));
    assert_false(is_null_at(heard, "/token/refresh_expires"));
    assert_true(is_null_at(heard, "/token/learned_lifetime_s"));
    assert_true(number_at(heard, "/credential_version") == 2);
}

/* The keeper hears of an account after it can be found: here, long after. */
static void (*tell_keeper)(void *arg, struct account *account, bool there);

static void tell_late(void *arg, struct account *account, bool there)
{
    usleep(30000);
    tell_keeper(arg, account, there);
}

static void test_one_is_renewed_that_the_keeper_hears_of_late(void **state)
{
    struct house *house = *state;
    struct directory *directory = house->directory;
    struct account_watch *watch = &directory->watches[0];
    tell_keeper = watch->fn;
    watch->fn = tell_late;
    const char *id = make_pair(house, "late", format(house, GOOD, 86400 * 365));
    show_after(house, id, 0);
    watch->fn = tell_keeper;
}

static void test_it_is_renewed_by_hand(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "hand", format(house, GOOD, 86400 * 365));
    show_after(house, id, 0);
    assert_status(post(house, NULL, "/v1/accounts/%s/renew", id), 202);
    for (int i = 0; number_at(show(house, id), "/credential_version") != 3; i++) {
        assert_true(i < 1000);
        usleep(5000);
    }
    struct heard heard = get(house, "/v1/audit?object=%s", id);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "account.renew");
    assert_string_equal(text_at(house, heard, "/items/0/environment"), environment);
}

static void test_a_failing_one_says_what_the_vendor_said(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "failing", "{\"error\":\"server_error\"}");
    struct heard heard = show_after(house, id, 1);
    assert_string_equal(text_at(house, heard, "/token/fault"),
                        "The token endpoint answered 400, server_error.");
    const char *trouble = text_at(house, heard, "/trouble");
    assert_non_null(strstr(trouble, "Its token has ended, and 1 attempt to renew it"));
    assert_non_null(strstr(trouble, "server_error"));
    atomic_store(&house->token_answer, format(house, GOOD, 86400 * 365));
    post(house, NULL, "/v1/accounts/%s/renew", id);
    heard = show_after(house, id, 0);
    assert_true(is_null_at(heard, "/trouble"));
    atomic_store(&house->token_answer, "{\"error\":\"server_error\"}");
    post(house, NULL, "/v1/accounts/%s/renew", id);
    heard = show_after(house, id, 1);
    assert_true(is_null_at(heard, "/trouble"));
    assert_non_null(strstr(text_at(house, heard, "/warnings/0"),
                           "1 attempt to renew its token failed; the present one works"));
}

static void test_one_that_was_revoked_says_so(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "revoked", "{\"error\":\"invalid_grant\"}");
    struct heard heard = show_after(house, id, 1);
    assert_string_equal(text_at(house, heard, "/state"), "needs_reauth");
    assert_non_null(strstr(text_at(house, heard, "/trouble"), "invalid_grant"));
    assert_int_equal(count_at(heard, "/warnings"), 0);
}

static void test_an_end_that_is_near_is_a_warning(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "ending", format(house, GOOD, 86400 * 10));
    struct heard heard = show_after(house, id, 0);
    assert_int_equal(count_at(heard, "/warnings"), 1);
    assert_non_null(
        strstr(text_at(house, heard, "/warnings/0"), "Its refresh token ends 20"));
    assert_string_equal(text_at(house, heard, "/state"), "active");
}

static void test_one_without_a_refresh_token_is_static(void **state)
{
    struct house *house = *state;
    const char *id = make(house, "static", "{'token':'a1'}");
    struct heard heard = show(house, id);
    assert_true(json_is(at(heard, "/token/kept"), JSON_FALSE));
    assert_true(json_is(at(heard, "/token/static"), JSON_TRUE));
    assert_true(is_null_at(heard, "/token/next_renewal"));
    assert_says(post(house, NULL, "/v1/accounts/%s/renew", id), "no refresh token");
}

static void test_who_may_not_write_may_not_renew(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "mine", format(house, GOOD, 86400 * 365));
    house->key = make_key(house, "['read']", NULL);
    struct heard heard = post(house, NULL, "/v1/accounts/%s/renew", id);
    house->key = house->admin;
    assert_refused(heard, 403, "key_forbidden");
    assert_refused(post(house, NULL, "/v1/accounts/acc_nobody/renew"), 404,
                   "account_unknown");
}

static void test_a_disabled_one_waits(void **state)
{
    struct house *house = *state;
    const char *id = make_pair(house, "off", format(house, GOOD, 86400 * 365));
    show_after(house, id, 0);
    assert_status(post(house, "{}", "/v1/accounts/%s/disable", id), 200);
    assert_says(post(house, NULL, "/v1/accounts/%s/renew", id), "switched off");
    assert_int_equal(count_at(show(house, id), "/warnings"), 0);
}

int test_api_token(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_token_block_there_is_none),
        cmocka_unit_test(test_a_renewed_one_is_shown_with_its_times),
        cmocka_unit_test(test_one_is_renewed_that_the_keeper_hears_of_late),
        cmocka_unit_test(test_it_is_renewed_by_hand),
        cmocka_unit_test(test_a_failing_one_says_what_the_vendor_said),
        cmocka_unit_test(test_one_that_was_revoked_says_so),
        cmocka_unit_test(test_an_end_that_is_near_is_a_warning),
        cmocka_unit_test(test_one_without_a_refresh_token_is_static),
        cmocka_unit_test(test_who_may_not_write_may_not_renew),
        cmocka_unit_test(test_a_disabled_one_waits),
    };
    return cmocka_run_group_tests_name("api: token", tests, setup, house_teardown);
}
