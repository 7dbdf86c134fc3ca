/*
 * What becomes of a vendor's event after an attempt to make events of it (SPEC 8.5): it
 * is done, waits for what is in the way of its account, is tried again by the schedule of
 * deliveries (SPEC 9.2), or ends among the dead. Values in, verdict out; pure.
 */
#ifndef NEWS_WORK_RULE_H
#define NEWS_WORK_RULE_H

#include "base/err.h"
#include "policy/outcome.h"

/* How a fetch of the vendor's record has ended. */
enum fetch_end {
    FETCH_GOOD,
    FETCH_GONE,  /* the vendor has no such record (any more) */
    FETCH_AGAIN, /* this was a try */
    FETCH_HELD   /* this was none: the vendor, or the account, is not to be asked now */
};

struct fetch_facts {
    bool good;     /* the record is here */
    bool cut;      /* the process ends */
    bool answered; /* the vendor has answered, and refused */
    enum outcome_class class;
    enum err err;     /* where it has not: why */
    int status;       /* the vendor's; 0: none */
    usec retry_after; /* −1: nobody said */
};

struct fetch_verdict {
    enum fetch_end end;
    usec delay;      /* of HELD, at least */
    const char *why; /* a word, of AGAIN and HELD */
};

struct fetch_verdict fetch_judge(const struct fetch_facts *facts);

/* How long after so many tries (> 0) the next one comes: 5 s, 30 s, 2 min, 15 min, 1 h,
 * 4 h, 12 h, 24 h, each a fifth more or less; `chance` in [0, 1). −1: there is none. */
usec work_delay(uint32_t tries, double chance);

enum { WORK_TRIES = 9 };

/* The longest there is. */
#define WORK_DELAY_MAX (29 * USEC_H)

#endif
