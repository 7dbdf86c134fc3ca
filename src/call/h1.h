/*
 * The HTTP/1.1 transport: http-parser, OpenSSL on the descriptor, c-ares. Connections are
 * kept per worker and origin (host, port, TLS settings), used newest first, and closed
 * after `idle`, or a second before the vendor says it will close them
 * (`Keep-Alive: timeout=`). A connection that was used before is looked at once more
 * before a request that must not be repeated goes over it.
 */
#ifndef CALL_H1_H
#define CALL_H1_H

#include "call/call.h"

struct h1_settings {
    struct tls *tls;          /* for calls without settings of their own; a reference is
                                 taken */
    unsigned workers;
    uint32_t idle_per_origin; /* kept connections; 0 = 64 */
    usec idle;                /* 0 = 30 s */
};

struct transport *h1_create(const struct h1_settings *settings);

/* For metrics, summed over the workers: connections made, requests over a connection
 * that was used before, connections open. */
struct h1_stats {
    uint64_t opened;
    uint64_t reused;
    uint64_t open;
};
void h1_stats(struct transport *transport, struct h1_stats *ret_stats);

#endif
