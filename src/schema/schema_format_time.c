/* Dates, times and durations: RFC 3339 §5.6 and its appendix A. */
#include "base/calendar.h"
#include "schema/schema_format.h"

/* Takes exactly n digits off. */
static bool take_number(str *s, size_t n, unsigned *ret)
{
    unsigned value = 0;
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!str_is_digit(s->p[i]))
            return false;
        value = value * 10 + (unsigned)(s->p[i] - '0');
    }
    *s = str_from(*s, n);
    *ret = value;
    return true;
}

static bool take_char(str *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

/* full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT */
static bool take_date(str *s)
{
    unsigned year, month, day;
    return take_number(s, 4, &year) && take_char(s, '-') && take_number(s, 2, &month) &&
           take_char(s, '-') && take_number(s, 2, &day) && month >= 1 && month <= 12 &&
           day >= 1 &&
           day <= (unsigned)calendar_month_days((int32_t)year, (int32_t)month);
}

/* time-offset = "Z" / ("+" / "-") 2DIGIT ":" 2DIGIT; in minutes east. */
static bool take_offset(str *s, int *ret_minutes)
{
    unsigned hours, minutes;
    *ret_minutes = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool west = take_char(s, '-');
    if (!west && !take_char(s, '+'))
        return false;
    if (!take_number(s, 2, &hours) || !take_char(s, ':') ||
        !take_number(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool take_fraction(str *s)
{
    if (!take_char(s, '.'))
        return true;
    size_t n = 0;
    while (n < s->n && str_is_digit(s->p[n]))
        n++;
    *s = str_from(*s, n);
    return n > 0;
}

/* full-time; a second 60 stands only at the end of a day in UTC (§5.7). */
static bool take_time(str *s)
{
    unsigned hour, minute, second;
    int offset;
    if (!take_number(s, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, &minute) ||
        !take_char(s, ':') || !take_number(s, 2, &second) || !take_fraction(s) ||
        !take_offset(s, &offset))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    int utc = ((int)(hour * 60 + minute) - offset + 2 * 1440) % 1440;
    return second < 60 || utc == 1439;
}

bool format_date_time(str text)
{
    return take_date(&text) && (take_char(&text, 'T') || take_char(&text, 't')) &&
           take_time(&text) && text.n == 0;
}

bool format_date(str text)
{
    return take_date(&text) && text.n == 0;
}

bool format_time(str text)
{
    return take_time(&text) && text.n == 0;
}

/* Numbers with the units in this order, from any unit on without a gap. Answers how
 * many; -1 = they are wrong. */
static int take_units(str *s, const char *units)
{
    int n = 0;
    const char *at = NULL;
    while (s->n && str_is_digit(s->p[0])) {
        while (s->n && str_is_digit(s->p[0]))
            *s = str_from(*s, 1);
        const char *unit = s->n ? strchr(units, s->p[0]) : NULL;
        if (!unit || !*unit || (at && unit != at + 1))
            return -1;
        *s = str_from(*s, 1);
        at = unit;
        n++;
    }
    return n;
}

/* duration = "P" (weeks / date [ "T" time ] / "T" time) */
bool format_duration(str text)
{
    if (!take_char(&text, 'P'))
        return false;
    str rest = text;
    if (take_units(&rest, "W") == 1 && rest.n == 0)
        return true;
    int date = take_units(&text, "YMD");
    if (date < 0 || (date == 0 && !text.n))
        return false;
    return !text.n || (take_char(&text, 'T') && take_units(&text, "HMS") > 0 && !text.n);
}
