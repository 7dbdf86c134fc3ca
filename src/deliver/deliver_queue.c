/*
 * The shards: which endpoints have deliveries waiting, and how many of their attempts may
 * be under way.
 *
 *   heap ─due─► line of its class ─place free─► window ─row─► run
 *    ▲            ▲                                │ empty
 *    │            └── a run, load or sweep ends    └──► load ─► nothing due ─┐
 *    └────────────────────────────────────────────────────────────────────────┘
 *
 * A line is served in turns, one attempt each, so that an endpoint with a million
 * deliveries gets no more of the places than one with two.
 */
#include "base/mem.h"
#include "base/hash.h"
#include "deliver/deliver_state.h"
#include "directory/keyring.h"
#include "loop/world.h"

enum { LOADS_MAX = 16, SWEEPS_MAX = 4, TAKEN_MAX = 1024 };
static const usec store_pause = USEC_S;
static const usec probe_first = 30 * USEC_S;
static const usec probe_longest = USEC_H;

struct deliver_shard *deliver_shard_of(struct deliver *deliver, str endpoint)
{
    return &deliver->shards[hash_str(endpoint) % deliver->config.workers];
}

/* --- the schedule. Under the shard's lock --- */

static void poke(struct deliver_shard *shard);

struct deliver_queue *deliver_need_queue(struct deliver_shard *shard, str endpoint)
{
    struct deliver_queue *queue = map_find(&shard->queues, endpoint);
    if (queue)
        return queue;
    queue = mem_zalloc(sizeof(*queue));
    queue->endpoint = tenant_id_of(endpoint);
    queue->ramp = 1;
    list_init(&queue->ready);
    list_init(&queue->runs);
    arena_init(&queue->window, 4 * 1024, (size_t)1 << 30);
    map_put(&shard->queues, tenant_id_str(&queue->endpoint), queue);
    return queue;
}

void deliver_look_at(struct deliver_shard *shard, struct deliver_queue *queue, usec due)
{
    if (queue->taken)
        return;
    if (!heap_holds(&queue->node))
        heap_push(&shard->due, &queue->node, due);
    else if (due < queue->node.key)
        heap_change(&shard->due, &queue->node, due);
}

static void on_poke(struct post *post)
{
    struct deliver_shard *shard = CONTAINER_OF(post, struct deliver_shard, poke);
    pthread_mutex_lock(&shard->lock);
    shard->poked = false;
    bool left = !shard->worker;
    pthread_mutex_unlock(&shard->lock);
    if (!left)
        deliver_pump_soon(shard);
}

static void poke(struct deliver_shard *shard)
{
    if (!shard->worker || shard->poked)
        return;
    shard->poked = true;
    worker_post(shard->worker, &shard->poke, on_poke);
}

