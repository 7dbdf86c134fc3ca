#include "directory/token_change.h"

#include "event/event.h"
#include "groups.h"
#include "json/json_write.h"
#include "office.h"

static const usec lease_time = 60 * USEC_S;

/* --- changes --- */

static str new_account(struct office *office)
{
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    str id = office_account(office, environment, "crm", NULL);
    assert_int_equal(office_store_credential(office, id, "token", "old-secret"),
                     ERR_NONE);
    return id;
}

static struct token_change change_of(struct office *office, enum token_step step, str id,
                                     uint64_t version)
{
    return (struct token_change){.step = step,
                                 .directory = office->directory,
                                 .worker = false_loop_worker(&office->loop, 0),
                                 .arena = &office->arena,
                                 .account = id,
                                 .version = version,
                                 .holder = STR("a"),
                                 .lease = lease_time,
                                 .fence = 1,
                                 .fault = STR("It failed."),
                                 .wall = world_wall(&office->world.world)};
}

static bool done;

static void on_done(struct token_change *change)
{
    (void)change;
    done = true;
}

static enum token_end run(struct office *office, struct token_change *change)
{
    done = false;
    change->done = on_done;
    directory_change_token(change);
    assert_false(done); /* never from inside */
    assert_true(false_loop_wait(&office->loop, &done));
    assert_int_equal(change->err, ERR_NONE);
    return change->end;
}

/* Takes the lease; answers the fence. */
static uint64_t intend(struct office *office, str id, uint64_t version)
{
    struct token_change change = change_of(office, TOKEN_INTEND, id, version);
    assert_int_equal(run(office, &change), TOKEN_DONE);
    return change.fence;
}

static enum token_end store_as(struct office *office, struct token_change *change,
                               const char *token)
{
    struct credential set[2] = {office_credential("token", token),
                                office_credential("refresh_token", "refresh-secret")};
    change->credentials = set;
    change->credential_n = 2;
    change->issued = change->wall;
    change->expires = change->wall + USEC_H;
    change->refresh_expires = change->wall + USEC_DAY;
    change->scope = str_starts(str_z(token), STR("new")) ? STR("read write") : STR_NONE;
    enum token_end end = run(office, change);
    secret_fini(&set[0].value);
    secret_fini(&set[1].value);
    return end;
}

/* A whole exchange that gives a token. */
static void renew(struct office *office, str id, uint64_t version, const char *token)
{
    struct token_change change = change_of(office, TOKEN_STORE, id, version);
    change.fence = intend(office, id, version);
    assert_int_equal(store_as(office, &change, token), TOKEN_DONE);
}

static void fail_once(struct office *office, str id, uint64_t version, bool dead,
                      bool worrying)
{
    struct token_change change = change_of(office, TOKEN_FAIL, id, version);
    change.fence = intend(office, id, version);
    change.dead = dead;
    change.worrying = worrying;
    assert_int_equal(run(office, &change), TOKEN_DONE);
}

static void move(struct office *office, str id, enum account_state to)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_STATE);
    change.id = id;
    change.state = to;
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

/* --- looking --- */

/* Everything that is known of an account, in one text. */
static str picture(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    const struct token_facts *token = &account->token;
    struct buf context;
    enum err err = ERR_NONE;
    assert_non_null(account);
    const struct credentials *set =
        directory_credentials(office->directory, account, &err);
    buf_init(&context, 1 << 20);
    json_write(&context, &account->context, JSON_COMPACT);
    str value = set ? secret_peek(&set->items[0].value) : STR("closed");
    str text = arena_printf(
        &office->arena,
        STR_F " v%llu " STR_F " " STR_F " issued=%lld expires=%lld refresh=%lld "
              "learned=%lld refreshed=%lld tried=%lld failures=%u fault=" STR_F
              " intent=%llu updated=%lld scope=" STR_F,
        STR_A(account_state_word(account->state)),
        (unsigned long long)account->credential_version, STR_A(value),
        STR_A(buf_peek(&context)), (long long)token->issued, (long long)token->expires,
        (long long)token->refresh_expires, (long long)token->learned,
        (long long)token->refreshed, (long long)token->tried, token->failures,
        STR_A(token->fault), (unsigned long long)token->intent,
        (long long)account->updated, STR_A(token->scope));
    buf_fini(&context);
    account_unref(&account);
    return text;
}

