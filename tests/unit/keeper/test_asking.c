#include "groups.h"
#include "lodge.h"

/* Calls that want a token: who waits, for how long, and what a refused one leads to. */

enum { CROWD = 200 };

static void waiters_share_one_exchange(void **state)
{
    struct lodge *lodge = *state;
    struct asker crowd[CROWD];
    str id = lodge_account(lodge, 1);
    for (unsigned i = 0; i < CROWD; i++) {
        lodge_ask(lodge, 0, id, 0, &crowd[i]);
        assert_int_equal(crowd[i].word, KEEPER_WAIT);
    }
    assert_int_equal(lodge_view(lodge, id).waiters, CROWD);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < CROWD; i++) {
        assert_true(crowd[i].answered);
        assert_int_equal(crowd[i].word, KEEPER_GO);
    }
    assert_int_equal(lodge->mint.asked, 1);
    assert_int_equal(lodge_view(lodge, id).waiters, 0);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
}

static void nobody_waits_in_normal_running(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.lifetime = 5 * USEC_MIN;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < 2 * 3600; i++) {
        lodge_run(lodge, USEC_S);
        assert_true(lodge_good(lodge, 0, id));
    }
}

static void a_call_close_to_the_end_waits_for_the_new_token(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    lodge->mint.fate = MINT_HANGS;
    mint_plan(&lodge->mint, MINT_GOOD);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 10 * USEC_MS + 3600 * USEC_S - 200 * USEC_S);
    usec good_for = lodge_view(lodge, id).good_for;
    /* The first renewal hangs from about here on. */
    lodge_run(lodge, lodge_view(lodge, id).due_in);
    assert_true(lodge_view(lodge, id).renewing);
    assert_true(lodge_good(lodge, 0, id));
    lodge->mint.fate = MINT_GOOD;
    lodge_run(lodge, 29 * USEC_S);
    if (lodge_good(lodge, 0, id))
        return; /* by the draw it is still far from its end */
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_int_equal(asker.word, KEEPER_WAIT);
    lodge_run(lodge, 2 * USEC_S);
    assert_true(asker.answered && asker.word == KEEPER_GO);
    (void)good_for;
}

static void whoever_leaves_is_not_told(void **state)
{
    struct lodge *lodge = *state;
    struct asker stays, leaves;
    str id = lodge_account(lodge, 1);
    lodge_ask(lodge, 0, id, 0, &leaves);
    lodge_ask(lodge, 0, id, 0, &stays);
    lodge_forget(&leaves);
    lodge_run(lodge, USEC_S);
    assert_true(stays.answered);
    assert_false(leaves.answered);
}

static void whoever_leaves_while_he_is_being_told_is_not_told(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge_ask(lodge, 0, id, 0, &asker);
    lodge_crash(lodge, 0); /* tells all who wait */
    (void)asker;
    lodge_open(lodge, 0);
    lodge_ask(lodge, 0, id, 0, &asker);
    struct account *account = lodge_find(lodge, 0, id);
    while (mint_takes(&lodge->mint, lodge_token(lodge, 0, id)) == false)
        lodge_run(lodge, USEC_MS);
    account_unref(&account);
    assert_true(asker.answered);
}

/* --- refused tokens --- */

static void a_refused_token_is_renewed_once(void **state)
{
    struct lodge *lodge = *state;
    struct asker crowd[CROWD];
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    uint64_t version = lodge_version(lodge, id);
    for (unsigned i = 0; i < CROWD; i++)
        lodge_ask(lodge, 0, id, version, &crowd[i]);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < CROWD; i++)
        assert_true(crowd[i].answered && crowd[i].word == KEEPER_GO);
    assert_int_equal(lodge->mint.asked, 2);
    assert_int_equal(lodge_version(lodge, id), version + 1);
}

static void a_refusal_of_an_older_token_renews_nothing(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id) - 1, &asker);
    assert_int_equal(asker.word, KEEPER_GO);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
}

static void a_storm_of_401s_is_no_storm_of_exchanges(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    unsigned asked = lodge->mint.asked;
    /* The vendor refuses each token that it gives, for ten minutes, ten times a second.
     */
    for (unsigned i = 0; i < 10 * 60 * 10; i++) {
        lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
        lodge_run(lodge, 100 * USEC_MS);
        assert_true(asker.answered || lodge_view(lodge, id).renewing);
        lodge_forget(&asker);
    }
    assert_in_range(lodge->mint.asked - asked, 1, 11);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_refused_token_whose_renewal_fails_is_still_the_accounts(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    lodge->mint.fate = MINT_DOWN;
    unsigned asked = lodge->mint.asked;
    for (unsigned i = 0; i < 100; i++) {
        struct asker asker;
        lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
        lodge_run(lodge, 100 * USEC_MS);
        lodge_forget(&asker);
    }
    assert_in_range(lodge->mint.asked - asked, 1, 5);
    assert_true(lodge_good(lodge, 0, id));
}

/* --- other accounts --- */

static void an_account_without_credentials_has_no_token_to_wait_for(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_CREATE, STR_NONE);
    change.environment_id = lodge->environment;
    change.integration = STR("acme");
    lodge_do(lodge, &change);
    lodge_ask(lodge, 0, tenant_id_str(&change.new_id), 0, &asker);
    assert_int_equal(asker.word,
                     KEEPER_GO); /* the credential step says what is missing */
    assert_false(lodge_view(lodge, tenant_id_str(&change.new_id)).kept);
}

