/*
 * The versions in the store, for the thread that changes the catalog: each function is
 * one operation and waits for it. Texts are copied within `run`, which may run again, so
 * that lists are begun anew each time.
 */
#include <stdio.h>

#include "catalog/catalog_state.h"
#include "directory/audit.h"
#include "directory/directory.h"

/* --- reading --- */

struct read_list {
    struct store_op op;
    const struct statement *statement;
    struct arena *arena;
    struct stored_list *list;
};

static void add_stored(struct arena *arena, struct stored_list *list,
                       const struct stored *one)
{
    if (list->n == list->room) {
        uint32_t room = list->room ? 2 * list->room : 64;
        struct stored *items = arena_array(arena, room, sizeof(items[0]));
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(items[0]));
        list->items = items;
        list->room = room;
    }
    list->items[list->n++] = *one;
}

static enum err run_read_list(struct tx *tx, struct store_op *op)
{
    struct read_list *read = CONTAINER_OF(op, struct read_list, op);
    *read->list = (struct stored_list){0};
    enum err err = tx_query(tx, read->statement, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct stored one = {arena_str(read->arena, tx_text(tx, 0)),
                             (uint32_t)tx_int(tx, 1),
                             arena_str(read->arena, tx_text(tx, 2)),
                             arena_str(read->arena, tx_text(tx, 3))};
        add_stored(read->arena, read->list, &one);
    }
    return err;
}

static enum err read_list(struct store *store, struct arena *arena,
                          const struct statement *statement, struct stored_list *ret_list)
{
    struct read_list read = {.op = {.kind = STORE_READ, .run = run_read_list},
                             .statement = statement,
                             .arena = arena,
                             .list = ret_list};
    return store_run(store, &read.op);
}

enum err catalog_store_active(struct store *store, struct arena *arena,
                              struct stored_list *ret_list)
{
    static const struct statement active = {
        "SELECT v.integration, v.revision, v.hash, v.document"
        " FROM integration_active a JOIN integration_version v"
        " ON v.integration = a.integration AND v.revision = a.revision"
        " ORDER BY v.integration"};
    return read_list(store, arena, &active, ret_list);
}

enum err catalog_store_sources(struct store *store, struct arena *arena,
                               struct stored_list *ret_list)
{
    static const struct statement sources = {
        "SELECT v.integration, v.revision, v.hash, NULL FROM integration_version v"
        " JOIN (SELECT integration, MAX(revision) AS revision FROM integration_version"
        "  WHERE source = 'folder' GROUP BY integration) last"
        " ON v.integration = last.integration AND v.revision = last.revision"};
    return read_list(store, arena, &sources, ret_list);
}

struct read_one {
    struct store_op op;
    struct arena *arena;
    struct stored *version; /* name and revision are asked for */
};

static enum err run_read_one(struct tx *tx, struct store_op *op)
{
    static const struct statement one = {"SELECT hash, document FROM integration_version"
                                         " WHERE integration = $1 AND revision = $2"};
    struct read_one *read = CONTAINER_OF(op, struct read_one, op);
    struct value params[] = {V_TEXT(read->version->name), V_INT(read->version->revision)};
    enum err err = tx_query(tx, &one, params, COUNT_OF(params));
    if (err != ERR_NONE)
        return err;
    if (!tx_next(tx, &err))
        return err != ERR_NONE ? err : ERR_OBJECT_UNKNOWN;
    read->version->hash = arena_str(read->arena, tx_text(tx, 0));
    read->version->text = arena_str(read->arena, tx_text(tx, 1));
    return ERR_NONE;
}

enum err catalog_store_version(struct store *store, struct arena *arena, str name,
                               uint32_t revision, struct stored *ret_version)
{
    *ret_version = (struct stored){.name = name, .revision = revision};
    struct read_one read = {.op = {.kind = STORE_READ, .run = run_read_one},
                            .arena = arena,
                            .version = ret_version};
    return store_run(store, &read.op);
}

/* --- writing --- */

struct write {
    struct store_op op;
    const struct store_author *author;
    struct stored_list *versions;
    str name;
    uint32_t revision;
};

