/*
 * A date picture taken apart: what picture_date_format.c and picture_date_parse.c go by.
 */
#ifndef PICTURE_PICTURE_DATE_PART_H
#define PICTURE_PICTURE_DATE_PART_H

#include "picture/picture_date.h"
#include "picture/picture_integer.h"

enum { DATE_MARKERS_MAX = 64, DATE_NO_WIDTH = -1 };

enum date_style {
    DATE_LITERAL, /* text between the markers */
    DATE_NAME,
    DATE_NUMBER,
    DATE_OFFSET,
};

struct date_part {
    enum date_style style;
    char component; /* the letter of a marker */
    bool zero_as_z; /* modifier t: the offset 0 is written Z */
    enum words_case letters;
    str text; /* of a literal */
    struct picture_integer number;
    int64_t width_max;   /* or DATE_NO_WIDTH */
    int64_t year_digits; /* so many of the last digits; or DATE_NO_WIDTH */
    size_t exactly;      /* digits to be read, when a number follows at once; 0 = any */
};

struct picture_date {
    const struct date_part *parts;
    size_t n;
};

extern const str date_month_names[12];
extern const str date_day_names[7]; /* from Monday */

#endif
