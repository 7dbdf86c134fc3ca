/*
 * What the store operations of deliveries share. For deliver/ only; on store threads.
 */
#ifndef DELIVER_DELIVERY_ROWS_H
#define DELIVER_DELIVERY_ROWS_H

#include "deliver/delivery_store.h"

#define DELIVERY_COLUMNS                                                                 \
    "d.sequence, d.endpoint, d.event, d.type, d.environment, d.account, d.subject, "     \
    "d.state, d.due, d.tries, d.attempts, d.bytes, d.reason, d.status, d.created, "      \
    "d.ended, d.keep"
enum { DELIVERY_COLUMN_COUNT = 17 };
#define DELIVERY_EVENT_COLUMNS                                                           \
    "e.sequence, e.time, e.type, e.environment, e.account, e.detail, e.integration, "    \
    "e.source, e.subject, e.sealed, e.payload"

/* The present row of a query with those columns, from `at` on; copies. */
struct delivery_row delivery_read(struct tx *tx, struct arena *arena);
struct event_row delivery_read_event(struct tx *tx, unsigned at, struct arena *arena);

/* The one of this subject that is next becomes due. */
enum err delivery_release(struct tx *tx, str endpoint, str subject, usec wall,
                          bool *ret_released) MUST_CHECK;

/* Whether one with this subject is pending, and whether one behind `sequence` is. */
enum err delivery_has_pending(struct tx *tx, str endpoint, str subject, int64_t sequence,
                              bool *ret_found) MUST_CHECK;

#endif
