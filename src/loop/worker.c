#include "loop/worker.h"

#include <sched.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/world.h"

/* A turn runs at most this many timers before posted work gets its share again, so that
 * a hundred thousand timers due at once do not hold up a request. */
enum { TIMERS_A_BATCH = 128 };

static void no_wake(struct worker *worker)
{
    (void)worker;
}

void worker_init(struct worker *worker, unsigned id, struct world *world)
{
    *worker = (struct worker){.id = id, .world = world, .wake = no_wake};
    worker->now = world_now(world);
    worker->scratch = mem_alloc(WORKER_SCRATCH_BYTES);
    heap_init(&worker->timers);
}

void worker_settle(struct worker *worker)
{
    while (atomic_load_explicit(&worker->posting, memory_order_acquire))
        sched_yield();
}

void worker_fini(struct worker *worker)
{
    worker_settle(worker);
    CHECK(!worker->local_first && worker->timers.n == 0);
    CHECK(atomic_load(&worker->remote) == NULL);
    heap_fini(&worker->timers);
    mem_free(worker->scratch);
}

void worker_defer(struct worker *worker, struct post *post, void (*fn)(struct post *))
{
    post->fn = fn;
    post->next = NULL;
    if (worker->local_last)
        worker->local_last->next = post;
    else
        worker->local_first = post;
    worker->local_last = post;
}

void worker_post(struct worker *worker, struct post *post, void (*fn)(struct post *))
{
    post->fn = fn;
    atomic_fetch_add_explicit(&worker->posting, 1, memory_order_relaxed);
    struct post *head = atomic_load_explicit(&worker->remote, memory_order_relaxed);
    do
        post->next = head;
    while (!atomic_compare_exchange_weak_explicit(
        &worker->remote, &head, post, memory_order_release, memory_order_relaxed));
    if (!head)
        worker->wake(worker);
    atomic_fetch_sub_explicit(&worker->posting, 1, memory_order_release);
}

/* Moves what others have posted behind the local work, oldest first. */
static void collect_remote(struct worker *worker)
{
    struct post *post =
        atomic_exchange_explicit(&worker->remote, NULL, memory_order_acquire);
    struct post *oldest = NULL;
    while (post) {
        struct post *next = post->next;
        post->next = oldest;
        oldest = post;
        post = next;
    }
    while (oldest) {
        struct post *next = oldest->next;
        worker_defer(worker, oldest, oldest->fn);
        oldest = next;
    }
}

static void run_posts(struct worker *worker)
{
    collect_remote(worker);
    struct post *post = worker->local_first;
    worker->local_first = worker->local_last = NULL;
    while (post) {
        struct post *next = post->next;
        post->fn(post);
        post = next;
    }
}

static void run_timers(struct worker *worker)
{
    for (int i = 0; i < TIMERS_A_BATCH; i++) {
        struct heap_node *least = heap_least(&worker->timers);
        if (!least || least->key > worker->now)
            return;
        heap_remove(&worker->timers, least);
        struct timer *timer = CONTAINER_OF(least, struct timer, node);
        timer->fn(timer);
    }
}

usec worker_turn(struct worker *worker)
{
    worker->now = world_now(worker->world);
    run_posts(worker);
    run_timers(worker);
    if (worker->local_first ||
        atomic_load_explicit(&worker->remote, memory_order_relaxed))
        return worker->now;
    struct heap_node *least = heap_least(&worker->timers);
    return least ? least->key : USEC_NEVER;
}

void timer_init(struct timer *timer, struct worker *worker, void (*fn)(struct timer *))
{
    *timer = (struct timer){.worker = worker, .fn = fn};
}

void timer_start_at(struct timer *timer, usec due)
{
    CHECK(timer->worker != NULL);
    if (timer_active(timer))
        heap_change(&timer->worker->timers, &timer->node, due);
    else
        heap_push(&timer->worker->timers, &timer->node, due);
}

void timer_start(struct timer *timer, usec delay)
{
    timer_start_at(timer, usec_add(timer->worker->now, delay));
}

void timer_cancel(struct timer *timer)
{
    if (timer_active(timer))
        heap_remove(&timer->worker->timers, &timer->node);
}
