#include "news/work_store.h"

#include "news/work_rule.h"

/* --- taking --- */

static enum err take_rows(struct tx *tx, struct work_take *take, usec wall)
{
    static const struct statement query = {HOOK_COLUMNS
                                           "WHERE account = $1 AND state = 'queued' AND "
                                           "due <= $2 ORDER BY due, sequence LIMIT $3"};
    struct value params[] = {V_TEXT(take->account), V_INT(wall), V_INT(take->max)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    take->n = 0;
    while (err == ERR_NONE && take->n < take->max && tx_next(tx, &err))
        take->rows[take->n++] = hook_read(tx, take->arena);
    return err;
}

static enum err find_next(struct tx *tx, struct work_take *take)
{
    static const struct statement query = {
        "SELECT due FROM hook WHERE account = $1 AND state = 'queued' "
        "ORDER BY due, sequence LIMIT 1"};
    struct value params[] = {V_TEXT(take->account)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    take->next = USEC_NEVER;
    if (err == ERR_NONE && tx_next(tx, &err))
        take->next = tx_int(tx, 0);
    return err;
}

static enum err run_take(struct tx *tx, struct store_op *op)
{
    struct work_take *take = CONTAINER_OF(op, struct work_take, op);
    take->rows = arena_array(take->arena, take->max, sizeof(take->rows[0]));
    take->next = USEC_NEVER;
    enum err err = take_rows(tx, take, take->wall);
    if (err == ERR_NONE && take->n == 0)
        err = find_next(tx, take);
    if (err == ERR_NONE && take->next != USEC_NEVER &&
        take->next > take->wall + WORK_DELAY_MAX)
        err = take_rows(tx, take, take->next);
    return err;
}

static void on_taken(struct store_op *op)
{
    struct work_take *take = CONTAINER_OF(op, struct work_take, op);
    take->err = op->err;
    take->done(take);
}

void work_take(struct work_take *take)
{
    take->op = (struct store_op){
        .kind = STORE_READ, .run = run_take, .done = on_taken, .worker = take->worker};
    store_submit(take->store, &take->op);
}

/* --- looking --- */

static enum err find_before(struct tx *tx, struct work_place *place)
{
    static const struct statement query = {
        "SELECT due FROM hook WHERE account = $1 AND lane = $2 AND state = 'queued' AND "
        "sequence < $3 ORDER BY sequence LIMIT 1"};
    struct value params[] = {V_TEXT(place->record.account), V_TEXT(place->lane),
                             V_INT(place->sequence)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    place->blocked = err == ERR_NONE && tx_next(tx, &err);
    place->until = place->blocked ? tx_int(tx, 0) : 0;
    return err;
}

static enum err run_look(struct tx *tx, struct store_op *op)
{
    struct work_look *look = CONTAINER_OF(op, struct work_look, op);
    enum err err = ERR_NONE;
    for (uint32_t i = 0; err == ERR_NONE && i < look->n; i++) {
        err = order_find(tx, &look->places[i].record, &look->places[i].known);
        if (err == ERR_NONE)
            err = find_before(tx, &look->places[i]);
    }
    return err;
}

static void on_looked(struct store_op *op)
{
    struct work_look *look = CONTAINER_OF(op, struct work_look, op);
    look->err = op->err;
    look->done(look);
}

void work_look(struct work_look *look)
{
    look->op = (struct store_op){
        .kind = STORE_READ, .run = run_look, .done = on_looked, .worker = look->worker};
    store_submit(look->store, &look->op);
}

/* --- ending --- */

static enum err end_row(struct tx *tx, const struct hook_row *row)
{
    static const struct statement update = {
        "UPDATE hook SET state = $2, lane = $3, due = $4, tries = $5, events = $6, "
        "reason = $7, detail = $8, ended = $9, keep = $10 "
        "WHERE sequence = $1 AND state = 'queued'"};
    struct value params[] = {V_INT(row->sequence), V_TEXT(hook_state_word(row->state)),
                             V_TEXT(row->lane),    V_INT(row->due),
                             V_INT(row->tries),    V_INT(row->events),
                             V_TEXT(row->reason),  V_TEXT(row->detail),
                             V_INT(row->ended),    V_INT(row->keep)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    return err == ERR_NONE && changed != 1 ? ERR_STATE_CONFLICT : err;
}

static bool same_type(const struct work_result *a, const struct work_result *b)
{
    return str_eq(a->row.type, b->row.type);
}

/* Those that have ended of the type of `at`, which is the first of them. */
static enum err note_type(struct tx *tx, const struct work_end *end, uint32_t at)
{
    const struct hook_row *row = &end->results[at].row;
    struct silence_of of = {row->account, row->environment, row->integration, row->type};
    usec received[WORK_END_MAX];
    uint32_t n = 0;
    for (uint32_t i = at; i < end->n; i++)
        if (end->results[i].row.state != HOOK_QUEUED &&
            same_type(&end->results[i], &end->results[at]))
            received[n++] = end->results[i].row.received;
    return silence_note(tx, &of, received, n, end->wall);
}

static enum err note_types(struct tx *tx, const struct work_end *end)
{
    enum err err = ERR_NONE;
    for (uint32_t i = 0; err == ERR_NONE && i < end->n; i++) {
        bool first = end->results[i].row.state != HOOK_QUEUED;
        for (uint32_t k = 0; first && k < i; k++)
            first = end->results[k].row.state == HOOK_QUEUED ||
                    !same_type(&end->results[k], &end->results[i]);
        if (first)
            err = note_type(tx, end, i);
    }
    return err;
}

static enum err run_end(struct tx *tx, struct store_op *op)
{
    struct work_end *end = CONTAINER_OF(op, struct work_end, op);
    enum err err = ERR_NONE;
    for (uint32_t i = 0; err == ERR_NONE && i < end->n; i++) {
        err = end_row(tx, &end->results[i].row);
        if (err == ERR_NONE && end->results[i].told)
            err = event_put(tx, &end->results[i].event);
    }
    for (uint32_t i = 0; err == ERR_NONE && i < end->record_n; i++)
        err = order_put(tx, &end->records[i], &end->knowns[i]);
    return err == ERR_NONE ? note_types(tx, end) : err;
}

static void on_ended(struct store_op *op)
{
    struct work_end *end = CONTAINER_OF(op, struct work_end, op);
    end->err = op->err;
    end->done(end);
}

/* RELAXED: nothing has left the house; what a machine forgets is worked on again. */
void work_end(struct work_end *end)
{
    CHECK(end->n <= WORK_END_MAX);
    end->op = (struct store_op){
        .kind = STORE_RELAXED, .run = run_end, .done = on_ended, .worker = end->worker};
    store_submit(end->store, &end->op);
}

/* --- orphans --- */

static enum err run_orphans(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE hook SET state = 'dead', reason = 'account_deleted', ended = $2, "
        "keep = $3 WHERE sequence IN (SELECT sequence FROM hook WHERE account = $1 AND "
        "state = 'queued' ORDER BY due, sequence LIMIT 500)"};
    struct work_orphans *orphans = CONTAINER_OF(op, struct work_orphans, op);
    struct value params[] = {V_TEXT(orphans->account), V_INT(orphans->wall),
                             V_INT(orphans->wall + HOOK_KEPT)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &orphans->n);
    if (err == ERR_NONE)
        err = silence_forget(tx, orphans->account);
    return err == ERR_NONE ? order_forget(tx, orphans->account) : err;
}

static void on_orphans(struct store_op *op)
{
    struct work_orphans *orphans = CONTAINER_OF(op, struct work_orphans, op);
    orphans->err = op->err;
    orphans->done(orphans);
}

void work_orphans(struct work_orphans *orphans)
{
    orphans->op = (struct store_op){.kind = STORE_RELAXED,
                                    .run = run_orphans,
                                    .done = on_orphans,
                                    .worker = orphans->worker};
    store_submit(orphans->store, &orphans->op);
}

/* --- at the start --- */

struct accounts_op {
    struct store_op op;
    struct arena *arena;
    struct work_account *items;
    uint32_t n, room;
};

static enum err run_accounts(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT account, COUNT(*) FROM hook WHERE state = 'queued' GROUP BY account"};
    struct accounts_op *accounts = CONTAINER_OF(op, struct accounts_op, op);
    enum err err = tx_query(tx, &query, NULL, 0);
    accounts->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        accounts->items = arena_grow(accounts->arena, accounts->items, accounts->n,
                                     &accounts->room, sizeof(accounts->items[0]));
        accounts->items[accounts->n++] = (struct work_account){
            arena_str(accounts->arena, tx_text(tx, 0)), (uint64_t)tx_int(tx, 1)};
    }
    return err;
}

enum err work_accounts(struct store *store, struct arena *arena,
                       struct work_account **ret_items, uint32_t *ret_n)
{
    struct accounts_op accounts = {.op = {.kind = STORE_READ, .run = run_accounts},
                                   .arena = arena};
    enum err err = store_run(store, &accounts.op);
    *ret_items = accounts.items;
    *ret_n = accounts.n;
    return err;
}
