/*
 *   store_submit ──> writes ──> writer thread ── begin, savepoint each, commit ──> posts
 *                └─> reads  ──> k reader threads, one operation a transaction  ──> posts
 *
 * Group commit without waiting: the writer takes all that has gathered while it was busy
 * with the batch before, so that a batch is as large as the disk is slow.
 *
 * An implementation without readers has no threads; store_submit then runs the operation
 * at once, like store_run, and posts the answer.
 */
#include "store/store.h"

#include "base/mem.h"
#include "loop/thread.h"
#include "store/migration.h"
#include "store/store_seat.h"

enum { BATCH_MAX = 512, READERS_MAX = 8, WAITING_MAX = 65536, MAGIC = 0x5709e000 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct store_op *first;
    struct store_op *last;
    bool closing;
};

struct store {
    uint32_t magic;
    const struct store_ops *ops;
    void *base;
    struct seat_counts counts;
    struct queue writes;
    struct queue reads;
    atomic_uint_fast64_t waiting;
    struct seat writer;
    struct seat readers[READERS_MAX];
    struct thread *write_thread; /* NULL: no threads */
    struct reading {
        struct store *store;
        struct seat *seat;
        struct thread *thread;
    } reading[READERS_MAX];
};

/* --- queues --- */

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){0};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
}

static void queue_fini(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->filled);
}

static void queue_push(struct queue *queue, struct store_op *op)
{
    op->next = NULL;
    pthread_mutex_lock(&queue->lock);
    if (queue->last)
        queue->last->next = op;
    else
        queue->first = op;
    queue->last = op;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

/* Waits for operations and takes the first `max` of them; NULL when the store closes. */
static struct store_op *queue_take(struct queue *queue, int max)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->first && !queue->closing)
        pthread_cond_wait(&queue->filled, &queue->lock);
    struct store_op *first = queue->first;
    struct store_op *last = first;
    while (last && last->next && --max > 0)
        last = last->next;
    if (last) {
        queue->first = last->next;
        last->next = NULL;
    }
    if (!queue->first)
        queue->last = NULL;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

static void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    CHECK(!queue->first);
    queue->closing = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

/* --- serving --- */

static void on_answer(struct post *post)
{
    struct store_op *op = CONTAINER_OF(post, struct store_op, post);
    op->done(op);
}

/* The operation belongs to its owner again as soon as it is posted. */
static void answer(struct store *store, struct store_op *op)
{
    while (op) {
        struct store_op *next = op->next;
        atomic_fetch_sub(&store->waiting, 1);
        worker_post(op->worker, &op->post, on_answer);
        op = next;
    }
}

static void serve_writes(void *arg)
{
    struct store *store = arg;
    for (struct store_op *batch;
         (batch = queue_take(&store->writes, BATCH_MAX)) != NULL;) {
        seat_run_batch(&store->writer, batch);
        answer(store, batch);
        seat_upkeep(&store->writer);
    }
}

static void serve_reads(void *arg)
{
    struct reading *reading = arg;
    struct store *store = reading->store;
    for (struct store_op *op; (op = queue_take(&store->reads, 1)) != NULL;) {
        seat_run(reading->seat, op);
        answer(store, op);
    }
}

/* --- asking --- */

static void run_here(struct store *store, struct store_op *op)
{
    bool reads = op->kind == STORE_READ && store->ops->readers > 0;
    seat_run(reads ? &store->readers[0] : &store->writer, op);
    if (!reads)
        seat_upkeep(&store->writer);
}

enum err store_run(struct store *store, struct store_op *op)
{
    CHECK_MAGIC(store, MAGIC);
    run_here(store, op);
    return op->err;
}

void store_submit(struct store *store, struct store_op *op)
{
    CHECK_MAGIC(store, MAGIC);
    op->next = NULL;
    op->err = ERR_NONE;
    if (atomic_fetch_add(&store->waiting, 1) >= WAITING_MAX) {
        op->err = ERR_STORE_UNAVAILABLE;
        answer(store, op);
    } else if (store->ops->readers == 0) {
        run_here(store, op);
        answer(store, op);
    } else {
        queue_push(op->kind == STORE_READ ? &store->reads : &store->writes, op);
    }
}

void store_stats(struct store *store, struct store_stats *ret_stats)
{
    CHECK_MAGIC(store, MAGIC);
    *ret_stats = (struct store_stats){
        .waiting = atomic_load(&store->waiting),
        .commits = atomic_load(&store->counts.commits),
        .operations = atomic_load(&store->counts.operations),
        .faults = atomic_load(&store->counts.faults),
        .sealed = atomic_load(&store->counts.sealed),
        .bytes = store->ops->bytes(store->base),
    };
}

