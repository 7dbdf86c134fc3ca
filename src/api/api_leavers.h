/*
 * Accounts that are being deleted (SPEC 5.6). From the request on nothing new is taken
 * in for them; what is queued or undecided is waited for, then they go.
 *
 *   DELETE ─► deleting ──its writes have ended, or are cancelled──► departure ─► gone
 *
 * That an account is leaving stands in its state, so that the next process goes on where
 * this one ends: worker 0 looks each two seconds for those that wait for nothing more.
 */
#ifndef API_API_LEAVERS_H
#define API_API_LEAVERS_H

#include "base/list.h"
#include "connect/departure.h"

struct api;
struct leavers;

struct leavers *leavers_create(struct api *api);
void leavers_destroy(struct leavers **leavers); /* nobody leaves any more */

/* On worker 0's own thread. */
void leavers_join(struct leavers *leavers, struct worker *worker);
void leavers_drain(struct leavers *leavers); /* no more are begun */
bool leavers_busy(const struct leavers *leavers);

/* One that leaves. The caller embeds it, and keeps it until `done`. */
struct leaver {
    struct departure departure; /* its first part is filled by the caller */
    void (*done)(struct leaver *leaver);
    void *owner;
    struct leavers *leavers; /* private, as is the next */
    struct list node;
};

/* Any worker. False: it is leaving already, and nothing was begun. */
bool leavers_start(struct leavers *leavers, struct leaver *leaver);

#endif
