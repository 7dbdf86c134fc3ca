/*
 * The lease stands in the account's token row: whoever wants to make an exchange writes
 * itself there first. Two processes that try at once are put in order by the store; the
 * second finds the lease, or, if it comes late, a newer version.
 *
 * The row is one writer's at a time, so reading it and writing it back in one transaction
 * needs no condition but the fence.
 */
#include "directory/token_change.h"

#include "base/mem.h"
#include "directory/directory_credential.h"
#include "directory/ending.h"
#include "directory/token_work.h"
#include "event/event.h"
#include "json/json_parse.h"
#include "json/merge.h"
#include "loop/world.h"

enum { WORK_BYTES_MAX = 16 << 20, CONTEXT_BYTES_MAX = 64 << 10 };

/* --- events --- */

static bool event_of_move(const struct state_move *move, enum event_type *ret_type)
{
    if (move->from == move->to)
        return false;
    switch (move->to) {
    case ACCOUNT_NEEDS_REAUTH:
        *ret_type = EVENT_ACCOUNT_NEEDS_REAUTH;
        return true;
    case ACCOUNT_DEGRADED:
        *ret_type = EVENT_ACCOUNT_DEGRADED;
        return true;
    case ACCOUNT_ACTIVE:
        *ret_type = move->from == ACCOUNT_CONNECTING     ? EVENT_ACCOUNT_CONNECTED
                    : move->from == ACCOUNT_NEEDS_REAUTH ? EVENT_ACCOUNT_REACTIVATED
                                                         : EVENT_ACCOUNT_RECOVERED;
        return move->from != ACCOUNT_DISABLED;
    case ACCOUNT_CONNECTING:
    case ACCOUNT_DISABLED:
    case ACCOUNT_DELETING:
        break;
    }
    return false;
}

enum err token_tell(struct tx *tx, const struct state_move *move)
{
    enum event_type type;
    struct buf detail;
    struct json_out out;
    if (!event_of_move(move, &type))
        return ERR_NONE;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("from"), account_state_word(move->from));
    json_out_member_text(&out, STR("to"), account_state_word(move->to));
    json_out_member_text(&out, STR("reason"), move->reason);
    json_out_end(&out);
    struct event event = {.type = type,
                          .time = move->wall,
                          .environment = move->environment,
                          .account = move->account,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}

/* --- reading --- */

static void drop(struct token_work *work)
{
    account_unref(&work->account);
    account_unref(&work->found.object);
}

static enum err read_lease(struct tx *tx, struct token_change *change)
{
    static const struct statement query = {
        "SELECT intent, fence, lease_until, lease_by FROM token WHERE account = $1"};
    struct token_work *work = change->work;
    enum err err = tx_query(tx, &query, (struct value[]){V_TEXT(change->account)}, 1);
    if (err != ERR_NONE || !tx_next(tx, &err))
        return err;
    work->intent = (uint64_t)tx_int(tx, 0);
    work->fence = (uint64_t)tx_int(tx, 1);
    work->lease_until = tx_int(tx, 2);
    work->lease_by = arena_str(&work->arena, tx_text(tx, 3));
    return ERR_NONE;
}

/* One that is being deleted has writes that must still be done. */
static bool admits_exchange(enum account_state state)
{
    return state != ACCOUNT_DISABLED;
}

/* What comes of its token says nothing of an account that somebody has taken out. */
static bool follows_token(enum account_state state)
{
    return state != ACCOUNT_DISABLED && state != ACCOUNT_DELETING;
}

/* The account and its lease as they are; sets `end` to GONE or NEWER where that is so. */
static enum err read_present(struct tx *tx, struct token_change *change)
{
    struct token_work *work = change->work;
    enum err err = directory_read_account(tx, change->account, &work->found);
    if (err == ERR_OBJECT_UNKNOWN) {
        change->end = TOKEN_GONE;
        return ERR_NONE;
    }
    if (err == ERR_NONE)
        err = read_lease(tx, change);
    if (err != ERR_NONE)
        return err;
    work->account = account_ref(work->found.object);
    if (work->account->credential_version != change->version)
        change->end = TOKEN_NEWER;
    else if (change->step == TOKEN_INTEND && !change->any_state &&
             !admits_exchange(work->account->state))
        change->end = TOKEN_GONE;
    return ERR_NONE;
}

static enum err read_back(struct tx *tx, struct token_change *change)
{
    account_unref(&change->work->found.object);
    return directory_read_account(tx, change->account, &change->work->found);
}

enum err token_forget(struct tx *tx, str account)
{
    static const struct statement delete = {"DELETE FROM token WHERE account = $1"};
    return tx_exec(tx, &delete, (struct value[]){V_TEXT(account)}, 1, NULL);
}

/* --- intend --- */

