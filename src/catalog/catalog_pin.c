/*
 * A worker's pins. It takes a reference to the present snapshot when it is told of one;
 * its exchanges count themselves on that pin without any lock. A pin that is no longer
 * the newest goes when its last user does.
 *
 *   publish ──post──► present ──newer one──► old ──last unpin──► gone
 *
 * A post that is on its way when the worker leaves finds `left` and frees what it came
 * to.
 */
#include "base/mem.h"
#include "catalog/catalog_state.h"

struct held {
    struct pin pin;
    struct list node; /* of the old ones */
};

struct member {
    struct catalog *catalog;
    struct worker *worker;
    struct post post;
    bool pending; /* the post; under the catalog's lock */
    bool left;
    struct held *present;
    struct list old;
};

static struct held *hold(struct snapshot *snapshot)
{
    struct held *held = mem_zalloc(sizeof(*held));
    held->pin.snapshot = snapshot;
    list_init(&held->node);
    return held;
}

static void let_go(struct held *held)
{
    list_remove(&held->node);
    snapshot_unref(&held->pin.snapshot);
    mem_free(held);
}

/* The old pin stays as long as it has users. */
static void replace(struct member *member, struct snapshot *snapshot)
{
    struct held *before = member->present;
    member->present = hold(snapshot);
    if (!before)
        return;
    if (before->pin.users == 0)
        let_go(before);
    else
        list_push_back(&member->old, &before->node);
}

/* With the lock. */
static void mark_taken(struct member *member)
{
    struct catalog *catalog = member->catalog;
    member->pending = false;
    if (--catalog->untaken == 0)
        pthread_cond_signal(&catalog->taken);
}

static void take_newest(struct post *post)
{
    struct member *member = CONTAINER_OF(post, struct member, post);
    if (member->left) {
        mem_free(member);
        return;
    }
    pthread_mutex_lock(&member->catalog->lock);
    mark_taken(member);
    struct snapshot *newest = snapshot_ref(member->catalog->snapshot);
    pthread_mutex_unlock(&member->catalog->lock);
    if (member->present->pin.snapshot == newest)
        snapshot_unref(&newest);
    else
        replace(member, newest);
}

void catalog_tell(struct member *member)
{
    if (member->pending)
        return;
    member->pending = true;
    member->catalog->untaken++;
    worker_post(member->worker, &member->post, take_newest);
}

void catalog_wait_taken(struct catalog *catalog)
{
    pthread_mutex_lock(&catalog->lock);
    while (catalog->untaken > 0)
        pthread_cond_wait(&catalog->taken, &catalog->lock);
    pthread_mutex_unlock(&catalog->lock);
}

void catalog_join(struct catalog *catalog, struct worker *worker)
{
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    CHECK(worker->id < CATALOG_WORKERS_MAX && !catalog->members[worker->id]);
    struct member *member = mem_zalloc(sizeof(*member));
    member->catalog = catalog;
    member->worker = worker;
    list_init(&member->old);
    replace(member, catalog_snapshot(catalog));
    pthread_mutex_lock(&catalog->lock);
    catalog->members[worker->id] = member;
    if (member->present->pin.snapshot != catalog->snapshot)
        catalog_tell(member);
    pthread_mutex_unlock(&catalog->lock);
}

void catalog_leave(struct catalog *catalog, struct worker *worker)
{
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    struct member *member = catalog->members[worker->id];
    CHECK(member && list_empty(&member->old) && member->present->pin.users == 0);
    watch_leave(&catalog->watch, worker);
    let_go(member->present);
    pthread_mutex_lock(&catalog->lock);
    catalog->members[worker->id] = NULL;
    bool pending = member->pending;
    if (pending)
        mark_taken(member);
    pthread_mutex_unlock(&catalog->lock);
    member->left = true;
    if (!pending)
        mem_free(member);
}

struct pin *catalog_pin(struct catalog *catalog, struct worker *worker)
{
    struct member *member = catalog->members[worker->id];
    CHECK(member != NULL);
    member->present->pin.users++;
    return &member->present->pin;
}

void catalog_unpin(struct catalog *catalog, struct worker *worker, struct pin *pin)
{
    const struct member *member = catalog->members[worker->id];
    struct held *held = CONTAINER_OF(pin, struct held, pin);
    CHECK(member != NULL && pin->users > 0);
    if (--pin->users == 0 && held != member->present)
        let_go(held);
}
