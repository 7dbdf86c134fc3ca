/*
 * Vendors deliver more than once: what has come within 7 days is known again, by the
 * vendor's id of the event, or where it has none by the whole request (SPEC 8.4).
 *
 * The table hook_seen has a row for each, by the hour in which it came: what is new goes
 * to the end of it, and what is old goes an hour at a time. Which hours have a key at all
 * a Bloom filter says, for each (B. H. Bloom: "Space/Time Trade-offs in Hash Coding with
 * Allowable Errors", 1970), so that they are not looked up in vain; an hour for which
 * there is no room in memory is always looked up.
 *
 * On the transfer's thread.
 */
#ifndef HOOK_DEDUPE_H
#define HOOK_DEDUPE_H

#include "base/usec.h"
#include "store/store.h"

struct dedupe;

#define DEDUPE_KEPT   (7 * USEC_DAY)
#define DEDUPE_REPEAT (5 * USEC_MIN) /* of requests without ids */

/* 128 bits of a SHA-256: of what, is the caller's. */
struct dedupe_key {
    int64_t hash, rest;
};

struct dedupe_seen {
    int64_t slot;
    usec received;
    int64_t sequence;
};

/* Reads the filters of the last 7 days before `wall`. NULL: the store cannot be read. On
 * the calling thread. */
struct dedupe *dedupe_open(struct store *store, usec wall);
void dedupe_close(struct dedupe **dedupe);

/* Inside a transaction: whether the key was seen within 7 days before `received`; the
 * newest time of several. */
enum err dedupe_look(struct dedupe *dedupe, struct tx *tx, const struct dedupe_key *key,
                     usec received, bool *ret_found,
                     struct dedupe_seen *ret_seen) MUST_CHECK;

/* Inside a transaction: it was seen now, as this row. */
enum err dedupe_put(struct tx *tx, const struct dedupe_key *key,
                    const struct dedupe_seen *seen) MUST_CHECK;

/* The same, once that has been committed. */
void dedupe_note(struct dedupe *dedupe, const struct dedupe_key *key, usec received);

/* Inside a transaction: at most `max` rows that are too old at `wall` go; answers how
 * many. */
enum err dedupe_expire(struct tx *tx, usec wall, uint32_t max, int64_t *ret_n) MUST_CHECK;

/* Filters of hours that are over. */
void dedupe_forget(struct dedupe *dedupe, usec wall);

/* Order of rows in the table, for sorting what is put. */
int dedupe_order(const struct dedupe_key *a, const struct dedupe_key *b);

int64_t dedupe_slot(usec wall);

#endif