void deliver_look(struct deliver *deliver, str endpoint, int64_t n, int64_t bytes)
{
    struct deliver_shard *shard = deliver_shard_of(deliver, endpoint);
    pthread_mutex_lock(&shard->lock);
    struct deliver_queue *queue = deliver_need_queue(shard, endpoint);
    queue->pending += (uint32_t)n;
    queue->bytes += (uint64_t)bytes;
    queue->noted = true;
    deliver_look_at(shard, queue, 0);
    poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

void deliver_resume(struct deliver *deliver, str endpoint)
{
    struct deliver_shard *shard = deliver_shard_of(deliver, endpoint);
    pthread_mutex_lock(&shard->lock);
    struct deliver_queue *queue = deliver_need_queue(shard, endpoint);
    queue->hasten = true;
    queue->noted = true;
    deliver_look_at(shard, queue, 0);
    poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

struct deliver_load deliver_waiting(struct deliver *deliver, str endpoint)
{
    struct deliver_load load = {0};
    struct deliver_shard *shard = deliver_shard_of(deliver, endpoint);
    pthread_mutex_lock(&shard->lock);
    struct deliver_queue *queue = map_find(&shard->queues, endpoint);
    if (queue)
        load = (struct deliver_load){queue->pending, queue->bytes};
    pthread_mutex_unlock(&shard->lock);
    return load;
}

/* --- a queue between the lock and its worker --- */

/* Its worker has nothing to do for it before `due` (monotonic; USEC_NEVER: before
 * something comes). `idle`: because nothing is due, so that what has come meanwhile is
 * looked at now, not then. */
static void put_back(struct deliver_shard *shard, struct deliver_queue *queue, usec due,
                     bool idle)
{
    list_remove(&queue->ready);
    pthread_mutex_lock(&shard->lock);
    queue->taken = false;
    if (queue->noted) {
        queue->noted = false;
        queue->next = 0;
        due = idle ? shard->worker->now : due;
    }
    if (due != USEC_NEVER)
        deliver_look_at(shard, queue, due);
    pthread_mutex_unlock(&shard->lock);
}

static void stand_in_line(struct deliver_shard *shard, struct deliver_queue *queue)
{
    list_remove(&queue->ready);
    list_push_back(&shard->ready[queue->class], &queue->ready);
}

/* Something of its own has ended: it is looked at again. */
static void look_again(struct deliver_shard *shard, struct deliver_queue *queue)
{
    pthread_mutex_lock(&shard->lock);
    if (heap_holds(&queue->node))
        heap_remove(&shard->due, &queue->node);
    queue->taken = true;
    pthread_mutex_unlock(&shard->lock);
    stand_in_line(shard, queue);
    deliver_pump_soon(shard);
}

static usec from_wall(const struct deliver_shard *shard, usec wall)
{
    usec now = shard->worker->now;
    return wall == USEC_NEVER
               ? USEC_NEVER
               : now + usec_max(wall - deliver_wall(shard->deliver, now), 0);
}

/* --- secrets --- */

void deliver_keys_unref(struct deliver_keys **ptr)
{
    struct deliver_keys *keys = *ptr;
    *ptr = NULL;
    if (!keys || --keys->refs > 0)
        return;
    arena_wipe(&keys->arena);
    arena_fini(&keys->arena);
    mem_free(keys);
}

/* NULL: they cannot be opened. */
static struct deliver_keys *open_keys(struct deliver_shard *shard, str endpoint,
                                      const struct endpoint_sealed *sealed)
{
    struct deliver_keys *keys = mem_zalloc(sizeof(*keys));
    arena_init(&keys->arena, 1024, 4 << 20);
    keys->refs = 1;
    keys->version = sealed->version;
    keys->data_key = arena_str(&keys->arena, sealed->data_key);
    if (!endpoint_open_sealed(shard->deliver->config.keyring, endpoint, sealed,
                              &keys->arena, &keys->signing))
        deliver_keys_unref(&keys);
    return keys;
}

/* --- loads --- */

struct load {
    struct delivery_load load;
    struct deliver_shard *shard;
    struct deliver_queue *queue;
    struct arena arena;
};

static bool is_known(const struct deliver_queue *queue, int64_t sequence)
{
    LIST_EACH(node, &queue->runs)
    {
        if (deliver_run_sequence(node) == sequence)
            return true;
    }
    for (uint32_t i = 0; i < queue->ended_n; i++)
        if (queue->ended[i] == sequence)
            return true;
    return false;
}

/* What was read is as old as its snapshot: whatever was under way since then is left
 * out. */
static void take_rows(struct deliver_queue *queue, struct load *load)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < load->load.n; i++)
        if (!is_known(queue, load->load.rows[i].row.sequence))
            load->load.rows[n++] = load->load.rows[i];
    arena_fini(&queue->window);
    queue->window = load->arena;
    queue->rows = load->load.rows;
    queue->n = n;
    queue->at = 0;
    queue->next = load->load.more ? 0 : load->load.next;
}

static void on_loaded(struct delivery_load *done)
{
    struct load *load = CONTAINER_OF(done, struct load, load);
    struct deliver_shard *shard = load->shard;
    struct deliver_queue *queue = load->queue;
    bool full = queue->ended_n == ENDED_MAX;
    queue->loading = false;
    shard->load_n--;
    if (done->err == ERR_NONE && done->secrets) {
        deliver_keys_unref(&queue->keys);
        queue->keys = open_keys(shard, tenant_id_str(&queue->endpoint), &done->sealed);
    }
    if (done->err == ERR_NONE && !full)
        take_rows(queue, load);
    else
        arena_fini(&load->arena);
    if (done->err == ERR_NONE)
        look_again(shard, queue);
    else
        put_back(shard, queue, shard->worker->now + store_pause, false);
    mem_free(load);
    deliver_pump_soon(shard);
}

