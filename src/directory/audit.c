/*
 * The number comes from a row that the transaction keeps locked, instead of a sequence
 * of the database: numbers are then in the order of commits, also where several
 * processes write. Administrative acts are rare enough to wait for each other.
 *
 * One statement for each index that a page can start from; what remains is filtered row
 * by row.
 */
#include "directory/audit.h"

enum err audit_put(struct tx *tx, const struct audit_entry *entry)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + 1 WHERE name = 'audit' RETURNING value"};
    static const struct statement insert = {
        "INSERT INTO audit (sequence, time, actor, peer, request_id, action, "
        "object_kind, "
        "object_id, environment, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        "$10)"};
    int64_t sequence;
    enum err err = tx_number(tx, &count, NULL, 0, &sequence);
    if (err != ERR_NONE)
        return err;
    struct value params[] = {V_INT(sequence),
                             V_INT(entry->time),
                             V_TEXT(entry->actor),
                             V_TEXT(entry->peer),
                             V_TEXT(entry->request_id),
                             V_TEXT(entry->action),
                             V_TEXT(entry->object_kind),
                             V_TEXT(entry->object_id),
                             V_TEXT(entry->environment),
                             V_TEXT(entry->detail)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

#define COLUMNS                                                                          \
    "SELECT sequence, time, actor, peer, request_id, action, object_kind, object_id, "   \
    "environment, detail FROM audit WHERE sequence < $1 AND time >= $2 AND time < $3 "
#define NEWEST_FIRST "ORDER BY sequence DESC LIMIT $4"

/* The statement for the filters that are set, whose values follow the first four
 * parameters in this order: object, environment. */
static const struct statement *choose(const struct audit_query *query)
{
    static const struct statement any = {COLUMNS NEWEST_FIRST};
    static const struct statement of_environment = {COLUMNS
                                                    "AND environment = $5 " NEWEST_FIRST};
    static const struct statement of_object = {COLUMNS
                                               "AND object_id = $5 " NEWEST_FIRST};
    static const struct statement of_both = {
        COLUMNS "AND object_id = $5 AND environment = $6 " NEWEST_FIRST};
    if (str_absent(query->object_id))
        return str_absent(query->environment) ? &any : &of_environment;
    return str_absent(query->environment) ? &of_object : &of_both;
}

static struct audit_row copy_row(struct tx *tx, struct arena *arena)
{
    return (struct audit_row){
        .sequence = tx_int(tx, 0),
        .entry = {.time = tx_int(tx, 1),
                  .actor = arena_str(arena, tx_text(tx, 2)),
                  .peer = arena_str(arena, tx_text(tx, 3)),
                  .request_id = arena_str(arena, tx_text(tx, 4)),
                  .action = arena_str(arena, tx_text(tx, 5)),
                  .object_kind = arena_str(arena, tx_text(tx, 6)),
                  .object_id = arena_str(arena, tx_text(tx, 7)),
                  .environment = arena_str(arena, tx_text(tx, 8)),
                  .detail = arena_str(arena, tx_text(tx, 9))},
    };
}

static enum err run_list(struct tx *tx, struct store_op *op)
{
    struct audit_query *query = CONTAINER_OF(op, struct audit_query, op);
    struct value params[6] = {
        V_INT(query->before ? query->before : INT64_MAX), V_INT(query->from),
        V_INT(query->until ? query->until : USEC_NEVER), V_INT(query->max)};
    unsigned n = 4;
    if (!str_absent(query->object_id))
        params[n++] = V_TEXT(query->object_id);
    if (!str_absent(query->environment))
        params[n++] = V_TEXT(query->environment);
    enum err err = tx_query(tx, choose(query), params, n);
    query->rows = arena_array(query->arena, query->max, sizeof(query->rows[0]));
    query->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        CHECK(query->n < query->max);
        query->rows[query->n++] = copy_row(tx, query->arena);
    }
    return err;
}

static void on_listed(struct store_op *op)
{
    struct audit_query *query = CONTAINER_OF(op, struct audit_query, op);
    query->err = op->err;
    query->done(query);
}

void audit_list(struct store *store, struct audit_query *query)
{
    CHECK(query->max > 0);
    query->op = (struct store_op){
        .kind = STORE_READ, .run = run_list, .done = on_listed, .worker = query->worker};
    store_submit(store, &query->op);
}

/* --- a line by itself --- */

static enum err run_note(struct tx *tx, struct store_op *op)
{
    return audit_put(tx, &CONTAINER_OF(op, struct audit_note, op)->entry);
}

static void on_noted(struct store_op *op)
{
    struct audit_note *note = CONTAINER_OF(op, struct audit_note, op);
    note->err = op->err;
    note->done(note);
}

void audit_note(struct audit_note *note)
{
    note->op = (struct store_op){
        .kind = STORE_FULL, .run = run_note, .done = on_noted, .worker = note->worker};
    store_submit(note->store, &note->op);
}
