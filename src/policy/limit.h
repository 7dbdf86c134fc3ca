/*
 * A bound on how many calls are under way at once. Any thread.
 */
#ifndef POLICY_LIMIT_H
#define POLICY_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct limit {
    _Atomic uint32_t taken;
};

/* Takes one place out of `max`; false when all are taken. */
static inline bool limit_acquire(struct limit *limit, uint32_t max)
{
    uint32_t before = atomic_fetch_add_explicit(&limit->taken, 1, memory_order_relaxed);
    if (before < max)
        return true;
    atomic_fetch_sub_explicit(&limit->taken, 1, memory_order_relaxed);
    return false;
}

static inline void limit_release(struct limit *limit)
{
    atomic_fetch_sub_explicit(&limit->taken, 1, memory_order_relaxed);
}

static inline uint32_t limit_taken(const struct limit *limit)
{
    return atomic_load_explicit(&limit->taken, memory_order_relaxed);
}

#endif
