#include "writes/write_rows.h"

#include "base/buf.h"
#include "json/json_write.h"

static const struct {
    const char *word;
    const char *doc;
} states[WRITE_STATE_COUNT] = {
#define X(symbol, word, doc) [WRITE_##symbol] = {word, doc},
#include "writes/write_state_list.h"
#undef X
};

const char *const write_state_words[] = {
#define X(symbol, word, doc) word,
#include "writes/write_state_list.h"
#undef X
    NULL};

static const char *const part_words[] = {"request", "frozen", "answer"};

str write_state_word(enum write_state state)
{
    return str_z(states[state].word);
}

str write_state_doc(enum write_state state)
{
    return str_z(states[state].doc);
}

static enum write_state state_of(str word)
{
    for (int i = 0; i < WRITE_STATE_COUNT; i++)
        if (str_eq(word, str_z(states[i].word)))
            return (enum write_state)i;
    ODD(true);
    return WRITE_NEEDS_DECISION;
}

/* --- rows --- */

struct write_row write_read(struct tx *tx, struct arena *arena)
{
    return (struct write_row){
        .id = arena_str(arena, tx_text(tx, 0)),
        .sequence = tx_int(tx, 1),
        .environment = arena_str(arena, tx_text(tx, 2)),
        .account = arena_str(arena, tx_text(tx, 3)),
        .integration = arena_str(arena, tx_text(tx, 4)),
        .lane = arena_str(arena, tx_text(tx, 5)),
        .state = state_of(tx_text(tx, 6)),
        .verb = arena_str(arena, tx_text(tx, 7)),
        .path = arena_str(arena, tx_text(tx, 8)),
        .method = arena_str(arena, tx_text(tx, 9)),
        .vendor_key = arena_str(arena, tx_text(tx, 10)),
        .promised = tx_int(tx, 11) != 0,
        .unsure = tx_int(tx, 12) != 0,
        .tries = (uint32_t)tx_int(tx, 13),
        .due = tx_int(tx, 14),
        .accepted = tx_int(tx, 15),
        .deadline = tx_int(tx, 16),
        .first_sent = tx_int(tx, 17),
        .ended = tx_int(tx, 18),
        .lease = tx_int(tx, 19),
        .reason = arena_str(arena, tx_text(tx, 20)),
        .detail = arena_str(arena, tx_text(tx, 21)),
        .status = (int)tx_int(tx, 22),
        .request_id = arena_str(arena, tx_text(tx, 23)),
        .fingerprint = arena_str(arena, tx_text(tx, 24)),
        .keep = tx_int(tx, 25),
        .login = arena_str(arena, tx_text(tx, 26)),
        .last_sent = tx_int(tx, 27),
        .bytes = (uint64_t)tx_int(tx, 28),
        .key_digest = STR_NONE,
        .parts = {STR_NONE, STR_NONE, STR_NONE},
    };
}

enum err write_find(struct tx *tx, const struct statement *query, struct value by,
                    struct arena *arena, struct write_row *ret_row)
{
    enum err err = tx_query(tx, query, &by, 1);
    if (err != ERR_NONE)
        return err;
    if (!tx_next(tx, &err))
        return err == ERR_NONE ? ERR_OBJECT_UNKNOWN : err;
    *ret_row = write_read(tx, arena);
    return ERR_NONE;
}

