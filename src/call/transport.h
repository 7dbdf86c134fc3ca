/*
 * Making the transports of transport_list.h. All are made with the same settings and
 * differ in what they can carry, not in how they are used (call.h):
 *
 *   h1    Connections are kept per worker and origin (host, port, TLS settings), used
 *         newest first, and closed after `idle`, or a second before the vendor says it
 *         will close them (`Keep-Alive: timeout=`). A kept connection is looked at once
 *         more before a request goes over it.
 *         Knows no egress proxy: call->egress_proxy is for others.
 *   curl  HTTP/2 where the vendor offers it over TLS, HTTP/1.1 otherwise; egress proxies.
 *         One libcurl multi a worker and TLS settings, which keeps the connections.
 *
 * Names are resolved by dns.h in both, so that nothing blocks and failures read alike.
 * The process must ignore SIGPIPE.
 */
#ifndef CALL_TRANSPORT_H
#define CALL_TRANSPORT_H

#include "call/call.h"

struct transport_settings {
    struct tls *tls; /* for calls without settings of their own; a reference is taken */
    unsigned workers;
    uint32_t idle_per_origin; /* kept connections; 0 = 64 */
    usec idle;                /* 0 = 30 s */
    const char *name_servers; /* "ADDR[:PORT],…", borrowed; NULL = the system's */
};

/* <name>_create for each row. */
#define X(name, what)                                                                    \
    struct transport *name##_create(const struct transport_settings *settings);
#include "call/transport_list.h"
#undef X

#endif
