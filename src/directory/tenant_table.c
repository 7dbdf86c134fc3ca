#include "directory/tenant_table.h"

#include "base/check.h"
#include "base/hash.h"

/* Objects visited before the lock is let go, so that a long list does not hold up a
 * change. */
enum { VISITS_A_LOCK = 1024, KEY_BYTES_MAX = 64 };

void tenant_map_init(struct tenant_map *map, const struct tenant_kind *kind)
{
    map->kind = kind;
    for (int i = 0; i < TENANT_SHARDS; i++) {
        pthread_rwlock_init(&map->shards[i].lock, NULL);
        map_init(&map->shards[i].map);
    }
}

void tenant_map_fini(struct tenant_map *map)
{
    for (int i = 0; i < TENANT_SHARDS; i++) {
        map_fini(&map->shards[i].map);
        pthread_rwlock_destroy(&map->shards[i].lock);
    }
}

/* The low bits choose the slot within the shard's map. */
static struct tenant_shard *shard_of(struct tenant_map *map, uint64_t hash)
{
    return &map->shards[hash >> 60 & (TENANT_SHARDS - 1)];
}

void *tenant_map_find(struct tenant_map *map, str key)
{
    uint64_t hash = hash_str(key);
    struct tenant_shard *shard = shard_of(map, hash);
    pthread_rwlock_rdlock(&shard->lock);
    void *object = map_find_hashed(&shard->map, key, hash);
    if (object)
        map->kind->ref(object);
    pthread_rwlock_unlock(&shard->lock);
    return object;
}

void *tenant_map_put(struct tenant_map *map, void *object)
{
    str key = map->kind->key(object);
    struct tenant_shard *shard = shard_of(map, hash_str(key));
    pthread_rwlock_wrlock(&shard->lock);
    void *before = map_put(&shard->map, key, object);
    pthread_rwlock_unlock(&shard->lock);
    return before;
}

void *tenant_map_remove(struct tenant_map *map, str key)
{
    struct tenant_shard *shard = shard_of(map, hash_str(key));
    pthread_rwlock_wrlock(&shard->lock);
    void *before = map_remove(&shard->map, key);
    pthread_rwlock_unlock(&shard->lock);
    return before;
}

void tenant_table_init(struct tenant_table *table, const struct tenant_kind *kind,
                       struct roster_key (*order)(const void *object))
{
    tenant_map_init(&table->map, kind);
    pthread_rwlock_init(&table->order_lock, NULL);
    roster_init(&table->order, order);
}

void tenant_table_fini(struct tenant_table *table)
{
    CHECK(table->order.count == 0);
    tenant_map_fini(&table->map);
    roster_fini(&table->order);
    pthread_rwlock_destroy(&table->order_lock);
}

void *tenant_table_put(struct tenant_table *table, void *object)
{
    void *before = tenant_map_put(&table->map, object);
    pthread_rwlock_wrlock(&table->order_lock);
    roster_put(&table->order, object);
    pthread_rwlock_unlock(&table->order_lock);
    return before;
}

void *tenant_table_remove(struct tenant_table *table, str id)
{
    pthread_rwlock_wrlock(&table->order_lock);
    roster_remove(&table->order, (struct roster_key){0, id});
    pthread_rwlock_unlock(&table->order_lock);
    return tenant_map_remove(&table->map, id);
}

size_t tenant_table_count(struct tenant_table *table)
{
    pthread_rwlock_rdlock(&table->order_lock);
    size_t count = table->order.count;
    pthread_rwlock_unlock(&table->order_lock);
    return count;
}

/* One stretch under the lock; false at the end of the walk. The last key is copied, since
 * its object may go while there is no lock. */
static bool walk_on(const struct tenant_walk *walk, struct roster_key *key,
                    char bookmark[KEY_BYTES_MAX])
{
    void *object = NULL;
    bool more = true;
    pthread_rwlock_rdlock(walk->lock);
    struct roster_place place = roster_after(walk->order, *key);
    for (int i = 0; i < VISITS_A_LOCK && more; i++) {
        void *next = roster_next(walk->order, &place);
        more = next && walk->visit(next, walk->arg);
        object = more ? next : object;
    }
    if (object) {
        struct roster_key last = walk->order->key(object);
        CHECK(last.minor.n <= KEY_BYTES_MAX);
        memcpy(bookmark, last.minor.p, last.minor.n);
        *key = (struct roster_key){last.major, str_of(bookmark, last.minor.n)};
    }
    pthread_rwlock_unlock(walk->lock);
    return more;
}

void tenant_walk(const struct tenant_walk *walk, struct roster_key after)
{
    char bookmark[KEY_BYTES_MAX];
    while (walk_on(walk, &after, bookmark))
        ;
}

void tenant_table_walk(struct tenant_table *table, str after,
                       bool (*visit)(void *object, void *arg), void *arg)
{
    struct tenant_walk walk = {&table->order, &table->order_lock, visit, arg};
    tenant_walk(&walk, (struct roster_key){0, after});
}

void *tenant_table_take(struct tenant_table *table)
{
    struct roster_place place = {0, 0};
    void *object = roster_next(&table->order, &place);
    return object ? tenant_table_remove(table, table->map.kind->key(object)) : NULL;
}
