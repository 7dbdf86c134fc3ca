#include "catalog/catalog_state.h"

#define COLUMNS "SELECT v.revision, v.hash, v.source, v.created_by, v.created, a.revision"
#define TABLES                                                                           \
    " FROM integration_version v LEFT JOIN integration_active a"                         \
    " ON a.integration = v.integration AND a.revision = v.revision"                      \
    " WHERE v.integration = $1"

static enum err query(struct tx *tx, const struct catalog_versions *versions)
{
    static const struct statement one = {COLUMNS ", v.document" TABLES
                                                 " AND v.revision = $2"};
    static const struct statement page = {
        COLUMNS ", NULL" TABLES " AND v.revision < $2 ORDER BY v.revision DESC LIMIT $3"};
    int64_t before = versions->before ? versions->before : (int64_t)UINT32_MAX + 1;
    struct value params[] = {V_TEXT(versions->name),
                             V_INT(versions->revision ? versions->revision : before),
                             V_INT(versions->max)};
    return versions->revision ? tx_query(tx, &one, params, 2)
                              : tx_query(tx, &page, params, 3);
}

static struct catalog_version copy_row(struct tx *tx, struct arena *arena)
{
    return (struct catalog_version){
        .revision = (uint32_t)tx_int(tx, 0),
        .hash = arena_str(arena, tx_text(tx, 1)),
        .source = arena_str(arena, tx_text(tx, 2)),
        .created_by = arena_str(arena, tx_text(tx, 3)),
        .created = tx_int(tx, 4),
        .active = !tx_null(tx, 5),
        .text = arena_str(arena, tx_text(tx, 6)),
    };
}

static enum err run_versions(struct tx *tx, struct store_op *op)
{
    struct catalog_versions *versions = CONTAINER_OF(op, struct catalog_versions, op);
    uint32_t max = versions->revision ? 1 : versions->max;
    enum err err = query(tx, versions);
    versions->versions = arena_array(versions->arena, max, sizeof(versions->versions[0]));
    versions->n = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        CHECK(versions->n < max);
        versions->versions[versions->n++] = copy_row(tx, versions->arena);
    }
    if (err != ERR_NONE || versions->n)
        return err;
    if (versions->revision)
        return ERR_OBJECT_UNKNOWN;
    return versions->before ? ERR_NONE : ERR_INTEGRATION_UNKNOWN;
}

static void answer(struct store_op *op)
{
    struct catalog_versions *versions = CONTAINER_OF(op, struct catalog_versions, op);
    versions->done(versions);
}

void catalog_list_versions(struct catalog_versions *versions, struct worker *worker)
{
    CHECK_MAGIC(versions->catalog, CATALOG_MAGIC);
    CHECK(versions->max > 0 || versions->revision);
    versions->op = (struct store_op){
        .kind = STORE_READ, .run = run_versions, .done = answer, .worker = worker};
    store_submit(versions->catalog->store, &versions->op);
}
