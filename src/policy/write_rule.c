#include "policy/write_rule.h"

/* --- the block --- */

const char *const queue_mode_words[] = {"default", "never", "on-failure", "always", NULL};
static const char *const lane_words[] = {"account", "record", NULL};

#define AT(field) offsetof(struct write_rule, field)

static const struct bind_row rows[] = {
    {.name = "queue",
     .kind = BIND_ENUM,
     .offset = AT(queue),
     .words = queue_mode_words,
     .doc =
         "Whether writes are queued whose caller says nothing: \"never\", "
         "\"on-failure\" of the vendor, \"always\" before they are tried. Unified writes "
         "are queued on failure, proxied ones never, unless it is given."},
    {.name = "lane",
     .kind = BIND_ENUM,
     .offset = AT(lane),
     .words = lane_words,
     .doc = "Whose queued writes keep their order: those of an \"account\", or those of "
            "one \"record\", which is one path; account."},
    {.name = "tries",
     .kind = BIND_UINT,
     .offset = AT(tries),
     .min = 1,
     .max = 1000,
     .doc = "How often a queued write is tried; 10."},
    {.name = "base",
     .kind = BIND_DURATION,
     .offset = AT(base),
     .min = 0.01,
     .max = 86400,
     .doc = "From the first try to the second; doubles with each; 5s."},
    {.name = "max",
     .kind = BIND_DURATION,
     .offset = AT(max),
     .min = 0.01,
     .max = 86400,
     .doc = "The longest pause between two tries; 1h."},
    {.name = "age",
     .kind = BIND_DURATION,
     .offset = AT(age),
     .min = 1,
     .max = 86400 * 30.0,
     .doc = "How old a queued write may become; 72h."},
    {.name = "lanes",
     .kind = BIND_UINT,
     .offset = AT(lanes),
     .min = 1,
     .max = 1000,
     .doc = "Lanes of one account that are tried at once, at most; 10."},
    {.name = "strict",
     .kind = BIND_BOOL,
     .offset = AT(strict),
     .doc = "Whether a lane stops behind a write that was refused or is unknown, until "
            "somebody decides; false."},
    {.name = "timely",
     .kind = BIND_BOOL,
     .offset = AT(timely),
     .doc = "Must not be done late, such as sending a mail: it is never queued, whatever "
            "its caller asks for; false."},
};

static void init(void *obj)
{
    *(struct write_rule *)obj = (struct write_rule){
        .tries = 10, .base = 5 * USEC_S, .max = USEC_H, .age = 72 * USEC_H, .lanes = 10};
}

const struct bind_table write_rule_table = {
    .name = "writes block",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct write_rule),
    .init = init,
};

/* --- the verdict --- */

/* What is in the way is neither the write nor the vendor's answer to it. */
static const usec wait_standard = 30 * USEC_S;

/* base · 2^(tries − 1), up to the longest, and up to a fifth more. */
static usec backoff(const struct write_rule *rule, const struct write_facts *facts)
{
    usec pause = rule->base;
    for (uint32_t i = 1; i < facts->tries && pause < rule->max; i++)
        pause *= 2;
    pause = usec_min(pause, rule->max);
    return usec_max(pause + (usec)((double)pause / 5 * facts->chance),
                    facts->retry_after);
}

static struct write_decision decision(enum write_verdict verdict, usec delay,
                                      const char *why)
{
    return (struct write_decision){verdict, delay, why};
}

/* It is not done, and may be tried again if there is time and patience. An attempt before
 * that may have done it is not forgotten. */
static struct write_decision again(const struct write_rule *rule,
                                   const struct write_facts *facts, const char *why)
{
    enum write_verdict end = facts->unsure ? VERDICT_UNKNOWN : VERDICT_DEAD;
    usec delay = backoff(rule, facts);
    if (facts->tries >= rule->tries)
        return decision(end, 0, "tries");
    if (delay >= facts->age_left)
        return decision(end, 0, "age");
    return decision(VERDICT_AGAIN, delay, why);
}

