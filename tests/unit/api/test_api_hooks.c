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

static void test_events_are_listed_newest_first(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "listed");
    const char *first = make_hook(house, of, HOOK_DONE, "made");
    const char *second = make_hook(house, of, HOOK_QUEUED, "changed");
    struct heard heard = get(house, "/v1/hooks?account=%s", of);
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/id"), second);
    assert_string_equal(text_at(house, heard, "/items/1/id"), first);
    assert_string_equal(text_at(house, heard, "/items/1/event_id"), "evt_1");
    assert_string_equal(text_at(house, heard, "/items/0/account"), of);
    assert_true(is_null_at(heard, "/items/0/ended"));
    static const char *const finds[] = {"type=made", "state=done",
                                        "integration=acme&type=made"};
    for (size_t i = 0; i < COUNT_OF(finds); i++)
        assert_int_equal(
            count_at(get(house, "/v1/hooks?account=%s&%s", of, finds[i]), "/items"), 1);
    static const char *const misses[] = {"type=none", "state=dead", "integration=other",
                                         "until=2020-01-01T00:00:00Z"};
    for (size_t i = 0; i < COUNT_OF(misses); i++)
        assert_int_equal(
            count_at(get(house, "/v1/hooks?account=%s&%s", of, misses[i]), "/items"), 0);
    heard = get(house, "/v1/hooks?environment=%s&limit=1", environment);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_refused(get(house, "/v1/hooks?state=lost"), 400, "query_invalid");
}

static void test_one_is_shown_with_its_request_to_who_may_see_it(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "shown");
    const char *id = make_hook(house, of, HOOK_DEAD, "made");
    struct heard heard = get(house, "/v1/hooks/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/reason"), "mapping");
    assert_string_equal(text_at(house, heard, "/request/method"), "POST");
    assert_string_equal(text_at(house, heard, "/request/headers/0/0"), "X-Sig");
    assert_true(number_at(heard, "/request/body/secret") == 1);
    house->key = make_key(house, "['read']", NULL);
    heard = get(house, "/v1/hooks/%s", id);
    assert_true(is_null_at(heard, "/request"));
    assert_refused(post(house, NULL, "/v1/hooks/%s/replay", id), 403, "key_forbidden");
    house->key = house->admin;
    assert_refused(get(house, "/v1/hooks/hok_0000000000ffffff"), 404, "object_unknown");
    assert_refused(get(house, "/v1/hooks/none"), 404, "object_unknown");
}

static void test_what_is_nobodys_yet_is_for_keys_of_all(void **state)
{
    struct house *house = *state;
    const char *id = make_hook(house, NULL, HOOK_UNMATCHED, "made");
    struct heard heard = get(house, "/v1/hooks/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/claim"), "team=T1");
    assert_true(is_null_at(heard, "/account"));
    house->key = make_key(house, "['read']", format(house, "'stage':'%s'", stage));
    assert_refused(get(house, "/v1/hooks/%s", id), 404, "object_unknown");
    assert_int_equal(count_at(get(house, "/v1/hooks?state=unmatched"), "/items"), 0);
    house->key = house->admin;
}

static void test_one_that_ended_is_replayed(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "replayed");
    const char *id = make_hook(house, of, HOOK_DEAD, "made");
    unsigned told = atomic_load(&house->told);
    struct heard heard = post(house, NULL, "/v1/hooks/%s/replay", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/hooks/0"), id);
    assert_int_equal(atomic_load(&house->told), told + 1);
    heard = get(house, "/v1/hooks/%s", id);
    assert_string_equal(text_at(house, heard, "/state"), "queued");
    assert_true(is_null_at(heard, "/reason"));
    heard = get(house, "/v1/audit?object=%s", id);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "hook.replay");
    assert_refused(post(house, NULL, "/v1/hooks/%s/replay", id), 409, "state_conflict");
    assert_refused(post(house, NULL, "/v1/hooks/hok_0000000000ffffff/replay"), 404,
                   "object_unknown");
}

static void test_all_that_a_filter_finds_are_replayed(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "several");
    const char *dead = make_hook(house, of, HOOK_DEAD, "made");
    const char *done = make_hook(house, of, HOOK_DONE, "made");
    const char *body = format(house, "{'account':'%s','dry_run':true}", of);
    struct heard heard = post(house, body, "/v1/hooks/replay");
    assert_int_equal(count_at(heard, "/hooks"), 1);
    assert_string_equal(text_at(house, heard, "/hooks/0"), dead);
    assert_string_equal(text_at(house, get(house, "/v1/hooks/%s", dead), "/state"),
                        "dead");
    body = format(house, "{'account':'%s','state':'done'}", of);
    assert_int_equal(count_at(post(house, body, "/v1/hooks/replay"), "/hooks"), 1);
    assert_string_equal(text_at(house, get(house, "/v1/hooks/%s", done), "/state"),
                        "queued");
    assert_refused(post(house, "{'state':'queued'}", "/v1/hooks/replay"), 422,
                   "body_invalid");
    house->key = make_key(house, "['replay']", format(house, "'stage':'%s'", stage));
    assert_refused(post(house, "{}", "/v1/hooks/replay"), 422, "body_invalid");
    body = format(house, "{'environment':'%s'}", environment);
    assert_status(post(house, body, "/v1/hooks/replay"), 200);
    house->key = house->admin;
}

