/*
 * Breakers that open and close, as events for the product: those of an integration belong
 * to no environment, those of an account to its own. Nothing waits for them, and one that
 * the store does not take is not tried again: the log has it as well.
 */
#ifndef MAIN_BREAKER_EVENTS_H
#define MAIN_BREAKER_EVENTS_H

#include "exchange/exchange.h"

struct breaker_events {
    struct store *store;
    _Atomic uint32_t *waiting; /* of each worker: that the store has not answered */
};

void breaker_events_init(struct breaker_events *events, struct store *store,
                         unsigned workers);
/* All workers have ended; also of zeroes. */
void breaker_events_fini(struct breaker_events *events);

/* On the exchange's worker. */
void breaker_events_put(struct breaker_events *events, const struct exchange *exchange,
                        str breaker, enum breaker_event what);

/* How many of a worker the store has not answered: it ends when none is left. */
uint32_t breaker_events_waiting(const struct breaker_events *events,
                                const struct worker *worker);

#endif
