/*
 * What an answer says about the vendor's rate limits: whether it is a throttle, how long
 * to wait, and the state of each window, whatever form the vendor gave it
 * (SPEC 3.1, 3.2). The rule is the `rate_limit` block of an integration document.
 *
 * Without any rule the standard forms are read: 429, Retry-After, the RateLimit-Limit/
 * -Remaining/-Reset triple, and the RateLimit and RateLimit-Policy fields of
 * draft-ietf-httpapi-ratelimit-headers.
 *
 * Pure; any thread.
 */
#ifndef POLICY_THROTTLE_H
#define POLICY_THROTTLE_H

#include "policy/signal.h"

enum { THROTTLE_WINDOWS_MAX = 8 };

/* One window as a vendor tells it. Members that were not given have SIGNAL_NONE. */
struct window_rule {
    str name;
    usec window;          /* its length, when the document states it; 0 = unknown */
    struct signal length; /* or where the answer tells it */
    struct signal limit;
    struct signal remaining;
    struct signal used; /* remaining = limit − used, when remaining is not told */
    struct signal reset;
    str group;          /* only for methods of this group; absent = all */
    double fixed_limit; /* limit that the vendor documents but does not tell; 0 */
};

/* A pair of structured fields: RateLimit and RateLimit-Policy under the vendor's names.
 */
struct structured_rule {
    str policy;
    str limit;
};

struct throttle_rule {
    struct bind_list detect;      /* struct condition: what is a throttle besides 429 */
    struct bind_list not ;        /* struct condition: 429s that are none */
    struct bind_list retry_after; /* struct signal: the first that is there counts */
    struct bind_list windows;     /* struct window_rule */
    struct bind_list structured;  /* struct structured_rule */
    struct bind_list reason;      /* struct signal */
    usec default_wait;            /* when the vendor gives no time: 0 = growing backoff */
    usec backoff_base;
    usec backoff_max;
    uint32_t scope;    /* enum throttle_scope */
    bool asks_success; /* some condition can hold for answers below 400 */
};

enum throttle_scope { THROTTLE_ACCOUNT, THROTTLE_GROUP };

extern const struct bind_table throttle_table;

struct window_state {
    str name;
    double limit;     /* −1: not known */
    double remaining; /* −1: not known */
    usec reset;       /* from now; −1: not known */
    usec window;      /* −1: not known */
};

struct throttle {
    bool throttled;
    usec wait;  /* from now; −1: the vendor gives no time */
    str reason; /* the vendor's own word for it; may be absent */
    uint32_t n;
    struct window_state windows[THROTTLE_WINDOWS_MAX];
};

/* Whether answers below 400 of methods in this group (absent: of no group) have to be
 * read with their body. */
bool throttle_needs_body_of_success(const struct throttle_rule *rule, str group);

/* Reads an answer. Texts stand in the arena or in the answer. */
void throttle_read(const struct throttle_rule *rule, const struct answer *answer,
                   struct arena *arena, struct throttle *ret_throttle);

#endif
