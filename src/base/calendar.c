#include "base/calendar.h"

#include <math.h>
#include <string.h>

/*
 * Years begin in March, so that the leap day is the last; 400 years have 146,097 days
 * (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
enum { ERA_DAYS = 146097, ERA_YEARS = 400, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970 */ };

double calendar_days(double year, double month, double day)
{
    year += floor(month / 12);
    double m = month - 12 * floor(month / 12); /* 0–11 */
    year -= m < 2;
    double from_march = m < 2 ? m + 10 : m - 2;
    double era = floor(year / ERA_YEARS);
    double y = year - era * ERA_YEARS;
    double in_year = floor((153 * from_march + 2) / 5);
    double in_era = y * 365 + floor(y / 4) - floor(y / 100) + in_year;
    return era * ERA_DAYS + in_era - EPOCH_DAYS + day - 1;
}

int32_t calendar_month_days(int32_t year, int32_t month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct calendar_day calendar_of(int64_t days)
{
    days += EPOCH_DAYS;
    int64_t era = floor_div(days, ERA_DAYS);
    int64_t in_era = days - era * ERA_DAYS;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / (ERA_DAYS - 1)) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
    int64_t from_march = (5 * in_year + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    return (struct calendar_day){
        .year = (int32_t)(y + era * ERA_YEARS + (month <= 2)),
        .month = (int32_t)month,
        .day = (int32_t)(in_year - (153 * from_march + 2) / 5 + 1),
    };
}

int32_t calendar_day_of_year(int64_t days)
{
    return (int32_t)(days - (int64_t)calendar_days(calendar_of(days).year, 0, 1)) + 1;
}

int32_t calendar_day_of_week(int64_t days)
{
    int64_t from_monday =
        days + 3 - 7 * floor_div(days + 3, 7); /* 1970 began a Thursday */
    return (int32_t)from_monday + 1;
}

int64_t calendar_thursday(int64_t days)
{
    return days + 4 - calendar_day_of_week(days);
}

int32_t calendar_week_of_year(int64_t days)
{
    return (calendar_day_of_year(calendar_thursday(days)) - 1) / 7 + 1;
}

/* 0000-01-01, and behind the last millisecond of 9999. */
static const int64_t usual_first = -62167219200000, usual_end = 253402300800000;

bool calendar_is_usual(double millis)
{
    return millis >= (double)usual_first && millis < (double)usual_end;
}

static void put_digits(char *at, int n, int64_t value)
{
    for (; n-- > 0; value /= 10)
        at[n] = (char)('0' + value % 10);
}

void calendar_put_iso(int64_t millis, char ret[CALENDAR_ISO_CHARS])
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    int64_t last = usual_end - 1;
    millis = millis < usual_first ? usual_first : millis > last ? last : millis;
    int64_t days = floor_div(millis, (int64_t)CALENDAR_DAY_MILLIS);
    int64_t rest = millis - days * (int64_t)CALENDAR_DAY_MILLIS;
    struct calendar_day day = calendar_of(days);
    memcpy(ret, form, CALENDAR_ISO_CHARS);
    put_digits(ret, 4, day.year);
    put_digits(ret + 5, 2, day.month);
    put_digits(ret + 8, 2, day.day);
    put_digits(ret + 11, 2, rest / 3600000);
    put_digits(ret + 14, 2, rest / 60000 % 60);
    put_digits(ret + 17, 2, rest / 1000 % 60);
    put_digits(ret + 20, 3, rest % 1000);
}
