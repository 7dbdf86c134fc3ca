/*
 * Timestamps of ISO 8601 without a picture. $fromMillis and $now write them in one form,
 * 2018-03-23T10:33:36.617Z; $toMillis reads more:
 *
 *   YYYY [-MM [-DD]] [Thh:mm:ss [.s…] [Z | ±hh:mm | ±hhmm]]
 *
 * UTC when there is no offset. A day that the month does not have counts on into the
 * next; 24:00:00 ends a day; digits beyond milliseconds are cut off.
 */
#ifndef PICTURE_ISO_DATE_H
#define PICTURE_ISO_DATE_H

#include "base/arena.h"

/* Milliseconds since 1970; NaN when the text has the form but its numbers are no date
 * (month 13, hour 25). False when it has not: D3110 by the caller. */
bool iso_date_parse(str text, double *ret_millis);

/* Of a time that calendar_is_usual(); fractions are cut off. */
str iso_date_text(struct arena *arena, double millis);

#endif
