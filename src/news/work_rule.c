#include "news/work_rule.h"

static const usec credentials_pause = 10 * USEC_MIN;
static const usec held_least = 5 * USEC_S;
static const usec breaker_pause = 30 * USEC_S;
static const usec held_most = USEC_H;

usec work_delay(uint32_t tries, double chance)
{
    static const usec delays[] = {5 * USEC_S, 30 * USEC_S, 2 * USEC_MIN, 15 * USEC_MIN,
                                  USEC_H,     4 * USEC_H,  12 * USEC_H,  24 * USEC_H};
    _Static_assert(COUNT_OF(delays) + 1 == WORK_TRIES,
                   "a delay before each but the first");
    CHECK(tries > 0);
    if (tries > COUNT_OF(delays))
        return -1;
    double delay = (double)delays[tries - 1];
    return (usec)(delay * (0.8 + 0.4 * chance));
}

static struct fetch_verdict hold(usec delay, const char *why)
{
    return (struct fetch_verdict){FETCH_HELD,
                                  usec_min(usec_max(delay, held_least), held_most), why};
}

static bool is_credential(enum outcome_class class)
{
    return class == OUTCOME_AUTH_REFRESH || class == OUTCOME_AUTH_FAILED ||
           class == OUTCOME_RECONNECT_REQUIRED;
}

/* What the document or the record makes impossible: waiting mends nothing. */
static bool is_unusable(enum err err)
{
    return err == ERR_MAPPING_FAILED || err == ERR_RECORD_INVALID ||
           err == ERR_PATH_FORBIDDEN || err == ERR_HOST_FORBIDDEN;
}

static bool is_account(enum err err)
{
    return err == ERR_ACCOUNT_NOT_CONNECTED || err == ERR_ACCOUNT_NEEDS_REAUTH ||
           err == ERR_ACCOUNT_DISABLED || err == ERR_CREDENTIAL_UNUSABLE;
}

static bool is_gone(const struct fetch_facts *facts)
{
    return facts->answered && (facts->class == OUTCOME_NOT_FOUND ||
                               facts->status == 404 || facts->status == 410);
}

struct fetch_verdict fetch_judge(const struct fetch_facts *facts)
{
    if (facts->good)
        return (struct fetch_verdict){FETCH_GOOD, 0, NULL};
    if (facts->cut)
        return hold(0, "stopped");
    if (is_gone(facts))
        return (struct fetch_verdict){FETCH_GONE, 0, NULL};
    if (facts->class == OUTCOME_RATE_LIMITED || facts->err == ERR_RATE_LIMITED_LOCAL)
        return hold(facts->retry_after, "throttled");
    if (facts->err == ERR_BREAKER_OPEN)
        return hold(facts->retry_after < 0 ? breaker_pause : facts->retry_after,
                    "breaker");
    if (is_credential(facts->class) || is_account(facts->err))
        return hold(credentials_pause, "credentials");
    if (is_unusable(facts->err))
        return (struct fetch_verdict){FETCH_AGAIN, 0, "unusable"};
    if (!facts->answered && facts->class == OUTCOME_LOCAL)
        return hold(facts->retry_after < 0 ? breaker_pause : facts->retry_after, "held");
    return (struct fetch_verdict){FETCH_AGAIN, 0,
                                  facts->answered ? "refused" : "unavailable"};
}