str store_last_fault(struct store *store, struct arena *arena)
{
    CHECK_MAGIC(store, MAGIC);
    struct seat_counts *counts = &store->counts;
    pthread_mutex_lock(&counts->fault_lock);
    str fault = arena_str(arena, buf_peek(&counts->fault));
    pthread_mutex_unlock(&counts->fault_lock);
    return fault;
}

void store_on_announce(struct store *store, void (*fn)(void *arg), void *arg)
{
    CHECK_MAGIC(store, MAGIC);
    struct seat_counts *counts = &store->counts;
    pthread_mutex_lock(&counts->announce_lock);
    counts->on_announce = fn;
    counts->on_announce_arg = arg;
    pthread_mutex_unlock(&counts->announce_lock);
}

void store_on_fault(struct store *store,
                    void (*fn)(void *arg, enum err err, str words, bool again), void *arg)
{
    CHECK_MAGIC(store, MAGIC);
    struct seat_counts *counts = &store->counts;
    pthread_mutex_lock(&counts->fault_lock);
    counts->on_fault = fn;
    counts->on_fault_arg = arg;
    pthread_mutex_unlock(&counts->fault_lock);
}

/* --- opening and closing --- */

static const struct store_ops *find_ops(str name)
{
    static const struct {
        const char *name;
        const struct store_ops *ops;
    } stores[] = {
#define X(id, what) {#id, &store_##id},
#include "store/store_list.h"
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        if (str_eq(name, str_z(stores[i].name)))
            return stores[i].ops;
    return NULL;
}

static struct store *create(const struct store_ops *ops)
{
    struct store *store = mem_zalloc(sizeof(*store));
    CHECK(ops->readers <= READERS_MAX);
    store->magic = MAGIC;
    store->ops = ops;
    queue_init(&store->writes);
    queue_init(&store->reads);
    seat_counts_init(&store->counts);
    seat_init(&store->writer, ops, &store->counts);
    for (unsigned i = 0; i < ops->readers; i++)
        seat_init(&store->readers[i], ops, &store->counts);
    return store;
}

static void destroy(struct store *store)
{
    for (unsigned i = 0; i < store->ops->readers; i++)
        seat_fini(&store->readers[i]);
    seat_fini(&store->writer);
    store->ops->close(store->base);
    queue_fini(&store->writes);
    queue_fini(&store->reads);
    seat_counts_fini(&store->counts);
    store->magic = 0;
    mem_free(store);
}

static bool connect_all(struct store *store, struct arena *arena, str *ret_why)
{
    const struct store_ops *ops = store->ops;
    store->writer.link = ops->connect(store->base, LINK_WRITER, arena, ret_why);
    if (!store->writer.link || !migration_run(ops, store->writer.link, arena, ret_why))
        return false;
    for (unsigned i = 0; i < ops->readers; i++) {
        void *link = ops->connect(store->base, LINK_READER, arena, ret_why);
        if (!link)
            return false;
        store->readers[i].link = link;
    }
    return true;
}

static void start(struct store *store)
{
    if (store->ops->readers == 0)
        return;
    store->write_thread = thread_start("store-write", serve_writes, store);
    for (unsigned i = 0; i < store->ops->readers; i++) {
        struct reading *reading = &store->reading[i];
        reading->store = store;
        reading->seat = &store->readers[i];
        reading->thread = thread_start("store-read", serve_reads, reading);
    }
}

static void stop(struct store *store)
{
    queue_close(&store->writes);
    queue_close(&store->reads);
    if (!store->write_thread)
        return;
    thread_join(&store->write_thread);
    for (unsigned i = 0; i < store->ops->readers; i++)
        thread_join(&store->reading[i].thread);
}

struct store *store_open(str name, str dir, struct arena *arena, str *ret_why)
{
    const struct store_ops *ops = find_ops(name);
    void *base;
    if (!ops) {
        *ret_why =
            arena_printf(arena, "There is no store named \"" STR_F "\".", STR_A(name));
        return NULL;
    }
    if (!ops->open(dir, arena, &base, ret_why))
        return NULL;
    struct store *store = create(ops);
    store->base = base;
    if (!connect_all(store, arena, ret_why)) {
        destroy(store);
        return NULL;
    }
    start(store);
    return store;
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    CHECK_MAGIC(*store, MAGIC);
    CHECK(atomic_load(&(*store)->waiting) == 0);
    stop(*store);
    destroy(*store);
    *store = NULL;
}
