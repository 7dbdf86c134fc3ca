/*
 * Opening, the thread, and what others read. The thread sleeps until a change waits or
 * the watch has seen something; it does one thing at a time, so that nothing here is
 * written by two.
 */
#include "catalog/catalog.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "catalog/catalog_state.h"
#include "loop/thread.h"
#include "unified/model.h"

enum { FAULTS_LOGGED_MAX = 5, SCRATCH_CHUNK_BYTES = 64 * 1024 };
static const size_t scratch_bytes_max = (size_t)4 << 30;

/* --- the thread --- */

static void answer(struct post *post)
{
    struct catalog_change *change = CONTAINER_OF(post, struct catalog_change, post);
    change->done(change);
}

static void look_again(struct catalog *catalog)
{
    struct arena arena;
    str why;
    arena_init(&arena, SCRATCH_CHUNK_BYTES, scratch_bytes_max);
    if (catalog_scan(catalog, &arena, &why) != ERR_NONE)
        log_say(catalog->log, LOG_ERROR, "integrations", STR_F, STR_A(why));
    arena_fini(&arena);
}

/* The next change, or NULL with *ret_rescan; false at the end. */
static bool wait_for_more(struct catalog *catalog, struct post **ret_change,
                          bool *ret_rescan)
{
    pthread_mutex_lock(&catalog->lock);
    while (!catalog->first && !catalog->rescan && !catalog->closing)
        pthread_cond_wait(&catalog->more, &catalog->lock);
    *ret_change = catalog->first;
    *ret_rescan = !catalog->first && catalog->rescan;
    if (catalog->first)
        catalog->first = catalog->first->next;
    else
        catalog->rescan = false;
    bool end = !*ret_change && catalog->closing;
    pthread_mutex_unlock(&catalog->lock);
    return !end;
}

static void run_thread(void *arg)
{
    struct catalog *catalog = arg;
    struct post *post;
    bool rescan;
    while (wait_for_more(catalog, &post, &rescan)) {
        if (rescan)
            look_again(catalog);
        if (!post)
            continue;
        struct catalog_change *change = CONTAINER_OF(post, struct catalog_change, post);
        catalog_run_change(change);
        catalog_wait_taken(catalog);
        worker_post(change->worker, &change->post, answer);
    }
}

void catalog_change(struct catalog_change *change)
{
    struct catalog *catalog = change->catalog;
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    change->post.next = NULL;
    pthread_mutex_lock(&catalog->lock);
    CHECK(!catalog->closing);
    if (catalog->first)
        catalog->last->next = &change->post;
    else
        catalog->first = &change->post;
    catalog->last = &change->post;
    pthread_cond_signal(&catalog->more);
    pthread_mutex_unlock(&catalog->lock);
}

/* --- what others read --- */

struct snapshot *catalog_snapshot(struct catalog *catalog)
{
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    pthread_mutex_lock(&catalog->lock);
    struct snapshot *snapshot = snapshot_ref(catalog->snapshot);
    pthread_mutex_unlock(&catalog->lock);
    return snapshot;
}

void catalog_publish(struct catalog *catalog, struct snapshot *snapshot)
{
    pthread_mutex_lock(&catalog->lock);
    struct snapshot *before = catalog->snapshot;
    catalog->snapshot = snapshot;
    for (unsigned i = 0; i < CATALOG_WORKERS_MAX; i++)
        if (catalog->members[i])
            catalog_tell(catalog->members[i]);
    pthread_mutex_unlock(&catalog->lock);
    snapshot_unref(&before);
    pthread_mutex_lock(&catalog->hook_lock);
    if (catalog->hook)
        catalog->hook(catalog->hook_arg);
    pthread_mutex_unlock(&catalog->hook_lock);
}

void catalog_publish_entries(struct catalog *catalog, struct entry *const *entries,
                             uint32_t n, str removed)
{
    struct snapshot *next = snapshot_build(catalog->snapshot, entries, n, removed);
    overlay_settle(catalog, catalog->snapshot, next);
    catalog_publish(catalog, next);
}

