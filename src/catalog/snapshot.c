/*
 * Building one costs a reference and a place in a table for each integration and each
 * override, whatever changed: some ten microseconds a hundred, on the catalog's own
 * thread. Of an integration that nobody overrides, an account has the document's entry
 * after one look at an empty table.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "catalog/catalog_state.h"
#include "directory/tenant.h"

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

static void fill_slots(struct snapshot *snapshot)
{
    snapshot->slots = mem_array(snapshot->n, sizeof(snapshot->slots[0]));
    map_init(&snapshot->by_name);
    for (uint32_t i = 0; i < snapshot->n; i++) {
        struct slot *slot = &snapshot->slots[i];
        slot->entry = snapshot->entries[i];
        map_init(&slot->overlays);
        map_put(&snapshot->by_name, name_of(slot->entry), slot);
    }
}

struct snapshot *snapshot_build(const struct snapshot *before,
                                struct entry *const *entries, uint32_t n, str removed)
{
    struct snapshot *snapshot = mem_zalloc(sizeof(*snapshot));
    struct map all;
    size_t at = 0;
    snapshot->magic = MAGIC;
    atomic_init(&snapshot->refs, 1);
    map_init(&all);
    if (before)
        put_all(&all, before->entries, before->n);
    if (!str_absent(removed))
        map_remove(&all, removed);
    put_all(&all, entries, n);
    snapshot->entries = mem_array(all.n, sizeof(snapshot->entries[0]));
    for (struct entry *entry; (entry = map_next(&all, &at));)
        snapshot->entries[snapshot->n++] = entry_ref(entry);
    qsort(snapshot->entries, snapshot->n, sizeof(snapshot->entries[0]), by_name);
    map_fini(&all);
    fill_slots(snapshot);
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
        map_fini(&gone->slots[i].overlays);
    for (uint32_t i = 0; i < gone->overlay_n; i++)
        overlay_unref(&gone->overlays[i]);
    for (uint32_t i = 0; i < gone->n; i++)
        entry_unref(&gone->entries[i]);
    mem_free(gone->overlays);
    mem_free(gone->slots);
    mem_free(gone->entries);
    mem_free(gone);
}

static struct slot *find_slot(const struct snapshot *snapshot, str name)
{
    CHECK_MAGIC(snapshot, MAGIC);
    return map_find(&snapshot->by_name, name);
}

struct entry *snapshot_entry(const struct snapshot *snapshot, str name)
{
    const struct slot *slot = find_slot(snapshot, name);
    return slot ? slot->entry : NULL;
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

/* --- overrides --- */

static int by_place(const void *a, const void *b)
{
    const struct catalog_override *one = &(*(struct overlay *const *)a)->view;
    const struct catalog_override *other = &(*(struct overlay *const *)b)->view;
    int order = str_cmp(one->integration, other->integration);
    if (!order)
        order = str_cmp(one->environment, other->environment);
    return order ? order : str_cmp(one->account, other->account);
}

static str key_of(const struct overlay *overlay)
{
    const struct catalog_override *view = &overlay->view;
    return str_absent(view->account) ? view->environment : view->account;
}

void snapshot_put_overlays(struct snapshot *snapshot, str name,
                           struct overlay *const *overlays, uint32_t n)
{
    struct overlay **before = snapshot->overlays;
    struct overlay **all = mem_array(snapshot->overlay_n + n, sizeof(all[0]));
    struct slot *slot = find_slot(snapshot, name);
    uint32_t kept = 0;
    map_fini(&slot->overlays);
    map_init(&slot->overlays);
    for (uint32_t i = 0; i < snapshot->overlay_n; i++)
        if (str_eq(before[i]->view.integration, name))
            overlay_unref(&before[i]);
        else
            all[kept++] = before[i];
    for (uint32_t i = 0; i < n; i++) {
        all[kept++] = overlay_ref(overlays[i]);
        map_put(&slot->overlays, key_of(overlays[i]), overlays[i]);
    }
    qsort(all, kept, sizeof(all[0]), by_place);
    mem_free(before);
    snapshot->overlays = all;
    snapshot->overlay_n = kept;
}

enum err snapshot_for(const struct snapshot *snapshot, const struct account *account,
                      const struct integration **ret_integration)
{
    const struct slot *slot = find_slot(snapshot, account->integration);
    if (!slot)
        return ERR_INTEGRATION_UNKNOWN;
    *ret_integration = slot->entry->integration;
    if (slot->overlays.n == 0)
        return ERR_NONE;
    const struct overlay *overlay =
        map_find(&slot->overlays, tenant_id_str(&account->id));
    if (!overlay)
        overlay = map_find(&slot->overlays, tenant_id_str(&account->environment->id));
    if (!overlay)
        return ERR_NONE;
    if (!overlay->entry)
        return ERR_OVERRIDE_BROKEN;
    *ret_integration = overlay->entry->integration;
    return ERR_NONE;
}

uint32_t snapshot_override_count(const struct snapshot *snapshot)
{
    CHECK_MAGIC(snapshot, MAGIC);
    return snapshot->overlay_n;
}

const struct catalog_override *snapshot_override_at(const struct snapshot *snapshot,
                                                    uint32_t i)
{
    CHECK_MAGIC(snapshot, MAGIC);
    CHECK(i < snapshot->overlay_n);
    return &snapshot->overlays[i]->view;
}

const struct catalog_override *snapshot_override(const struct snapshot *snapshot,
                                                 str integration, str environment,
                                                 str account)
{
    const struct slot *slot = find_slot(snapshot, integration);
    str key = str_absent(account) ? environment : account;
    const struct overlay *overlay = slot ? map_find(&slot->overlays, key) : NULL;
    return overlay && str_eq(overlay->view.environment, environment) ? &overlay->view
                                                                     : NULL;
}
