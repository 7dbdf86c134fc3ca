#include "groups.h"
#include "lodge.h"

#include "support/given.h"

/* Checks of what nothing renews, and contexts that lack something. */

#define CHECKED "{\"token\":null,\"check\":\"/me\"}"
#define FILLED                                                                           \
    "{\"token\":null,\"context\":[{\"url\":\"/org\",\"keep\":{\"org\":\"/name\"}}]}"
#define BOTH                                                                             \
    "{\"token\":null,\"check\":\"/me\","                                                 \
    "\"context\":[{\"url\":\"/org\",\"keep\":{\"org\":\"/name\"}}]}"
#define RENEWED                                                                          \
    "{\"check\":\"/me\",\"context\":[{\"url\":\"/org\",\"keep\":{\"org\":\"/name\"}}]}"

static struct vendor_api *api_of(struct lodge *lodge)
{
    return &lodge->mint.api;
}

static void answer(struct lodge *lodge, enum vendor_place place,
                   struct vendor_answer answer)
{
    api_of(lodge)->answers[place] = answer;
}

static unsigned checks(struct lodge *lodge)
{
    return api_of(lodge)->asked[VENDOR_ME];
}

static unsigned fills(struct lodge *lodge)
{
    return api_of(lodge)->asked[VENDOR_ORG];
}

/* A static account under this auth block. */
static str account_under(struct lodge *lodge, const char *auth)
{
    lodge_auth(lodge, auth);
    str id = lodge_static_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    return id;
}

static struct keeper_stats stats_of(struct lodge *lodge)
{
    struct keeper_stats stats;
    keeper_stats(lodge->processes[0].keeper, &stats);
    return stats;
}

/* Calls are refused, and so will a check be, if one is made. */
static void refuse(struct lodge *lodge, str id)
{
    answer(lodge, VENDOR_ME, vendor_no);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, USEC_S);
}

/* A static account under this auth block, whose check was refused. */
static str dead_account(struct lodge *lodge, const char *auth)
{
    str id = account_under(lodge, auth);
    refuse(lodge, id);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    return id;
}

/* An account whose check is under way, and will be refused in four seconds. */
static str check_under_way(struct lodge *lodge)
{
    str id = account_under(lodge, CHECKED);
    api_of(lodge)->takes = 5 * USEC_S;
    refuse(lodge, id);
    return id;
}

/* --- checks --- */

static void an_account_that_nobody_suspects_is_not_asked_about(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    lodge_refuse(lodge, 0, id, 1);
    lodge_refuse(lodge, 0, id, 2);
    lodge_run(lodge, 48 * USEC_H);
    assert_int_equal(checks(lodge), 0);
    assert_int_equal(stats_of(lodge).wards, 0);
}

static void three_refusals_of_one_resource_are_a_missing_scope(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    for (unsigned i = 0; i < 20; i++)
        lodge_refuse(lodge, 0, id, 1);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(checks(lodge), 0);
    lodge_refuse(lodge, 0, id, 2);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(checks(lodge), 1);
}

static void a_refused_check_asks_for_a_person_once(void **state)
{
    struct lodge *lodge = *state;
    str id = dead_account(lodge, CHECKED);
    assert_int_equal(checks(lodge), 1);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
    assert_non_null(
        strstr(arena_z(&lodge->arena, lodge_reason(lodge, id)), "/me answered 401"));
    for (unsigned i = 0; i < 50; i++)
        lodge_suspect(lodge, 0, id);
    lodge_run(lodge, USEC_H);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
}

static void a_refused_key_that_was_to_have_ended_is_said_to(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_UPDATE, id);
    change.ends[ENDING_CREDENTIALS] = USEC_DAY;
    lodge_do(lodge, &change);
    refuse(lodge, id);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_non_null(strstr(arena_z(&lodge->arena, lodge_reason(lodge, id)),
                           "401. What it was connected with was to end "
                           "1970-01-02T00:00:00.000Z."));
}

