/*
 * The shards: which accounts have vendors' events waiting, and when each is looked at.
 */
#include "news/work.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "news/work_state.h"
#include "loop/world.h"

static const usec sweep_every = 10 * USEC_MIN;

static struct work_shard *shard_of(struct work *work, str account)
{
    return &work->shards[hash_stable(account) % work->config.workers];
}

/* --- queues; under the lock --- */

static struct work_queue *need_queue(struct work_shard *shard, str account)
{
    struct work_queue *queue = map_find(&shard->queues, account);
    if (queue)
        return queue;
    queue = mem_zalloc(sizeof(*queue));
    queue->account = tenant_id_of(account);
    list_init(&queue->waiting);
    map_put(&shard->queues, tenant_id_str(&queue->account), queue);
    return queue;
}

static void look_at(struct work_shard *shard, struct work_queue *queue, usec due)
{
    if (queue->busy)
        queue->again = true;
    else if (heap_holds(&queue->node))
        heap_change(&shard->due, &queue->node, usec_min(due, queue->node.key));
    else
        heap_push(&shard->due, &queue->node, due);
}

static void on_poke(struct post *post);

static void poke(struct work_shard *shard)
{
    if (!shard->worker || shard->poked)
        return;
    shard->poked = true;
    worker_post(shard->worker, &shard->poke, on_poke);
}

void work_note(struct work *work, str account, uint32_t n)
{
    (void)n; /* the store counts them */
    struct work_shard *shard = shard_of(work, account);
    pthread_mutex_lock(&shard->lock);
    look_at(shard, need_queue(shard, account), 0);
    poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

void work_queue_back(struct work_shard *shard, struct work_queue *queue, usec due)
{
    pthread_mutex_lock(&shard->lock);
    queue->busy = false;
    if (queue->again)
        due = shard->worker->now;
    queue->again = false;
    if (due != USEC_NEVER) {
        look_at(shard, queue, due);
    } else if (list_empty(&queue->waiting)) {
        map_remove(&shard->queues, tenant_id_str(&queue->account));
        mem_free(queue);
    }
    pthread_mutex_unlock(&shard->lock);
    if (!shard->leaving)
        timer_start(&shard->timer, 0);
}

/* --- vendors; the worker's --- */

static struct work_vendor *need_vendor(struct work_shard *shard, str name)
{
    struct work_vendor *vendor = map_find(&shard->vendors, name);
    if (vendor)
        return vendor;
    vendor = mem_zalloc(sizeof(*vendor) + name.n + 1);
    memcpy(vendor->bytes, name.p, name.n);
    vendor->name = str_of(vendor->bytes, name.n);
    list_init(&vendor->waiting);
    map_put(&shard->vendors, vendor->name, vendor);
    return vendor;
}

struct work_vendor *work_vendor_enter(struct work_shard *shard, struct work_queue *queue,
                                      str integration)
{
    struct work_vendor *vendor = need_vendor(shard, integration);
    list_remove(&queue->waiting);
    if (vendor->running == VENDOR_BATCHES_MAX) {
        list_push_back(&vendor->waiting, &queue->waiting);
        return NULL;
    }
    vendor->running++;
    return vendor;
}

void work_vendor_leave(struct work_shard *shard, struct work_vendor *vendor)
{
    struct list *next = list_pop_front(&vendor->waiting);
    vendor->running--;
    pthread_mutex_lock(&shard->lock);
    if (next)
        look_at(shard, CONTAINER_OF(next, struct work_queue, waiting),
                shard->worker->now);
    pthread_mutex_unlock(&shard->lock);
}

/* --- what is due --- */

/* The next queue that is due, taken out; NULL with when there will be one, which is never
 * while it drains. */
static struct work_queue *take_due(struct work_shard *shard, usec *ret_due)
{
    struct work_queue *taken = NULL;
    pthread_mutex_lock(&shard->lock);
    struct heap_node *node = shard->draining ? NULL : heap_least(&shard->due);
    *ret_due = node ? node->key : USEC_NEVER;
    if (node && node->key <= shard->worker->now) {
        taken = CONTAINER_OF(node, struct work_queue, node);
        heap_remove(&shard->due, node);
        taken->busy = true;
    }
    pthread_mutex_unlock(&shard->lock);
    return taken;
}

static void pump(struct work_shard *shard)
{
    usec due = USEC_NEVER;
    while (!shard->leaving && shard->batch_n < BATCHES_MAX) {
        struct work_queue *queue = take_due(shard, &due);
        if (!queue)
            break;
        batch_start(shard, queue);
    }
    if (!shard->leaving && shard->batch_n < BATCHES_MAX && due != USEC_NEVER)
        timer_start_at(&shard->timer, due);
}

static void on_timer(struct timer *timer)
{
    pump(CONTAINER_OF(timer, struct work_shard, timer));
}

static void on_poke(struct post *post)
{
    struct work_shard *shard = CONTAINER_OF(post, struct work_shard, poke);
    pthread_mutex_lock(&shard->lock);
    shard->poked = false;
    bool left = !shard->worker;
    pthread_mutex_unlock(&shard->lock);
    if (!left)
        pump(shard);
}

/* --- silence --- */

static void on_swept(struct silence_sweep *sweep)
{
    struct work_shard *shard = CONTAINER_OF(sweep, struct work_shard, sweep);
    bool more = sweep->err == ERR_NONE && sweep->n > 0;
    shard->sweeping = false;
    if (!shard->leaving && !shard->draining)
        timer_start(&shard->sweep_timer, more ? USEC_S : sweep_every);
}

static void on_sweep_timer(struct timer *timer)
{
    struct work_shard *shard = CONTAINER_OF(timer, struct work_shard, sweep_timer);
    shard->sweeping = true;
    shard->sweep = (struct silence_sweep){.store = shard->work->config.store,
                                          .worker = shard->worker,
                                          .done = on_swept,
                                          .up = shard->up,
                                          .wall = world_wall(shard->worker->world)};
    silence_sweep(&shard->sweep);
}

/* --- opening and closing --- */

static bool load_queues(struct work *work, str *ret_why)
{
    struct work_account *items;
    struct arena arena;
    uint32_t n;
    arena_init(&arena, 64 * 1024, 1 << 30);
    enum err err = work_accounts(work->config.store, &arena, &items, &n);
    for (uint32_t i = 0; err == ERR_NONE && i < n; i++) {
        struct work_shard *shard = shard_of(work, items[i].account);
        look_at(shard, need_queue(shard, items[i].account), 0);
    }
    arena_fini(&arena);
    if (err != ERR_NONE)
        *ret_why = STR("the vendors' events that wait cannot be read from the store");
    return err == ERR_NONE;
}

static void open_shard(struct work *work, struct work_shard *shard)
{
    shard->work = work;
    pthread_mutex_init(&shard->lock, NULL);
    map_init(&shard->queues);
    map_init(&shard->vendors);
    heap_init(&shard->due);
    list_init(&shard->batches);
}

struct work *work_open(const struct work_config *config, str *ret_why)
{
    struct work *work = mem_zalloc(sizeof(*work));
    work->magic = WORK_MAGIC;
    work->config = *config;
    work->shards = mem_array(config->workers, sizeof(work->shards[0]));
    work->budgets = mem_array(config->workers, sizeof(work->budgets[0]));
    for (unsigned i = 0; i < config->workers; i++) {
        open_shard(work, &work->shards[i]);
        work->budgets[i] = (struct body_budget){.bytes_max = 64 << 20};
    }
    if (load_queues(work, ret_why))
        return work;
    work_close(&work);
    return NULL;
}

static void free_shard(struct work_shard *shard)
{
    size_t at = 0;
    CHECK(!shard->worker && shard->batch_n == 0);
    for (struct work_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;)
        mem_free(queue);
    at = 0;
    for (struct work_vendor *one; (one = map_next(&shard->vendors, &at)) != NULL;)
        mem_free(one);
    map_fini(&shard->vendors);
    map_fini(&shard->queues);
    heap_fini(&shard->due);
    pthread_mutex_destroy(&shard->lock);
}

void work_close(struct work **work)
{
    struct work *gone = *work;
    *work = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, WORK_MAGIC);
    for (unsigned i = 0; i < gone->config.workers; i++)
        free_shard(&gone->shards[i]);
    mem_free(gone->budgets);
    mem_free(gone->shards);
    gone->magic = 0;
    mem_free(gone);
}

