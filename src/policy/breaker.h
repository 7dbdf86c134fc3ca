/*
 * A circuit breaker: whether a vendor is worth a call (SPEC 4.1–4.3). One guards a group
 * of an integration's calls for everybody, one guards each account.
 *
 *   CLOSED ──5 failures in a row, or a bad window──► OPEN ──30 s──► HALF_OPEN
 *      ▲                                               ▲                │
 *      └───────── 2 good trials ───────────────────────┼── a failure ───┘
 *
 * While closed and good, asking reads one word and noting a success writes nothing that
 * others read; everything else takes a small lock. Every permit carries the epoch in
 * which it was given; what is noted under an old epoch is ignored. A breaker that guards
 * several accounts opens only when failures came from two of them, if more than one was
 * active within the last minute: one tenant cannot open it for all.
 *
 * Clocks and chance are arguments; `now` is monotonic. Any thread.
 */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "policy/outcome.h"

struct breaker_rule {
    uint32_t failures;    /* in a row, that open it */
    usec open;            /* until the first trial */
    usec open_max;        /* the longest, after doubling */
    uint32_t trials;      /* at once while half open */
    uint32_t successes;   /* of trials that close it */
    usec window;          /* the sliding window of the two shares */
    uint32_t calls_min;   /* in the window, before a share counts */
    double failure_share; /* 0 = not used */
    double slow_share;    /* 0 = not used */
    usec slow;            /* a call that takes longer is slow */
};

extern const struct bind_table breaker_table;

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
enum breaker_force { BREAKER_FREE, BREAKER_FORCED_OPEN, BREAKER_FORCED_CLOSED };

enum { BREAKER_BUCKETS = 10, BREAKER_TEXT_BYTES = 120 };

struct breaker_bucket {
    int64_t slot; /* which stretch of time it counts */
    uint32_t calls;
    uint32_t failures;
    uint32_t slow;
};

struct breaker_seen {
    _Atomic uint64_t account; /* 0 = none */
    _Atomic usec at;
};

struct breaker {
    _Atomic uint64_t word;     /* epoch << 8 | force << 4 | state */
    atomic_bool shared;        /* guards more than one account */
    _Atomic uint32_t failures; /* in a row */
    pthread_mutex_t lock;      /* over all that follows */
    uint32_t trials;           /* under way */
    uint32_t successes;
    uint32_t opened_in_a_row;
    usec open_until;
    usec since; /* of the present state */
    struct breaker_seen
        seen[2]; /* the two accounts active last; written under the lock */
    uint64_t failed_accounts[2]; /* since the last success; 0 = none */
    struct breaker_bucket buckets[BREAKER_BUCKETS];
    int last_status;                     /* of the last failure; 0: no answer */
    char last_error[BREAKER_TEXT_BYTES]; /* its words, zero-terminated */
    usec last_failure;
};

void breaker_init(struct breaker *breaker, bool shared);
void breaker_fini(struct breaker *breaker);

enum breaker_answer {
    BREAKER_ALLOW,
    BREAKER_TRIAL, /* allowed, and its result decides */
    BREAKER_REFUSE
};

struct breaker_permit {
    enum breaker_answer answer;
    uint64_t epoch;
    usec retry_in; /* REFUSE: until the next trial is worth asking for */
};

/* May a call be made? ALLOW and TRIAL must be followed by breaker_note, once. */
struct breaker_permit breaker_ask(struct breaker *breaker,
                                  const struct breaker_rule *rule, usec now);

struct breaker_result {
    enum breaker_effect effect;
    uint64_t account; /* a hash that is never 0 */
    bool probe;       /* a failed probe counts as a second account */
    usec took;
    int status;    /* 0: no answer */
    str error;     /* a few words */
    double chance; /* [0, 1): for the jitter of the open time */
};

enum breaker_event { BREAKER_EVENT_NONE, BREAKER_EVENT_OPENED, BREAKER_EVENT_CLOSED };

/* The result of a permitted call. Answers what it changed. */
enum breaker_event breaker_note(struct breaker *breaker, const struct breaker_rule *rule,
                                const struct breaker_permit *permit,
                                const struct breaker_result *result, usec now);

/* Opens or closes it by hand, until it is set free again. */
void breaker_force(struct breaker *breaker, enum breaker_force force, usec now);

struct breaker_view {
    enum breaker_state state;
    enum breaker_force force;
    uint32_t failures;
    usec since;
    usec retry_in; /* OPEN: until the first trial; else 0 */
    int last_status;
    char last_error[BREAKER_TEXT_BYTES];
    usec last_failure; /* 0: none yet */
};

void breaker_view(struct breaker *breaker, usec now, struct breaker_view *ret_view);

/* Nothing to remember: closed, free, no failures in a row. */
bool breaker_at_rest(struct breaker *breaker);

str breaker_state_word(enum breaker_state state); /* "closed", "open", "half_open" */

#endif
