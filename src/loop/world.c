/*
 * Random bytes of the real world come from a pool per thread, refilled from the system,
 * so that a request id does not cost a system call.
 */
#include "loop/world.h"

#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/encode.h"

static usec read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (usec)ts.tv_sec * USEC_S + ts.tv_nsec / 1000;
}

static usec real_now(struct world *world)
{
    (void)world;
    return read_clock(CLOCK_MONOTONIC);
}

static usec real_wall(struct world *world)
{
    (void)world;
    return read_clock(CLOCK_REALTIME);
}

static void real_random(struct world *world, void *ret, size_t n)
{
    static _Thread_local unsigned char pool[1024];
    static _Thread_local size_t left;
    (void)world;
    if (n > sizeof(pool)) {
        crypto_random(ret, n);
        return;
    }
    if (left < n) {
        crypto_random(pool, sizeof(pool));
        left = sizeof(pool);
    }
    left -= n;
    memcpy(ret, pool + left, n);
    explicit_bzero(pool + left, n);
}

struct world *world_real(void)
{
    static const struct world_ops ops = {real_now, real_wall, real_random};
    static struct world world = {&ops};
    return &world;
}

uint64_t world_random_u64(struct world *world)
{
    uint64_t value;
    world->ops->random(world, &value, sizeof(value));
    return value;
}

usec world_jitter(struct world *world, usec max)
{
    CHECK(max > 0);
    return (usec)(world_random_u64(world) % (uint64_t)max);
}

double world_chance(struct world *world)
{
    return (double)(world_random_u64(world) >> 11) / 9007199254740992.0; /* 2^53 */
}

void world_name(struct world *world, const char *prefix, char *ret)
{
    uint8_t random[WORLD_NAME_CHARS];
    size_t n = strlen(prefix);
    world->ops->random(world, random, sizeof(random));
    memcpy(ret, prefix, n);
    encode_base62_random(ret + n, random, sizeof(random));
    ret[n + WORLD_NAME_CHARS] = 0;
}
