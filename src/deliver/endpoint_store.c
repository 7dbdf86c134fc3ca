#include "deliver/endpoint_store.h"

#include "base/mem.h"
#include "directory/audit.h"
#include "directory/directory_credential.h"
#include "directory/keyring.h"
#include "json/json_write.h"

enum { DOCUMENT_BYTES_MAX = 4 << 20, LOAD_ROWS = 5000, LOAD_BYTES_MAX = 1 << 30 };

/* --- rows --- */

#define COLUMNS                                                                          \
    "SELECT id, environment, stage, state, reason, failing, document, shown, version, "  \
    "created, updated FROM endpoint "

/* Texts are good until the next statement. */
static struct endpoint_row read_row(struct tx *tx)
{
    return (struct endpoint_row){.id = tx_text(tx, 0),
                                 .environment = tx_text(tx, 1),
                                 .stage = tx_text(tx, 2),
                                 .state = tx_text(tx, 3),
                                 .reason = tx_text(tx, 4),
                                 .failing = tx_int(tx, 5),
                                 .document = tx_text(tx, 6),
                                 .shown = tx_text(tx, 7),
                                 .version = (uint64_t)tx_int(tx, 8),
                                 .created = tx_int(tx, 9),
                                 .updated = tx_int(tx, 10)};
}

/* NULL: there is none. */
static enum err read_one(struct tx *tx, str id, struct endpoint **ret_endpoint)
{
    static const struct statement query = {COLUMNS "WHERE id = $1"};
    struct value param = V_TEXT(id);
    enum err err = tx_query(tx, &query, &param, 1);
    *ret_endpoint = NULL;
    if (err != ERR_NONE || !tx_next(tx, &err))
        return err;
    struct endpoint_row row = read_row(tx);
    *ret_endpoint = endpoint_create(&row);
    return *ret_endpoint ? ERR_NONE : ERR_INTERNAL;
}

enum err endpoint_read_sealed(struct tx *tx, str id, struct arena *arena,
                              struct endpoint_sealed *ret)
{
    static const struct statement query = {
        "SELECT k.sealed, e.sealed, e.version FROM endpoint e "
        "JOIN data_key k ON k.owner = e.id WHERE e.id = $1"};
    struct value param = V_TEXT(id);
    enum err err = tx_query(tx, &query, &param, 1);
    *ret = (struct endpoint_sealed){STR_NONE, STR_NONE, 0};
    if (err == ERR_NONE && tx_next(tx, &err))
        *ret = (struct endpoint_sealed){arena_str(arena, tx_text(tx, 0)),
                                        arena_str(arena, tx_text(tx, 1)),
                                        (uint64_t)tx_int(tx, 2)};
    return err;
}

/* --- secrets --- */

static str about_of(uint64_t version, struct arena *arena)
{
    return arena_printf(arena, "endpoint %llu", (unsigned long long)version);
}

bool endpoint_open_sealed(struct keyring *keyring, str id,
                          const struct endpoint_sealed *sealed, struct arena *arena,
                          struct signing *ret_signing)
{
    struct data_key key = {id, sealed->data_key};
    str text;
    return !str_absent(sealed->sealed) &&
           keyring_open(keyring, &key, about_of(sealed->version, arena), sealed->sealed,
                        arena, &text) &&
           signing_read(ret_signing, text, arena);
}

static bool seal(struct endpoint_change *change, const struct signing *signing,
                 struct endpoint_sealed *sealed)
{
    struct data_key key = {change->id, sealed->data_key};
    return keyring_seal(change->keyring, &key, about_of(sealed->version, change->arena),
                        signing_print(signing, change->arena), change->arena,
                        &sealed->sealed);
}

/* What anybody may see of them. */
static str shown_of(const struct signing *signing, struct arena *arena)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, DOCUMENT_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("public_key"),
                         signing_public_text(signing->seed, arena));
    json_out_name(&out, STR("header_names"));
    json_out_array(&out);
    for (uint32_t i = 0;
         json_is(&signing->headers, JSON_OBJECT) && i < signing->headers.n; i++)
        json_out_text(&out, json_key(&signing->headers.u.members[i]));
    json_out_end(&out);
    if (signing->n > 1)
        json_out_member_int(&out, STR("rotated_until"), signing->secrets[1].until);
    json_out_end(&out);
    return arena_take(arena, &text);
}