static void a_document_that_comes_to_its_token_block_later_is_kept_from_then_on(
    void **state)
{
    struct lodge *lodge = *state;
    lodge_document(lodge, "");
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge->mint.asked, 0);
    lodge_document(lodge, "{}");
    lodge_run(lodge, USEC_S); /* nobody asks */
    assert_int_equal(lodge->mint.asked, 1);
    assert_true(lodge_view(lodge, id).kept);
    lodge_run(lodge, 5 * USEC_H);
    assert_in_range(lodge->mint.asked, 5, 7);
}

static void one_slow_account_does_not_hold_up_another(void **state)
{
    struct lodge *lodge = *state;
    struct asker slow, quick;
    mint_plan(&lodge->mint, MINT_HANGS);
    str one = lodge_account(lodge, 1);
    lodge_ask(lodge, 0, one, 0, &slow);
    lodge_run(lodge, 100 * USEC_MS);
    str other = lodge_account(lodge, 2);
    lodge_ask(lodge, 0, other, 0, &quick);
    lodge_run(lodge, USEC_S);
    assert_true(quick.answered && quick.word == KEEPER_GO);
    assert_false(slow.answered);
    lodge_forget(&slow);
}

static void the_stats_count_what_there_is(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    struct keeper_stats stats;
    lodge_account(lodge, 1);
    mint_revoke(&lodge->mint, 2);
    lodge_account(lodge, 2);
    lodge_run(lodge, USEC_S);
    mint_plan(&lodge->mint, MINT_DOWN);
    str id = lodge_account(lodge, 3);
    lodge_ask(lodge, 0, id, 0, &asker);
    keeper_stats(lodge->processes[0].keeper, &stats);
    assert_int_equal(stats.wards, 3);
    assert_int_equal(stats.waiting, 1);
    lodge_run(lodge, USEC_S);
    keeper_stats(lodge->processes[0].keeper, &stats);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.under_way, 0);
    assert_int_equal(stats.needs_reauth, 1);
    assert_int_equal(stats.exchanges[TOKEN_GOOD], 1);
    assert_int_equal(stats.exchanges[TOKEN_REVOKED], 1);
    assert_int_equal(stats.exchanges[TOKEN_TRANSIENT], 1);
}

static void the_stats_tell_failing_accounts_until_they_work(void **state)
{
    struct lodge *lodge = *state;
    struct keeper *keeper = lodge->processes[0].keeper;
    struct keeper_stats stats;
    lodge_account(lodge, 1);
    lodge_account(lodge, 2);
    lodge_run(lodge, USEC_S);
    keeper_stats(keeper, &stats);
    assert_int_equal(stats.failing, 0);
    assert_int_equal(stats.life_min, USEC_NEVER);
    lodge->mint.fate = MINT_DOWN;
    lodge_run(lodge, USEC_H - 30 * USEC_S);
    keeper_stats(keeper, &stats);
    assert_int_equal(stats.failing, 2);
    assert_int_equal(stats.ended, 0);
    assert_in_range(stats.life_min, 1, 30 * USEC_S);
    lodge_run(lodge, 3 * USEC_MIN);
    keeper_stats(keeper, &stats);
    assert_int_equal(stats.ended, 2);
    assert_int_equal(stats.life_min, 0);
    lodge->mint.fate = MINT_GOOD;
    lodge_run(lodge, 10 * USEC_MIN);
    keeper_stats(keeper, &stats);
    assert_int_equal(stats.failing, 0);
    assert_int_equal(stats.ended, 0);
}

int test_asking(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST(waiters_share_one_exchange),
        LODGE_TEST(nobody_waits_in_normal_running),
        LODGE_TEST(a_call_close_to_the_end_waits_for_the_new_token),
        LODGE_TEST(whoever_leaves_is_not_told),
        LODGE_TEST(whoever_leaves_while_he_is_being_told_is_not_told),
        LODGE_TEST(a_refused_token_is_renewed_once),
        LODGE_TEST(a_refusal_of_an_older_token_renews_nothing),
        LODGE_TEST(a_storm_of_401s_is_no_storm_of_exchanges),
        LODGE_TEST(a_refused_token_whose_renewal_fails_is_still_the_accounts),
        LODGE_TEST(an_account_without_credentials_has_no_token_to_wait_for),
        LODGE_TEST(a_document_that_comes_to_its_token_block_later_is_kept_from_then_on),
        LODGE_TEST(one_slow_account_does_not_hold_up_another),
        LODGE_TEST(the_stats_count_what_there_is),
        LODGE_TEST(the_stats_tell_failing_accounts_until_they_work),
    };
    return cmocka_run_group_tests_name("asking", tests, NULL, NULL);
}
