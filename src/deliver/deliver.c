/*
 * Opening and closing, expiry, and what is told of it all. What runs is deliver_queue.c
 * (whose turn it is), deliver_run.c (one attempt) and deliver_fan.c (from events to
 * deliveries).
 */
#include "base/mem.h"
#include "deliver/deliver_state.h"
#include "directory/keyring.h"
#include "loop/world.h"

static const usec expire_every = 60 * USEC_S;

/* --- expiry --- */

static void on_expired(struct delivery_expire *expire)
{
    struct deliver *deliver = CONTAINER_OF(expire, struct deliver, expire);
    deliver->expiring = false;
    if (!deliver->shards[0].draining)
        timer_start(&deliver->expire_timer, expire->gone ? USEC_S : expire_every);
}

static void on_expire_timer(struct timer *timer)
{
    struct deliver *deliver = CONTAINER_OF(timer, struct deliver, expire_timer);
    deliver->expiring = true;
    deliver->expire =
        (struct delivery_expire){.store = deliver->config.store,
                                 .worker = timer->worker,
                                 .wall = deliver_wall(deliver, timer->worker->now),
                                 .done = on_expired};
    delivery_expire(&deliver->expire);
}

/* --- opening and closing --- */

static bool load_queues(struct deliver *deliver, str *ret_why)
{
    struct delivery_waiting *items;
    struct arena arena;
    uint32_t n;
    arena_init(&arena, 64 * 1024, (size_t)1 << 30);
    usec wall = world_wall(deliver->config.world);
    enum err err = delivery_waiting(deliver->config.store, wall, &arena, &items, &n);
    for (uint32_t i = 0; err == ERR_NONE && i < n; i++) {
        struct deliver_shard *shard = deliver_shard_of(deliver, items[i].endpoint);
        struct deliver_queue *queue = deliver_need_queue(shard, items[i].endpoint);
        queue->pending = items[i].n;
        queue->bytes = items[i].bytes;
        deliver_look_at(shard, queue, 0);
    }
    arena_fini(&arena);
    if (err != ERR_NONE)
        *ret_why = STR("the deliveries that wait cannot be read from the store");
    return err == ERR_NONE;
}

static bool load(struct deliver *deliver, str *ret_why)
{
    int64_t position;
    if (!endpoint_load(deliver->config.store, deliver->endpoints, ret_why))
        return false;
    if (delivery_position(deliver->config.store, &position) != ERR_NONE) {
        *ret_why = STR("the place in the outbox cannot be read from the store");
        return false;
    }
    deliver->fan = deliver_fan_create(deliver, position);
    return load_queues(deliver, ret_why);
}

static void open_shard(struct deliver *deliver, struct deliver_shard *shard)
{
    shard->deliver = deliver;
    pthread_mutex_init(&shard->lock, NULL);
    map_init(&shard->queues);
    heap_init(&shard->due);
    list_init(&shard->runs);
    for (int i = 0; i < CLASS_COUNT; i++)
        list_init(&shard->ready[i]);
}

struct deliver *deliver_open(const struct deliver_config *config, str *ret_why)
{
    struct deliver *deliver = mem_zalloc(sizeof(*deliver));
    deliver->magic = DELIVER_MAGIC;
    deliver->config = *config;
    deliver->ahead = world_wall(config->world) - world_now(config->world);
    deliver->endpoints = endpoints_create();
    deliver->shards = mem_array(config->workers, sizeof(deliver->shards[0]));
    for (unsigned i = 0; i < config->workers; i++)
        open_shard(deliver, &deliver->shards[i]);
    if (load(deliver, ret_why))
        return deliver;
    deliver_close(&deliver);
    return NULL;
}

static void free_queue(struct deliver_queue *queue)
{
    CHECK(queue->running == 0);
    deliver_keys_unref(&queue->keys);
    arena_fini(&queue->window);
    mem_free(queue);
}

static void free_shard(struct deliver_shard *shard)
{
    size_t at = 0;
    CHECK(!shard->worker && shard->run_n == 0 && shard->load_n == 0);
    for (struct deliver_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;)
        free_queue(queue);
    map_fini(&shard->queues);
    heap_fini(&shard->due);
    pthread_mutex_destroy(&shard->lock);
}

void deliver_close(struct deliver **ptr)
{
    struct deliver *deliver = *ptr;
    *ptr = NULL;
    if (!deliver)
        return;
    CHECK_MAGIC(deliver, DELIVER_MAGIC);
    deliver_fan_destroy(&deliver->fan);
    for (unsigned i = 0; i < deliver->config.workers; i++)
        free_shard(&deliver->shards[i]);
    endpoints_destroy(&deliver->endpoints);
    mem_free(deliver->shards);
    deliver->magic = 0;
    mem_free(deliver);
}

