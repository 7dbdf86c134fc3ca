/*
 * A worker: one thread's turn of timers and posted work. Visits, exchanges and calls live
 * and die on one worker; other threads reach it only by posting.
 *
 * A turn runs everything that was posted, then every timer that is due. Nothing runs
 * nested: a function that wants another to run later posts it, and is never called back
 * from inside the call it makes. `now` stands still during a turn.
 *
 * What makes turns happen is the driver: driver.h in the daemon, a loop over false time
 * in tests.
 */
#ifndef LOOP_WORKER_H
#define LOOP_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/usec.h"

struct world;
struct worker;

/* Work for later. The caller embeds it and keeps it alive until `fn` runs; it is free for
 * use again from inside `fn`. */
struct post {
    struct post *next;
    void (*fn)(struct post *post);
};

struct timer {
    struct heap_node node;
    struct worker *worker;
    void (*fn)(struct timer *timer);
};

enum { WORKER_SCRATCH_BYTES = 64 * 1024 };

struct worker {
    unsigned id; /* 0 … number of workers − 1 */
    struct world *world;
    usec now; /* monotonic, of this turn */
    struct heap timers;
    struct post *local_first; /* posted from this thread */
    struct post *local_last;
    _Atomic(struct post *) remote;       /* posted from others; newest first */
    atomic_uint posting;                 /* others that are in worker_post now */
    void (*wake)(struct worker *worker); /* the driver's: any thread */
    void *driver;
    char *scratch; /* WORKER_SCRATCH_BYTES for whoever reads, valid within one call */
};

void worker_init(struct worker *worker, unsigned id, struct world *world);

/* Waits for those who have posted and are still about to wake it: their post may have run
 * already. Before that which `wake` uses goes. */
void worker_settle(struct worker *worker);

/* Everything that was posted or timed must have run or been cancelled. Settles. */
void worker_fini(struct worker *worker);

/* Runs `fn` in a later turn. On the worker's own thread. */
void worker_defer(struct worker *worker, struct post *post, void (*fn)(struct post *));

/* The same from any thread. The post must not be pending already. */
void worker_post(struct worker *worker, struct post *post, void (*fn)(struct post *));

/* Drivers: runs what is due, until nothing is; answers when the next timer is due
 * (USEC_NEVER when there is none). */
usec worker_turn(struct worker *worker);

/* Timers. `fn` runs once per start, never before `delay` has passed. A started timer may
 * be started again: the new time replaces the old. Own thread only. */
void timer_init(struct timer *timer, struct worker *worker, void (*fn)(struct timer *));
void timer_start(struct timer *timer, usec delay);
void timer_start_at(struct timer *timer, usec due);
void timer_cancel(struct timer *timer); /* harmless when it is not running */

static inline bool timer_active(const struct timer *timer)
{
    return heap_holds(&timer->node);
}

#endif