static void assert_has(struct office *office, str id, const char *part)
{
    str text = picture(office, id);
    if (str_find_str(text, str_z(part)) == text.n)
        fail_msg("\"" STR_F "\" has no \"%s\"", STR_A(text), part);
}

static void same_after_restart(struct office *office, str id)
{
    str before = picture(office, id);
    office_reopen(office);
    assert_str(picture(office, id), before);
}

static bool answered;

static void on_listed(struct event_query *query)
{
    (void)query;
    answered = true;
}

/* The types of the account's events, oldest first, and the last one's detail. */
static str events_of(struct office *office, str id, str *ret_detail)
{
    struct event_query query = {.account = id,
                                .max = 20,
                                .arena = &office->arena,
                                .worker = false_loop_worker(&office->loop, 0),
                                .done = on_listed};
    str text = STR("");
    answered = false;
    event_list(office->store, &query);
    assert_true(false_loop_wait(&office->loop, &answered));
    for (uint32_t i = query.n; i > 0; i--)
        text = arena_printf(&office->arena, STR_F "%s" STR_F, STR_A(text),
                            i < query.n ? " " : "",
                            STR_A(str_from(query.rows[i - 1].type, 8)));
    if (ret_detail)
        *ret_detail = query.n ? query.rows[0].detail : STR_NONE;
    return text;
}

struct counting {
    struct store_op op;
    str account;
    int64_t rows, oldest;
};

static enum err run_count(struct tx *tx, struct store_op *op)
{
    static const struct statement rows = {
        "SELECT COUNT(*) FROM credential WHERE account = $1"};
    static const struct statement oldest = {
        "SELECT MIN(version) FROM credential WHERE account = $1"};
    struct counting *counting = CONTAINER_OF(op, struct counting, op);
    struct value params[] = {V_TEXT(counting->account)};
    enum err err = tx_number(tx, &rows, params, 1, &counting->rows);
    return err ? err : tx_number(tx, &oldest, params, 1, &counting->oldest);
}

static struct counting sets_of(struct office *office, str id)
{
    struct counting counting = {.op = {.kind = STORE_READ, .run = run_count},
                                .account = id};
    assert_int_equal(store_run(office->store, &counting.op), ERR_NONE);
    return counting;
}

static bool asked;

static void on_previous(struct token_previous *previous)
{
    (void)previous;
    asked = true;
}

/* The token of the set before, or absent. */
static str previous_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    struct token_previous previous = {.directory = office->directory,
                                      .worker = false_loop_worker(&office->loop, 0),
                                      .done = on_previous,
                                      .account = account};
    str token = STR_NONE;
    asked = false;
    directory_previous_credentials(&previous);
    assert_true(false_loop_wait(&office->loop, &asked));
    assert_int_equal(previous.err, ERR_NONE);
    if (previous.credentials)
        token =
            arena_str(&office->arena, secret_peek(&previous.credentials->items[0].value));
    credentials_destroy(&previous.credentials);
    account_unref(&account);
    return token;
}

/* --- intend --- */

static void an_intent_is_known_before_anything_is_sent(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct token_change change = change_of(office, TOKEN_INTEND, id, 1);
    change.fence = 0;
    change.learned = 7 * USEC_S;
    assert_int_equal(run(office, &change), TOKEN_DONE);
    assert_int_equal(change.fence, 1);
    assert_false(change.interrupted);
    assert_has(office, id, "intent=1 ");
    assert_has(office, id, "learned=7000000 ");
    assert_has(office, id, "active v1 old-secret");
    same_after_restart(office, id);
    assert_str(events_of(office, id, NULL), STR("connected"));
}

static void who_finds_an_intent_knows_that_an_answer_is_missing(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    intend(office, id, 1);
    office_reopen(office); /* the process died */
    struct token_change change = change_of(office, TOKEN_INTEND, id, 1);
    assert_int_equal(run(office, &change), TOKEN_DONE); /* its own lease */
    assert_true(change.interrupted);
    assert_int_equal(change.fence, 2);
    assert_has(office, id, "learned=0 "); /* 0 keeps what is known */
}

/* Wall clocks decide nothing: whoever has seen a lease stand for its whole length says
 * which. */
