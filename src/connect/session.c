#include "connect/session.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "directory/audit.h"
#include "json/json_write.h"

static const usec kept_after_end = 24 * USEC_H;

static struct value digest_of(struct session_change *change, str text)
{
    uint8_t *digest = arena_alloc(change->arena, CRYPTO_SHA256_BYTES);
    crypto_sha256(text, digest);
    return V_BLOB(str_of((const char *)digest, CRYPTO_SHA256_BYTES));
}

/* --- minting --- */

static enum err put_audit(struct tx *tx, const struct session_change *change)
{
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 8192);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("session"), change->session.id);
    json_out_member_text(&out, STR("return_url"), change->session.return_url);
    json_out_member_text(&out, STR("auth"), change->session.way);
    json_out_member_bool(&out, STR("force"), change->session.force);
    json_out_end(&out);
    struct audit_entry entry = {.time = change->wall,
                                .actor = change->actor.key_id,
                                .peer = change->actor.peer,
                                .request_id = change->actor.request_id,
                                .action = STR("account.connect_session"),
                                .object_kind = STR("account"),
                                .object_id = change->session.account,
                                .environment = change->environment,
                                .detail = buf_peek(&detail)};
    enum err err = audit_put(tx, &entry);
    buf_fini(&detail);
    return err;
}

static enum err run_mint(struct tx *tx, struct session_change *change)
{
    static const struct statement forget = {
        "DELETE FROM connect_session WHERE expires < $1"};
    static const struct statement insert = {
        "INSERT INTO connect_session (id, digest, account, return_url, force, ended, "
        "expires, created, created_by, way) "
        "VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)"};
    const struct session *session = &change->session;
    struct value old = V_INT(change->wall - kept_after_end);
    struct value params[] = {V_TEXT(session->id),      digest_of(change, change->secret),
                             V_TEXT(session->account), V_TEXT(session->return_url),
                             V_INT(session->force),    V_INT(session->expires),
                             V_INT(change->wall),      V_TEXT(change->actor.key_id),
                             V_TEXT(session->way)};
    enum err err = tx_exec(tx, &forget, &old, 1, NULL);
    if (err == ERR_NONE)
        err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? put_audit(tx, change) : err;
}

/* --- finding --- */

#define COLUMNS                                                                          \
    "SELECT id, account, return_url, force, expires, created, ended, browser, way, "     \
    "begun "                                                                             \
    "FROM connect_session "

static bool take_row(struct tx *tx, struct session_change *change, str *ret_browser)
{
    struct arena *arena = change->arena;
    change->session = (struct session){.id = arena_str(arena, tx_text(tx, 0)),
                                       .account = arena_str(arena, tx_text(tx, 1)),
                                       .return_url = arena_str(arena, tx_text(tx, 2)),
                                       .force = tx_int(tx, 3) != 0,
                                       .expires = tx_int(tx, 4),
                                       .created = tx_int(tx, 5),
                                       .ended = tx_int(tx, 6) != 0,
                                       .way = arena_str(arena, tx_text(tx, 8)),
                                       .begun = arena_str(arena, tx_text(tx, 9))};
    *ret_browser = arena_str(arena, tx_text(tx, 7));
    return change->session.expires > change->wall && !change->session.ended;
}

/* SESSION_UNKNOWN when there is none that is still good. */
static enum err find(struct tx *tx, struct session_change *change,
                     const struct statement *query, struct value by, str *ret_browser)
{
    enum err err = tx_query(tx, query, &by, 1);
    if (err != ERR_NONE)
        return err;
    if (!tx_next(tx, &err))
        return err == ERR_NONE ? ERR_SESSION_UNKNOWN : err;
    return take_row(tx, change, ret_browser) ? ERR_NONE : ERR_SESSION_UNKNOWN;
}

static enum err run_look(struct tx *tx, struct session_change *change)
{
    static const struct statement query = {COLUMNS "WHERE digest = $1"};
    str browser;
    return find(tx, change, &query, digest_of(change, change->secret), &browser);
}

static enum err run_begin(struct tx *tx, struct session_change *change)
{
    static const struct statement update = {
        "UPDATE connect_session SET state = $2, browser = $3, begun = $4 WHERE id = $1"};
    enum err err = run_look(tx, change);
    if (err != ERR_NONE)
        return err;
    struct value params[] = {V_TEXT(change->session.id), digest_of(change, change->state),
                             digest_of(change, change->browser), V_TEXT(change->begun)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

/* A state is good once, and only for the browser that was sent with it. */
static enum err run_claim(struct tx *tx, struct session_change *change)
{
    static const struct statement query = {COLUMNS "WHERE state = $1"};
    static const struct statement update = {
        "UPDATE connect_session SET state = NULL WHERE id = $1"};
    str browser;
    enum err err = find(tx, change, &query, digest_of(change, change->state), &browser);
    if (err != ERR_NONE)
        return err;
    struct value given = digest_of(change, change->browser);
    if (str_absent(change->browser) || !str_eq(given.s, browser))
        return ERR_SESSION_OTHER_BROWSER;
    return tx_exec(tx, &update, (struct value[]){V_TEXT(change->session.id)}, 1, NULL);
}

static enum err run_end(struct tx *tx, struct session_change *change)
{
    static const struct statement update = {
        "UPDATE connect_session SET ended = 1, state = NULL WHERE id = $1"};
    return tx_exec(tx, &update, (struct value[]){V_TEXT(change->session.id)}, 1, NULL);
}

/* --- the way of a change --- */

static enum err run(struct tx *tx, struct store_op *op)
{
    static enum err (*const steps[])(struct tx *, struct session_change *) = {
        [SESSION_MINT] = run_mint,
        [SESSION_LOOK] = run_look,
        [SESSION_BEGIN] = run_begin,
        [SESSION_CLAIM] = run_claim,
        [SESSION_END] = run_end};
    struct session_change *change = CONTAINER_OF(op, struct session_change, op);
    return steps[change->step](tx, change);
}

static void on_done(struct store_op *op)
{
    struct session_change *change = CONTAINER_OF(op, struct session_change, op);
    change->err = op->err;
    change->done(change);
}

void session_change(struct session_change *change)
{
    bool reads = change->step == SESSION_LOOK;
    change->op = (struct store_op){.kind = reads ? STORE_READ : STORE_FULL,
                                   .run = run,
                                   .done = on_done,
                                   .worker = change->worker};
    store_submit(change->store, &change->op);
}