static void start_load(struct deliver_shard *shard, struct deliver_queue *queue,
                       const struct endpoint *endpoint)
{
    struct load *load = mem_zalloc(sizeof(*load));
    pthread_mutex_lock(&shard->lock);
    queue->noted = false;
    pthread_mutex_unlock(&shard->lock);
    load->shard = shard;
    load->queue = queue;
    arena_init(&load->arena, 8 * 1024, (size_t)1 << 30);
    load->load = (struct delivery_load){
        .store = shard->deliver->config.store,
        .worker = shard->worker,
        .arena = &load->arena,
        .endpoint = tenant_id_str(&queue->endpoint),
        .wall = deliver_wall(shard->deliver, shard->worker->now),
        .max = WINDOW_ROWS + queue->running,
        .bytes_max = WINDOW_BYTES_MAX,
        .secrets = !queue->keys || queue->keys->version != endpoint->version,
        .latest = endpoint->spec.ordering == ORDERING_LATEST,
        .done = on_loaded};
    queue->loading = true;
    queue->ended_n = 0;
    shard->load_n++;
    list_remove(&queue->ready);
    delivery_load(&load->load);
}

/* --- sweeps --- */

struct sweep {
    struct delivery_sweep sweep;
    struct deliver_shard *shard;
    struct deliver_queue *queue;
    struct arena arena;
};

static void on_swept(struct delivery_sweep *done)
{
    struct sweep *sweep = CONTAINER_OF(done, struct sweep, sweep);
    struct deliver_shard *shard = sweep->shard;
    struct deliver_queue *queue = sweep->queue;
    bool good = done->err == ERR_NONE;
    queue->sweeping = false;
    queue->n = queue->at = 0;
    queue->next = 0;
    shard->sweep_n--;
    pthread_mutex_lock(&shard->lock);
    if (good && done->kind == SWEEP_BURY) {
        queue->pending -= done->n < queue->pending ? done->n : queue->pending;
        queue->bytes -= done->bytes < queue->bytes ? done->bytes : queue->bytes;
        if (done->n < done->max && queue->running == 0)
            queue->pending = 0;
    }
    if (good && done->kind == SWEEP_HASTEN && done->n < done->max)
        queue->hasten = false;
    pthread_mutex_unlock(&shard->lock);
    if (good && done->kind == SWEEP_BURY)
        atomic_fetch_add(&shard->deliver->dead, done->n);
    arena_fini(&sweep->arena);
    mem_free(sweep);
    if (good)
        look_again(shard, queue);
    else
        put_back(shard, queue, shard->worker->now + store_pause, false);
}

static struct sweep *make_sweep(struct deliver_shard *shard, struct deliver_queue *queue,
                                enum delivery_sweep_kind kind)
{
    struct sweep *sweep = mem_zalloc(sizeof(*sweep));
    arena_init(&sweep->arena, 1024, 1 << 20);
    sweep->shard = shard;
    sweep->queue = queue;
    sweep->sweep =
        (struct delivery_sweep){.store = shard->deliver->config.store,
                                .worker = shard->worker,
                                .kind = kind,
                                .endpoint = tenant_id_str(&queue->endpoint),
                                .max = DELIVERY_ROWS_MAX,
                                .wall = deliver_wall(shard->deliver, shard->worker->now),
                                .done = on_swept};
    return sweep;
}

static void start_sweep(struct sweep *sweep)
{
    sweep->queue->sweeping = true;
    sweep->shard->sweep_n++;
    list_remove(&sweep->queue->ready);
    delivery_sweep(&sweep->sweep);
}

static void bury_all(struct deliver_shard *shard, struct deliver_queue *queue, str reason)
{
    struct sweep *sweep = make_sweep(shard, queue, SWEEP_BURY);
    sweep->sweep.reason = reason;
    start_sweep(sweep);
}

/* How many are too many; 0: none. The first time that is told. */
static uint32_t excess_of(struct deliver_queue *queue, const struct endpoint *endpoint)
{
    uint64_t bytes_max = (uint64_t)endpoint->spec.pending_mb_max << 20;
    uint32_t max = endpoint->spec.pending_max;
    if (queue->pending <= max - max / 10 && queue->bytes <= bytes_max - bytes_max / 10)
        queue->overflowing = false;
    if (queue->pending > max)
        return queue->pending - max;
    if (queue->bytes <= bytes_max || queue->pending <= 1)
        return 0;
    uint64_t share = (queue->bytes - bytes_max) / (queue->bytes / queue->pending + 1) + 1;
    return share < queue->pending ? (uint32_t)share : queue->pending - 1;
}

