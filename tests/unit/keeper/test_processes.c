#include "groups.h"
#include "lodge.h"

#include "keeper/token_call.h"

/* Two processes over one store: two directories, two keepers, one vendor. */

enum { CROWD = 200 };

static void two_hundred_askers_in_two_processes_cause_one_exchange(void **state)
{
    struct lodge *lodge = *state;
    struct asker crowd[CROWD];
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    /* Its end comes in both at once. */
    lodge->mint.fate = MINT_DOWN;
    lodge_run(lodge, lodge_view(lodge, id).good_for);
    lodge_run(lodge, 10 * USEC_MIN);
    lodge->mint.fate = MINT_GOOD;
    lodge->mint.takes = 2 * USEC_S;
    for (unsigned i = 0; i < LODGE_PROCESSES; i++) {
        lodge_hurry(lodge, i, id);
    }
    unsigned given = lodge->mint.grants[1].given;
    for (unsigned i = 0; i < CROWD; i++)
        lodge_ask(lodge, i % 2, id, 0, &crowd[i]);
    lodge_run(lodge, 10 * USEC_S);
    for (unsigned i = 0; i < CROWD; i++) {
        assert_true(crowd[i].answered);
        assert_int_equal(crowd[i].word, KEEPER_GO);
    }
    assert_int_equal(lodge->mint.grants[1].given, given + 1);
    assert_int_equal(lodge->mint.peak, 1);
    assert_false(lodge->mint.grants[1].reused);
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        assert_true(mint_takes(&lodge->mint, lodge_token(lodge, i, id)));
}

static void two_processes_renew_once_an_hour_together(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < 24 * 60; i++) {
        lodge_run(lodge, USEC_MIN);
        assert_true(lodge_call(lodge, i % 2, id));
    }
    assert_in_range(lodge->mint.asked, 24, 27);
    assert_false(lodge->mint.grants[1].reused);
    assert_int_equal(lodge->mint.peak, 1);
}

/* Process `at` has asked the vendor for account 1, and is killed before its answer. */
static str killed_in_flight(struct lodge *lodge, unsigned at)
{
    str id = lodge_account(lodge, 1);
    lodge_crash(lodge, 1 - at);
    lodge_run(lodge, USEC_S);
    lodge->mint.keeps = true;
    lodge->mint.takes = 5 * USEC_S;
    unsigned asked = lodge->mint.asked;
    while (lodge->mint.asked == asked)
        lodge_run(lodge, USEC_S);
    lodge_open(lodge, 1 - at);
    lodge_crash(lodge, at);
    return id;
}

static void the_lease_of_a_dead_process_runs_out(void **state)
{
    struct lodge *lodge = *state;
    str id = killed_in_flight(lodge, 1);
    unsigned asked = lodge->mint.asked;
    lodge_run(lodge, lodge_view(lodge, id).due_in);
    lodge_run(lodge, token_call_lease / 2);
    assert_int_equal(lodge->mint.asked, asked);
    lodge_run(lodge, token_call_lease);
    assert_int_equal(lodge->mint.asked, asked + 1);
    assert_true(lodge_call(lodge, 0, id));
}

static void a_clock_that_jumps_ends_no_lease(void **state)
{
    struct lodge *lodge = *state;
    static const usec jumps[] = {5 * USEC_MIN, 24 * USEC_H, -USEC_H, -24 * USEC_H};
    str id = lodge_account(lodge, 1);
    for (unsigned k = 0; k < COUNT_OF(jumps); k++) {
        lodge->mint.takes = 50 * USEC_MS;
        lodge_run(lodge, 5 * USEC_S);
        lodge->mint.takes = 10 * USEC_S;
        lodge->mint.peak = 0;
        unsigned given = lodge->mint.grants[1].given;
        for (unsigned i = 0; i < LODGE_PROCESSES; i++) {
            lodge_hurry(lodge, i, id);
        }
        lodge_run(lodge, 2 * USEC_S);
        false_world_jump(&lodge->world, jumps[k]);
        lodge_run(lodge, USEC_MIN);
        assert_int_equal(lodge->mint.peak, 1);
        assert_in_range(lodge->mint.grants[1].given, given + 1, given + 2);
        assert_false(lodge->mint.grants[1].reused);
    }
}

