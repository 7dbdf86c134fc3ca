/*
 * The world as an argument: the monotonic clock, the wall clock and the source of chance.
 * Above loop/ nobody asks the system for them; a test hands in a false world and runs the
 * same code over days of false time, the same way each time for the same seed.
 *
 * Thread-safe when the ops are; the real world is.
 */
#ifndef LOOP_WORLD_H
#define LOOP_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"

struct world;

struct world_ops {
    usec (*now)(struct world *world);  /* since some start; never goes back */
    usec (*wall)(struct world *world); /* since 1970; may jump */
    void (*random)(struct world *world, void *ret, size_t n);
};

struct world {
    const struct world_ops *ops;
};

/* The system's clocks and its random source. Static. */
struct world *world_real(void);

static inline usec world_now(struct world *world)
{
    return world->ops->now(world);
}

static inline usec world_wall(struct world *world)
{
    return world->ops->wall(world);
}

uint64_t world_random_u64(struct world *world);

/* Evenly from [0, max). max > 0. */
usec world_jitter(struct world *world, usec max);

/* Evenly from [0, 1). */
double world_chance(struct world *world);

/* A name that nobody can guess: `prefix` and 22 characters of [0-9A-Za-z]
 * (131 bits). `ret` gets a terminating zero; it needs prefix.n + 23 bytes. */
void world_name(struct world *world, const char *prefix, char *ret);

enum { WORLD_NAME_CHARS = 22 };

#endif
