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
    str account, environment;
    uint64_t queued, bytes;
    usec due;
};
/* The accounts with queued writes. On the calling thread. */
enum err write_accounts(struct store *store, struct arena *arena,
                        struct write_account **ret_items, uint32_t *ret_n);

/* What an account has that has not ended. */
struct write_census {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_census *census);
    void *owner;
    str account;

    enum err err;
    uint64_t queued, sending, undecided;
    struct store_op op; /* private */
};
void write_census(struct write_census *census);

/* Accounts that are being deleted, and have nothing that has not ended. */
struct write_drained {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct write_drained *drained);
    void *owner;
    uint32_t max;

    enum err err;
    str *accounts;
    uint32_t n;
    struct store_op op; /* private */
};
void write_drained(struct write_drained *drained);

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

/* The wall clock has jumped while nobody slept: `by` is how far. Nothing grows too old by
 * that, nothing is forgotten earlier, and nothing waits for a time that is far again:
 * forward, what came before the jump keeps what it had left; backward, what is queued is
 * due now, and first attempts lie as long ago as they did, which never makes a window
 * longer. That after a jump forward fewer repeats are known to be safe is on purpose: the
 * machine may have slept. */
struct write_shift {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_shift *shift);
    void *owner;
    usec by;
    usec wall; /* after the jump */

    enum err err;
    struct store_op op; /* private */
};
void write_shift(struct write_shift *shift);

#endif
