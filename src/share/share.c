/*
 * A seat is memory of its own, since its asker may be gone while what it was told is on
 * its way. Each is in one state, under its shard's lock:
 *
 *   LEADS ◄──── WAITS ────► TOLD ──heard──► freed
 *     │           └──leave──► freed           (left while TOLD: freed when it is heard)
 *     └──land, leave──► freed
 */
#include "share/share.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "loop/worker.h"

enum { SHARDS = 32 };

struct share {
    struct cache_key key;
    struct cache_stamp stamp;
    struct list waiting; /* seats, the longest first */
    bool listed;         /* new ones may join */
};

struct share_seat {
    struct shares *shares;
    struct shard *shard;
    struct share *share; /* NULL: TOLD that it is over */
    struct share_asker asker;
    struct list node; /* in share->waiting */
    struct post post;
    enum share_word word; /* LEAD, WAIT; what it is told */
    bool telling;         /* the post is on its way */
    bool left;
    struct cache_entry *entry; /* a reference, when told LANDED */
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct map shares; /* by key */
};

struct shares {
    _Atomic uint64_t waiting;
    struct shard shards[SHARDS];
};

struct shares *shares_create(void)
{
    struct shares *shares = mem_lines(sizeof(*shares));
    for (int i = 0; i < SHARDS; i++) {
        CHECK(pthread_mutex_init(&shares->shards[i].lock, NULL) == 0);
        map_init(&shares->shards[i].shares);
    }
    return shares;
}

void shares_destroy(struct shares **ptr)
{
    struct shares *shares = *ptr;
    if (!shares)
        return;
    for (int i = 0; i < SHARDS; i++) {
        CHECK(shares->shards[i].shares.n == 0);
        map_fini(&shares->shards[i].shares);
        pthread_mutex_destroy(&shares->shards[i].lock);
    }
    mem_free(shares);
    *ptr = NULL;
}

uint64_t shares_waiting(struct shares *shares)
{
    return atomic_load_explicit(&shares->waiting, memory_order_relaxed);
}

/* Keys are digests: any byte of one is as good as a hash. */
static struct shard *shard_of(struct shares *shares, const struct cache_key *key)
{
    return &shares->shards[key->bytes[0] % SHARDS];
}

/* --- with the lock held --- */

static void unlist(struct shard *shard, struct share *share)
{
    if (share->listed)
        map_remove(&shard->shares, cache_key_str(&share->key));
    share->listed = false;
}

static struct share *begin(struct shard *shard, const struct cache_key *key,
                           const struct cache_stamp *stamp)
{
    struct share *share = mem_zalloc(sizeof(*share));
    share->key = *key;
    share->stamp = *stamp;
    share->listed = true;
    list_init(&share->waiting);
    map_put(&shard->shares, cache_key_str(&share->key), share);
    return share;
}

static bool is_same(const struct cache_stamp *a, const struct cache_stamp *b)
{
    return a->resource == b->resource && a->account == b->account &&
           a->purges == b->purges;
}

static void on_told(struct post *post);

static void tell(struct share_seat *seat, enum share_word word, struct cache_entry *entry)
{
    seat->word = word;
    seat->telling = true;
    seat->entry = entry ? cache_entry_ref(entry) : NULL;
    if (word != SHARE_LEAD)
        seat->share = NULL;
    atomic_fetch_sub_explicit(&seat->shares->waiting, 1, memory_order_relaxed);
    worker_post(seat->asker.worker, &seat->post, on_told);
}

static void promote(struct shard *shard, struct share *share)
{
    struct list *node = list_pop_front(&share->waiting);
    if (node) {
        tell(CONTAINER_OF(node, struct share_seat, node), SHARE_LEAD, NULL);
        return;
    }
    unlist(shard, share);
    mem_free(share);
}

/* --- being told --- */

static void on_told(struct post *post)
{
    struct share_seat *seat = CONTAINER_OF(post, struct share_seat, post);
    struct share_asker asker = seat->asker;
    struct cache_entry *entry = seat->entry;
    enum share_word word = seat->word;
    bool left = seat->left; /* by its own worker only: this one */
    seat->telling = false;
    seat->entry = NULL;
    if (left && word == SHARE_LEAD) {
        pthread_mutex_lock(&seat->shard->lock);
        promote(seat->shard, seat->share);
        pthread_mutex_unlock(&seat->shard->lock);
    }
    if (left || word != SHARE_LEAD)
        mem_free(seat);
    if (left)
        cache_entry_unref(&entry);
    else
        asker.heard(asker.owner, word, entry);
}

/* --- the askers' calls --- */

enum share_word share_join(struct shares *shares, const struct cache_key *key,
                           const struct cache_stamp *stamp,
                           const struct share_asker *asker, struct share_seat **ret_seat)
{
    struct shard *shard = shard_of(shares, key);
    struct share_seat *seat = mem_zalloc(sizeof(*seat));
    seat->shares = shares;
    seat->shard = shard;
    seat->asker = *asker;
    seat->word = SHARE_WAIT;
    list_init(&seat->node);
    pthread_mutex_lock(&shard->lock);
    struct share *share = map_find(&shard->shares, cache_key_str(key));
    if (share && !is_same(&share->stamp, stamp)) {
        unlist(shard, share);
        share = NULL;
    }
    if (!share) {
        share = begin(shard, key, stamp);
        seat->word = SHARE_LEAD;
    } else {
        list_push_back(&share->waiting, &seat->node);
        atomic_fetch_add_explicit(&shares->waiting, 1, memory_order_relaxed);
    }
    seat->share = share;
    enum share_word word = seat->word; /* a leader may be told otherwise at once */
    pthread_mutex_unlock(&shard->lock);
    *ret_seat = seat;
    return word;
}

void share_land(struct share_seat **ptr, struct cache_entry *entry)
{
    struct share_seat *seat = *ptr;
    *ptr = NULL;
    if (!seat)
        return;
    struct share *share = seat->share;
    struct shard *shard = seat->shard;
    CHECK(seat->word == SHARE_LEAD && !seat->telling);
    pthread_mutex_lock(&shard->lock);
    unlist(shard, share);
    for (struct list *node; (node = list_pop_front(&share->waiting));)
        tell(CONTAINER_OF(node, struct share_seat, node),
             entry ? SHARE_LANDED : SHARE_ALONE, entry);
    pthread_mutex_unlock(&shard->lock);
    mem_free(share);
    mem_free(seat);
}

/* A seat that is being told is freed when it has been: the post is on its way. */
void share_leave(struct share_seat **ptr)
{
    struct share_seat *seat = *ptr;
    *ptr = NULL;
    if (!seat)
        return;
    struct shard *shard = seat->shard;
    pthread_mutex_lock(&shard->lock);
    bool telling = seat->telling;
    if (telling) {
        seat->left = true;
    } else if (seat->word == SHARE_LEAD) {
        promote(shard, seat->share);
    } else {
        list_remove(&seat->node);
        atomic_fetch_sub_explicit(&seat->shares->waiting, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&shard->lock);
    if (!telling)
        mem_free(seat);
}
