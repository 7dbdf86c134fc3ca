/*
 * Fanning out, loading what is due, and what came of an attempt. Sweeps, looks and
 * replays are delivery_sweep.c and delivery_look.c.
 */
#include "deliver/delivery_store.h"

#include "deliver/delivery_rows.h"

/* --- from events to deliveries --- */

static enum err run_scan(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT " DELIVERY_EVENT_COLUMNS
        " FROM event e WHERE e.sequence > $1 ORDER BY e.sequence LIMIT $2"};
    struct event_scan *scan = CONTAINER_OF(op, struct event_scan, op);
    struct value params[] = {V_INT(scan->after), V_INT(scan->max)};
    scan->rows = arena_array(scan->arena, scan->max, sizeof(scan->rows[0]));
    scan->n = 0;
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    while (err == ERR_NONE && tx_next(tx, &err))
        scan->rows[scan->n++] = delivery_read_event(tx, 0, scan->arena);
    return err;
}

static void on_scanned(struct store_op *op)
{
    struct event_scan *scan = CONTAINER_OF(op, struct event_scan, op);
    scan->err = op->err;
    scan->done(scan);
}

void event_scan(struct event_scan *scan)
{
    scan->op = (struct store_op){
        .kind = STORE_READ, .run = run_scan, .done = on_scanned, .worker = scan->worker};
    store_submit(scan->store, &scan->op);
}

struct position {
    struct store_op op;
    int64_t value;
};

static enum err run_position(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT value FROM counter WHERE name = 'fan_out'"};
    struct position *position = CONTAINER_OF(op, struct position, op);
    return tx_number(tx, &query, NULL, 0, &position->value);
}

enum err delivery_position(struct store *store, int64_t *ret_position)
{
    struct position position = {.op = {.kind = STORE_READ, .run = run_position}};
    enum err err = store_run(store, &position.op);
    *ret_position = position.value;
    return err;
}

/* Those that are parked; the one in front may be under way. */
static enum err supersede(struct tx *tx, const struct delivery_fan *fan,
                          struct delivery_new *row)
{
    static const struct statement update = {
        "UPDATE delivery SET state = 'superseded', ended = $4, keep = $5 WHERE "
        "endpoint = $1 AND subject = $2 AND subject IS NOT NULL AND state = 'pending' "
        "AND due = $3 RETURNING bytes"};
    struct value params[] = {V_TEXT(row->endpoint), V_TEXT(row->subject),
                             V_INT(USEC_NEVER), V_INT(fan->wall),
                             V_INT(fan->wall + DELIVERY_KEPT)};
    enum err err = tx_query(tx, &update, params, COUNT_OF(params));
    while (err == ERR_NONE && tx_next(tx, &err)) {
        row->superseded++;
        row->superseded_bytes += (uint64_t)tx_int(tx, 0);
    }
    return err;
}

static enum err insert_one(struct tx *tx, const struct delivery_fan *fan,
                           struct delivery_new *row, int64_t sequence)
{
    static const struct statement insert = {
        "INSERT INTO delivery (sequence, endpoint, event, type, environment, account, "
        "subject, state, due, tries, attempts, bytes, reason, status, created, ended, "
        "keep) VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, 0, 0, $9, NULL, 0, "
        "$10, 0, 0)"};
    enum err err = ERR_NONE;
    row->parked = false;
    row->superseded = 0;
    row->superseded_bytes = 0;
    if (!str_absent(row->subject))
        err = delivery_has_pending(tx, row->endpoint, row->subject, 0, &row->parked);
    if (err == ERR_NONE && row->parked && row->latest)
        err = supersede(tx, fan, row);
    struct value params[] = {V_INT(sequence),
                             V_TEXT(row->endpoint),
                             V_INT(row->event),
                             V_TEXT(row->type),
                             V_TEXT(row->environment),
                             V_TEXT(row->account),
                             V_TEXT(row->subject),
                             V_INT(row->parked ? USEC_NEVER : fan->wall),
                             V_INT((int64_t)row->bytes),
                             V_INT(fan->wall)};
    return err == ERR_NONE ? tx_exec(tx, &insert, params, COUNT_OF(params), NULL) : err;
}

