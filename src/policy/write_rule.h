/*
 * What becomes of a write after an attempt at it (SPEC 7.3, 7.4): values in, verdict out.
 * And the `writes` block of `resilience`, which says how hard a queued one is tried.
 * Pure; any thread.
 */
#ifndef POLICY_WRITE_RULE_H
#define POLICY_WRITE_RULE_H

#include "policy/outcome.h"

/* Whether a write may be queued: what a caller asks for, or a document. */
enum queue_mode {
    QUEUE_UNSAID,
    QUEUE_NEVER,
    QUEUE_ON_FAILURE, /* when the vendor is not available */
    QUEUE_ALWAYS      /* without trying first */
};

/* Whose writes keep their order. */
enum lane_kind {
    LANE_ACCOUNT,
    LANE_RECORD /* of one path each */
};

struct write_rule {
    uint32_t queue; /* enum queue_mode: for calls that say nothing */
    uint32_t lane;  /* enum lane_kind */
    uint32_t tries; /* 10 */
    usec base;      /* until the second; doubles; 5 s */
    usec max;       /* 1 h */
    usec age;       /* a write older than this is not tried any more; 72 h */
    uint32_t lanes; /* of an account that are tried at once, at most; 10 */
    bool strict;    /* a lane stops behind a write that was not done */
    bool timely;    /* must not come late: it is never queued (SPEC 7.5) */
};

extern const struct bind_table write_rule_table;
extern const char *const queue_mode_words[]; /* NULL-terminated, in enum order */

struct write_facts {
    enum outcome_class class;
    enum err err;       /* no usable answer: why */
    bool sent;          /* a byte of the write itself has left, in this attempt */
    bool answered;      /* and the vendor has answered it */
    bool recognised;    /* the vendor would know a repeat, now */
    bool stores_errors; /* and would repeat the very answer it gave, errors too */
    bool refused;       /* such an answer says that nothing was done */
    bool unsure;        /* an attempt before may have done it */
    bool removes;       /* it deletes something */
    uint32_t tries;     /* made, this one too */
    usec age_left;      /* until it is too old */
    usec retry_after;   /* what the vendor, or we, said; −1: nothing */
    double chance;      /* [0, 1) */
};

enum write_verdict {
    VERDICT_DONE,   /* the vendor has done it */
    VERDICT_AGAIN,  /* it is tried again; this was a try */
    VERDICT_WAIT,   /* the same, and it was none: nothing reached the vendor */
    VERDICT_DEAD,   /* it is not tried any more, and was not done */
    VERDICT_UNKNOWN /* it may have been done, and a repeat would not be known as one */
};

struct write_decision {
    enum write_verdict verdict;
    usec delay;      /* AGAIN, WAIT */
    const char *why; /* a word: "delivered", "refused", "tries", "age", "unknown", … */
};

struct write_decision write_decide(const struct write_rule *rule,
                                   const struct write_facts *facts);

/* What was found of a write that may have been done, by asking its vendor for it (SPEC
 * 7.3, catalog/repeat_search.h). */
enum write_found {
    WRITE_IS_THERE,
    WRITE_IS_NOT_THERE, /* as far as the vendor's search knows */
    WRITE_IS_ONE_OF,    /* there are several that could be it */
    WRITE_IS_UNHEARD    /* the vendor did not say */
};

struct write_search_facts {
    enum write_found found;
    usec settle_left;         /* until the vendor's search has all that was sent before */
    bool conclusive;          /* what it does not find then was not done */
    struct write_facts heard; /* of the request that asked: class, err, answered,
                               * age_left, retry_after, chance */
};

/* `WAIT` with "not_found": it is known not to be done, and is as one that was never sent.
 */
struct write_decision write_decide_search(const struct write_search_facts *facts);

/* Whether the vendor, not the write, is in the way, so that a caller's write may be taken
 * into the queue (SPEC 7.1). */
bool write_is_unavailable(const struct write_facts *facts);

#endif
