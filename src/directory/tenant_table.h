/*
 * Objects by name, for many threads that look up and few changes: a map in shards, each
 * under a lock that is held for one look-up; and the same with an order by id, for
 * lists. A look-up takes its reference under the lock, so that an object that is
 * replaced meanwhile stays alive for whoever has found it.
 *
 * The table holds one reference to each object that is in it: put takes it over, and
 * what put and remove answer is the caller's to give back.
 */
#ifndef DIRECTORY_TENANT_TABLE_H
#define DIRECTORY_TENANT_TABLE_H

#include <pthread.h>

#include "base/map.h"
#include "directory/roster.h"

enum { TENANT_SHARDS = 16 };

/* How the objects of a table are handled. */
struct tenant_kind {
    str (*key)(const void *object); /* stands in the object */
    void (*ref)(void *object);
};

struct tenant_shard {
    pthread_rwlock_t lock;
    struct map map;
};

struct tenant_map {
    const struct tenant_kind *kind;
    struct tenant_shard shards[TENANT_SHARDS];
};

void tenant_map_init(struct tenant_map *map, const struct tenant_kind *kind);
void tenant_map_fini(struct tenant_map *map);

void *tenant_map_find(struct tenant_map *map, str key); /* a reference, or NULL */
void *tenant_map_put(struct tenant_map *map, void *object);
void *tenant_map_remove(struct tenant_map *map, str key);

struct tenant_table {
    struct tenant_map map; /* by id */
    pthread_rwlock_t order_lock;
    struct roster order;
};

/* `order` answers {0, id}. */
void tenant_table_init(struct tenant_table *table, const struct tenant_kind *kind,
                       struct roster_key (*order)(const void *object));
void tenant_table_fini(struct tenant_table *table);

void *tenant_table_put(struct tenant_table *table, void *object);
void *tenant_table_remove(struct tenant_table *table, str id);
size_t tenant_table_count(struct tenant_table *table);

static inline void *tenant_table_find(struct tenant_table *table, str id)
{
    return tenant_map_find(&table->map, id);
}

/*
 * Calls `visit` for the objects behind `after` in the order of the roster until it
 * answers false. Under the lock, which is let go now and then: `visit` must not change
 * the roster, and what is put or removed meanwhile may or may not be seen.
 */
struct tenant_walk {
    struct roster *order;
    pthread_rwlock_t *lock;
    bool (*visit)(void *object, void *arg);
    void *arg;
};
void tenant_walk(const struct tenant_walk *walk, struct roster_key after);

/* The same over a table, by id; `after` absent = from the start. */
void tenant_table_walk(struct tenant_table *table, str after,
                       bool (*visit)(void *object, void *arg), void *arg);

/* Any object, out of the table; NULL when it is empty. For closing. */
void *tenant_table_take(struct tenant_table *table);

#endif
