/*
 * Rows that wait for an account, and accounts that come.
 */
#include "base/mem.h"
#include "hook/transfer_state.h"

enum { NOTES_MAX = 100000, BIND_ROWS = 500 };

/* --- notes --- */

void transfer_note_account(struct transfer *transfer, const struct account *account)
{
    pthread_mutex_lock(&transfer->lock);
    if (transfer->notes_n == NOTES_MAX) {
        transfer->bind_all = true;
        transfer->notes_n = 0;
    }
    if (transfer->notes_n == transfer->notes_room) {
        transfer->notes_room = transfer->notes_room ? transfer->notes_room * 2 : 64;
        transfer->notes =
            mem_grow(transfer->notes, transfer->notes_room * sizeof(*transfer->notes));
    }
    if (!transfer->bind_all)
        transfer->notes[transfer->notes_n++] = account->id;
    pthread_mutex_unlock(&transfer->lock);
}

bool transfer_has_notes(struct transfer *transfer)
{
    pthread_mutex_lock(&transfer->lock);
    bool has = transfer->notes_n > 0 || transfer->bind_all;
    pthread_mutex_unlock(&transfer->lock);
    return has;
}

/* Rows that wait for one value. */
struct bind_op {
    struct store_op op;
    struct transfer *transfer;
    str integration, claim;
    bool more;
    uint64_t bound;
};

static enum err adopt(struct tx *tx, const struct hook_row *row,
                      const struct account *account)
{
    static const struct statement update = {
        "UPDATE hook SET environment = $2, account = $3, state = 'queued', "
        "reason = NULL, keep = 0 WHERE sequence = $1"};
    struct value params[] = {V_INT(row->sequence),
                             V_TEXT(tenant_id_str(&account->environment->id)),
                             V_TEXT(tenant_id_str(&account->id))};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err copy_for(struct tx *tx, const struct hook_row *row,
                         const struct account *account)
{
    struct hook_row copy = *row;
    copy.environment = tenant_id_str(&account->environment->id);
    copy.account = tenant_id_str(&account->id);
    copy.state = HOOK_QUEUED;
    copy.reason = STR_NONE;
    copy.keep = 0;
    return hook_insert(tx, &copy);
}

/* The row becomes the first account's; each other one gets a copy. */
static enum err bind_row(struct bind_op *self, struct tx *tx, const struct hook_row *row)
{
    struct transfer *transfer = self->transfer;
    struct account *accounts[ACCOUNTS_MAX];
    uint32_t n = transfer_accounts(transfer, row, row->reason, accounts);
    enum err err = ERR_NONE;
    self->bound += n > 0;
    for (uint32_t i = 0; i < n; i++) {
        if (err == ERR_NONE)
            err = i ? copy_for(tx, row, accounts[i]) : adopt(tx, row, accounts[i]);
        transfer_tell(transfer, tenant_id_str(&accounts[i]->id));
        transfer_plan_usage(transfer, tenant_id_str(&accounts[i]->environment->id),
                            row->bytes);
        account_unref(&accounts[i]);
    }
    return err;
}

static enum err run_bind(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        HOOK_COLUMNS "WHERE state = 'unmatched' AND integration = $1 AND claim = $2 "
                     "ORDER BY sequence LIMIT $3"};
    struct bind_op *self = CONTAINER_OF(op, struct bind_op, op);
    struct transfer *transfer = self->transfer;
    struct value params[] = {V_TEXT(self->integration), V_TEXT(self->claim),
                             V_INT(BIND_ROWS)};
    struct hook_row *rows = arena_array(&transfer->arena, BIND_ROWS, sizeof(*rows));
    uint32_t n = 0;
    self->bound = 0;
    transfer->told_n = transfer->planned_n = 0;
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    while (err == ERR_NONE && tx_next(tx, &err))
        rows[n++] = hook_read(tx, &transfer->arena);
    for (uint32_t i = 0; i < n && err == ERR_NONE; i++)
        err = bind_row(self, tx, &rows[i]);
    self->more = n == BIND_ROWS && self->bound == n;
    return err;
}

