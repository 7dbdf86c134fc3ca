/*
 * Deliveries by the many: buried, hastened, expired, counted at the start.
 */
#include "deliver/delivery_rows.h"
#include "deliver/deliver_rule.h"

/* --- sweeps --- */

struct swept {
    int64_t last; /* the greatest sequence */
    str *subjects;
    struct arena arena;
};

static enum err find_oldest(struct tx *tx, struct delivery_sweep *sweep,
                            struct swept *swept)
{
    static const struct statement query = {
        "SELECT sequence, subject, bytes FROM delivery WHERE endpoint = $1 AND state = "
        "'pending' ORDER BY sequence LIMIT $2"};
    struct value params[] = {V_TEXT(sweep->endpoint), V_INT(sweep->max)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    swept->subjects = arena_array(&swept->arena, sweep->max, sizeof(str));
    while (err == ERR_NONE && tx_next(tx, &err)) {
        swept->last = tx_int(tx, 0);
        swept->subjects[sweep->n++] = arena_str(&swept->arena, tx_text(tx, 1));
        sweep->bytes += (uint64_t)tx_int(tx, 2);
    }
    return err;
}

static enum err bury_found(struct tx *tx, const struct delivery_sweep *sweep,
                           const struct swept *swept)
{
    static const struct statement update = {
        "UPDATE delivery SET state = 'dead', reason = $3, ended = $4, keep = $5 WHERE "
        "endpoint = $1 AND sequence <= $2 AND state = 'pending'"};
    bool released;
    struct value params[] = {V_TEXT(sweep->endpoint), V_INT(swept->last),
                             V_TEXT(sweep->reason), V_INT(sweep->wall),
                             V_INT(sweep->wall + DELIVERY_KEPT)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    for (uint32_t i = 0; err == ERR_NONE && i < sweep->n; i++)
        if (!str_absent(swept->subjects[i]))
            err = delivery_release(tx, sweep->endpoint, swept->subjects[i], sweep->wall,
                                   &released);
    return err;
}

static enum err run_bury(struct tx *tx, struct delivery_sweep *sweep)
{
    struct swept swept = {0};
    arena_init(&swept.arena, 16 * 1024, 64 << 20);
    enum err err = find_oldest(tx, sweep, &swept);
    if (err == ERR_NONE && sweep->n)
        err = bury_found(tx, sweep, &swept);
    if (err == ERR_NONE && sweep->n && sweep->tell)
        err = event_put(tx, &sweep->event);
    arena_fini(&swept.arena);
    return err;
}

static enum err run_hasten(struct tx *tx, struct delivery_sweep *sweep)
{
    static const struct statement update = {
        "UPDATE delivery SET due = created WHERE sequence IN (SELECT sequence FROM "
        "delivery WHERE endpoint = $1 AND state = 'pending' AND due > created AND due < "
        "$2 LIMIT $3)"};
    struct value params[] = {V_TEXT(sweep->endpoint), V_INT(USEC_NEVER),
                             V_INT(sweep->max)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    sweep->n = (uint32_t)changed;
    return err;
}

static enum err run_sweep(struct tx *tx, struct store_op *op)
{
    struct delivery_sweep *sweep = CONTAINER_OF(op, struct delivery_sweep, op);
    sweep->n = 0;
    sweep->bytes = 0;
    return sweep->kind == SWEEP_BURY ? run_bury(tx, sweep) : run_hasten(tx, sweep);
}

static void on_swept(struct store_op *op)
{
    struct delivery_sweep *sweep = CONTAINER_OF(op, struct delivery_sweep, op);
    sweep->err = op->err;
    sweep->done(sweep);
}

void delivery_sweep(struct delivery_sweep *sweep)
{
    CHECK(sweep->max > 0 && sweep->max <= DELIVERY_ROWS_MAX);
    sweep->op = (struct store_op){.kind = STORE_RELAXED,
                                  .run = run_sweep,
                                  .done = on_swept,
                                  .worker = sweep->worker};
    store_submit(sweep->store, &sweep->op);
}

/* --- expiry --- */

/* Attempts go with their delivery. An event goes when nothing refers to it any more and
 * it was fanned out. */
static enum err run_expire(struct tx *tx, struct store_op *op)
{
    static const struct statement rows = {
        "DELETE FROM delivery WHERE sequence IN (SELECT sequence FROM delivery WHERE "
        "keep > 0 AND keep < $1 ORDER BY keep LIMIT $2)"};
    static const struct statement events = {
        "DELETE FROM event WHERE sequence IN (SELECT e.sequence FROM event e WHERE "
        "e.time < $1 AND e.sequence <= (SELECT value FROM counter WHERE name = "
        "'fan_out') AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.sequence) "
        "ORDER BY e.sequence LIMIT $2)"};
    struct delivery_expire *expire = CONTAINER_OF(op, struct delivery_expire, op);
    struct value params[] = {V_INT(expire->wall), V_INT(DELIVERY_ROWS_MAX)};
    struct value old[] = {V_INT(expire->wall - DELIVERY_KEPT), V_INT(DELIVERY_ROWS_MAX)};
    int64_t gone = 0;
    enum err err = tx_exec(tx, &rows, params, COUNT_OF(params), &gone);
    expire->gone = gone;
    if (err == ERR_NONE)
        err = tx_exec(tx, &events, old, COUNT_OF(old), &gone);
    expire->gone += gone;
    return err;
}

static void on_expired(struct store_op *op)
{
    struct delivery_expire *expire = CONTAINER_OF(op, struct delivery_expire, op);
    expire->err = op->err;
    expire->done(expire);
}

void delivery_expire(struct delivery_expire *expire)
{
    expire->op = (struct store_op){.kind = STORE_RELAXED,
                                   .run = run_expire,
                                   .done = on_expired,
                                   .worker = expire->worker};
    store_submit(expire->store, &expire->op);
}

/* --- at the start --- */

struct waiting {
    struct store_op op;
    struct arena *arena;
    usec wall;
    struct delivery_waiting *items;
    uint32_t n, room;
};

/* A clock that was set back has left times that are too far ahead: no delay is longer
 * than the longest. */
static enum err run_clamp(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE delivery SET due = $1 WHERE state = 'pending' AND due > $2 AND due < $3"};
    struct waiting *waiting = CONTAINER_OF(op, struct waiting, op);
    struct value params[] = {V_INT(waiting->wall),
                             V_INT(waiting->wall + deliver_delay_max()),
                             V_INT(USEC_NEVER)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err run_waiting(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT endpoint, COUNT(*), SUM(bytes) FROM delivery WHERE state = 'pending' "
        "GROUP BY endpoint"};
    struct waiting *waiting = CONTAINER_OF(op, struct waiting, op);
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        waiting->items = arena_grow(waiting->arena, waiting->items, waiting->n,
                                    &waiting->room, sizeof(waiting->items[0]));
        waiting->items[waiting->n++] = (struct delivery_waiting){
            .endpoint = arena_str(waiting->arena, tx_text(tx, 0)),
            .n = (uint32_t)tx_int(tx, 1),
            .bytes = (uint64_t)tx_int(tx, 2)};
    }
    return err;
}

enum err delivery_waiting(struct store *store, usec wall, struct arena *arena,
                          struct delivery_waiting **ret_items, uint32_t *ret_n)
{
    struct waiting waiting = {
        .op = {.kind = STORE_FULL, .run = run_clamp}, .arena = arena, .wall = wall};
    enum err err = store_run(store, &waiting.op);
    waiting.op = (struct store_op){.kind = STORE_READ, .run = run_waiting};
    if (err == ERR_NONE)
        err = store_run(store, &waiting.op);
    *ret_items = waiting.items;
    *ret_n = waiting.n;
    return err;
}
