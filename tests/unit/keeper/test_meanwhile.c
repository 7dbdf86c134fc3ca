#include "groups.h"
#include "lodge.h"

#include "directory/token_change.h"

/* What others do to an account, its document or the daemon while an exchange goes on. */

/* An account whose exchange has been sent, and answers in a second. */
static str flying_account(struct lodge *lodge)
{
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge->mint.takes = 500 * USEC_MS;
    lodge_run(lodge, lodge_view(lodge, id).due_in + 2);
    assert_int_equal(lodge->mint.asked, 2);
    assert_true(lodge_view(lodge, id).renewing);
    return id;
}

static void a_put_of_credentials_wins_over_an_exchange_under_way(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_put(lodge, id, "a2.0", "r2.0");
    uint64_t version = lodge_version(lodge, id);
    lodge_run(lodge, 2 * USEC_S);
    /* The late answer is dropped, and the new pair is renewed in its turn. */
    lodge_run(lodge, 2 * USEC_S);
    assert_int_equal(lodge_version(lodge, id), version + 1);
    assert_str(lodge_token(lodge, 0, id), STR("a2.1"));
    assert_str(lodge_refresh_token(lodge, id), STR("r2.1"));
    assert_int_equal(lodge->mint.asked, 3);
}

static void whoever_waits_takes_the_credentials_that_were_put(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = flying_account(lodge);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    assert_int_equal(asker.word, KEEPER_WAIT);
    lodge_put(lodge, id, "a2.0", "r2.0");
    assert_true(lodge_run_until(lodge, &asker.answered, 5 * USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_true(str_starts(lodge_token(lodge, 0, id), STR("a2.")));
}

static bool changed;

static void on_changed(struct token_change *change)
{
    (void)change;
    changed = true;
}

/* As somebody does who exchanges a person's code. */
static void step(struct lodge *lodge, struct token_change *change, enum token_step step)
{
    changed = false;
    change->step = step;
    change->done = on_changed;
    directory_change_token(change);
    assert_true(lodge_run_until(lodge, &changed, USEC_S));
    assert_int_equal(change->err, ERR_NONE);
    assert_int_equal(change->end, TOKEN_DONE);
}

static void whoever_waits_takes_the_token_of_a_person_who_connects(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    char token[] = "a2.0";
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    struct credential set = {STR("token"), {token, strlen(token)}};
    struct token_change change = {.directory = lodge->processes[0].directory,
                                  .worker =
                                      false_loop_worker(&lodge->processes[0].loop, 0),
                                  .arena = &lodge->arena,
                                  .account = id,
                                  .version = lodge_version(lodge, id),
                                  .holder = STR("connect"),
                                  .lease = USEC_MIN,
                                  .wall = world_wall(&lodge->world.world)};
    step(lodge, &change, TOKEN_INTEND);
    lodge_ask(lodge, 0, id, change.version, &asker);
    lodge_run(lodge, 5 * USEC_S); /* exchanges of the keeper find the lease taken */
    assert_false(asker.answered);
    change.credentials = &set;
    change.credential_n = 1;
    change.issued = change.wall = world_wall(&lodge->world.world);
    change.expires = change.refresh_expires = change.wall + USEC_H;
    step(lodge, &change, TOKEN_STORE);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_str(lodge_token(lodge, 0, id), STR("a2.0"));
    assert_int_equal(lodge->mint.asked, 1);
}

static void a_failure_of_the_exchange_before_is_not_the_new_credentials(void **state)
{
    struct lodge *lodge = *state;
    mint_plan(&lodge->mint, MINT_GOOD);
    mint_plan(&lodge->mint, MINT_LOST);
    str id = flying_account(lodge);
    lodge_put(lodge, id, "a2.0", "r2.0");
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge_facts(lodge, id).failures, 0);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
}

static void an_account_that_is_deleted_during_an_exchange_is_gone(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    struct keeper_stats stats;
    str id = flying_account(lodge);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_DELETE, id);
    lodge_do(lodge, &change);
    lodge_run(lodge, 5 * USEC_S);
    assert_true(asker.answered);
    assert_int_equal(asker.word, KEEPER_NO);
    assert_int_equal(asker.reason.err, ERR_ACCOUNT_DELETED);
    keeper_stats(lodge->processes[0].keeper, &stats);
    assert_int_equal(stats.wards, 0);
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge->mint.asked, 2);
}

