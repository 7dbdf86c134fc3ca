/*
 * Dates in HTTP and JSON: IMF-fixdate and the two obsolete forms that recipients must
 * read (RFC 9110 §5.6.7), and RFC 3339 / ISO 8601 as vendors write it. Wall time in
 * microseconds since 1970, UTC; the proleptic Gregorian calendar, no leap seconds, no
 * time zone database. Pure.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/str.h"
#include "base/usec.h"

/* IMF-fixdate, RFC 850 (two-digit years are within 50 years of `now`) or asctime. */
bool date_parse_http(str text, usec now, usec *ret_wall);

/* 2026-11-22, 2026-11-22T08:15:00Z, with fraction, without seconds, `+01:00`, `+0100`; a
 * missing offset means UTC; a blank instead of the T is allowed. */
bool date_parse_iso(str text, usec *ret_wall);

enum { DATE_HTTP_CHARS = 29, DATE_ISO_CHARS = 24 };

/* "Sun, 22 Nov 2026 08:15:00 GMT"; `ret` gets a terminating zero. */
void date_format_http(usec wall, char ret[DATE_HTTP_CHARS + 1]);

/* "2026-11-22T08:15:00.000Z"; `ret` gets a terminating zero. Years 0000 to 9999. */
void date_format_iso(usec wall, char ret[DATE_ISO_CHARS + 1]);

#endif
