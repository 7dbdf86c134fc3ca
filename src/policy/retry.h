/*
 * Whether a failed attempt is made again, and after how long (SPEC 4.4, 4.5). Values in,
 * verdict out; the budget is the one thing that remembers, per vendor host.
 */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include "policy/outcome.h"

/* One row of the retry table: delay = min(max, base·2^attempt) + random(0, base). */
struct retry_row {
    uint32_t retries;
    usec base;
    usec max;
};

struct retry_rule {
    struct retry_row server;
    struct retry_row timeout;
    struct retry_row network;
};

extern const struct bind_table retry_table;

/* Calls and retries to one host within ten seconds: retries stay below a fifth of the
 * calls, but three are always allowed. Thread-safe. */
struct retry_budget {
    _Atomic uint64_t calls;   /* period number << 32 | count */
    _Atomic uint64_t retries; /* the same */
};

void retry_budget_note_call(struct retry_budget *budget, usec now);
/* Takes one retry out of the budget; false when there is none left. */
bool retry_budget_take(struct retry_budget *budget, usec now);

struct retry_facts {
    enum outcome_class class;
    uint32_t done[RETRY_CLASS_COUNT]; /* retries made so far, by class */
    bool sent;        /* a byte of the request reached the vendor's connection */
    bool repeatable;  /* a safe or idempotent method, or a key that the vendor honours */
    bool body_kept;   /* the request's body can be sent again */
    bool answered;    /* part of an answer has gone to the caller already */
    bool forbidden;   /* the caller asked for a single attempt */
    usec vendor_wait; /* Retry-After of the answer; −1: none */
    usec time_left;   /* until the deadline */
    double chance;    /* [0, 1) */
};

enum retry_why {
    RETRY_WHY_YES,
    RETRY_WHY_CLASS,       /* this class is not retried, or not any more */
    RETRY_WHY_UNSAFE,      /* it may have been done already */
    RETRY_WHY_BODY,        /* the body is gone */
    RETRY_WHY_DEADLINE,    /* no time left for it */
    RETRY_WHY_VENDOR_WAIT, /* the vendor asks for a longer wait than the table allows */
    RETRY_WHY_ANSWERED,
    RETRY_WHY_CALLER, /* the caller asked for one attempt */
    RETRY_WHY_BUDGET
};

struct retry_verdict {
    bool retry;
    usec delay;
    enum retry_why why;
};

/* `budget` is asked last, and only for what would be retried. */
struct retry_verdict retry_decide(const struct retry_rule *rule,
                                  const struct retry_facts *facts,
                                  struct retry_budget *budget, usec now);

str retry_why_word(enum retry_why why);

/* GET, HEAD, OPTIONS, TRACE; and those plus PUT, DELETE (RFC 9110 §9.2.1, §9.2.2). */
bool retry_method_safe(str method);
bool retry_method_idempotent(str method);

#endif
