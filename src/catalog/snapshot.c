/*
 * Building one costs a reference and a place in a table for each integration, whatever
 * changed: some ten microseconds a hundred, on the catalog's own thread.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "catalog/catalog_state.h"

enum { MAGIC = 0x5a9e5407 };

static str name_of(const struct entry *entry)
{
    return entry->integration->name;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(name_of(*(struct entry *const *)a),
                   name_of(*(struct entry *const *)b));
}

/* Into the table of all entries; a later one takes the place of an earlier. */
static void put_all(struct map *all, struct entry *const *entries, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        map_remove(all, name_of(entries[i])); /* its key belongs to the entry that goes */
        map_put(all, name_of(entries[i]), entries[i]);
    }
}

struct snapshot *snapshot_build(const struct snapshot *before,
                                struct entry *const *entries, uint32_t n, str removed)
{
    struct snapshot *snapshot = mem_zalloc(sizeof(*snapshot));
    struct map *all = &snapshot->by_name;
    size_t at = 0;
    snapshot->magic = MAGIC;
    atomic_init(&snapshot->refs, 1);
    map_init(all);
    if (before)
        put_all(all, before->entries, before->n);
    if (!str_absent(removed))
        map_remove(all, removed);
    put_all(all, entries, n);
    snapshot->entries = mem_array(all->n, sizeof(snapshot->entries[0]));
    for (struct entry *entry; (entry = map_next(all, &at));)
        snapshot->entries[snapshot->n++] = entry_ref(entry);
    qsort(snapshot->entries, snapshot->n, sizeof(snapshot->entries[0]), by_name);
    return snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    CHECK_MAGIC(snapshot, MAGIC);
    atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot **snapshot)
{
    struct snapshot *gone = *snapshot;
    *snapshot = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, MAGIC);
    if (atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) > 1)
        return;
    gone->magic = 0;
    map_fini(&gone->by_name);
    for (uint32_t i = 0; i < gone->n; i++)
        entry_unref(&gone->entries[i]);
    mem_free(gone->entries);
    mem_free(gone);
}

struct entry *snapshot_entry(const struct snapshot *snapshot, str name)
{
    CHECK_MAGIC(snapshot, MAGIC);
    return map_find(&snapshot->by_name, name);
}

const struct integration *snapshot_find(const struct snapshot *snapshot, str name)
{
    const struct entry *entry = snapshot_entry(snapshot, name);
    return entry ? entry->integration : NULL;
}

uint32_t snapshot_count(const struct snapshot *snapshot)
{
    CHECK_MAGIC(snapshot, MAGIC);
    return snapshot->n;
}

const struct integration *snapshot_at(const struct snapshot *snapshot, uint32_t i)
{
    CHECK_MAGIC(snapshot, MAGIC);
    CHECK(i < snapshot->n);
    return snapshot->entries[i]->integration;
}
