/*
 * The table, the counts of invalidations, and the thread that writes behind.
 *
 * Invalidation costs one addition: each entry remembers the counts of its resource and of
 * its account from before it was asked for, and is fresh while both still stand. The
 * counts have slots, not names; two resources that share one end each other's freshness
 * now and then, which costs a call and no truth.
 *
 * Order between a worker that keeps and one that ends: a worker puts into the table
 * first and then into the queue; the thread looks at the table and at the counts again
 * when it writes. So what was purged or invalidated meanwhile is not written, or not as
 * fresh, in whatever order the jobs came.
 */
#include "cache/cache.h"

#include <pthread.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cache/cache_disk.h"
#include "cache/table.h"
#include "loop/thread.h"
#include "loop/worker.h"
#include "loop/space.h"
#include "loop/world.h"

enum {
    SLOTS = 1 << 18,
    BOOKED_BYTES_MAX = 64 << 20, /* of answers on their way */
    QUEUE_BYTES_MAX = 64 << 20   /* waiting for the disk; past it nothing is written */
};

enum job_kind { JOB_PUT, JOB_INVALIDATE, JOB_PURGE, JOB_FORGET, JOB_FLUSH, JOB_CLOSE };

struct cache_job {
    struct cache_job *next;
    struct post post;
    enum job_kind kind;
    struct cache_entry *entry; /* PUT: a reference */
    struct account *account;   /* PUT: a reference, for its data key */
    struct cache_purge *purge;
    bool *flushed; /* FLUSH */
    struct tenant_id of;
    size_t resource_n; /* INVALIDATE; SIZE_MAX: all */
    char resource[];
};

struct cache {
    struct world *world;
    struct space *space;
    struct table *table;
    struct disk *disk; /* NULL: none */
    _Atomic uint32_t purges;
    _Atomic uint64_t stored, invalidated, unwritten;
    uint64_t loaded;
    size_t bytes_max, environment_bytes_max;
    _Atomic size_t disk_bytes;
    _Atomic size_t booked;
    atomic_bool spoiled; /* an invalidation was not written */
    struct thread *thread;
    pthread_mutex_t lock; /* of the queue */
    pthread_cond_t more, done;
    struct cache_job *first, *last;
    size_t queued;
    _Atomic uint32_t counts[SLOTS];
};

/* --- counts --- */

static uint32_t slot_of(uint64_t account, str resource)
{
    uint64_t mixed = (account ^ hash_str(str_absent(resource) ? STR("*") : resource)) *
                     0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 46); /* 18 bits */
}

static uint32_t count_at(struct cache *cache, uint32_t slot)
{
    return atomic_load_explicit(&cache->counts[slot], memory_order_acquire);
}

struct cache_stamp cache_stamp(struct cache *cache, const struct account *account,
                               str resource)
{
    return (struct cache_stamp){
        .resource = count_at(cache, slot_of(account->hash, resource)),
        .account = count_at(cache, slot_of(account->hash, STR_NONE)),
        .purges = atomic_load_explicit(&cache->purges, memory_order_acquire)};
}

bool cache_is_current(struct cache *cache, const struct cache_entry *entry)
{
    return count_at(cache, entry->slots[0]) == entry->stamp.resource &&
           count_at(cache, entry->slots[1]) == entry->stamp.account;
}

bool cache_is_fresh(struct cache *cache, const struct cache_entry *entry, usec now)
{
    return now < entry->fresh_until && cache_is_current(cache, entry);
}

/* --- the queue --- */

static struct cache_job *job_create(enum job_kind kind, size_t more)
{
    struct cache_job *job = mem_zalloc(sizeof(*job) + more);
    job->kind = kind;
    return job;
}

static size_t job_bytes(const struct cache_job *job)
{
    return sizeof(*job) + (job->entry ? job->entry->bytes : 0);
}

static void job_destroy(struct cache_job *job)
{
    cache_entry_unref(&job->entry);
    account_unref(&job->account);
    mem_free(job);
}

/* False: too much waits already. What somebody waits for is taken in any case. */
static bool enqueue(struct cache *cache, struct cache_job *job)
{
    pthread_mutex_lock(&cache->lock);
    bool waited_for = job->kind != JOB_PUT && job->kind != JOB_INVALIDATE;
    bool full = !waited_for && cache->queued > QUEUE_BYTES_MAX;
    if (!full) {
        if (cache->last)
            cache->last->next = job;
        else
            cache->first = job;
        cache->last = job;
        cache->queued += job_bytes(job);
        pthread_cond_signal(&cache->more);
    }
    pthread_mutex_unlock(&cache->lock);
    return !full;
}

