/*
 * Looking at deliveries and events, and having deliveries made again.
 */
#include "deliver/delivery_look.h"

#include "deliver/delivery_rows.h"
#include "directory/audit.h"

enum { PARAMS = 10 };

#define FILTER                                                                           \
    "WHERE d.sequence < $1 AND ($2 IS NULL OR d.type = $2) AND ($3 IS NULL OR "          \
    "d.state = $3) AND d.created >= $4 AND d.created < $5 "                              \
    "AND ($6 = 0 OR d.sequence = $6) "
#define NEWEST_FIRST "ORDER BY d.sequence DESC LIMIT $7"
#define LOOK         "SELECT " DELIVERY_COLUMNS " FROM delivery d "

/* One statement for each index that a look can start from. The filter that is not that of
 * the index is looked at row by row: an environment's deliveries of one account are those
 * of the account. */
static const struct statement *choose(const struct delivery_filter *filter,
                                      struct value *param)
{
    static const struct statement any = {LOOK FILTER NEWEST_FIRST};
    static const struct statement of_event = {LOOK FILTER
                                              "AND d.event = $8 " NEWEST_FIRST};
    static const struct statement of_endpoint = {
        LOOK FILTER "AND d.endpoint = $8 AND ($9 IS NULL OR d.environment = $9) AND ($10 "
                    "IS NULL OR d.account = $10) " NEWEST_FIRST};
    static const struct statement of_account = {
        LOOK FILTER
        "AND d.account = $8 AND ($9 IS NULL OR d.environment = $9) " NEWEST_FIRST};
    static const struct statement of_environment = {
        LOOK FILTER "AND d.environment = $8 " NEWEST_FIRST};
    param[1] = V_TEXT(filter->environment);
    param[2] = V_TEXT(filter->account);
    if (filter->event) {
        param[0] = V_INT(filter->event);
        return &of_event;
    }
    if (!str_absent(filter->endpoint)) {
        param[0] = V_TEXT(filter->endpoint);
        return &of_endpoint;
    }
    if (!str_absent(filter->account)) {
        param[0] = V_TEXT(filter->account);
        return &of_account;
    }
    param[0] = V_TEXT(filter->environment);
    return str_absent(filter->environment) ? &any : &of_environment;
}

static unsigned param_count(const struct delivery_filter *filter)
{
    if (filter->event)
        return 8;
    if (!str_absent(filter->endpoint))
        return 10;
    if (!str_absent(filter->account))
        return 9;
    return str_absent(filter->environment) ? 7 : 8;
}

static enum err look(struct tx *tx, const struct delivery_filter *filter, int64_t before,
                     uint32_t max)
{
    struct value params[PARAMS] = {
        V_INT(before ? before : INT64_MAX),
        V_TEXT(filter->type),
        V_TEXT(filter->state < 0 ? STR_NONE : str_z(delivery_state_words[filter->state])),
        V_INT(filter->from),
        V_INT(filter->until ? filter->until : INT64_MAX),
        V_INT(filter->sequence),
        V_INT(max)};
    const struct statement *statement = choose(filter, params + 7);
    return tx_query(tx, statement, params, param_count(filter));
}

/* --- looking --- */

static enum err read_attempts(struct tx *tx, struct delivery_query *query)
{
    static const struct statement select = {
        "SELECT number, time, duration, status, fault, sealed FROM delivery_attempt "
        "WHERE delivery = $1 ORDER BY number LIMIT $2"};
    struct value params[] = {V_INT(query->rows[0].sequence), V_INT(DELIVERY_ROWS_MAX)};
    uint32_t room = 0;
    enum err err = tx_query(tx, &select, params, COUNT_OF(params));
    while (err == ERR_NONE && tx_next(tx, &err)) {
        query->attempt_rows =
            arena_grow(query->arena, query->attempt_rows, query->attempt_n, &room,
                       sizeof(query->attempt_rows[0]));
        query->attempt_rows[query->attempt_n++] =
            (struct delivery_attempt){.number = (uint32_t)tx_int(tx, 0),
                                      .time = tx_int(tx, 1),
                                      .duration = tx_int(tx, 2),
                                      .status = (int)tx_int(tx, 3),
                                      .fault = arena_str(query->arena, tx_text(tx, 4)),
                                      .sealed = arena_str(query->arena, tx_text(tx, 5))};
    }
    return err;
}

static enum err run_query(struct tx *tx, struct store_op *op)
{
    struct delivery_query *query = CONTAINER_OF(op, struct delivery_query, op);
    query->rows = arena_array(query->arena, query->max, sizeof(query->rows[0]));
    query->n = 0;
    query->attempt_rows = NULL;
    query->attempt_n = 0;
    enum err err = look(tx, &query->filter, query->before, query->max);
    while (err == ERR_NONE && tx_next(tx, &err))
        query->rows[query->n++] = delivery_read(tx, query->arena);
    if (err == ERR_NONE && query->attempts && query->n) {
        err = read_attempts(tx, query);
        if (err == ERR_NONE)
            err = endpoint_read_sealed(tx, query->rows[0].endpoint, query->arena,
                                       &query->sealed);
    }
    return err;
}