static void a_check_that_is_passed_ends_the_row(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(checks(lodge), 1);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_int_equal(stats_of(lodge).wards, 0);
    lodge_refuse(lodge, 0, id, 1);
    lodge_refuse(lodge, 0, id, 2);
    lodge_run(lodge, USEC_H);
    assert_int_equal(checks(lodge), 1);
    assert_str(lodge_events(lodge), STR(""));
}

static void an_error_that_is_no_trouble_is_a_yes(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    answer(lodge, VENDOR_ME, vendor_forbids);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(checks(lodge), 1);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

/* Calls are refused once a second for so long. */
static unsigned checks_in_storm(struct lodge *lodge, str id, usec duration)
{
    unsigned before = checks(lodge);
    for (usec end = lodge_now(lodge) + duration; lodge_now(lodge) < end;) {
        lodge_suspect(lodge, 0, id);
        lodge_run(lodge, USEC_S);
    }
    return checks(lodge) - before;
}

static void a_vendor_in_trouble_is_asked_a_few_times_an_hour(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    const struct vendor_answer troubles[] = {vendor_trouble, vendor_away};
    for (unsigned i = 0; i < COUNT_OF(troubles); i++) {
        answer(lodge, VENDOR_ME, troubles[i]);
        assert_in_range(checks_in_storm(lodge, id, USEC_H), 1, 8);
        assert_in_range(checks_in_storm(lodge, id, USEC_H), 0, 3);
        assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    }
    answer(lodge, VENDOR_ME, vendor_no);
    lodge_run(lodge, 61 * USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
}

static void a_vendor_that_passes_each_check_is_asked_a_few_times_an_hour(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    assert_in_range(checks_in_storm(lodge, id, USEC_H), 2, 13);
}

static void a_retry_after_is_kept(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, CHECKED);
    answer(lodge, VENDOR_ME, vendor_limits);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, 179 * USEC_MIN);
    assert_int_equal(checks(lodge), 1);
    lodge_run(lodge, 2 * USEC_MIN);
    assert_int_equal(checks(lodge), 2);
}

