/*
 * What people do with writes: look, retry, cancel.
 */
#include "base/buf.h"
#include "directory/audit.h"
#include "json/json_write.h"
#include "writes/write_rows.h"

/* --- finding --- */

/* One statement for each index that a search can start from. */
#define MATCHES                                                                          \
    "AND ($3 IS NULL OR integration = $3) AND ($4 IS NULL OR state = $4) "               \
    "AND ($5 = 0 OR accepted < $5) AND ($6 = 0 OR accepted >= $6) "                      \
    "AND ($7 IS NULL OR environment = $7) "
#define UP "AND sequence > $1 " MATCHES "ORDER BY sequence LIMIT $2"
/* With the parameters of the others. */
#define COUNTED "AND sequence > $1 AND $2 >= 0 " MATCHES
#define DOWN    "AND sequence < $1 " MATCHES "ORDER BY sequence DESC LIMIT $2"

static const struct statement all_down = {WRITE_COLUMNS "WHERE 1 = 1 " DOWN};
static const struct statement account_down = {WRITE_COLUMNS "WHERE account = $8 " DOWN};
static const struct statement id_any = {WRITE_COLUMNS "WHERE id = $8 " UP};

/* What an act has no business with must not fill its pages: those that have ended, and
 * queued ones that are due already in a lane that is, or the same page would be found
 * again and again. */
#define RETRIED                                                                          \
    "WHERE (state IN ('dead', 'cancelled', 'needs_decision') "                           \
    "OR (state = 'queued' AND (due > $8 OR EXISTS (SELECT 1 FROM write_lane AS l "       \
    "WHERE l.account = write.account AND l.lane = write.lane AND l.due > $8)))) "
/* One that is dead has ended, but for the lane that stands still because of it. */
#define CANCELLED                                                                        \
    "WHERE (state IN ('queued', 'needs_decision') "                                      \
    "OR (state = 'dead' AND EXISTS (SELECT 1 FROM write_lane AS l "                      \
    "WHERE l.account = write.account AND l.lane = write.lane AND l.due = $8))) "

/* For all, and for those of an account. */
#define STATEMENTS(name, condition)                                                      \
    static const struct statement name[] = {                                             \
        {WRITE_COLUMNS condition UP}, {WRITE_COLUMNS condition "AND account = $9 " UP}}; \
    static const struct statement name##_n[] = {                                         \
        {"SELECT COUNT(*) FROM write " condition COUNTED},                               \
        {"SELECT COUNT(*) FROM write " condition "AND account = $9 " COUNTED}}

STATEMENTS(retried, RETRIED);
STATEMENTS(cancelled, CANCELLED);

enum { PARAMS_MAX = 9 };

/* What is asked of rows; `$8` is an act's, 0: it is none. Answers how many. */
static unsigned fill(struct value params[PARAMS_MAX], const struct write_filter *filter,
                     int64_t from, int64_t max, usec about)
{
    const char *state = filter->state < 0 ? NULL : write_state_words[filter->state];
    unsigned n = 0;
    params[n++] = V_INT(from);
    params[n++] = V_INT(max);
    params[n++] = V_TEXT(filter->integration);
    params[n++] = V_TEXT(state ? str_z(state) : STR_NONE);
    params[n++] = V_INT(filter->before);
    params[n++] = V_INT(filter->after);
    params[n++] = V_TEXT(filter->environment);
    if (about)
        params[n++] = V_INT(about);
    if (!str_absent(filter->id))
        params[n++] = V_TEXT(filter->id);
    else if (!str_absent(filter->account))
        params[n++] = V_TEXT(filter->account);
    return n;
}

static const struct statement *choose(const struct write_filter *filter)
{
    if (!str_absent(filter->id))
        return &id_any;
    return str_absent(filter->account) ? &all_down : &account_down;
}

static enum err run_list(struct tx *tx, struct store_op *op)
{
    struct write_query *query = CONTAINER_OF(op, struct write_query, op);
    bool one = !str_absent(query->filter.id);
    int64_t from = query->before ? query->before : USEC_NEVER;
    query->n = 0;
    query->rows = arena_array(query->arena, query->max, sizeof(query->rows[0]));
    struct value params[PARAMS_MAX];
    unsigned n = fill(params, &query->filter, one ? 0 : from, query->max, 0);
    enum err err = tx_query(tx, choose(&query->filter), params, n);
    while (err == ERR_NONE && query->n < query->max && tx_next(tx, &err))
        query->rows[query->n++] = write_read(tx, query->arena);
    if (err == ERR_NONE && one && query->n)
        err = write_read_parts(tx, (1u << WRITE_PART_COUNT) - 1, query->arena,
                               &query->rows[0]);
    return err;
}

