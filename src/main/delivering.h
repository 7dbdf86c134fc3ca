/*
 * Events on their way to the product, put together: the transport that reaches public
 * addresses only, the endpoints, the deliveries.
 */
#ifndef MAIN_DELIVERING_H
#define MAIN_DELIVERING_H

#include "base/log.h"
#include "deliver/deliver.h"
#include "main/settings.h"

struct buf;
struct tls;

struct delivering {
    struct guard guard;
    struct transport *transport;
    struct deliver *deliver;
};

/* All of it outlives them. */
struct delivering_parts {
    const struct settings *settings;
    struct arena *arena;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct payloads *payloads; /* NULL: no event has any */
    struct tls *tls;           /* of whom is trusted */
    const struct log *log;
    unsigned workers;
};

/* False with a sentence: a setting, or the store. */
bool delivering_start(struct delivering *delivering, const struct delivering_parts *parts,
                      str *ret_why);
void delivering_stop(struct delivering *delivering);

/* On the worker's own thread, as deliver.h says. */
void delivering_join(struct delivering *delivering, struct worker *worker);
/* Ends what is under way, and leaves. */
void delivering_leave(struct delivering *delivering, struct worker *worker);

void delivering_metrics(struct delivering *delivering, struct buf *buf);

#endif
