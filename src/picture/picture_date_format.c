#include <math.h>

#include "base/calendar.h"
#include "picture/picture_date_part.h"
#include "picture/raise.h"

/* A moment in its zone. */
struct moment {
    int64_t days;   /* since 1970 */
    int64_t millis; /* in the day */
    int64_t offset; /* ±hhmm as a number */
    struct calendar_day day;
};

static int64_t component_of(const struct moment *moment, char component)
{
    int64_t hour = moment->millis / 3600000;
    struct calendar_day week = calendar_of(calendar_thursday(moment->days));
    switch (component) {
    case 'Y':
        return moment->day.year;
    case 'M':
        return moment->day.month;
    case 'D':
        return moment->day.day;
    case 'd':
        return calendar_day_of_year(moment->days);
    case 'F':
        return calendar_day_of_week(moment->days);
    case 'W':
        return calendar_week_of_year(moment->days);
    case 'w':
        return (week.day - 1) / 7 + 1;
    case 'X':
        return week.year;
    case 'x':
        return week.month;
    case 'H':
        return hour;
    case 'h':
        return hour % 12 ? hour % 12 : 12;
    case 'm':
        return moment->millis / 60000 % 60;
    case 's':
        return moment->millis / 1000 % 60;
    default:
        return moment->millis % 1000;
    }
}

static void put_name(struct points *points, str name, const struct date_part *part)
{
    size_t n = name.n;
    if (part->width_max != DATE_NO_WIDTH && (size_t)part->width_max < n)
        n = (size_t)part->width_max;
    for (size_t i = 0; i < n; i++) {
        char lower = str_lower(name.p[i]);
        bool capital =
            part->letters == WORDS_UPPER || (part->letters == WORDS_TITLE && i == 0);
        points_put(points, (uint32_t)(capital ? lower - 32 : lower));
    }
}

static bool refuse_part(const struct date_part *part, enum jsonata_code code,
                        struct jsonata_fault *ret_fault)
{
    return raise_text(ret_fault, code, str_of(&part->component, 1));
}

static bool put_named(struct points *points, const struct moment *moment,
                      const struct date_part *part, struct jsonata_fault *ret_fault)
{
    switch (part->component) {
    case 'M':
    case 'x':
        put_name(points, date_month_names[component_of(moment, part->component) - 1],
                 part);
        return true;
    case 'F':
        put_name(points, date_day_names[component_of(moment, 'F') - 1], part);
        return true;
    default:
        return refuse_part(part, JSONATA_D3133, ret_fault);
    }
}

/* Neither width nor presentation change these two; capitals want N alone. */
static void put_half(struct points *points, const struct moment *moment,
                     const struct date_part *part)
{
    bool upper = part->style == DATE_NAME && part->letters == WORDS_UPPER;
    bool morning = component_of(moment, 'H') < 12;
    if (upper)
        points_put_text(points, morning ? STR("AM") : STR("PM"));
    else
        points_put_text(points, morning ? STR("am") : STR("pm"));
}

static bool put_number(struct points *points, const struct moment *moment,
                       const struct date_part *part, struct jsonata_fault *ret_fault)
{
    int64_t value = component_of(moment, part->component);
    if (part->number.style == INTEGER_UNKNOWN)
        return picture_integer_refuse(&part->number, ret_fault);
    if (part->year_digits != DATE_NO_WIDTH && part->year_digits < 10)
        value %= (int64_t)pow(10, (double)part->year_digits);
    picture_integer_put(points, &part->number, (double)value);
    return true;
}

/*
 * One or two digits in the picture: hours, with :mm when there are minutes. Three or
 * four, or separators: hhmm as one number.
 */
