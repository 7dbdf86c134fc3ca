/*
 * What a start finds, and what goes with time.
 */
#include "writes/write_upkeep.h"

#include "writes/write_rows.h"

enum { RECOVER_ROWS = 256, EXPIRE_ROWS = 500 };

/* --- at start --- */

struct recovery {
    struct store_op op;
    struct arena arena;
    usec wall;
    uint32_t n;
};

static enum err recover_one(struct tx *tx, struct write_row *row, usec wall)
{
    static const struct statement update = {
        "UPDATE write SET state = $2, unsure = 1, lease = 0, reason = 'interrupted' "
        "WHERE id = $1"};
    row->state = row->promised ? WRITE_QUEUED : WRITE_NEEDS_DECISION;
    row->reason = STR("interrupted");
    struct value params[] = {V_TEXT(row->id), V_TEXT(write_state_word(row->state))};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? write_tell(tx, row, wall) : err;
}

static enum err run_recover(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        WRITE_COLUMNS "WHERE state = 'sending' ORDER BY sequence LIMIT $1"};
    static const struct statement free_lanes = {
        "UPDATE write_lane SET lease = 0 WHERE lease > 0"};
    struct recovery *recovery = CONTAINER_OF(op, struct recovery, op);
    struct write_row *rows = arena_array(&recovery->arena, RECOVER_ROWS, sizeof(*rows));
    struct value max = V_INT(RECOVER_ROWS);
    enum err err = tx_query(tx, &query, &max, 1);
    recovery->n = 0;
    while (err == ERR_NONE && recovery->n < RECOVER_ROWS && tx_next(tx, &err))
        rows[recovery->n++] = write_read(tx, &recovery->arena);
    for (uint32_t i = 0; err == ERR_NONE && i < recovery->n; i++)
        err = recover_one(tx, &rows[i], recovery->wall);
    return err == ERR_NONE ? tx_exec(tx, &free_lanes, NULL, 0, NULL) : err;
}

enum err write_recover(struct store *store, usec wall, uint64_t *ret_n)
{
    enum err err;
    struct recovery recovery = {.op = {.kind = STORE_FULL, .run = run_recover},
                                .wall = wall};
    *ret_n = 0;
    do {
        arena_init(&recovery.arena, 64 * 1024, 256 << 20);
        err = store_run(store, &recovery.op);
        arena_fini(&recovery.arena);
        *ret_n += recovery.n;
    } while (err == ERR_NONE && recovery.n == RECOVER_ROWS);
    return err;
}

struct account_list {
    struct store_op op;
    struct arena *arena;
    struct write_account *items;
    uint32_t n, room;
};

static void add_account(struct account_list *list, struct tx *tx)
{
    if (list->n == list->room) {
        uint32_t room = list->room ? 2 * list->room : 64;
        struct write_account *items = arena_array(list->arena, room, sizeof(*items));
        for (uint32_t i = 0; i < list->n; i++)
            items[i] = list->items[i];
        list->items = items;
        list->room = room;
    }
    list->items[list->n++] =
        (struct write_account){.account = arena_str(list->arena, tx_text(tx, 0)),
                               .queued = (uint64_t)tx_int(tx, 1),
                               .environment = arena_str(list->arena, tx_text(tx, 2)),
                               .bytes = (uint64_t)tx_int(tx, 3)};
}

static enum err run_accounts(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT account, COUNT(*), environment, SUM(bytes) FROM write "
        "WHERE state = 'queued' GROUP BY account, environment"};
    struct account_list *list = CONTAINER_OF(op, struct account_list, op);
    bool stopped;
    enum err err = tx_query(tx, &query, NULL, 0);
    list->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err))
        add_account(list, tx);
    for (uint32_t i = 0; err == ERR_NONE && i < list->n; i++)
        err = write_next_due(tx, list->items[i].account, &list->items[i].due, &stopped);
    return err;
}

enum err write_accounts(struct store *store, struct arena *arena,
                        struct write_account **ret_items, uint32_t *ret_n)
{
    struct account_list list = {.op = {.kind = STORE_READ, .run = run_accounts},
                                .arena = arena};
    enum err err = store_run(store, &list.op);
    *ret_items = list.items;
    *ret_n = list.n;
    return err;
}

/* --- accounts that leave --- */

#define OPEN "state IN ('queued', 'sending', 'needs_decision')"

static enum err run_census(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT state, COUNT(*) FROM write WHERE account = $1 AND " OPEN
        " GROUP BY state"};
    struct write_census *census = CONTAINER_OF(op, struct write_census, op);
    struct value by = V_TEXT(census->account);
    enum err err = tx_query(tx, &query, &by, 1);
    census->queued = census->sending = census->undecided = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        str state = tx_text(tx, 0);
        uint64_t n = (uint64_t)tx_int(tx, 1);
        if (str_eq(state, write_state_word(WRITE_QUEUED)))
            census->queued = n;
        else if (str_eq(state, write_state_word(WRITE_SENDING)))
            census->sending = n;
        else
            census->undecided = n;
    }
    return err;
}

static void on_counted(struct store_op *op)
{
    struct write_census *census = CONTAINER_OF(op, struct write_census, op);
    census->err = op->err;
    census->done(census);
}

