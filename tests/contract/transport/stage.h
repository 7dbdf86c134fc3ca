/*
 * What the tests of this folder share: the transport they run on, on a live loop, and
 * probes: calls that follow a plan and keep a log of what they were told.
 *
 *   "inform 103, head 200, body, end"      "fault reset"      "head 200, fault idle"
 *
 * However many pieces a body comes in, the log says "body" once for a run of them. All
 * limits are long unless a test makes one short; what is asserted is the outcome, never
 * how long it took.
 */
#ifndef CONTRACT_TRANSPORT_STAGE_H
#define CONTRACT_TRANSPORT_STAGE_H

#include "support/certs.h"
#include "support/live_loop.h"
#include "support/peer.h"
#include "support/unit.h"

#include "base/buf.h"
#include "call/call.h"

/* The row of transport_list.h that main is at. */
extern const char *stage_transport;
extern struct transport *(*stage_create)(const struct transport_settings *settings);
bool stage_is(const char *name);

struct stage {
    struct live_loop loop;
    struct transport *transport;
    struct peer *peer; /* stopped by the teardown if there is one */
};

/* cmocka setup and teardown; *state is the stage. Names come from the hosts file. */
int stage_setup(void **state);
int stage_teardown(void **state);

/* The same with settings of the test's own; tls NULL: a profile that trusts ca.pem. */
struct stage *stage_open(const struct transport_settings *settings);
void stage_close(struct stage *stage);

#define STAGE_TEST(fn) cmocka_unit_test_setup_teardown(fn, stage_setup, stage_teardown)

/* Script: the steps and the end. */
#define SCRIPT(...) ((const struct peer_step[]){__VA_ARGS__, PEER_END})

/* One script for all connections, or one for the first and one for the others. */
void stage_peer(struct stage *stage, const struct peer_step *script);
void stage_peers(struct stage *stage, const struct peer_step *first,
                 const struct peer_step *others);

/* A client's TLS profile made of files of certs_dir(); NULL = none. */
struct tls *stage_tls(const char *ca, const char *pair);

/* Connections made, calls over used ones, connections open. */
struct transport_stats stage_stats(struct stage *stage);
/* Waits until so many are open. */
bool stage_open_becomes(struct stage *stage, uint64_t n);

enum probe_at {
    PROBE_AT_NEVER = 0,
    PROBE_AT_PULL = 1,
    PROBE_AT_INFORM = 2,
    PROBE_AT_HEAD = 4,
    PROBE_AT_BODY = 8
};

/* In the pieces of a body: wait for probe_feed. */
extern const char probe_hold[];

struct probe {
    struct stage *stage;
    struct arena arena;
    struct headers headers;
    struct call call;
    /* the plan */
    unsigned cancel_at;        /* enum probe_at */
    unsigned pause_at;         /* enum probe_at; each time */
    const char *const *pieces; /* of the body, up to NULL */
    size_t flood;              /* bytes of letter y behind them */
    struct probe *then;        /* started when this one has ended */
    /* what came; under the loop's lock */
    struct buf log;
    struct buf body; /* the first 1 MiB */
    bool over;
    bool told_body;
    uint64_t pulled; /* bytes */
    bool fed;
};

/* `url` is a format for what follows. */
void probe_init(struct probe *probe, struct stage *stage, const char *method,
                const char *url, ...) PRINTF_LIKE(4, 5);
void probe_fini(struct probe *probe);
void probe_header(struct probe *probe, const char *name, const char *value);

/* The body: pieces, then bytes of flood; its length is announced unless chunked. */
void probe_body(struct probe *probe, const char *const *pieces, size_t flood,
                bool chunked);

void probe_start(struct probe *probe);
void probe_wait(struct probe *probe); /* until it is over */
void probe_run(struct probe *probe);  /* both */
/* Until the log holds the text. */
void probe_await(struct probe *probe, const char *text);
/* Until so much of the body has been asked for. */
void probe_await_pulled(struct probe *probe, uint64_t bytes);

/* From the test's thread. */
void probe_cancel(struct probe *probe);
void probe_pause(struct probe *probe);
void probe_resume(struct probe *probe);
void probe_feed(struct probe *probe);
void probe_deadline(struct probe *probe, usec from_now);

/* The log and the body are these. `about` names the case. */
#define probe_saw(probe, about, log, body)                                               \
    probe_assert((probe), (about), (log), (body), __FILE__, __LINE__)
void probe_assert(struct probe *probe, const char *about, const char *log,
                  const char *body, const char *file, int line);

/* What the peer's n-th connection has received is exactly this. */
void stage_heard(struct stage *stage, unsigned n, const char *bytes);

/* A request as the peer's n-th connection has received it. */
struct request {
    struct arena arena;
    struct message_head head;
    struct buf body;
    bool whole;  /* the body has come to its end */
    size_t more; /* bytes behind it */
};

/* The last one of the connection; fails the test when it is not a valid request. */
void request_init(struct request *request, struct stage *stage, unsigned n);
void request_fini(struct request *request);

/* How many requests the connection has received. */
unsigned stage_requests(struct stage *stage, unsigned n);

#endif