void work_join(struct work *work, struct worker *worker)
{
    struct work_shard *shard = &work->shards[worker->id];
    timer_init(&shard->timer, worker, on_timer);
    timer_init(&shard->sweep_timer, worker, on_sweep_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = worker;
    pthread_mutex_unlock(&shard->lock);
    timer_start(&shard->timer, 0);
    shard->up = world_wall(worker->world);
    if (worker->id == 0)
        timer_start(&shard->sweep_timer, sweep_every);
}

void work_drain(struct work *work, struct worker *worker)
{
    struct work_shard *shard = &work->shards[worker->id];
    pthread_mutex_lock(&shard->lock);
    shard->draining = true;
    pthread_mutex_unlock(&shard->lock);
    timer_cancel(&shard->sweep_timer);
}

uint32_t work_busy(struct work *work, struct worker *worker)
{
    const struct work_shard *shard = &work->shards[worker->id];
    return shard->batch_n + shard->sweeping;
}

void work_stop(struct work *work, struct worker *worker)
{
    struct work_shard *shard = &work->shards[worker->id];
    shard->leaving = true;
    LIST_EACH(node, &shard->batches)
    {
        batch_stop(node);
    }
}

/* What a poke finds is nothing from here on. */
void work_leave(struct work *work, struct worker *worker)
{
    struct work_shard *shard = &work->shards[worker->id];
    CHECK(work_busy(work, worker) == 0);
    shard->leaving = true;
    timer_cancel(&shard->timer);
    timer_cancel(&shard->sweep_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = NULL;
    pthread_mutex_unlock(&shard->lock);
}

/* --- looking --- */

static void count_shard(struct work_shard *shard, struct work_stats *ret)
{
    size_t at = 0;
    pthread_mutex_lock(&shard->lock);
    for (struct work_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;) {
        ret->accounts++;
        ret->under_way += queue->busy;
    }
    pthread_mutex_unlock(&shard->lock);
}

void work_stats(struct work *work, struct work_stats *ret)
{
    *ret = (struct work_stats){.told = atomic_load(&work->told),
                               .ignored = atomic_load(&work->ignored),
                               .late = atomic_load(&work->late),
                               .superseded = atomic_load(&work->superseded),
                               .equal = atomic_load(&work->equal),
                               .dead = atomic_load(&work->dead),
                               .tries = atomic_load(&work->tries),
                               .holds = atomic_load(&work->holds),
                               .fetches = atomic_load(&work->fetches)};
    for (unsigned i = 0; i < work->config.workers; i++)
        count_shard(&work->shards[i], ret);
}