static void an_account_that_is_deleted_is_forgotten(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_DELETE, id);
    lodge_do(lodge, &change);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
}

static void an_account_that_is_switched_off_is_not_renewed(void **state)
{
    struct lodge *lodge = *state;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_move(lodge, id, ACCOUNT_DISABLED);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
    lodge_move(lodge, id, ACCOUNT_ACTIVE);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 2);
    assert_true(lodge_call(lodge, 0, id));
}

static void an_account_that_is_switched_off_during_an_exchange_loses_nothing(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_move(lodge, id, ACCOUNT_DISABLED);
    lodge_run(lodge, 5 * USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DISABLED);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, 2);
    lodge_move(lodge, id, ACCOUNT_ACTIVE);
    assert_true(lodge_call(lodge, 0, id));
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_false(lodge->mint.grants[1].reused);
}

static void a_failure_switches_no_account_on(void **state)
{
    struct lodge *lodge = *state;
    mint_plan(&lodge->mint, MINT_GOOD);
    mint_plan(&lodge->mint, MINT_WRONG_CLIENT);
    str id = flying_account(lodge);
    lodge_move(lodge, id, ACCOUNT_DISABLED);
    lodge_run(lodge, 5 * USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DISABLED);
    assert_int_equal(lodge_facts(lodge, id).failures, 1);
}

static void an_account_that_was_marked_by_hand_stays_marked(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_move(lodge, id, ACCOUNT_DEGRADED);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
}

static void new_credentials_take_away_what_the_old_ones_were_marked_for(void **state)
{
    struct lodge *lodge = *state;
    lodge->mint.fate = MINT_WRONG_CLIENT;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DEGRADED);
    lodge->mint.fate = MINT_GOOD;
    lodge_put(lodge, id, "a2.0", "r2.0");
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_str(lodge_events(lodge), STR("account.degraded\naccount.recovered\n"));
    assert_true(lodge_call(lodge, 0, id));
}

static void what_changes_beside_the_credentials_disturbs_no_exchange(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_UPDATE, id);
    change.name = STR("Another name");
    lodge_do(lodge, &change);
    struct change environment =
        lodge_change(lodge, CHANGE_ENVIRONMENT_UPDATE, lodge->environment);
    environment.name = STR("Another customer");
    lodge_do(lodge, &environment);
    lodge_run(lodge, 5 * USEC_S);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    struct account *account = lodge_find(lodge, 0, id);
    assert_str(account->name, STR("Another name"));
    account_unref(&account);
    assert_true(lodge_good(lodge, 0, id));
}

/* --- the document --- */

static void a_document_that_is_replaced_during_an_exchange_disturbs_it_not(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_document(lodge,
                   "{\"url\":\"https://other.acme.test/token\",\"margin\":\"9m\"}");
    lodge_run(lodge, 5 * USEC_S);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    lodge_run(lodge, 5 * USEC_H);
    assert_in_range(lodge->mint.asked, 7, 9);
}

static void a_document_that_is_removed_during_an_exchange_loses_no_token(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_document(lodge, "");
    lodge_run(lodge, 5 * USEC_S);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    unsigned asked = lodge->mint.asked;
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, asked);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    lodge_document(lodge, "{}");
    lodge_run(lodge, 2 * USEC_MIN);
    assert_int_equal(lodge->mint.asked, asked + 1);
    assert_true(lodge_good(lodge, 0, id));
}

static void without_its_document_nobody_is_told_that_an_account_was_deleted(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_document(lodge, "");
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    lodge_run(lodge, USEC_S);
    assert_true(asker.answered && asker.word == KEEPER_NO);
    assert_int_equal(asker.reason.err, ERR_INTEGRATION_UNKNOWN);
}

/* --- the daemon --- */

/* --- its way --- */

static uint64_t wards_of(struct lodge *lodge)
{
    struct keeper_stats stats;
    keeper_stats(lodge->processes[0].keeper, &stats);
    return stats.wards;
}

