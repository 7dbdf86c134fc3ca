/*
 * Writes in the store: what is done with them, each as one operation in one transaction
 * (store/store.h). Callers embed an operation, fill its first part, keep everything that
 * it points to until `done`, which runs once, on `worker`, and never from inside.
 *
 *            ┌────────── close (an answer; or the row goes, and its key is free) ──────►
 *   open ────┼─► park ─► queued ─► claim ─► sending ─► finish ─► delivered | dead
 *            └──────────► queued      ▲                  │   └─► needs_decision
 *                                     └──────────────────┘
 *
 * Parts are sealed by whoever hands them in (writes.h).
 */
#ifndef WRITES_WRITE_STORE_H
#define WRITES_WRITE_STORE_H

#include "base/usec.h"
#include "store/store.h"

enum write_state {
#define X(symbol, word, doc) WRITE_##symbol,
#include "writes/write_state_list.h"
#undef X
    WRITE_STATE_COUNT
};

extern const char *const write_state_words[]; /* NULL-terminated, in enum order */
str write_state_word(enum write_state state);
str write_state_doc(enum write_state state);

enum write_part {
    WRITE_PART_REQUEST, /* as its caller made it */
    WRITE_PART_FROZEN,  /* as the vendor got it first */
    WRITE_PART_ANSWER,
    WRITE_PART_COUNT
};

enum { WRITE_ID_BYTES = 32 };

/* Ended writes, with their answers and keys, are kept for 7 days (SPEC 7.2). */
#define WRITE_KEPT (7 * USEC_DAY)

struct write_row {
    str id; /* wrt_… */
    int64_t sequence;
    str environment, account, integration;
    str lane; /* "": the account's */
    enum write_state state;
    str verb, path;
    str method;      /* RESOURCE.METHOD; absent: it matches none */
    str key_digest;  /* absent: it has no key, or no longer */
    str fingerprint; /* of what a repeat must be equal to */
    str vendor_key;  /* by which the vendor shall know a repeat; absent: none */
    bool promised;   /* somebody was told that it will be done */
    bool unsure;     /* an attempt may have done it */
    uint32_t tries;
    usec due, accepted, deadline, first_sent, last_sent, ended,
        keep; /* wall; 0: not (yet)
               */
    int64_t lease;
    uint64_t bytes; /* of its sealed request */
    str reason;     /* a word; absent: none */
    str detail;
    int status; /* the vendor's last; 0: none */
    str request_id;
    str login;                   /* whose it was when it was accepted; "": not known */
    str parts[WRITE_PART_COUNT]; /* sealed; absent: none, or not asked for */
};

/* --- at the gate --- */

enum write_open_end {
    WRITE_OPENED,   /* it stands there as `sending`: its caller waits for it */
    WRITE_ACCEPTED, /* as `queued` */
    WRITE_FOUND,    /* its key is taken, by `found`, and nothing was changed */
    WRITE_TAKEN,    /* the same, and it is the caller's again: an attempt before may have
                     * done it, but the vendor knows repeats */
    WRITE_BUSY      /* its lane has queued writes, and it may not wait behind them */
};

struct write_open {
    struct store *store;
    struct worker *worker;
    struct arena *arena; /* for `found` */
    void (*done)(struct write_open *open);
    void *owner;
    struct write_row row; /* with a new id, and its request part */
    bool queue;           /* behind what there is, without being tried first */
    bool queue_if_busy;   /* where its lane has queued writes */
    bool refuse_if_busy;  /* the same: WRITE_BUSY */
    usec window;          /* for so long the vendor knows a repeat; USEC_NEVER: always */
    usec wall;

    enum err err;
    enum write_open_end end;
    struct write_row found;
    struct store_op op; /* private */
};
void write_open(struct write_open *open);

