/*
 * A table from names to pointers: open addressing, linear probing, at most 3/4 full.
 * Keys are borrowed: they live in the object the pointer leads to, and may not change
 * while it is stored. Values are not owned and not NULL. Not thread-safe: sharded
 * owners put a lock around it.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct map_slot {
    uint64_t hash;
    str key;
    void *value; /* NULL = free */
};

struct map {
    struct map_slot *slots;
    size_t n;    /* stored */
    size_t room; /* a power of two, or 0 */
};

void map_init(struct map *map);
void map_fini(struct map *map);

void *map_find(const struct map *map, str key); /* NULL when it is not there */
void *map_find_hashed(const struct map *map, str key, uint64_t hash);

/* Stores; answers the value that stood under the key before, or NULL. */
void *map_put(struct map *map, str key, void *value);

/* Takes out; answers what stood there, or NULL. */
void *map_remove(struct map *map, str key);

/* Walks in no particular order: start with *at = 0; NULL at the end. The table may not
 * change meanwhile. */
void *map_next(const struct map *map, size_t *at);

#endif
