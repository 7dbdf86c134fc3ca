/*
 * Chance is splitmix64 in counter form: the n-th draw is a hash of seed + n, so that
 * draws from several threads need no lock.
 */
#include "tests/support/false_world.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

#define WALL_START ((usec)1735689600 * USEC_S) /* 2025-01-01T00:00:00Z */

enum { WAIT_S_MAX = 30 };

static struct false_world *of(struct world *world)
{
    return CONTAINER_OF(world, struct false_world, world);
}

static usec tell_now(struct world *world)
{
    return atomic_load(&of(world)->now);
}

static usec tell_wall(struct world *world)
{
    return atomic_load(&of(world)->now) + atomic_load(&of(world)->wall_ahead);
}

static uint64_t draw(struct false_world *world)
{
    const uint64_t step = 0x9e3779b97f4a7c15u;
    uint64_t z = atomic_fetch_add(&world->chance, step) + step;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void tell_random(struct world *world, void *ret, size_t n)
{
    for (char *at = ret; n;) {
        uint64_t value = draw(of(world));
        size_t part = n < sizeof(value) ? n : sizeof(value);
        memcpy(at, &value, part);
        at += part;
        n -= part;
    }
}

void false_world_init(struct false_world *world, uint64_t seed)
{
    static const struct world_ops ops = {tell_now, tell_wall, tell_random};
    world->world.ops = &ops;
    atomic_init(&world->now, USEC_S);
    atomic_init(&world->wall_ahead, WALL_START);
    atomic_init(&world->chance, seed);
}

void false_world_advance(struct false_world *world, usec by)
{
    CHECK(by >= 0);
    atomic_fetch_add(&world->now, by);
}

void false_world_jump(struct false_world *world, usec by)
{
    atomic_fetch_add(&world->wall_ahead, by);
}

static void on_wake(struct worker *worker)
{
    struct false_loop *loop = worker->driver;
    pthread_mutex_lock(&loop->lock);
    loop->awake = true;
    pthread_cond_signal(&loop->woken);
    pthread_mutex_unlock(&loop->lock);
}

void false_loop_init(struct false_loop *loop, struct false_world *world, unsigned workers)
{
    CHECK(workers > 0 && workers <= FALSE_WORKERS_MAX);
    *loop = (struct false_loop){.world = world, .n = workers};
    pthread_mutex_init(&loop->lock, NULL);
    pthread_cond_init(&loop->woken, NULL);
    for (unsigned i = 0; i < workers; i++) {
        worker_init(&loop->workers[i], i, &world->world);
        loop->workers[i].driver = loop;
        loop->workers[i].wake = on_wake;
    }
}

void false_loop_fini(struct false_loop *loop)
{
    for (unsigned i = 0; i < loop->n; i++)
        worker_fini(&loop->workers[i]);
    pthread_mutex_destroy(&loop->lock);
    pthread_cond_destroy(&loop->woken);
}

static usec turn_all(struct false_loop *loop)
{
    usec due = USEC_NEVER;
    for (unsigned i = 0; i < loop->n; i++)
        due = usec_min(due, worker_turn(&loop->workers[i]));
    return due;
}

static bool anything_posted(struct false_loop *loop)
{
    for (unsigned i = 0; i < loop->n; i++)
        if (loop->workers[i].local_first || atomic_load(&loop->workers[i].remote))
            return true;
    return false;
}

usec false_loop_idle(struct false_loop *loop)
{
    usec due = turn_all(loop);
    while (due <= atomic_load(&loop->world->now) || anything_posted(loop))
        due = turn_all(loop);
    return due;
}

static bool run(struct false_loop *loop, const bool *flag, usec end)
{
    for (;;) {
        usec due = false_loop_idle(loop);
        if (flag && *flag)
            return true;
        usec now = atomic_load(&loop->world->now);
        if (now >= end)
            return false;
        false_world_advance(loop->world, usec_min(due, end) - now);
    }
}

void false_loop_run(struct false_loop *loop, usec duration)
{
    run(loop, NULL, atomic_load(&loop->world->now) + duration);
}

bool false_loop_run_until(struct false_loop *loop, const bool *flag, usec max)
{
    return run(loop, flag, atomic_load(&loop->world->now) + max);
}

/* False when nothing came before `end`. */
static bool wait_for_post(struct false_loop *loop, const struct timespec *end)
{
    int failed = 0;
    pthread_mutex_lock(&loop->lock);
    while (!loop->awake && failed != ETIMEDOUT)
        failed = pthread_cond_timedwait(&loop->woken, &loop->lock, end);
    bool awake = loop->awake;
    loop->awake = false;
    pthread_mutex_unlock(&loop->lock);
    return awake;
}

bool false_loop_wait(struct false_loop *loop, const bool *flag)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_S_MAX;
    do {
        false_loop_idle(loop);
        if (*flag)
            return true;
    } while (wait_for_post(loop, &end));
    return false;
}