enum write_close_kind {
    WRITE_CLOSE_PARK,   /* it is queued */
    WRITE_CLOSE_DECIDE, /* needs_decision */
    WRITE_CLOSE_END,    /* delivered or dead, with its answer */
    WRITE_CLOSE_RELEASE /* the row goes, and its key is free */
};

/* The end of what its caller waits for. `row` is inserted unless it was opened. */
struct write_close {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_close *close);
    void *owner;
    enum write_close_kind kind;
    struct write_row row; /* with the parts that there are */
    bool opened;
    usec wall;

    enum err err;
    struct store_op op; /* private */
};
void write_close(struct write_close *close);

/* --- in the queue --- */

/* The heads of up to `max` lanes of an account that are due: they are `sending` now, with
 * their request and frozen parts. */
struct write_claim {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct write_claim *claim);
    void *owner;
    str account;
    uint32_t max;
    usec wall;

    enum err err;
    struct write_row *rows;
    uint32_t n;
    usec next;          /* when the next of its lanes is due; USEC_NEVER: none */
    bool stopped;       /* with NEVER: one of them waits for a decision */
    struct store_op op; /* private */
};
void write_claim(struct write_claim *claim);

/* What is about to be sent first, durable before a byte of it leaves. */
struct write_freeze {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_freeze *freeze);
    void *owner;
    str id;
    int64_t lease; /* 0: of a write that its caller waits for */
    str frozen;    /* sealed */
    str vendor_key;
    usec wall;

    enum err err;       /* ERR_STATE_CONFLICT: it is no longer this claim's */
    struct store_op op; /* private */
};
void write_freeze(struct write_freeze *freeze);

/* What came of a claimed write; its lane goes on. */
struct write_finish {
    struct store *store;
    struct worker *worker;
    void (*done)(struct write_finish *finish);
    void *owner;
    struct write_row row; /* its new state, tries, due, reason, detail, status, unsure,
                           * keep; the answer part */
    bool strict;          /* its lane stops where it was not done */
    usec wall;

    enum err err;
    usec next; /* as a claim's, as is the next */
    bool stopped;
    struct store_op op; /* private */
};
void write_finish(struct write_finish *finish);

/* --- by people --- */

enum write_act_kind { WRITE_RETRY, WRITE_CANCEL };

/* Which writes; absent and 0: any. */
struct write_filter {
    str id, environment, account, integration;
    int state;          /* enum write_state; −1: any */
    usec before, after; /* accepted */
};

#define WRITE_FILTER_ANY                                                                 \
    ((struct write_filter){STR_NONE, STR_NONE, STR_NONE, STR_NONE, -1, 0, 0})

/*
 * RETRY: dead, cancelled and undecided ones are queued again, queued ones are due now.
 * CANCEL: queued and undecided ones are cancelled, and dead ones whose lane stands still:
 * it goes on. Others that the filter finds are left,
 * and so are, unless one is named, queued ones that a retry would find due already.
 * At most `max` at a time, in their order; `more` tells that there are others.
 */
struct write_act {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct write_act *act);
    void *owner;
    enum write_act_kind kind;
    struct write_filter filter;
    int64_t from; /* sequence */
    str after;    /* instead: the id of one; absent: none. OBJECT_UNKNOWN */
    uint32_t max;
    bool dry_run; /* nothing is done, and `count` says how many there are in all */
    str actor, peer, request_id; /* for the audit log; absent: the machine */
    usec wall;

    enum err err;
    struct write_row *rows; /* those that are acted on, as they were */
    uint32_t n;
    bool more;
    int64_t count;
    struct store_op op; /* private */
};
void write_act(struct write_act *act);

/* A page, newest first; with one id its parts too. */
struct write_query {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct write_query *query);
    void *owner;
    struct write_filter filter;
    int64_t before; /* sequence; 0: from the newest */
    uint32_t max;

    enum err err;
    struct write_row *rows;
    uint32_t n;
    struct store_op op; /* private */
};
void write_list(struct write_query *query);

#endif