static void on_listed(struct store_op *op)
{
    struct write_query *query = CONTAINER_OF(op, struct write_query, op);
    query->err = op->err;
    query->done(query);
}

void write_list(struct write_query *query)
{
    query->op = (struct store_op){
        .kind = STORE_READ, .run = run_list, .done = on_listed, .worker = query->worker};
    store_submit(query->store, &query->op);
}

/* --- acting --- */

static bool may(enum write_act_kind kind, enum write_state state)
{
    if (kind == WRITE_CANCEL)
        return state == WRITE_QUEUED || state == WRITE_NEEDS_DECISION ||
               state == WRITE_DEAD;
    return state == WRITE_QUEUED || state == WRITE_NEEDS_DECISION ||
           state == WRITE_DEAD || state == WRITE_CANCELLED;
}

/* A person takes the decision that it is to be sent: as if it were new. One that is
 * queued already needs no decision, and has none: it may have been sent, and is only due.
 */
static enum err queue_again(struct tx *tx, const struct write_act *act,
                            const struct write_row *row)
{
    static const struct statement renew = {
        "UPDATE write SET state = 'queued', promised = 1, unsure = 0, tries = 0, "
        "due = $2, deadline = $2 + age, first_sent = 0, last_sent = 0, ended = 0, "
        "keep = 0, login = '', reason = NULL, detail = NULL WHERE id = $1"};
    static const struct statement hurry = {"UPDATE write SET due = $2 WHERE id = $1"};
    struct value params[] = {V_TEXT(row->id), V_INT(act->wall)};
    return tx_exec(tx, row->state == WRITE_QUEUED ? &hurry : &renew, params,
                   COUNT_OF(params), NULL);
}

static enum err retry(struct tx *tx, const struct write_act *act,
                      const struct write_row *row)
{
    static const struct statement now = {
        "UPDATE write_lane SET due = $3 WHERE account = $1 AND lane = $2 AND lease = 0"};
    struct value lane[] = {V_TEXT(row->account), V_TEXT(row->lane), V_INT(act->wall)};
    struct write_row due = *row;
    due.due = act->wall;
    enum err err = queue_again(tx, act, row);
    if (err == ERR_NONE)
        err = write_queue_lane(tx, &due);
    return err == ERR_NONE ? tx_exec(tx, &now, lane, COUNT_OF(lane), NULL) : err;
}

/* Its key is free: whoever sends it again means a new one. A lane that had stopped for
 * it goes on. */
static enum err cancel(struct tx *tx, const struct write_act *act, struct write_row *row)
{
    static const struct statement update = {
        "UPDATE write SET state = 'cancelled', key_digest = NULL, ended = $2, keep = $3, "
        "reason = 'cancelled' WHERE id = $1"};
    static const struct statement held = {
        "SELECT COUNT(*) FROM write_lane WHERE account = $1 AND lane = $2 AND lease > 0"};
    struct value params[] = {V_TEXT(row->id), V_INT(act->wall),
                             V_INT(act->wall + WRITE_KEPT)};
    struct value lane[] = {V_TEXT(row->account), V_TEXT(row->lane)};
    int64_t under_way = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    row->state = WRITE_CANCELLED;
    row->reason = STR("cancelled");
    if (err == ERR_NONE)
        err = write_tell(tx, row, act->wall);
    if (err == ERR_NONE)
        err = tx_number(tx, &held, lane, COUNT_OF(lane), &under_way);
    if (err != ERR_NONE || under_way)
        return err;
    return write_free_lane(tx, row->account, row->lane, false);
}

static enum err put_audit(struct tx *tx, const struct write_act *act,
                          const struct write_row *row)
{
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 64 * 1024);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("account"), row->account);
    json_out_member_text(&out, STR("was"), write_state_word(row->state));
    json_out_end(&out);
    struct audit_entry entry = {.time = act->wall,
                                .actor = act->actor,
                                .peer = act->peer,
                                .request_id = act->request_id,
                                .action = act->kind == WRITE_RETRY ? STR("write.retry")
                                                                   : STR("write.cancel"),
                                .object_kind = STR("write"),
                                .object_id = row->id,
                                .environment = row->environment,
                                .detail = buf_peek(&detail)};
    enum err err = audit_put(tx, &entry);
    buf_fini(&detail);
    return err;
}