static struct write_decision hold(const struct write_facts *facts, const char *why)
{
    usec delay = facts->retry_after >= 0 ? facts->retry_after : wait_standard;
    delay += (usec)((double)usec_max(delay, USEC_S) / 5 * facts->chance);
    if (delay >= facts->age_left)
        return decision(facts->unsure ? VERDICT_UNKNOWN : VERDICT_DEAD, 0, "age");
    return decision(VERDICT_WAIT, delay, why);
}

/* It went out, and whether it was done nobody knows; or only the vendor, which will say
 * when it sees it again. */
static struct write_decision unknown(const struct write_rule *rule,
                                     const struct write_facts *facts)
{
    struct write_facts unsure = *facts;
    if (!facts->recognised || (facts->answered && facts->stores_errors))
        return decision(VERDICT_UNKNOWN, 0, "unknown");
    unsure.unsure = true;
    return again(rule, &unsure, "unavailable");
}

static bool is_credential(enum outcome_class class)
{
    return class == OUTCOME_AUTH_REFRESH || class == OUTCOME_AUTH_FAILED ||
           class == OUTCOME_RECONNECT_REQUIRED;
}

static bool is_trouble(enum outcome_class class)
{
    return class == OUTCOME_SERVER || class == OUTCOME_TIMEOUT ||
           class == OUTCOME_NETWORK || class == OUTCOME_INVALID;
}

struct write_decision write_decide(const struct write_rule *rule,
                                   const struct write_facts *facts)
{
    if (facts->answered && facts->class == OUTCOME_OK)
        return decision(VERDICT_DONE, 0, "delivered");
    if (facts->answered && facts->class == OUTCOME_NOT_FOUND && facts->unsure &&
        facts->removes)
        return decision(VERDICT_DONE, 0, "gone"); /* an attempt before has done it */
    if (facts->answered && facts->class == OUTCOME_CONFLICT && facts->unsure)
        return decision(VERDICT_UNKNOWN, 0, "conflict"); /* with itself, perhaps */
    if (facts->class == OUTCOME_RATE_LIMITED || facts->err == ERR_RATE_LIMITED_LOCAL)
        return hold(facts, "throttled");
    if (facts->answered && is_credential(facts->class))
        return hold(facts, "credentials");
    if (facts->answered && is_trouble(facts->class) && !facts->refused)
        return unknown(rule, facts);
    if (facts->answered && is_trouble(facts->class))
        return again(rule, facts, "unavailable");
    if (facts->answered)
        return decision(VERDICT_DEAD, 0, "refused");
    if (facts->sent)
        return unknown(rule, facts);
    if (is_trouble(facts->class))
        return again(rule, facts, "unavailable");
    return hold(facts, facts->err == ERR_BREAKER_OPEN ? "breaker" : "held");
}

/* The vendor did not say; a refusal of its own will not be another one next time. */
static struct write_decision unheard(const struct write_facts *heard)
{
    if (heard->class == OUTCOME_RATE_LIMITED || heard->err == ERR_RATE_LIMITED_LOCAL)
        return hold(heard, "throttled");
    if (heard->answered && is_credential(heard->class))
        return hold(heard, "credentials");
    if (heard->err == ERR_BREAKER_OPEN)
        return hold(heard, "breaker");
    if (is_trouble(heard->class))
        return hold(heard, "unavailable");
    return heard->answered ? decision(VERDICT_UNKNOWN, 0, "search") : hold(heard, "held");
}

struct write_decision write_decide_search(const struct write_search_facts *facts)
{
    struct write_facts heard = facts->heard;
    heard.unsure = true;
    switch (facts->found) {
    case WRITE_IS_THERE:
        return decision(VERDICT_DONE, 0, "found");
    case WRITE_IS_ONE_OF:
        return decision(VERDICT_UNKNOWN, 0, "several");
    case WRITE_IS_UNHEARD:
        return unheard(&heard);
    case WRITE_IS_NOT_THERE:
        break;
    }
    heard.retry_after = facts->settle_left;
    if (facts->settle_left > 0)
        return hold(&heard, "settling");
    return decision(facts->conclusive ? VERDICT_WAIT : VERDICT_UNKNOWN, 0, "not_found");
}

bool write_is_unavailable(const struct write_facts *facts)
{
    return facts->err == ERR_BREAKER_OPEN || is_trouble(facts->class);
}
