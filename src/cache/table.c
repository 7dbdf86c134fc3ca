/*
 * Shards by environment; within one, a map by key and a room for each environment. Who
 * must give when the whole is too large is found by one number a shard: the bytes of its
 * largest room.
 */
#include "cache/table.h"

#include <pthread.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    SHARDS = 64,
    SLOT_BYTES = 64, /* of the map, and of the allocator: counted with each entry */
    GIVES_MAX = 256  /* entries that go for one that comes */
};

/* An environment's. */
struct room {
    struct tenant_id environment;
    struct list sieve; /* newest first */
    struct list *hand; /* NULL: at the oldest */
    struct table_counts counts;
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct map entries; /* by key */
    struct map rooms;   /* by environment */
    _Atomic size_t largest;
    uint64_t evicted;
};

struct table {
    struct table_bounds bounds;
    _Atomic size_t bytes;
    struct shard shards[SHARDS];
};

static struct shard *shard_of(struct table *table, str environment)
{
    return &table->shards[hash_str(environment) % SHARDS];
}

struct table *table_create(const struct table_bounds *bounds)
{
    struct table *table = mem_lines(sizeof(*table));
    table->bounds = *bounds;
    for (int i = 0; i < SHARDS; i++) {
        CHECK(pthread_mutex_init(&table->shards[i].lock, NULL) == 0);
        map_init(&table->shards[i].entries);
        map_init(&table->shards[i].rooms);
    }
    return table;
}

/* --- rooms --- */

static struct room *room_of(struct shard *shard, const struct tenant_id *environment)
{
    struct room *room = map_find(&shard->rooms, tenant_id_str(environment));
    if (room)
        return room;
    room = mem_zalloc(sizeof(*room));
    room->environment = *environment;
    list_init(&room->sieve);
    map_put(&shard->rooms, tenant_id_str(&room->environment), room);
    return room;
}

static void note_largest(struct shard *shard)
{
    size_t at = 0, most = 0;
    for (struct room *room; (room = map_next(&shard->rooms, &at));)
        if (room->counts.bytes > most)
            most = room->counts.bytes;
    atomic_store_explicit(&shard->largest, most, memory_order_relaxed);
}

static struct room *largest_room(struct shard *shard)
{
    struct room *largest = NULL;
    size_t at = 0;
    for (struct room *room; (room = map_next(&shard->rooms, &at));)
        if (!largest || room->counts.bytes > largest->counts.bytes)
            largest = room;
    return largest;
}

/* Taken out; its reference is the caller's, through `gone`. */
static void take_out(struct table *table, struct shard *shard, struct room *room,
                     struct cache_entry *entry, struct list *gone)
{
    if (room->hand == &entry->node)
        room->hand = entry->node.prev == &room->sieve ? NULL : entry->node.prev;
    list_remove(&entry->node);
    map_remove(&shard->entries, cache_key_str(&entry->key));
    atomic_store_explicit(&entry->linked, false, memory_order_relaxed);
    room->counts.bytes -= entry->bytes + SLOT_BYTES;
    *(entry->kind == CACHE_RAW ? &room->counts.entries : &room->counts.mapped) -= 1;
    atomic_fetch_sub_explicit(&table->bytes, entry->bytes + SLOT_BYTES,
                              memory_order_relaxed);
    list_push_back(gone, &entry->node);
}

/* An empty room goes. */
static void tidy_room(struct shard *shard, struct room *room)
{
    if (!list_empty(&room->sieve))
        return;
    map_remove(&shard->rooms, tenant_id_str(&room->environment));
    mem_free(room);
}

/* What was taken out is let go without a lock. */
static void let_go(struct list *gone)
{
    for (struct list *node; (node = list_pop_front(gone));) {
        struct cache_entry *entry = CONTAINER_OF(node, struct cache_entry, node);
        cache_entry_unref(&entry);
    }
}

/* SIEVE: the hand goes from the oldest to the newest, takes marks away, and takes the
 * first that has none. */
static bool evict(struct table *table, struct shard *shard, struct room *room,
                  struct list *gone)
{
    if (list_empty(&room->sieve))
        return false;
    for (;;) {
        struct list *node = room->hand ? room->hand : list_last(&room->sieve);
        struct cache_entry *entry = CONTAINER_OF(node, struct cache_entry, node);
        room->hand = node;
        if (!atomic_load_explicit(&entry->visited, memory_order_relaxed)) {
            take_out(table, shard, room, entry, gone);
            room->counts.evicted++;
            shard->evicted++;
            return true;
        }
        atomic_store_explicit(&entry->visited, false, memory_order_relaxed);
        room->hand = node->prev == &room->sieve ? NULL : node->prev;
    }
}