static enum err ensure_row(struct tx *tx, struct token_change *change)
{
    static const struct statement insert = {
        "INSERT INTO token (account, issued, expires, refresh_expires, learned, "
        "refreshed, tried, failures, intent, lease_until, fence) "
        "VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (account) DO NOTHING"};
    return tx_exec(tx, &insert, (struct value[]){V_TEXT(change->account)}, 1, NULL);
}

/* Until when it is meant to stand is a wall time, and not asked: clocks jump. */
static bool is_held(const struct token_change *change)
{
    const struct token_work *work = change->work;
    return work->lease_until && !str_eq(work->lease_by, change->holder) &&
           work->fence != change->outlived;
}

static enum err run_intend(struct tx *tx, struct token_change *change)
{
    static const struct statement update = {
        "UPDATE token SET intent = CASE WHEN $7 = 1 THEN intent ELSE $2 END, "
        "lease_until = $3, lease_by = $4, fence = fence + 1, tried = $5, "
        "learned = CASE WHEN $6 > 0 THEN $6 ELSE learned END WHERE account = $1"};
    struct token_work *work = change->work;
    usec wall = world_wall(change->directory->world);
    if (is_held(change)) {
        change->end = TOKEN_HELD;
        change->fence = work->fence;
        return ERR_NONE;
    }
    change->interrupted = work->intent > 0 && work->intent == change->version;
    change->fence = work->fence + 1;
    struct value params[] = {V_TEXT(change->account),
                             V_INT((int64_t)change->version),
                             V_INT(wall + change->lease),
                             V_TEXT(change->holder),
                             V_INT(wall),
                             V_INT(change->learned),
                             V_INT(change->harmless)};
    enum err err = ensure_row(tx, change);
    return err == ERR_NONE ? tx_exec(tx, &update, params, COUNT_OF(params), NULL) : err;
}

/* --- store --- */

/* Whether the account gets another way. */
static bool moves(const struct token_change *change)
{
    str before = change->work->account->way;
    return !str_absent(change->way) &&
           !str_eq(change->way, str_absent(before) ? STR("") : before);
}

static enum err put_set(struct tx *tx, struct token_change *change)
{
    static const struct statement expire = {
        "DELETE FROM credential WHERE account = $1 AND version < $2"};
    static const struct statement insert = {
        "INSERT INTO credential (account, version, sealed, created) "
        "VALUES ($1, $2, $3, $4)"};
    struct token_work *work = change->work;
    struct data_key data_key = {change->account, work->account->data_key};
    struct credential_set set = {change->credentials, change->credential_n,
                                 change->version + 1};
    str sealed;
    if (!directory_seal_credentials(change->directory->keyring, &data_key, &set,
                                    &work->arena, &sealed))
        return ERR_CREDENTIAL_UNUSABLE;
    /* A set of another way is no help when this one is refused. */
    uint64_t oldest = moves(change) ? set.version : change->version;
    struct value before[] = {V_TEXT(change->account), V_INT((int64_t)oldest)};
    struct value params[] = {V_TEXT(change->account), V_INT((int64_t)set.version),
                             V_BLOB(sealed), V_INT(change->wall)};
    enum err err = tx_exec(tx, &expire, before, COUNT_OF(before), NULL);
    return err == ERR_NONE ? tx_exec(tx, &insert, params, COUNT_OF(params), NULL) : err;
}

/* The account's context with the members that the answer brought; NULL: as it is. What
 * is LEARNed fills what lacks: somebody may have chosen the rest. */
