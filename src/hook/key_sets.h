/*
 * Vendors' public keys behind URLs: JSON Web Key Sets (RFC 7517 §5) that the `verify` of
 * a document names, fetched when a webhook needs them and kept in memory.
 *
 *   life      an hour, or Cache-Control's max-age, between 5 minutes and a day
 *   after it  the next webhook has it fetched again, and is verified with what is there,
 *             where that is no more than a day too old
 *   a `kid` that is not there   it is fetched once more, at most once a minute
 *   no answer, or no set in it  what is there stays in use; again 5 s later at the
 * earliest
 *
 * Nothing that waits is kept here: a webhook that cannot be verified meanwhile is sent
 * again by its vendor. The URLs are of `hosts` (catalog); redirects are not followed.
 *
 * Any thread may find; the rest is a worker's.
 */
#ifndef HOOK_KEY_SETS_H
#define HOOK_KEY_SETS_H

#include "base/log.h"
#include "exchange/exchange.h"

struct key_sets;

enum {
    KEY_SETS_MAX = 256,             /* the one that was not asked for longest goes */
    KEY_SET_BYTES_MAX = 256 * 1024, /* larger ones are none */
};

struct key_sets_config {
    const struct exchange_env *exchange; /* its transports and its egress proxy */
    struct world *world;
    const struct log *log;
    unsigned workers;
};

/* What the config leads to outlives them. */
struct key_sets *key_sets_create(const struct key_sets_config *config);
/* All workers have stopped. */
void key_sets_destroy(struct key_sets **sets);

/* The set of that URL as JSON, in the arena; absent: there is none. */
str key_sets_find(struct key_sets *sets, str url, struct arena *arena);

/*
 * A webhook was held against the set of that URL; `missed`: it named a key that is not in
 * it, or there was no set. Has it fetched where it is time for that. False: what is there
 * is as the vendor has it, as far as can be known, so that a rejection stands.
 */
bool key_sets_ask(struct key_sets *sets, struct worker *worker, str url, bool missed);

/* Ends what the worker fetches, and begins nothing on it any more. */
void key_sets_stop(struct key_sets *sets, struct worker *worker);

#endif