static struct cache_job *dequeue(struct cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    while (!cache->first)
        pthread_cond_wait(&cache->more, &cache->lock);
    struct cache_job *job = cache->first;
    cache->first = job->next;
    if (!cache->first)
        cache->last = NULL;
    cache->queued -= job_bytes(job);
    pthread_mutex_unlock(&cache->lock);
    return job;
}

/* --- reading and keeping --- */

struct cache_entry *cache_find(struct cache *cache, const struct tenant_id *environment,
                               const struct cache_key *key, usec now)
{
    struct cache_entry *entry = table_find(cache->table, environment, key);
    if (entry && usec_max(entry->fresh_until, entry->stale_until) <= now)
        cache_entry_unref(&entry);
    return entry;
}

static void write_behind(struct cache *cache, struct cache_entry *entry,
                         struct account *account)
{
    struct cache_job *job = job_create(JOB_PUT, 0);
    job->entry = cache_entry_ref(entry);
    job->account = account_ref(account);
    if (enqueue(cache, job))
        return;
    atomic_fetch_add_explicit(&cache->unwritten, 1, memory_order_relaxed);
    job_destroy(job);
}

void cache_put(struct cache *cache, struct cache_entry *entry, struct account *account)
{
    bool raw = entry->kind == CACHE_RAW;
    if (entry->stamp.purges !=
        atomic_load_explicit(&cache->purges, memory_order_acquire)) {
        cache_entry_unref(&entry);
        return;
    }
    entry->slots[0] = slot_of(account->hash, entry->resource);
    entry->slots[1] = slot_of(account->hash, STR_NONE);
    struct cache_entry *kept = cache_entry_ref(entry);
    if (table_put(cache->table, entry, false) && raw) {
        atomic_fetch_add_explicit(&cache->stored, 1, memory_order_relaxed);
        if (cache->disk)
            write_behind(cache, kept, account);
    }
    cache_entry_unref(&kept);
}

bool cache_book(struct cache *cache, size_t n)
{
    size_t before = atomic_fetch_add_explicit(&cache->booked, n, memory_order_relaxed);
    if (before + n <= BOOKED_BYTES_MAX)
        return true;
    cache_unbook(cache, n);
    return false;
}

void cache_unbook(struct cache *cache, size_t n)
{
    atomic_fetch_sub_explicit(&cache->booked, n, memory_order_relaxed);
}

/* --- ending --- */

static void count_up(struct cache *cache, uint64_t account, str resource)
{
    atomic_fetch_add_explicit(&cache->counts[slot_of(account, resource)], 1,
                              memory_order_acq_rel);
}

void cache_invalidate(struct cache *cache, const struct account *account, str resource)
{
    count_up(cache, account->hash, resource);
    atomic_fetch_add_explicit(&cache->invalidated, 1, memory_order_relaxed);
    if (!cache->disk)
        return;
    struct cache_job *job = job_create(JOB_INVALIDATE, resource.n);
    job->of = account->id;
    job->resource_n = str_absent(resource) ? SIZE_MAX : resource.n;
    if (resource.n)
        memcpy(job->resource, resource.p, resource.n);
    if (enqueue(cache, job))
        return;
    atomic_store(&cache->spoiled, true);
    job_destroy(job);
}

static bool fits(str wanted, str is)
{
    return str_absent(wanted) || (!str_absent(is) && str_eq(wanted, is));
}

static bool is_purged(const struct cache_entry *entry, const void *arg)
{
    const struct cache_purge *purge = arg;
    return fits(purge->account, tenant_id_str(&entry->account)) &&
           fits(purge->environment, tenant_id_str(&entry->environment)) &&
           fits(purge->integration, entry->integration) &&
           fits(purge->resource, entry->resource);
}

void cache_purge(struct cache *cache, struct cache_purge *purge)
{
    CHECK(!str_absent(purge->account) || !str_absent(purge->environment) ||
          !str_absent(purge->integration) || !str_absent(purge->resource));
    struct cache_job *job = job_create(JOB_PURGE, 0);
    job->purge = purge;
    purge->job = job;
    enqueue(cache, job);
}

void cache_forget(struct cache *cache, str account)
{
    struct cache_job *job = job_create(JOB_FORGET, 0);
    job->of = tenant_id_of(account);
    enqueue(cache, job);
}

/* --- the thread --- */

static void write_entry(struct cache *cache, struct cache_entry *entry,
                        struct account *account)
{
    usec now = world_now(cache->world);
    if (!atomic_load(&entry->linked))
        return; /* replaced, purged or evicted meanwhile */
    if (!space_has_room(cache->space, entry->bytes) ||
        !disk_put(cache->disk, entry, account, cache_is_fresh(cache, entry, now)))
        atomic_fetch_add_explicit(&cache->unwritten, 1, memory_order_relaxed);
}

struct of_segment {
    uint32_t segment;
    struct cache_entry **items;
    size_t n, room;
};

