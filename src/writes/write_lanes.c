/*
 * The schedule. Lanes are claimed, not rows: of a lane only the head is ever seen, so
 * that any number of writes behind one that waits costs nothing. A claim's number is
 * written to lane and row; whoever comes back with another one has lost it.
 */
#include "writes/write_rows.h"

/* --- claiming --- */

static enum err find_lanes(struct tx *tx, struct write_claim *claim, str *lanes,
                           uint32_t *ret_n)
{
    static const struct statement query = {
        "SELECT lane FROM write_lane WHERE account = $1 AND lease = 0 AND due <= $2 "
        "ORDER BY due LIMIT $3"};
    struct value params[] = {V_TEXT(claim->account), V_INT(claim->wall),
                             V_INT(claim->max)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_n = 0;
    while (err == ERR_NONE && *ret_n < claim->max && tx_next(tx, &err))
        lanes[(*ret_n)++] = arena_str(claim->arena, tx_text(tx, 0));
    return err;
}

static enum err find_head(struct tx *tx, struct write_claim *claim, str lane,
                          struct write_row *ret_row, bool *ret_found)
{
    static const struct statement query = {
        WRITE_COLUMNS "WHERE account = $1 AND lane = $2 AND state = 'queued' "
                      "ORDER BY sequence LIMIT 1"};
    struct value params[] = {V_TEXT(claim->account), V_TEXT(lane)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    *ret_found = err == ERR_NONE && tx_next(tx, &err);
    if (*ret_found)
        *ret_row = write_read(tx, claim->arena);
    return err;
}

/* Should this be the last that is heard of it, it counts as sent from now on. */
static enum err lease(struct tx *tx, struct write_row *row, usec wall)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + 1 WHERE name = 'write_lease' "
        "RETURNING value"};
    static const struct statement of_row = {
        "UPDATE write SET state = 'sending', lease = $2, last_sent = $3, "
        "first_sent = CASE WHEN first_sent = 0 THEN $3 ELSE first_sent END "
        "WHERE id = $1"};
    static const struct statement of_lane = {
        "UPDATE write_lane SET lease = $3 WHERE account = $1 AND lane = $2"};
    enum err err = tx_number(tx, &count, NULL, 0, &row->lease);
    struct value row_params[] = {V_TEXT(row->id), V_INT(row->lease), V_INT(wall)};
    struct value lane_params[] = {V_TEXT(row->account), V_TEXT(row->lane),
                                  V_INT(row->lease)};
    if (err == ERR_NONE)
        err = tx_exec(tx, &of_row, row_params, COUNT_OF(row_params), NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &of_lane, lane_params, COUNT_OF(lane_params), NULL);
    row->state = WRITE_SENDING;
    return err;
}

/* A lane's due may be older than its head's, as when one was put before the others. */
static enum err claim_lane(struct tx *tx, struct write_claim *claim, str lane)
{
    struct write_row *row = &claim->rows[claim->n];
    bool found;
    enum err err = find_head(tx, claim, lane, row, &found);
    if (err != ERR_NONE)
        return err;
    if (!found || row->due > claim->wall)
        return write_free_lane(tx, claim->account, lane, false);
    err = lease(tx, row, claim->wall);
    if (err == ERR_NONE)
        err = write_read_parts(tx, 1u << WRITE_PART_REQUEST | 1u << WRITE_PART_FROZEN,
                               claim->arena, row);
    claim->n += err == ERR_NONE;
    return err;
}

static enum err run_claim(struct tx *tx, struct store_op *op)
{
    struct write_claim *claim = CONTAINER_OF(op, struct write_claim, op);
    str *lanes = arena_array(claim->arena, claim->max, sizeof(*lanes));
    uint32_t n;
    claim->n = 0;
    claim->rows = arena_array(claim->arena, claim->max, sizeof(*claim->rows));
    enum err err = find_lanes(tx, claim, lanes, &n);
    for (uint32_t i = 0; err == ERR_NONE && i < n; i++)
        err = claim_lane(tx, claim, lanes[i]);
    return err == ERR_NONE
               ? write_next_due(tx, claim->account, &claim->next, &claim->stopped)
               : err;
}

static void on_claimed(struct store_op *op)
{
    struct write_claim *claim = CONTAINER_OF(op, struct write_claim, op);
    claim->err = op->err;
    claim->done(claim);
}

void write_claim(struct write_claim *claim)
{
    claim->op = (struct store_op){.kind = STORE_FULL,
                                  .run = run_claim,
                                  .done = on_claimed,
                                  .worker = claim->worker};
    store_submit(claim->store, &claim->op);
}

/* --- finishing --- */

static enum err update_row(struct tx *tx, const struct write_row *row)
{
    static const struct statement update = {
        "UPDATE write SET state = $3, unsure = $4, tries = $5, due = $6, "
        "first_sent = $7, ended = $8, keep = $9, reason = $10, detail = $11, "
        "status = $12, vendor_key = $13, last_sent = $14, lease = 0 "
        "WHERE id = $1 AND lease = $2"};
    struct value params[] = {V_TEXT(row->id),
                             V_INT(row->lease),
                             V_TEXT(write_state_word(row->state)),
                             V_INT(row->unsure),
                             V_INT(row->tries),
                             V_INT(row->due),
                             V_INT(row->first_sent),
                             V_INT(row->ended),
                             V_INT(row->keep),
                             V_TEXT(row->reason),
                             V_TEXT(row->detail),
                             V_INT(row->status),
                             V_TEXT(row->vendor_key),
                             V_INT(row->last_sent)};
    int64_t changed = 0;
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), &changed);
    return err == ERR_NONE && changed != 1 ? ERR_STATE_CONFLICT : err;
}

static enum err run_finish(struct tx *tx, struct store_op *op)
{
    struct write_finish *finish = CONTAINER_OF(op, struct write_finish, op);
    const struct write_row *row = &finish->row;
    bool undone = row->state == WRITE_DEAD || row->state == WRITE_NEEDS_DECISION;
    enum err err = update_row(tx, row);
    for (int i = WRITE_PART_FROZEN; err == ERR_NONE && i < WRITE_PART_COUNT; i++)
        err = write_put_part(tx, row->id, (enum write_part)i, row->parts[i]);
    if (err == ERR_NONE)
        err = write_tell(tx, row, finish->wall);
    if (err == ERR_NONE)
        err = write_free_lane(tx, row->account, row->lane, undone && finish->strict);
    return err == ERR_NONE
               ? write_next_due(tx, row->account, &finish->next, &finish->stopped)
               : err;
}

static void on_finished(struct store_op *op)
{
    struct write_finish *finish = CONTAINER_OF(op, struct write_finish, op);
    finish->err = op->err;
    finish->done(finish);
}

void write_finish(struct write_finish *finish)
{
    finish->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_finish,
                                   .done = on_finished,
                                   .worker = finish->worker};
    store_submit(finish->store, &finish->op);
}
