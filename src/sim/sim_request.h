/*
 * One request on its way through the simulator: its body is read (and digested, whatever
 * its size), then it is decided what becomes of it, then the answer is sent.
 *
 *   HOLDING ──► READING ──► ANSWERING     HOLDING: before the 100 (Continue) is sent
 *      └───────────┴────────────▲         (early answers come from here)
 *
 * It stands in the inbound's arena and ends with it. For the files of sim/ only.
 */
#ifndef SIM_SIM_REQUEST_H
#define SIM_SIM_REQUEST_H

#include "base/crypto_digest.h"
#include "sim/sim_send.h"
#include "sim/sim_state.h"

enum sim_request_state { SIM_HOLDING, SIM_READING, SIM_ANSWERING };

struct sim_request {
    uint32_t magic;
    enum sim_request_state state;
    struct sim *sim;
    struct inbound *in;
    struct sim_script *script; /* a reference; NULL for /_sim */
    struct sim_route *route;   /* NULL: none fits */
    bool matched;              /* the route does not depend on the body */
    struct sim_asked asked;
    struct timer hold;
    struct buf body;             /* what is kept of it */
    uint64_t body_bytes;         /* all of it */
    struct crypto_digest digest; /* begun when the body is larger than what is kept */
    uint8_t sha256[CRYPTO_SHA256_BYTES];
    struct sim_write *write; /* executed by this request */
    struct sim_fault fault;  /* all that strikes it, together */
    bool struck;             /* `fault` says something */
    struct sim_plan plan;
    struct sim_send send;
};

/* For the listener. */
void sim_request_begin(struct inbound *in);

/* The planner of this request; its room is the simulator's. */
struct sim_planner sim_request_planner(struct sim_request *request);

/* What there is to say about it in a record or an echo; `status` 0 when there is no
 * answer yet. */
struct sim_seen sim_request_seen(struct sim_request *request);

/* What becomes of it (sim_decide.c): route, token, limits, write, reply and faults, in
 * this order, and the record of it. */

/* Before the body is read: whether it is not going to be. */
bool sim_decide_early(struct sim_request *request);

/* Makes request->plan. */
void sim_decide(struct sim_request *request);

/* Notes the request and the status it gets. */
void sim_decide_record(struct sim_request *request);

/* Puts what injected faults strike the request over its plan. */
void sim_decide_injected(struct sim_request *request);

#endif
