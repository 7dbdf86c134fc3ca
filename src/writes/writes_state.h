/*
 * What the files of writes/ share, and nobody else includes.
 *
 * A shard is a worker's. Its lock is over what other threads ask or say: the queues, when
 * they are due, how many writes they have. Everything else of it is its worker's alone.
 */
#ifndef WRITES_WRITES_STATE_H
#define WRITES_WRITES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "writes/write_upkeep.h"
#include "writes/writes.h"

enum {
    WRITES_MAGIC = 0x57524954,
    RUNS_MAX = 256, /* of a shard at a time */
    RAMP_MAX = 64,  /* of one integration, in a shard */
    LANES_STANDARD = 10
};

/* An integration as the queue sees it. */
struct write_vendor {
    str name;        /* in the struct's own memory */
    usec held_until; /* monotonic: nothing of it is claimed before */
    uint32_t ramp; /* so many at a time: 1 after a failure, one more with each success */
    uint32_t running;
    uint32_t lanes;   /* of an account at a time, as the document says */
    struct list full; /* queues that wait until fewer are under way, first come first */
    char bytes[];
};

struct write_queue {
    struct tenant_id account;
    struct heap_node node; /* when it is looked at; in the shard's heap unless it is being
                            * claimed */
    uint32_t queued;
    uint32_t running;
    bool claiming;
    bool stopped;                /* a lane of it waits for a decision */
    bool again;                  /* something has come while it was being claimed */
    struct write_vendor *vendor; /* NULL: not known yet */
    struct list full;            /* in the vendor's, or in none; the worker's alone */
};

struct write_shard {
    struct writes *writes;
    pthread_mutex_t lock;  /* over the next five */
    struct worker *worker; /* NULL: not joined, or left */
    struct map queues;     /* by account id */
    struct heap due;
    bool poked;
    bool draining;

    struct map vendors; /* by name */
    struct list runs;
    uint32_t run_n;
    uint32_t claim_n;
    bool leaving;
    struct timer timer;
    struct timer expire_timer;
    struct post poke;
    struct write_expire expire;
    bool expiring;
    bool shifting; /* the jump is this shard's to settle */
};

struct writes {
    uint32_t magic;
    struct writes_config config;
    struct write_shard *shards;
    _Atomic usec ahead;    /* wall − monotonic clock, as the rows' times are meant */
    _Atomic bool shifting; /* they are being moved after a jump, by this: */
    struct write_shift shift;
    struct body_budget *budgets; /* one a worker: bodies of attempts */
    pthread_mutex_t usage_lock;  /* over the next: struct write_usage */
    struct map usages;           /* by environment */
    _Atomic uint64_t delivered, dead, undecided, tries, waits;
};

/* --- writes_usage.c --- */

/* What queued writes of an environment take is more, or less, by so much. */
void writes_use(struct writes *writes, str environment, int64_t bytes);
void writes_usage_free(struct writes *writes);
uint64_t writes_usage(struct writes *writes); /* of all */

/* --- writes.c --- */

void write_shard_poke(struct write_shard *shard); /* under its lock */

/* The wall time as the store's rows mean it: a clock that has jumped is believed when
 * they have been moved along (write_upkeep.h). */
usec write_wall(const struct write_shard *shard);

/* What came of one of its writes: when the account's next lane is due (wall), and whether
 * the write waits no longer. */
struct write_news {
    usec next;
    bool stopped; /* without one: a lane waits for a decision */
    bool ended;
    str environment; /* with `ended`: whose bytes are free again, and how many */
    uint64_t bytes;
    bool good;   /* the vendor has taken it */
    bool failed; /* the vendor was in the way, or would be: slowly from here on */
    usec held;   /* nothing of the integration for so long; 0: that is not known */
};
void write_queue_note(struct write_shard *shard, struct write_queue *queue,
                      const struct write_news *news);

/* --- write_run.c --- */

/* One attempt at a write that was claimed when the clock was so far `ahead`. Copies the
 * row. */
void write_run_start(struct write_shard *shard, struct write_queue *queue,
                     const struct write_row *row, usec ahead);
void write_run_stop(struct list *node);

#endif