static void one_at_a_time_until_the_lease_is_outlived(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    intend(office, id, 1);
    struct token_change other = change_of(office, TOKEN_INTEND, id, 1);
    other.holder = STR("b");
    str before = picture(office, id);
    assert_int_equal(run(office, &other), TOKEN_HELD);
    assert_int_equal(other.fence, 1);
    assert_str(picture(office, id), before);
    false_world_jump(&office->world, 100 * lease_time);
    assert_int_equal(run(office, &other), TOKEN_HELD);
    other.outlived = 7; /* of another lease */
    assert_int_equal(run(office, &other), TOKEN_HELD);
    other.outlived = 1;
    assert_int_equal(run(office, &other), TOKEN_DONE);
    assert_int_equal(other.fence, 2);
    assert_true(other.interrupted);
}

static void leases_of_a_life_before_are_dropped_and_their_intents_stay(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    intend(office, id, 1);
    assert_int_equal(directory_drop_leases(office->directory), ERR_NONE);
    struct token_change other = change_of(office, TOKEN_INTEND, id, 1);
    other.holder = STR("b");
    assert_int_equal(run(office, &other), TOKEN_DONE);
    assert_int_equal(other.fence, 2);
    assert_true(other.interrupted);
}

static void an_end_gives_the_lease_back(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    renew(office, id, 1, "new");
    struct token_change other = change_of(office, TOKEN_INTEND, id, 2);
    other.holder = STR("b");
    assert_int_equal(run(office, &other), TOKEN_DONE);
    assert_false(other.interrupted);
    struct token_change fail = change_of(office, TOKEN_FAIL, id, 2);
    fail.fence = other.fence;
    assert_int_equal(run(office, &fail), TOKEN_DONE);
    struct token_change again = change_of(office, TOKEN_INTEND, id, 2);
    assert_int_equal(run(office, &again), TOKEN_DONE);
    assert_false(again.interrupted);
}

/* --- store --- */

static void a_new_set_is_what_readers_find(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    false_world_advance(&office->world, USEC_S);
    usec wall = world_wall(&office->world.world);
    renew(office, id, 1, "new-secret");
    assert_str(picture(office, id),
               arena_printf(&office->arena,
                            "active v2 new-secret {} issued=%lld expires=%lld "
                            "refresh=%lld learned=0 refreshed=%lld tried=%lld failures=0 "
                            "fault= intent=0 updated=%lld scope=read write",
                            (long long)wall, (long long)(wall + USEC_H),
                            (long long)(wall + USEC_DAY), (long long)wall,
                            (long long)wall, (long long)wall));
    same_after_restart(office, id);
}

static void exactly_one_set_before_is_kept(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_true(str_absent(previous_of(office, id)));
    renew(office, id, 1, "two");
    assert_str(previous_of(office, id), STR("old-secret"));
    renew(office, id, 2, "three");
    assert_str(previous_of(office, id), STR("two"));
    for (uint64_t version = 3; version < 10; version++)
        renew(office, id, version, "more");
    struct counting sets = sets_of(office, id);
    assert_int_equal(sets.rows, 2);
    assert_int_equal(sets.oldest, 9);
    office_reopen(office);
    assert_str(previous_of(office, id), STR("more"));
    assert_int_equal(office_store_credential(office, id, "token", "by hand"), ERR_NONE);
    assert_true(str_absent(previous_of(office, id)));
    assert_has(office, id, "v11 by hand");
}

static void what_comes_too_late_changes_nothing(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    uint64_t fence = intend(office, id, 1);
    struct token_change other = change_of(office, TOKEN_INTEND, id, 1);
    other.holder = STR("b");
    other.outlived = fence;
    assert_int_equal(run(office, &other), TOKEN_DONE);
    str before = picture(office, id);
    struct token_change late = change_of(office, TOKEN_STORE, id, 1);
    late.fence = fence;
    assert_int_equal(store_as(office, &late, "late-secret"), TOKEN_HELD);
    late = change_of(office, TOKEN_FAIL, id, 1);
    late.fence = fence;
    late.dead = true;
    assert_int_equal(run(office, &late), TOKEN_HELD);
    assert_str(picture(office, id), before);
    assert_int_equal(sets_of(office, id).rows, 1);
    /* the other one's exchange is not disturbed */
    struct token_change store = change_of(office, TOKEN_STORE, id, 1);
    store.fence = other.fence;
    assert_int_equal(store_as(office, &store, "new-secret"), TOKEN_DONE);
    assert_has(office, id, "v2 new-secret");
    same_after_restart(office, id);
}

