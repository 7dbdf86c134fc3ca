/*
 * An account's lease for whoever wants it beside the keeper: a login, or the end of an
 * account. It waits for one that stands in the way, and takes one over whose holder it
 * has seen do nothing for its whole length.
 *
 *   taking ──had──► had ──lease_end──► ended
 *     └── not to be had ──────────────► ended
 */
#ifndef KEEPER_LEASE_H
#define KEEPER_LEASE_H

#include "directory/token_change.h"
#include "keeper/token_call.h"

/* The caller embeds it, fills the first part, and keeps it and what it lends until
 * `ended`. Both calls run on `worker`. */
struct lease {
    struct directory *directory;
    struct worker *worker;
    struct arena *arena;
    str account;
    str holder;                         /* one name a process, and not the keeper's */
    bool any_state;                     /* also of an account that is switched off */
    void (*had)(struct lease *lease);   /* once at most; lease_end follows it */
    void (*ended)(struct lease *lease); /* once */

    /* from `had` on */
    struct account *found;      /* as it was when the lease was taken; a reference */
    struct token_change change; /* with its fence; STORE's part is the caller's to fill */

    /* from `ended` on */
    enum err err; /* ACCOUNT_UNKNOWN, ACCOUNT_DISABLED; TOKEN_UNAVAILABLE: waited for too
                     long, or stopped; STATE_CONFLICT: somebody else had it meanwhile; the
                     store's */
    str detail;

    /* private */
    struct timer timer;
    usec until;          /* it is no longer waited for */
    uint64_t seen_fence; /* of a lease in the way, */
    usec seen_since;     /* and since when */
    bool stopping;
};

void lease_take(struct lease *lease);

/* Gives it back with that step: STORE, PROVE, LEARN, RELEASE. One that only gives it back
 * cannot fail: the lease runs out. */
void lease_end(struct lease *lease, enum token_step step);

/* Before `had`: it is no longer wanted, and ended when the store has answered. */
void lease_stop(struct lease *lease);

#endif
