/*
 * Sharing (single flight): of identical reads that are under way at the same time, over
 * all workers, one asks the vendor and the others wait for what it brings.
 *
 *   join ──► LEAD ──land(entry)──► all who wait get it
 *     │        ├────land(NULL)───► all who wait go alone: what may not be kept is not
 *     │        │                   shared, and a failure is each one's own to have
 *     │        └────leave────────► the next who waits leads
 *     └────► WAIT ──heard──► with the entry │ as the leader │ alone
 *              └────leave
 *
 * Answers are told on the worker that waits, in a turn of its own. Any worker.
 */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include "cache/entry.h"

struct shares;
struct share_seat;
struct worker;

enum share_word { SHARE_LEAD, SHARE_WAIT, SHARE_LANDED, SHARE_ALONE };

/* Who asks. */
struct share_asker {
    struct worker *worker;
    /* Once, after WAIT, unless the seat was left: with LANDED `entry`, of which a
     * reference comes along; with LEAD the seat is the leader's now; otherwise it is over
     * and the seat is gone. */
    void (*heard)(void *owner, enum share_word word, struct cache_entry *entry);
    void *owner;
};

struct shares *shares_create(void);
void shares_destroy(struct shares **shares); /* nobody may sit in one */

/*
 * Joins the share for `key`, or begins it: LEAD or WAIT, with the seat. A share that
 * began under another stamp than `stamp` is not joined: something was written since. Then
 * a new one begins in its place, and who waits for the old one gets what that brings.
 */
enum share_word share_join(struct shares *shares, const struct cache_key *key,
                           const struct cache_stamp *stamp,
                           const struct share_asker *asker, struct share_seat **ret_seat);

/* The leader's: it is over. `entry` is borrowed; NULL: there is nothing to share. The
 * seat goes. NULL inside is allowed. */
void share_land(struct share_seat **seat, struct cache_entry *entry);

/* Whoever sits there has lost interest. The seat goes; a leader is followed by the next
 * who waits. NULL inside is allowed. */
void share_leave(struct share_seat **seat);

/* How many wait, for metrics. */
uint64_t shares_waiting(struct shares *shares);

#endif
