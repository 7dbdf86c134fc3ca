#include "groups.h"
#include "lodge.h"

/* What a token endpoint can do to us, and what we make of it. */

/* Runs until the next exchange has been begun and has ended; how long that took. */
static usec next_exchange(struct lodge *lodge)
{
    unsigned asked = lodge->mint.asked;
    usec began = lodge_now(lodge);
    while (lodge->mint.asked == asked)
        lodge_run(lodge, 10 * USEC_MS);
    usec waited = lodge_now(lodge) - began;
    lodge_run(lodge, 200 * USEC_MS);
    return waited;
}

static void until_due(struct lodge *lodge, str id)
{
    lodge_run(lodge, lodge_view(lodge, id).due_in - 1);
}

/* An account whose token is about to be renewed for the first time. */
static str ripe_account(struct lodge *lodge)
{
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    until_due(lodge, id);
    return id;
}

static void the_old_token_serves_while_its_renewal_fails(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    usec good_for = lodge_view(lodge, id).good_for;
    lodge->mint.fate = MINT_DOWN;
    lodge_run(lodge, 10 * USEC_S);
    assert_true(lodge_facts(lodge, id).failures >= 2);
    while (lodge_view(lodge, id).good_for > 0) {
        assert_true(lodge_good(lodge, 0, id));
        assert_int_equal(lodge_get(lodge, id), KEEPER_GO);
        lodge_run(lodge, USEC_S);
    }
    assert_true(good_for <= 3 * USEC_MIN);
    assert_false(lodge_good(lodge, 0, id));
    assert_int_equal(lodge_get(lodge, id), KEEPER_NO);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
    lodge->mint.fate = MINT_GOOD;
    lodge_run(lodge, 5 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_int_equal(lodge_facts(lodge, id).failures, 0);
    assert_str(lodge_facts(lodge, id).fault, STR_NONE);
    assert_str(lodge_events(lodge), STR("account.degraded\naccount.recovered\n"));
}

static void one_failure_is_nothing_to_tell(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, MINT_DOWN);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_facts(lodge, id).failures, 1);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    lodge_run(lodge, 10 * USEC_S);
    assert_int_equal(lodge_facts(lodge, id).failures, 0);
    assert_str(lodge_events(lodge), STR(""));
}

static void the_pause_doubles_to_five_minutes(void **state)
{
    struct lodge *lodge = *state;
    ripe_account(lodge);
    lodge->mint.fate = MINT_DOWN;
    next_exchange(lodge);
    for (usec max = 2 * USEC_S; max < 20 * USEC_MIN; max *= 2) {
        usec most = usec_min(max, 5 * USEC_MIN);
        assert_in_range(next_exchange(lodge), most / 2 - USEC_S, most + USEC_S);
    }
}

static void a_token_without_end_whose_renewal_failed_is_tried_again(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NEVER_EXPIRES;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge->mint.fate = MINT_WRONG_CLIENT;
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
    assert_true(lodge_good(lodge, 0, id));
    lodge->mint.fate = MINT_NEVER_EXPIRES;
    lodge_run(lodge, USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_retry_after_is_kept(void **state)
{
    struct lodge *lodge = *state;
    ripe_account(lodge);
    lodge->mint.retry_after = 17 * USEC_MIN;
    mint_plan(&lodge->mint, MINT_LIMITED);
    next_exchange(lodge);
    assert_in_range(next_exchange(lodge), 17 * USEC_MIN - USEC_S, 17 * USEC_MIN + USEC_S);
}

static void a_retry_after_is_said_to_those_who_ask(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge->mint.retry_after = 5 * USEC_MIN;
    lodge->mint.fate = MINT_LIMITED;
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_MIN));
    assert_int_equal(asker.word, KEEPER_NO);
    assert_int_equal(asker.reason.err, ERR_TOKEN_UNAVAILABLE);
    assert_int_equal(asker.reason.retry_after, 5 * USEC_MIN);
    lodge_run(lodge, 2 * USEC_MIN);
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_int_equal(asker.word, KEEPER_NO);
    assert_in_range(asker.reason.retry_after, 2 * USEC_MIN, 3 * USEC_MIN);
}

