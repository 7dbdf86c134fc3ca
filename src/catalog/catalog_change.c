/*
 * Changes of the API, one at a time on the catalog's thread: compile, store, publish. The
 * store comes first, so that what was answered as active is active after a crash as well.
 */
#include "base/log.h"
#include "catalog/catalog_state.h"
#include "directory/directory.h"
#include "loop/world.h"

static struct store_author author_of(const struct catalog_change *change)
{
    return (struct store_author){.source = STR("api"),
                                 .actor = change->actor,
                                 .wall = world_wall(change->catalog->world)};
}

static void log_change(const struct catalog_change *change, str what)
{
    struct log_line line;
    log_open(&line, change->catalog->log, LOG_INFO, "integration");
    log_str(&line, "integration", change->name);
    log_int(&line, "revision", change->new_revision);
    log_str(&line, "what", what);
    if (change->actor)
        log_str(&line, "actor", change->actor->key_id);
    log_close(&line);
}

static void fail(struct catalog_change *change, enum err err, const char *detail)
{
    change->err = err;
    change->detail = detail ? str_z(detail) : err_row(err)->mend;
}

/* The entry of a text, or NULL with the faults. */
static struct entry *compile(struct catalog_change *change, str text)
{
    struct entry *entry = entry_compile(text, change->name, change->name, change->arena,
                                        &change->faults, &change->fault_n);
    if (entry)
        return entry;
    change->err = ERR_DOCUMENT_INVALID;
    change->detail =
        change->fault_n == 1
            ? STR("There is one fault.")
            : arena_printf(change->arena, "There are %u faults.", change->fault_n);
    return NULL;
}

static void publish(struct catalog_change *change, struct entry *entry)
{
    struct catalog *catalog = change->catalog;
    entry->integration->revision = change->new_revision;
    catalog_publish_entries(catalog, &entry, 1, STR_NONE);
}

/* --- put --- */

static void store_put(struct catalog_change *change, struct entry *entry)
{
    const struct integration *integration = entry->integration;
    struct stored version = {
        .name = change->name, .hash = integration->hash, .text = integration->text};
    struct stored_list list = {.items = &version, .n = 1};
    struct store_author author = author_of(change);
    enum err err = catalog_store_put(change->catalog->store, &author, &list);
    if (err != ERR_NONE) {
        fail(change, err, NULL);
        return;
    }
    change->new_revision = version.revision;
    publish(change, entry);
    log_change(change, STR("put"));
}

static void put(struct catalog_change *change)
{
    const struct integration *active =
        snapshot_find(change->catalog->snapshot, change->name);
    struct entry *entry = compile(change, change->text);
    if (!entry)
        return;
    change->unchanged = active && str_eq(active->hash, entry->integration->hash);
    if (change->unchanged)
        change->new_revision = active->revision;
    else if (!change->dry_run)
        store_put(change, entry);
    entry_unref(&entry);
}

/* --- activate, remove --- */

static void store_activate(struct catalog_change *change, struct entry *entry)
{
    struct store_author author = author_of(change);
    enum err err = catalog_store_activate(change->catalog->store, &author, change->name,
                                          change->revision);
    if (err != ERR_NONE) {
        fail(change, err, NULL);
        return;
    }
    change->new_revision = change->revision;
    publish(change, entry);
    log_change(change, STR("activated"));
}

static void activate(struct catalog_change *change)
{
    struct stored version;
    const struct integration *active =
        snapshot_find(change->catalog->snapshot, change->name);
    change->unchanged = active && active->revision == change->revision;
    if (change->unchanged) {
        change->new_revision = change->revision;
        return;
    }
    enum err err = catalog_store_version(change->catalog->store, change->arena,
                                         change->name, change->revision, &version);
    if (err != ERR_NONE) {
        fail(change, err,
             err == ERR_OBJECT_UNKNOWN ? "The integration has no such revision." : NULL);
        return;
    }
    struct entry *entry = compile(change, version.text);
    if (!entry)
        return;
    store_activate(change, entry);
    entry_unref(&entry);
}

static void remove_active(struct catalog_change *change)
{
    struct catalog *catalog = change->catalog;
    struct store_author author = author_of(change);
    enum err err = catalog_store_remove(catalog->store, &author, change->name);
    if (err != ERR_NONE) {
        fail(change, err, NULL);
        return;
    }
    catalog_publish_entries(catalog, NULL, 0, change->name);
    log_change(change, STR("removed"));
}

/* --- rescan --- */

static void rescan(struct catalog_change *change)
{
    change->err = catalog_scan(change->catalog, change->arena, &change->detail);
    if (change->err == ERR_NONE)
        change->fault_n = catalog_faults(change->catalog, change->arena, &change->faults);
}

void catalog_run_change(struct catalog_change *change)
{
    change->err = ERR_NONE;
    change->detail = STR_NONE;
    change->faults = NULL;
    change->fault_n = change->new_revision = 0;
    change->unchanged = false;
    change->result = STR_NONE;
    change->recalled = NULL;
    switch (change->kind) {
    case CATALOG_PUT:
        put(change);
        break;
    case CATALOG_ACTIVATE:
        activate(change);
        break;
    case CATALOG_REMOVE:
        remove_active(change);
        break;
    case CATALOG_RESCAN:
        rescan(change);
        break;
    case CATALOG_OVERRIDE_PUT:
    case CATALOG_OVERRIDE_REMOVE:
    case CATALOG_OVERRIDE_EXPLAIN:
    case CATALOG_OVERRIDE_LINT:
        catalog_run_override(change);
        break;
    case CATALOG_RECALL:
        recall_run(change);
        break;
    }
}
