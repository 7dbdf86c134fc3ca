/*
 * The shards: which accounts have writes waiting, when each is looked at next, and how
 * many of its lanes may be under way.
 */
#include "writes/writes_state.h"

#include "base/log.h"
#include "base/mem.h"
#include "directory/keyring.h"
#include "loop/world.h"

enum { CLAIMS_MAX = 16, CLAIM_LANES_MAX = 16 }; /* of a shard; of one claim */
static const usec expire_every = 60 * USEC_S;
static const usec store_pause = USEC_S;     /* after it has failed us */
static const usec jump_least = 30 * USEC_S; /* SPEC 15.3; less is a clock put right */

static struct write_shard *shard_of(struct writes *writes, uint64_t hash)
{
    return &writes->shards[hash % writes->config.workers];
}

/* --- clocks --- */

usec write_wall(const struct write_shard *shard)
{
    return world_now(shard->worker->world) + atomic_load(&shard->writes->ahead);
}

static void poke_all(struct writes *writes)
{
    for (unsigned i = 0; i < writes->config.workers; i++) {
        struct write_shard *shard = &writes->shards[i];
        pthread_mutex_lock(&shard->lock);
        write_shard_poke(shard);
        pthread_mutex_unlock(&shard->lock);
    }
}

/* All go on, whichever time it is then: should the store not have listened, whoever looks
 * next begins again. */
static void on_shifted(struct write_shift *shift)
{
    struct write_shard *shard = shift->owner;
    struct writes *writes = shard->writes;
    if (shift->err == ERR_NONE)
        atomic_fetch_add(&writes->ahead, shift->by);
    shard->shifting = false;
    atomic_store(&writes->shifting, false);
    if (shift->err == ERR_NONE)
        poke_all(writes);
    else
        timer_start(&shard->timer, store_pause);
}

static void start_shift(struct write_shard *shard, usec by)
{
    struct writes *writes = shard->writes;
    shard->shifting = true;
    log_say(writes->config.log, LOG_WARN, "writes",
            "the wall clock has jumped by %lld s: the times of queued writes are moved",
            (long long)(by / USEC_S));
    writes->shift = (struct write_shift){.store = writes->config.store,
                                         .worker = shard->worker,
                                         .done = on_shifted,
                                         .owner = shard,
                                         .by = by,
                                         .wall = write_wall(shard) + by};
    write_shift(&writes->shift);
}

/* False: the clock has jumped, and until the rows' times are moved nothing is claimed; a
 * poke follows. */
static bool keep_step(struct write_shard *shard)
{
    struct writes *writes = shard->writes;
    struct world *world = shard->worker->world;
    if (atomic_exchange(&writes->shifting, true))
        return false;
    usec by = world_wall(world) - world_now(world) - atomic_load(&writes->ahead);
    if (by > jump_least || by < -jump_least) {
        start_shift(shard, by);
        return false;
    }
    atomic_fetch_add(&writes->ahead, by);
    atomic_store(&writes->shifting, false);
    return true;
}

/* --- queues; under the lock --- */

static struct write_queue *find_queue(const struct write_shard *shard, str account)
{
    return map_find(&shard->queues, account);
}

static struct write_queue *need_queue(struct write_shard *shard, str account)
{
    struct write_queue *queue = find_queue(shard, account);
    if (queue)
        return queue;
    queue = mem_zalloc(sizeof(*queue));
    queue->account = tenant_id_of(account);
    list_init(&queue->full);
    map_put(&shard->queues, tenant_id_str(&queue->account), queue);
    return queue;
}

static void look_at(struct write_shard *shard, struct write_queue *queue, usec due)
{
    if (queue->claiming)
        queue->again = true;
    else if (heap_holds(&queue->node))
        heap_change(&shard->due, &queue->node, due);
    else
        heap_push(&shard->due, &queue->node, due);
}

static void drop_queue(struct write_shard *shard, struct write_queue *queue)
{
    if (heap_holds(&queue->node))
        heap_remove(&shard->due, &queue->node);
    list_remove(&queue->full);
    map_remove(&shard->queues, tenant_id_str(&queue->account));
    mem_free(queue);
}

/* --- what others say --- */

static void on_poke(struct post *post);

void write_shard_poke(struct write_shard *shard)
{
    if (!shard->worker || shard->poked)
        return;
    shard->poked = true;
    worker_post(shard->worker, &shard->poke, on_poke);
}

