/*
 * Numbers by value, exact however many digits their numerals have (json.h keeps those
 * that a double does not hold). Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_NUMBER_H
#define SCHEMA_SCHEMA_NUMBER_H

#include <math.h>

#include "json/json.h"

/* Less than, equal to, or greater than 0. */
int number_compare(const struct json *a, const struct json *b);

/* Whether a / b is whole. b is greater than 0. Divisors of more than 37 digits are
 * compared as doubles. */
bool number_is_multiple(const struct json *a, const struct json *b);

bool number_is_whole_numeral(const struct json *number);

/* 1.0 and 1e3 are whole too. */
static inline bool number_is_whole(const struct json *number)
{
    if (number->flags & JSON_NUMERAL)
        return number_is_whole_numeral(number);
    double d = number->u.number;
    if (fabs(d) <= 0x1p53)
        return (double)(int64_t)d == d;
    return d == floor(d);
}

#endif