static void on_queried(struct store_op *op)
{
    struct delivery_query *query = CONTAINER_OF(op, struct delivery_query, op);
    query->err = op->err;
    query->done(query);
}

void delivery_list(struct delivery_query *query)
{
    query->op = (struct store_op){.kind = STORE_READ,
                                  .run = run_query,
                                  .done = on_queried,
                                  .worker = query->worker};
    store_submit(query->store, &query->op);
}

static enum err run_get(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {"SELECT " DELIVERY_EVENT_COLUMNS
                                           " FROM event e WHERE e.sequence = $1"};
    struct event_get *get = CONTAINER_OF(op, struct event_get, op);
    enum err err = tx_query(tx, &query, (struct value[]){V_INT(get->sequence)}, 1);
    if (err != ERR_NONE)
        return err;
    if (!tx_next(tx, &err))
        return err == ERR_NONE ? ERR_OBJECT_UNKNOWN : err;
    get->row = delivery_read_event(tx, 0, get->arena);
    return ERR_NONE;
}

static void on_got(struct store_op *op)
{
    struct event_get *get = CONTAINER_OF(op, struct event_get, op);
    get->err = op->err;
    get->done(get);
}

void event_get(struct event_get *get)
{
    get->op = (struct store_op){
        .kind = STORE_READ, .run = run_get, .done = on_got, .worker = get->worker};
    store_submit(get->store, &get->op);
}

/* --- once more --- */

static enum err put_audit(struct tx *tx, const struct delivery_replay *replay)
{
    struct arena *arena = replay->arena;
    char id[DELIVERY_ID_BYTES] = "";
    if (replay->filter.sequence)
        delivery_id("dlv_", replay->filter.sequence, id);
    struct audit_entry entry = {
        .time = replay->wall,
        .actor = replay->actor.key_id,
        .peer = replay->actor.peer,
        .request_id = replay->actor.request_id,
        .action = STR("delivery.replay"),
        .object_kind = STR("delivery"),
        .object_id = id[0] ? str_z(id) : STR("*"),
        .environment = replay->filter.environment,
        .detail = arena_printf(arena, "{\"deliveries\":%u}", replay->n)};
    return audit_put(tx, &entry);
}

static enum err replay_one(struct tx *tx, const struct delivery_replay *replay,
                           const struct delivery_row *row)
{
    static const struct statement update = {
        "UPDATE delivery SET state = 'pending', due = $2, tries = 0, reason = NULL, "
        "ended = 0, keep = 0 WHERE sequence = $1 AND state <> 'pending'"};
    bool parked = false;
    enum err err = ERR_NONE;
    if (!str_absent(row->subject))
        err = delivery_has_pending(tx, row->endpoint, row->subject, 0, &parked);
    struct value params[] = {V_INT(row->sequence),
                             V_INT(parked ? USEC_NEVER : replay->wall)};
    return err == ERR_NONE ? tx_exec(tx, &update, params, COUNT_OF(params), NULL) : err;
}

/* The pages come newest first; of one order the oldest has to go first. */
static enum err run_replay(struct tx *tx, struct store_op *op)
{
    struct delivery_replay *replay = CONTAINER_OF(op, struct delivery_replay, op);
    replay->rows = arena_array(replay->arena, replay->max, sizeof(replay->rows[0]));
    replay->n = 0;
    replay->more = false;
    enum err err = look(tx, &replay->filter, 0, replay->max + 1);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct delivery_row row = delivery_read(tx, replay->arena);
        if (replay->n == replay->max)
            replay->more = true;
        else if (row.state != DELIVERY_PENDING)
            replay->rows[replay->n++] = row;
    }
    if (err != ERR_NONE || replay->dry_run)
        return err;
    for (uint32_t i = replay->n; err == ERR_NONE && i > 0; i--)
        err = replay_one(tx, replay, &replay->rows[i - 1]);
    return err == ERR_NONE ? put_audit(tx, replay) : err;
}

static void on_replayed(struct store_op *op)
{
    struct delivery_replay *replay = CONTAINER_OF(op, struct delivery_replay, op);
    replay->err = op->err;
    replay->done(replay);
}

void delivery_replay(struct delivery_replay *replay)
{
    CHECK(replay->max > 0 && replay->max < DELIVERY_ROWS_MAX);
    replay->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_replay,
                                   .done = on_replayed,
                                   .worker = replay->worker};
    store_submit(replay->store, &replay->op);
}
