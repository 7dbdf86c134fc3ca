/*
 * A world that tests own: clocks that move only when they are told to, and chance that is
 * the same for the same seed; and a driver that turns workers over its time. Code of ours
 * that takes a `struct world` and a `struct worker` runs days in milliseconds here.
 *
 *   struct false_world world;
 *   struct false_loop loop;
 *   false_world_init(&world, seed);
 *   false_loop_init(&loop, &world, 2);
 *   … start something on false_loop_worker(&loop, 0) …
 *   false_loop_run(&loop, USEC_H);
 *   false_loop_fini(&loop);
 *
 * Chance may be drawn and clocks read from any thread; the rest is the test's thread's.
 * With threads of real stores about, false_loop_wait waits for what they post.
 */
#ifndef SUPPORT_FALSE_WORLD_H
#define SUPPORT_FALSE_WORLD_H

#include <pthread.h>
#include <stdbool.h>

#include "loop/worker.h"
#include "loop/world.h"

struct false_world {
    struct world world; /* give this one away */
    atomic_int_fast64_t now;
    atomic_int_fast64_t wall_ahead; /* wall clock − now */
    atomic_uint_fast64_t chance;
};

/* now = 1 s; wall = 2025-01-01T00:00:01Z. */
void false_world_init(struct false_world *world, uint64_t seed);

void false_world_advance(struct false_world *world, usec by); /* both clocks */
void false_world_jump(struct false_world *world, usec by);    /* the wall clock alone */

enum { FALSE_WORKERS_MAX = 8 };

struct false_loop {
    struct false_world *world;
    struct worker workers[FALSE_WORKERS_MAX];
    unsigned n;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool awake; /* somebody has posted since it was last looked at */
};

void false_loop_init(struct false_loop *loop, struct false_world *world,
                     unsigned workers);
void false_loop_fini(struct false_loop *loop);

static inline struct worker *false_loop_worker(struct false_loop *loop, unsigned i)
{
    return &loop->workers[i];
}

/* Runs what is posted and due, in all workers, until nothing is. Time stands still.
 * Answers when the next timer is due; USEC_NEVER when there is none. */
usec false_loop_idle(struct false_loop *loop);

/* Moves time forward by `duration`, from timer to timer. */
void false_loop_run(struct false_loop *loop, usec duration);

/* The same until `*flag` is set; false when it is not within `max` of false time. */
bool false_loop_run_until(struct false_loop *loop, const bool *flag, usec max);

/* Waits in real time, at most 30 s, for posts of other threads until `*flag` is set by
 * one of them. False time stands still. */
bool false_loop_wait(struct false_loop *loop, const bool *flag);

#endif
