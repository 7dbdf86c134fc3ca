/*
 * An answer as a script describes it. Everything in it may depend on the request, through
 * templates and the page of a list; sim_plan makes the actual answer of it.
 */
#ifndef SIM_SIM_REPLY_H
#define SIM_SIM_REPLY_H

#include "sim/sim_fault.h"
#include "sim/sim_page.h"

#define SIM_BODY_BYTES_MAX ((uint64_t)4 << 30)

/* An interim answer, sent at once. */
struct sim_inform {
    uint32_t status;
    struct sim_headers headers;
};

struct sim_reply {
    uint32_t status;
    struct sim_headers headers;
    struct sim_content body;
    usec delay;
    usec jitter;
    uint32_t bytes_per_second; /* 0: as fast as it is taken */
    bool chunked;
    struct sim_headers trailers;
    uint32_t repeat; /* the body, so many times; at most SIM_BODY_BYTES_MAX in all */
    bool gzip;
    bool close;               /* the connection ends with the answer */
    struct bind_list informs; /* of struct sim_inform */
    const struct sim_list *list;
    const struct sim_fault *fault;
};

extern const struct bind_table sim_reply_table;

#endif
