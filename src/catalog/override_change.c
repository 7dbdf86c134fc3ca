/*
 * Changes of overrides, on the catalog's thread: what all overrides of the integration
 * come to with the change is made before anything is stored. A change that would spoil
 * another override is refused, and names it.
 */
#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "catalog/catalog_state.h"
#include "catalog/override_change.h"
#include "directory/directory.h"
#include "loop/world.h"

/* A document of its own takes some 400 KiB. */
enum {
    OVERRIDES_MAX = 10000,
    TEXTS_BYTES_MAX = 64 << 20,
    DOCUMENTS_MAX = 1000,
    WORK_CHUNK_BYTES = 64 * 1024
};

static void fail(struct catalog_change *change, enum err err)
{
    change->err = err;
    change->detail = err_row(err)->mend;
}

static struct store_author author_of(const struct catalog_change *change)
{
    return (struct store_author){.source = STR("api"),
                                 .actor = change->actor,
                                 .wall = world_wall(change->catalog->world)};
}

static void log_change(const struct catalog_change *change, str what)
{
    struct log_line line;
    log_open(&line, change->catalog->log, LOG_INFO, "override");
    log_str(&line, "integration", change->name);
    log_str(&line, "environment", change->environment);
    if (!str_absent(change->account))
        log_str(&line, "account", change->account);
    log_str(&line, "what", what);
    if (change->actor)
        log_str(&line, "actor", change->actor->key_id);
    log_close(&line);
}

static struct fault_list faults_of(const struct catalog_change *change)
{
    return (struct fault_list){.arena = change->arena, .file = change->name};
}

/* False when there are any. */
static bool check_faults(struct catalog_change *change, const struct fault_list *list)
{
    if (list->n == 0)
        return true;
    change->err = ERR_OVERRIDE_INVALID;
    change->faults = list->items;
    change->fault_n = list->n;
    change->detail = list->n == 1
                         ? STR("There is one fault.")
                         : arena_printf(change->arena, "There are %u faults.", list->n);
    return false;
}

/* --- the rows with the change --- */

static bool is_meant(const struct catalog_change *change,
                     const struct stored_override *row)
{
    bool own = str_absent(change->account);
    return str_eq(row->environment, change->environment) &&
           (own ? str_absent(row->account) : str_eq(row->account, change->account));
}

/* All rows but the one that is meant. */
static struct override_row_list others_of(struct catalog_change *change,
                                          const struct override_row_list *rows)
{
    struct override_row_list others = {
        .items = arena_array(change->arena, rows->n + 1, sizeof(rows->items[0])),
        .room = rows->n + 1};
    for (uint32_t i = 0; i < rows->n; i++)
        if (!is_meant(change, &rows->items[i]))
            others.items[others.n++] = rows->items[i];
    return others;
}

static bool has_room(struct catalog_change *change, const struct override_row_list *rows)
{
    struct fault_list list = faults_of(change);
    size_t bytes = 0;
    for (uint32_t i = 0; i < rows->n; i++)
        bytes += rows->items[i].text.n;
    if (rows->n > OVERRIDES_MAX || bytes > TEXTS_BYTES_MAX)
        fault_list_add(&list, STR(""),
                       STR("is one too many: an integration takes 10,000 overrides, of "
                           "64 MiB together."));
    return check_faults(change, &list);
}

/* --- what it would spoil --- */

static str owner_of(const struct catalog_override *view)
{
    return str_absent(view->account) ? view->environment : view->account;
}

static void check_other(const struct overlay_work *work, const struct overlay *made,
                        struct fault_list *list)
{
    const struct catalog_override *now = &made->view;
    const struct catalog_override *before =
        snapshot_override(work->before, now->integration, now->environment, now->account);
    if (!before || now->state <= before->state)
        return;
    fault_list_add(
        list, STR(""),
        arena_printf(list->arena,
                     "would spoil the override of " STR_F ", at " STR_F ": it " STR_F
                     " Change that one first.",
                     STR_A(owner_of(now)),
                     STR_A(now->fault_n ? now->faults[0].pointer : STR("/")),
                     STR_A(now->fault_n ? now->faults[0].text : STR("would not fit."))));
}

/* Puts what the rows come to into use. */
static void publish(struct catalog_change *change, struct overlay_work *work)
{
    struct catalog *catalog = change->catalog;
    struct snapshot *next = snapshot_build(catalog->snapshot, NULL, 0, STR_NONE);
    overlay_settle(catalog, catalog->snapshot, next);
    snapshot_put_overlays(next, change->name, work->made, work->rows->n);
    overlay_note(work);
    catalog_publish(catalog, next);
}

static struct overlay_work work_of(struct catalog_change *change, struct entry *base,
                                   const struct override_row_list *rows)
{
    return (struct overlay_work){.catalog = change->catalog,
                                 .arena = change->arena,
                                 .before = change->catalog->snapshot,
                                 .base = base,
                                 .rows = rows};
}

/* --- put --- */

static struct stored_override row_of(struct catalog_change *change)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(change->text, digest);
    return (struct stored_override){
        .integration = change->name,
        .environment = change->environment,
        .account = change->account,
        .hash = encode_hex(change->arena, str_of((const char *)digest, sizeof(digest))),
        .text = change->text,
        .changed = world_wall(change->catalog->world),
        .changed_by = change->actor ? change->actor->key_id : STR_NONE,
    };
}