static enum err put_audit(struct tx *tx, const struct store_author *author, str action,
                          const struct stored *version)
{
    char detail[80];
    const struct actor *actor = author->actor;
    int n = version->revision ? snprintf(detail, sizeof(detail),
                                         "{\"revision\":%u,\"source\":\"" STR_F "\"}",
                                         version->revision, STR_A(author->source))
                              : snprintf(detail, sizeof(detail), "{}");
    struct audit_entry entry = {
        .time = author->wall,
        .actor = actor ? actor->key_id : STR_NONE,
        .peer = actor ? actor->peer : STR_NONE,
        .request_id = actor ? actor->request_id : STR_NONE,
        .action = action,
        .object_kind = STR("integration"),
        .object_id = version->name,
        .detail = str_of(detail, (size_t)n),
    };
    return audit_put(tx, &entry);
}

static enum err set_active(struct tx *tx, const struct store_author *author,
                           const struct stored *version)
{
    static const struct statement upsert = {
        "INSERT INTO integration_active (integration, revision, changed)"
        " VALUES ($1, $2, $3) ON CONFLICT (integration) DO UPDATE"
        " SET revision = excluded.revision, changed = excluded.changed"};
    struct value params[] = {V_TEXT(version->name), V_INT(version->revision),
                             V_INT(author->wall)};
    return tx_exec(tx, &upsert, params, COUNT_OF(params), NULL);
}

static enum err put_version(struct tx *tx, const struct store_author *author,
                            struct stored *version)
{
    static const struct statement next = {
        "SELECT COALESCE(MAX(revision), 0) + 1 FROM integration_version"
        " WHERE integration = $1"};
    static const struct statement insert = {
        "INSERT INTO integration_version"
        " (integration, revision, hash, source, document, created, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)"};
    int64_t revision;
    enum err err = tx_number(tx, &next, &V_TEXT(version->name), 1, &revision);
    if (err != ERR_NONE)
        return err;
    version->revision = (uint32_t)revision;
    struct value params[] = {V_TEXT(version->name),
                             V_INT(revision),
                             V_TEXT(version->hash),
                             V_TEXT(author->source),
                             V_TEXT(version->text),
                             V_INT(author->wall),
                             V_TEXT(author->actor ? author->actor->key_id : STR_NONE)};
    err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE)
        err = set_active(tx, author, version);
    return err ? err : put_audit(tx, author, STR("integration.put"), version);
}

static enum err run_put(struct tx *tx, struct store_op *op)
{
    struct write *write = CONTAINER_OF(op, struct write, op);
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < write->versions->n && err == ERR_NONE; i++)
        err = put_version(tx, write->author, &write->versions->items[i]);
    return err;
}

enum err catalog_store_put(struct store *store, const struct store_author *author,
                           struct stored_list *versions)
{
    struct write write = {.op = {.kind = STORE_FULL, .run = run_put},
                          .author = author,
                          .versions = versions};
    return store_run(store, &write.op);
}

static enum err run_activate(struct tx *tx, struct store_op *op)
{
    struct write *write = CONTAINER_OF(op, struct write, op);
    struct stored version = {.name = write->name, .revision = write->revision};
    enum err err = set_active(tx, write->author, &version);
    return err ? err
               : put_audit(tx, write->author, STR("integration.activate"), &version);
}

enum err catalog_store_activate(struct store *store, const struct store_author *author,
                                str name, uint32_t revision)
{
    struct write write = {.op = {.kind = STORE_FULL, .run = run_activate},
                          .author = author,
                          .name = name,
                          .revision = revision};
    return store_run(store, &write.op);
}

static enum err run_remove(struct tx *tx, struct store_op *op)
{
    static const struct statement remove = {
        "DELETE FROM integration_active WHERE integration = $1"};
    struct write *write = CONTAINER_OF(op, struct write, op);
    struct stored version = {.name = write->name};
    int64_t changed;
    enum err err = tx_exec(tx, &remove, &V_TEXT(write->name), 1, &changed);
    if (err == ERR_NONE && changed == 0)
        err = ERR_INTEGRATION_UNKNOWN;
    return err ? err : put_audit(tx, write->author, STR("integration.remove"), &version);
}

enum err catalog_store_remove(struct store *store, const struct store_author *author,
                              str name)
{
    struct write write = {
        .op = {.kind = STORE_FULL, .run = run_remove}, .author = author, .name = name};
    return store_run(store, &write.op);
}
