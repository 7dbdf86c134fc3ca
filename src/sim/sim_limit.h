/*
 * Rate limits as vendors have them: so many calls a window for each token. The window
 * either starts with a token's first call and ends at once ("window"), or is a bucket
 * that leaks evenly and empties in one window ("bucket").
 *
 * Counts are kept for at most SIM_LIMIT_TOKENS_MAX tokens; with one more, all start
 * again. On the simulator's worker.
 */
#ifndef SIM_SIM_LIMIT_H
#define SIM_SIM_LIMIT_H

#include "base/map.h"
#include "base/str.h"
#include "base/usec.h"

enum { SIM_LIMIT_TOKENS_MAX = 100000 };

/* What a token's count looks like after a call. */
struct sim_quota {
    uint32_t calls; /* allowed */
    uint32_t used;
    usec reset_in; /* until the next call is allowed (when refused) or the count ends */
};

enum sim_window { SIM_WINDOW_FIXED, SIM_WINDOW_BUCKET };

struct sim_limit {
    uint32_t calls;
    usec window;
    enum sim_window kind;
    struct map tokens;
};

void sim_limit_init(struct sim_limit *limit, uint32_t calls, usec window,
                    enum sim_window kind);
void sim_limit_fini(struct sim_limit *limit);
void sim_limit_clear(struct sim_limit *limit); /* all counts start again */

/* Counts a call of this token; false, and not counted, when that would be too many. */
bool sim_limit_take(struct sim_limit *limit, str token, usec now,
                    struct sim_quota *ret_quota);

#endif
