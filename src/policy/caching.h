/*
 * What may be kept of a vendor's answers, for how long, and who is answered from it: the
 * `cache` block of a document, which a resource and a method may override member by
 * member, and the directives of HTTP beside it (RFC 9111). Values in, verdict out; what
 * is kept, and where, is cache/'s.
 *
 * The cache is shared by those who call for one account, and by nobody else. So `private`
 * does not keep an answer out, nor does the credential it was asked with (RFC 9111 §3.5
 * is about caches that several users share).
 *
 * Immutable once bound. Pure.
 */
#ifndef POLICY_CACHING_H
#define POLICY_CACHING_H

#include "base/usec.h"
#include "http/header.h"
#include "json/bind.h"

/* From least to most. */
enum caching_reach {
    CACHING_OFF,   /* neither answered from it nor kept */
    CACHING_STALE, /* only when the vendor cannot answer */
    CACHING_FRESH  /* also instead of it, while fresh */
};

enum caching_vendor { CACHING_HEED, CACHING_IGNORE };

struct caching {
    usec fresh;                 /* 300 s; 0: never instead of the vendor */
    usec stale;                 /* 24 h; 0: never in its place */
    usec hold_off;              /* after a failure the vendor is not asked; 30 s */
    struct bind_texts vary_by;  /* request headers that make an answer another one */
    struct bind_uints statuses; /* n = 0: only 200 */
    uint32_t proxy;             /* enum caching_reach of the pass-through; STALE */
    uint32_t vendor;            /* enum caching_vendor: its Cache-Control and Expires */
};

extern const struct bind_table caching_table;

/* What a rule is without a block. */
extern const struct caching caching_standard;

extern const char *const caching_reach_words[]; /* NULL-terminated, in enum order */

/* Cache-Control (RFC 9111 §5.2) of a request or an answer, as far as it is heard. */
struct caching_control {
    bool no_store;
    bool no_cache;
    usec max_age;  /* −1: not given */
    usec s_maxage; /* −1: not given; answers only */
};

/* Of the headers of a request or an answer; a request's `Pragma: no-cache` counts where
 * there is no Cache-Control (RFC 9111 §5.4). */
void caching_control_read(const struct headers *headers, struct caching_control *ret);

/* How long an answer is good for, from when it came. */
struct caching_life {
    usec age;   /* that it has already, having come from another cache */
    usec fresh; /* 0: not at all, but by asking again */
    usec stale;
};

/* Whether an answer with this status and these headers may be kept; if so *ret_life.
 * `wall`: when it came. */
bool caching_may_keep(const struct caching *rule, int status,
                      const struct headers *headers, usec wall,
                      struct caching_life *ret_life);

/* Whether a header of an answer is kept with it. What belongs to one connection or one
 * reader is not: hop-by-hop lines (those that Connection names are the caller's to leave
 * out), Set-Cookie, and trailers' names. */
bool caching_keeps_header(enum header_id id);

/* A request that wants a part, or sets a condition other than "changed since": it is not
 * answered from a cache, nor is its answer kept. */
bool caching_is_partial(const struct headers *request);

/* Whether the caller has a copy of his own, and whether it is the one with this ETag and
 * Last-Modified (either may be absent): RFC 9110 §13.1.2, §13.1.3, weak comparison. */
bool caching_is_conditional(const struct headers *request);
bool caching_is_same(const struct headers *request, str etag, str last_modified,
                     usec wall);

#endif
