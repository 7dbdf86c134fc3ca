/*
 * What callers wait for: a key is taken, and what came of the call is kept.
 */
#include "writes/write_rows.h"

/* --- opening --- */

/* The key's earlier write is undecided, and the vendor would know a repeat of it: the
 * caller who repeats it has decided. */
static bool may_take(const struct write_open *open)
{
    const struct write_row *found = &open->found;
    usec since = open->wall - found->first_sent;
    return found->state == WRITE_NEEDS_DECISION && since < open->window &&
           str_eq(found->fingerprint, open->row.fingerprint);
}

static enum err take(struct tx *tx, struct write_open *open)
{
    static const struct statement update = {
        "UPDATE write SET state = 'sending', promised = 0, unsure = 1 WHERE id = $1"};
    struct value by = V_TEXT(open->found.id);
    open->end = WRITE_TAKEN;
    return tx_exec(tx, &update, &by, 1, NULL);
}

static enum err look_key(struct tx *tx, struct write_open *open, bool *ret_found)
{
    static const struct statement query = {WRITE_COLUMNS "WHERE key_digest = $1"};
    *ret_found = false;
    if (str_absent(open->row.key_digest))
        return ERR_NONE;
    enum err err =
        write_find(tx, &query, V_BLOB(open->row.key_digest), open->arena, &open->found);
    if (err == ERR_OBJECT_UNKNOWN)
        return ERR_NONE;
    *ret_found = err == ERR_NONE;
    if (err != ERR_NONE)
        return err;
    if (may_take(open))
        return take(tx, open);
    open->end = WRITE_FOUND;
    return write_read_parts(tx, 1u << WRITE_PART_ANSWER, open->arena, &open->found);
}

static enum err look_lane(struct tx *tx, struct write_open *open, bool *ret_busy)
{
    static const struct statement query = {
        "SELECT COUNT(*) FROM write_lane WHERE account = $1 AND lane = $2"};
    struct value by[] = {V_TEXT(open->row.account), V_TEXT(open->row.lane)};
    int64_t n = 0;
    enum err err = ERR_NONE;
    if (open->queue_if_busy || open->refuse_if_busy)
        err = tx_number(tx, &query, by, COUNT_OF(by), &n);
    *ret_busy = n > 0;
    return err;
}

static enum err insert_open(struct tx *tx, struct write_open *open, bool queue)
{
    struct write_row row = open->row;
    row.state = queue ? WRITE_QUEUED : WRITE_SENDING;
    row.promised = queue;
    open->end = queue ? WRITE_ACCEPTED : WRITE_OPENED;
    enum err err = write_insert(tx, &row);
    open->row.sequence = row.sequence;
    return err == ERR_NONE && queue ? write_queue_lane(tx, &row) : err;
}

static enum err run_open(struct tx *tx, struct store_op *op)
{
    struct write_open *open = CONTAINER_OF(op, struct write_open, op);
    bool found, busy;
    enum err err = look_key(tx, open, &found);
    if (err != ERR_NONE || found)
        return err;
    err = look_lane(tx, open, &busy);
    if (err != ERR_NONE)
        return err;
    if (busy && open->refuse_if_busy) {
        open->end = WRITE_BUSY;
        return ERR_NONE;
    }
    return insert_open(tx, open, open->queue || busy);
}

static void on_opened(struct store_op *op)
{
    struct write_open *open = CONTAINER_OF(op, struct write_open, op);
    open->err = op->err;
    open->done(open);
}

void write_open(struct write_open *open)
{
    open->op = (struct store_op){
        .kind = STORE_FULL, .run = run_open, .done = on_opened, .worker = open->worker};
    store_submit(open->store, &open->op);
}

/* --- closing --- */

