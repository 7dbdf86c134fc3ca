/*
 * Accounts by what their context says: integration, member, value. Several may say the
 * same. For events whose account is named by a value of the vendor's own.
 *
 * Accounts are borrowed; their owner takes them out before he lets go of them. Any
 * thread.
 */
#ifndef DIRECTORY_CONTEXT_INDEX_H
#define DIRECTORY_CONTEXT_INDEX_H

#include <pthread.h>

#include "directory/tenant.h"

struct context_place;

struct context_index {
    pthread_rwlock_t lock;
    struct context_place **buckets;
    size_t room; /* a power of two, or 0 */
    size_t n;
};

struct context_key {
    str integration, member, value;
};

void context_index_init(struct context_index *index);
void context_index_fini(struct context_index *index);

/* Each member of its context that is a text. */
void context_index_add(struct context_index *index, struct account *account);
void context_index_remove(struct context_index *index, struct account *account);

/* At most `max`, each with a reference; an account that is just being replaced once. */
uint32_t context_index_find(struct context_index *index, const struct context_key *key,
                            uint32_t max, struct account **ret);

#endif
