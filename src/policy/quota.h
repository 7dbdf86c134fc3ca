/*
 * What is remembered of a vendor's limits for one account (or one rate-limit group of
 * it): the windows as last told, and until when a throttle holds. Thread-safe: a small
 * lock that is never held over anything that waits. Clocks are arguments; `now` is
 * monotonic.
 */
#ifndef POLICY_QUOTA_H
#define POLICY_QUOTA_H

#include <pthread.h>

#include "policy/throttle.h"

enum { QUOTA_WINDOWS_MAX = 4, QUOTA_NAME_BYTES = 40 };

struct quota_window {
    char name[QUOTA_NAME_BYTES];
    uint8_t name_n;
    double limit;
    double remaining;
    usec reset_at; /* −1: not known */
    usec window;   /* −1: not known */
};

struct quota {
    pthread_spinlock_t lock;
    uint32_t n;
    _Atomic uint32_t in_a_row; /* throttles without a good answer between them */
    usec throttled_until;
    struct quota_window windows[QUOTA_WINDOWS_MAX];
};

void quota_init(struct quota *quota);
void quota_fini(struct quota *quota);

/*
 * Takes in what an answer told. For a throttle it answers how long to wait from now: what
 * the vendor said or, when it said nothing, min(max, base·2^n) + a share of base by
 * `chance` [0, 1) after n throttles in a row (SPEC 3.2). Otherwise 0.
 */
usec quota_note(struct quota *quota, const struct throttle_rule *rule,
                const struct throttle *throttle, usec now, double chance);

/* How long the present throttle still holds; 0 = none does. */
usec quota_wait(struct quota *quota, usec now);

/* The least share of a window that is left, 0 to 1; 1 when nothing is known. */
double quota_share(struct quota *quota, usec now);

/* A copy of what is known, windows that have started anew left out. */
uint32_t quota_windows(struct quota *quota, usec now,
                       struct quota_window ret[QUOTA_WINDOWS_MAX]);

/*
 * Adds both header families to an answer: RateLimit-Limit, -Remaining and -Reset of the
 * window with the least share left, and the structured RateLimit-Policy and RateLimit
 * with every window (draft-ietf-httpapi-ratelimit-headers). Resets are whole seconds from
 * now.
 */
void quota_headers(const struct throttle *throttle, struct headers *headers);

#endif
