/*
 * A number picture taken apart: what picture_number.c writes by. A picture has one
 * sub-picture, or two, the second for negative numbers:
 *
 *   sub-picture = prefix mantissa [ exponent-separator exponent ] suffix
 *   mantissa    = integer [ decimal-separator fraction ]
 *
 * Integer and fraction consist of digits of the family, of optional digits (#), and of
 * grouping separators.
 */
#ifndef PICTURE_PICTURE_NUMBER_READ_H
#define PICTURE_PICTURE_NUMBER_READ_H

#include "picture/points.h"

/* What the characters of a picture mean. */
struct number_symbols {
    uint32_t decimal;
    uint32_t grouping;
    uint32_t exponent;
    uint32_t zero;
    uint32_t digit;
    uint32_t pattern;
    str minus;
    str percent;
    str per_mille;
};

struct number_picture {
    struct points prefix;
    struct points suffix;
    bool percent;
    bool per_mille;
    bool negative;   /* it is the sub-picture of negative numbers */
    bool scientific; /* it has an exponent */
    size_t scale;    /* digits in front of the decimal separator of a mantissa */
    size_t integer_min;
    size_t fraction_min;
    size_t fraction_max;
    size_t exponent_min;
    /* Digits between a separator and the decimal separator, from left to right. */
    const size_t *integer_groups;
    size_t integer_groups_n;
    size_t integer_regular; /* they repeat at this distance; 0 = they do not */
    const size_t *fraction_groups;
    size_t fraction_groups_n;
};

/* Members of `options` (NULL = none) replace symbols; one that should be a character and
 * is not is ignored. Strings are borrowed. */
void number_symbols_init(struct number_symbols *symbols, struct arena *arena,
                         const struct json *options);

/* The sub-picture for this value. D3080 to D3093. */
bool picture_number_read(struct arena *arena, str picture, double value,
                         const struct number_symbols *symbols,
                         struct number_picture *ret_picture,
                         struct jsonata_fault *ret_fault);

#endif
