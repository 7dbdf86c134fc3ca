/*
 * Hash tables with chains: the links stand in the accounts, so that an account costs 32
 * bytes and no allocation here. The hash covers scope and name.
 */
#include "directory/external_index.h"

#include "base/hash.h"
#include "base/mem.h"

enum { ROOM_MIN = 16 };

void external_index_init(struct external_index *index, size_t place_at,
                         str (*scope)(const struct account *account))
{
    *index = (struct external_index){.place_at = place_at, .scope = scope};
    for (int i = 0; i < EXTERNAL_SHARDS; i++)
        pthread_rwlock_init(&index->shards[i].lock, NULL);
}

void external_index_fini(struct external_index *index)
{
    for (int i = 0; i < EXTERNAL_SHARDS; i++) {
        mem_free(index->shards[i].buckets);
        pthread_rwlock_destroy(&index->shards[i].lock);
    }
}

static uint64_t hash_of(str scope, str external_id)
{
    return hash_str(scope) * 31 + hash_str(external_id);
}

static struct external_shard *shard_of(struct external_index *index, uint64_t hash)
{
    return &index->shards[hash >> 60 & (EXTERNAL_SHARDS - 1)];
}

static struct tenant_place *place_of(const struct external_index *index,
                                     struct account *account)
{
    return (struct tenant_place *)(void *)((char *)account + index->place_at);
}

static struct account *account_of(const struct external_index *index,
                                  struct tenant_place *place)
{
    return (struct account *)(void *)((char *)place - index->place_at);
}

static void push(struct external_shard *shard, struct tenant_place *place)
{
    struct tenant_place **bucket = &shard->buckets[place->hash & (shard->room - 1)];
    place->next = *bucket;
    *bucket = place;
}

/* Chains keep their order, newest first, since they are moved from their ends. */
static void move_chain(struct external_shard *shard, struct tenant_place *chain)
{
    struct tenant_place *reversed = NULL;
    while (chain) {
        struct tenant_place *next = chain->next;
        chain->next = reversed;
        reversed = chain;
        chain = next;
    }
    while (reversed) {
        struct tenant_place *next = reversed->next;
        push(shard, reversed);
        reversed = next;
    }
}

static void grow(struct external_shard *shard)
{
    struct tenant_place **old = shard->buckets;
    size_t old_room = shard->room;
    shard->room = old_room ? old_room * 2 : ROOM_MIN;
    shard->buckets = mem_array(shard->room, sizeof(shard->buckets[0]));
    for (size_t i = 0; i < old_room; i++)
        move_chain(shard, old[i]);
    mem_free(old);
}

void external_index_add(struct external_index *index, struct account *account)
{
    struct tenant_place *place = place_of(index, account);
    place->hash = hash_of(index->scope(account), account->external_id);
    struct external_shard *shard = shard_of(index, place->hash);
    pthread_rwlock_wrlock(&shard->lock);
    if (shard->n == shard->room)
        grow(shard);
    push(shard, place);
    shard->n++;
    pthread_rwlock_unlock(&shard->lock);
}

void external_index_remove(struct external_index *index, struct account *account)
{
    struct tenant_place *place = place_of(index, account);
    struct external_shard *shard = shard_of(index, place->hash);
    pthread_rwlock_wrlock(&shard->lock);
    struct tenant_place **link = &shard->buckets[place->hash & (shard->room - 1)];
    while (*link != place) {
        CHECK(*link != NULL);
        link = &(*link)->next;
    }
    *link = place->next;
    shard->n--;
    pthread_rwlock_unlock(&shard->lock);
}

void external_index_each(struct external_index *index, str scope, str external_id,
                         bool (*visit)(struct account *account, void *arg), void *arg)
{
    uint64_t hash = hash_of(scope, external_id);
    struct external_shard *shard = shard_of(index, hash);
    pthread_rwlock_rdlock(&shard->lock);
    struct tenant_place *place = NULL;
    if (shard->room)
        place = shard->buckets[hash & (shard->room - 1)];
    for (; place; place = place->next) {
        struct account *account = account_of(index, place);
        if (place->hash == hash && str_eq(account->external_id, external_id) &&
            str_eq(index->scope(account), scope) && !visit(account, arg))
            break;
    }
    pthread_rwlock_unlock(&shard->lock);
}
