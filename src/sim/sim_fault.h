/*
 * What can be wrong with an answer: the fault block of a reply, and of faults that are
 * injected at run time. Its members combine; the later of two faults wins where both say
 * something.
 */
#ifndef SIM_SIM_FAULT_H
#define SIM_SIM_FAULT_H

#include "sim/sim_content.h"
#include "sim/sim_mutate.h"

/* Words of the script, in this order. */
enum sim_instead {
    SIM_INSTEAD_NOTHING,
    SIM_INSTEAD_HANG,
    SIM_INSTEAD_RESET,
    SIM_INSTEAD_CLOSE,
    SIM_INSTEAD_GARBAGE
};
enum sim_malformed {
    SIM_MALFORMED_NOTHING,
    SIM_MALFORMED_BARE_LF,
    SIM_MALFORMED_BOTH_LENGTHS,
    SIM_MALFORMED_CHUNK,
    SIM_MALFORMED_VERSION
};
enum sim_then { SIM_THEN_RESET, SIM_THEN_CLOSE, SIM_THEN_HANG };
enum sim_executes { SIM_EXECUTES_AUTO, SIM_EXECUTES_YES, SIM_EXECUTES_NO };

/* The end comes in the middle of the body. */
struct sim_cut {
    uint32_t after; /* bytes of the body */
    uint32_t then;  /* enum sim_then */
};

enum { SIM_MUTATIONS_MAX = 32 };

struct sim_fault {
    bool early; /* before the request's body is read */
    usec delay;
    usec jitter;     /* at most this much more */
    uint32_t status; /* 0: the reply's own */
    struct sim_headers headers;
    struct sim_content body;
    uint32_t instead; /* enum sim_instead */
    const struct sim_cut *cut;
    uint32_t malformed; /* enum sim_malformed */
    str version;        /* of MALFORMED_VERSION */
    double length_off;  /* announced minus sent */
    bool endless;
    uint32_t extra_headers;
    uint32_t header_bytes; /* of one huge header */
    bool revoke;           /* the request's token is worth nothing from now on */
    uint32_t executes;     /* enum sim_executes: whether a recorded write happens */
    struct bind_list mutate;
    const struct sim_mutation *mutations[SIM_MUTATIONS_MAX]; /* after sim_fault_add */
    uint32_t mutation_n;
};

extern const struct bind_table sim_fault_table;

/* Puts `more` over `fault`, which starts as zeroes. What is used only while the answer is
 * planned is borrowed (headers, body, mutations); the rest is copied into the arena. */
void sim_fault_add(struct sim_fault *fault, struct arena *arena,
                   const struct sim_fault *more);

#endif