static void once_a_day_it_is_looked_whether_a_person_is_needed(void **state)
{
    struct lodge *lodge = *state;
    str id = dead_account(lodge, CHECKED);
    lodge_run(lodge, 10 * 24 * USEC_H);
    assert_in_range(checks(lodge), 10, 12);
    answer(lodge, VENDOR_ME, vendor_yes);
    lodge_run(lodge, 25 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_int_equal(lodge_facts(lodge, id).failures, 0);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\naccount.reactivated\n"));
    unsigned asked = checks(lodge);
    lodge_run(lodge, 72 * USEC_H);
    assert_int_equal(checks(lodge), asked);
}

static void the_daily_check_survives_a_restart(void **state)
{
    struct lodge *lodge = *state;
    str id = dead_account(lodge, CHECKED);
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    lodge_run(lodge, 23 * USEC_H);
    assert_int_equal(checks(lodge), 1);
    answer(lodge, VENDOR_ME, vendor_yes);
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_check_by_hand_is_made_at_once(void **state)
{
    struct lodge *lodge = *state;
    str id = dead_account(lodge, CHECKED);
    answer(lodge, VENDOR_ME, vendor_trouble);
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(checks(lodge), 2);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    answer(lodge, VENDOR_ME, vendor_yes);
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_token_that_was_stored_by_hand_is_checked_too(void **state)
{
    struct lodge *lodge = *state;
    str id = dead_account(lodge, "{\"check\":\"/me\"}");
    assert_int_equal(lodge->mint.asked, 0);
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    answer(lodge, VENDOR_ME, vendor_yes);
    lodge_hurry(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void what_is_renewed_is_not_checked(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, "{\"check\":\"/me\"}");
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    answer(lodge, VENDOR_ME, vendor_no);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(checks(lodge), 0);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

/* --- contexts --- */

static void a_context_that_lacks_something_is_filled(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, FILLED);
    assert_int_equal(fills(lodge), 1);
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    assert_int_equal(stats_of(lodge).wards, 0);
    lodge_run(lodge, 48 * USEC_H);
    assert_int_equal(fills(lodge), 1);
}

static void one_whose_token_is_renewed_is_filled_with_its_first_token(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, RENEWED);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(fills(lodge), 1);
    assert_str(str_z(api_of(lodge)->last_token), STR("a1.1"));
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    lodge_run(lodge, 24 * USEC_H);
    assert_int_equal(fills(lodge), 1);
    assert_in_range(lodge->mint.asked, 24, 27);
}

static void one_with_a_token_that_nothing_renews_is_filled(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, RENEWED);
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    assert_int_equal(lodge->mint.asked, 0);
}

/* What was set by hand, which may be one of several that the vendor would name. */
static void what_the_context_has_stays(void **state)
{
    struct lodge *lodge = *state;
    const struct json *context = given_json(&lodge->arena, STR("{\"org\":\"Chosen\"}"));
    lodge_auth(lodge, "{\"token\":null,\"context\":["
                      "{\"url\":\"/org\",\"keep\":{\"org\":\"/name\"}},"
                      "{\"url\":\"/org/{org}\",\"keep\":{\"more\":\"/name\"}}]}");
    answer(lodge, VENDOR_ORG, vendor_trouble);
    str id = lodge_static_account(lodge, 1);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_UPDATE, id);
    change.context = *context;
    lodge_do(lodge, &change);
    answer(lodge, VENDOR_ORG, vendor_yes);
    lodge_run(lodge, USEC_H);
    assert_str(str_z(api_of(lodge)->last_path), STR("/org/Chosen"));
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Chosen"));
    assert_str(lodge_context(lodge, 0, id, "more"), STR("Acme"));
}

static void one_that_cannot_be_filled_is_asked_for_a_few_times_an_hour(void **state)
{
    struct lodge *lodge = *state;
    const struct vendor_answer answers[] = {vendor_trouble,
                                            vendor_away,
                                            vendor_no,
                                            vendor_forbids,
                                            {200, OUTCOME_OK, "{}", ERR_NONE, 0}};
    for (unsigned i = 0; i < COUNT_OF(answers); i++) {
        answer(lodge, VENDOR_ORG, answers[i]);
        unsigned before = fills(lodge), checked = checks(lodge);
        str id = account_under(lodge, i % 2 ? FILLED : BOTH);
        lodge_run(lodge, USEC_H);
        assert_in_range(fills(lodge) - before, 2, 9);
        lodge_run(lodge, 10 * USEC_H);
        assert_in_range(fills(lodge) - before, 10, 30);
        assert_in_range(checks(lodge) - checked, 0, 30);
        assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
        answer(lodge, VENDOR_ORG, vendor_yes);
        lodge_run(lodge, 61 * USEC_MIN);
        assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    }
}

static void a_vendor_that_refuses_leads_to_a_check(void **state)
{
    struct lodge *lodge = *state;
    answer(lodge, VENDOR_ORG, vendor_no);
    answer(lodge, VENDOR_ME, vendor_no);
    str id = account_under(lodge, BOTH);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    unsigned asked = fills(lodge);
    lodge_run(lodge, 20 * USEC_H);
    assert_int_equal(fills(lodge), asked);
}

static void a_request_that_cannot_be_made_is_not_sent(void **state)
{
    struct lodge *lodge = *state;
    account_under(lodge, "{\"token\":null,\"context\":["
                         "{\"url\":\"/{none}\",\"keep\":{\"org\":\"/name\"}}]}");
    buf_clear(&lodge->lines);
    lodge_run(lodge, 10 * USEC_H);
    assert_int_equal(fills(lodge), 0);
    assert_true(lodge_logged(lodge, "no_context"));
    assert_true(buf_peek(&lodge->lines).n < 8192); /* no loop */
}

static void changes_of_an_account_make_no_pause_longer(void **state)
{
    struct lodge *lodge = *state;
    answer(lodge, VENDOR_ORG, vendor_trouble);
    str id = account_under(lodge, FILLED);
    for (unsigned i = 0; i < 60; i++) {
        struct change change = lodge_change(lodge, CHANGE_ACCOUNT_UPDATE, id);
        change.name = STR("The same");
        lodge_do(lodge, &change);
        lodge_run(lodge, USEC_MIN);
    }
    assert_in_range(fills(lodge), 5, 9);
}

/* --- beside exchanges --- */

/* An account whose context is being asked for, while its token is good. */
static str errand_under_way(struct lodge *lodge, usec takes)
{
    lodge_auth(lodge, RENEWED);
    api_of(lodge)->takes = takes;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(fills(lodge), 1);
    assert_int_equal(api_of(lodge)->open, 1);
    assert_false(lodge_view(lodge, id).renewing);
    return id;
}

static void a_call_waits_for_a_token_through_an_errand(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = errand_under_way(lodge, 20 * USEC_S);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    assert_int_equal(asker.word, KEEPER_WAIT);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_MIN));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_in_range(asker.told - asker.asked, 15 * USEC_S, 21 * USEC_S);
    assert_int_equal(lodge->mint.asked, 2);
    assert_str(lodge_token(lodge, 0, id), STR("a1.2"));
}