void deliver_join(struct deliver *deliver, struct worker *worker)
{
    struct deliver_shard *shard = &deliver->shards[worker->id];
    timer_init(&shard->timer, worker, deliver_on_timer);
    timer_init(&shard->suspect_timer, worker, deliver_on_suspect_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = worker;
    pthread_mutex_unlock(&shard->lock);
    deliver_pump_soon(shard);
    if (worker->id > 0)
        return;
    deliver_fan_join(deliver->fan, worker);
    timer_init(&deliver->expire_timer, worker, on_expire_timer);
    timer_start(&deliver->expire_timer, expire_every);
}

void deliver_drain(struct deliver *deliver, struct worker *worker)
{
    struct deliver_shard *shard = &deliver->shards[worker->id];
    shard->draining = true;
    if (worker->id > 0)
        return;
    deliver_fan_drain(deliver->fan);
    timer_cancel(&deliver->expire_timer);
}

uint32_t deliver_busy(struct deliver *deliver, struct worker *worker)
{
    struct deliver_shard *shard = &deliver->shards[worker->id];
    uint32_t own =
        worker->id == 0 ? deliver_fan_busy(deliver->fan) + deliver->expiring : 0;
    return shard->run_n + shard->load_n + shard->sweep_n + own;
}

void deliver_stop(struct deliver *deliver, struct worker *worker)
{
    struct deliver_shard *shard = &deliver->shards[worker->id];
    shard->leaving = true;
    LIST_EACH(node, &shard->runs)
    {
        deliver_run_stop(node);
    }
}

void deliver_leave(struct deliver *deliver, struct worker *worker)
{
    struct deliver_shard *shard = &deliver->shards[worker->id];
    CHECK(deliver_busy(deliver, worker) == 0);
    shard->leaving = true;
    timer_cancel(&shard->timer);
    timer_cancel(&shard->suspect_timer);
    if (worker->id == 0) {
        deliver_fan_leave(deliver->fan);
        timer_cancel(&deliver->expire_timer);
    }
    pthread_mutex_lock(&shard->lock);
    shard->worker = NULL;
    pthread_mutex_unlock(&shard->lock);
}

/* --- looking --- */

struct endpoints *deliver_endpoints(struct deliver *deliver)
{
    return deliver->endpoints;
}

static void count_shard(struct deliver_shard *shard, struct deliver_stats *ret)
{
    size_t at = 0;
    pthread_mutex_lock(&shard->lock);
    for (struct deliver_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;) {
        ret->pending += queue->pending;
        ret->queues += queue->pending > 0;
    }
    pthread_mutex_unlock(&shard->lock);
}

void deliver_stats(struct deliver *deliver, struct deliver_stats *ret)
{
    uint32_t failing;
    *ret =
        (struct deliver_stats){.endpoints = endpoints_count(deliver->endpoints, &failing),
                               .events = atomic_load(&deliver->events),
                               .delivered = atomic_load(&deliver->delivered),
                               .again = atomic_load(&deliver->again),
                               .dead = atomic_load(&deliver->dead),
                               .superseded = atomic_load(&deliver->superseded),
                               .under_way = atomic_load(&deliver->under_way)};
    ret->failing = failing;
    for (unsigned i = 0; i < deliver->config.workers; i++)
        count_shard(&deliver->shards[i], ret);
}

struct payloads *deliver_payloads(const struct deliver *deliver)
{
    return deliver->config.payloads;
}

bool deliver_open_data(const struct deliver *deliver, const struct event_row *row,
                       str sealed, struct arena *arena, str *ret_data)
{
    enum event_type type;
    struct account *account =
        str_absent(row->account)
            ? NULL
            : directory_account(deliver->config.directory, row->account);
    bool good = account && !str_absent(sealed) && event_type_of(row->type, &type);
    if (good) {
        struct data_key key = {tenant_id_str(&account->id), account->data_key};
        str source = str_absent(row->source) ? STR("") : row->source;
        good = keyring_open(deliver->config.keyring, &key,
                            event_about(source, type, arena), sealed, arena, ret_data);
    }
    account_unref(&account);
    return good;
}

str deliver_about_attempt(int64_t sequence, struct arena *arena)
{
    return arena_printf(arena, "delivery %lld", (long long)sequence);
}

bool deliver_open_attempt(const struct deliver *deliver, const struct delivery_row *row,
                          const struct endpoint_sealed *keys, str sealed,
                          struct arena *arena, str *ret_text)
{
    struct data_key key = {row->endpoint, keys->data_key};
    return !str_absent(sealed) && !str_absent(keys->data_key) &&
           keyring_open(deliver->config.keyring, &key,
                        deliver_about_attempt(row->sequence, arena), sealed, arena,
                        ret_text);
}
