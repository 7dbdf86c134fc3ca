/*
 * What an exchange reports to whoever started it.
 */
#ifndef EXCHANGE_REPORT_H
#define EXCHANGE_REPORT_H

#include "exchange/recall.h"
#include "policy/breaker.h"
#include "policy/outcome.h"
#include "policy/retry.h"
#include "policy/throttle.h"

/* How it ended. */
struct outcome {
    enum outcome_class class;
    enum err err;      /* set when there is no usable answer: what a caller is told */
    str detail;        /* with err: a sentence */
    int vendor_status; /* 0: no answer */
    int status;        /* the normalized one: 429 for any throttle */
    struct vendor_error vendor; /* for error answers, as far as the body was looked at */
    bool inspected;             /* the body was whole and small enough to be looked at */
    str expression_fault;       /* the first expression that failed; absent: none */
    struct throttle throttle;   /* what the answer said of limits */
    usec retry_after;           /* −1: none */
    bool sent;                  /* a byte of some attempt has left */
    uint32_t attempts;
    enum retry_why no_retry; /* why the last failure was not tried again */
    bool cut;                /* the answer began and could not be finished */
    enum breaker_state breaker;
    enum freshness freshness;  /* of the answer */
    usec age;                  /* of one that came from the cache */
    enum outcome_class failed; /* STALE: what the vendor could not; else OK */
    usec fresh_until;          /* monotonic, of what is kept of it; 0: nothing is */
    usec queued;   /* spent waiting: throttles, limits, pauses between attempts */
    usec upstream; /* the vendor's: spent in calls until the answer began, less: */
    usec starved;  /* waiting for the starter's body, there and in gather */
};

#endif