static void an_errand_has_its_bound(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = errand_under_way(lodge, 10 * USEC_H);
    answer(lodge, VENDOR_ORG, vendor_away);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_MIN));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_true(asker.told - asker.asked <= 31 * USEC_S);
    assert_int_equal(lodge->mint.asked, 2);
}

static void a_token_that_is_due_goes_before_an_errand(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, RENEWED);
    answer(lodge, VENDOR_ORG, vendor_trouble);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_crash(lodge, 0);
    false_world_advance(&lodge->world, 2 * USEC_H);
    api_of(lodge)->takes = 20 * USEC_S;
    answer(lodge, VENDOR_ORG, vendor_yes);
    lodge_open(lodge, 0);
    lodge_run(lodge, 5 * USEC_MIN);
    assert_str(str_z(api_of(lodge)->last_token), STR("a1.2"));
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
}

static void a_storm_of_401s_during_errands_is_no_storm_of_exchanges(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    answer(lodge, VENDOR_ORG, vendor_trouble);
    lodge_auth(lodge, RENEWED);
    api_of(lodge)->takes = 20 * USEC_S;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    unsigned asked = lodge->mint.asked;
    for (unsigned i = 0; i < 10 * 60 * 10; i++) {
        lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
        lodge_run(lodge, 100 * USEC_MS);
        lodge_forget(&asker);
    }
    assert_in_range(lodge->mint.asked - asked, 1, 11);
}

static void whoever_waits_behind_an_errand_is_told_when_the_worker_leaves(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = errand_under_way(lodge, 20 * USEC_S);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    lodge_crash(lodge, 0);
    assert_true(asker.answered);
    assert_int_equal(asker.word, KEEPER_NO);
    assert_int_equal(asker.reason.err, ERR_TOKEN_UNAVAILABLE);
    lodge_open(lodge, 0);
}

/* The worker has begun what is due, and the store is still to be heard. */
static void leave_during_intent(struct lodge *lodge)
{
    struct process *process = &lodge->processes[0];
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        worker_turn(false_loop_worker(&process->loop, i));
    lodge_crash(lodge, 0);
}

static void a_worker_that_leaves_before_the_store_has_answered_asks_nobody(void **state)
{
    struct lodge *lodge = *state;
    lodge_account(lodge, 1);
    leave_during_intent(lodge);
    assert_int_equal(lodge->mint.asked, 0);
    assert_int_equal(lodge_number(lodge, "SELECT max(lease_until + intent) FROM token"),
                     0);
    assert_int_equal(lodge_number(lodge, "SELECT fence FROM token"), 1);
    lodge_open(lodge, 0);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
}

static void a_worker_that_leaves_keeps_the_mark_of_an_unanswered_exchange(void **state)
{
    struct lodge *lodge = *state;
    mint_plan(&lodge->mint, MINT_LOST);
    lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_number(lodge, "SELECT intent FROM token"), 1);
    lodge_crash(lodge, 0);
    lodge_open(lodge, 0);
    leave_during_intent(lodge);
    assert_int_equal(lodge_number(lodge, "SELECT intent FROM token"), 1);
    lodge_open(lodge, 0);
}

