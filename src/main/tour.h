/*
 * The tour: requests to a running daemon and the simulator behind it, printed with what
 * came back and what it means. Every step looks at its own answers, so that the tour is
 * also a test of what it tells.
 */
#ifndef MAIN_TOUR_H
#define MAIN_TOUR_H

#include "base/arena.h"

struct tour {
    uint16_t port;     /* of the daemon */
    uint16_t sim_port; /* of the simulator */
    str key;
    bool silent; /* nothing is printed */
    struct arena arena;
    const char *disappointed; /* the first thing that did not go as told; NULL = none */
    str write;                /* the place of the one that was queued */
    bool broken_off;          /* a request had no answer: the rest was left out */
};

/* On a thread of its own: it waits for answers. */
void tour_run(struct tour *tour);

#endif
