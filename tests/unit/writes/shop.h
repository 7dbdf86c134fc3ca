/*
 * A vendor on false time, as a transport: what comes of each request is chosen when it
 * comes, and what was done is remembered, however often it was asked for and whatever was
 * answered. A request's body is the number of its write.
 *
 * The host "keyed.test" knows a repeat by its Idempotency-Key for SHOP_WINDOW; every
 * other does again what it is asked again. What was done is found by GET /things?n=NUMBER
 * once the search has it, which lags behind by up to SHOP_LAG.
 */
#ifndef UNIT_WRITES_SHOP_H
#define UNIT_WRITES_SHOP_H

#include "call/call.h"
#include "support/false_world.h"

enum { SHOP_WRITES_MAX = 400 };
#define SHOP_WINDOW (24 * USEC_H)
#define SHOP_LAG    (50 * USEC_S)

enum shop_fate {
    SHOP_GOOD,
    SHOP_BUSY,        /* 503, not done */
    SHOP_BROKEN,      /* 500, done or not */
    SHOP_UNREACHABLE, /* no byte has left */
    SHOP_LOST,        /* done, and the answer is lost */
    SHOP_UNHEARD,     /* not done, and no answer */
    SHOP_SLOW,        /* done at once, answered after up to 70 s */
    SHOP_LIMITED,     /* 429 with Retry-After, not done */
    SHOP_REFUSED,     /* 422, not done */
    SHOP_FATES
};

/* What the vendor knows of a write. */
struct shop_write {
    unsigned done;    /* so often */
    unsigned at;      /* the first time, as the how manieth of all */
    usec known_until; /* a repeat is known by its key; monotonic, as the next */
    usec found_from;  /* the search has it */
};

struct shop {
    struct transport transport;
    struct false_world *world;
    enum shop_fate (*choose)(struct shop *shop); /* NULL: good */
    void *owner;
    uint64_t chance;
    struct shop_write writes[SHOP_WRITES_MAX];
    unsigned acts;
    unsigned calls;
    unsigned searches; /* of these */
};

void shop_init(struct shop *shop, struct false_world *world, uint64_t seed);

/* As if a request for it had come; with its key or without. */
void shop_do(struct shop *shop, unsigned n, bool keyed);

#endif