static void a_crash_in_an_errand_loses_no_rotation(void **state)
{
    struct lodge *lodge = *state;
    str id = errand_under_way(lodge, 20 * USEC_S);
    lodge_crash(lodge, 0);
    assert_int_equal(api_of(lodge)->gone, 1);
    lodge_open(lodge, 0);
    mint_revoke(&lodge->mint, 1);
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    assert_false(lodge_logged(lodge, "rotation_lost"));
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
}

/* --- others --- */

static void a_document_that_comes_to_a_check_has_it_made(void **state)
{
    struct lodge *lodge = *state;
    str id = account_under(lodge, "{\"token\":null}");
    refuse(lodge, id);
    assert_int_equal(checks(lodge), 0);
    lodge_auth(lodge, CHECKED);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_NEEDS_REAUTH);
    lodge_auth(lodge, "{\"token\":null}");
    lodge_run(lodge, 72 * USEC_H);
    assert_int_equal(checks(lodge), 1);
    lodge_auth(lodge, CHECKED);
    answer(lodge, VENDOR_ME, vendor_yes);
    lodge_run(lodge, 25 * USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
}

static void a_document_that_loses_its_requests_during_one_of_them(void **state)
{
    struct lodge *lodge = *state;
    api_of(lodge)->takes = 5 * USEC_S;
    str id = account_under(lodge, FILLED);
    assert_int_equal(api_of(lodge)->open, 1);
    lodge_auth(lodge, "{\"token\":null}");
    lodge_run(lodge, USEC_H);
    assert_int_equal(fills(lodge), 1);
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    assert_int_equal(stats_of(lodge).wards, 0);
}

static void a_document_that_comes_to_a_token_block_during_an_errand_renews(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, FILLED);
    api_of(lodge)->takes = 5 * USEC_S;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    assert_int_equal(api_of(lodge)->open, 1);
    lodge_auth(lodge, RENEWED);
    lodge_run(lodge, 10 * USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
    assert_true(lodge_good(lodge, 0, id));
}

static void a_document_that_comes_to_a_token_block_between_errands_renews(void **state)
{
    struct lodge *lodge = *state;
    answer(lodge, VENDOR_ORG, vendor_trouble);
    lodge_auth(lodge, FILLED);
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 10 * USEC_S);
    lodge_auth(lodge, RENEWED);
    lodge_run(lodge, USEC_S);
    assert_int_equal(lodge->mint.asked, 1);
    assert_true(lodge_good(lodge, 0, id));
}

static void a_document_that_loses_its_token_block_leaves_nobody_waiting(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    lodge->mint.takes = 5 * USEC_S;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, USEC_S);
    lodge_ask(lodge, 0, id, 0, &asker);
    assert_int_equal(asker.word, KEEPER_WAIT);
    lodge_auth(lodge, "{\"token\":null}");
    lodge_run(lodge, USEC_S);
    assert_true(asker.answered && asker.word == KEEPER_GO);
    lodge_run(lodge, 10 * USEC_S);
    assert_str(lodge_refresh_token(lodge, id), STR("r1.1")); /* the vendor has rotated */
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(lodge->mint.asked, 1);
}

static void an_account_that_is_deleted_during_an_errand_is_gone(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    str id = errand_under_way(lodge, 5 * USEC_S);
    lodge_ask(lodge, 0, id, lodge_version(lodge, id), &asker);
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_DELETE, id);
    lodge_do(lodge, &change);
    lodge_run(lodge, 10 * USEC_S);
    assert_true(asker.answered && asker.word == KEEPER_NO);
    assert_int_equal(asker.reason.err, ERR_ACCOUNT_DELETED);
    lodge_run(lodge, 5 * USEC_H);
    assert_int_equal(fills(lodge), 1);
    assert_int_equal(stats_of(lodge).wards, 0);
}

