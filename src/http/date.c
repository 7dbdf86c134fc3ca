/*
 * A text is read from the left by small takers into a `struct civil`, which is checked
 * once; base/calendar.h knows the days.
 *
 * A leap second (:60) is the second that follows it.
 */
#include "http/date.h"

#include "base/calendar.h"
#include "base/check.h"

enum { YEAR_MAX = 9999 };

static const usec first_wall = -719528 * USEC_DAY; /* 0000-01-01 */
static const usec end_wall = 2932897 * USEC_DAY;   /* 10000-01-01 */

struct civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second;
};

static const char day_names[][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_valid(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= calendar_month_days(c->year, c->month) && c->hour < 24 &&
           c->minute < 60 && c->second <= 60;
}

static usec wall_of(const struct civil *c)
{
    usec days = (usec)calendar_days(c->year, c->month - 1, c->day);
    return days * USEC_DAY + c->hour * USEC_H + c->minute * USEC_MIN + c->second * USEC_S;
}

static usec clamp(usec wall)
{
    return usec_min(usec_max(wall, first_wall), end_wall - 1);
}

/* Also gives the day of the week, 0 = Sunday. */
static struct civil civil_of(usec wall, int *ret_weekday)
{
    usec since = clamp(wall) - first_wall;
    int seconds = (int)(since % USEC_DAY / USEC_S);
    int64_t days = (since + first_wall - since % USEC_DAY) / USEC_DAY;
    struct calendar_day day = calendar_of(days);
    *ret_weekday = calendar_day_of_week(days) % 7;
    return (struct civil){day.year,       day.month,         day.day,
                          seconds / 3600, seconds / 60 % 60, seconds % 60};
}

/* The takers: each takes what it names off the front of the text, or answers false. */

static bool take(str *rest, str word)
{
    if (!str_starts(*rest, word))
        return false;
    *rest = str_from(*rest, word.n);
    return true;
}

static bool take_digits(str *rest, size_t n, int *ret_value)
{
    uint64_t value;
    if (rest->n < n || !str_to_u64(str_of(rest->p, n), YEAR_MAX, &value))
        return false;
    *ret_value = (int)value;
    *rest = str_from(*rest, n);
    return true;
}

static bool take_month(str *rest, int *ret_month)
{
    for (int i = 0; i < (int)COUNT_OF(month_names); i++)
        if (take(rest, str_z(month_names[i]))) {
            *ret_month = i + 1;
            return true;
        }
    return false;
}

/* The name says nothing that the date does not say: it is not compared with it. */
static bool take_day_name(str *rest, bool whole)
{
    for (size_t i = 0; i < COUNT_OF(day_names); i++)
        if (take(rest, whole ? str_z(day_names[i]) : str_of(day_names[i], 3)))
            return true;
    return false;
}

/* hh:mm:ss */
static bool take_clock(str *rest, struct civil *c)
{
    return take_digits(rest, 2, &c->hour) && take(rest, STR(":")) &&
           take_digits(rest, 2, &c->minute) && take(rest, STR(":")) &&
           take_digits(rest, 2, &c->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool parse_imf_fixdate(str rest, struct civil *c)
{
    return take_day_name(&rest, false) && take(&rest, STR(", ")) &&
           take_digits(&rest, 2, &c->day) && take(&rest, STR(" ")) &&
           take_month(&rest, &c->month) && take(&rest, STR(" ")) &&
           take_digits(&rest, 4, &c->year) && take(&rest, STR(" ")) &&
           take_clock(&rest, c) && str_eq(rest, STR(" GMT"));
}

/* Two digits, or a blank and one. */
static bool take_padded_day(str *rest, int *ret_day)
{
    return take(rest, STR(" ")) ? take_digits(rest, 1, ret_day)
                                : take_digits(rest, 2, ret_day);
}

/* Sun Nov  6 08:49:37 1994 */
static bool parse_asctime(str rest, struct civil *c)
{
    return take_day_name(&rest, false) && take(&rest, STR(" ")) &&
           take_month(&rest, &c->month) && take(&rest, STR(" ")) &&
           take_padded_day(&rest, &c->day) && take(&rest, STR(" ")) &&
           take_clock(&rest, c) && take(&rest, STR(" ")) &&
           take_digits(&rest, 4, &c->year) && rest.n == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT; the year stays 0 to 99. */
static bool parse_rfc850(str rest, struct civil *c)
{
    return take_day_name(&rest, true) && take(&rest, STR(", ")) &&
           take_digits(&rest, 2, &c->day) && take(&rest, STR("-")) &&
           take_month(&rest, &c->month) && take(&rest, STR("-")) &&
           take_digits(&rest, 2, &c->year) && take(&rest, STR(" ")) &&
           take_clock(&rest, c) && str_eq(rest, STR(" GMT"));
}

/*
 * RFC 9110 §5.6.7: the latest year with these two digits in which the date is not more
 * than 50 years in the future.
 */
static void add_century(struct civil *c, usec now)
{
    int unused;
    struct civil limit = civil_of(now, &unused);
    int century = limit.year / 100 * 100;
    limit.year += 50;
    c->year += century + 100;
    while (c->year >= 100 && wall_of(c) > wall_of(&limit))
        c->year -= 100;
}

bool date_parse_http(str text, usec now, usec *ret_wall)
{
    struct civil c = {0};
    if (!parse_imf_fixdate(text, &c) && !parse_asctime(text, &c)) {
        if (!parse_rfc850(text, &c))
            return false;
        add_century(&c, now);
    }
    if (!is_valid(&c))
        return false;
    *ret_wall = wall_of(&c);
    return true;
}

/* yyyy-mm-dd */
static bool take_iso_date(str *rest, struct civil *c)
{
    return take_digits(rest, 4, &c->year) && take(rest, STR("-")) &&
           take_digits(rest, 2, &c->month) && take(rest, STR("-")) &&
           take_digits(rest, 2, &c->day);
}

/* "." and digits, of which the first six count; or nothing. */
static bool take_fraction(str *rest, usec *ret_fraction)
{
    *ret_fraction = 0;
    if (!take(rest, STR(".")))
        return true;
    size_t n = 0;
    for (usec unit = USEC_S / 10; n < rest->n && str_is_digit(rest->p[n]); unit /= 10)
        *ret_fraction += unit * (rest->p[n++] - '0');
    *rest = str_from(*rest, n);
    return n > 0;
}

/* Z, +hh:mm, +hhmm, or nothing. */
static bool take_offset(str *rest, usec *ret_offset)
{
    *ret_offset = 0;
    if (rest->n == 0 || take(rest, STR("Z")) || take(rest, STR("z")))
        return true;
    bool west = take(rest, STR("-"));
    int hour;
    int minute;
    if ((!west && !take(rest, STR("+"))) || !take_digits(rest, 2, &hour))
        return false;
    take(rest, STR(":"));
    if (!take_digits(rest, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_offset = (hour * USEC_H + minute * USEC_MIN) * (west ? -1 : 1);
    return true;
}

/* hh:mm, or hh:mm:ss with a fraction: some vendors leave whole minutes without seconds.
 */
static bool take_iso_clock(str *rest, struct civil *c, usec *ret_fraction)
{
    *ret_fraction = 0;
    if (!take_digits(rest, 2, &c->hour) || !take(rest, STR(":")) ||
        !take_digits(rest, 2, &c->minute))
        return false;
    if (!take(rest, STR(":")))
        return true;
    return take_digits(rest, 2, &c->second) && take_fraction(rest, ret_fraction);
}

static bool take_iso_time(str *rest, struct civil *c, usec *ret_shift)
{
    usec fraction;
    usec offset;
    if (!take(rest, STR("T")) && !take(rest, STR("t")) && !take(rest, STR(" ")))
        return false;
    if (!take_iso_clock(rest, c, &fraction) || !take_offset(rest, &offset))
        return false;
    *ret_shift = fraction - offset;
    return true;
}

bool date_parse_iso(str text, usec *ret_wall)
{
    struct civil c = {0};
    usec shift = 0;
    if (!take_iso_date(&text, &c))
        return false;
    if (text.n && !take_iso_time(&text, &c, &shift))
        return false;
    if (text.n || !is_valid(&c))
        return false;
    *ret_wall = wall_of(&c) + shift;
    return true;
}

/* The writers: each puts its text at `at` and answers where the next begins. */

static char *put(char *at, const char *text, size_t n)
{
    memcpy(at, text, n);
    return at + n;
}

static char *put_digits(char *at, int value, size_t n, char behind)
{
    for (size_t i = n; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[n] = behind;
    return at + n + 1;
}

void date_format_http(usec wall, char ret[DATE_HTTP_CHARS + 1])
{
    int weekday;
    struct civil c = civil_of(wall, &weekday);
    char *at = put(ret, day_names[weekday], 3);
    at = put(at, ", ", 2);
    at = put_digits(at, c.day, 2, ' ');
    at = put(at, month_names[c.month - 1], 3);
    at = put(at, " ", 1);
    at = put_digits(at, c.year, 4, ' ');
    at = put_digits(at, c.hour, 2, ':');
    at = put_digits(at, c.minute, 2, ':');
    at = put_digits(at, c.second, 2, ' ');
    put(at, "GMT", 4);
}

void date_format_iso(usec wall, char ret[DATE_ISO_CHARS + 1])
{
    usec since = clamp(wall) - first_wall; /* not negative: milliseconds are cut off */
    calendar_put_iso((since / USEC_MS) + first_wall / USEC_MS, ret);
    ret[DATE_ISO_CHARS] = 0;
}