static bool put_offset(struct points *points, const struct moment *moment,
                       const struct date_part *part, struct jsonata_fault *ret_fault)
{
    const struct picture_integer *number = &part->number;
    int64_t offset = moment->offset < 0 ? -moment->offset : moment->offset;
    bool is_digits = number->style == INTEGER_DIGITS;
    size_t digits = is_digits ? number->digits_min : 0;
    if (!number->regular && (digits < 1 || digits > 4))
        return raise_value(ret_fault, JSONATA_D3134,
                           is_digits ? json_of_number((double)digits) : (struct json){0});
    if (offset == 0 && part->zero_as_z) {
        points_put(points, 'Z');
        return true;
    }
    if (part->component == 'z')
        points_put_text(points, STR("GMT"));
    points_put(points, moment->offset < 0 ? '-' : '+');
    if (number->regular || digits > 2) {
        picture_integer_put(points, number, (double)offset);
        return true;
    }
    picture_integer_put(points, number, (double)(offset / 100));
    if (offset % 100) {
        points_put(points, ':');
        points_put(points, (uint32_t)('0' + offset % 100 / 10));
        points_put(points, (uint32_t)('0' + offset % 10));
    }
    return true;
}

static bool put_part(struct points *points, const struct moment *moment,
                     const struct date_part *part, struct jsonata_fault *ret_fault)
{
    if (part->style == DATE_LITERAL)
        points_put_text(points, part->text);
    else if (part->style == DATE_OFFSET)
        return put_offset(points, moment, part, ret_fault);
    else if (part->component == 'C' || part->component == 'E')
        points_put_text(points, STR("ISO"));
    else if (part->component == 'P')
        put_half(points, moment, part);
    else if (part->style == DATE_NAME)
        return put_named(points, moment, part, ret_fault);
    else
        return put_number(points, moment, part, ret_fault);
    return true;
}

/* ±hhmm; blanks in front and whatever follows the digits are passed over, as parseInt of
 * JavaScript does. */
static bool read_zone(str zone, int64_t *ret_offset)
{
    str rest = str_trim(zone);
    bool negative = rest.n && rest.p[0] == '-';
    if (rest.n && (rest.p[0] == '-' || rest.p[0] == '+'))
        rest = str_from(rest, 1);
    int64_t value = 0;
    size_t n = 0;
    for (; n < rest.n && str_is_digit(rest.p[n]) && value <= 9999; n++)
        value = value * 10 + (rest.p[n] - '0');
    *ret_offset = negative ? -value : value;
    return n > 0 && value <= 9999;
}

static bool read_moment(double millis, str zone, struct moment *ret,
                        struct jsonata_fault *ret_fault)
{
    ret->offset = 0;
    if (!str_absent(zone) && !read_zone(zone, &ret->offset))
        return raise_text(ret_fault, JSONATA_D3134, zone);
    if (!(fabs(millis) <= CALENDAR_MILLIS_MAX))
        return raise_value(ret_fault, JSONATA_D3110, json_of_number(millis));
    int64_t local =
        (int64_t)millis + (ret->offset / 100 * 60 + ret->offset % 100) * 60000;
    ret->days = (int64_t)floor((double)local / CALENDAR_DAY_MILLIS);
    ret->millis = local - ret->days * (int64_t)CALENDAR_DAY_MILLIS;
    ret->day = calendar_of(ret->days);
    return true;
}

bool picture_date_format(struct arena *arena, const struct picture_date *picture,
                         double millis, str zone, str *ret_text,
                         struct jsonata_fault *ret_fault)
{
    static const str usual = {"[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]",
                              53};
    struct picture_date *read = NULL;
    struct points points;
    struct moment moment;
    if (!picture && !picture_date_compile(arena, usual, &read, ret_fault))
        return false;
    picture = picture ? picture : read;
    if (!read_moment(millis, zone, &moment, ret_fault))
        return false;
    points_init(&points, arena);
    for (size_t i = 0; i < picture->n; i++)
        if (!put_part(&points, &moment, &picture->parts[i], ret_fault))
            return false;
    return points_end(&points, ret_text, ret_fault);
}