void write_census(struct write_census *census)
{
    census->op = (struct store_op){.kind = STORE_READ,
                                   .run = run_census,
                                   .done = on_counted,
                                   .worker = census->worker};
    store_submit(census->store, &census->op);
}

static enum err run_drained(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT a.id FROM account AS a WHERE a.state = 'deleting' AND NOT EXISTS "
        "(SELECT 1 FROM write AS w WHERE w.account = a.id AND w." OPEN
        ") ORDER BY a.id LIMIT $1"};
    struct write_drained *drained = CONTAINER_OF(op, struct write_drained, op);
    struct value max = V_INT(drained->max);
    enum err err = tx_query(tx, &query, &max, 1);
    drained->n = 0;
    drained->accounts = arena_array(drained->arena, drained->max, sizeof(str));
    while (err == ERR_NONE && drained->n < drained->max && tx_next(tx, &err))
        drained->accounts[drained->n++] = arena_str(drained->arena, tx_text(tx, 0));
    return err;
}

static void on_drained(struct store_op *op)
{
    struct write_drained *drained = CONTAINER_OF(op, struct write_drained, op);
    drained->err = op->err;
    drained->done(drained);
}

void write_drained(struct write_drained *drained)
{
    drained->op = (struct store_op){.kind = STORE_READ,
                                    .run = run_drained,
                                    .done = on_drained,
                                    .worker = drained->worker};
    store_submit(drained->store, &drained->op);
}

/* --- with time --- */

static enum err run_expire(struct tx *tx, struct store_op *op)
{
    static const struct statement delete = {"DELETE FROM write WHERE id IN (SELECT id "
                                            "FROM write WHERE keep > 0 AND keep < $1 "
                                            "ORDER BY keep LIMIT $2)"};
    struct write_expire *expire = CONTAINER_OF(op, struct write_expire, op);
    struct value params[] = {V_INT(expire->wall), V_INT(EXPIRE_ROWS)};
    return tx_exec(tx, &delete, params, COUNT_OF(params), &expire->gone);
}

static void on_expired(struct store_op *op)
{
    struct write_expire *expire = CONTAINER_OF(op, struct write_expire, op);
    expire->err = op->err;
    expire->done(expire);
}

void write_expire(struct write_expire *expire)
{
    expire->op = (struct store_op){.kind = STORE_RELAXED,
                                   .run = run_expire,
                                   .done = on_expired,
                                   .worker = expire->worker};
    store_submit(expire->store, &expire->op);
}

/* --- a clock that jumps --- */

/* What came after the jump has a later time than any before it. All that has ended is
 * kept for longer: should the clock have gone back before, nobody knows by how much. */
static enum err shift_forward(struct tx *tx, const struct write_shift *shift)
{
    static const struct statement deadlines = {
        "UPDATE write SET deadline = deadline + $1 "
        "WHERE state IN ('queued', 'sending') AND accepted <= $2"};
    static const struct statement sent = {
        "UPDATE write SET last_sent = last_sent + $1 WHERE last_sent > 0 "
        "AND state IN ('queued', 'sending') AND last_sent <= $2"};
    static const struct statement kept = {
        "UPDATE write SET keep = keep + $1 WHERE keep > 0"};
    struct value params[] = {V_INT(shift->by), V_INT(shift->wall - shift->by)};
    enum err err = tx_exec(tx, &deadlines, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &sent, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? tx_exec(tx, &kept, params, 1, NULL) : err;
}

static enum err shift_backward(struct tx *tx, const struct write_shift *shift)
{
    static const struct statement sent = {
        "UPDATE write SET first_sent = first_sent + $1 WHERE first_sent > 0 "
        "AND state IN ('queued', 'sending', 'needs_decision')"};
    static const struct statement sent_last = {
        "UPDATE write SET last_sent = $1 WHERE last_sent > $1 "
        "AND state IN ('queued', 'sending')"};
    static const struct statement deadlines = {
        "UPDATE write SET deadline = deadline + $1, accepted = accepted + $1 "
        "WHERE state IN ('queued', 'sending') AND accepted > $2"};
    static const struct statement due = {
        "UPDATE write SET due = $1 WHERE state = 'queued' AND due > $1"};
    static const struct statement lanes = {
        "UPDATE write_lane SET due = $1 WHERE due > $1 AND due < $2"};
    struct value by[] = {V_INT(shift->by), V_INT(shift->wall)};
    struct value now[] = {V_INT(shift->wall), V_INT(USEC_NEVER)};
    enum err err = tx_exec(tx, &sent, by, 1, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &sent_last, now, 1, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &deadlines, by, 2, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &due, now, 1, NULL);
    return err == ERR_NONE ? tx_exec(tx, &lanes, now, 2, NULL) : err;
}

static enum err run_shift(struct tx *tx, struct store_op *op)
{
    struct write_shift *shift = CONTAINER_OF(op, struct write_shift, op);
    return shift->by > 0 ? shift_forward(tx, shift) : shift_backward(tx, shift);
}

static void on_shifted(struct store_op *op)
{
    struct write_shift *shift = CONTAINER_OF(op, struct write_shift, op);
    shift->err = op->err;
    shift->done(shift);
}

void write_shift(struct write_shift *shift)
{
    shift->op = (struct store_op){.kind = STORE_FULL,
                                  .run = run_shift,
                                  .done = on_shifted,
                                  .worker = shift->worker};
    store_submit(shift->store, &shift->op);
}
