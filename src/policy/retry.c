#include "policy/retry.h"

#include <stdatomic.h>

enum { BUDGET_PERIOD_S = 10, BUDGET_FREE = 3, BUDGET_SHARE = 5 };

/* --- reading the document --- */

static const struct bind_row row_rows[] = {
    {.name = "retries",
     .kind = BIND_UINT,
     .offset = offsetof(struct retry_row, retries),
     .max = 10,
     .doc = "How often it is tried again; 0 = not at all."},
    {.name = "base",
     .kind = BIND_DURATION,
     .offset = offsetof(struct retry_row, base),
     .min = 0.01,
     .max = 60,
     .doc = "The first wait; it doubles each time."},
    {.name = "max",
     .kind = BIND_DURATION,
     .offset = offsetof(struct retry_row, max),
     .min = 0.01,
     .max = 600,
     .doc = "The longest wait."},
};

static void init_server(void *obj)
{
    *(struct retry_row *)obj = (struct retry_row){3, USEC_S, 15 * USEC_S};
}

static void init_timeout(void *obj)
{
    *(struct retry_row *)obj = (struct retry_row){2, USEC_S / 2, 8 * USEC_S};
}

static void init_network(void *obj)
{
    *(struct retry_row *)obj = (struct retry_row){3, 2 * USEC_S, 30 * USEC_S};
}

#define ROW_TABLE(word)                                                                  \
    {                                                                                    \
        .name = "retry row", .rows = row_rows, .n = COUNT_OF(row_rows),                  \
        .bytes = sizeof(struct retry_row), .init = init_##word                           \
    }
static const struct bind_table server_table = ROW_TABLE(server);
static const struct bind_table timeout_table = ROW_TABLE(timeout);
static const struct bind_table network_table = ROW_TABLE(network);

#define CLASS(field, text)                                                               \
    {                                                                                    \
        .name = #field, .kind = BIND_OBJECT,                                             \
        .offset = offsetof(struct retry_rule, field), .table = &field##_table,           \
        .doc = text                                                                      \
    }

static const struct bind_row rule_rows[] = {
    CLASS(server, "After 500, 502, 503, 504 and 52x: 3 retries, 1s, at most 15s."),
    CLASS(timeout, "After a timeout: 2 retries, 500ms, at most 8s."),
    CLASS(network, "After DNS, connect, TLS or reset: 3 retries, 2s, at most 30s."),
};

const struct bind_table retry_table = {
    .name = "retry block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct retry_rule),
};

/* --- the budget --- */

static uint64_t period_of(usec now)
{
    return (uint64_t)(now / (BUDGET_PERIOD_S * USEC_S)) & UINT32_MAX;
}

static uint64_t count_in(uint64_t word, uint64_t period)
{
    return word >> 32 == period ? word & UINT32_MAX : 0;
}

void retry_budget_note_call(struct retry_budget *budget, usec now)
{
    uint64_t period = period_of(now);
    uint64_t word = atomic_load_explicit(&budget->calls, memory_order_relaxed);
    uint64_t next;
    do
        next = period << 32 | (count_in(word, period) + 1);
    while (!atomic_compare_exchange_weak_explicit(
        &budget->calls, &word, next, memory_order_relaxed, memory_order_relaxed));
}

bool retry_budget_take(struct retry_budget *budget, usec now)
{
    uint64_t period = period_of(now);
    uint64_t calls = atomic_load_explicit(&budget->calls, memory_order_relaxed);
    uint64_t share = count_in(calls, period) / BUDGET_SHARE;
    uint64_t allowed = share > BUDGET_FREE ? share : BUDGET_FREE;
    uint64_t word = atomic_load_explicit(&budget->retries, memory_order_relaxed);
    uint64_t next;
    do {
        uint64_t used = count_in(word, period);
        if (used >= allowed)
            return false;
        next = period << 32 | (used + 1);
    } while (!atomic_compare_exchange_weak_explicit(
        &budget->retries, &word, next, memory_order_relaxed, memory_order_relaxed));
    return true;
}

/* --- the decision --- */

bool retry_method_safe(str method)
{
    return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) ||
           str_eq(method, STR("OPTIONS")) || str_eq(method, STR("TRACE"));
}

bool retry_method_idempotent(str method)
{
    return retry_method_safe(method) || str_eq(method, STR("PUT")) ||
           str_eq(method, STR("DELETE"));
}

static const struct retry_row *row_of(const struct retry_rule *rule,
                                      enum retry_class class)
{
    switch (class) {
    case RETRY_SERVER:
        return &rule->server;
    case RETRY_TIMEOUT:
        return &rule->timeout;
    case RETRY_NETWORK:
        return &rule->network;
    case RETRY_NONE:
    case RETRY_FAIL_FAST:
    case RETRY_UNAUTHORIZED:
    case RETRY_RATE_LIMITED:
    case RETRY_CLASS_COUNT:
        break;
    }
    return NULL;
}

static usec delay_of(const struct retry_row *row, uint32_t attempt, double chance)
{
    usec wait = row->base;
    for (uint32_t i = 0; i < attempt && wait < row->max; i++)
        wait *= 2;
    return usec_min(wait, row->max) + (usec)((double)row->base * chance);
}

/* Everything but the budget and the times. */
static enum retry_why objection(const struct retry_row *row,
                                const struct retry_facts *facts)
{
    if (!row || facts->done[outcome_retry(facts->class)] >= row->retries)
        return RETRY_WHY_CLASS;
    if (facts->answered)
        return RETRY_WHY_ANSWERED;
    if (facts->forbidden)
        return RETRY_WHY_CALLER;
    if (facts->sent && !facts->repeatable)
        return RETRY_WHY_UNSAFE;
    return facts->body_kept ? RETRY_WHY_YES : RETRY_WHY_BODY;
}

struct retry_verdict retry_decide(const struct retry_rule *rule,
                                  const struct retry_facts *facts,
                                  struct retry_budget *budget, usec now)
{
    enum retry_class class = outcome_retry(facts->class);
    const struct retry_row *row = row_of(rule, class);
    struct retry_verdict verdict = {.why = objection(row, facts)};
    if (verdict.why != RETRY_WHY_YES)
        return verdict;
    verdict.delay = delay_of(row, facts->done[class], facts->chance);
    if (facts->vendor_wait > row->max)
        verdict.why = RETRY_WHY_VENDOR_WAIT;
    verdict.delay = usec_max(verdict.delay, facts->vendor_wait);
    if (verdict.why == RETRY_WHY_YES && verdict.delay >= facts->time_left)
        verdict.why = RETRY_WHY_DEADLINE;
    if (verdict.why == RETRY_WHY_YES && !retry_budget_take(budget, now))
        verdict.why = RETRY_WHY_BUDGET;
    verdict.retry = verdict.why == RETRY_WHY_YES;
    return verdict;
}

str retry_why_word(enum retry_why why)
{
    static const char *const words[] = {"yes",      "class",          "unsafe",
                                        "body",     "deadline",       "vendor_wait",
                                        "answered", "single_attempt", "budget"};
    return str_z(words[why]);
}
