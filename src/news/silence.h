/*
 * Whether an account's events of one type have gone quiet against their own habit (SPEC
 * 8.6): when nothing has come for twice as long as the longest pause of the last two to
 * four weeks, nights and weekends among them. A habit is known after 20 events over a
 * day; as long as no weekend can have been seen, three days of quiet are no silence.
 * Pure.
 */
#ifndef NEWS_SILENCE_H
#define NEWS_SILENCE_H

#include <stdbool.h>

#include "base/usec.h"

struct habit {
    int64_t n;           /* events; 0: nothing else is set */
    usec first, last;    /* wall, as are all times here: of receipt */
    usec turned;         /* when the present fortnight began */
    usec longest;        /* pause of the present fortnight */
    usec longest_before; /* of the one before it */
    bool silent;         /* somebody was told that it is */
};

/* An event was received; those before `last` change nothing but the count. What it ends,
 * if it was silent, is no habit. */
void habit_note(struct habit *habit, usec received);

/* From when on it is silent; USEC_NEVER: that is not known, or it may be quiet for longer
 * than 30 days. */
usec habit_due(const struct habit *habit);

#endif
