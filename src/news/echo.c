#include "news/echo.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "directory/tenant.h"
#include "loop/world.h"
#include "unified/model.h"

struct echo_write {
    char key[CRYPTO_SHA256_BYTES];
    usec until; /* monotonic; 0: free */
};

struct echo {
    struct world *world;
    pthread_mutex_t lock; /* over the rest */
    struct map by_key;
    struct echo_write *writes; /* a ring */
    uint32_t at;               /* the oldest */
};

struct echo *echo_create(struct world *world)
{
    struct echo *echo = mem_zalloc(sizeof(*echo));
    echo->world = world;
    echo->writes = mem_array(ECHO_WRITES_MAX, sizeof(echo->writes[0]));
    pthread_mutex_init(&echo->lock, NULL);
    map_init(&echo->by_key);
    return echo;
}

void echo_destroy(struct echo **gone)
{
    struct echo *echo = *gone;
    *gone = NULL;
    if (!echo)
        return;
    map_fini(&echo->by_key);
    pthread_mutex_destroy(&echo->lock);
    mem_free(echo->writes);
    mem_free(echo);
}

/* Lengths stand in it: parts cannot be moved across their borders. */
static void make_key(const struct order_record *record, const uint8_t *hash,
                     char ret[CRYPTO_SHA256_BYTES])
{
    size_t lengths[] = {record->account.n, record->resource.n, record->id.n};
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    str pieces[] = {str_of((const char *)lengths, sizeof(lengths)), record->account,
                    record->resource, record->id,
                    str_of((const char *)hash, hash ? CRYPTO_SHA256_BYTES : 0)};
    crypto_hash_pieces(CRYPTO_SHA256, pieces, COUNT_OF(pieces), digest);
    memcpy(ret, digest, CRYPTO_SHA256_BYTES);
}

static str key_of(const struct echo_write *write)
{
    return str_of(write->key, sizeof(write->key));
}

void echo_note(struct echo *echo, const struct order_record *record, const uint8_t *hash)
{
    struct echo_write made = {.until = world_now(echo->world) + ECHO_KEPT};
    make_key(record, hash, made.key);
    pthread_mutex_lock(&echo->lock);
    struct echo_write *write = map_find(&echo->by_key, key_of(&made));
    if (write) {
        write->until = made.until;
    } else {
        write = &echo->writes[echo->at++ % ECHO_WRITES_MAX];
        if (write->until)
            map_remove(&echo->by_key, key_of(write));
        *write = made;
        map_put(&echo->by_key, key_of(write), write);
    }
    pthread_mutex_unlock(&echo->lock);
}

bool echo_is(struct echo *echo, const struct order_record *record, const uint8_t *hash)
{
    struct echo_write asked;
    usec now = world_now(echo->world);
    make_key(record, hash, asked.key);
    pthread_mutex_lock(&echo->lock);
    const struct echo_write *write = map_find(&echo->by_key, key_of(&asked));
    bool is = write && now < write->until;
    pthread_mutex_unlock(&echo->lock);
    return is;
}

void echo_on_written(void *arg, const struct account *account, const struct model *model,
                     str id, const struct json *record)
{
    struct arena arena;
    uint8_t hash[CRYPTO_SHA256_BYTES];
    arena_init(&arena, 256, 4096);
    struct order_record of = {
        tenant_id_str(&account->id),
        arena_printf(&arena, STR_F "/" STR_F, STR_A(model->category), STR_A(model->name)),
        id};
    if (record)
        order_hash(record, hash);
    echo_note(arg, &of, record ? hash : NULL);
    arena_fini(&arena);
}