static str document_of(const struct endpoint_spec *spec, struct arena *arena)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, DOCUMENT_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    endpoint_spec_put(&out, spec);
    json_out_end(&out);
    CHECK(buf_ok(&text)); /* the API's bodies are smaller */
    return arena_take(arena, &text);
}

/* --- changes --- */

static enum err audit(struct tx *tx, const struct endpoint_change *change)
{
    static const char *const actions[] = {
        [ENDPOINT_CREATE] = "endpoint.create", [ENDPOINT_UPDATE] = "endpoint.update",
        [ENDPOINT_DELETE] = "endpoint.delete", [ENDPOINT_ROTATE] = "endpoint.rotate",
        [ENDPOINT_PAUSE] = "endpoint.pause",   [ENDPOINT_RESUME] = "endpoint.resume",
        [ENDPOINT_TEST] = "endpoint.test"};
    struct audit_entry entry = {.time = change->wall,
                                .actor = change->actor.key_id,
                                .peer = change->actor.peer,
                                .request_id = change->actor.request_id,
                                .action = str_z(actions[change->kind]),
                                .object_kind = STR("endpoint"),
                                .object_id = change->id,
                                .environment = change->environment,
                                .detail = STR("{}")};
    return audit_put(tx, &entry);
}

static enum err run_create(struct tx *tx, struct endpoint_change *change)
{
    static const struct statement insert = {
        "INSERT INTO endpoint (id, environment, stage, state, reason, failing, document, "
        "shown, sealed, version, created, updated) "
        "VALUES ($1, $2, $3, 'active', NULL, 0, $4, $5, $6, 1, $7, $7)"};
    struct arena *arena = change->arena;
    struct signing signing = {.seed = STR_NONE, .headers = change->headers};
    change->key = str_absent(change->secret) ? signing_new_secret(arena) : change->secret;
    signing_rotate(&signing, change->key, 0);
    if (change->ed25519)
        signing.seed = signing_new_secret(arena);
    struct endpoint_sealed sealed = {
        keyring_new_data_key(change->keyring, change->id, arena), STR_NONE, 1};
    if (!seal(change, &signing, &sealed))
        return ERR_CREDENTIAL_UNUSABLE;
    struct value params[] = {V_TEXT(change->id),
                             V_TEXT(change->environment),
                             V_TEXT(change->stage),
                             V_TEXT(document_of(change->spec, arena)),
                             V_TEXT(shown_of(&signing, arena)),
                             V_BLOB(sealed.sealed),
                             V_INT(change->wall)};
    enum err err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? directory_insert_data_key(tx, change->id, sealed.data_key)
                           : err;
}

