#include "groups.h"
#include "lodge.h"

#include "base/mem.h"

/* When tokens are renewed, with nobody asking for one. */

static void a_pair_of_unknown_age_is_renewed_at_once(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
    assert_str(lodge_token(lodge, 0, id), STR("a1.1"));
    assert_str(lodge_refresh_token(lodge, id), STR("r1.1"));
    assert_int_equal(lodge_version(lodge, id), 2);
    assert_true(lodge_good(lodge, 0, id));
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_str(lodge_events(lodge), STR(""));
}

static void a_token_is_renewed_before_its_end_with_nobody_waiting(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    for (unsigned i = 0; i < 24 * 60; i++) {
        lodge_run(lodge, USEC_MIN);
        assert_true(lodge_good(lodge, 0, id));
        assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    }
    assert_in_range(lodge->mint.asked, 24, 27);
    assert_int_equal(lodge->mint.peak, 1);
    assert_false(lodge->mint.grants[1].reused);
}

/* How long before its end the second token of a grant was asked for. */
static usec lead_of(struct lodge *lodge, str id)
{
    unsigned asked = lodge->mint.asked;
    struct token_facts facts = lodge_facts(lodge, id);
    usec end = lodge_now(lodge) + facts.expires - world_wall(&lodge->world.world);
    struct keeper_view view = lodge_view(lodge, id);
    assert_true(view.kept && !view.renewing);
    assert_int_equal(view.good_for, end - lodge_now(lodge));
    lodge_run(lodge, view.due_in - 1);
    assert_int_equal(lodge->mint.asked, asked);
    lodge_run(lodge, 1);
    assert_int_equal(lodge->mint.asked, asked + 1);
    usec lead = end - lodge_now(lodge);
    lodge_run(lodge, USEC_S);
    return lead;
}

static void the_margin_is_three_minutes_spread_over_two_thirds(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    usec least = USEC_H, most = 0;
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < 40; i++) {
        usec lead = lead_of(lodge, id);
        least = usec_min(least, lead);
        most = usec_max(most, lead);
    }
    assert_in_range(least, USEC_MIN, 80 * USEC_S);
    assert_in_range(most, 160 * USEC_S, 3 * USEC_MIN);
}

static void a_short_token_is_renewed_in_its_second_half(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.lifetime = 6 * USEC_S;
    lodge->mint.takes = USEC_MS;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 100 * USEC_MS);
    for (unsigned i = 0; i < 40; i++)
        assert_in_range(lead_of(lodge, id), USEC_S, 3 * USEC_S);
}

static void the_document_names_another_margin(void **state)
{
    struct lodge *lodge = *state;
    lodge_document(lodge, "{\"margin\":\"15m\"}");
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < 20; i++)
        assert_in_range(lead_of(lodge, id), 5 * USEC_MIN, 15 * USEC_MIN);
}

static void a_hundred_accounts_of_one_moment_are_spread(void **state)
{
    struct lodge *lodge = *state;
    for (unsigned i = 1; i <= 100; i++)
        lodge_account(lodge, i);
    lodge_run(lodge, 2 * USEC_S);
    assert_int_equal(lodge->mint.asked, 100);
    lodge->mint.peak = 0;
    lodge_run(lodge, USEC_H);
    assert_int_equal(lodge->mint.asked, 200);
    assert_in_range(lodge->mint.peak, 1, 5);
}

static void the_plan_survives_a_restart(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 40 * USEC_MIN);
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    assert_true(lodge_good(lodge, 0, id));
    lodge_run(lodge, 15 * USEC_MIN);
    assert_int_equal(lodge->mint.asked, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    assert_int_equal(lodge->mint.asked, 2);
}

/* --- what the vendor says of its tokens --- */

static void an_answer_without_a_refresh_token_keeps_the_old_one(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NO_REFRESH;
    str id = lodge_account(lodge, 1);
    for (unsigned i = 0; i < 5 * 60; i++) {
        lodge_run(lodge, USEC_MIN);
        assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    }
    assert_str(lodge_refresh_token(lodge, id), STR("r1.0"));
    assert_in_range(lodge->mint.asked, 5, 7);
}

static void a_token_that_never_ends_is_never_asked_for_again(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NEVER_EXPIRES;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 90 * 24 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
    assert_true(lodge_good(lodge, 0, id));
    assert_true(lodge_view(lodge, id).good_for == USEC_NEVER);
}

static void a_token_of_unknown_end_is_taken_until_it_is_refused(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NO_EXPIRY;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 59 * USEC_MIN);
    assert_true(lodge_call(lodge, 0, id));
    assert_int_equal(lodge->mint.asked, 1);
    lodge_run(lodge, 2 * USEC_MIN);
    assert_true(lodge_call(lodge, 0, id)); /* after a 401 */
    assert_int_equal(lodge->mint.asked, 2);
}

static void a_lifetime_is_learned_from_the_first_401(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NO_EXPIRY;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 62 * USEC_MIN);
    assert_true(lodge_call(lodge, 0, id));
    assert_in_range(lodge_facts(lodge, id).learned, 60 * USEC_MIN, 62 * USEC_MIN);
    /* It is what the 401 has shown, no less: the end is found again, once. */
    for (unsigned i = 0; i < 10 * 60; i++) {
        lodge_run(lodge, USEC_MIN);
        assert_true(lodge_call(lodge, 0, id));
    }
    assert_in_range(lodge->mint.asked, 11, 13);
}