static void newer_credentials_win(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    uint64_t fence = intend(office, id, 1);
    assert_int_equal(office_store_credential(office, id, "token", "by hand"), ERR_NONE);
    str before = picture(office, id);
    static const enum token_step steps[] = {TOKEN_INTEND, TOKEN_STORE, TOKEN_FAIL};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct token_change change = change_of(office, steps[i], id, 1);
        change.fence = fence;
        change.dead = true;
        assert_int_equal(store_as(office, &change, "late-secret"), TOKEN_NEWER);
        assert_str(picture(office, id), before);
    }
    /* what was known of the token before went with it, the lease too */
    struct token_change other = change_of(office, TOKEN_INTEND, id, 2);
    other.holder = STR("b");
    assert_int_equal(run(office, &other), TOKEN_DONE);
    assert_false(other.interrupted);
}

static void an_account_that_is_gone_has_no_exchange(void **state)
{
    static const enum token_step steps[] = {TOKEN_INTEND, TOKEN_STORE, TOKEN_FAIL};
    struct office *office = *state;
    str id = new_account(office);
    intend(office, id, 1);
    struct change delete = office_change(office, CHANGE_ACCOUNT_DELETE);
    delete.id = id;
    assert_int_equal(office_do(office, &delete), ERR_NONE);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct token_change change = change_of(office, steps[i], id, 1);
        assert_int_equal(store_as(office, &change, "late-secret"), TOKEN_GONE);
    }
    assert_int_equal(sets_of(office, id).rows, 0);
    assert_null(directory_account(office->directory, id));
}

/* The vendor has rotated: the set before is dead, whoever pressed a button meanwhile. */
static void a_set_is_kept_for_an_account_that_was_switched_off(void **state)
{
    static const enum account_state states[] = {ACCOUNT_DISABLED, ACCOUNT_DELETING};
    struct office *office = *state;
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        str environment =
            office_environment(office, office_stage(office, i ? "b" : "a"), NULL);
        str id = office_account(office, environment, "crm", NULL);
        assert_int_equal(office_store_credential(office, id, "token", "x"), ERR_NONE);
        struct token_change store = change_of(office, TOKEN_STORE, id, 1);
        store.fence = intend(office, id, 1);
        move(office, id, states[i]);
        assert_int_equal(store_as(office, &store, "new-secret"), TOKEN_DONE);
        assert_has(office, id, "v2 new-secret");
        assert_has(office, id, i ? "deleting" : "disabled");
        struct token_change intent = change_of(office, TOKEN_INTEND, id, 2);
        /* one that is being deleted has writes to be done yet */
        assert_int_equal(run(office, &intent), i ? TOKEN_DONE : TOKEN_GONE);
        assert_str(events_of(office, id, NULL), STR("connected"));
        same_after_restart(office, id);
    }
}

static void a_failure_leaves_the_state_of_an_account_that_was_switched_off(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct token_change fail = change_of(office, TOKEN_FAIL, id, 1);
    fail.fence = intend(office, id, 1);
    fail.dead = fail.worrying = true;
    move(office, id, ACCOUNT_DISABLED);
    assert_int_equal(run(office, &fail), TOKEN_DONE);
    assert_has(office, id, "disabled");
    assert_has(office, id, "failures=1 fault=It failed. intent=0");
    assert_str(events_of(office, id, NULL), STR("connected"));
}

/* --- context --- */

static void what_answers_bring_is_merged_into_the_context(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct change update = office_change(office, CHANGE_ACCOUNT_UPDATE);
    update.id = id;
    update.context = office_json(office, "{\"a\":\"1\",\"b\":\"2\"}");
    assert_int_equal(office_do(office, &update), ERR_NONE);
    struct token_change store = change_of(office, TOKEN_STORE, id, 1);
    store.fence = intend(office, id, 1);
    store.context = office_json(office, "{\"b\":\"3\",\"c\":\"\\u00e9\\\"\"}");
    assert_int_equal(store_as(office, &store, "x"), TOKEN_DONE);
    assert_has(office, id, "{\"a\":\"1\",\"b\":\"3\",\"c\":\"\xc3\xa9\\\"\"}");
    renew(office, id, 2, "y"); /* brings none */
    assert_has(office, id, "{\"a\":\"1\",\"b\":\"3\",\"c\":\"\xc3\xa9\\\"\"}");
    same_after_restart(office, id);
}

