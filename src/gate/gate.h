/*
 * The caller's side of a vendor call: what belongs to every visit of a process. A request
 * that is a proxied call is handed in with gate_visit and answered from here.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "base/log.h"
#include "exchange/exchange.h"
#include "http/cidr.h"
#include "http/inbound.h"

struct models;
struct visit;
struct writes;

enum { GATE_HOLD_BYTES = 1 << 20 };

/* A worker's. */
struct gate_part {
    _Alignas(64) struct body_budget budget;
    struct list visits; /* under way */
};

/* Set up at start, constant then but for the counters. */
struct gate {
    struct exchange_env exchange;
    struct directory *directory;
    struct catalog *catalog;
    const struct log *log;
    str proxy_domain;           /* "localhost": {account}.localhost is a route */
    const struct cidr *trusted; /* proxies whose X-Forwarded-… are believed */
    uint32_t trusted_n;
    struct gate_part *parts; /* one a worker */
    const struct models *models;
    struct store *store;
    struct writes *writes;  /* NULL: nothing is queued, and no key is kept */
    uint8_t cursor_key[32]; /* authenticates cursors */
    uint32_t visits_max;    /* at once */
    _Atomic uint32_t visits;
    /* A visit has ended: for metrics and the request log. On the visit's worker. */
    void (*observe)(void *arg, const struct visit *visit);
    void *observe_arg;
};

/* How a request names its account. */
enum gate_route { GATE_BY_PATH, GATE_BY_HOST, GATE_BY_LISTENER, GATE_UNIFIED };

/*
 * Whether a request is a call: its path starts with /unified/ and its query names an
 * account (absent: it does not), or it is proxied: its listener is bound to an account
 * (`bound`, absent = it is not), its Host is {account}.{proxy domain}, or its path starts
 * with /proxy/. If so *ret_account is the account's name in it and *ret_path the path for
 * the vendor.
 */
bool gate_is_call(const struct gate *gate, const struct inbound *in, str bound,
                  enum gate_route *ret_route, str *ret_account, str *ret_path);

/* Takes the request and answers it. */
void gate_visit(struct gate *gate, struct inbound *in, enum gate_route route, str account,
                str path);

void gate_part_init(struct gate_part *part, size_t hold_bytes_max);

/* The worker is about to go: ends what is under way on it, writes too, which nothing else
 * ends: their callers are told that the outcome is unknown, all others are cut. On its
 * thread; a turn must follow. */
void gate_stop(struct gate *gate, struct worker *worker);

/* Where the caller's address and scheme come from: the connection, or a trusted proxy. */
str gate_client(const struct gate *gate, const struct inbound *in);
bool gate_client_tls(const struct gate *gate, const struct inbound *in);
str gate_client_host(const struct gate *gate, const struct inbound *in);

#endif
