#include "tests/support/live_loop.h"

#include <signal.h>
#include <time.h>

#include "base/check.h"
#include "loop/driver.h"
#include "loop/thread.h"
#include "loop/world.h"

enum { WAIT_S_MAX = 30 };

static void run(void *arg)
{
    struct live_loop *loop = arg;
    driver_run(loop->driver);
}

void live_loop_start(struct live_loop *loop, unsigned id)
{
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&loop->lock, NULL);
    pthread_cond_init(&loop->changed, NULL);
    worker_init(&loop->worker, id, world_real());
    loop->driver = driver_create(&loop->worker);
    loop->thread = thread_start("live loop", run, loop);
}

void live_loop_stop(struct live_loop *loop)
{
    driver_stop(loop->driver);
    thread_join(&loop->thread);
    driver_destroy(&loop->driver);
    worker_fini(&loop->worker);
    pthread_cond_destroy(&loop->changed);
    pthread_mutex_destroy(&loop->lock);
}

struct errand {
    struct post post;
    struct live_loop *loop;
    void (*fn)(void *arg);
    void *arg;
    bool done;
};

static void run_errand(struct post *post)
{
    struct errand *errand = CONTAINER_OF(post, struct errand, post);
    errand->fn(errand->arg);
    live_loop_lock(errand->loop);
    errand->done = true;
    live_loop_unlock(errand->loop);
}

static bool is_done(void *arg)
{
    return ((struct errand *)arg)->done;
}

void live_loop_do(struct live_loop *loop, void (*fn)(void *arg), void *arg)
{
    struct errand errand = {.loop = loop, .fn = fn, .arg = arg};
    worker_post(&loop->worker, &errand.post, run_errand);
    CHECK(live_loop_wait(loop, is_done, &errand));
}

void live_loop_lock(struct live_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
}

void live_loop_unlock(struct live_loop *loop)
{
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

bool live_loop_wait(struct live_loop *loop, bool (*holds)(void *arg), void *arg)
{
    struct timespec end;
    int failed = 0;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_S_MAX;
    pthread_mutex_lock(&loop->lock);
    while (!holds(arg) && !failed)
        failed = pthread_cond_timedwait(&loop->changed, &loop->lock, &end);
    bool held = holds(arg);
    pthread_mutex_unlock(&loop->lock);
    return held;
}
