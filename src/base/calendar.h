/*
 * The proleptic Gregorian calendar and the weeks of ISO 8601, by arithmetic: no time
 * zone, no leap seconds, and nobody asks what time it is. Times reach 100 million days
 * from 1970 either way. From dates to days it goes in doubles, as whatever a text says of
 * months and days may be far out of range, or NaN.
 *
 * Pure; any thread.
 */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_MILLIS_MAX 8.64e15 /* of an ECMAScript date, either way (§21.4.1.1) */
#define CALENDAR_DAY_MILLIS 86400000.0

struct calendar_day {
    int32_t year;
    int32_t month; /* 1–12 */
    int32_t day;   /* 1–31 */
};

/* Days since 1970-01-01; `month` 0–11 and `day` 1–31 may lie beyond and count on. */
double calendar_days(double year, double month, double day);

struct calendar_day calendar_of(int64_t days);

int32_t calendar_month_days(int32_t year, int32_t month); /* 28–31; month 1–12 */

int32_t calendar_day_of_year(int64_t days);  /* 1–366 */
int32_t calendar_day_of_week(int64_t days);  /* 1 = Monday … 7 */
int32_t calendar_week_of_year(int64_t days); /* 1–53; week 1 has the first Thursday */

/* The Thursday of the day's week: its year and month are those of the week. */
int64_t calendar_thursday(int64_t days);

enum { CALENDAR_ISO_CHARS = 24 };

/* Whether the year has four digits, 0000 to 9999. */
bool calendar_is_usual(double millis);

/* "2026-11-22T08:15:00.000Z", no zero behind. Of times that are not usual, the first or
 * the last that is. */
void calendar_put_iso(int64_t millis, char ret[CALENDAR_ISO_CHARS]);

#endif