static void an_account_that_is_switched_off_during_a_check_stays_off(void **state)
{
    struct lodge *lodge = *state;
    str id = check_under_way(lodge);
    lodge_move(lodge, id, ACCOUNT_DISABLED);
    lodge_run(lodge, 72 * USEC_H);
    assert_int_equal(checks(lodge), 1);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_DISABLED);
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, USEC_H);
    assert_int_equal(checks(lodge), 1);
}

static void credentials_that_were_put_during_a_check_are_not_what_was_refused(
    void **state)
{
    struct lodge *lodge = *state;
    str id = check_under_way(lodge);
    lodge_put(lodge, id, "a2.0", NULL);
    lodge_run(lodge, USEC_H);
    assert_int_equal(lodge_state(lodge, id), ACCOUNT_ACTIVE);
    assert_int_equal(checks(lodge), 1);
}

/* --- the store --- */

static void without_a_store_nobody_is_asked_in_a_loop(void **state)
{
    struct lodge *lodge = *state;
    answer(lodge, VENDOR_ORG, vendor_trouble);
    str id = account_under(lodge, BOTH);
    answer(lodge, VENDOR_ORG, vendor_yes);
    lodge_sql(lodge, "CREATE TRIGGER no_update BEFORE UPDATE ON token "
                     "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END");
    lodge_suspect(lodge, 0, id);
    lodge_run(lodge, 2 * USEC_H);
    assert_int_equal(fills(lodge) + checks(lodge), 1);
    lodge_sql(lodge, "DROP TRIGGER no_update");
    lodge_run(lodge, 61 * USEC_MIN);
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
    assert_int_equal(checks(lodge), 1);
}

static void what_the_store_does_not_take_is_asked_for_a_few_times_an_hour(void **state)
{
    struct lodge *lodge = *state;
    lodge_sql(lodge, "CREATE TRIGGER no_context BEFORE UPDATE OF context ON account "
                     "BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END");
    str id = account_under(lodge, FILLED);
    lodge_run(lodge, USEC_H);
    assert_in_range(fills(lodge), 2, 9);
    lodge_sql(lodge, "DROP TRIGGER no_context");
    lodge_run(lodge, 61 * USEC_MIN);
    assert_str(lodge_context(lodge, 0, id, "org"), STR("Acme"));
}

/* --- two processes --- */

static void two_processes_fill_a_context_once(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, FILLED);
    api_of(lodge)->takes = 5 * USEC_S;
    str id = lodge_static_account(lodge, 1);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(fills(lodge), 1);
    assert_int_equal(api_of(lodge)->peak, 1);
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        assert_str(lodge_context(lodge, i, id, "org"), STR("Acme"));
}

static void two_processes_make_one_check_at_a_time(void **state)
{
    struct lodge *lodge = *state;
    lodge_auth(lodge, CHECKED);
    answer(lodge, VENDOR_ME, vendor_no);
    api_of(lodge)->takes = 5 * USEC_S;
    str id = lodge_static_account(lodge, 1);
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        lodge_suspect(lodge, i, id);
    lodge_run(lodge, USEC_MIN);
    assert_int_equal(api_of(lodge)->peak, 1);
    assert_str(lodge_events(lodge), STR("account.needs_reauth\n"));
    lodge_run(lodge, 10 * 24 * USEC_H);
    assert_in_range(checks(lodge), 10, 25);
    assert_int_equal(api_of(lodge)->peak, 1);
}

static void an_errand_of_another_process_keeps_an_exchange_waiting_no_longer(void **state)
{
    struct lodge *lodge = *state;
    struct asker asker;
    lodge_auth(lodge, RENEWED);
    api_of(lodge)->takes = 10 * USEC_S;
    str id = lodge_account(lodge, 1);
    lodge_run(lodge, 2 * USEC_S);
    assert_int_equal(api_of(lodge)->open, 1);
    lodge_ask(lodge, 1, id, lodge_version(lodge, id), &asker);
    assert_true(lodge_run_until(lodge, &asker.answered, USEC_MIN));
    assert_int_equal(asker.word, KEEPER_GO);
    assert_true(asker.told - asker.asked <= 11 * USEC_S);
    assert_false(lodge->mint.grants[1].reused);
}