static struct value merged_context(struct token_change *change)
{
    struct token_work *work = change->work;
    struct buf text;
    struct json_out out;
    if (!json_is(&change->context, JSON_OBJECT) || change->context.n == 0)
        return V_NULL;
    const struct json *present = &work->account->context;
    struct json merged = change->step == TOKEN_LEARN
                             ? merge_patch(&work->arena, &change->context, present)
                             : merge_patch(&work->arena, present, &change->context);
    buf_init(&text, CONTEXT_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_value(&out, &merged);
    struct value value =
        buf_ok(&text) ? V_TEXT(arena_str(&work->arena, buf_peek(&text))) : V_NULL;
    buf_fini(&text);
    return value;
}

/* An account that was switched off meanwhile keeps what came of the exchange, and stays
 * switched off. */
static enum err move_state(struct tx *tx, struct token_change *change,
                           enum account_state to, str reason)
{
    static const struct statement update = {
        "UPDATE account SET state = $2, state_reason = $3, updated = $4 WHERE id = $1"};
    const struct account *account = change->work->account;
    bool same = to == account->state && str_eq(reason, account->state_reason);
    if (same || !follows_token(account->state))
        return ERR_NONE;
    struct value params[] = {V_TEXT(change->account), V_TEXT(account_state_word(to)),
                             V_TEXT(reason), V_INT(change->wall)};
    struct state_move move = {.environment =
                                  tenant_id_str(&change->work->found.environment),
                              .account = change->account,
                              .from = account->state,
                              .to = to,
                              .reason = reason,
                              .wall = change->wall};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? token_tell(tx, &move) : err;
}

/* What the exchange has mended; a mark that was set for another reason stays. */
static bool mends(const struct account *account)
{
    return account->state == ACCOUNT_CONNECTING ||
           account->state == ACCOUNT_NEEDS_REAUTH ||
           (account->state == ACCOUNT_DEGRADED && account->token.failures > 0);
}

static enum err run_store(struct tx *tx, struct token_change *change)
{
    static const struct statement account = {
        "UPDATE account SET credential_version = $2, context = COALESCE($3, context), "
        "updated = $4, way = NULLIF(COALESCE($5, way), '') WHERE id = $1"};
    static const struct statement token = {
        "UPDATE token SET issued = $2, expires = $3, refresh_expires = $4, "
        "refreshed = $5, failures = 0, fault = NULL, intent = 0, lease_until = 0, "
        "lease_by = NULL, learned = CASE WHEN $6 = 1 THEN 0 ELSE learned END, "
        "scope = COALESCE($7, CASE WHEN $6 = 1 THEN NULL ELSE scope END) "
        "WHERE account = $1"};
    struct value of_account[] = {
        V_TEXT(change->account), V_INT((int64_t)change->version + 1),
        merged_context(change), V_INT(change->wall), V_TEXT(change->way)};
    struct value of_token[] = {V_TEXT(change->account), V_INT(change->issued),
                               V_INT(change->expires),  V_INT(change->refresh_expires),
                               V_INT(change->wall),     V_INT(moves(change)),
                               V_TEXT(change->scope)};
    enum err err = put_set(tx, change);
    if (err == ERR_NONE)
        err = tx_exec(tx, &account, of_account, COUNT_OF(of_account), NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &token, of_token, COUNT_OF(of_token), NULL);
    if (err == ERR_NONE && moves(change))
        err = ending_forget(tx, change->account);
    if (err == ERR_NONE)
        err = token_note_login(tx, change);
    if (err == ERR_NONE)
        err = token_tell_same_login(tx, change);
    if (err != ERR_NONE || !mends(change->work->account))
        return err;
    return move_state(tx, change, ACCOUNT_ACTIVE, STR_NONE);
}

/* --- fail --- */

static enum err run_fail(struct tx *tx, struct token_change *change)
{
    static const struct statement token = {
        "UPDATE token SET failures = failures + 1, fault = $2, lease_until = 0, "
        "lease_by = NULL, intent = CASE WHEN $3 = 1 THEN intent ELSE 0 END "
        "WHERE account = $1"};
    enum account_state state = change->work->account->state;
    struct value params[] = {V_TEXT(change->account), V_TEXT(change->fault),
                             V_INT(change->unanswered || change->harmless)};
    enum err err = tx_exec(tx, &token, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE)
        return err;
    if (change->dead)
        return move_state(tx, change, ACCOUNT_NEEDS_REAUTH, change->fault);
    if (change->worrying && (state == ACCOUNT_ACTIVE || state == ACCOUNT_DEGRADED))
        return move_state(tx, change, ACCOUNT_DEGRADED, change->fault);
    return ERR_NONE;
}

/* --- without an exchange --- */

static enum err run_release(struct tx *tx, struct token_change *change)
{
    static const struct statement update = {
        "UPDATE token SET lease_until = 0, lease_by = NULL, "
        "intent = CASE WHEN $2 = 1 THEN intent ELSE 0 END WHERE account = $1"};
    struct value params[] = {V_TEXT(change->account), V_INT(change->harmless)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err run_prove(struct tx *tx, struct token_change *change)
{
    static const struct statement update = {
        "UPDATE token SET failures = 0, fault = NULL WHERE account = $1"};
    enum err err =
        tx_exec(tx, &update, (struct value[]){V_TEXT(change->account)}, 1, NULL);
    if (err == ERR_NONE)
        err = run_release(tx, change);
    if (err != ERR_NONE || !mends(change->work->account))
        return err;
    return move_state(tx, change, ACCOUNT_ACTIVE, STR_NONE);
}

static enum err run_learn(struct tx *tx, struct token_change *change)
{
    static const struct statement update = {
        "UPDATE account SET context = COALESCE($2, context), updated = $3 WHERE id = $1"};
    struct value params[] = {V_TEXT(change->account), merged_context(change),
                             V_INT(change->wall)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? run_release(tx, change) : err;
}

/* --- the way of a change --- */

static enum err run_step(struct tx *tx, struct token_change *change)
{
    switch (change->step) {
    case TOKEN_INTEND:
        return run_intend(tx, change);
    case TOKEN_STORE:
        return run_store(tx, change);
    case TOKEN_FAIL:
        return run_fail(tx, change);
    case TOKEN_PROVE:
        return run_prove(tx, change);
    case TOKEN_LEARN:
        return run_learn(tx, change);
    case TOKEN_RELEASE:
        return run_release(tx, change);
    }
    return ERR_INTERNAL;
}

/* Others have had the lease since. A set is still taken when they are through and have
 * found none: it may be the only one that the vendor takes. */
static bool comes_too_late(const struct token_change *change)
{
    const struct token_work *work = change->work;
    if (change->step == TOKEN_INTEND || work->fence == change->fence)
        return false;
    return change->step != TOKEN_STORE || work->lease_until != 0;
}

static enum err run(struct tx *tx, struct store_op *op)
{
    struct token_change *change = CONTAINER_OF(op, struct token_change, op);
    struct token_work *work = change->work;
    drop(work);
    arena_reset(&work->arena);
    work->intent = work->fence = 0;
    work->lease_until = 0;
    work->lease_by = STR_NONE;
    change->end = TOKEN_DONE;
    change->interrupted = false;
    enum err err = read_present(tx, change);
    if (err != ERR_NONE || change->end != TOKEN_DONE)
        return err;
    if (comes_too_late(change)) {
        change->end = TOKEN_HELD;
        return ERR_NONE;
    }
    err = run_step(tx, change);
    return err == ERR_NONE ? read_back(tx, change) : err;
}

/* Another process has deleted it. */
static void withdraw(struct token_change *change)
{
    struct account *account = directory_account(change->directory, change->account);
    if (account)
        directory_withdraw_account(change->directory, change->account);
    account_unref(&account);
}

/* What the store has becomes what readers find, also where another process wrote it. */
static void on_committed(struct store_op *op)
{
    struct token_change *change = CONTAINER_OF(op, struct token_change, op);
    struct token_work *work = change->work;
    if (!work->found.object) {
        withdraw(change);
        return;
    }
    if (change->step == TOKEN_STORE)
        CRASH_POINT("token.stored");
    CHECK(directory_publish_account(change->directory, work->found));
    work->found.object = NULL;
    if (change->step == TOKEN_STORE)
        CRASH_POINT("token.published");
}

static void on_stored(struct store_op *op)
{
    struct token_change *change = CONTAINER_OF(op, struct token_change, op);
    change->err = op->err;
    drop(change->work);
    arena_fini(&change->work->arena);
    mem_free(change->work);
    change->work = NULL;
    change->done(change);
}

void directory_change_token(struct token_change *change)
{
    CHECK_MAGIC(change->directory, DIRECTORY_MAGIC);
    change->work = mem_zalloc(sizeof(*change->work));
    arena_init(&change->work->arena, 4096, WORK_BYTES_MAX);
    change->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run,
                                   .committed = on_committed,
                                   .done = on_stored,
                                   .worker = change->worker};
    store_submit(change->directory->store, &change->op);
}

/* --- a life before --- */

static enum err run_drop(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE token SET lease_until = 0, lease_by = NULL WHERE lease_until <> 0"};
    (void)op;
    return tx_exec(tx, &update, NULL, 0, NULL);
}

enum err directory_drop_leases(struct directory *directory)
{
    struct store_op op = {.kind = STORE_RELAXED, .run = run_drop};
    return store_run(directory->store, &op);
}

/* --- the set before --- */

static enum err run_previous(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT version, sealed FROM credential WHERE account = $1 AND version < $2 "
        "ORDER BY version DESC LIMIT 1"};
    struct token_previous *previous = CONTAINER_OF(op, struct token_previous, op);
    const struct account *account = previous->account;
    struct data_key data_key = {tenant_id_str(&account->id), account->data_key};
    struct value params[] = {V_TEXT(data_key.owner),
                             V_INT((int64_t)account->credential_version)};
    credentials_destroy(&previous->credentials);
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    if (err == ERR_NONE && tx_next(tx, &err))
        previous->credentials =
            directory_open_credentials(previous->directory->keyring, &data_key,
                                       (uint64_t)tx_int(tx, 0), tx_text(tx, 1));
    return err;
}

static void on_previous(struct store_op *op)
{
    struct token_previous *previous = CONTAINER_OF(op, struct token_previous, op);
    previous->err = op->err;
    previous->done(previous);
}

void directory_previous_credentials(struct token_previous *previous)
{
    CHECK_MAGIC(previous->directory, DIRECTORY_MAGIC);
    previous->op = (struct store_op){.kind = STORE_READ,
                                     .run = run_previous,
                                     .done = on_previous,
                                     .worker = previous->worker};
    store_submit(previous->directory->store, &previous->op);
}
