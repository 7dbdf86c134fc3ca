#include "news/silence.h"

static const int64_t events_least = 20;
static const usec observed_least = USEC_DAY;
static const usec observed_week = 8 * USEC_DAY;
static const usec pause_least = USEC_H;
static const usec pause_unknown = 3 * USEC_DAY; /* a weekend, and some */
static const usec pause_most = 30 * USEC_DAY;
static const usec fortnight = 14 * USEC_DAY;

void habit_note(struct habit *habit, usec received)
{
    usec pause = received - habit->last;
    if (habit->n++ == 0) {
        habit->first = habit->last = habit->turned = received;
        return;
    }
    if (pause < 0)
        return;
    if (received - habit->turned >= fortnight) {
        habit->longest_before = habit->longest;
        habit->longest = 0;
        habit->turned = received;
    }
    if (!habit->silent)
        habit->longest = usec_max(habit->longest, pause);
    habit->silent = false;
    habit->last = received;
}

usec habit_due(const struct habit *habit)
{
    usec observed = habit->last - habit->first;
    usec allowed = 2 * usec_max(habit->longest, habit->longest_before);
    if (habit->n < events_least || observed < observed_least)
        return USEC_NEVER;
    allowed = usec_max(allowed, observed < observed_week ? pause_unknown : pause_least);
    return allowed > pause_most ? USEC_NEVER : habit->last + allowed;
}
