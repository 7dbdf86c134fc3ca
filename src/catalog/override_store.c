/*
 * Overrides in the store. Which of them belong together is asked for an integration; what
 * an environment or account leaves when it is deleted goes with it (src/directory).
 */
#include <stdio.h>

#include "catalog/catalog_state.h"
#include "directory/audit.h"
#include "directory/directory.h"

/* --- reading --- */

struct read_rows {
    struct store_op op;
    struct arena *arena;
    str integration;
    struct override_row_list *list;
};

static struct stored_override copy_row(struct tx *tx, struct arena *arena,
                                       str integration)
{
    str account = tx_text(tx, 1);
    return (struct stored_override){
        .integration = integration,
        .environment = arena_str(arena, tx_text(tx, 0)),
        .account = account.n ? arena_str(arena, account) : STR_NONE,
        .revision = (uint32_t)tx_int(tx, 2),
        .hash = arena_str(arena, tx_text(tx, 3)),
        .text = arena_str(arena, tx_text(tx, 4)),
        .fitted = (uint32_t)tx_int(tx, 5),
        .changed = tx_int(tx, 6),
        .changed_by = arena_str(arena, tx_text(tx, 7)),
    };
}

static enum err run_read(struct tx *tx, struct store_op *op)
{
    static const struct statement rows = {
        "SELECT environment, account, revision, hash, document, fitted, changed,"
        " changed_by FROM integration_override WHERE integration = $1"
        " ORDER BY environment, account"};
    struct read_rows *read = CONTAINER_OF(op, struct read_rows, op);
    struct override_row_list *list = read->list;
    *list = (struct override_row_list){0};
    enum err err = tx_query(tx, &rows, &V_TEXT(read->integration), 1);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        list->items = arena_grow(read->arena, list->items, list->n, &list->room,
                                 sizeof(list->items[0]));
        list->items[list->n++] = copy_row(tx, read->arena, read->integration);
    }
    return err;
}

enum err override_store_rows(struct store *store, struct arena *arena, str integration,
                             struct override_row_list *ret_list)
{
    struct read_rows read = {.op = {.kind = STORE_READ, .run = run_read},
                             .arena = arena,
                             .integration = integration,
                             .list = ret_list};
    return store_run(store, &read.op);
}

/* --- writing --- */

struct write_row {
    struct store_op op;
    const struct store_author *author;
    struct stored_override *row;
};

/* In the table, an environment's own override has the account "". */
static str account_key(const struct stored_override *row)
{
    return str_absent(row->account) ? STR("") : row->account;
}

static enum err put_audit(struct tx *tx, const struct store_author *author, str action,
                          const struct stored_override *row)
{
    char detail[200];
    const struct actor *actor = author->actor;
    bool own = str_absent(row->account);
    int n =
        snprintf(detail, sizeof(detail),
                 "{\"integration\":\"" STR_F "\",\"revision\":%u,\"hash\":\"" STR_F "\"}",
                 STR_A(row->integration), row->revision, STR_A(row->hash));
    CHECK(n > 0 && (size_t)n < sizeof(detail));
    struct audit_entry entry = {
        .time = author->wall,
        .actor = actor ? actor->key_id : STR_NONE,
        .peer = actor ? actor->peer : STR_NONE,
        .request_id = actor ? actor->request_id : STR_NONE,
        .action = action,
        .object_kind = own ? STR("environment") : STR("account"),
        .object_id = own ? row->environment : row->account,
        .environment = row->environment,
        .detail = str_of(detail, (size_t)n),
    };
    return audit_put(tx, &entry);
}

/* Whoever it is for may have been deleted while it was read. */
static enum err check_there(struct tx *tx, const struct stored_override *row)
{
    static const struct statement environment = {
        "SELECT COUNT(*) FROM environment WHERE id = $1"};
    static const struct statement account = {
        "SELECT COUNT(*) FROM account WHERE id = $1 AND environment = $2"};
    bool own = str_absent(row->account);
    struct value params[] = {V_TEXT(own ? row->environment : row->account),
                             V_TEXT(row->environment)};
    int64_t n;
    enum err err = tx_number(tx, own ? &environment : &account, params, own ? 1 : 2, &n);
    return err == ERR_NONE && n == 0 ? ERR_OBJECT_UNKNOWN : err;
}

