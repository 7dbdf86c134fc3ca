/*
 * What an exchange has to do with the cache of reads: what its starter wants of it, and
 * what it keeps in mind for that (DESIGN 5, SPEC 6).
 *
 *   recall ──fresh──────────────────────────► replay ──► done
 *     │ ├──under way──► share ────landed───────►│
 *     │ │                    └──leads, alone─┐  │
 *     │ └──stale: kept at hand, one try ──►──┤  │
 *     └──────────────────────────────────────┴─► credential … judge ──good──► answer
 *                                               └──the vendor cannot──► replay
 *
 * A good answer on its way to the starter is kept along; a 304 renews the copy at hand,
 * which is replayed. Only safe requests of a method are looked at, by the method's own
 * verb and with the method's own rule (policy/caching.h).
 */
#ifndef EXCHANGE_RECALL_H
#define EXCHANGE_RECALL_H

#include "base/buf.h"
#include "base/err.h"
#include "cache/cache.h"
#include "share/share.h"
#include "policy/caching.h"

/* All zero: nothing is wanted. */
struct recall_wish {
    bool fresh;    /* a fresh copy is answered, and a read under way shared */
    bool stale;    /* a stale one, when the vendor cannot */
    bool keeps;    /* a good answer is kept */
    bool renews;   /* what is kept is asked about, and nothing answered from it */
    bool on_limit; /* a stale one also when the vendor limits */
    usec age_max;  /* of a fresh one; 0: no bound of the starter's */
    enum err only; /* the vendor is not asked at all: this error where there is no copy */
    str only_detail;
};

/* From the best to what is left. */
enum freshness {
    FRESHNESS_LIVE,
    FRESHNESS_FRESH,
    FRESHNESS_STALE,
    FRESHNESS_SYNCED,
    FRESHNESS_COUNT
};

/* "live", "fresh", "stale", "synced": X-Data-Freshness. */
extern const char *const freshness_words[];

struct recall {
    bool keyed; /* it takes part: the next two are set */
    struct cache_key key;
    struct cache_stamp stamp;
    struct cache_entry *copy;  /* a reference: a stale one at hand; NULL: none */
    struct cache_entry *given; /* a reference: what is answered */
    enum freshness as;         /* in which quality */
    struct share_seat *seat;   /* the share it leads, or waits in */
    bool alone;                /* it has waited once */
    bool young;                /* what is kept needs no newer one yet */
    bool validates;            /* the vendor is asked whether the copy is still good */
    usec try_until;            /* with a copy at hand: when its one try ends */
    struct buf tee;            /* the answer's body, to be kept */
    bool teeing;
    struct caching_life life; /* of that */
    size_t at;                /* of the body, given so far */
    bool held;                /* the starter takes no more for now */
};

#endif
