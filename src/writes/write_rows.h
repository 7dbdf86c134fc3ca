/*
 * What the store operations of writes share: rows and their parts, events, lanes. For
 * writes/ only; on store threads, inside a transaction.
 */
#ifndef WRITES_WRITE_ROWS_H
#define WRITES_WRITE_ROWS_H

#include "event/event.h"
#include "writes/write_store.h"

#define WRITE_COLUMNS                                                                    \
    "SELECT id, sequence, environment, account, integration, lane, state, verb, path, "  \
    "method, vendor_key, promised, unsure, tries, due, accepted, deadline, first_sent, " \
    "ended, lease, reason, detail, status, request_id, fingerprint, keep, login, "       \
    "last_sent, bytes FROM "                                                             \
    "write "

/* The present row of a query with those columns; a copy. */
struct write_row write_read(struct tx *tx, struct arena *arena);

/* The row that a query finds, with these of its parts (bits); ERR_OBJECT_UNKNOWN. */
enum err write_find(struct tx *tx, const struct statement *query, struct value by,
                    struct arena *arena, struct write_row *ret_row);
enum err write_read_parts(struct tx *tx, unsigned parts, struct arena *arena,
                          struct write_row *row);

/* Inserts the row with the next sequence number and its parts. */
enum err write_insert(struct tx *tx, struct write_row *row);
enum err write_put_part(struct tx *tx, str id, enum write_part part, str sealed);

/* Sees to it that the lane stands in the schedule. */
enum err write_queue_lane(struct tx *tx, const struct write_row *row);
/* The lane is nobody's any more, and due with its head; one without a head goes.
 * `stopped`: it is not due before somebody decides. */
enum err write_free_lane(struct tx *tx, str account, str lane, bool stopped);
/* When the next lane of the account is due; USEC_NEVER: none is. `stopped`: though there
 * is one, which waits for a decision. */
enum err write_next_due(struct tx *tx, str account, usec *ret_due, bool *ret_stopped);

/* The end of a write, where it is one. */
enum err write_tell(struct tx *tx, const struct write_row *row, usec wall);

#endif
