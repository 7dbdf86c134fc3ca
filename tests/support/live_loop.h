/*
 * A worker on a real loop, in a thread of its own: for tests of what talks to sockets.
 * The test's thread gives it work and waits; callbacks run on the loop's thread and tell
 * what they have seen under the loop's lock.
 *
 *   struct live_loop loop;
 *   live_loop_start(&loop, 0);
 *   live_loop_do(&loop, start_something, &it);
 *   … on the loop: live_loop_lock, note what came, live_loop_unlock …
 *   assert_true(live_loop_wait(&loop, has_ended, &it));
 *   live_loop_stop(&loop);
 */
#ifndef SUPPORT_LIVE_LOOP_H
#define SUPPORT_LIVE_LOOP_H

#include <pthread.h>
#include <stdbool.h>

#include "loop/worker.h"

struct driver;
struct thread;

struct live_loop {
    struct worker worker;
    struct driver *driver;
    struct thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* The worker has this id. */
void live_loop_start(struct live_loop *loop, unsigned id);

/* Everything on the loop must have been closed. */
void live_loop_stop(struct live_loop *loop);

/* Runs `fn` on the loop's thread and comes back when it has. Not from that thread. */
void live_loop_do(struct live_loop *loop, void (*fn)(void *arg), void *arg);

void live_loop_lock(struct live_loop *loop);
void live_loop_unlock(struct live_loop *loop); /* wakes who waits */

/* Waits until `holds`, which is asked under the lock; false when it does not within
 * 30 s. Not from the loop's thread. */
bool live_loop_wait(struct live_loop *loop, bool (*holds)(void *arg), void *arg);

#endif
