/*
 * What the tests of this folder share: a cache over a folder and a directory of its own,
 * accounts, and entries made in one line.
 */
#ifndef UNIT_CACHE_LARDER_H
#define UNIT_CACHE_LARDER_H

#include "support/false_world.h"
#include "support/unit.h"

#include "cache/cache.h"
#include "directory/directory.h"
#include "directory/keyring.h"

enum { LARDER_ACCOUNTS = 3 };

struct larder {
    char dir[64];
    struct false_world world;
    struct false_loop loop;
    struct arena arena;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    /* The first two of one environment, the third of another; references. */
    struct account *accounts[LARDER_ACCOUNTS];
    struct cache_settings settings;
    struct cache *cache;
};

/* Fixtures: on disk, 1 MiB in all and for each environment. */
int larder_setup(void **state);
int larder_teardown(void **state);

/* Ends the cache and opens it again; as after a crash when not `cleanly`. */
void larder_reopen(struct larder *larder, bool cleanly);

usec larder_now(const struct larder *larder);

/* An entry under a key of that name: fresh for 300 s, stale for a day. */
struct cache_entry *larder_entry(struct larder *larder, int account, const char *name,
                                 str body);
void larder_put(struct larder *larder, int account, const char *name, const char *body);

/* The body under that key; absent: there is none. In the arena. */
str larder_find(struct larder *larder, int account, const char *name);
bool larder_is_fresh(struct larder *larder, int account, const char *name);

/* Purges, and waits for that. */
void larder_purge(struct larder *larder, struct cache_purge *purge);

int test_table(void);
int test_cache(void);
int test_disk(void);
int test_record(void);

#endif
