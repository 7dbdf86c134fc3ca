/*
 * Date and time pictures: $fromMillis and $toMillis, the format-dateTime of XPath
 * Functions 3.1 (§9.8), in English, for UTC and fixed offsets.
 *
 *   [Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]     the default, ISO 8601
 *   [FNn], [D1o] [MNn] [Y]                                    Friday, 23rd March 2018
 *   [X0001]-W[W01]-[F1]                                       2018-W12-5
 *
 * Y year, M month, D day, d day in the year, F day of the week, W ISO week, w week of the
 * month, X year of the ISO week, x month of the week, H h hours, P am or pm, m minutes,
 * s seconds, f milliseconds, Z z offset, C E calendar and era ("ISO").
 *
 * Not as jsonata-js: -0330 is three hours and a half, not four and a half; months are
 * read by their names in any case, and a name that is none does not fit, where jsonata-js
 * reads January; digits are read in the family of the picture; a component that there is
 * not is D3132 with a presentation too; weeks of the years 0 to 99 are theirs, not those
 * of the 1900s.
 */
#ifndef PICTURE_PICTURE_DATE_H
#define PICTURE_PICTURE_DATE_H

#include "picture/fault.h"

struct picture_date; /* immutable; any thread may read it */

struct date_reading {
    bool matched;  /* else the text does not fit the picture: $toMillis answers nothing */
    double millis; /* may be NaN */
};

/* D3131, D3132, D3135. The picture lives in the arena; it borrows nothing. */
bool picture_date_compile(struct arena *arena, str picture,
                          struct picture_date **ret_picture,
                          struct jsonata_fault *ret_fault);

/*
 * `millis` since 1970, fractions are cut off; `picture` NULL = the default; `zone` as
 * "+0530", absent = UTC. Fails with D3130, D3133 and D3134 for parts that cannot be
 * written, with D3134 for a zone that is none, with D3110 for a time beyond the 8.64e15
 * milliseconds of JavaScript's dates, with U1002 past PICTURE_CHARS_MAX.
 */
bool picture_date_format(struct arena *arena, const struct picture_date *picture,
                         double millis, str zone, str *ret_text,
                         struct jsonata_fault *ret_fault);

/*
 * What the picture leaves out above its largest part is taken from `now_millis`, below
 * its smallest it is the least: "13:45" as [H]:[m] is today at 13:45:00.000. Fails with
 * D3130 and D3133 for parts that cannot be read, with D3136 when a part is missing
 * between others.
 */
bool picture_date_parse(struct arena *arena, const struct picture_date *picture, str text,
                        double now_millis, struct date_reading *ret_reading,
                        struct jsonata_fault *ret_fault);

#endif