/* --- the whole --- */

static bool is_over(const struct table *table)
{
    return atomic_load_explicit(&table->bytes, memory_order_relaxed) >
           table->bounds.bytes_max;
}

static struct shard *largest_shard(struct table *table)
{
    struct shard *largest = &table->shards[0];
    for (int i = 1; i < SHARDS; i++)
        if (atomic_load_explicit(&table->shards[i].largest, memory_order_relaxed) >
            atomic_load_explicit(&largest->largest, memory_order_relaxed))
            largest = &table->shards[i];
    return largest;
}

/* The largest environments give until the whole has room. */
static void make_room(struct table *table)
{
    for (int given = 0; given < GIVES_MAX && is_over(table); given++) {
        struct list gone;
        struct shard *shard = largest_shard(table);
        list_init(&gone);
        pthread_mutex_lock(&shard->lock);
        struct room *room = largest_room(shard);
        if (room) {
            evict(table, shard, room, &gone);
            tidy_room(shard, room);
        }
        note_largest(shard);
        pthread_mutex_unlock(&shard->lock);
        let_go(&gone);
    }
}

/* --- entries --- */

struct cache_entry *table_find(struct table *table, const struct tenant_id *environment,
                               const struct cache_key *key)
{
    struct shard *shard = shard_of(table, tenant_id_str(environment));
    pthread_mutex_lock(&shard->lock);
    struct cache_entry *entry = map_find(&shard->entries, cache_key_str(key));
    if (entry) {
        cache_entry_ref(entry);
        if (!atomic_load_explicit(&entry->visited, memory_order_relaxed))
            atomic_store_explicit(&entry->visited, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&shard->lock);
    return entry;
}

static void link_in(struct table *table, struct shard *shard, struct cache_entry *entry)
{
    struct room *room = room_of(shard, &entry->environment);
    list_push_front(&room->sieve, &entry->node);
    map_put(&shard->entries, cache_key_str(&entry->key), entry);
    atomic_store_explicit(&entry->linked, true, memory_order_relaxed);
    room->counts.bytes += entry->bytes + SLOT_BYTES;
    *(entry->kind == CACHE_RAW ? &room->counts.entries : &room->counts.mapped) += 1;
    atomic_fetch_add_explicit(&table->bytes, entry->bytes + SLOT_BYTES,
                              memory_order_relaxed);
}

static void put_locked(struct table *table, struct shard *shard,
                       struct cache_entry *entry, struct list *gone)
{
    struct cache_entry *old = map_find(&shard->entries, cache_key_str(&entry->key));
    struct room *room = room_of(shard, &entry->environment);
    if (old) {
        atomic_store(&entry->visited, atomic_load(&old->visited));
        take_out(table, shard, room, old, gone);
    }
    link_in(table, shard, entry);
    while (room->counts.bytes > table->bounds.environment_bytes_max)
        evict(table, shard, room, gone);
    if (room->counts.bytes > atomic_load_explicit(&shard->largest, memory_order_relaxed))
        atomic_store_explicit(&shard->largest, room->counts.bytes, memory_order_relaxed);
}

bool table_put(struct table *table, struct cache_entry *entry, bool unless_newer)
{
    struct shard *shard = shard_of(table, tenant_id_str(&entry->environment));
    size_t room = entry->bytes + SLOT_BYTES;
    struct list gone;
    if (room > table->bounds.environment_bytes_max || room > table->bounds.bytes_max) {
        cache_entry_unref(&entry);
        return false;
    }
    list_init(&gone);
    pthread_mutex_lock(&shard->lock);
    const struct cache_entry *old = map_find(&shard->entries, cache_key_str(&entry->key));
    bool newer = unless_newer && old && old->stored_wall > entry->stored_wall;
    if (!newer)
        put_locked(table, shard, entry, &gone);
    pthread_mutex_unlock(&shard->lock);
    let_go(&gone);
    if (newer)
        cache_entry_unref(&entry);
    make_room(table);
    return !newer;
}

struct taking {
    struct table *table;
    bool (*want)(const struct cache_entry *entry, const void *arg);
    const void *arg;
    uint64_t n;
    uint64_t bytes;
    struct list gone;
};

static void take_of_room(struct taking *taking, struct shard *shard, struct room *room)
{
    LIST_EACH(node, &room->sieve)
    {
        struct cache_entry *entry = CONTAINER_OF(node, struct cache_entry, node);
        if (!taking->want(entry, taking->arg))
            continue;
        if (entry->kind == CACHE_RAW) {
            taking->n++;
            taking->bytes += entry->bytes;
        }
        take_out(taking->table, shard, room, entry, &taking->gone);
    }
}

/* Rooms that were left empty go in a second walk: the map may not change in the first. */
static void tidy_rooms(struct shard *shard)
{
    for (struct room *empty;;) {
        size_t at = 0;
        while ((empty = map_next(&shard->rooms, &at)) && !list_empty(&empty->sieve))
            ;
        if (!empty)
            return;
        tidy_room(shard, empty);
    }
}

uint64_t table_remove(struct table *table,
                      bool (*want)(const struct cache_entry *entry, const void *arg),
                      const void *arg, uint64_t *ret_bytes)
{
    struct taking taking = {.table = table, .want = want, .arg = arg};
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &table->shards[i];
        size_t at = 0;
        list_init(&taking.gone);
        pthread_mutex_lock(&shard->lock);
        for (struct room *room; (room = map_next(&shard->rooms, &at));)
            take_of_room(&taking, shard, room);
        tidy_rooms(shard);
        note_largest(shard);
        pthread_mutex_unlock(&shard->lock);
        let_go(&taking.gone);
    }
    *ret_bytes = taking.bytes;
    return taking.n;
}

