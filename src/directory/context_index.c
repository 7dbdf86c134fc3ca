/*
 * A hash table with chains. The hash covers all three texts; what it leads to is
 * compared.
 */
#include "directory/context_index.h"

#include "base/hash.h"
#include "base/mem.h"

enum { ROOM_MIN = 64 };

struct context_place {
    struct context_place *next;
    uint64_t hash;
    struct account *account;
    uint32_t member; /* of its context */
};

void context_index_init(struct context_index *index)
{
    *index = (struct context_index){0};
    pthread_rwlock_init(&index->lock, NULL);
}

void context_index_fini(struct context_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        for (struct context_place *place = index->buckets[i], *next; place;
             place = next) {
            next = place->next;
            mem_free(place);
        }
    mem_free(index->buckets);
    pthread_rwlock_destroy(&index->lock);
}

static uint64_t hash_of(const struct context_key *key)
{
    return (hash_str(key->integration) * 31 + hash_str(key->member)) * 31 +
           hash_str(key->value);
}

static struct context_key key_of(const struct account *account, uint32_t member)
{
    const struct json_member *found = &account->context.u.members[member];
    return (struct context_key){account->integration, str_of(found->key, found->key_n),
                                json_text(&found->value)};
}

static struct context_place **bucket_of(struct context_index *index, uint64_t hash)
{
    return &index->buckets[hash & (index->room - 1)];
}

static void push(struct context_index *index, struct context_place *place)
{
    struct context_place **bucket = bucket_of(index, place->hash);
    place->next = *bucket;
    *bucket = place;
}

static void grow(struct context_index *index)
{
    struct context_place **old = index->buckets;
    size_t old_room = index->room;
    index->room = old_room ? old_room * 2 : ROOM_MIN;
    index->buckets = mem_array(index->room, sizeof(index->buckets[0]));
    for (size_t i = 0; i < old_room; i++)
        for (struct context_place *place = old[i], *next; place; place = next) {
            next = place->next;
            push(index, place);
        }
    mem_free(old);
}

static bool is_text(const struct account *account, uint32_t member)
{
    return json_is(&account->context.u.members[member].value, JSON_STRING);
}

void context_index_add(struct context_index *index, struct account *account)
{
    pthread_rwlock_wrlock(&index->lock);
    for (uint32_t i = 0; i < account->context.n; i++) {
        if (!is_text(account, i))
            continue;
        struct context_key key = key_of(account, i);
        struct context_place *place = mem_alloc(sizeof(*place));
        *place = (struct context_place){
            .hash = hash_of(&key), .account = account, .member = i};
        if (index->n == index->room)
            grow(index);
        push(index, place);
        index->n++;
    }
    pthread_rwlock_unlock(&index->lock);
}

static void remove_place(struct context_index *index, const struct account *account,
                         uint32_t member)
{
    struct context_key key = key_of(account, member);
    struct context_place **link = bucket_of(index, hash_of(&key));
    while ((*link)->account != account || (*link)->member != member)
        link = &(*link)->next;
    struct context_place *gone = *link;
    *link = gone->next;
    mem_free(gone);
    index->n--;
}

void context_index_remove(struct context_index *index, struct account *account)
{
    pthread_rwlock_wrlock(&index->lock);
    for (uint32_t i = 0; i < account->context.n; i++)
        if (is_text(account, i))
            remove_place(index, account, i);
    pthread_rwlock_unlock(&index->lock);
}

static bool is_it(const struct context_place *place, const struct context_key *wanted)
{
    struct context_key key = key_of(place->account, place->member);
    return str_eq(key.integration, wanted->integration) &&
           str_eq(key.member, wanted->member) && str_eq(key.value, wanted->value);
}

static bool is_among(struct account *const *found, uint32_t n, const struct account *it)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(tenant_id_str(&found[i]->id), tenant_id_str(&it->id)))
            return true;
    return false;
}

uint32_t context_index_find(struct context_index *index, const struct context_key *key,
                            uint32_t max, struct account **ret)
{
    uint64_t hash = hash_of(key);
    uint32_t n = 0;
    pthread_rwlock_rdlock(&index->lock);
    struct context_place *place = index->room ? *bucket_of(index, hash) : NULL;
    for (; place && n < max; place = place->next)
        if (place->hash == hash && is_it(place, key) && !is_among(ret, n, place->account))
            ret[n++] = account_ref(place->account);
    pthread_rwlock_unlock(&index->lock);
    return n;
}
