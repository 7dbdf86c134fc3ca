/*
 * A connection with its lock and its counts, and the running of operations on it: alone,
 * or a batch in one transaction. Any thread; the lock is taken inside.
 */
#ifndef STORE_STORE_SEAT_H
#define STORE_STORE_SEAT_H

#include <pthread.h>

#include "store/store_ops.h"

/* What the seats of a store count together. */
struct seat_counts {
    atomic_uint_fast64_t commits;
    atomic_uint_fast64_t operations;
    atomic_uint_fast64_t faults;
    atomic_bool sealed;
    pthread_mutex_t fault_lock;
    struct buf fault; /* the engine's words for the last one */
    void (*on_fault)(void *arg, enum err err, str words, bool again); /* may be NULL */
    void *on_fault_arg;
    pthread_mutex_t announce_lock;
    void (*on_announce)(void *arg); /* may be NULL */
    void *on_announce_arg;
};

struct seat {
    const struct store_ops *ops;
    struct seat_counts *counts;
    pthread_mutex_t lock;
    void *link;     /* NULL: not connected */
    bool announced; /* by an operation of the transaction under way */
};

void seat_counts_init(struct seat_counts *counts);
void seat_counts_fini(struct seat_counts *counts);

void seat_init(struct seat *seat, const struct store_ops *ops,
               struct seat_counts *counts);
void seat_fini(struct seat *seat); /* disconnects */

/* Runs operations to their `err`, and calls `committed` of those that are. */
void seat_run(struct seat *seat, struct store_op *op);
void seat_run_batch(struct seat *seat, struct store_op *batch); /* linked by `next` */

/* What may be done when everybody has had his answer. */
void seat_upkeep(struct seat *seat);

#endif
