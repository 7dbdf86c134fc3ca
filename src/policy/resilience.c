#include "policy/resilience.h"

static const struct bind_row timeout_rows[] = {
    {.name = "connect",
     .kind = BIND_DURATION,
     .offset = offsetof(struct time_limits, connect),
     .min = 0.01,
     .max = 120,
     .doc = "Name, TCP and TLS together; 5s."},
    {.name = "first_byte",
     .kind = BIND_DURATION,
     .offset = offsetof(struct time_limits, first_byte),
     .min = 0.01,
     .max = 3600,
     .doc = "From the end of the request to the first byte of the answer; 30s."},
    {.name = "idle",
     .kind = BIND_DURATION,
     .offset = offsetof(struct time_limits, idle),
     .min = 0.01,
     .max = 3600,
     .doc = "Between two pieces of an answer; 30s."},
    {.name = "total",
     .kind = BIND_DURATION,
     .offset = offsetof(struct time_limits, total),
     .min = 0.01,
     .max = 3600,
     .doc = "All attempts and the waits between them, until the answer starts; 60s."},
};

static void init_timeouts(void *obj)
{
    *(struct time_limits *)obj =
        (struct time_limits){5 * USEC_S, 30 * USEC_S, 30 * USEC_S, 60 * USEC_S};
}

static const struct bind_table timeout_table = {
    .name = "timeouts block",
    .rows = timeout_rows,
    .n = COUNT_OF(timeout_rows),
    .bytes = sizeof(struct time_limits),
    .init = init_timeouts,
};

#define PART(field, its_table, text)                                                     \
    {                                                                                    \
        .name = #field, .kind = BIND_OBJECT,                                             \
        .offset = offsetof(struct resilience, field), .table = &its_table, .doc = text   \
    }
#define COUNT(field, text)                                                               \
    {                                                                                    \
        .name = #field, .kind = BIND_UINT, .offset = offsetof(struct resilience, field), \
        .min = 1, .max = 1e6, .doc = text                                                \
    }

static const struct bind_row rows[] = {
    PART(timeouts, timeout_table, "How long a call may take."),
    PART(retry, retry_table, "When a failed attempt is made again."),
    PART(breaker, breaker_table, "When calls of the whole integration are held back."),
    PART(account_breaker, breaker_table, "When calls of one account are held back."),
    PART(writes, write_rule_table, "How writes are queued, and tried again."),
    COUNT(account_concurrency, "Calls at once for one account; 50."),
    COUNT(environment_concurrency, "Calls at once for one environment; 200."),
    COUNT(integration_concurrency, "Calls at once for the whole integration; 1000."),
    COUNT(host_concurrency, "Calls at once to one host; 1000."),
};

static void init_resilience(void *obj)
{
    struct resilience *resilience = obj;
    resilience->account_concurrency = 50;
    resilience->environment_concurrency = 200;
    resilience->integration_concurrency = 1000;
    resilience->host_concurrency = 1000;
}

const struct bind_table resilience_table = {
    .name = "resilience block",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct resilience),
    .init = init_resilience,
};