static void note(struct writes *writes, const struct account *account, uint32_t more)
{
    struct write_shard *shard = shard_of(writes, account->hash);
    pthread_mutex_lock(&shard->lock);
    struct write_queue *queue = need_queue(shard, tenant_id_str(&account->id));
    queue->queued += more;
    look_at(shard, queue, 0);
    write_shard_poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

void writes_note_queued(struct writes *writes, struct account *account, uint64_t bytes)
{
    writes_use(writes, tenant_id_str(&account->environment->id), (int64_t)bytes);
    note(writes, account, 1);
}

void writes_look(struct writes *writes, struct account *account)
{
    note(writes, account, 0);
}

void writes_note_gone(struct writes *writes, const struct account *account,
                      uint64_t bytes)
{
    writes_use(writes, tenant_id_str(&account->environment->id), -(int64_t)bytes);
    struct write_shard *shard = shard_of(writes, account->hash);
    pthread_mutex_lock(&shard->lock);
    struct write_queue *queue = find_queue(shard, tenant_id_str(&account->id));
    if (queue && queue->queued)
        queue->queued--;
    if (queue) {
        look_at(shard, queue, 0); /* its lane may have been stopped, or be no more */
        write_shard_poke(shard);
    }
    pthread_mutex_unlock(&shard->lock);
}

uint32_t writes_pending(struct writes *writes, const struct account *account)
{
    struct write_shard *shard = shard_of(writes, account->hash);
    pthread_mutex_lock(&shard->lock);
    const struct write_queue *queue = find_queue(shard, tenant_id_str(&account->id));
    uint32_t n = queue ? queue->queued : 0;
    pthread_mutex_unlock(&shard->lock);
    return n;
}

/* --- vendors; the worker's --- */

static struct write_vendor *need_vendor(struct write_shard *shard, str name)
{
    struct write_vendor *vendor = map_find(&shard->vendors, name);
    if (vendor)
        return vendor;
    vendor = mem_zalloc(sizeof(*vendor) + name.n + 1);
    memcpy(vendor->bytes, name.p, name.n);
    vendor->name = str_of(vendor->bytes, name.n);
    vendor->ramp = RAMP_MAX;
    vendor->lanes = LANES_STANDARD;
    list_init(&vendor->full);
    map_put(&shard->vendors, vendor->name, vendor);
    return vendor;
}

static void learn_vendor(struct write_shard *shard, struct write_queue *queue)
{
    const struct writes_config *config = &shard->writes->config;
    struct account *account =
        directory_account(config->directory, tenant_id_str(&queue->account));
    if (!account)
        return;
    queue->vendor = need_vendor(shard, account->integration);
    struct pin *pin = catalog_pin(config->catalog, shard->worker);
    const struct integration *integration =
        snapshot_find(pin->snapshot, account->integration);
    if (integration)
        queue->vendor->lanes = integration->resilience.writes.lanes;
    catalog_unpin(config->catalog, shard->worker, pin);
    account_unref(&account);
}

static uint32_t left(uint32_t max, uint32_t taken)
{
    return max > taken ? max - taken : 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many lanes of the account may be begun now. */
static uint32_t room_for(const struct write_shard *shard, const struct write_queue *queue)
{
    const struct write_vendor *vendor = queue->vendor;
    uint32_t room = least(left(RUNS_MAX, shard->run_n), CLAIM_LANES_MAX);
    if (!vendor)
        return least(room, left(LANES_STANDARD, queue->running));
    room = least(room, left(vendor->ramp, vendor->running));
    return least(room, left(vendor->lanes, queue->running));
}

/* --- claims --- */

struct claim {
    struct write_claim claim;
    struct write_shard *shard;
    struct write_queue *queue;
    usec ahead; /* of the clock that it was claimed by */
    struct arena arena;
};

static usec from_wall(const struct write_shard *shard, usec wall)
{
    usec now = shard->worker->now;
    usec ahead = wall - write_wall(shard);
    return wall == USEC_NEVER ? USEC_NEVER : now + usec_max(ahead, 0);
}

/* The queue goes back into the schedule; one without anything to wait for goes, and one
 * that waits for somebody's decision stays, so that it is known to have writes. */
static void put_back(struct write_shard *shard, struct write_queue *queue, usec due)
{
    struct write_vendor *vendor = queue->vendor;
    pthread_mutex_lock(&shard->lock);
    queue->claiming = false;
    if (queue->again)
        due = shard->worker->now;
    queue->again = false;
    if (due != USEC_NEVER && vendor && vendor->held_until > due)
        due = vendor->held_until + world_jitter(shard->worker->world, USEC_S);
    if (due != USEC_NEVER)
        look_at(shard, queue, due);
    else if (queue->running == 0 && !queue->stopped)
        drop_queue(shard, queue);
    pthread_mutex_unlock(&shard->lock);
}

/* No room: what is under way has to end first, and whoever ends it looks again. Where
 * that is its vendor's, it queues for it. */
static void wait_for_room(struct write_shard *shard, struct write_queue *queue)
{
    struct write_vendor *vendor = queue->vendor;
    pthread_mutex_lock(&shard->lock);
    queue->claiming = false;
    if (queue->again)
        look_at(shard, queue, shard->worker->now + 50 * USEC_MS);
    queue->again = false;
    pthread_mutex_unlock(&shard->lock);
    if (vendor && vendor->running >= vendor->ramp)
        list_push_back(&vendor->full, &queue->full);
}

/* As many as there is room for, those first that have waited longest. */
static void wake_waiting(struct write_shard *shard, struct write_vendor *vendor)
{
    if (!vendor)
        return;
    pthread_mutex_lock(&shard->lock);
    for (uint32_t n = left(vendor->ramp, vendor->running); n; n--) {
        struct list *first = list_pop_front(&vendor->full);
        if (!first)
            break;
        look_at(shard, CONTAINER_OF(first, struct write_queue, full), shard->worker->now);
    }
    pthread_mutex_unlock(&shard->lock);
}

static void pump_soon(struct write_shard *shard)
{
    timer_start(&shard->timer, 0);
}

static void on_claimed(struct write_claim *done)
{
    struct claim *claim = CONTAINER_OF(done, struct claim, claim);
    struct write_shard *shard = claim->shard;
    struct write_queue *queue = claim->queue;
    bool failed = done->err != ERR_NONE;
    usec due = failed ? shard->worker->now + store_pause : from_wall(shard, done->next);
    CRASH_POINT("write.claimed");
    shard->claim_n--;
    if (!failed)
        queue->stopped = done->stopped;
    for (uint32_t i = 0; !failed && i < done->n; i++)
        write_run_start(shard, queue, &done->rows[i], claim->ahead);
    wake_waiting(shard, queue->vendor);
    put_back(shard, queue, due);
    arena_wipe(&claim->arena);
    arena_fini(&claim->arena);
    mem_free(claim);
    pump_soon(shard);
}

static void start_claim(struct write_shard *shard, struct write_queue *queue,
                        uint32_t max)
{
    struct claim *claim = mem_zalloc(sizeof(*claim));
    arena_init(&claim->arena, 16 * 1024, 512 << 20);
    claim->shard = shard;
    claim->queue = queue;
    claim->ahead = atomic_load(&shard->writes->ahead);
    claim->claim = (struct write_claim){.store = shard->writes->config.store,
                                        .worker = shard->worker,
                                        .arena = &claim->arena,
                                        .done = on_claimed,
                                        .account = tenant_id_str(&queue->account),
                                        .max = max,
                                        .wall = write_wall(shard)};
    shard->claim_n++;
    write_claim(&claim->claim);
}

/* --- what is due --- */

/* The next queue that is due, taken out; NULL with when there will be one, which is never
 * while it drains. */
static struct write_queue *take_due(struct write_shard *shard, usec *ret_due)
{
    struct write_queue *taken = NULL;
    pthread_mutex_lock(&shard->lock);
    struct heap_node *node = shard->draining ? NULL : heap_least(&shard->due);
    *ret_due = node ? node->key : USEC_NEVER;
    if (node && node->key <= shard->worker->now) {
        taken = CONTAINER_OF(node, struct write_queue, node);
        heap_remove(&shard->due, node);
        taken->claiming = true;
    }
    pthread_mutex_unlock(&shard->lock);
    return taken;
}

/* False: nothing more can be begun now; a run or a claim that ends looks again. */
static bool begin_next(struct write_shard *shard, usec *ret_due)
{
    *ret_due = USEC_NEVER;
    if (shard->leaving || shard->claim_n >= CLAIMS_MAX || shard->run_n >= RUNS_MAX)
        return false;
    struct write_queue *queue = take_due(shard, ret_due);
    if (!queue)
        return false;
    list_remove(&queue->full);
    if (!queue->vendor)
        learn_vendor(shard, queue);
    struct write_vendor *vendor = queue->vendor;
    uint32_t room = room_for(shard, queue);
    if (vendor && vendor->held_until > shard->worker->now)
        put_back(shard, queue, vendor->held_until);
    else if (room == 0)
        wait_for_room(shard, queue);
    else
        start_claim(shard, queue, room);
    return true;
}

static void pump(struct write_shard *shard)
{
    usec due;
    if (!shard->leaving && !keep_step(shard))
        return;
    for (unsigned i = 0; i < CLAIMS_MAX; i++)
        if (!begin_next(shard, &due)) {
            if (due != USEC_NEVER)
                timer_start_at(&shard->timer, due);
            return;
        }
    timer_start(&shard->timer, 1);
}

static void on_timer(struct timer *timer)
{
    pump(CONTAINER_OF(timer, struct write_shard, timer));
}

static void on_poke(struct post *post)
{
    struct write_shard *shard = CONTAINER_OF(post, struct write_shard, poke);
    pthread_mutex_lock(&shard->lock);
    shard->poked = false;
    bool left = !shard->worker;
    pthread_mutex_unlock(&shard->lock);
    if (!left)
        pump(shard);
}

/* --- what came of a write --- */

static void note_vendor(struct write_shard *shard, struct write_vendor *vendor,
                        const struct write_news *news)
{
    usec until = shard->worker->now + news->held;
    if (news->failed)
        vendor->ramp = 1;
    else if (news->good && vendor->ramp < RAMP_MAX)
        vendor->ramp++;
    if (news->held && until > vendor->held_until)
        vendor->held_until = until;
    if (news->good)
        vendor->held_until = 0;
}

void write_queue_note(struct write_shard *shard, struct write_queue *queue,
                      const struct write_news *news)
{
    usec due = from_wall(shard, news->next);
    if (queue->vendor)
        note_vendor(shard, queue->vendor, news);
    if (news->ended)
        writes_use(shard->writes, news->environment, -(int64_t)news->bytes);
    queue->stopped = news->stopped;
    pthread_mutex_lock(&shard->lock);
    if (news->ended && queue->queued)
        queue->queued--;
    bool claimed = queue->claiming;
    if (claimed && due <= shard->worker->now)
        queue->again = true;
    if (!claimed && heap_holds(&queue->node))
        due = usec_min(due, queue->node.key);
    pthread_mutex_unlock(&shard->lock);
    wake_waiting(shard, queue->vendor);
    if (!claimed)
        put_back(shard, queue, due);
    pump_soon(shard);
}

/* --- expiry --- */

static void on_expired(struct write_expire *expire)
{
    struct write_shard *shard = CONTAINER_OF(expire, struct write_shard, expire);
    shard->expiring = false;
    if (!shard->leaving)
        timer_start(&shard->expire_timer, expire->gone ? USEC_S : expire_every);
}

static void on_expire_timer(struct timer *timer)
{
    struct write_shard *shard = CONTAINER_OF(timer, struct write_shard, expire_timer);
    if (!keep_step(shard)) {
        timer_start(&shard->expire_timer, store_pause);
        return;
    }
    shard->expiring = true;
    shard->expire = (struct write_expire){.store = shard->writes->config.store,
                                          .worker = shard->worker,
                                          .done = on_expired,
                                          .wall = write_wall(shard)};
    write_expire(&shard->expire);
}

/* --- opening and closing --- */

static bool load_queues(struct writes *writes, str *ret_why)
{
    struct write_account *items;
    struct arena arena;
    uint32_t n;
    arena_init(&arena, 64 * 1024, 1 << 30);
    enum err err = write_accounts(writes->config.store, &arena, &items, &n);
    for (uint32_t i = 0; err == ERR_NONE && i < n; i++) {
        struct account *account =
            directory_account(writes->config.directory, items[i].account);
        /* one that is gone has a queue too: its writes end there */
        struct write_shard *shard = shard_of(writes, account ? account->hash : 0);
        struct write_queue *queue = need_queue(shard, items[i].account);
        queue->queued = (uint32_t)items[i].queued;
        writes_use(writes, items[i].environment, (int64_t)items[i].bytes);
        look_at(shard, queue, 0);
        account_unref(&account);
    }
    arena_fini(&arena);
    if (err != ERR_NONE)
        *ret_why = STR("the queued writes cannot be read from the store");
    return err == ERR_NONE;
}

static bool recover(struct writes *writes, str *ret_why)
{
    uint64_t n;
    usec wall = world_wall(writes->config.world);
    if (write_recover(writes->config.store, wall, &n) != ERR_NONE) {
        *ret_why = STR("the writes that were under way cannot be read from the store");
        return false;
    }
    if (n)
        log_say(writes->config.log, LOG_WARN, "writes",
                "%llu writes were under way when the life before ended",
                (unsigned long long)n);
    return true;
}

static void open_shard(struct writes *writes, struct write_shard *shard)
{
    shard->writes = writes;
    pthread_mutex_init(&shard->lock, NULL);
    map_init(&shard->queues);
    map_init(&shard->vendors);
    heap_init(&shard->due);
    list_init(&shard->runs);
}

struct writes *writes_open(const struct writes_config *config, str *ret_why)
{
    struct writes *writes = mem_zalloc(sizeof(*writes));
    writes->magic = WRITES_MAGIC;
    writes->config = *config;
    writes->ahead = world_wall(config->world) - world_now(config->world);
    writes->shards = mem_array(config->workers, sizeof(writes->shards[0]));
    pthread_mutex_init(&writes->usage_lock, NULL);
    map_init(&writes->usages);
    writes->budgets = mem_array(config->workers, sizeof(writes->budgets[0]));
    for (unsigned i = 0; i < config->workers; i++) {
        open_shard(writes, &writes->shards[i]);
        writes->budgets[i] = (struct body_budget){.bytes_max = 256 << 20};
    }
    if (recover(writes, ret_why) && load_queues(writes, ret_why))
        return writes;
    writes_close(&writes);
    return NULL;
}

static void free_shard(struct write_shard *shard)
{
    size_t at = 0;
    CHECK(!shard->worker && shard->run_n == 0 && shard->claim_n == 0);
    for (struct write_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;)
        mem_free(queue);
    at = 0;
    for (struct write_vendor *one; (one = map_next(&shard->vendors, &at)) != NULL;)
        mem_free(one);
    map_fini(&shard->vendors);
    map_fini(&shard->queues);
    heap_fini(&shard->due);
    pthread_mutex_destroy(&shard->lock);
}

void writes_close(struct writes **writes)
{
    struct writes *gone = *writes;
    *writes = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, WRITES_MAGIC);
    for (unsigned i = 0; i < gone->config.workers; i++)
        free_shard(&gone->shards[i]);
    writes_usage_free(gone);
    mem_free(gone->budgets);
    mem_free(gone->shards);
    gone->magic = 0;
    mem_free(gone);
}

void writes_join(struct writes *writes, struct worker *worker)
{
    struct write_shard *shard = &writes->shards[worker->id];
    timer_init(&shard->timer, worker, on_timer);
    timer_init(&shard->expire_timer, worker, on_expire_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = worker;
    pthread_mutex_unlock(&shard->lock);
    pump_soon(shard);
    if (worker->id == 0)
        timer_start(&shard->expire_timer, expire_every);
}

void writes_drain(struct writes *writes, struct worker *worker)
{
    struct write_shard *shard = &writes->shards[worker->id];
    pthread_mutex_lock(&shard->lock);
    shard->draining = true;
    pthread_mutex_unlock(&shard->lock);
    timer_cancel(&shard->expire_timer);
}

uint32_t writes_busy(struct writes *writes, struct worker *worker)
{
    struct write_shard *shard = &writes->shards[worker->id];
    return shard->run_n + shard->claim_n + shard->expiring + shard->shifting;
}

void writes_stop(struct writes *writes, struct worker *worker)
{
    struct write_shard *shard = &writes->shards[worker->id];
    shard->leaving = true;
    LIST_EACH(node, &shard->runs)
    {
        write_run_stop(node);
    }
}

/* What a poke finds is nothing from here on. */
void writes_leave(struct writes *writes, struct worker *worker)
{
    struct write_shard *shard = &writes->shards[worker->id];
    CHECK(writes_busy(writes, worker) == 0);
    shard->leaving = true;
    timer_cancel(&shard->timer);
    timer_cancel(&shard->expire_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = NULL;
    pthread_mutex_unlock(&shard->lock);
}

/* --- looking --- */

static void count_shard(struct write_shard *shard, struct writes_stats *ret)
{
    size_t at = 0;
    pthread_mutex_lock(&shard->lock);
    for (struct write_queue *queue; (queue = map_next(&shard->queues, &at)) != NULL;) {
        ret->queued += queue->queued;
        ret->under_way += queue->running;
        ret->accounts++;
    }
    pthread_mutex_unlock(&shard->lock);
}

void writes_stats(struct writes *writes, struct writes_stats *ret)
{
    *ret = (struct writes_stats){.delivered = atomic_load(&writes->delivered),
                                 .dead = atomic_load(&writes->dead),
                                 .undecided = atomic_load(&writes->undecided),
                                 .tries = atomic_load(&writes->tries),
                                 .waits = atomic_load(&writes->waits),
                                 .queued_bytes = writes_usage(writes)};
    for (unsigned i = 0; i < writes->config.workers; i++)
        count_shard(&writes->shards[i], ret);
}