enum err write_read_parts(struct tx *tx, unsigned parts, struct arena *arena,
                          struct write_row *row)
{
    static const struct statement query = {
        "SELECT sealed FROM write_part WHERE write = $1 AND part = $2"};
    for (int i = 0; i < WRITE_PART_COUNT; i++) {
        struct value by[] = {V_TEXT(row->id), V_TEXT(str_z(part_words[i]))};
        if (!(parts & (1u << i)))
            continue;
        enum err err = tx_query(tx, &query, by, COUNT_OF(by));
        if (err == ERR_NONE && tx_next(tx, &err))
            row->parts[i] = arena_str(arena, tx_text(tx, 0));
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

enum err write_put_part(struct tx *tx, str id, enum write_part part, str sealed)
{
    static const struct statement insert = {
        "INSERT INTO write_part (write, part, sealed) VALUES ($1, $2, $3) "
        "ON CONFLICT (write, part) DO UPDATE SET sealed = excluded.sealed"};
    struct value params[] = {V_TEXT(id), V_TEXT(str_z(part_words[part])), V_BLOB(sealed)};
    if (str_absent(sealed))
        return ERR_NONE;
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

enum err write_insert(struct tx *tx, struct write_row *row)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + 1 WHERE name = 'write' RETURNING value"};
    static const struct statement insert = {
        "INSERT INTO write (id, sequence, environment, account, integration, lane, "
        "state, verb, path, method, key_digest, fingerprint, vendor_key, promised, "
        "unsure, tries, due, accepted, deadline, first_sent, ended, keep, lease, reason, "
        "detail, status, request_id, login, age, last_sent, bytes) VALUES ($1, $2, $3, "
        "$4, $5, "
        "$6, $7, $8, "
        "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0, $23, "
        "$24, $25, $26, $27, $28, $29, $30)"};
    enum err err = tx_number(tx, &count, NULL, 0, &row->sequence);
    if (err != ERR_NONE)
        return err;
    row->bytes = row->parts[WRITE_PART_REQUEST].n;
    struct value params[] = {V_TEXT(row->id),
                             V_INT(row->sequence),
                             V_TEXT(row->environment),
                             V_TEXT(row->account),
                             V_TEXT(row->integration),
                             V_TEXT(row->lane),
                             V_TEXT(write_state_word(row->state)),
                             V_TEXT(row->verb),
                             V_TEXT(row->path),
                             V_TEXT(row->method),
                             V_BLOB(row->key_digest),
                             V_BLOB(row->fingerprint),
                             V_TEXT(row->vendor_key),
                             V_INT(row->promised),
                             V_INT(row->unsure),
                             V_INT(row->tries),
                             V_INT(row->due),
                             V_INT(row->accepted),
                             V_INT(row->deadline),
                             V_INT(row->first_sent),
                             V_INT(row->ended),
                             V_INT(row->keep),
                             V_TEXT(row->reason),
                             V_TEXT(row->detail),
                             V_INT(row->status),
                             V_TEXT(row->request_id),
                             V_TEXT(str_absent(row->login) ? STR("") : row->login),
                             V_INT(row->deadline - row->accepted),
                             V_INT(row->last_sent),
                             V_INT((int64_t)row->bytes)};
    err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    for (int i = 0; err == ERR_NONE && i < WRITE_PART_COUNT; i++)
        err = write_put_part(tx, row->id, (enum write_part)i, row->parts[i]);
    return err;
}

/* --- lanes --- */

enum err write_queue_lane(struct tx *tx, const struct write_row *row)
{
    static const struct statement insert = {
        "INSERT INTO write_lane (account, lane, due, lease) VALUES ($1, $2, $3, 0) "
        "ON CONFLICT (account, lane) DO NOTHING"};
    struct value params[] = {V_TEXT(row->account), V_TEXT(row->lane), V_INT(row->due)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

enum err write_free_lane(struct tx *tx, str account, str lane, bool stopped)
{
    static const struct statement head = {
        "SELECT due FROM write WHERE account = $1 AND lane = $2 AND state = 'queued' "
        "ORDER BY sequence LIMIT 1"};
    static const struct statement update = {
        "UPDATE write_lane SET due = $3, lease = 0 WHERE account = $1 AND lane = $2"};
    static const struct statement delete = {
        "DELETE FROM write_lane WHERE account = $1 AND lane = $2"};
    struct value params[] = {V_TEXT(account), V_TEXT(lane), V_INT(USEC_NEVER)};
    enum err err = tx_query(tx, &head, params, 2);
    if (err != ERR_NONE)
        return err;
    bool more = tx_next(tx, &err);
    if (more && !stopped)
        params[2] = V_INT(tx_int(tx, 0));
    if (err != ERR_NONE)
        return err;
    return more ? tx_exec(tx, &update, params, 3, NULL)
                : tx_exec(tx, &delete, params, 2, NULL);
}

enum err write_next_due(struct tx *tx, str account, usec *ret_due, bool *ret_stopped)
{
    static const struct statement query = {
        "SELECT due FROM write_lane WHERE account = $1 AND lease = 0 "
        "ORDER BY due LIMIT 1"};
    struct value by = V_TEXT(account);
    enum err err = tx_query(tx, &query, &by, 1);
    bool found = err == ERR_NONE && tx_next(tx, &err);
    *ret_due = found ? tx_int(tx, 0) : USEC_NEVER;
    *ret_stopped = found && *ret_due == USEC_NEVER;
    return err;
}

/* --- events --- */

static bool event_of(enum write_state state, enum event_type *ret_type)
{
    switch (state) {
    case WRITE_DELIVERED:
        *ret_type = EVENT_WRITE_DELIVERED;
        return true;
    case WRITE_DEAD:
        *ret_type = EVENT_WRITE_DEAD;
        return true;
    case WRITE_NEEDS_DECISION:
        *ret_type = EVENT_WRITE_NEEDS_DECISION;
        return true;
    case WRITE_CANCELLED:
        *ret_type = EVENT_WRITE_CANCELLED;
        return true;
    case WRITE_SENDING:
    case WRITE_QUEUED:
    case WRITE_STATE_COUNT:
        break;
    }
    return false;
}

enum err write_tell(struct tx *tx, const struct write_row *row, usec wall)
{
    enum event_type type;
    struct buf detail;
    struct json_out out;
    if (!event_of(row->state, &type))
        return ERR_NONE;
    buf_init(&detail, 64 * 1024);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("write"), row->id);
    json_out_member_text(&out, STR("verb"), row->verb);
    json_out_member_text(&out, STR("path"), row->path);
    json_out_member_text(&out, STR("method"), row->method);
    json_out_member_text(&out, STR("reason"), row->reason);
    if (row->status)
        json_out_member_int(&out, STR("vendor_status"), row->status);
    json_out_member_int(&out, STR("tries"), row->tries);
    json_out_end(&out);
    struct event event = {.type = type,
                          .time = wall,
                          .environment = row->environment,
                          .account = row->account,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}
