#include "deliver/deliver_rule.h"

#include "base/check.h"

enum { WINDOW = 64, WINDOW_LEAST = 20, GOOD_RUN = 10 };

static const usec delays[DELIVER_RETRIES] = {5 * USEC_S,    30 * USEC_S, 2 * USEC_MIN,
                                             15 * USEC_MIN, USEC_H,      4 * USEC_H,
                                             12 * USEC_H,   24 * USEC_H};

usec deliver_delay(uint32_t tries, double chance)
{
    CHECK(tries >= 1 && tries <= DELIVER_RETRIES);
    return (usec)((double)delays[tries - 1] * (0.8 + 0.4 * chance));
}

usec deliver_delay_max(void)
{
    return 2 * delays[DELIVER_RETRIES - 1] * 12 / 10;
}

enum deliver_verdict deliver_judge(const struct deliver_result *result, usec *ret_delay)
{
    if (result->status >= 200 && result->status < 300)
        return DELIVER_GOOD;
    if (result->status == 410)
        return DELIVER_GONE;
    if (result->tries > DELIVER_RETRIES)
        return DELIVER_DEAD;
    usec delay = deliver_delay(result->tries, result->chance);
    *ret_delay = usec_max(delay, usec_min(result->retry_after, 2 * delay));
    return DELIVER_AGAIN;
}

/* --- health --- */

static uint32_t bits_of(uint64_t x)
{
    return (uint32_t)__builtin_popcountll(x);
}

uint32_t health_failures(const struct health *health)
{
    return bits_of(health->failed);
}

enum health_turn health_note(struct health *health, bool good)
{
    health->failed = health->failed << 1 | !good;
    health->good_run = !good                       ? 0
                       : health->good_run < WINDOW ? health->good_run + 1
                                                   : WINDOW;
    if (health->n < WINDOW)
        health->n++;
    if (!health->failing && health->n >= WINDOW_LEAST &&
        2 * health_failures(health) > health->n) {
        health->failing = true;
        return HEALTH_FAILS;
    }
    if (!health->failing || health->good_run < GOOD_RUN)
        return HEALTH_SAME;
    *health = (struct health){0};
    return HEALTH_RECOVERS;
}
