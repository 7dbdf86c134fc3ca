/*
 * What comes of an attempt at a delivery, and when the next one is (SPEC 9.2, 9.3). Pure:
 * values in, verdict out.
 */
#ifndef DELIVER_DELIVER_RULE_H
#define DELIVER_DELIVER_RULE_H

#include "base/usec.h"
#include "policy/outcome.h"

/* After the first attempt there are eight more: 5 s, 30 s, 2 min, 15 min, 1 h, 4 h, 12 h
 * and 24 h later. */
enum { DELIVER_RETRIES = 8 };

enum deliver_verdict {
    DELIVER_GOOD,
    DELIVER_AGAIN,
    DELIVER_DEAD,
    DELIVER_GONE /* 410: the endpoint wants no more */
};

struct deliver_result {
    int status; /* 0: no answer came */
    enum call_fault fault;
    usec retry_after; /* from now; 0: nothing was said */
    uint32_t tries;   /* this one included; from 1 on */
    double chance;    /* from [0, 1): the jitter */
};

/* *ret_delay: with DELIVER_AGAIN only. Any 2xx is good, whatever came of its body; 3xx is
 * a failure. `Retry-After` counts between the delay and twice that. */
enum deliver_verdict deliver_judge(const struct deliver_result *result, usec *ret_delay);

/* The delay after so many attempts, ±20 %. tries: 1 to DELIVER_RETRIES. */
usec deliver_delay(uint32_t tries, double chance);

/* The longest that there is. */
usec deliver_delay_max(void);

/* --- the health of an endpoint: its last 64 attempts --- */

struct health {
    uint64_t failed;   /* a bit each, the newest lowest */
    uint32_t n;        /* attempts, at most 64 */
    uint32_t good_run; /* since the last failure; at most 64 */
    bool failing;
};

enum health_turn { HEALTH_SAME, HEALTH_FAILS, HEALTH_RECOVERS };

/* More than half of at least 20 attempts: it fails. It has recovered after ten good ones
 * in a row, and is looked at anew. */
enum health_turn health_note(struct health *health, bool good);
uint32_t health_failures(const struct health *health);

#endif
