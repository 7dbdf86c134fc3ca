/*
 * The number comes from a row that the transaction keeps locked, as that of the audit log
 * does: whoever reads on from a number misses nothing.
 */
#include "event/event.h"

static const struct {
    const char *name;
    const char *doc;
} types[EVENT_TYPE_COUNT] = {
#define X(symbol, name, doc) [EVENT_##symbol] = {name, doc},
#include "event/event_list.h"
#undef X
};

str event_type_name(enum event_type type)
{
    return str_z(types[type].name);
}

bool event_type_of(str name, enum event_type *ret_type)
{
    for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++)
        if (str_eq(name, str_z(types[i].name))) {
            *ret_type = (enum event_type)i;
            return true;
        }
    return false;
}

str event_type_doc(enum event_type type)
{
    return str_z(types[type].doc);
}

str event_about(str source, enum event_type type, struct arena *arena)
{
    str parts[] = {STR("event "), source, STR(" "), event_type_name(type)};
    return arena_join(arena, parts, COUNT_OF(parts));
}

enum err event_put(struct tx *tx, const struct event *event)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + 1 WHERE name = 'event' RETURNING value"};
    static const struct statement insert = {
        "INSERT INTO event (sequence, time, type, environment, account, detail, "
        "integration, source, subject, sealed, payload) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
    int64_t sequence;
    enum err err = tx_number(tx, &count, NULL, 0, &sequence);
    if (err != ERR_NONE)
        return err;
    tx_announce(tx);
    struct value params[] = {V_INT(sequence),
                             V_INT(event->time),
                             V_TEXT(str_z(types[event->type].name)),
                             V_TEXT(event->environment),
                             V_TEXT(event->account),
                             V_TEXT(event->detail),
                             V_TEXT(event->integration),
                             V_TEXT(event->source),
                             V_TEXT(event->subject),
                             V_BLOB(event->sealed),
                             V_TEXT(event->payload)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

/* --- reading --- */

#define COLUMNS                                                                          \
    "SELECT sequence, time, type, environment, account, detail, integration, source, "   \
    "subject, sealed, payload FROM event "                                               \
    "WHERE sequence < $1 AND ($2 IS NULL OR type = $2) "
#define NEWEST_FIRST "ORDER BY sequence DESC LIMIT $3"

/* One statement for each index that a page can start from; the values of the filters
 * follow the first three parameters in this order: account, environment. */
static const struct statement *choose(const struct event_query *query)
{
    static const struct statement any = {COLUMNS NEWEST_FIRST};
    static const struct statement of_environment = {COLUMNS
                                                    "AND environment = $4 " NEWEST_FIRST};
    static const struct statement of_account = {COLUMNS "AND account = $4 " NEWEST_FIRST};
    static const struct statement of_both = {
        COLUMNS "AND account = $4 AND environment = $5 " NEWEST_FIRST};
    if (str_absent(query->account))
        return str_absent(query->environment) ? &any : &of_environment;
    return str_absent(query->environment) ? &of_account : &of_both;
}

static struct event_row copy_row(struct tx *tx, struct arena *arena)
{
    return (struct event_row){
        .sequence = tx_int(tx, 0),
        .time = tx_int(tx, 1),
        .type = arena_str(arena, tx_text(tx, 2)),
        .environment = arena_str(arena, tx_text(tx, 3)),
        .account = arena_str(arena, tx_text(tx, 4)),
        .detail = arena_str(arena, tx_text(tx, 5)),
        .integration = arena_str(arena, tx_text(tx, 6)),
        .source = arena_str(arena, tx_text(tx, 7)),
        .subject = arena_str(arena, tx_text(tx, 8)),
        .sealed = arena_str(arena, tx_text(tx, 9)),
        .payload = arena_str(arena, tx_text(tx, 10)),
    };
}

static enum err run_list(struct tx *tx, struct store_op *op)
{
    struct event_query *query = CONTAINER_OF(op, struct event_query, op);
    struct value params[5] = {V_INT(query->before ? query->before : INT64_MAX),
                              V_TEXT(query->type), V_INT(query->max)};
    unsigned n = 3;
    if (!str_absent(query->account))
        params[n++] = V_TEXT(query->account);
    if (!str_absent(query->environment))
        params[n++] = V_TEXT(query->environment);
    query->n = 0;
    query->rows = arena_array(query->arena, query->max, sizeof(query->rows[0]));
    enum err err = tx_query(tx, choose(query), params, n);
    while (err == ERR_NONE && tx_next(tx, &err))
        query->rows[query->n++] = copy_row(tx, query->arena);
    return err;
}

static void on_listed(struct store_op *op)
{
    struct event_query *query = CONTAINER_OF(op, struct event_query, op);
    query->err = op->err;
    query->done(query);
}

void event_list(struct store *store, struct event_query *query)
{
    CHECK(query->max > 0);
    query->op = (struct store_op){
        .kind = STORE_READ, .run = run_list, .done = on_listed, .worker = query->worker};
    store_submit(store, &query->op);
}
