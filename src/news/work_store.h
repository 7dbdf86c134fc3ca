/*
 * What work on vendors' events does in the store, each as one operation in one
 * transaction. Callers embed an operation, fill its first part, keep everything that it
 * points to until `done`, which runs once, on `worker`, and never from inside.
 */
#ifndef NEWS_WORK_STORE_H
#define NEWS_WORK_STORE_H

#include "event/event.h"
#include "hook/hook_store.h"
#include "news/order_store.h"
#include "news/silence_store.h"

/* Rows of an account that are due, in the order in which they became so, at most `max`. A
 * row that would not be due within any delay that work gives is due: a clock was set
 * back. */
struct work_take {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct work_take *take);
    void *owner;
    str account;
    uint32_t max;
    usec wall;

    enum err err;
    struct hook_row *rows;
    uint32_t n;
    usec next;          /* with none: when the next will be due; USEC_NEVER: none */
    struct store_op op; /* private */
};
void work_take(struct work_take *take);

/* What is known of a record, and whether a row of its lane waits that was received before
 * `sequence`. */
struct work_place {
    struct order_record record;
    str lane;
    int64_t sequence;

    struct order_known known;
    bool blocked;
    usec until; /* wall; when that row is due */
};

struct work_look {
    struct store *store;
    struct worker *worker;
    void (*done)(struct work_look *look);
    void *owner;
    struct work_place *places;
    uint32_t n;

    enum err err;
    struct store_op op; /* private */
};
void work_look(struct work_look *look);

/* What came of a row. */
struct work_result {
    struct hook_row
        row; /* state, lane, due, tries, events, reason, detail, ended, keep */
    bool told;
    struct event event;
};

enum { WORK_END_MAX = 64 };

/* Of rows that were taken, at most WORK_END_MAX: all of it, or nothing.
 * ERR_STATE_CONFLICT: a row is not queued any more, or somebody else has told of a
 * record. */
struct work_end {
    struct store *store;
    struct worker *worker;
    void (*done)(struct work_end *end);
    void *owner;
    const struct work_result *results;
    uint32_t n;
    const struct order_record *records; /* what is known of these from now on */
    const struct order_known *knowns;
    uint32_t record_n;
    usec wall;

    enum err err;
    struct store_op op; /* private */
};
void work_end(struct work_end *end);

/* An account is gone: its rows end as dead, some hundred at a time, and what is known of
 * its records goes. */
struct work_orphans {
    struct store *store;
    struct worker *worker;
    void (*done)(struct work_orphans *orphans);
    void *owner;
    str account;
    usec wall;

    enum err err;
    int64_t n;          /* rows that have ended; 0: there are no more */
    struct store_op op; /* private */
};
void work_orphans(struct work_orphans *orphans);

struct work_account {
    str account;
    uint64_t queued;
};
/* The accounts with queued rows. On the calling thread. */
enum err work_accounts(struct store *store, struct arena *arena,
                       struct work_account **ret_items, uint32_t *ret_n);

#endif