int test_errand(void)
{
    const struct CMUnitTest tests[] = {
        LODGE_TEST(an_account_that_nobody_suspects_is_not_asked_about),
        LODGE_TEST(three_refusals_of_one_resource_are_a_missing_scope),
        LODGE_TEST(a_refused_check_asks_for_a_person_once),
        LODGE_TEST(a_refused_key_that_was_to_have_ended_is_said_to),
        LODGE_TEST(a_check_that_is_passed_ends_the_row),
        LODGE_TEST(an_error_that_is_no_trouble_is_a_yes),
        LODGE_TEST(a_vendor_in_trouble_is_asked_a_few_times_an_hour),
        LODGE_TEST(a_vendor_that_passes_each_check_is_asked_a_few_times_an_hour),
        LODGE_TEST(a_retry_after_is_kept),
        LODGE_TEST(once_a_day_it_is_looked_whether_a_person_is_needed),
        LODGE_TEST(the_daily_check_survives_a_restart),
        LODGE_TEST(a_check_by_hand_is_made_at_once),
        LODGE_TEST(a_token_that_was_stored_by_hand_is_checked_too),
        LODGE_TEST(what_is_renewed_is_not_checked),
        LODGE_TEST(a_context_that_lacks_something_is_filled),
        LODGE_TEST(one_whose_token_is_renewed_is_filled_with_its_first_token),
        LODGE_TEST(one_with_a_token_that_nothing_renews_is_filled),
        LODGE_TEST(what_the_context_has_stays),
        LODGE_TEST(one_that_cannot_be_filled_is_asked_for_a_few_times_an_hour),
        LODGE_TEST(a_vendor_that_refuses_leads_to_a_check),
        LODGE_TEST(a_request_that_cannot_be_made_is_not_sent),
        LODGE_TEST(changes_of_an_account_make_no_pause_longer),
        LODGE_TEST(a_call_waits_for_a_token_through_an_errand),
        LODGE_TEST(an_errand_has_its_bound),
        LODGE_TEST(a_token_that_is_due_goes_before_an_errand),
        LODGE_TEST(a_storm_of_401s_during_errands_is_no_storm_of_exchanges),
        LODGE_TEST(whoever_waits_behind_an_errand_is_told_when_the_worker_leaves),
        LODGE_TEST(a_worker_that_leaves_before_the_store_has_answered_asks_nobody),
        LODGE_TEST(a_worker_that_leaves_keeps_the_mark_of_an_unanswered_exchange),
        LODGE_TEST(a_crash_in_an_errand_loses_no_rotation),
        LODGE_TEST(a_document_that_comes_to_a_check_has_it_made),
        LODGE_TEST(a_document_that_loses_its_requests_during_one_of_them),
        LODGE_TEST(a_document_that_comes_to_a_token_block_during_an_errand_renews),
        LODGE_TEST(a_document_that_comes_to_a_token_block_between_errands_renews),
        LODGE_TEST(a_document_that_loses_its_token_block_leaves_nobody_waiting),
        LODGE_TEST(an_account_that_is_deleted_during_an_errand_is_gone),
        LODGE_TEST(an_account_that_is_switched_off_during_a_check_stays_off),
        LODGE_TEST(credentials_that_were_put_during_a_check_are_not_what_was_refused),
        LODGE_TEST(without_a_store_nobody_is_asked_in_a_loop),
        LODGE_TEST(what_the_store_does_not_take_is_asked_for_a_few_times_an_hour),
        LODGE_TEST_TWO(two_processes_fill_a_context_once),
        LODGE_TEST_TWO(two_processes_make_one_check_at_a_time),
        LODGE_TEST_TWO(an_errand_of_another_process_keeps_an_exchange_waiting_no_longer),
    };
    return cmocka_run_group_tests_name("errand", tests, NULL, NULL);
}