static enum err put_signing(struct tx *tx, struct endpoint_change *change,
                            const struct signing *signing, struct endpoint_sealed *sealed)
{
    static const struct statement update = {
        "UPDATE endpoint SET sealed = $2, shown = $3, version = $4 WHERE id = $1"};
    sealed->version++;
    if (!seal(change, signing, sealed))
        return ERR_CREDENTIAL_UNUSABLE;
    struct value params[] = {V_TEXT(change->id), V_BLOB(sealed->sealed),
                             V_TEXT(shown_of(signing, change->arena)),
                             V_INT((int64_t)sealed->version)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err open_signing(struct tx *tx, struct endpoint_change *change,
                             struct signing *ret, struct endpoint_sealed *ret_sealed)
{
    enum err err = endpoint_read_sealed(tx, change->id, change->arena, ret_sealed);
    if (err == ERR_NONE && !endpoint_open_sealed(change->keyring, change->id, ret_sealed,
                                                 change->arena, ret))
        err = ERR_CREDENTIAL_UNUSABLE;
    return err;
}

static enum err run_update(struct tx *tx, struct endpoint_change *change)
{
    static const struct statement update = {
        "UPDATE endpoint SET document = $2, updated = $3 WHERE id = $1"};
    struct signing signing;
    struct endpoint_sealed sealed;
    struct value params[] = {V_TEXT(change->id),
                             V_TEXT(document_of(change->spec, change->arena)),
                             V_INT(change->wall)};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err != ERR_NONE || json_is(&change->headers, JSON_UNDEFINED))
        return err;
    err = open_signing(tx, change, &signing, &sealed);
    signing.headers = change->headers;
    return err == ERR_NONE ? put_signing(tx, change, &signing, &sealed) : err;
}

static enum err run_rotate(struct tx *tx, struct endpoint_change *change)
{
    struct signing signing;
    struct endpoint_sealed sealed;
    enum err err = open_signing(tx, change, &signing, &sealed);
    if (err != ERR_NONE)
        return err;
    if (signing.n > 1 && signing.secrets[1].until > change->wall && !change->immediate)
        return ERR_STATE_CONFLICT;
    change->key =
        str_absent(change->secret) ? signing_new_secret(change->arena) : change->secret;
    signing_rotate(&signing, change->key, change->until);
    return put_signing(tx, change, &signing, &sealed);
}

/* What still waits for it goes with it, bit by bit (delivery_store.h). */
static enum err run_delete(struct tx *tx, struct endpoint_change *change)
{
    static const struct statement delete = {"DELETE FROM endpoint WHERE id = $1"};
    struct endpoint_sealed sealed;
    enum err err = endpoint_read_sealed(tx, change->id, change->arena, &sealed);
    struct data_key key = {change->id, sealed.data_key};
    if (err == ERR_NONE)
        err = directory_destroy_data_key(tx, change->arena, &key);
    return err == ERR_NONE
               ? tx_exec(tx, &delete, (struct value[]){V_TEXT(change->id)}, 1, NULL)
               : err;
}

static enum err run_test(struct tx *tx, struct endpoint_change *change,
                         const struct endpoint *endpoint)
{
    static const struct statement last = {
        "SELECT value FROM counter WHERE name = 'event'"};
    struct event event = {.type = EVENT_ENDPOINT_TEST,
                          .time = change->wall,
                          .environment = endpoint->environment.text[0]
                                             ? tenant_id_str(&endpoint->environment)
                                             : STR_NONE,
                          .account = STR_NONE,
                          .detail =
                              arena_printf(change->arena, "{\"endpoint\":\"" STR_F "\"}",
                                           STR_A(change->id)),
                          .integration = STR_NONE,
                          .source = STR_NONE,
                          .subject = change->id,
                          .sealed = STR_NONE,
                          .payload = STR_NONE};
    enum err err = event_put(tx, &event);
    return err == ERR_NONE ? tx_number(tx, &last, NULL, 0, &change->event) : err;
}

static enum err set_state(struct tx *tx, struct endpoint_change *change,
                          const struct endpoint *before)
{
    static const struct statement update = {
        "UPDATE endpoint SET state = $2, reason = $3, failing = $4, updated = $5 "
        "WHERE id = $1"};
    bool resumes = change->kind == ENDPOINT_RESUME;
    if (resumes ? before->state == ENDPOINT_ACTIVE : before->state == ENDPOINT_DISABLED)
        return ERR_STATE_CONFLICT;
    struct value params[] = {
        V_TEXT(change->id),
        V_TEXT(endpoint_state_word(resumes ? ENDPOINT_ACTIVE : ENDPOINT_PAUSED)),
        V_TEXT(resumes ? STR_NONE : ENDPOINT_BY_REQUEST),
        V_INT(resumes ? 0 : before->failing), V_INT(change->wall)};
    return tx_exec(tx, &update, params, COUNT_OF(params), NULL);
}

static enum err change_one(struct tx *tx, struct endpoint_change *change,
                           const struct endpoint *before)
{
    if (before && before->environment.text[0])
        change->environment =
            arena_str(change->arena, tenant_id_str(&before->environment));
    switch (change->kind) {
    case ENDPOINT_CREATE:
        return run_create(tx, change);
    case ENDPOINT_UPDATE:
        return run_update(tx, change);
    case ENDPOINT_DELETE:
        return run_delete(tx, change);
    case ENDPOINT_ROTATE:
        return run_rotate(tx, change);
    case ENDPOINT_PAUSE:
    case ENDPOINT_RESUME:
        return set_state(tx, change, before);
    case ENDPOINT_TEST:
        return before->state == ENDPOINT_DISABLED ? ERR_STATE_CONFLICT
                                                  : run_test(tx, change, before);
    }
    return ERR_INTERNAL;
}

static enum err run_change(struct tx *tx, struct store_op *op)
{
    struct endpoint_change *change = CONTAINER_OF(op, struct endpoint_change, op);
    struct endpoint *before = NULL;
    enum err err = ERR_NONE;
    endpoint_unref(&change->endpoint);
    if (change->kind != ENDPOINT_CREATE) {
        err = read_one(tx, change->id, &before);
        if (err == ERR_NONE && !before)
            err = ERR_OBJECT_UNKNOWN;
    }
    if (err == ERR_NONE)
        err = change_one(tx, change, before);
    if (err == ERR_NONE)
        err = audit(tx, change);
    if (err == ERR_NONE)
        err = read_one(tx, change->id, &change->endpoint);
    endpoint_unref(&before);
    return err;
}

static void on_committed(struct store_op *op)
{
    struct endpoint_change *change = CONTAINER_OF(op, struct endpoint_change, op);
    if (change->endpoint)
        endpoints_put(change->endpoints, endpoint_ref(change->endpoint));
    else
        endpoints_remove(change->endpoints, change->id);
}

static void on_done(struct store_op *op)
{
    struct endpoint_change *change = CONTAINER_OF(op, struct endpoint_change, op);
    change->err = op->err;
    if (change->err != ERR_NONE)
        endpoint_unref(&change->endpoint);
    change->done(change);
}

void endpoint_change(struct endpoint_change *change)
{
    change->endpoint = NULL;
    change->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_change,
                                   .committed = on_committed,
                                   .done = on_done,
                                   .worker = change->worker};
    store_submit(change->store, &change->op);
}