void catalog_on_change(struct catalog *catalog, void (*fn)(void *arg), void *arg)
{
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    pthread_mutex_lock(&catalog->hook_lock);
    catalog->hook = fn;
    catalog->hook_arg = arg;
    pthread_mutex_unlock(&catalog->hook_lock);
}

static int by_file(const void *a, const void *b)
{
    const struct source *one = *(struct source *const *)a;
    const struct source *other = *(struct source *const *)b;
    return str_cmp(one->faults[0].file, other->faults[0].file);
}

static void copy_fault(const struct catalog_fault *fault, struct arena *arena,
                       struct catalog_fault *ret_fault)
{
    *ret_fault = (struct catalog_fault){arena_str(arena, fault->file),
                                        arena_str(arena, fault->pointer),
                                        arena_str(arena, fault->text)};
}

uint32_t catalog_faults(struct catalog *catalog, struct arena *arena,
                        struct catalog_fault **ret_faults)
{
    uint32_t n = 0, count = 0, total = 0;
    size_t at = 0;
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    pthread_mutex_lock(&catalog->lock);
    const struct source **faulty =
        arena_array(arena, catalog->sources.n, sizeof(faulty[0]));
    for (struct source *source; (source = map_next(&catalog->sources, &at));)
        if (source->fault_n) {
            faulty[count++] = source;
            total += source->fault_n;
        }
    qsort(faulty, count, sizeof(faulty[0]), by_file);
    *ret_faults =
        arena_array(arena, total + catalog->unreadable.fault_n, sizeof((*ret_faults)[0]));
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < faulty[i]->fault_n; k++)
            copy_fault(&faulty[i]->faults[k], arena, &(*ret_faults)[n++]);
    for (uint32_t i = 0; i < catalog->unreadable.fault_n; i++)
        if (!snapshot_find(catalog->snapshot, catalog->unreadable.faults[i].file))
            copy_fault(&catalog->unreadable.faults[i], arena, &(*ret_faults)[n++]);
    pthread_mutex_unlock(&catalog->lock);
    return n;
}

void catalog_log_faults(const struct catalog *catalog, const struct catalog_fault *faults,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n && i < FAULTS_LOGGED_MAX; i++) {
        struct log_line line;
        log_open(&line, catalog->log, LOG_WARN, "integration_fault");
        log_str(&line, "file", faults[i].file);
        log_str(&line, "pointer", faults[i].pointer);
        log_str(&line, "fault", faults[i].text);
        if (n > 1)
            log_int(&line, "of", n);
        log_close(&line);
    }
}

/* --- opening and closing --- */

/* The store's active versions as the first snapshot. Those that cannot be read (a newer
 * Breakwater wrote them) are faults, not a reason to stay down. */
static void load_active(struct catalog *catalog, struct arena *arena,
                        const struct stored_list *active)
{
    struct entry **entries = arena_array(arena, active->n, sizeof(entries[0]));
    struct catalog_fault *all =
        arena_array(arena, (size_t)active->n * BIND_FAULTS_MAX, sizeof(all[0]));
    uint32_t n = 0, all_n = 0, faults_n;
    for (uint32_t i = 0; i < active->n; i++) {
        const struct stored *one = &active->items[i];
        struct catalog_fault *faults;
        entries[n] =
            entry_compile(one->text, one->name, one->name, arena, &faults, &faults_n);
        if (entries[n]) {
            entries[n++]->integration->revision = one->revision;
            continue;
        }
        catalog_log_faults(catalog, faults, faults_n);
        memcpy(&all[all_n], faults, faults_n * sizeof(faults[0]));
        all_n += faults_n;
    }
    catalog->snapshot = snapshot_build(NULL, entries, n, STR_NONE);
    overlay_settle(catalog, NULL, catalog->snapshot);
    catalog_set_faults(catalog, &catalog->unreadable, all, all_n);
    for (uint32_t i = 0; i < n; i++)
        entry_unref(&entries[i]);
}

