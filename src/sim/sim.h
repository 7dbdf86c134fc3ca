/*
 * The vendor simulator: answers HTTP as scripts describe it (docs/sim.md), misbehaves in
 * every way that they or POST /_sim/faults ask for, and remembers what it was asked.
 *
 * It runs on one worker and may share a process with others. Scripts are data; nothing
 * here knows a vendor's name.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdint.h>

#include "base/str.h"

struct arena;
struct sim;
struct worker;

struct sim_settings {
    str listen;   /* ADDR:PORT; port 0 takes a free one */
    str script;   /* file; absent: nothing but /_sim and the dialects */
    str dialects; /* folder whose NAME/sim.json are served under /NAME; absent: none */
    str tls_cert; /* file; absent: plain HTTP */
    str tls_key;
};

/*
 * Listens from the next turn on. NULL, with sentences (one a line) in the arena, when the
 * address or a file cannot be used. On the worker's thread, as are the others; crypto and
 * hash must have been started.
 */
struct sim *sim_create(struct worker *worker, const struct sim_settings *settings,
                       struct arena *arena, str *ret_why);

uint16_t sim_port(const struct sim *sim);

/* Ends all connections at once; `on_closed` is called in a later turn, when none is left.
 */
void sim_close(struct sim *sim, void (*on_closed)(void *arg), void *arg);

/* After on_closed. NULL is allowed. */
void sim_destroy(struct sim **sim);

/* The command `breakwater sim …`: argv is what stands behind it. Answers the exit code.
 */
int sim_main(int argc, char **argv);

#endif