static void a_clock_that_was_set_back_holds_no_lease_for_ever(void **state)
{
    struct lodge *lodge = *state;
    str id = killed_in_flight(lodge, 1);
    false_world_jump(&lodge->world, -48 * USEC_H);
    lodge_run(lodge, lodge_view(lodge, id).due_in);
    lodge_run(lodge, token_call_lease + 30 * USEC_S);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_int_equal(lodge->mint.grants[1].given, 2);
}

/* Process 0 has a new set that the store does not take, until its lease is over and
 * process 1 has asked the vendor in its place. */
static str slept_through_its_lease(struct lodge *lodge)
{
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, 20 * USEC_MS);
    lodge_sql(lodge, "CREATE TRIGGER no_store BEFORE INSERT ON credential "
                     "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END");
    lodge_run(lodge, 100 * USEC_MS);
    lodge_hurry(lodge, 1, id);
    lodge_run(lodge, 3 * USEC_MIN);
    lodge_sql(lodge, "DROP TRIGGER no_store");
    return id;
}

static void a_set_that_comes_late_is_taken_when_nobody_found_another(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.forgives = true;
    str id = slept_through_its_lease(lodge);
    assert_int_equal(lodge_number(lodge, "SELECT state = 'needs_reauth' FROM account"),
                     1);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\naccount.reactivated\n"));
    assert_true(lodge_call(lodge, 0, id));
}

static void a_process_that_slept_through_its_lease_overwrites_nothing(void **state)
{
    struct lodge *lodge = *state;
    /* A vendor that lets a token be used twice. */
    lodge->mint.grants[1].before = 1;
    str id = slept_through_its_lease(lodge);
    lodge_run(lodge, USEC_MIN);
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        assert_true(lodge_call(lodge, i, id));
    assert_false(lodge->mint.grants[1].reused);
}

static void an_account_that_the_other_process_deleted_is_let_go(void **state)
{
    struct lodge *lodge = *state;
    struct keeper_stats stats;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_DELETE, id);
    lodge_do(lodge, &change);
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
    assert_null(lodge_find(lodge, 1, id));
    keeper_stats(lodge->processes[1].keeper, &stats);
    assert_int_equal(stats.wards, 0);
}

static void an_account_that_the_other_process_switched_off_is_not_asked_for(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_move(lodge, id, ACCOUNT_DISABLED);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
}

static void credentials_that_the_other_process_stored_are_taken_up(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_crash(lodge, 0); /* so that only process 1 has the old set */
    lodge_open(lodge, 0);
    lodge->mint.keeps = true;
    lodge_put(lodge, id, "a2.0", "r2.0");
    lodge_run(lodge, USEC_S);
    lodge->mint.grants[1].token_ends = 0;
    assert_str(lodge_token(lodge, 1, id), STR("a1.1"));
    lodge_ask(lodge, 1, id, 2, &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 1, id)));
    assert_int_equal(lodge->mint.grants[1].asked, 1);
}

int test_processes(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST_TWO(two_hundred_askers_in_two_processes_cause_one_exchange),
        LODGE_TEST_TWO(two_processes_renew_once_an_hour_together),
        LODGE_TEST_TWO(the_lease_of_a_dead_process_runs_out),
        LODGE_TEST_TWO(a_clock_that_jumps_ends_no_lease),
        LODGE_TEST_TWO(a_clock_that_was_set_back_holds_no_lease_for_ever),
        LODGE_TEST_TWO(a_set_that_comes_late_is_taken_when_nobody_found_another),
        LODGE_TEST_TWO(a_process_that_slept_through_its_lease_overwrites_nothing),
        LODGE_TEST_TWO(an_account_that_the_other_process_deleted_is_let_go),
        LODGE_TEST_TWO(an_account_that_the_other_process_switched_off_is_not_asked_for),
        LODGE_TEST_TWO(credentials_that_the_other_process_stored_are_taken_up),
    };
    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