static bool load(struct catalog *catalog, struct arena *arena, str *ret_why)
{
    struct stored_list active, sources;
    enum err err = catalog_store_active(catalog->store, arena, &active);
    if (err == ERR_NONE)
        err = catalog_store_sources(catalog->store, arena, &sources);
    if (err != ERR_NONE) {
        *ret_why = arena_printf(
            arena, "The integrations cannot be read from the store: " STR_F ".",
            STR_A(err_row(err)->title));
        return false;
    }
    load_active(catalog, arena, &active);
    for (uint32_t i = 0; i < sources.n; i++)
        if (sources.items[i].hash.n == HASH_CHARS)
            memcpy(catalog_source(catalog, sources.items[i].name)->stored_hash,
                   sources.items[i].hash.p, HASH_CHARS);
    return catalog_scan(catalog, arena, ret_why) == ERR_NONE;
}

struct catalog *catalog_open(struct store *store, str folder, struct world *world,
                             const struct log *log, struct arena *arena, str *ret_why)
{
    struct arena scratch;
    str why;
    struct catalog *catalog = mem_zalloc(sizeof(*catalog));
    catalog->magic = CATALOG_MAGIC;
    catalog->store = store;
    catalog->world = world;
    catalog->log = log;
    catalog->folder = str_absent(folder) ? NULL : mem_copy_z(folder.p, folder.n);
    catalog->watch.fd = -1;
    if (catalog->folder)
        watch_open(&catalog->watch);
    pthread_mutex_init(&catalog->hook_lock, NULL);
    pthread_mutex_init(&catalog->lock, NULL);
    pthread_cond_init(&catalog->more, NULL);
    pthread_cond_init(&catalog->taken, NULL);
    recall_init(&catalog->recalls);
    map_init(&catalog->sources);
    arena_init(&catalog->unreadable.arena, 1024, (size_t)1 << 30);
    arena_init(&scratch, SCRATCH_CHUNK_BYTES, scratch_bytes_max);
    bool loaded = load(catalog, &scratch, &why);
    if (!loaded)
        *ret_why = arena_str(arena, why);
    arena_fini(&scratch);
    catalog->opened = true;
    if (loaded)
        catalog->thread = thread_start("catalog", run_thread, catalog);
    else
        catalog_close(&catalog);
    return catalog;
}

static void stop_thread(struct catalog *catalog)
{
    pthread_mutex_lock(&catalog->lock);
    catalog->closing = true;
    pthread_cond_signal(&catalog->more);
    pthread_mutex_unlock(&catalog->lock);
    if (catalog->thread)
        thread_join(&catalog->thread);
}

static void free_sources(struct catalog *catalog)
{
    size_t at = 0;
    for (struct source *source; (source = map_next(&catalog->sources, &at));) {
        arena_fini(&source->arena);
        mem_free((char *)(uintptr_t)source->name.p);
        mem_free(source);
    }
    map_fini(&catalog->sources);
    arena_fini(&catalog->unreadable.arena);
}

void catalog_close(struct catalog **catalog)
{
    struct catalog *gone = *catalog;
    *catalog = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, CATALOG_MAGIC);
    stop_thread(gone);
    for (unsigned i = 0; i < CATALOG_WORKERS_MAX; i++)
        CHECK(!gone->members[i]);
    watch_close(&gone->watch);
    snapshot_unref(&gone->snapshot);
    recall_fini(&gone->recalls);
    free_sources(gone);
    models_destroy(&gone->models);
    pthread_mutex_destroy(&gone->hook_lock);
    pthread_mutex_destroy(&gone->lock);
    pthread_cond_destroy(&gone->more);
    pthread_cond_destroy(&gone->taken);
    mem_free(gone->folder);
    gone->magic = 0;
    mem_free(gone);
}