static void a_context_without_end_costs_no_token(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    char *large = arena_bytes(&office->arena, 70000);
    memset(large, 'x', 70000);
    struct json_build build;
    json_build_init(&build, &office->arena);
    json_build_member(&build, STR("a"), json_of_text(str_of(large, 70000)));
    struct token_change store = change_of(office, TOKEN_STORE, id, 1);
    store.fence = intend(office, id, 1);
    store.context = json_build_object(&build);
    assert_int_equal(store_as(office, &store, "new-secret"), TOKEN_DONE);
    assert_has(office, id, "v2 new-secret {} ");
}

/* --- states and events --- */

static void an_account_dies_and_comes_back(void **state)
{
    struct office *office = *state;
    str detail, id = new_account(office);
    fail_once(office, id, 1, true, true);
    assert_has(office, id, "needs_reauth v1 old-secret");
    assert_has(office, id, "failures=1 fault=It failed.");
    assert_str(events_of(office, id, &detail), STR("connected needs_reauth"));
    assert_str(detail, STR("{\"from\":\"active\",\"to\":\"needs_reauth\","
                           "\"reason\":\"It failed.\"}"));
    same_after_restart(office, id);
    fail_once(office, id, 1, false, true); /* the daily look: no news */
    fail_once(office, id, 1, true, false);
    assert_has(office, id, "needs_reauth v1 old-secret");
    assert_str(events_of(office, id, NULL), STR("connected needs_reauth"));
    renew(office, id, 1, "new");
    assert_has(office, id, "active v2 new");
    assert_has(office, id, "failures=0 fault= ");
    assert_str(events_of(office, id, NULL), STR("connected needs_reauth reactivated"));
    same_after_restart(office, id);
}

static void an_account_worries_and_recovers(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    fail_once(office, id, 1, false, false);
    assert_has(office, id, "active");
    fail_once(office, id, 1, false, true);
    assert_has(office, id, "degraded");
    fail_once(office, id, 1, false, true);
    assert_has(office, id, "failures=3");
    assert_str(events_of(office, id, NULL), STR("connected degraded"));
    renew(office, id, 1, "new");
    assert_has(office, id, "active");
    assert_str(events_of(office, id, NULL), STR("connected degraded recovered"));
    same_after_restart(office, id);
}

static void an_account_without_credentials_is_connected_by_its_first(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    str id = office_account(office, environment, "crm", NULL);
    struct token_change intent = change_of(office, TOKEN_INTEND, id, 0);
    assert_int_equal(run(office, &intent), TOKEN_DONE);
    assert_false(intent.interrupted);
    fail_once(office, id, 0, false, true);
    assert_has(office, id, "connecting");
    renew(office, id, 0, "first");
    assert_has(office, id, "active v1 first");
    assert_str(events_of(office, id, NULL), STR("connected"));
    same_after_restart(office, id);
}

static void an_account_that_is_made_with_credentials_is_connected(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    struct credential token = office_credential("token", "x");
    str detail;
    change.environment_id =
        office_environment(office, office_stage(office, "live"), NULL);
    change.integration = STR("crm");
    change.credentials = &token;
    change.credential_n = 1;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    secret_fini(&token.value);
    assert_str(events_of(office, tenant_id_str(&change.new_id), &detail),
               STR("connected"));
    assert_str(detail, STR("{\"from\":\"connecting\",\"to\":\"active\"}"));
}

static void an_exchange_without_an_answer_stays_in_doubt(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct token_change fail = change_of(office, TOKEN_FAIL, id, 1);
    fail.fence = intend(office, id, 1);
    fail.unanswered = true;
    assert_int_equal(run(office, &fail), TOKEN_DONE);
    assert_has(office, id, "intent=1 ");
    same_after_restart(office, id);
    struct token_change intent = change_of(office, TOKEN_INTEND, id, 1);
    assert_int_equal(run(office, &intent), TOKEN_DONE);
    assert_true(intent.interrupted);
}