static enum err run_fan(struct tx *tx, struct store_op *op)
{
    static const struct statement move = {
        "UPDATE counter SET value = $2 WHERE name = 'fan_out' AND value = $1"};
    static const struct statement count = {
        "UPDATE counter SET value = value + $1 WHERE name = 'delivery' RETURNING value"};
    struct delivery_fan *fan = CONTAINER_OF(op, struct delivery_fan, op);
    struct value moves[] = {V_INT(fan->before), V_INT(fan->after)};
    int64_t changed = 0, last = 0;
    enum err err = tx_exec(tx, &move, moves, COUNT_OF(moves), &changed);
    if (err == ERR_NONE && changed != 1)
        err = ERR_STATE_CONFLICT;
    if (err == ERR_NONE && fan->n)
        err = tx_number(tx, &count, (struct value[]){V_INT(fan->n)}, 1, &last);
    for (uint32_t i = 0; err == ERR_NONE && i < fan->n; i++)
        err = insert_one(tx, fan, &fan->rows[i], last - fan->n + 1 + i);
    return err;
}

static void on_fanned(struct store_op *op)
{
    struct delivery_fan *fan = CONTAINER_OF(op, struct delivery_fan, op);
    fan->err = op->err;
    fan->done(fan);
}

void delivery_fan(struct delivery_fan *fan)
{
    fan->op = (struct store_op){
        .kind = STORE_RELAXED, .run = run_fan, .done = on_fanned, .worker = fan->worker};
    store_submit(fan->store, &fan->op);
}

/* --- what is due --- */

static enum err read_due(struct tx *tx, struct delivery_load *load)
{
    static const struct statement query = {
        "SELECT " DELIVERY_COLUMNS ", " DELIVERY_EVENT_COLUMNS
        " FROM delivery d LEFT JOIN event e ON e.sequence = d.event "
        "WHERE d.endpoint = $1 AND d.state = 'pending' AND d.due <= $2 "
        "ORDER BY d.due, d.sequence LIMIT $3"};
    struct value params[] = {V_TEXT(load->endpoint), V_INT(load->wall), V_INT(load->max)};
    size_t bytes = 0;
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    while (err == ERR_NONE && bytes < load->bytes_max && tx_next(tx, &err)) {
        struct delivery_due *due = &load->rows[load->n++];
        *due = (struct delivery_due){
            .row = delivery_read(tx, load->arena),
            .event = delivery_read_event(tx, DELIVERY_COLUMN_COUNT, load->arena)};
        bytes += due->event.sealed.n + due->event.detail.n;
    }
    load->more = load->n == load->max || bytes >= load->bytes_max;
    return err;
}

/* Where more is due than was read, the next is due at once. */
static enum err read_next(struct tx *tx, struct delivery_load *load)
{
    static const struct statement query = {
        "SELECT MIN(due) FROM delivery WHERE endpoint = $1 AND state = 'pending' AND "
        "due > $2"};
    struct value params[] = {V_TEXT(load->endpoint), V_INT(load->wall)};
    int64_t next = 0;
    enum err err = tx_number(tx, &query, params, COUNT_OF(params), &next);
    load->next = next ? next : USEC_NEVER;
    return err;
}

static enum err run_load(struct tx *tx, struct store_op *op)
{
    struct delivery_load *load = CONTAINER_OF(op, struct delivery_load, op);
    load->rows = arena_array(load->arena, load->max, sizeof(load->rows[0]));
    load->n = 0;
    enum err err = load->secrets ? endpoint_read_sealed(tx, load->endpoint, load->arena,
                                                        &load->sealed)
                                 : ERR_NONE;
    if (err == ERR_NONE)
        err = read_due(tx, load);
    for (uint32_t i = 0; err == ERR_NONE && load->latest && i < load->n; i++) {
        struct delivery_due *due = &load->rows[i];
        if (!str_absent(due->row.subject) && !str_absent(due->event.subject))
            err = delivery_has_pending(tx, load->endpoint, due->row.subject,
                                       due->row.sequence, &due->newer);
    }
    return err == ERR_NONE ? read_next(tx, load) : err;
}

static void on_loaded(struct store_op *op)
{
    struct delivery_load *load = CONTAINER_OF(op, struct delivery_load, op);
    load->err = op->err;
    load->done(load);
}

void delivery_load(struct delivery_load *load)
{
    load->op = (struct store_op){
        .kind = STORE_READ, .run = run_load, .done = on_loaded, .worker = load->worker};
    store_submit(load->store, &load->op);
}

/* --- what came of it --- */

/* Answers the attempt's number; 0: the row is not there. */
static enum err count_attempt(struct tx *tx, const struct delivery_finish *finish,
                              int64_t *ret_number)
{
    static const struct statement count = {
        "UPDATE delivery SET attempts = attempts + 1, status = $2 WHERE sequence = $1 "
        "RETURNING attempts"};
    struct value params[] = {V_INT(finish->sequence), V_INT(finish->attempt.status)};
    *ret_number = 0;
    return tx_number(tx, &count, params, COUNT_OF(params), ret_number);
}

