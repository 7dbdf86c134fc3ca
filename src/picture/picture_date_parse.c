#include <math.h>

#include "base/calendar.h"
#include "base/utf8.h"
#include "picture/picture_date_match.h"
#include "picture/raise.h"

/* By the letter of a component: what was read, or taken from now. */
struct date_values {
    double of[128];
    bool has[128];
};

/* ---- the value of a part ----------------------------------------------------------- */

/* Digits behind the point of a second; what lies below milliseconds is cut off. */
static double read_fraction(str digits)
{
    double value = 0;
    double unit = 100;
    for (size_t i = 0; i < digits.n && i < 3; i++, unit /= 10)
        value += (digits.p[i] - '0') * unit;
    return value;
}

/* In minutes: ±hh:mm, or ±hhmm, of which the first two digits are hours. */
static double read_offset(const struct date_part *part, str text)
{
    uint32_t zero = part->number.zero ? part->number.zero : '0';
    size_t at = part->component == 'z' ? 4 : 1;
    bool negative = text.p[at - 1] == '-';
    double values[2] = {0, 0};
    size_t digits = 0;
    bool minutes = false;
    while (at < text.n) {
        uint32_t c = utf8_next(text, &at);
        bool is_digit = c >= zero && c <= zero + 9;
        minutes = minutes || !is_digit || (!part->number.regular && digits == 2);
        if (is_digit)
            values[minutes] = values[minutes] * 10 + (c - zero);
        digits++;
    }
    double offset = values[0] * 60 + values[1];
    return negative ? -offset : offset;
}

static double value_of(struct arena *arena, const struct date_part *part, str text)
{
    if (part->style == DATE_OFFSET)
        return read_offset(part, text);
    if (part->component == 'P')
        return str_lower(text.p[0]) == 'p';
    if (part->component == 'f')
        return read_fraction(text);
    if (part->style == DATE_NUMBER)
        return picture_integer_parse(arena, &part->number, text);
    if (part->component == 'M')
        return (double)picture_date_find_name(part, date_month_names, 12, text) + 1;
    return 0; /* the day of the week decides nothing */
}

/* Whether each part can be read at all, whatever the text. */
static bool check_parts(const struct picture_date *picture,
                        struct jsonata_fault *ret_fault)
{
    for (size_t i = 0; i < picture->n; i++) {
        const struct date_part *part = &picture->parts[i];
        if (part->style == DATE_LITERAL || part->style == DATE_OFFSET ||
            strchr("fP", part->component))
            continue;
        if (part->style == DATE_NAME && !strchr("MxF", part->component))
            return raise_text(ret_fault, JSONATA_D3133, str_of(&part->component, 1));
        if (part->style == DATE_NUMBER && part->number.style == INTEGER_UNKNOWN)
            return picture_integer_refuse(&part->number, ret_fault);
    }
    return true;
}

/* ---- the time that the values say -------------------------------------------------- */

/* Of the components in `all`, some were read, and only such as stand in `set`. Those that
 * are 0 do not count, am among them: "am" alone says nothing. */
static bool is_within(const struct date_values *values, const char *all, const char *set)
{
    bool any = false;
    for (const char *c = all; *c; c++) {
        double value = values->of[(size_t)*c];
        bool counts = values->has[(size_t)*c] && value != 0 && !isnan(value);
        any = any || counts;
        if (counts && !strchr(set, *c))
            return false;
    }
    return any;
}

static void take_now(struct date_values *values, char component, double now)
{
    int64_t days = (int64_t)floor(now / CALENDAR_DAY_MILLIS);
    struct calendar_day day = calendar_of(days);
    double millis = now - (double)days * CALENDAR_DAY_MILLIS;
    double value = 0;
    if (component == 'Y')
        value = day.year;
    else if (component == 'M')
        value = day.month;
    else if (component == 'D')
        value = day.day;
    else if (component == 'H')
        value = floor(millis / 3600000);
    else if (component == 'm')
        value = fmod(floor(millis / 60000), 60);
    else if (component == 's')
        value = fmod(floor(millis / 1000), 60);
    else if (component == 'f')
        value = fmod(floor(millis), 1000);
    values->of[(size_t)component] = value;
}

