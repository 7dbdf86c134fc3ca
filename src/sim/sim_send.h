/*
 * Sends a plan: after its delay, at its pace, and as wrongly as it says.
 *
 *           start
 *             │
 *   IDLE ──► DELAYED ──► FLOWING ──► BREAKING ──► ENDED
 *             │  │          │                       ▲
 *             │  └────► HUNG ◄┘   (the caller leaves, or sim_send_cancel)
 *             └─────────────────────────────────────┘
 *
 * DELAYED waits for the delay; FLOWING for the caller to take the body, or for the time
 * of its next piece; BREAKING lets what was sent reach the caller before the reset; HUNG
 * waits until the caller leaves.
 *
 * The sender stands in the request's arena; `on_end` is called right before the request
 * ends and takes back what is not in the arena.
 */
#ifndef SIM_SIM_SEND_H
#define SIM_SIM_SEND_H

#include "http/inbound.h"
#include "loop/worker.h"
#include "sim/sim_plan.h"

enum sim_send_state {
    SIM_SEND_IDLE,
    SIM_SEND_DELAYED,
    SIM_SEND_FLOWING,
    SIM_SEND_BREAKING,
    SIM_SEND_HUNG,
    SIM_SEND_ENDED
};

struct sim_send {
    enum sim_send_state state;
    struct inbound *in;
    const struct sim_plan *plan;
    struct timer timer;
    struct sim_gzip *gzip;
    uint64_t sent; /* bytes of the body */
    bool raw;      /* framing is ours, and probably wrong */
    bool chunks;   /* raw: as chunks */
    bool spoilt;   /* the malformed chunk was sent */
    void (*on_end)(struct sim_send *send);
};

void sim_send_init(struct sim_send *send, struct inbound *in,
                   void (*on_end)(struct sim_send *send));

/* Begins; may end the request at once. `plan` is finished, and stays. */
void sim_send_start(struct sim_send *send, const struct sim_plan *plan);

/* For the inbound's on_drained. */
void sim_send_drained(struct sim_send *send);

/* The caller has left: ends the request. */
void sim_send_cancel(struct sim_send *send);

#endif