enum err endpoint_apply(struct tx *tx, const struct endpoint_turn *turn,
                        struct endpoint **ret_endpoint)
{
    static const struct statement update = {
        "UPDATE endpoint SET state = $2, reason = $3, failing = $4, updated = $5 "
        "WHERE id = $1 AND state = $6"};
    struct value params[] = {
        V_TEXT(turn->id),     V_TEXT(endpoint_state_word(turn->state)),
        V_TEXT(turn->reason), V_INT(turn->failing),
        V_INT(turn->wall),    V_TEXT(endpoint_state_word(turn->from))};
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? read_one(tx, turn->id, ret_endpoint) : err;
}

/* --- at the start --- */

struct load {
    struct store_op op;
    struct endpoints *endpoints;
    struct tenant_id after;
    uint32_t n, bad;
};

static enum err run_load(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {COLUMNS "WHERE id > $1 ORDER BY id LIMIT $2"};
    struct load *load = CONTAINER_OF(op, struct load, op);
    struct value params[] = {V_TEXT(tenant_id_str(&load->after)), V_INT(LOAD_ROWS)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    load->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct endpoint_row row = read_row(tx);
        struct endpoint *endpoint = endpoint_create(&row);
        load->after = tenant_id_of(row.id);
        load->n++;
        load->bad += !endpoint;
        if (endpoint)
            endpoints_put(load->endpoints, endpoint);
    }
    return err;
}

bool endpoint_load(struct store *store, struct endpoints *endpoints, str *ret_why)
{
    struct load load = {.endpoints = endpoints};
    enum err err;
    do {
        load.op = (struct store_op){.kind = STORE_READ, .run = run_load};
        err = store_run(store, &load.op);
    } while (err == ERR_NONE && load.n == LOAD_ROWS);
    if (err != ERR_NONE)
        *ret_why = STR("the endpoints cannot be read from the store");
    else if (load.bad)
        *ret_why = STR("an endpoint in the store is not one that this version can read");
    return err == ERR_NONE && !load.bad;
}
