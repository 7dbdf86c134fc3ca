/*
 * Accounts by the product's own name for them. An external id is unique within an
 * environment and an integration only, so that a look-up may meet several accounts: the
 * index hands them to a visitor one by one. The scope of a look-up is an environment or a
 * stage, one index for each: a key of one environment then never walks past the accounts
 * that ten thousand other environments call "main".
 *
 * Accounts are borrowed; their owner takes them out before he lets go of them. Any
 * thread.
 */
#ifndef DIRECTORY_EXTERNAL_INDEX_H
#define DIRECTORY_EXTERNAL_INDEX_H

#include <pthread.h>

#include "directory/tenant.h"

enum { EXTERNAL_SHARDS = 16 };

struct external_shard {
    pthread_rwlock_t lock;
    struct tenant_place **buckets;
    size_t room; /* a power of two, or 0 */
    size_t n;
};

struct external_index {
    size_t place_at; /* offset of the index' place in struct account */
    str (*scope)(const struct account *account);
    struct external_shard shards[EXTERNAL_SHARDS];
};

void external_index_init(struct external_index *index, size_t place_at,
                         str (*scope)(const struct account *account));
void external_index_fini(struct external_index *index);

/* For accounts that have an external id. */
void external_index_add(struct external_index *index, struct account *account);
void external_index_remove(struct external_index *index, struct account *account);

/* Calls `visit` for the accounts of that name, newest first, until it answers false. The
 * lock is held: it takes a reference if it wants to keep one, and does no more. */
void external_index_each(struct external_index *index, str scope, str external_id,
                         bool (*visit)(struct account *account, void *arg), void *arg);

#endif
