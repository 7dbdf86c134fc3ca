/*
 * The entries in memory: by key, with what goes when there is no room (cache.h says why
 * so). For cache/ only; any thread.
 *
 *   newest ─► ○ ● ○ ● ● ○ ◄─ oldest        ● visited since the hand was there
 *                   ▲ hand, going to the left: ● becomes ○, ○ goes
 */
#ifndef CACHE_TABLE_H
#define CACHE_TABLE_H

#include "cache/cache.h"

struct table;

struct table_bounds {
    size_t bytes_max;
    size_t environment_bytes_max;
};

struct table *table_create(const struct table_bounds *bounds);
void table_destroy(struct table **table);

/* With a reference; NULL: there is none. */
struct cache_entry *table_find(struct table *table, const struct tenant_id *environment,
                               const struct cache_key *key);

/* Takes the reference. False: it is too large to be kept. `unless_newer`: it gives way to
 * one of its key that was stored later. */
bool table_put(struct table *table, struct cache_entry *entry, bool unless_newer);

/* Takes out what `want` picks; answers how many RAW entries that were, and their bytes in
 * *ret_bytes. Walks everything. */
uint64_t table_remove(struct table *table,
                      bool (*want)(const struct cache_entry *entry, const void *arg),
                      const void *arg, uint64_t *ret_bytes);

/* Calls `fn` with each entry, its shard locked: it must not wait nor use the table. */
void table_each(struct table *table, void (*fn)(struct cache_entry *entry, void *arg),
                void *arg);

/* The same for one environment's. */
void table_each_of(struct table *table, str environment,
                   void (*fn)(struct cache_entry *entry, void *arg), void *arg);

struct table_counts {
    uint64_t entries; /* RAW */
    uint64_t mapped;
    uint64_t bytes;
    uint64_t evicted;
};
void table_counts(struct table *table, struct table_counts *ret);
void table_environment_counts(struct table *table, str environment,
                              struct table_counts *ret);

#endif
