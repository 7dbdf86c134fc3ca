/*
 * The cache of reads: answers of vendors by key, in memory, bounded in bytes for each
 * environment and in all, and behind that on disk, so that a restart finds them again
 * (disk.h). It decides what is kept and what goes; whether an answer may be kept, and who
 * is answered from it, is policy/caching.h's and the exchange's to say.
 *
 * What goes when there is no room: SIEVE (Zhang et al., NSDI 2024), for each environment.
 * A hit sets one bit and moves nothing, so that hits of several workers do not wait for
 * each other; what was never asked for again goes first, in one pass of the hand, so that
 * a walk over a list does not drive out what is read every minute. An environment that is
 * over its own bound makes room in its own; when the whole is over its bound, the largest
 * environments give.
 *
 * Any thread. Sharded by environment; a shard's lock is held for one look-up, but for
 * lists and purges, which walk a shard.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/err.h"
#include "cache/entry.h"

struct cache;
struct directory;
struct keyring;
struct log;
struct worker;
struct world;

enum { CACHE_ENTRY_BYTES_MAX = 1 << 20 }; /* of a body; what is longer is not kept */

struct space;

struct cache_settings {
    size_t bytes_max;             /* in all */
    size_t environment_bytes_max; /* of one environment */
    struct world *world;
    /* On disk: all of these, or dir NULL for memory only. */
    const char *dir; /* made if it is missing */
    struct keyring *keyring;
    struct directory *directory;
    const struct log *log;
    struct space
        *space; /* bulk asks it before it takes room on disk; NULL: there is room */
};

struct cache *cache_open(const struct cache_settings *settings);

/* Writes what waits. No worker may use it any more. NULL inside is allowed. */
void cache_close(struct cache **cache);

/* --- reading --- */

/* The entry of that key, with a reference; NULL: there is none that could be answered,
 * stale or fresh. `environment`: whose account it is. */
struct cache_entry *cache_find(struct cache *cache, const struct tenant_id *environment,
                               const struct cache_key *key, usec now);

/* Whether nothing was written since it was asked for; and whether it may be answered
 * instead of asking: neither that nor its time has ended it. */
bool cache_is_current(struct cache *cache, const struct cache_entry *entry);
bool cache_is_fresh(struct cache *cache, const struct cache_entry *entry, usec now);

/* --- keeping --- */

/* Before the vendor is asked: what cache_put wants to know. `resource` absent: none. */
struct cache_stamp cache_stamp(struct cache *cache, const struct account *account,
                               str resource);

/*
 * Takes the entry's reference and keeps it in the place of what has its key. What it
 * cannot keep is let go: one asked for before a purge, one that is too large, or any
 * while nothing makes room. Written behind, under the account's data key.
 */
void cache_put(struct cache *cache, struct cache_entry *entry, struct account *account);

/* What is on its way into the cache is bounded, too: false when `n` more bytes would be
 * too many. Given back when it is over. */
bool cache_book(struct cache *cache, size_t n) MUST_CHECK;
void cache_unbook(struct cache *cache, size_t n);

/* --- ending --- */

/*
 * Something changed at the vendor, or is about to: what is kept of that account's
 * resource (absent: of all its resources) is not fresh any more, nor becomes so what was
 * asked for before. It may still stand in for a vendor that cannot answer. For writes,
 * at their acceptance and at their delivery, and for webhooks.
 */
void cache_invalidate(struct cache *cache, const struct account *account, str resource);

/* What is to be forgotten; an absent text means any. At least one is given. */
struct cache_purge {
    str account;
    str environment;
    str integration;
    str resource;
    struct worker *worker;
    void (*done)(struct cache_purge *purge); /* once, on `worker`: it is gone for good,
                                                on disk too, if err is ERR_NONE */
    void *owner;

    /* the answer */
    uint64_t entries; /* RAW ones that went */
    uint64_t bytes;   /* of these */
    enum err err;     /* ERR_STORE_UNAVAILABLE: memory is purged, the disk is not */

    struct cache_job *job; /* private */
};
void cache_purge(struct cache *cache, struct cache_purge *purge);

/* An account is deleted: what is in memory of it goes, soon. On disk its data key is
 * gone. */
void cache_forget(struct cache *cache, str account);

/* --- looking --- */

struct cache_stats {
    uint64_t entries; /* RAW */
    uint64_t mapped;  /* MAPPED */
    uint64_t bytes;
    uint64_t bytes_max;
    uint64_t environment_bytes_max;
    uint64_t disk_bytes;
    uint64_t evicted;     /* since the start, as are the next */
    uint64_t stored;      /* RAW */
    uint64_t invalidated; /* calls of cache_invalidate */
    uint64_t unwritten;   /* that the disk did not take */
    uint64_t loaded;      /* found at the start */
};
void cache_stats(struct cache *cache, struct cache_stats *ret);

/* Of one environment. */
void cache_environment_stats(struct cache *cache, str environment,
                             struct cache_stats *ret);

/* RAW entries of an account in order of their keys: up to `max` behind `after` (NULL:
 * from the start), each with a reference; answers how many. */
uint32_t cache_list(struct cache *cache, const struct account *account, str resource,
                    const struct cache_key *after, uint32_t max,
                    struct cache_entry **ret);

/* Waits until everything given so far is on disk; for tests and tools. */
void cache_flush(struct cache *cache);

#endif
