/*
 * The simulator's state, for the files of sim/ only.
 */
#ifndef SIM_SIM_STATE_H
#define SIM_SIM_STATE_H

#include "base/map.h"
#include "http/server.h"
#include "sim/sim_inject.h"
#include "sim/sim_plan.h"
#include "sim/sim_record.h"
#include "sim/sim_script.h"
#include "sim/sim_write.h"

enum { SIM_MAGIC = 0x53494d30, SIM_REVOKED_MAX = 100000 };

struct sim_totals {
    uint64_t requests;
    uint64_t struck; /* by an injected fault */
    uint64_t left;   /* the caller was gone before its answer had ended */
    uint32_t open;   /* requests under way */
    uint32_t open_max;
    uint32_t connections_max; /* at once */
};

struct sim {
    uint32_t magic;
    struct worker *worker;
    struct server server;
    struct listener listener;
    uint16_t port;
    struct arena arena;         /* texts that stay */
    str folder;                 /* of the script; absent: it has none */
    struct sim_script *script;  /* at "/" */
    struct map dialects;        /* name → struct sim_script at "/name" */
    struct path_set *endpoints; /* of /_sim */
    struct sim_records records;
    struct sim_writes writes;
    struct sim_injections injections;
    struct map revoked; /* tokens → themselves, owned */
    struct buf room;    /* scratch: SIM_ROOM_BYTES_MAX */
    struct sim_totals counts;
    struct sim_statuses statuses; /* of all answers */
    uint64_t ids;
    uint64_t seed;
    usec started;
    struct timer closing;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
};

/* Whether this token was revoked, and revoking one. */
bool sim_state_revoked(const struct sim *sim, str token);
void sim_state_revoke(struct sim *sim, str token);

/* Records, writes, counts, limits, faults and revoked tokens: all as at the start. */
void sim_state_reset(struct sim *sim);

#endif
