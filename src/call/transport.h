/*
 * Transports: ways to carry calls (call.h). One object a process, with a part for each
 * worker. All are made with the same settings, and differ in what they can carry, not in
 * how they are used:
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
 *
 * Life: <name>_create → transport_join and transport_leave on each worker →
 * transport_destroy.
 */
#ifndef CALL_TRANSPORT_H
#define CALL_TRANSPORT_H

#include <stdatomic.h>

#include "base/str.h"
#include "base/usec.h"

struct call;
struct dns;
struct sockaddr;
struct tls;
struct transport;
struct worker;

/* Whether an address may be connected to at all. Asked of each address that a host has,
 * before each connection; where it may not, the call ends with CALL_FAULT_REFUSED.
 * `allows` NULL: all. Of an egress proxy's host, where a call goes through one. */
struct transport_guard {
    bool (*allows)(const void *arg, const struct sockaddr *address);
    const void *arg;
};

struct transport_settings {
    struct tls *tls; /* for calls without settings of their own; a reference is taken */
    unsigned workers;
    uint32_t idle_per_origin; /* kept connections; 0 = 64 */
    usec idle;                /* 0 = 30 s */
    const char *name_servers; /* "ADDR[:PORT],…", borrowed; NULL = the system's */
    struct transport_guard guard;
};

/* Since the start, and at present. */
struct transport_stats {
    uint64_t opened; /* connections made */
    uint64_t reused; /* calls over a connection that was used before */
    uint64_t open;   /* connections now */
};

/* <name>_create for each row; returns owned. */
#define X(name, what)                                                                    \
    struct transport *name##_create(const struct transport_settings *settings);
#include "call/transport_list.h"
#undef X

/* Opens and closes the part of a worker; on its thread. Leaving drops idle connections;
 * no call may be under way. */
void transport_join(struct transport *transport, struct worker *worker);
void transport_leave(struct transport *transport, struct worker *worker);

/* Summed over the workers. Any thread. */
void transport_stats(struct transport *transport, struct transport_stats *ret_stats);

/* Every worker has left, or never joined. */
void transport_destroy(struct transport **transport);

/* --- for who makes one --- */

struct transport_ops {
    str name;
    /* call.h says what these do. */
    void (*start)(struct transport *transport, struct call *call);
    void (*cancel)(struct call *call);
    void (*pause)(struct call *call);
    void (*resume)(struct call *call);
    void (*body_ready)(struct call *call);
    void (*set_deadline)(struct call *call);
    /* After the worker's part was opened, and before it is closed. */
    void (*join)(struct transport *transport, struct worker *worker);
    void (*leave)(struct transport *transport, struct worker *worker);
    /* Ends with transport_fini. */
    void (*destroy)(struct transport *transport);
};

/* What every transport has for a worker. */
struct transport_part {
    struct dns *dns;
    /* as in struct transport_stats; written by the worker, relaxed */
    _Atomic uint64_t opened, reused, open;
};

struct transport {
    const struct transport_ops *ops;
    struct transport_settings settings; /* with every default put in */
    struct transport_part *parts;       /* one a worker, by its id */
};

void transport_init(struct transport *transport, const struct transport_ops *ops,
                    const struct transport_settings *settings);
void transport_fini(struct transport *transport);

static inline void transport_count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static inline void transport_uncount(_Atomic uint64_t *counter)
{
    atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
}

#endif
