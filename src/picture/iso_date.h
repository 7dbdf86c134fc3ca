/*
 * Timestamps of ISO 8601 as $toMillis reads them without a picture:
 *
 *   YYYY [-MM [-DD]] [Thh:mm:ss [.s…] [Z | ±hh:mm | ±hhmm]]
 *
 * UTC when there is no offset. A day that the month does not have counts on into the
 * next; 24:00:00 ends a day; digits beyond milliseconds are cut off.
 */
#ifndef PICTURE_ISO_DATE_H
#define PICTURE_ISO_DATE_H

#include "base/str.h"

/* Milliseconds since 1970; NaN when the text has the form but its numbers are no date
 * (month 13, hour 25). False when it has not: D3110 by the caller. */
bool iso_date_parse(str text, double *ret_millis);

#endif
