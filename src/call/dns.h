/*
 * Names to addresses, without blocking: c-ares (hosts file, resolv.conf, both families),
 * with a cache that keeps answers for their time to live (5 s to 5 min) and one query at
 * a time per name, however many wait for it. One per worker.
 */
#ifndef CALL_DNS_H
#define CALL_DNS_H

#include <sys/socket.h>

#include "base/list.h"
#include "base/str.h"

struct dns;
struct worker;

enum { DNS_ADDRESSES_MAX = 8 };

struct dns_address {
    struct sockaddr_storage address; /* port 0 */
    socklen_t n;
};

struct dns_query {
    struct list node; /* private */
    /* Once, never from inside another function of this header. n = 0: `why` says why, a
     * static sentence. */
    void (*done)(struct dns_query *query, const struct dns_address *addresses, unsigned n,
                 const char *why);
};

/* `servers`: the name servers to ask, "ADDR[:PORT],…"; NULL = those of the system. A list
 * that is not understood leaves the system's. */
struct dns *dns_create(struct worker *worker, const char *servers);
void dns_destroy(struct dns **dns); /* waiting queries are dropped without an answer */

/*
 * `host` is a name or an address, at most 255 bytes. Answers at once from the cache or
 * for addresses (up to DNS_ADDRESSES_MAX into `ret`): how many. Otherwise 0, and `query`
 * is answered later.
 */
unsigned dns_resolve(struct dns *dns, str host, struct dns_query *query,
                     struct dns_address ret[DNS_ADDRESSES_MAX]);

void dns_cancel(struct dns_query *query); /* harmless when it is not waiting */

#endif