static void note_of_segment(struct cache_entry *entry, void *arg)
{
    struct of_segment *of = arg;
    if (atomic_load(&entry->segment) != of->segment)
        return;
    if (of->n == of->room) {
        of->room = of->room ? 2 * of->room : 64;
        of->items = mem_grow(of->items, of->room * sizeof(struct cache_entry *));
    }
    of->items[of->n++] = cache_entry_ref(entry);
}

/* The oldest segments go; what is still kept of them is written anew. An account that is
 * gone has no key any more, and nothing of it stays. */
static void clean(struct cache *cache)
{
    struct of_segment of = {.segment = disk_oldest_to_clean(cache->disk)};
    if (!of.segment)
        return;
    table_each(cache->table, note_of_segment, &of);
    for (size_t i = 0; i < of.n; i++) {
        struct account *account = disk_account(cache->disk, &of.items[i]->account);
        if (account)
            write_entry(cache, of.items[i], account);
        account_unref(&account);
        cache_entry_unref(&of.items[i]);
    }
    mem_free(of.items);
    disk_drop(cache->disk, of.segment);
}

static void on_purged(struct post *post)
{
    struct cache_job *job = CONTAINER_OF(post, struct cache_job, post);
    struct cache_purge *purge = job->purge;
    purge->job = NULL;
    job_destroy(job);
    purge->done(purge);
}

/* Counted first: what was asked for before is not kept after. */
static void run_purge(struct cache *cache, struct cache_job *job)
{
    struct cache_purge *purge = job->purge;
    atomic_fetch_add_explicit(&cache->purges, 1, memory_order_acq_rel);
    purge->entries = table_remove(cache->table, is_purged, purge, &purge->bytes);
    bool written = !cache->disk || disk_purge(cache->disk, purge);
    purge->err = written ? ERR_NONE : ERR_STORE_UNAVAILABLE;
    worker_post(purge->worker, &job->post, on_purged);
}

static void run_forget(struct cache *cache, const struct cache_job *job)
{
    struct cache_purge purge = {.account = tenant_id_str(&job->of),
                                .environment = STR_NONE,
                                .integration = STR_NONE,
                                .resource = STR_NONE};
    uint64_t bytes;
    atomic_fetch_add_explicit(&cache->purges, 1, memory_order_acq_rel);
    table_remove(cache->table, is_purged, &purge, &bytes);
}

static void run_flush(struct cache *cache, struct cache_job *job)
{
    if (cache->disk)
        disk_sync(cache->disk);
    pthread_mutex_lock(&cache->lock);
    *job->flushed = true;
    pthread_cond_broadcast(&cache->done);
    pthread_mutex_unlock(&cache->lock);
}

/* False: it was the last. */
static bool run_job(struct cache *cache, struct cache_job *job)
{
    str resource =
        job->resource_n == SIZE_MAX ? STR_NONE : str_of(job->resource, job->resource_n);
    switch (job->kind) {
    case JOB_PUT:
        write_entry(cache, job->entry, job->account);
        clean(cache);
        break;
    case JOB_INVALIDATE:
        disk_invalidate(cache->disk, tenant_id_str(&job->of), resource);
        break;
    case JOB_PURGE:
        run_purge(cache, job);
        return true; /* the worker lets it go */
    case JOB_FORGET:
        run_forget(cache, job);
        break;
    case JOB_FLUSH:
        run_flush(cache, job);
        break;
    case JOB_CLOSE:
        job_destroy(job);
        return false;
    }
    job_destroy(job);
    return true;
}

static void run(void *arg)
{
    struct cache *cache = arg;
    while (run_job(cache, dequeue(cache)))
        if (cache->disk)
            atomic_store(&cache->disk_bytes, disk_bytes(cache->disk));
}

void cache_flush(struct cache *cache)
{
    bool flushed = false;
    struct cache_job *job = job_create(JOB_FLUSH, 0);
    job->flushed = &flushed;
    enqueue(cache, job);
    pthread_mutex_lock(&cache->lock);
    while (!flushed)
        pthread_cond_wait(&cache->done, &cache->lock);
    pthread_mutex_unlock(&cache->lock);
}

/* --- life --- */

/* What the disk has, in the order in which it was written. */
static void load_entry(void *arg, struct cache_entry *entry)
{
    struct cache *cache = arg;
    uint64_t account = hash_stable(tenant_id_str(&entry->account));
    entry->slots[0] = slot_of(account, entry->resource);
    entry->slots[1] = slot_of(account, STR_NONE);
    entry->stamp.resource = count_at(cache, entry->slots[0]);
    entry->stamp.account = count_at(cache, entry->slots[1]);
    cache->loaded += table_put(cache->table, entry, false);
}