static void transient(struct lodge *lodge, enum mint_fate fate)
{
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, fate);
    next_exchange(lodge);
    lodge_run(lodge, 40 * USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_int_equal(lodge_facts(lodge, id).failures, 0);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_true(lodge_number(lodge, "SELECT intent FROM token") == 0);
}

static void an_endpoint_that_is_down_is_asked_again(void **state)
{
    transient(*state, MINT_DOWN);
}

static void an_endpoint_out_of_reach_is_asked_again(void **state)
{
    transient(*state, MINT_UNREACHABLE);
}

static void an_endpoint_that_breaks_off_is_asked_again(void **state)
{
    transient(*state, MINT_BROKEN);
}

static void an_endpoint_that_answers_garbage_is_asked_again(void **state)
{
    transient(*state, MINT_GARBAGE);
}

static void an_endpoint_that_answers_a_megabyte_is_asked_again(void **state)
{
    transient(*state, MINT_HUGE);
}

static void an_endpoint_that_hangs_is_given_up_and_asked_again(void **state)
{
    transient(*state, MINT_HANGS);
}

static void whoever_waits_for_an_endpoint_that_hangs_is_told_within_the_bound(
    void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge->mint.fate = MINT_HANGS;
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_MIN));
    assert_int_equal(asker.word, KEEPER_NO);
    assert_in_range(asker.told - asker.asked, 29 * USEC_S, 31 * USEC_S);
}

/* --- what only a person can mend --- */

static void a_revoked_grant_needs_a_person_and_says_so(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
    assert_true(lodge_logged(lodge, "invalid_grant"));
    assert_false(lodge_logged(lodge, "rotation_lost"));
    lodge_run(lodge, 20 * USEC_H);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
}

static void the_set_before_is_tried_once(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    unsigned asked = lodge->mint.asked;
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, asked + 2);
    assert_non_null(strstr(lodge->mint.last_body, "refresh_token=r1.0"));
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
}

static void the_set_before_may_still_work(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    /* A vendor that took its last rotation back, as after a restored backup. */
    lodge->mint.grants[1].generation = 0;
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_str(lodge_refresh_token(lodge, id), STR("r1.1"));
    assert_str(lodge_events(lodge), STR(""));
}

static void without_a_set_before_the_first_refusal_is_believed(void **state)
{
    struct lodge *lodge = *state;
    mint_revoke(&lodge->mint, 1);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
}

static void a_daily_check_brings_an_account_back(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, USEC_MIN);
    unsigned asked = lodge->mint.asked;
    lodge_run(lodge, 23 * USEC_H);
    assert_int_equal(lodge->mint.asked, asked);
    lodge_run(lodge, 2 * USEC_H);
    assert_in_range(lodge->mint.asked, asked + 1, asked + 2);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    lodge->mint.grants[1].revoked = false;
    lodge_run(lodge, 25 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\naccount.reactivated\n"));
    assert_true(lodge_call(lodge, 0, id));
}

static void a_forced_call_brings_it_back_sooner(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, USEC_MIN);
    lodge->mint.grants[1].revoked = false;
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_new_login_brings_it_back_at_once(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, USEC_MIN);
    lodge_put(lodge, id, "a2.0", "r2.0");
    assert_str(lodge_events(lodge), STR("account.needs_reauth\naccount.reactivated\n"));
    assert_true(lodge_call(lodge, 0, id));
    assert_str(lodge_token(lodge, 0, id), STR("a2.1"));
}