static void an_account_of_a_way_without_tokens_is_forgotten(void **state)
{
    struct lodge *lodge = *state;
    lodge_three_ways(lodge);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    unsigned asked = lodge->mint.asked;
    assert_int_equal(wards_of(lodge), 1);
    lodge_put_by(lodge, id, "key", NULL);
    lodge_run(lodge, USEC_S);
    assert_int_equal(wards_of(lodge), 0);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, asked);
    assert_str(lodge_token(lodge, 0, id), STR("by-hand"));
    lodge_put_by(lodge, id, "oauth", "r2.0");
    lodge_run(lodge, USEC_S);
    assert_int_equal(wards_of(lodge), 1);
    assert_str(lodge_token(lodge, 0, id), STR("a2.1"));
}

static void a_way_that_changes_during_an_exchange_drops_its_answer(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    lodge_three_ways(lodge);
    str id = flying_account(lodge);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    assert_int_equal(asker.word, KEEPER_WAIT);
    lodge_put_by(lodge, id, "key", NULL);
    assert_true(lodge_run_until(lodge, &asker.answered, 5 * USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    lodge_run(lodge, 2 * USEC_S);
    assert_str(lodge_token(lodge, 0, id), STR("by-hand"));
    assert_int_equal(wards_of(lodge), 0);
}

static void each_account_is_renewed_as_its_way_has_it(void **state)
{
    struct lodge *lodge = *state;
    lodge_three_ways(lodge);
    str one = lodge_account(lodge, 1), two = lodge_account(lodge, 2);
    lodge_put_by(lodge, two, "early", "r2.0");
    lodge_run(lodge, USEC_S);
    assert_str(lodge_token(lodge, 0, two), STR("a2.1"));
    assert_in_range(lodge_view(lodge, one).due_in, 56 * USEC_MIN, USEC_H);
    assert_in_range(lodge_view(lodge, two).due_in, 34 * USEC_MIN, 53 * USEC_MIN);
}

/* What it has is given to calls, which say what is wrong. */
static void an_account_whose_way_has_gone_is_renewed_when_it_comes_back(void **state)
{
    struct lodge *lodge = *state;
    lodge_three_ways(lodge);
    str id = lodge_account(lodge, 1);
    lodge_put_by(lodge, id, "early", "r2.0");
    lodge_run(lodge, USEC_S);
    unsigned asked = lodge->mint.asked;
    lodge_document(lodge, "{}");
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, asked);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    lodge_three_ways(lodge);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge->mint.asked, asked + 1);
    assert_true(lodge_good(lodge, 0, id));
}

static void a_drain_renews_what_is_waited_for_and_nothing_else(void **state)
{
    struct lodge *lodge = *state;
    struct process *process = &lodge->processes[0];
    struct asker asker;
    str id = lodge_account(lodge, 1);
    str other = lodge_account(lodge, 2);
    lodge_run(lodge, USEC_S);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        keeper_drain(process->keeper, false_loop_worker(&process->loop, i));
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge->mint.asked, 2);
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, 5 * USEC_S));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_false(mint_takes(&lodge->mint, lodge_token(lodge, 0, other)));
}

static void whoever_waits_when_the_worker_leaves_is_told(void **state)
{
    struct lodge *lodge = *state;
    struct process *process = &lodge->processes[0];
    struct asker flying, waiting, late;
    lodge->mint.takes = 10 * USEC_S;
    str one = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_ask(lodge, 0, one, 0, &flying);
    str other = lodge_account(lodge, 2);
    lodge_ask(lodge, 0, other, 0, &waiting);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        keeper_leave(process->keeper, false_loop_worker(&process->loop, i));
    lodge_ask(lodge, 0, other, 0, &late);
    false_loop_idle(&process->loop);
    assert_true(flying.answered && flying.word == KEEPER_NO);
    assert_true(waiting.answered && waiting.word == KEEPER_NO);
    assert_int_equal(late.word, KEEPER_NO);
    assert_int_equal(late.reason.err, ERR_TOKEN_UNAVAILABLE);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        keeper_join(process->keeper, false_loop_worker(&process->loop, i));
}