static void test_what_was_rejected_is_shown_with_what_was_sent(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "rejected");
    make_rejected(house, of, REASON_signature_wrong);
    make_rejected(house, NULL, REASON_timestamp_stale);
    struct heard heard = get(house, "/v1/rejected-hooks?integration=acme");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/reason"), "timestamp_stale");
    heard = get(house, "/v1/rejected-hooks?reason=signature_wrong");
    assert_int_equal(count_at(heard, "/items"), 1);
    const char *id = text_at(house, heard, "/items/0/id");
    heard = get(house, "/v1/rejected-hooks/%s", id);
    assert_status(heard, 200);
    assert_true(number_at(heard, "/request/body/sent") == 1);
    assert_string_equal(text_at(house, heard, "/peer"), "192.0.2.1");
    house->key = make_key(house, "['read']", format(house, "'stage':'%s'", stage));
    assert_int_equal(count_at(get(house, "/v1/rejected-hooks"), "/items"), 1);
    assert_true(is_null_at(get(house, "/v1/rejected-hooks/%s", id), "/request"));
    house->key = house->admin;
    assert_refused(get(house, "/v1/rejected-hooks/99999"), 404, "object_unknown");
    assert_refused(get(house, "/v1/rejected-hooks/none"), 404, "object_unknown");
}

static void check_secrets(struct house *house, const char *path)
{
    struct heard heard = get(house, "/v1/%s/webhook-secrets", path);
    assert_status(heard, 200);
    assert_true(number_at(heard, "/secrets") == 0);
    assert_true(is_null_at(heard, "/changed"));
    heard = put(house, "{'secrets':['hush-1','hush-2']}", "/v1/%s/webhook-secrets", path);
    assert_status(heard, 200);
    assert_true(number_at(heard, "/secrets") == 2);
    assert_true(str_find_str(heard.body, STR("hush")) == heard.body.n);
    assert_false(is_null_at(get(house, "/v1/%s/webhook-secrets", path), "/changed"));
    assert_refused(put(house, "{'secrets':[]}", "/v1/%s/webhook-secrets", path), 422,
                   "body_invalid");
    assert_status(del(house, "/v1/%s/webhook-secrets", path), 204);
    assert_true(number_at(get(house, "/v1/%s/webhook-secrets", path), "/secrets") == 0);
    assert_true(str_find_str(get(house, "/v1/audit").body, STR("hush")) ==
                get(house, "/v1/audit").body.n);
}

static void test_secrets_of_webhooks_are_kept_and_not_shown(void **state)
{
    struct house *house = *state;
    const char *of = make_account(house, environment, "secretive");
    check_secrets(house, format(house, "accounts/%s", of));
    check_secrets(house, "integrations/acme");
    struct heard heard = post(house,
                              format(house,
                                     "{'environment':'%s','integration':'acme',"
                                     "'name':'a','client_id':'c'}",
                                     environment),
                              "/v1/apps");
    assert_status(heard, 201);
    check_secrets(house, format(house, "apps/%s", text_at(house, heard, "/id")));
    assert_refused(get(house, "/v1/integrations/none/webhook-secrets"), 404,
                   "integration_unknown");
    assert_refused(get(house, "/v1/accounts/acc_none/webhook-secrets"), 404,
                   "account_unknown");
    assert_refused(get(house, "/v1/apps/app_none/webhook-secrets"), 404,
                   "object_unknown");
}

int test_api_hooks(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_listed_newest_first),
        cmocka_unit_test(test_one_is_shown_with_its_request_to_who_may_see_it),
        cmocka_unit_test(test_what_is_nobodys_yet_is_for_keys_of_all),
        cmocka_unit_test(test_one_that_ended_is_replayed),
        cmocka_unit_test(test_all_that_a_filter_finds_are_replayed),
        cmocka_unit_test(test_what_was_rejected_is_shown_with_what_was_sent),
        cmocka_unit_test(test_secrets_of_webhooks_are_kept_and_not_shown),
    };
    return cmocka_run_group_tests_name("api: hooks", tests, setup, house_teardown);
}