/* --- looking --- */

static void each_of_room(struct room *room, void (*fn)(struct cache_entry *, void *),
                         void *arg)
{
    LIST_EACH(node, &room->sieve)
    {
        fn(CONTAINER_OF(node, struct cache_entry, node), arg);
    }
}

void table_each(struct table *table, void (*fn)(struct cache_entry *entry, void *arg),
                void *arg)
{
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &table->shards[i];
        size_t at = 0;
        pthread_mutex_lock(&shard->lock);
        for (struct room *room; (room = map_next(&shard->rooms, &at));)
            each_of_room(room, fn, arg);
        pthread_mutex_unlock(&shard->lock);
    }
}

void table_each_of(struct table *table, str environment,
                   void (*fn)(struct cache_entry *entry, void *arg), void *arg)
{
    struct shard *shard = shard_of(table, environment);
    pthread_mutex_lock(&shard->lock);
    struct room *room = map_find(&shard->rooms, environment);
    if (room)
        each_of_room(room, fn, arg);
    pthread_mutex_unlock(&shard->lock);
}

static void add_counts(struct table_counts *sum, const struct table_counts *counts)
{
    sum->entries += counts->entries;
    sum->mapped += counts->mapped;
    sum->bytes += counts->bytes;
}

void table_counts(struct table *table, struct table_counts *ret)
{
    *ret = (struct table_counts){0};
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &table->shards[i];
        size_t at = 0;
        pthread_mutex_lock(&shard->lock);
        for (struct room *room; (room = map_next(&shard->rooms, &at));)
            add_counts(ret, &room->counts);
        ret->evicted += shard->evicted;
        pthread_mutex_unlock(&shard->lock);
    }
}

void table_environment_counts(struct table *table, str environment,
                              struct table_counts *ret)
{
    struct shard *shard = shard_of(table, environment);
    *ret = (struct table_counts){0};
    pthread_mutex_lock(&shard->lock);
    const struct room *room = map_find(&shard->rooms, environment);
    if (room)
        *ret = room->counts;
    pthread_mutex_unlock(&shard->lock);
}

static bool any(const struct cache_entry *entry, const void *arg)
{
    (void)entry, (void)arg;
    return true;
}

void table_destroy(struct table **ptr)
{
    struct table *table = *ptr;
    uint64_t bytes;
    if (!table)
        return;
    table_remove(table, any, NULL, &bytes);
    for (int i = 0; i < SHARDS; i++) {
        map_fini(&table->shards[i].entries);
        map_fini(&table->shards[i].rooms);
        pthread_mutex_destroy(&table->shards[i].lock);
    }
    mem_free(table);
    *ptr = NULL;
}