static void a_set_that_is_not_stored_yet_is_offered_when_the_worker_leaves(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_sql(lodge, "CREATE TRIGGER no_store BEFORE INSERT ON credential "
                     "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END");
    lodge_run(lodge, 30 * USEC_S);
    assert_true(lodge_logged(lodge, "not_stored"));
    lodge_sql(lodge, "DROP TRIGGER no_store");
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.2"));
    assert_false(lodge_logged(lodge, "\"lost\""));
}

static void an_exchange_that_a_crash_cuts_off_is_said_to_have_lost_its_rotation(
    void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge->mint.acts_when_cut = true;
    lodge_crash(lodge, 0);
    assert_true(lodge->mint.grants[1].lost);
    lodge_open(lodge, 0);
    lodge_run(lodge, 5 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_true(str_starts(lodge_facts(lodge, id).fault, STR("rotation_lost: ")));
}

static void a_crash_before_the_vendor_acts_loses_nothing(void **state)
{
    struct lodge *lodge = *state;
    str id = flying_account(lodge);
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    lodge_run(lodge, 5 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
    assert_int_equal(lodge_number(lodge, "SELECT intent FROM token"), 0);
}

static void a_process_that_is_alone_waits_for_no_lease_of_a_life_before(void **state)
{
    struct lodge *lodge = *state;
    lodge_crash(lodge, 0);
    lodge->alone = true;
    lodge_open(lodge, 0);
    str id = flying_account(lodge);
    lodge_crash(lodge, 0);
    lodge->mint.grants[1].token_ends = 0;
    false_world_advance(&lodge->world, USEC_H);
    lodge_open(lodge, 0);
    lodge_run(lodge, 2 * USEC_S);
    assert_true(mint_takes(&lodge->mint, lodge_token(lodge, 0, id)));
}

int test_meanwhile(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST(a_put_of_credentials_wins_over_an_exchange_under_way),
        LODGE_TEST(whoever_waits_takes_the_credentials_that_were_put),
        LODGE_TEST(whoever_waits_takes_the_token_of_a_person_who_connects),
        LODGE_TEST(a_failure_of_the_exchange_before_is_not_the_new_credentials),
        LODGE_TEST(an_account_that_is_deleted_during_an_exchange_is_gone),
        LODGE_TEST(an_account_that_is_deleted_is_forgotten),
        LODGE_TEST(an_account_that_is_switched_off_is_not_renewed),
        LODGE_TEST(an_account_that_is_switched_off_during_an_exchange_loses_nothing),
        LODGE_TEST(a_failure_switches_no_account_on),
        LODGE_TEST(an_account_that_was_marked_by_hand_stays_marked),
        LODGE_TEST(new_credentials_take_away_what_the_old_ones_were_marked_for),
        LODGE_TEST(what_changes_beside_the_credentials_disturbs_no_exchange),
        LODGE_TEST(a_document_that_is_replaced_during_an_exchange_disturbs_it_not),
        LODGE_TEST(a_document_that_is_removed_during_an_exchange_loses_no_token),
        LODGE_TEST(without_its_document_nobody_is_told_that_an_account_was_deleted),
        LODGE_TEST(an_account_of_a_way_without_tokens_is_forgotten),
        LODGE_TEST(a_way_that_changes_during_an_exchange_drops_its_answer),
        LODGE_TEST(each_account_is_renewed_as_its_way_has_it),
        LODGE_TEST(an_account_whose_way_has_gone_is_renewed_when_it_comes_back),
        LODGE_TEST(a_drain_renews_what_is_waited_for_and_nothing_else),
        LODGE_TEST(whoever_waits_when_the_worker_leaves_is_told),
        LODGE_TEST(a_set_that_is_not_stored_yet_is_offered_when_the_worker_leaves),
        LODGE_TEST(an_exchange_that_a_crash_cuts_off_is_said_to_have_lost_its_rotation),
        LODGE_TEST(a_crash_before_the_vendor_acts_loses_nothing),
        LODGE_TEST(a_process_that_is_alone_waits_for_no_lease_of_a_life_before),
    };
    return cmocka_run_group_tests_name("meanwhile", tests, NULL, NULL);
}