static enum err put_attempt(struct tx *tx, const struct delivery_finish *finish)
{
    static const struct statement insert = {
        "INSERT INTO delivery_attempt (delivery, number, time, duration, status, fault, "
        "sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)"};
    const struct delivery_attempt *attempt = &finish->attempt;
    int64_t number;
    enum err err = count_attempt(tx, finish, &number);
    if (err != ERR_NONE || number == 0)
        return err;
    struct value params[] = {V_INT(finish->sequence), V_INT(number),
                             V_INT(attempt->time),    V_INT(attempt->duration),
                             V_INT(attempt->status),  V_TEXT(attempt->fault),
                             V_BLOB(attempt->sealed)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

/* It was given up while it was under way, and arrived. */
static enum err put_truth(struct tx *tx, const struct delivery_finish *finish)
{
    static const struct statement update = {
        "UPDATE delivery SET state = 'delivered', reason = NULL, tries = $2 "
        "WHERE sequence = $1"};
    struct value params[] = {V_INT(finish->sequence), V_INT(finish->tries)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err put_state(struct tx *tx, struct delivery_finish *finish,
                          enum delivery_state state)
{
    static const struct statement update = {
        "UPDATE delivery SET state = $2, due = $3, tries = $4, reason = $5, ended = $6, "
        "keep = $7 WHERE sequence = $1 AND state = 'pending'"};
    bool ended = state != DELIVERY_PENDING;
    int64_t changed = 0;
    struct value params[] = {V_INT(finish->sequence),
                             V_TEXT(delivery_state_word(state)),
                             V_INT(finish->due),
                             V_INT(finish->tries),
                             V_TEXT(finish->reason),
                             V_INT(ended ? finish->wall : 0),
                             V_INT(ended ? finish->wall + DELIVERY_KEPT : 0)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    finish->changed = changed == 1;
    finish->ended = finish->changed && ended;
    return err == ERR_NONE && !finish->changed && state == DELIVERY_DELIVERED
               ? put_truth(tx, finish)
               : err;
}

static enum err put_events(struct tx *tx, const struct delivery_finish *finish)
{
    enum err err = ERR_NONE;
    uint32_t first = finish->dead_event && !finish->changed ? 1 : 0;
    for (uint32_t i = first; err == ERR_NONE && i < finish->event_n; i++)
        err = event_put(tx, &finish->events[i]);
    return err;
}

static enum err run_finish(struct tx *tx, struct store_op *op)
{
    struct delivery_finish *finish = CONTAINER_OF(op, struct delivery_finish, op);
    enum delivery_state state = finish->state;
    bool newer = false;
    enum err err = ERR_NONE;
    endpoint_unref(&finish->published);
    finish->released = false;
    if (finish->latest && state == DELIVERY_PENDING)
        err = delivery_has_pending(tx, finish->endpoint, finish->subject,
                                   finish->sequence, &newer);
    if (err == ERR_NONE)
        err = put_state(tx, finish, newer ? DELIVERY_SUPERSEDED : state);
    if (err == ERR_NONE && finish->tried)
        err = put_attempt(tx, finish);
    if (err == ERR_NONE && finish->ended && !str_absent(finish->subject))
        err = delivery_release(tx, finish->endpoint, finish->subject, finish->wall,
                               &finish->released);
    if (err == ERR_NONE && finish->turn)
        err = endpoint_apply(tx, finish->turn, &finish->published);
    return err == ERR_NONE ? put_events(tx, finish) : err;
}

static void on_finish_committed(struct store_op *op)
{
    struct delivery_finish *finish = CONTAINER_OF(op, struct delivery_finish, op);
    if (finish->published)
        endpoints_put(finish->endpoints, finish->published);
    finish->published = NULL;
}

static void on_finished(struct store_op *op)
{
    struct delivery_finish *finish = CONTAINER_OF(op, struct delivery_finish, op);
    finish->err = op->err;
    endpoint_unref(&finish->published);
    finish->done(finish);
}

void delivery_finish(struct delivery_finish *finish)
{
    finish->published = NULL;
    finish->op = (struct store_op){.kind = STORE_RELAXED,
                                   .run = run_finish,
                                   .committed = on_finish_committed,
                                   .done = on_finished,
                                   .worker = finish->worker};
    store_submit(finish->store, &finish->op);
}
