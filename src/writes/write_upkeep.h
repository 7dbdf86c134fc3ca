/*
 * Writes in the store at the start of a process, and from time to time.
 */
#ifndef WRITES_WRITE_UPKEEP_H
#define WRITES_WRITE_UPKEEP_H

#include "writes/write_store.h"

/* Writes that a life before has left `sending`: those of the queue are queued again and
 * unsure, others need a decision. On the calling thread. */
enum err write_recover(struct store *store, usec wall, uint64_t *ret_n);

struct write_account {
    str account;
    uint64_t queued;
    usec due;
};
/* The accounts with queued writes. On the calling thread. */
enum err write_accounts(struct store *store, struct arena *arena,
                        struct write_account **ret_items, uint32_t *ret_n);

/* Rows whose time to be kept has passed go, a few hundred at a time. */
struct write_expire {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_expire *expire);
    void *owner;
    usec wall;

    enum err err;
    int64_t gone;
    struct store_op op; /* private */
};
void write_expire(struct write_expire *expire);

#endif