static void a_token_that_is_refused_when_young_teaches_nothing(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NO_EXPIRY;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 5 * USEC_MIN);
    lodge->mint.grants[1].token_ends = 0;
    assert_true(lodge_call(lodge, 0, id));
    assert_int_equal(lodge_facts(lodge, id).learned, 0);
}

static void a_lifetime_of_the_document_stands_in_for_a_missing_one(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NO_EXPIRY;
    lodge_document(lodge, "{\"lifetime\":\"1h\"}");
    str id = lodge_account(lodge, 1);
    for (unsigned i = 0; i < 5 * 60; i++) {
        lodge_run(lodge, USEC_MIN);
        assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    }
}

static void a_token_without_a_refresh_token_is_never_asked_for(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_static_account(lodge, 1);
    lodge_run(lodge, 30 * 24 * USEC_H);
    assert_int_equal(lodge->mint.asked, 0);
    assert_true(lodge_good(lodge, 0, id));
    struct asker asker;
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    assert_int_equal(asker.word, KEEPER_NO);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void ten_thousand_tokens_without_refresh_tokens_do_no_harm(void **state)
{
    struct lodge *lodge = *state;
    str id = STR_NONE;
    for (unsigned i = 0; i < 10000; i++)
        id = lodge_static_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_true(lodge_good(lodge, 0, id));
}

static void a_refresh_token_that_dies_of_disuse_is_used_in_time(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_NEVER_EXPIRES;
    lodge_document(lodge, "{\"idle_max\":\"60d\"}");
    lodge_account(lodge, 1);
    lodge_run(lodge, 44 * 24 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
    lodge_run(lodge, 3 * 24 * USEC_H);
    assert_int_equal(lodge->mint.asked, 2);
}

/* --- the wall clock --- */

static void a_clock_that_jumps_expires_nothing_and_starts_no_storm(void **state)
{
    struct lodge *lodge = *state;
    str ids[20];
    for (unsigned i = 0; i < 20; i++)
        ids[i] = lodge_account(lodge, i + 1);
    lodge_run(lodge, 10 * USEC_MIN);
    assert_int_equal(lodge->mint.asked, 20);
    static const usec jumps[] = {24 * USEC_H, -48 * USEC_H, 400 * 24 * USEC_H,
                                 -400 * 24 * USEC_H};
    for (unsigned k = 0; k < COUNT_OF(jumps); k++) {
        false_world_jump(&lodge->world, jumps[k]);
        lodge_run(lodge, USEC_MIN);
        for (unsigned i = 0; i < 20; i++)
            assert_true(lodge_good(lodge, 0, ids[i]));
        assert_int_equal(lodge->mint.asked, 20);
    }
    lodge_run(lodge, 50 * USEC_MIN);
    assert_int_equal(lodge->mint.asked, 40);
}

static void a_clock_that_was_set_back_over_a_restart_makes_no_token_younger(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 10 * USEC_MIN);
    lodge_crash(lodge, 0);
    false_world_jump(&lodge->world, -24 * USEC_H);
    lodge_open(lodge, 0);
    assert_true(lodge_view(lodge, id).good_for <= lodge->mint.lifetime);
}

static void a_machine_that_has_just_started_takes_no_token_for_younger(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 50 * USEC_MIN);
    lodge_crash(lodge, 0);
    usec wall = world_wall(&lodge->world.world);
    atomic_store(&lodge->world.now, 3 * USEC_S);
    atomic_store(&lodge->world.wall_ahead, wall - 3 * USEC_S);
    lodge_open(lodge, 0);
    assert_in_range(lodge_view(lodge, id).good_for, 9 * USEC_MIN, 10 * USEC_MIN + USEC_S);
}

int test_renewal(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST(a_pair_of_unknown_age_is_renewed_at_once),
        LODGE_TEST(a_token_is_renewed_before_its_end_with_nobody_waiting),
        LODGE_TEST(the_margin_is_three_minutes_spread_over_two_thirds),
        LODGE_TEST(a_short_token_is_renewed_in_its_second_half),
        LODGE_TEST(the_document_names_another_margin),
        LODGE_TEST(a_hundred_accounts_of_one_moment_are_spread),
        LODGE_TEST(the_plan_survives_a_restart),
        LODGE_TEST(an_answer_without_a_refresh_token_keeps_the_old_one),
        LODGE_TEST(a_token_that_never_ends_is_never_asked_for_again),
        LODGE_TEST(a_token_of_unknown_end_is_taken_until_it_is_refused),
        LODGE_TEST(a_lifetime_is_learned_from_the_first_401),
        LODGE_TEST(a_token_that_is_refused_when_young_teaches_nothing),
        LODGE_TEST(a_lifetime_of_the_document_stands_in_for_a_missing_one),
        LODGE_TEST(a_token_without_a_refresh_token_is_never_asked_for),
        LODGE_TEST(ten_thousand_tokens_without_refresh_tokens_do_no_harm),
        LODGE_TEST(a_refresh_token_that_dies_of_disuse_is_used_in_time),
        LODGE_TEST(a_clock_that_jumps_expires_nothing_and_starts_no_storm),
        LODGE_TEST(a_clock_that_was_set_back_over_a_restart_makes_no_token_younger),
        LODGE_TEST(a_machine_that_has_just_started_takes_no_token_for_younger),
    };
    return cmocka_run_group_tests_name("renewal", tests, NULL, NULL);
}