static enum err act_on(struct tx *tx, struct write_act *act, const struct write_row *row)
{
    struct write_row changed = *row;
    enum err err = put_audit(tx, act, row);
    if (err != ERR_NONE)
        return err;
    return act->kind == WRITE_RETRY ? retry(tx, act, row) : cancel(tx, act, &changed);
}

static bool is_one(const struct write_act *act)
{
    return !str_absent(act->filter.id);
}

/* What a retry finds due already, and a cancel finds standing still. */
static unsigned fill_act(struct value params[PARAMS_MAX], const struct write_act *act,
                         int64_t from)
{
    usec about = act->kind == WRITE_RETRY ? act->wall : USEC_NEVER;
    return fill(params, &act->filter, from, act->max, is_one(act) ? 0 : about);
}

static enum err find_rows(struct tx *tx, const struct write_act *act)
{
    struct value params[PARAMS_MAX];
    unsigned n = fill_act(params, act, act->from);
    bool of_account = !str_absent(act->filter.account);
    const struct statement *all = act->kind == WRITE_RETRY ? retried : cancelled;
    return tx_query(tx, is_one(act) ? &id_any : &all[of_account], params, n);
}

static enum err count_rows(struct tx *tx, struct write_act *act)
{
    struct value params[PARAMS_MAX];
    unsigned n = fill_act(params, act, 0);
    bool of_account = !str_absent(act->filter.account);
    const struct statement *all = act->kind == WRITE_RETRY ? retried_n : cancelled_n;
    return tx_number(tx, &all[of_account], params, n, &act->count);
}

/* Where the page before has ended. */
static enum err look_after(struct tx *tx, struct write_act *act)
{
    static const struct statement query = {"SELECT sequence FROM write WHERE id = $1"};
    struct value by = V_TEXT(act->after);
    enum err err = tx_query(tx, &query, &by, 1);
    if (err != ERR_NONE)
        return err;
    if (!tx_next(tx, &err))
        return err == ERR_NONE ? ERR_OBJECT_UNKNOWN : err;
    act->from = tx_int(tx, 0);
    return ERR_NONE;
}

static enum err drop_ended(struct tx *tx, struct write_act *act)
{
    static const struct statement query = {
        "SELECT COUNT(*) FROM write_lane WHERE account = $1 AND lane = $2 AND due = $3"};
    const struct write_row *row = &act->rows[0];
    int64_t stopped = 0;
    if (!is_one(act) || act->kind != WRITE_CANCEL || !act->n || row->state != WRITE_DEAD)
        return ERR_NONE;
    struct value by[] = {V_TEXT(row->account), V_TEXT(row->lane), V_INT(USEC_NEVER)};
    enum err err = tx_number(tx, &query, by, COUNT_OF(by), &stopped);
    act->n = stopped ? act->n : 0;
    return err;
}

static enum err read_rows(struct tx *tx, struct write_act *act)
{
    uint32_t seen = 0;
    enum err err = find_rows(tx, act);
    while (err == ERR_NONE && act->n < act->max && tx_next(tx, &err)) {
        struct write_row row = write_read(tx, act->arena);
        seen++;
        act->from = row.sequence;
        if (may(act->kind, row.state))
            act->rows[act->n++] = row;
    }
    act->more = seen == act->max;
    return err == ERR_NONE ? drop_ended(tx, act) : err;
}

static enum err run_act(struct tx *tx, struct store_op *op)
{
    struct write_act *act = CONTAINER_OF(op, struct write_act, op);
    enum err err = str_absent(act->after) ? ERR_NONE : look_after(tx, act);
    act->n = 0;
    act->rows = arena_array(act->arena, act->max, sizeof(act->rows[0]));
    if (err == ERR_NONE)
        err = read_rows(tx, act);
    if (err == ERR_NONE && act->dry_run)
        return count_rows(tx, act);
    for (uint32_t i = 0; err == ERR_NONE && i < act->n; i++)
        err = act_on(tx, act, &act->rows[i]);
    return err;
}

static void on_acted(struct store_op *op)
{
    struct write_act *act = CONTAINER_OF(op, struct write_act, op);
    act->err = op->err;
    act->done(act);
}

void write_act(struct write_act *act)
{
    act->op = (struct store_op){.kind = act->dry_run ? STORE_READ : STORE_FULL,
                                .run = run_act,
                                .done = on_acted,
                                .worker = act->worker};
    store_submit(act->store, &act->op);
}
