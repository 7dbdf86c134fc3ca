/*
 * Kept by the digest of both texts. A profile is made without the lock, since that takes
 * 0.5 ms; of two threads that make the same one at once the first is kept.
 */
#include "call/profiles.h"

#include <pthread.h>

#include "base/crypto_digest.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "http/tls.h"
#include "http/tls_pair.h"

struct profile {
    struct list node; /* in profiles->all */
    struct tls *tls;
    uint8_t digest[CRYPTO_SHA256_BYTES];
};

struct profiles {
    pthread_mutex_t lock;
    struct tls *base;
    uint32_t max;
    struct map by_digest;
    struct list all; /* longest not asked for first */
};

static str key_of(const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    return str_of((const char *)digest, CRYPTO_SHA256_BYTES);
}

/* The length keeps apart what would be the same text when joined. */
static void digest_of(str chain, str key, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    struct crypto_digest digest;
    crypto_digest_init(&digest);
    crypto_digest_put(&digest, str_of((const char *)&chain.n, sizeof(chain.n)));
    crypto_digest_put(&digest, chain);
    crypto_digest_put(&digest, key);
    crypto_digest_fini(&digest, ret);
}

struct profiles *profiles_create(struct tls *base, uint32_t max)
{
    struct profiles *profiles = mem_zalloc(sizeof(*profiles));
    CHECK(pthread_mutex_init(&profiles->lock, NULL) == 0);
    profiles->base = tls_ref(base);
    profiles->max = max ? max : PROFILES_MAX;
    map_init(&profiles->by_digest);
    list_init(&profiles->all);
    return profiles;
}

static void drop(struct profiles *profiles, struct profile *profile)
{
    map_remove(&profiles->by_digest, key_of(profile->digest));
    list_remove(&profile->node);
    tls_unref(&profile->tls);
    mem_free(profile);
}

void profiles_destroy(struct profiles **profiles)
{
    if (!*profiles)
        return;
    LIST_EACH(node, &(*profiles)->all)
    {
        drop(*profiles, CONTAINER_OF(node, struct profile, node));
    }
    map_fini(&(*profiles)->by_digest);
    tls_unref(&(*profiles)->base);
    pthread_mutex_destroy(&(*profiles)->lock);
    mem_free(*profiles);
    *profiles = NULL;
}

static struct tls *make(struct profiles *profiles, str chain, str key,
                        const char **ret_why)
{
    struct tls_pair *pair = tls_pair_read(chain, key, ret_why);
    struct tls *tls = pair ? tls_create_shown(profiles->base, pair, ret_why) : NULL;
    tls_pair_destroy(&pair);
    return tls;
}

/* With the lock. Asked for now: the last to go. */
static struct tls *find(struct profiles *profiles, const uint8_t *digest)
{
    struct profile *profile = map_find(&profiles->by_digest, key_of(digest));
    if (!profile)
        return NULL;
    list_remove(&profile->node);
    list_push_back(&profiles->all, &profile->node);
    return tls_ref(profile->tls);
}

static void keep(struct profiles *profiles, const uint8_t *digest, struct tls *tls)
{
    struct profile *profile = mem_zalloc(sizeof(*profile));
    profile->tls = tls_ref(tls);
    memcpy(profile->digest, digest, sizeof(profile->digest));
    map_put(&profiles->by_digest, key_of(profile->digest), profile);
    list_push_back(&profiles->all, &profile->node);
    if (profiles->by_digest.n > profiles->max)
        drop(profiles, CONTAINER_OF(list_first(&profiles->all), struct profile, node));
}

struct tls *profiles_get(struct profiles *profiles, str chain, str key,
                         const char **ret_why)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    digest_of(chain, key, digest);
    pthread_mutex_lock(&profiles->lock);
    struct tls *tls = find(profiles, digest);
    pthread_mutex_unlock(&profiles->lock);
    if (tls)
        return tls;
    struct tls *made = make(profiles, chain, key, ret_why);
    if (!made)
        return NULL;
    pthread_mutex_lock(&profiles->lock);
    tls = find(profiles, digest);
    if (!tls)
        keep(profiles, digest, made);
    pthread_mutex_unlock(&profiles->lock);
    if (!tls)
        return made;
    tls_unref(&made);
    return tls;
}

uint32_t profiles_count(struct profiles *profiles)
{
    pthread_mutex_lock(&profiles->lock);
    uint32_t n = (uint32_t)profiles->by_digest.n;
    pthread_mutex_unlock(&profiles->lock);
    return n;
}
