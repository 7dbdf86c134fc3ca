#include "hook/hooks_query.h"

#include "directory/audit.h"

/* Each condition is void where its parameter says that nothing is asked. */
#define FILTER                                                                           \
    "WHERE ($1 = 0 OR sequence = $1) AND ($2 IS NULL OR environment = $2) AND "          \
    "($3 IS NULL OR account = $3) AND ($4 IS NULL OR integration = $4) AND "             \
    "($5 IS NULL OR type = $5) AND ($6 IS NULL OR state = $6) AND received >= $7 AND "   \
    "($8 = 0 OR received < $8) "
enum { FILTER_PARAMS = 8 };

static void fill(const struct hook_filter *filter, struct value *params)
{
    params[0] = V_INT(filter->sequence);
    params[1] = V_TEXT(filter->environment);
    params[2] = V_TEXT(filter->account);
    params[3] = V_TEXT(filter->integration);
    params[4] = V_TEXT(filter->type);
    params[5] = V_NULL;
    if (filter->state >= 0)
        params[5] = V_TEXT(hook_state_word((enum hook_state)filter->state));
    params[6] = V_INT(filter->from);
    params[7] = V_INT(filter->until);
}

static enum err read_rows(struct tx *tx, struct arena *arena, uint32_t max,
                          struct hook_row **ret_rows, uint32_t *ret_n)
{
    enum err err = ERR_NONE;
    struct hook_row *rows = arena_array(arena, max, sizeof(*rows));
    uint32_t n = 0;
    while (n < max && tx_next(tx, &err))
        rows[n++] = hook_read(tx, arena);
    *ret_rows = rows;
    *ret_n = n;
    return err;
}

/* --- lists --- */

/* Which index is used the condition says that is not void. */
static const struct statement *list_of(const struct hook_filter *filter)
{
#define PAGE "AND sequence < $9 ORDER BY sequence DESC LIMIT $10"
    static const struct statement any = {HOOK_COLUMNS FILTER PAGE};
    static const struct statement one = {HOOK_COLUMNS FILTER "AND sequence = $1 " PAGE};
    static const struct statement of_account = {HOOK_COLUMNS FILTER
                                                "AND account = $3 " PAGE};
    static const struct statement of_environment = {HOOK_COLUMNS FILTER
                                                    "AND environment = $2 " PAGE};
#undef PAGE
    if (filter->sequence)
        return &one;
    if (!str_absent(filter->account))
        return &of_account;
    return str_absent(filter->environment) ? &any : &of_environment;
}

static enum err run_list(struct tx *tx, struct store_op *op)
{
    struct hook_query *query = CONTAINER_OF(op, struct hook_query, op);
    struct value params[FILTER_PARAMS + 2];
    fill(&query->filter, params);
    params[FILTER_PARAMS] = V_INT(query->before ? query->before : INT64_MAX);
    params[FILTER_PARAMS + 1] = V_INT(query->max);
    enum err err = tx_query(tx, list_of(&query->filter), params, COUNT_OF(params));
    if (err == ERR_NONE)
        err = read_rows(tx, query->arena, query->max, &query->rows, &query->n);
    return err;
}

static void on_listed(struct store_op *op)
{
    struct hook_query *query = CONTAINER_OF(op, struct hook_query, op);
    query->err = op->err;
    query->done(query);
}

void hook_list(struct hook_query *query)
{
    query->op = (struct store_op){
        .kind = STORE_READ, .run = run_list, .done = on_listed, .worker = query->worker};
    store_submit(query->store, &query->op);
}

/* --- replaying --- */

static enum err put_audit(struct tx *tx, const struct hook_replay *replay,
                          const struct hook_row *row)
{
    char id[HOOK_ID_BYTES];
    hook_id(row->sequence, id);
    struct audit_entry entry = {.time = replay->wall,
                                .actor = replay->actor.key_id,
                                .peer = replay->actor.peer,
                                .request_id = replay->actor.request_id,
                                .action = STR("hook.replay"),
                                .object_kind = STR("hook"),
                                .object_id = str_z(id),
                                .environment = row->environment,
                                .detail = STR("{}")};
    return audit_put(tx, &entry);
}

static enum err queue_again(struct tx *tx, const struct hook_replay *replay,
                            const struct hook_row *row)
{
    static const struct statement update = {
        "UPDATE hook SET state = 'queued', due = 0, tries = 0, reason = NULL, "
        "detail = NULL, ended = 0, keep = 0 WHERE sequence = $1"};
    enum err err = tx_exec(tx, &update, (struct value[]){V_INT(row->sequence)}, 1, NULL);
    return err == ERR_NONE ? put_audit(tx, replay, row) : err;
}

static enum err run_replay(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        HOOK_COLUMNS FILTER "AND (state = 'done' OR state = 'dead') AND "
                            "account IS NOT NULL ORDER BY sequence LIMIT $9"};
    struct hook_replay *replay = CONTAINER_OF(op, struct hook_replay, op);
    struct value params[FILTER_PARAMS + 1];
    fill(&replay->filter, params);
    params[FILTER_PARAMS] = V_INT(replay->max + 1);
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    if (err == ERR_NONE)
        err = read_rows(tx, replay->arena, replay->max + 1, &replay->rows, &replay->n);
    replay->more = replay->n > replay->max;
    replay->n -= replay->more;
    for (uint32_t i = 0; i < replay->n && err == ERR_NONE && !replay->dry_run; i++)
        err = queue_again(tx, replay, &replay->rows[i]);
    return err;
}

static void on_replayed(struct store_op *op)
{
    struct hook_replay *replay = CONTAINER_OF(op, struct hook_replay, op);
    replay->err = op->err;
    replay->done(replay);
}

void hook_replay(struct hook_replay *replay)
{
    replay->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_replay,
                                   .done = on_replayed,
                                   .worker = replay->worker};
    store_submit(replay->store, &replay->op);
}
