#include "picture/iso_date.h"

#include <math.h>

#include "base/calendar.h"

/* What is still to be read; each reader takes what it knows off the front. */
static bool take_char(str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* `n` digits, the first of which is at most `first_max`. */
static bool take_number(str *s, size_t n, char first_max, double *ret)
{
    double value = 0;
    if (s->n < n || s->p[0] > first_max)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!str_is_digit(s->p[i]))
            return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = str_from(*s, n);
    *ret = value;
    return true;
}

/* "-" and two digits; nothing is taken when they do not follow. */
static bool take_part(str *s, char first_max, double *ret)
{
    str rest = *s;
    if (!take_char(&rest, '-') || !take_number(&rest, 2, first_max, ret))
        return false;
    *s = rest;
    return true;
}

struct iso_time {
    double hours;
    double minutes;
    double seconds;
    double millis;
    double beyond; /* what was cut off, as a digit above 0 */
};

/* "Thh:mm:ss" */
static bool take_time(str *s, struct iso_time *ret)
{
    return take_char(s, 'T') && take_number(s, 2, '2', &ret->hours) &&
           take_char(s, ':') && take_number(s, 2, '5', &ret->minutes) &&
           take_char(s, ':') && take_number(s, 2, '5', &ret->seconds);
}

/* "." and digits */
static bool take_fraction(str *s, struct iso_time *ret)
{
    if (!take_char(s, '.') || !s->n || !str_is_digit(s->p[0]))
        return false;
    for (double unit = 100; s->n && str_is_digit(s->p[0]); *s = str_from(*s, 1)) {
        double digit = s->p[0] - '0';
        if (unit >= 1)
            ret->millis += digit * unit;
        else if (digit > 0)
            ret->beyond = digit;
        unit = unit >= 1 ? floor(unit / 10) : 0;
    }
    return true;
}

/* "Z" or an offset; in minutes, NaN for a whole day and more. */
static bool take_offset(str *s, double *ret)
{
    double hours;
    double minutes;
    *ret = 0;
    if (take_char(s, 'Z'))
        return true;
    bool negative = s->n && s->p[0] == '-';
    if (!take_char(s, negative ? '-' : '+') || !take_number(s, 2, '2', &hours))
        return false;
    take_char(s, ':');
    if (!take_number(s, 2, '5', &minutes))
        return false;
    double all = hours * 60 + minutes;
    *ret = hours > 23 ? NAN : negative ? -all : all;
    return true;
}

static bool is_time(const struct iso_time *t)
{
    double past = t->minutes + t->seconds + t->millis + t->beyond;
    return t->hours < 24 || (t->hours == 24 && past == 0);
}

bool iso_date_parse(str text, double *ret_millis)
{
    struct iso_time t = {0};
    double year;
    double month = 1;
    double day = 1;
    double offset = 0;
    if (!take_number(&text, 4, '9', &year))
        return false;
    bool has_month = take_part(&text, '1', &month);
    bool odd = take_part(&text, '3', &day) && !has_month; /* "2018-20" has the form */
    bool has_time = text.n && text.p[0] == 'T';
    if (has_time && !take_time(&text, &t))
        return false;
    bool has_fraction = text.n && text.p[0] == '.';
    if (has_fraction && !take_fraction(&text, &t))
        return false;
    bool is_utc = text.n && text.p[0] == 'Z';
    bool has_offset = text.n > 0;
    if (has_offset && (!take_offset(&text, &offset) || text.n))
        return false;
    odd = odd || (!has_time && (has_fraction || (has_offset && !is_utc)));
    if (odd || month < 1 || month > 12 || day < 1 || day > 31 || !is_time(&t)) {
        *ret_millis = NAN;
        return true;
    }
    double minutes = t.hours * 60 + t.minutes - offset;
    *ret_millis = calendar_days(year, month - 1, day) * CALENDAR_DAY_MILLIS +
                  minutes * 60000 + t.seconds * 1000 + t.millis;
    return true;
}

str iso_date_text(struct arena *arena, double millis)
{
    char *text = arena_bytes(arena, CALENDAR_ISO_CHARS);
    calendar_put_iso((int64_t)millis, text);
    return str_of(text, CALENDAR_ISO_CHARS);
}