static void load_invalidation(void *arg, str account, str resource)
{
    count_up(arg, hash_stable(account), resource);
}

static void load_purge(void *arg, const struct cache_purge *purge)
{
    struct cache *cache = arg;
    uint64_t bytes;
    table_remove(cache->table, is_purged, purge, &bytes);
}

static void open_disk(struct cache *cache, const struct cache_settings *settings)
{
    static const struct disk_events events = {load_entry, load_invalidation, load_purge};
    cache->disk = disk_open(settings, &events, cache);
    if (cache->disk)
        atomic_store(&cache->disk_bytes, disk_bytes(cache->disk));
}

struct cache *cache_open(const struct cache_settings *settings)
{
    struct cache *cache = mem_lines(sizeof(*cache));
    struct table_bounds bounds = {settings->bytes_max, settings->environment_bytes_max};
    cache->world = settings->world;
    cache->space = settings->space;
    cache->bytes_max = settings->bytes_max;
    cache->environment_bytes_max = settings->environment_bytes_max;
    cache->table = table_create(&bounds);
    CHECK(pthread_mutex_init(&cache->lock, NULL) == 0);
    CHECK(pthread_cond_init(&cache->more, NULL) == 0);
    CHECK(pthread_cond_init(&cache->done, NULL) == 0);
    if (settings->dir)
        open_disk(cache, settings);
    cache->thread = thread_start("bw-cache", run, cache);
    return cache;
}

void cache_close(struct cache **ptr)
{
    struct cache *cache = *ptr;
    if (!cache)
        return;
    enqueue(cache, job_create(JOB_CLOSE, 0));
    thread_join(&cache->thread);
    if (cache->disk && atomic_load(&cache->spoiled))
        disk_spoil(cache->disk);
    disk_close(&cache->disk);
    table_destroy(&cache->table);
    pthread_cond_destroy(&cache->done);
    pthread_cond_destroy(&cache->more);
    pthread_mutex_destroy(&cache->lock);
    mem_free(cache);
    *ptr = NULL;
}

/* --- looking --- */

static void take_counts(struct cache *cache, const struct table_counts *counts,
                        struct cache_stats *ret)
{
    *ret = (struct cache_stats){.entries = counts->entries,
                                .mapped = counts->mapped,
                                .bytes = counts->bytes,
                                .evicted = counts->evicted,
                                .bytes_max = cache->bytes_max,
                                .environment_bytes_max = cache->environment_bytes_max};
}

void cache_stats(struct cache *cache, struct cache_stats *ret)
{
    struct table_counts counts;
    table_counts(cache->table, &counts);
    take_counts(cache, &counts, ret);
    ret->disk_bytes = atomic_load(&cache->disk_bytes);
    ret->stored = atomic_load(&cache->stored);
    ret->invalidated = atomic_load(&cache->invalidated);
    ret->unwritten = atomic_load(&cache->unwritten);
    ret->loaded = cache->loaded;
}

void cache_environment_stats(struct cache *cache, str environment,
                             struct cache_stats *ret)
{
    struct table_counts counts;
    table_environment_counts(cache->table, environment, &counts);
    take_counts(cache, &counts, ret);
}

struct listing {
    const struct account *account;
    str resource;
    const struct cache_key *after;
    uint32_t max, n;
    struct cache_entry **items;
};

static bool is_before(const struct cache_key *a, const struct cache_key *b)
{
    return memcmp(a->bytes, b->bytes, CACHE_KEY_BYTES) < 0;
}

/* Keeps the `max` least by key. */
static void note_listed(struct cache_entry *entry, void *arg)
{
    struct listing *listing = arg;
    if (entry->kind != CACHE_RAW ||
        !fits(tenant_id_str(&listing->account->id), tenant_id_str(&entry->account)) ||
        !fits(listing->resource, entry->resource) ||
        (listing->after && !is_before(listing->after, &entry->key)))
        return;
    uint32_t at = listing->n;
    while (at > 0 && is_before(&entry->key, &listing->items[at - 1]->key))
        at--;
    if (at == listing->max)
        return;
    if (listing->n == listing->max)
        cache_entry_unref(&listing->items[--listing->n]);
    memmove(&listing->items[at + 1], &listing->items[at],
            (listing->n - at) * sizeof(struct cache_entry *));
    listing->items[at] = cache_entry_ref(entry);
    listing->n++;
}

uint32_t cache_list(struct cache *cache, const struct account *account, str resource,
                    const struct cache_key *after, uint32_t max, struct cache_entry **ret)
{
    struct listing listing = {.account = account,
                              .resource = resource,
                              .after = after,
                              .max = max,
                              .items = ret};
    table_each_of(cache->table, tenant_id_str(&account->environment->id), note_listed,
                  &listing);
    return listing.n;
}