/* These are no acts of a person. */
static void exchanges_leave_no_line_in_the_audit_log(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_true(office_stores(office, "breakwater.db-wal", STR("account.credentials")));
    renew(office, id, 1, "new");
    fail_once(office, id, 2, true, true);
    assert_false(office_stores(office, "breakwater.db-wal", STR("account.state")));
    assert_true(office_stores(office, "breakwater.db-wal", STR("account.needs_reauth")));
}

/* --- errands --- */

/* One step of an errand, under a lease of its own. */
static void run_errand(struct office *office, str id, struct token_change *change)
{
    struct token_change intent = change_of(office, TOKEN_INTEND, id, change->version);
    intent.harmless = change->harmless = true;
    assert_int_equal(run(office, &intent), TOKEN_DONE);
    change->fence = intent.fence;
    assert_int_equal(run(office, change), TOKEN_DONE);
}

static void a_check_that_is_passed_takes_away_what_stood_against_it(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct token_change prove = change_of(office, TOKEN_PROVE, id, 1);
    fail_once(office, id, 1, true, false);
    run_errand(office, id, &prove);
    assert_has(office, id, "active v1 old-secret");
    assert_has(office, id, "failures=0 fault= ");
    assert_str(events_of(office, id, NULL), STR("connected needs_reauth reactivated"));
    move(office, id, ACCOUNT_DEGRADED); /* by hand, for a reason of somebody's own */
    run_errand(office, id, &prove);
    assert_has(office, id, "degraded ");
    move(office, id, ACCOUNT_DISABLED);
    assert_int_equal(run(office, &prove), TOKEN_DONE);
    assert_has(office, id, "disabled ");
    same_after_restart(office, id);
}

static void what_is_learned_fills_what_lacks(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct token_change learn = change_of(office, TOKEN_LEARN, id, 1);
    learn.context = office_json(office, "{\"a\":\"1\",\"b\":\"2\"}");
    run_errand(office, id, &learn);
    assert_has(office, id, "{\"a\":\"1\",\"b\":\"2\"}");
    learn.context = office_json(office, "{\"a\":\"9\",\"c\":\"3\"}");
    run_errand(office, id, &learn);
    assert_has(office, id, "\"a\":\"1\"");
    assert_has(office, id, "\"b\":\"2\"");
    assert_has(office, id, "\"c\":\"3\"");
    assert_has(office, id, "active v1 old-secret");
    same_after_restart(office, id);
}

static void an_errand_leaves_the_mark_of_an_exchange_alone(void **state)
{
    static const enum token_step steps[] = {TOKEN_FAIL, TOKEN_PROVE, TOKEN_LEARN,
                                            TOKEN_RELEASE};
    struct office *office = *state;
    str id = new_account(office);
    for (unsigned i = 0; i < COUNT_OF(steps); i++) { /* there is none */
        struct token_change change = change_of(office, steps[i], id, 1);
        run_errand(office, id, &change);
        assert_has(office, id, "intent=0 ");
    }
    intend(office, id, 1);
    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        struct token_change change = change_of(office, steps[i], id, 1);
        run_errand(office, id, &change);
        assert_has(office, id, "intent=1 ");
    }
    struct token_change release = change_of(office, TOKEN_RELEASE, id, 1);
    release.fence = intend(office, id, 1);
    assert_int_equal(run(office, &release), TOKEN_DONE); /* nothing was sent */
    assert_has(office, id, "intent=0 ");
}

static void an_errand_gives_the_lease_back_once(void **state)
{
    static const enum token_step steps[] = {TOKEN_FAIL, TOKEN_PROVE, TOKEN_LEARN,
                                            TOKEN_RELEASE};
    struct office *office = *state;
    str id = new_account(office);
    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        struct token_change other = change_of(office, TOKEN_INTEND, id, 1);
        struct token_change late = change_of(office, steps[i], id, 1);
        run_errand(office, id, &late);
        other.holder = STR("b");
        assert_int_equal(run(office, &other), TOKEN_DONE);
        str before = picture(office, id);
        assert_int_equal(run(office, &late), TOKEN_HELD);
        assert_str(picture(office, id), before);
        other.step = TOKEN_RELEASE;
        assert_int_equal(run(office, &other), TOKEN_DONE);
    }
}