static void store_put(struct catalog_change *change, struct overlay_work *work)
{
    struct store_author author = author_of(change);
    struct stored_override *row = &work->rows->items[work->rows->n - 1];
    row->fitted = work->base->integration->revision;
    enum err err = override_store_put(change->catalog->store, &author, row);
    if (err) {
        fail(change, err);
        return;
    }
    work->made[work->rows->n - 1]->view.revision = change->new_revision = row->revision;
    publish(change, work);
    log_change(change, STR("put"));
}

static void check_put(struct overlay_work *work, struct fault_list *list)
{
    uint32_t last = work->rows->n - 1;
    const struct catalog_override *view = &work->made[last]->view;
    for (uint32_t i = 0; i < view->fault_n; i++)
        fault_list_add(list, arena_str(list->arena, view->faults[i].pointer),
                       arena_str(list->arena, view->faults[i].text));
    if (list->n == 0 && work->document_n > DOCUMENTS_MAX)
        fault_list_add(
            list, STR(""),
            STR("is one too many: settings are merged into a document of their "
                "own, of which an integration takes 1,000 different ones."));
    for (uint32_t i = 0; list->n == 0 && i < last; i++)
        check_other(work, work->made[i], list);
}

static void put(struct catalog_change *change, struct entry *base,
                const struct override_row_list *rows)
{
    struct override_row_list all = others_of(change, rows);
    struct fault_list list = faults_of(change);
    struct stored_override *row = &all.items[all.n++];
    *row = row_of(change);
    if (!has_room(change, &all))
        return;
    const struct catalog_override *before = snapshot_override(
        change->catalog->snapshot, change->name, change->environment, change->account);
    change->unchanged =
        before && before->state == OVERRIDE_FITS && str_eq(before->hash, row->hash);
    if (change->unchanged) {
        change->new_revision = before->revision;
        return;
    }
    struct overlay_work work = work_of(change, base, &all);
    overlay_make(&work);
    check_put(&work, &list);
    if (check_faults(change, &list) && !change->dry_run)
        store_put(change, &work);
    overlay_drop(&work);
}

/* --- remove --- */

static void store_remove(struct catalog_change *change, struct overlay_work *work)
{
    struct stored_override row = row_of(change);
    struct store_author author = author_of(change);
    row.hash = STR("");
    enum err err = override_store_remove(change->catalog->store, &author, &row);
    if (err) {
        fail(change, err);
        return;
    }
    publish(change, work);
    log_change(change, STR("removed"));
}

static void remove_row(struct catalog_change *change, struct entry *base,
                       const struct override_row_list *rows)
{
    struct override_row_list others = others_of(change, rows);
    struct fault_list list = faults_of(change);
    if (others.n == rows->n) {
        change->err = ERR_OBJECT_UNKNOWN;
        change->detail = STR("There is no override of this integration here.");
        return;
    }
    struct overlay_work work = work_of(change, base, &others);
    overlay_make(&work);
    for (uint32_t i = 0; i < others.n; i++)
        check_other(&work, work.made[i], &list);
    if (check_faults(change, &list))
        store_remove(change, &work);
    overlay_drop(&work);
}

/* --- which --- */

static void run_change(struct catalog_change *change, struct entry *base)
{
    struct override_row_list rows;
    enum err err =
        override_store_rows(change->catalog->store, change->arena, change->name, &rows);
    if (err)
        fail(change, err);
    else if (change->kind == CATALOG_OVERRIDE_PUT)
        put(change, base, &rows);
    else
        remove_row(change, base, &rows);
}

static void run(struct catalog_change *change)
{
    struct entry *base = snapshot_entry(change->catalog->snapshot, change->name);
    if (!base)
        fail(change, ERR_INTEGRATION_UNKNOWN);
    else if (change->kind == CATALOG_OVERRIDE_EXPLAIN)
        override_explain(change, base);
    else if (change->kind == CATALOG_OVERRIDE_LINT)
        override_lint(change, base);
    else
        run_change(change, base);
}

/* What the change is answered with, out of the arena of the work. */
static void keep_answer(struct catalog_change *change, struct arena *arena)
{
    struct catalog_fault *faults = arena_array(arena, change->fault_n, sizeof(*faults));
    for (uint32_t i = 0; i < change->fault_n; i++)
        faults[i] = (struct catalog_fault){arena_str(arena, change->faults[i].file),
                                           arena_str(arena, change->faults[i].pointer),
                                           arena_str(arena, change->faults[i].text)};
    change->faults = faults;
    change->detail = arena_str(arena, change->detail);
    change->result = arena_str(arena, change->result);
    change->arena = arena;
}

/* All overrides of an integration may be more than a request has room for. */
void catalog_run_override(struct catalog_change *change)
{
    struct arena work, *own = change->arena;
    arena_init(&work, WORK_CHUNK_BYTES, (size_t)1 << 30);
    change->arena = &work;
    run(change);
    keep_answer(change, own);
    arena_fini(&work);
}