static void bury_excess(struct deliver_shard *shard, struct deliver_queue *queue,
                        const struct endpoint *endpoint, uint32_t n)
{
    struct sweep *sweep = make_sweep(shard, queue, SWEEP_BURY);
    usec wall = world_wall(shard->worker->world);
    sweep->sweep.reason = STR("quota");
    sweep->sweep.max = n < DELIVERY_ROWS_MAX ? n : DELIVERY_ROWS_MAX;
    sweep->sweep.tell = !queue->overflowing;
    sweep->sweep.event =
        deliver_event(EVENT_ENDPOINT_OVERFLOWING, endpoint,
                      deliver_event_detail(endpoint, "", &sweep->arena), wall);
    queue->overflowing = true;
    start_sweep(sweep);
}

/* --- a turn of a queue --- */

/* How many attempts may be under way. */
static uint32_t room_for(const struct deliver_queue *queue,
                         const struct endpoint *endpoint)
{
    uint32_t most = endpoint->spec.concurrency;
    if (queue->ramp < most)
        most = queue->ramp;
    if (endpoint->state == ENDPOINT_PAUSED)
        most = 1;
    return most > queue->running ? most - queue->running : 0;
}

/* False: not before `*ret_due`. */
static bool may_begin(const struct deliver_shard *shard,
                      const struct deliver_queue *queue, const struct endpoint *endpoint,
                      usec *ret_due)
{
    usec now = shard->worker->now;
    *ret_due = USEC_NEVER;
    if (endpoint->state == ENDPOINT_PAUSED) {
        if (!str_eq(endpoint->reason, ENDPOINT_BY_FAILURES))
            return false;
        *ret_due = queue->probe_at;
    } else {
        *ret_due = endpoint->spec.rate ? queue->rate_at : now;
    }
    return *ret_due <= now;
}

static void begin(struct deliver_shard *shard, struct deliver_queue *queue,
                  struct endpoint *endpoint)
{
    usec now = shard->worker->now;
    const struct delivery_due *due = &queue->rows[queue->at++];
    if (endpoint->state == ENDPOINT_PAUSED) {
        queue->probe_delay = queue->probe_delay
                                 ? usec_min(2 * queue->probe_delay, probe_longest)
                                 : probe_first;
        queue->probe_at = now + queue->probe_delay;
    }
    if (endpoint->spec.rate)
        queue->rate_at = usec_max(queue->rate_at, now) + USEC_S / endpoint->spec.rate;
    stand_in_line(shard, queue);
    deliver_run_start(shard, queue, endpoint, due);
}

/* What is only needed while there is something to deliver. */
static void let_go(struct deliver_queue *queue)
{
    arena_fini(&queue->window);
    arena_init(&queue->window, 4 * 1024, (size_t)1 << 30);
    queue->at = queue->n = 0;
    if (queue->running == 0)
        deliver_keys_unref(&queue->keys);
}

/* The window is empty. */
static void refill(struct deliver_shard *shard, struct deliver_queue *queue,
                   const struct endpoint *endpoint)
{
    bool known = queue->next > deliver_wall(shard->deliver, shard->worker->now);
    if (known && !queue->noted) {
        usec due = from_wall(shard, queue->next);
        let_go(queue);
        put_back(shard, queue, due, true);
    } else if (shard->load_n < LOADS_MAX) {
        start_load(shard, queue, endpoint);
    }
}

/* What was read is out of date. */
static void load_anew(struct deliver_shard *shard, struct deliver_queue *queue,
                      const struct endpoint *endpoint)
{
    queue->at = queue->n = 0;
    queue->next = 0;
    refill(shard, queue, endpoint);
}

/* What has to be done about the endpoint before anything is delivered. */
static bool needs_sweep(struct deliver_shard *shard, struct deliver_queue *queue,
                        const struct endpoint *endpoint)
{
    uint32_t excess = endpoint ? excess_of(queue, endpoint) : 0;
    bool ends = !endpoint || endpoint->state == ENDPOINT_DISABLED;
    if (ends && queue->pending == 0)
        return false;
    if (!ends && !excess && !queue->hasten)
        return false;
    if (shard->sweep_n >= SWEEPS_MAX)
        return true; /* one that ends looks again */
    if (ends)
        bury_all(shard, queue, endpoint ? STR("disabled") : STR("deleted"));
    else if (excess)
        bury_excess(shard, queue, endpoint, excess);
    else
        start_sweep(make_sweep(shard, queue, SWEEP_HASTEN));
    return true;
}

