/*
 * Time as a number: microseconds, signed, 64 bits. Whether a value counts from the
 * start of the machine (monotonic) or from 1970 (wall) is said where it is declared;
 * the two never meet in one expression. Nothing here asks a clock: see loop/world.h.
 */
#ifndef BASE_USEC_H
#define BASE_USEC_H

#include <stdint.h>

typedef int64_t usec;

#define USEC_NEVER INT64_MAX
#define USEC_MS    ((usec)1000)
#define USEC_S     ((usec)1000000)
#define USEC_MIN   (60 * USEC_S)
#define USEC_H     (3600 * USEC_S)
#define USEC_DAY   (24 * USEC_H)

/* Whole seconds, rounded up; never less than zero. For Retry-After and its kin. */
static inline int64_t usec_ceil_s(usec t)
{
    return t <= 0 ? 0 : t / USEC_S + (t % USEC_S != 0);
}

static inline usec usec_min(usec a, usec b)
{
    return a < b ? a : b;
}

static inline usec usec_max(usec a, usec b)
{
    return a > b ? a : b;
}

/* a + b that stops at USEC_NEVER instead of wrapping; b >= 0. */
static inline usec usec_add(usec a, usec b)
{
    return a > USEC_NEVER - b ? USEC_NEVER : a + b;
}

#endif
