/*
 * The settings of an integration that say how hard it tries: time limits, retries,
 * breakers, queued writes, how many calls at once. One block of the document
 * (`resilience`), which a resource or a method may override member by member. Immutable
 * once bound.
 */
#ifndef POLICY_RESILIENCE_H
#define POLICY_RESILIENCE_H

#include "policy/breaker.h"
#include "policy/retry.h"
#include "policy/write_rule.h"

struct time_limits {
    usec connect;    /* DNS, TCP and TLS together; 5 s */
    usec first_byte; /* from the last byte sent to the first received; 30 s */
    usec idle;       /* between two pieces of an answer; 30 s */
    usec total;      /* all attempts and waits until the answer starts; 60 s */
};

struct resilience {
    struct time_limits timeouts;
    struct retry_rule retry;
    struct breaker_rule breaker;         /* of the integration's group */
    struct breaker_rule account_breaker; /* of each account */
    struct write_rule writes;            /* how queued writes are tried */
    uint32_t account_concurrency;        /* calls at once for one account; 50 */
    uint32_t environment_concurrency;    /* for all accounts of an environment; 200 */
    uint32_t integration_concurrency;    /* for all accounts of the integration; 1,000 */
    uint32_t host_concurrency;           /* to one host; 1,000 */
};

extern const struct bind_table resilience_table;

#endif
