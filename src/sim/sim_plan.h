/*
 * The actual answer to one request: a reply with its templates filled in, limits' and
 * common headers, and what is to be wrong with it. Everything in it stands in the
 * request's arena or in the script, which the request holds.
 *
 * Texts that depend on a request are bounded: 4 MiB of body, 1 MiB of head.
 */
#ifndef SIM_SIM_PLAN_H
#define SIM_SIM_PLAN_H

#include "sim/sim_body.h"
#include "sim/sim_reply.h"

enum { SIM_ROOM_BYTES_MAX = 4 << 20, SIM_HEAD_BYTES_MAX = 1 << 20 };

struct sim_plan_inform {
    int status;
    struct headers headers;
};

struct sim_plan {
    uint32_t status;
    struct headers headers;
    struct headers *trailers; /* NULL: none */
    str text;                 /* the piece that the body repeats */
    uint64_t repeat;
    struct sim_body body; /* after sim_plan_finish */
    bool chunked;
    bool gzip;
    bool close;
    bool raw; /* its head is not one that a server of ours would write */
    uint32_t bytes_per_second;
    usec delay;
    usec jitter;
    struct sim_plan_inform *informs;
    uint32_t inform_n;
    const struct sim_fault *fault; /* NULL: nothing is wrong */
    size_t head_bytes;
};

/* What a plan is made with: the request, and scratch space that is cleared and used. */
struct sim_planner {
    struct sim_asked *asked;
    struct buf *room;
};

/* An answer of text or JSON that is there already. */
void sim_plan_text(struct sim_plan *plan, struct arena *arena, uint32_t status, str type,
                   str text);

/* The answer that a reply describes. */
void sim_plan_reply(struct sim_plan *plan, const struct sim_planner *planner,
                    const struct sim_reply *reply);

enum sim_plan_add { SIM_ADD, SIM_ADD_MISSING, SIM_REPLACE };

void sim_plan_headers(struct sim_plan *plan, const struct sim_planner *planner,
                      const struct sim_headers *lines, enum sim_plan_add how);

/* Puts a fault over the answer; borrows it. */
void sim_plan_fault(struct sim_plan *plan, const struct sim_planner *planner,
                    const struct sim_fault *fault);

/* Nothing more will change. */
void sim_plan_finish(struct sim_plan *plan, struct arena *arena);

#endif