static void serve(struct deliver_shard *shard, struct deliver_queue *queue,
                  struct endpoint *endpoint)
{
    usec due;
    if (queue->sweeping || queue->loading)
        list_remove(&queue->ready);
    else if (needs_sweep(shard, queue, endpoint))
        return;
    else if (!endpoint || endpoint->state == ENDPOINT_DISABLED)
        put_back(shard, queue, USEC_NEVER, false);
    else if (room_for(queue, endpoint) == 0)
        list_remove(&queue->ready); /* a run that ends looks again */
    else if (!may_begin(shard, queue, endpoint, &due))
        put_back(shard, queue, due, false);
    else if (queue->at == queue->n)
        refill(shard, queue, endpoint);
    else if (!queue->keys || queue->keys->version != endpoint->version)
        load_anew(shard, queue, endpoint);
    else
        begin(shard, queue, endpoint);
}

/* --- the pump --- */

/* Those that are due stand in line. */
static void take_due(struct deliver_shard *shard)
{
    struct heap_node *node;
    pthread_mutex_lock(&shard->lock);
    for (unsigned i = 0; i < TAKEN_MAX; i++) {
        node = heap_least(&shard->due);
        if (!node || node->key > shard->worker->now)
            break;
        struct deliver_queue *queue = CONTAINER_OF(node, struct deliver_queue, node);
        heap_remove(&shard->due, node);
        queue->taken = true;
        stand_in_line(shard, queue);
    }
    pthread_mutex_unlock(&shard->lock);
}

/* After all that may have changed it. */
static void plan_next(struct deliver_shard *shard)
{
    pthread_mutex_lock(&shard->lock);
    struct heap_node *node = heap_least(&shard->due);
    usec due = node ? node->key : USEC_NEVER;
    pthread_mutex_unlock(&shard->lock);
    if (due != USEC_NEVER)
        timer_start_at(&shard->timer, usec_max(due, shard->worker->now));
}

/* Everybody in line once, at most, as long as there are places. */
static void serve_line(struct deliver_shard *shard, enum deliver_class class)
{
    struct list line;
    struct list *node;
    list_init(&line);
    while (shard->places[class] < PLACES_MAX &&
           (node = list_pop_front(&shard->ready[class])) != NULL) {
        struct deliver_queue *queue = CONTAINER_OF(node, struct deliver_queue, ready);
        struct endpoint *endpoint =
            endpoints_find(shard->deliver->endpoints, tenant_id_str(&queue->endpoint));
        uint32_t running = queue->running;
        list_push_back(&line, &queue->ready);
        serve(shard, queue, endpoint);
        endpoint_unref(&endpoint);
        if (queue->running == running && !list_empty(&queue->ready))
            break; /* it waits for a load or a sweep, and so would others */
    }
    while ((node = list_last(&line)) != NULL) {
        list_remove(node);
        list_push_front(&shard->ready[class], node);
    }
}

static void pump(struct deliver_shard *shard)
{
    if (shard->draining || shard->leaving)
        return;
    take_due(shard);
    for (int class = 0; class < CLASS_COUNT; class ++)
        serve_line(shard, (enum deliver_class) class);
    plan_next(shard);
}

void deliver_on_timer(struct timer *timer)
{
    pump(CONTAINER_OF(timer, struct deliver_shard, timer));
}

void deliver_pump_soon(struct deliver_shard *shard)
{
    timer_start(&shard->timer, 0);
}

void deliver_on_suspect_timer(struct timer *timer)
{
    struct deliver_shard *shard =
        CONTAINER_OF(timer, struct deliver_shard, suspect_timer);
    usec due = deliver_run_suspects(shard);
    deliver_pump_soon(shard);
    if (due != USEC_NEVER)
        timer_start_at(timer, due);
}

void deliver_queue_note(struct deliver_shard *shard, struct deliver_queue *queue,
                        const struct deliver_news *news)
{
    if (queue->loading && queue->ended_n < ENDED_MAX)
        queue->ended[queue->ended_n++] = news->sequence;
    if (news->due != USEC_NEVER && queue->next)
        queue->next = usec_min(queue->next, news->due);
    pthread_mutex_lock(&shard->lock);
    if (news->ended && queue->pending) {
        queue->pending--;
        queue->bytes -= news->bytes < queue->bytes ? news->bytes : queue->bytes;
    }
    queue->noted |= news->released;
    queue->hasten |= news->resumed;
    pthread_mutex_unlock(&shard->lock);
    if (news->resumed) {
        queue->probe_at = 0;
        queue->probe_delay = 0;
    }
    if (!queue->loading && !queue->sweeping)
        look_again(shard, queue);
    deliver_pump_soon(shard);
}
