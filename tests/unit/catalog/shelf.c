#include "shelf.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/audit.h"

/* --- the log, the folder --- */

static void keep_line(void *arg, str line)
{
    struct shelf *shelf = arg;
    pthread_mutex_lock(&shelf->lock);
    buf_str(&shelf->lines, line);
    pthread_mutex_unlock(&shelf->lock);
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

bool shelf_logged(struct shelf *shelf, const char *part)
{
    pthread_mutex_lock(&shelf->lock);
    str lines = buf_peek(&shelf->lines);
    bool found = str_find_str(lines, str_z(part)) < lines.n;
    pthread_mutex_unlock(&shelf->lock);
    return found;
}

static const char *path_of(struct shelf *shelf, const char *name, const char *file)
{
    return arena_z(&shelf->arena,
                   arena_printf(&shelf->arena, "%s/%s%s", shelf->folder, name, file));
}

void shelf_write_text(struct shelf *shelf, const char *name, str text)
{
    mkdir(path_of(shelf, name, ""), 0700);
    FILE *file = fopen(path_of(shelf, name, "/integration.json"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
}

str shelf_document(struct shelf *shelf, const char *name, const char *patch)
{
    str named = arena_printf(&shelf->arena, "{\"name\":\"%s\"%s%s", name,
                             strlen(patch) > 2 ? "," : "", patch + 1);
    return paper_text(&shelf->arena, arena_z(&shelf->arena, named));
}

void shelf_write(struct shelf *shelf, const char *name, const char *patch)
{
    shelf_write_text(shelf, name, shelf_document(shelf, name, patch));
}

void shelf_delete(struct shelf *shelf, const char *name)
{
    unlink(path_of(shelf, name, "/integration.json"));
    rmdir(path_of(shelf, name, ""));
}

/* --- the whole --- */

int shelf_make(void **state)
{
    str why;
    struct shelf *shelf = mem_zalloc(sizeof(*shelf));
    arena_init(&shelf->arena, 64 * 1024, (size_t)1 << 30);
    strcpy(shelf->folder, "/tmp/shelf-XXXXXX");
    assert_non_null(mkdtemp(shelf->folder));
    buf_init(&shelf->lines, 1 << 24);
    pthread_mutex_init(&shelf->lock, NULL);
    shelf->log = (struct log){.sink = keep_line, .wall = no_wall, .arg = shelf};
    false_world_init(&shelf->world, 1);
    false_loop_init(&shelf->loop, &shelf->world, SHELF_WORKERS);
    shelf->store = store_open(STR("mem"), STR("/tmp"), &shelf->arena, &why);
    assert_non_null(shelf->store);
    *state = shelf;
    return 0;
}

int shelf_unmake(void **state)
{
    struct shelf *shelf = *state;
    shelf_close(shelf);
    store_close(&shelf->store);
    false_loop_fini(&shelf->loop);
    str command = arena_printf(&shelf->arena, "rm -rf %s", shelf->folder);
    assert_int_equal(system(arena_z(&shelf->arena, command)), 0);
    buf_fini(&shelf->lines);
    pthread_mutex_destroy(&shelf->lock);
    arena_fini(&shelf->arena);
    mem_free(shelf);
    return 0;
}

void shelf_open(struct shelf *shelf)
{
    str why = STR("");
    shelf->catalog = catalog_open(shelf->store, str_z(shelf->folder), &shelf->world.world,
                                  &shelf->log, &shelf->arena, &why);
    if (!shelf->catalog)
        fail_msg(STR_F, STR_A(why));
    for (unsigned i = 0; i < SHELF_WORKERS; i++)
        catalog_join(shelf->catalog, false_loop_worker(&shelf->loop, i));
}

void shelf_close(struct shelf *shelf)
{
    if (!shelf->catalog)
        return;
    for (unsigned i = 0; i < SHELF_WORKERS; i++)
        catalog_leave(shelf->catalog, false_loop_worker(&shelf->loop, i));
    catalog_close(&shelf->catalog);
    false_loop_idle(&shelf->loop);
}

/* --- changes --- */

static void on_done(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

struct catalog_change shelf_change(struct shelf *shelf, struct catalog_change change)
{
    bool done = false;
    change.catalog = shelf->catalog;
    change.worker = false_loop_worker(&shelf->loop, 0);
    change.done = on_done;
    change.owner = &done;
    change.arena = &shelf->arena;
    catalog_change(&change);
    assert_true(false_loop_wait(&shelf->loop, &done));
    return change;
}

void shelf_rescan(struct shelf *shelf)
{
    struct catalog_change change =
        shelf_change(shelf, (struct catalog_change){.kind = CATALOG_RESCAN});
    given_same("rescan", err_code(change.err), "ok");
}

struct catalog_change shelf_put(struct shelf *shelf, const char *name, const char *patch)
{
    return shelf_change(
        shelf, (struct catalog_change){.kind = CATALOG_PUT,
                                       .name = str_z(name),
                                       .text = shelf_document(shelf, name, patch)});
}

static void on_versions(struct catalog_versions *versions)
{
    *(bool *)versions->owner = true;
}

struct catalog_versions shelf_versions(struct shelf *shelf, const char *name,
                                       uint32_t revision, uint32_t before, uint32_t max)
{
    bool done = false;
    struct catalog_versions versions = {.catalog = shelf->catalog,
                                        .done = on_versions,
                                        .owner = &done,
                                        .arena = &shelf->arena,
                                        .name = str_z(name),
                                        .revision = revision,
                                        .before = before,
                                        .max = max};
    catalog_list_versions(&versions, false_loop_worker(&shelf->loop, 1));
    assert_true(false_loop_wait(&shelf->loop, &done));
    return versions;
}

/* --- looking --- */

uint32_t shelf_revision(struct shelf *shelf, const char *name)
{
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    const struct integration *integration = snapshot_find(snapshot, str_z(name));
    uint32_t revision = integration ? integration->revision : 0;
    assert_true(!integration || revision > 0);
    snapshot_unref(&snapshot);
    return revision;
}

str shelf_label(struct shelf *shelf, const char *name)
{
    struct snapshot *snapshot = catalog_snapshot(shelf->catalog);
    const struct integration *integration = snapshot_find(snapshot, str_z(name));
    str label = integration ? arena_str(&shelf->arena, integration->label) : STR_NONE;
    snapshot_unref(&snapshot);
    return label;
}

uint32_t shelf_faults(struct shelf *shelf, struct catalog_fault *ret_first)
{
    struct catalog_fault *faults;
    uint32_t n = catalog_faults(shelf->catalog, &shelf->arena, &faults);
    if (n && ret_first)
        *ret_first = faults[0];
    return n;
}

struct reading {
    struct audit_query query;
    bool done;
};

static void on_audit(struct audit_query *query)
{
    CONTAINER_OF(query, struct reading, query)->done = true;
}

str shelf_audit(struct shelf *shelf)
{
    struct reading reading = {.query = {.until = USEC_NEVER,
                                        .max = 1000,
                                        .arena = &shelf->arena,
                                        .worker = false_loop_worker(&shelf->loop, 0),
                                        .done = on_audit}};
    audit_list(shelf->store, &reading.query);
    assert_true(false_loop_wait(&shelf->loop, &reading.done));
    str text = STR("");
    for (uint32_t i = reading.query.n; i > 0; i--) {
        const struct audit_entry *entry = &reading.query.rows[i - 1].entry;
        text = arena_printf(&shelf->arena, STR_F STR_F " " STR_F " " STR_F "\n",
                            STR_A(text), STR_A(entry->action), STR_A(entry->object_id),
                            STR_A(entry->detail));
    }
    return text;
}