static enum err bind_claim(struct transfer *transfer, str integration, str claim)
{
    enum err err = ERR_NONE;
    for (bool more = true; more && err == ERR_NONE;) {
        struct arena_mark mark = arena_mark(&transfer->arena);
        struct bind_op self = {.op = {.kind = STORE_RELAXED, .run = run_bind},
                               .transfer = transfer,
                               .integration = integration,
                               .claim = claim};
        transfer->told = NULL;
        transfer->planned = NULL;
        transfer->told_room = transfer->planned_room = 0;
        err = store_run(transfer->config.store, &self.op);
        more = self.more;
        atomic_fetch_add(&transfer->stat_bound, err == ERR_NONE ? self.bound : 0);
        if (err == ERR_NONE) {
            transfer_settle_usage(transfer);
            transfer_tell_all(transfer);
        }
        arena_rewind(&transfer->arena, mark);
    }
    return err;
}

static enum err bind_account(struct transfer *transfer, const struct account *account)
{
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < account->context.n && err == ERR_NONE; i++) {
        const struct json_member *member = &account->context.u.members[i];
        if (!json_is(&member->value, JSON_STRING))
            continue;
        str parts[] = {str_of(member->key, member->key_n), STR("="),
                       json_text(&member->value)};
        err = bind_claim(transfer, account->integration,
                         arena_join(&transfer->arena, parts, COUNT_OF(parts)));
    }
    return err;
}

struct claims_op {
    struct store_op op;
    struct transfer *transfer;
    str after_integration, after_claim;
    struct claim {
        str integration, claim;
    } claims[TRANSFER_BATCH];
    uint32_t n;
};

static enum err run_claims(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT DISTINCT integration, claim FROM hook WHERE state = 'unmatched' AND "
        "claim IS NOT NULL AND (integration > $1 OR (integration = $1 AND claim > $2)) "
        "ORDER BY integration, claim LIMIT $3"};
    struct claims_op *self = CONTAINER_OF(op, struct claims_op, op);
    struct value params[] = {V_TEXT(self->after_integration), V_TEXT(self->after_claim),
                             V_INT(TRANSFER_BATCH)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    self->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err))
        self->claims[self->n++] =
            (struct claim){arena_str(&self->transfer->arena, tx_text(tx, 0)),
                           arena_str(&self->transfer->arena, tx_text(tx, 1))};
    return err;
}

/* All that wait, whoever came while nobody looked. */
static enum err bind_everything(struct transfer *transfer)
{
    struct claims_op *self = mem_zalloc(sizeof(*self));
    *self = (struct claims_op){.op = {.kind = STORE_READ, .run = run_claims},
                               .transfer = transfer,
                               .after_integration = STR(""),
                               .after_claim = STR("")};
    enum err err = ERR_NONE;
    do {
        err = store_run(transfer->config.store, &self->op);
        for (uint32_t i = 0; i < self->n && err == ERR_NONE; i++) {
            self->after_integration = self->claims[i].integration;
            self->after_claim = self->claims[i].claim;
            err = bind_claim(transfer, self->after_integration, self->after_claim);
        }
    } while (err == ERR_NONE && self->n == TRANSFER_BATCH);
    mem_free(self);
    return err;
}

static struct tenant_id *take_notes(struct transfer *transfer, uint32_t *ret_n,
                                    bool *ret_all)
{
    pthread_mutex_lock(&transfer->lock);
    struct tenant_id *notes = transfer->notes;
    *ret_n = transfer->notes_n;
    *ret_all = transfer->bind_all;
    transfer->notes = NULL;
    transfer->notes_n = transfer->notes_room = 0;
    transfer->bind_all = false;
    pthread_mutex_unlock(&transfer->lock);
    return notes;
}

enum err transfer_bind(struct transfer *transfer)
{
    uint32_t n;
    bool all;
    struct tenant_id *notes = take_notes(transfer, &n, &all);
    transfer_begin(transfer);
    enum err err = all ? bind_everything(transfer) : ERR_NONE;
    for (uint32_t i = 0; i < n && !all && err == ERR_NONE; i++) {
        struct account *account =
            directory_account(transfer->config.directory, tenant_id_str(&notes[i]));
        if (account)
            err = bind_account(transfer, account);
        account_unref(&account);
    }
    mem_free(notes);
    if (err != ERR_NONE) { /* once more, whoever it was */
        pthread_mutex_lock(&transfer->lock);
        transfer->bind_all = true;
        pthread_mutex_unlock(&transfer->lock);
    }
    return err;
}
