/*
 * Deliveries in the store: one row for each event and endpoint that gets it, and a row
 * for each attempt. The store is the schedule: what is pending and due is tried; no claim
 * is written, as one worker alone has an endpoint's deliveries. What came of an attempt
 * is one transaction with the new state, which asks for the old one.
 *
 *            ┌──again──┐
 *   pending ─┴─────────┴─► delivered | dead | superseded      replay: ended ► pending
 *
 * A row with `subject` keeps an order: while another one with the same subject and a
 * lesser number is pending, its `due` is USEC_NEVER ("parked"); the end of the one before
 * makes it due.
 *
 * Every operation is a struct that the caller embeds, fills in its first part and keeps
 * until `done`, which comes on `worker`.
 */
#ifndef DELIVER_DELIVERY_STORE_H
#define DELIVER_DELIVERY_STORE_H

#include "deliver/endpoint_store.h"
#include "event/event.h"

enum delivery_state {
#define X(symbol, word, doc) DELIVERY_##symbol,
#include "deliver/delivery_state_list.h"
#undef X
    DELIVERY_STATE_COUNT
};
extern const char *const delivery_state_words[]; /* NULL-terminated, in enum order */
str delivery_state_word(enum delivery_state state);

/* Ended deliveries, and events whose deliveries have all ended, are kept so long
 * (SPEC 8.5). */
#define DELIVERY_KEPT (7 * USEC_DAY)

enum { DELIVERY_ID_BYTES = 32, DELIVERY_ROWS_MAX = 1000 };

/* "dlv_00000000000004d2", "evt_…" of 1234; and back, 0 for what is no such id. */
void delivery_id(const char *prefix, int64_t sequence, char ret[DELIVERY_ID_BYTES]);
int64_t delivery_sequence_of(const char *prefix, str id);

struct delivery_row {
    int64_t sequence;
    str endpoint;
    int64_t event;
    str type; /* of the event, as the next two */
    str environment, account;
    str subject; /* absent: it keeps no order */
    enum delivery_state state;
    usec due;          /* wall; USEC_NEVER: parked */
    uint32_t tries;    /* since it was last made pending */
    uint32_t attempts; /* all */
    uint64_t bytes;
    str reason; /* a word; absent: none */
    int status; /* of the last answer; 0: none */
    usec created, ended, keep;
};

/* --- from events to deliveries --- */

struct delivery_new {
    str endpoint, type, environment, account;
    str subject; /* absent: no order */
    bool latest; /* it takes the place of those that are parked */
    int64_t event;
    uint64_t bytes;

    /* the answer */
    bool parked;
    uint32_t superseded;
    uint64_t superseded_bytes;
};

/* Inserts the rows and moves the position, which must be `before`, in one transaction. */
struct delivery_fan {
    struct store *store;
    struct worker *worker;
    int64_t before, after;
    struct delivery_new *rows;
    uint32_t n;
    usec wall;
    void (*done)(struct delivery_fan *fan);
    enum err err; /* ERR_STATE_CONFLICT: the position is another */
    struct store_op op;
};
void delivery_fan(struct delivery_fan *fan);

/* Events behind a number, oldest first, and the position at the start. */
struct event_scan {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    int64_t after;
    uint32_t max;
    void (*done)(struct event_scan *scan);
    enum err err;
    struct event_row *rows;
    uint32_t n;
    struct store_op op;
};
void event_scan(struct event_scan *scan);
enum err delivery_position(struct store *store, int64_t *ret_position);

/* --- what is due --- */

struct delivery_due {
    struct delivery_row row;
    struct event_row event; /* type absent: it is gone */
    bool newer;             /* a later one with the same subject waits */
};

struct delivery_load {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    str endpoint;
    usec wall;
    uint32_t max;
    size_t bytes_max; /* of the events' sealed data; one row comes in any case */
    bool secrets;     /* read them, too */
    bool latest;      /* say which ones are outdated */
    void (*done)(struct delivery_load *load);
    void *owner;

    enum err err;
    struct delivery_due *rows; /* in the order of `due` */
    uint32_t n;
    bool more; /* there are others that are due */
    usec next; /* when the next after these is due; USEC_NEVER: none */
    struct endpoint_sealed sealed;
    struct store_op op;
};
void delivery_load(struct delivery_load *load);

/* --- what came of it --- */

struct delivery_attempt {
    uint32_t number;
    usec time; /* wall */
    usec duration;
    int status; /* 0: no answer */
    str fault;  /* a sentence; absent: there was an answer */
    str sealed; /* the head of the answer and the start of its body; absent: none */
};

enum { DELIVERY_EVENTS_MAX = 3 };

struct delivery_finish {
    struct store *store;
    struct worker *worker;
    int64_t sequence;
    str subject, endpoint;
    enum delivery_state state; /* PENDING: once more at `due` */
    usec due;
    uint32_t tries;
    str reason;
    bool tried; /* there was an attempt: */
    struct delivery_attempt attempt;
    bool latest; /* instead of once more: superseded, if a later one waits */
    usec wall;
    const struct endpoint_turn *turn; /* NULL: the endpoint stays as it is */
    struct endpoints *endpoints;      /* where it is published */
    struct event events[DELIVERY_EVENTS_MAX];
    uint32_t event_n;
    bool dead_event; /* the first of them: only if the row was still pending */
    void (*done)(struct delivery_finish *finish);
    void *owner;

    enum err err;
    bool changed; /* false: it had ended meanwhile */
    bool ended;
    bool released; /* one that was parked is due now */
    struct endpoint *published;
    struct store_op op;
};
void delivery_finish(struct delivery_finish *finish);

/* --- many at a time --- */

enum delivery_sweep_kind {
    SWEEP_BURY,  /* the oldest pending ones: dead, for `reason` */
    SWEEP_HASTEN /* those that wait for a retry: due, in the order in which they came */
};

/* At most DELIVERY_ROWS_MAX rows; `n` less than asked for: there are no more. */
struct delivery_sweep {
    struct store *store;
    struct worker *worker;
    enum delivery_sweep_kind kind;
    str endpoint;
    str reason;
    uint32_t max;
    usec wall;
    bool tell; /* put `event` */
    struct event event;
    void (*done)(struct delivery_sweep *sweep);
    void *owner;

    enum err err;
    uint32_t n;
    uint64_t bytes;
    struct store_op op;
};
void delivery_sweep(struct delivery_sweep *sweep);

/* What has been kept for long enough goes, a bounded number of rows. */
struct delivery_expire {
    struct store *store;
    struct worker *worker;
    usec wall;
    void (*done)(struct delivery_expire *expire);
    enum err err;
    int64_t gone;
    struct store_op op;
};
void delivery_expire(struct delivery_expire *expire);

/* At the start: what waits for each endpoint. On the caller's thread. */
struct delivery_waiting {
    str endpoint;
    uint32_t n;
    uint64_t bytes;
};
enum err delivery_waiting(struct store *store, usec wall, struct arena *arena,
                          struct delivery_waiting **ret_items, uint32_t *ret_n);

#endif
