/*
 * Faults injected while the simulator runs: on a share of the requests within a scope, so
 * many times, for so long. On the simulator's worker.
 */
#ifndef SIM_SIM_INJECT_H
#define SIM_SIM_INJECT_H

#include "base/list.h"
#include "json/json_write.h"
#include "sim/sim_fault.h"

struct world;

enum { SIM_INJECTIONS_MAX = 100 };

struct sim_injections {
    struct list all; /* oldest first */
    uint32_t n;
    uint64_t last_id;
};

void sim_inject_init(struct sim_injections *injections);
void sim_inject_clear(struct sim_injections *injections);

/* Takes one away; false when there is none of this id. */
bool sim_inject_remove(struct sim_injections *injections, uint64_t id);

/*
 * Adds what the JSON text describes: {"path","method","share","count","duration",
 * "fault"}. Answers its id, or 0 and its faults in the arena.
 */
uint64_t sim_inject_add(struct sim_injections *injections, str text, usec now,
                        struct arena *arena, const struct bind_fault **ret_faults);

/* Who asks, and when. */
struct sim_target {
    str path; /* with the prefix */
    str method;
    usec now;
    bool early; /* only faults that strike before the body is read, or only the others */
    struct world *world;
    struct arena *arena;
};

/* Puts every fault that strikes this request over `fault`. True when there was one. */
bool sim_inject_apply(struct sim_injections *injections, const struct sim_target *target,
                      struct sim_fault *fault);

/* {"faults":[…]}: those that are still alive. */
void sim_inject_print(struct sim_injections *injections, usec now, struct json_out *out);

#endif