static enum err update_row(struct tx *tx, const struct write_row *row)
{
    static const struct statement update = {
        "UPDATE write SET state = $2, promised = $3, unsure = $4, tries = $5, due = $6, "
        "first_sent = $7, ended = $8, keep = $9, reason = $10, detail = $11, "
        "status = $12, vendor_key = $13, last_sent = $14 "
        "WHERE id = $1 AND state = 'sending'"};
    struct value params[] = {
        V_TEXT(row->id),         V_TEXT(write_state_word(row->state)),
        V_INT(row->promised),    V_INT(row->unsure),
        V_INT(row->tries),       V_INT(row->due),
        V_INT(row->first_sent),  V_INT(row->ended),
        V_INT(row->keep),        V_TEXT(row->reason),
        V_TEXT(row->detail),     V_INT(row->status),
        V_TEXT(row->vendor_key), V_INT(row->last_sent)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    return err == ERR_NONE && changed != 1 ? ERR_STATE_CONFLICT : err;
}

static enum err release(struct tx *tx, const struct write_close *close)
{
    static const struct statement delete = {"DELETE FROM write WHERE id = $1"};
    struct value by = V_TEXT(close->row.id);
    return close->opened ? tx_exec(tx, &delete, &by, 1, NULL) : ERR_NONE;
}

static void set_state(struct write_close *close)
{
    static const enum write_state states[] = {
        [WRITE_CLOSE_PARK] = WRITE_QUEUED, [WRITE_CLOSE_DECIDE] = WRITE_NEEDS_DECISION};
    if (close->kind != WRITE_CLOSE_END)
        close->row.state = states[close->kind];
    close->row.promised = close->kind == WRITE_CLOSE_PARK;
}

static enum err run_close(struct tx *tx, struct store_op *op)
{
    struct write_close *close = CONTAINER_OF(op, struct write_close, op);
    struct write_row *row = &close->row;
    if (close->kind == WRITE_CLOSE_RELEASE)
        return release(tx, close);
    set_state(close);
    enum err err = close->opened ? update_row(tx, row) : write_insert(tx, row);
    for (int i = WRITE_PART_FROZEN; close->opened && !err && i < WRITE_PART_COUNT; i++)
        err = write_put_part(tx, row->id, (enum write_part)i, row->parts[i]);
    if (err == ERR_NONE && close->kind == WRITE_CLOSE_PARK)
        err = write_queue_lane(tx, row);
    if (err == ERR_NONE && close->kind == WRITE_CLOSE_DECIDE)
        err = write_tell(tx, row, close->wall);
    return err;
}

static void on_closed(struct store_op *op)
{
    struct write_close *close = CONTAINER_OF(op, struct write_close, op);
    close->err = op->err;
    close->done(close);
}

void write_close(struct write_close *close)
{
    close->op = (struct store_op){
        .kind = STORE_FULL, .run = run_close, .done = on_closed, .worker = close->worker};
    store_submit(close->store, &close->op);
}

/* --- before a byte leaves --- */

static enum err run_freeze(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE write SET first_sent = $3, vendor_key = $4 "
        "WHERE id = $1 AND lease = $2 AND state = 'sending'"};
    struct write_freeze *freeze = CONTAINER_OF(op, struct write_freeze, op);
    struct value params[] = {V_TEXT(freeze->id), V_INT(freeze->lease),
                             V_INT(freeze->wall), V_TEXT(freeze->vendor_key)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    if (err == ERR_NONE && changed != 1)
        return ERR_STATE_CONFLICT;
    return err == ERR_NONE
               ? write_put_part(tx, freeze->id, WRITE_PART_FROZEN, freeze->frozen)
               : err;
}

static void on_frozen(struct store_op *op)
{
    struct write_freeze *freeze = CONTAINER_OF(op, struct write_freeze, op);
    freeze->err = op->err;
    freeze->done(freeze);
}

void write_freeze(struct write_freeze *freeze)
{
    freeze->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_freeze,
                                   .done = on_frozen,
                                   .worker = freeze->worker};
    store_submit(freeze->store, &freeze->op);
}