static enum err run_put(struct tx *tx, struct store_op *op)
{
    static const struct statement next = {
        "SELECT COALESCE(MAX(revision), 0) + 1 FROM integration_override"
        " WHERE integration = $1 AND environment = $2 AND account = $3"};
    static const struct statement put = {
        "INSERT INTO integration_override (integration, environment, account, revision,"
        " hash, document, fitted, changed, changed_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (integration, environment, account) DO UPDATE"
        " SET revision = excluded.revision, hash = excluded.hash,"
        " document = excluded.document, fitted = excluded.fitted,"
        " changed = excluded.changed, changed_by = excluded.changed_by"};
    struct write_row *write = CONTAINER_OF(op, struct write_row, op);
    struct stored_override *row = write->row;
    struct value params[] = {V_TEXT(row->integration), V_TEXT(row->environment),
                             V_TEXT(account_key(row)), V_INT(0),
                             V_TEXT(row->hash),        V_TEXT(row->text),
                             V_INT(row->fitted),       V_INT(row->changed),
                             V_TEXT(row->changed_by)};
    int64_t revision;
    enum err err = check_there(tx, row);
    if (err == ERR_NONE)
        err = tx_number(tx, &next, params, 3, &revision);
    if (err != ERR_NONE)
        return err;
    row->revision = (uint32_t)revision;
    params[3] = V_INT(revision);
    err = tx_exec(tx, &put, params, COUNT_OF(params), NULL);
    return err ? err : put_audit(tx, write->author, STR("override.put"), row);
}

enum err override_store_put(struct store *store, const struct store_author *author,
                            struct stored_override *row)
{
    struct write_row write = {
        .op = {.kind = STORE_FULL, .run = run_put}, .author = author, .row = row};
    return store_run(store, &write.op);
}

static enum err run_remove(struct tx *tx, struct store_op *op)
{
    static const struct statement remove = {
        "DELETE FROM integration_override"
        " WHERE integration = $1 AND environment = $2 AND account = $3"};
    struct write_row *write = CONTAINER_OF(op, struct write_row, op);
    const struct stored_override *row = write->row;
    struct value params[] = {V_TEXT(row->integration), V_TEXT(row->environment),
                             V_TEXT(account_key(row))};
    int64_t changed;
    enum err err = tx_exec(tx, &remove, params, COUNT_OF(params), &changed);
    if (err == ERR_NONE && changed == 0)
        err = ERR_OBJECT_UNKNOWN;
    return err ? err : put_audit(tx, write->author, STR("override.remove"), row);
}

enum err override_store_remove(struct store *store, const struct store_author *author,
                               const struct stored_override *row)
{
    struct stored_override copy = *row;
    struct write_row write = {
        .op = {.kind = STORE_FULL, .run = run_remove}, .author = author, .row = &copy};
    return store_run(store, &write.op);
}

struct write_fitted {
    struct store_op op;
    const struct override_row_list *rows;
    uint32_t revision;
};

/* Only of the text that was tried. */
static enum err run_fitted(struct tx *tx, struct store_op *op)
{
    static const struct statement fitted = {
        "UPDATE integration_override SET fitted = $5 WHERE integration = $1"
        " AND environment = $2 AND account = $3 AND revision = $4"};
    struct write_fitted *write = CONTAINER_OF(op, struct write_fitted, op);
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < write->rows->n && err == ERR_NONE; i++) {
        const struct stored_override *row = &write->rows->items[i];
        struct value params[] = {V_TEXT(row->integration), V_TEXT(row->environment),
                                 V_TEXT(account_key(row)), V_INT(row->revision),
                                 V_INT(write->revision)};
        err = tx_exec(tx, &fitted, params, COUNT_OF(params), NULL);
    }
    return err;
}

enum err override_store_fitted(struct store *store, const struct override_row_list *rows,
                               uint32_t revision)
{
    struct write_fitted write = {.op = {.kind = STORE_FULL, .run = run_fitted},
                                 .rows = rows,
                                 .revision = revision};
    return store_run(store, &write.op);
}