static void an_app_that_is_refused_is_not_the_accounts_fault(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    lodge->mint.fate = MINT_WRONG_CLIENT;
    unsigned asked = lodge->mint.asked;
    lodge_run(lodge, 24 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
    assert_in_range(lodge->mint.asked - asked, 20, 80); /* once an hour in the end */
    lodge->mint.fate = MINT_GOOD;
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

/* The secret "a" of an app of all accounts, which was to end in the first days of 1970.
 */
static void make_ended_app(struct lodge *lodge)
{
    struct change change = lodge_change(lodge, CHANGE_APP_CREATE, STR_NONE);
    struct credential secret = {.name = STR("client_secret")};
    secret_init(&secret.value, STR("a"));
    change.integration = STR("acme");
    change.name = STR("An app");
    change.client_id = STR("client");
    change.credentials = &secret;
    change.credential_n = 1;
    change.ends[ENDING_CLIENT_SECRET] = USEC_DAY;
    lodge_do(lodge, &change);
    secret_fini(&secret.value);
}

static void an_app_whose_secret_was_to_have_ended_is_said_to(void **state)
{
    static const char hint[] =
        " The app's client_secret was to end 1970-01-02T00:00:00.000Z.";
    struct lodge *lodge = *state;
    make_ended_app(lodge);
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, MINT_DOWN);
    mint_plan(&lodge->mint, MINT_WRONG_CLIENT);
    lodge_run(lodge, USEC_S);
    str fault = lodge_facts(lodge, id).fault; /* trouble of the vendor's has no hint */
    assert_true(fault.n && !str_ends(fault, str_z(hint)));
    lodge_run(lodge, 5 * USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
    assert_true(str_ends(lodge_facts(lodge, id).fault, str_z(hint)));
}

/* --- what was given to nobody --- */

static void rotation_lost(struct lodge *lodge, enum mint_fate fate)
{
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, fate);
    lodge_run(lodge, 2 * USEC_MIN);
    assert_true(lodge->mint.grants[1].lost);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_true(str_starts(lodge_facts(lodge, id).fault, STR("rotation_lost: ")));
    assert_true(lodge_logged(lodge, "rotation_lost"));
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
}

static void an_answer_that_was_lost_is_said_as_what_it_is(void **state)
{
    rotation_lost(*state, MINT_LOST);
}

static void an_answer_that_came_too_late_is_said_as_what_it_is(void **state)
{
    rotation_lost(*state, MINT_HANGS_AFTER);
}

static void an_error_behind_a_rotation_is_said_as_what_it_is(void **state)
{
    rotation_lost(*state, MINT_DOWN_AFTER);
}

static void a_lost_rotation_is_known_through_other_failures(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, MINT_LOST);
    mint_plan(&lodge->mint, MINT_UNREACHABLE);
    mint_plan(&lodge->mint, MINT_LIMITED);
    mint_plan(&lodge->mint, MINT_WRONG_CLIENT);
    lodge_run(lodge, 10 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_true(str_starts(lodge_facts(lodge, id).fault, STR("rotation_lost: ")));
}

static void a_vendor_that_lets_a_token_be_used_twice_loses_nothing(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.grants[1].before = 1;
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, MINT_LOST);
    lodge_run(lodge, 2 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_str(lodge_events(lodge), STR(""));
}

static void a_vendor_that_does_not_rotate_loses_nothing(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.keeps = true;
    str id = ripe_account(lodge);
    mint_plan(&lodge->mint, MINT_LOST);
    lodge_run(lodge, 2 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

/* --- the store --- */

#define NO_STORE                                                                         \
    "CREATE TRIGGER no_store BEFORE INSERT ON credential "                               \
    "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END"

static void a_new_set_that_cannot_be_stored_is_offered_again(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = ripe_account(lodge);
    lodge_run(lodge, 2);
    lodge_sql(lodge, NO_STORE);
    lodge_run(lodge, 10 * USEC_MIN);
    unsigned asked = lodge->mint.asked;
    assert_true(lodge_view(lodge, id).renewing);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.1"));
    lodge_ask(lodge, 0, id, 0, &asker);
    lodge_sql(lodge, "DROP TRIGGER no_store");
    assert_true(lodge_run_until(lodge, &asker.answered, 15 * USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    assert_int_equal(lodge->mint.asked, asked);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
}

static void a_store_that_takes_nothing_fills_no_log(void **state)
{
    struct lodge *lodge = *state;
    ripe_account(lodge);
    lodge_run(lodge, 2);
    lodge_sql(lodge, NO_STORE);
    buf_clear(&lodge->lines);
    lodge_run(lodge, 10 * USEC_MIN);
    unsigned said = 0;
    for (str rest = buf_peek(&lodge->lines); rest.n;) {
        size_t at = str_find_str(rest, STR("not_stored"));
        said += at < rest.n;
        rest = str_from(rest, at < rest.n ? at + 1 : rest.n);
    }
    assert_in_range(said, 1, 20);
    lodge_sql(lodge, "DROP TRIGGER no_store");
}

static void without_a_store_nothing_is_asked_of_the_vendor(void **state)
{
    struct lodge *lodge = *state;
    str id = ripe_account(lodge);
    lodge_sql(lodge, "CREATE TRIGGER no_intent BEFORE UPDATE ON token "
                     "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END");
    unsigned asked = lodge->mint.asked;
    lodge_run(lodge, 30 * USEC_S);
    assert_int_equal(lodge->mint.asked, asked);
    assert_int_equal(lodge_get(lodge, id), KEEPER_GO); /* what is there is good */
    lodge_sql(lodge, "DROP TRIGGER no_intent");
    lodge_run(lodge, 10 * USEC_S);
    assert_int_equal(lodge->mint.asked, asked + 1);
}

int test_failing(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST(the_old_token_serves_while_its_renewal_fails),
        LODGE_TEST(one_failure_is_nothing_to_tell),
        LODGE_TEST(the_pause_doubles_to_five_minutes),
        LODGE_TEST(a_token_without_end_whose_renewal_failed_is_tried_again),
        LODGE_TEST(a_retry_after_is_kept),
        LODGE_TEST(a_retry_after_is_said_to_those_who_ask),
        LODGE_TEST(an_endpoint_that_is_down_is_asked_again),
        LODGE_TEST(an_endpoint_out_of_reach_is_asked_again),
        LODGE_TEST(an_endpoint_that_breaks_off_is_asked_again),
        LODGE_TEST(an_endpoint_that_answers_garbage_is_asked_again),
        LODGE_TEST(an_endpoint_that_answers_a_megabyte_is_asked_again),
        LODGE_TEST(an_endpoint_that_hangs_is_given_up_and_asked_again),
        LODGE_TEST(whoever_waits_for_an_endpoint_that_hangs_is_told_within_the_bound),
        LODGE_TEST(a_revoked_grant_needs_a_person_and_says_so),
        LODGE_TEST(the_set_before_is_tried_once),
        LODGE_TEST(the_set_before_may_still_work),
        LODGE_TEST(without_a_set_before_the_first_refusal_is_believed),
        LODGE_TEST(a_daily_check_brings_an_account_back),
        LODGE_TEST(a_forced_call_brings_it_back_sooner),
        LODGE_TEST(a_new_login_brings_it_back_at_once),
        LODGE_TEST(an_app_that_is_refused_is_not_the_accounts_fault),
        LODGE_TEST(an_app_whose_secret_was_to_have_ended_is_said_to),
        LODGE_TEST(an_answer_that_was_lost_is_said_as_what_it_is),
        LODGE_TEST(an_answer_that_came_too_late_is_said_as_what_it_is),
        LODGE_TEST(an_error_behind_a_rotation_is_said_as_what_it_is),
        LODGE_TEST(a_lost_rotation_is_known_through_other_failures),
        LODGE_TEST(a_vendor_that_lets_a_token_be_used_twice_loses_nothing),
        LODGE_TEST(a_vendor_that_does_not_rotate_loses_nothing),
        LODGE_TEST(a_new_set_that_cannot_be_stored_is_offered_again),
        LODGE_TEST(a_store_that_takes_nothing_fills_no_log),
        LODGE_TEST(without_a_store_nothing_is_asked_of_the_vendor),
    };
    return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