/* --- keys and disks --- */

struct sealing {
    struct store_op op;
    str account;
    str sealed;
};

static enum err run_seal(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE data_key SET sealed = $2 WHERE owner = $1"};
    struct sealing *sealing = CONTAINER_OF(op, struct sealing, op);
    struct value params[] = {V_TEXT(sealing->account), V_BLOB(sealing->sealed)};
    return tx_exec(tx, &update, params, 2, NULL);
}

/* Writes the account's data key as it stands in the store. */
static void put_data_key(struct office *office, str id, str sealed)
{
    struct sealing sealing = {
        .op = {.kind = STORE_FULL, .run = run_seal}, .account = id, .sealed = sealed};
    assert_int_equal(store_run(office->store, &sealing.op), ERR_NONE);
}

static void a_closed_data_key_takes_no_set(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct account *account = directory_account(office->directory, id);
    str sealed = arena_str(&office->arena, account->data_key);
    struct credential token = office_credential("token", "new-secret");
    struct token_change store = change_of(office, TOKEN_STORE, id, 1);
    account_unref(&account);
    store.fence = intend(office, id, 1);
    store.credentials = &token;
    store.credential_n = 1;
    store.done = on_done;
    put_data_key(office, id, STR("\1rubbish"));
    done = false;
    directory_change_token(&store);
    assert_true(false_loop_wait(&office->loop, &done));
    assert_int_equal(store.err, ERR_CREDENTIAL_UNUSABLE);
    secret_fini(&token.value);
    put_data_key(office, id, sealed);
    assert_has(office, id, "v1 old-secret");
    assert_int_equal(sets_of(office, id).rows, 1);
    store = change_of(office, TOKEN_STORE, id, 1); /* it is offered again */
    assert_int_equal(store_as(office, &store, "new-secret"), TOKEN_DONE);
    assert_has(office, id, "v2 new-secret");
    same_after_restart(office, id);
}

static void no_token_is_on_disk(void **state)
{
    static const char *const files[] = {"breakwater.db", "breakwater.db-wal"};
    struct office *office = *state;
    str id = new_account(office);
    renew(office, id, 1, "new-secret");
    renew(office, id, 2, "newer-secret");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(files); i++) {
            assert_false(office_stores(office, files[i], STR("new-secret")));
            assert_false(office_stores(office, files[i], STR("newer-secret")));
            assert_false(office_stores(office, files[i], STR("refresh-secret")));
        }
        office_reopen(office);
    }
    assert_has(office, id, "v3 newer-secret");
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_token_change(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_intent_is_known_before_anything_is_sent),
        TEST(who_finds_an_intent_knows_that_an_answer_is_missing),
        TEST(one_at_a_time_until_the_lease_is_outlived),
        TEST(leases_of_a_life_before_are_dropped_and_their_intents_stay),
        TEST(an_end_gives_the_lease_back),
        TEST(a_new_set_is_what_readers_find),
        TEST(exactly_one_set_before_is_kept),
        TEST(what_comes_too_late_changes_nothing),
        TEST(newer_credentials_win),
        TEST(an_account_that_is_gone_has_no_exchange),
        TEST(a_set_is_kept_for_an_account_that_was_switched_off),
        TEST(a_failure_leaves_the_state_of_an_account_that_was_switched_off),
        TEST(what_answers_bring_is_merged_into_the_context),
        TEST(a_context_without_end_costs_no_token),
        TEST(an_account_dies_and_comes_back),
        TEST(an_account_worries_and_recovers),
        TEST(an_account_without_credentials_is_connected_by_its_first),
        TEST(an_account_that_is_made_with_credentials_is_connected),
        TEST(an_exchange_without_an_answer_stays_in_doubt),
        TEST(exchanges_leave_no_line_in_the_audit_log),
        TEST(a_check_that_is_passed_takes_away_what_stood_against_it),
        TEST(what_is_learned_fills_what_lacks),
        TEST(an_errand_leaves_the_mark_of_an_exchange_alone),
        TEST(an_errand_gives_the_lease_back_once),
        TEST(a_closed_data_key_takes_no_set),
        TEST(no_token_is_on_disk),
    };
    return cmocka_run_group_tests_name("token_change", tests, NULL, NULL);
}