/* `order`: from the largest component to the smallest. False when one is missing between
 * two that were read. */
static bool complete(struct date_values *values, const char *order, double now)
{
    bool started = false;
    bool ended = false;
    for (const char *c = order; *c; c++) {
        size_t i = (size_t)*c;
        if (values->has[i] && ended)
            return false;
        started = started || values->has[i];
        if (values->has[i])
            continue;
        ended = started;
        values->of[i] = *c == 'M' || *c == 'D';
        if (!started)
            take_now(values, *c, now);
    }
    return true;
}

/* As Date.UTC does: a year below 100 is one of the twentieth century. */
static double days_of(const struct date_values *values, bool by_day_of_year)
{
    double year = values->of['Y'];
    double month = values->of['M'] > 0 ? values->of['M'] - 1 : 0;
    double day = values->of['D'];
    year = year >= 0 && year <= 99 ? 1900 + year : year;
    if (!by_day_of_year)
        return calendar_days(year, month, day);
    /* The day may lie beyond the year; its month and day count, not its year. */
    double days = calendar_days(year, 0, values->of['d']);
    if (!(fabs(days) <= CALENDAR_MILLIS_MAX / CALENDAR_DAY_MILLIS))
        return NAN;
    struct calendar_day date = calendar_of((int64_t)days);
    return calendar_days(year, date.month - 1, date.day);
}

static double hour_of(const struct date_values *values, bool by_half)
{
    double hour = values->of[by_half ? 'h' : 'H'];
    if (!by_half)
        return hour;
    return (hour == 12 ? 0 : hour) + (values->of['P'] != 0 ? 12 : 0);
}

static bool time_of(struct date_values *values, double now, double *ret_millis,
                    struct jsonata_fault *ret_fault)
{
    static const char dates[] = "YXMxWwdD";
    static const char times[] = "PHhmsf";
    bool by_date = is_within(values, dates, "YMD");
    bool by_day = !by_date && is_within(values, dates, "Yd");
    bool by_half = !is_within(values, times, "Hmsf") && is_within(values, times, "Phmsf");
    const char *order =
        by_day ? (by_half ? "YDPhmsf" : "YDHmsf") : (by_half ? "YMDPhmsf" : "YMDHmsf");
    bool by_week = is_within(values, dates, "Xxw") || is_within(values, dates, "XW");
    if (by_week || !complete(values, order, now))
        return raise_code(ret_fault, JSONATA_D3136);
    double time = days_of(values, by_day) * CALENDAR_DAY_MILLIS +
                  hour_of(values, by_half) * 3600000 + values->of['m'] * 60000 +
                  values->of['s'] * 1000 + values->of['f'];
    double offset = values->has['Z'] ? values->of['Z'] : values->of['z'];
    *ret_millis = fabs(time) <= CALENDAR_MILLIS_MAX ? time - offset * 60000 : NAN;
    return true;
}

bool picture_date_parse(struct arena *arena, const struct picture_date *picture, str text,
                        double now_millis, struct date_reading *ret_reading,
                        struct jsonata_fault *ret_fault)
{
    struct date_values values = {0};
    if (!check_parts(picture, ret_fault))
        return false;
    const str *found =
        text.n <= DATE_TEXT_BYTES_MAX ? picture_date_match(arena, picture, text) : NULL;
    *ret_reading = (struct date_reading){.millis = NAN};
    for (size_t i = 0; found && i < picture->n; i++) {
        const struct date_part *part = &picture->parts[i];
        size_t component = (size_t)part->component;
        if (part->style == DATE_LITERAL)
            continue;
        values.of[component] = value_of(arena, part, found[i]);
        values.has[component] = true;
        ret_reading->matched = true;
    }
    return !ret_reading->matched ||
           time_of(&values, now_millis, &ret_reading->millis, ret_fault);
}
