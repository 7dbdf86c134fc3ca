/*
 * Habits of accounts' events in the store: noted in the transaction that ends events,
 * looked at from time to time. Silence is told once, and its end once.
 */
#ifndef NEWS_SILENCE_STORE_H
#define NEWS_SILENCE_STORE_H

#include "news/silence.h"
#include "store/store.h"

enum { SILENCE_TYPES_MAX = 200 }; /* of an account; others are not watched */

struct silence_of {
    str account, environment, integration;
    str type; /* absent: none */
};

/* Inside a transaction: events were received at these times, in their order. */
enum err silence_note(struct tx *tx, const struct silence_of *of, const usec *received,
                      uint32_t n, usec wall) MUST_CHECK;

/* Inside a transaction: the account is deleted. */
enum err silence_forget(struct tx *tx, str account) MUST_CHECK;

/* Tells of those that are silent now. Time in which nobody could receive does not count.
 * Where events of the account wait, it is looked at again in an hour: they may be such.
 */
struct silence_sweep {
    struct store *store;
    struct worker *worker;
    void (*done)(struct silence_sweep *sweep);
    void *owner;
    usec up; /* wall; since when events can be received */
    usec wall;

    enum err err;
    uint32_t n;         /* that were looked at */
    struct store_op op; /* private */
};
void silence_sweep(struct silence_sweep *sweep);

#endif
