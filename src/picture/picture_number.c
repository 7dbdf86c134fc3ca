/*
 * The value is scaled, rounded and written in digits; zeros are cut off at both ends and
 * put back as the picture wants them; then come the separators. What is written of an
 * infinite value ("Infinity", of 1e308 percent) goes the same way.
 */
#include "picture/picture_number.h"

#include <math.h>
#include <stdio.h>

#include "json/json_write.h"
#include "picture/number_text.h"
#include "picture/picture_number_read.h"

/* |value| rounded to `places`, in digits of the family. */
static void put_rounded(struct points *points, double value, size_t places,
                        const struct number_symbols *symbols)
{
    double rounded = number_round(fabs(value), (int)places);
    if (!isfinite(rounded)) {
        points_put_text(points, STR("Infinity"));
        return;
    }
    int n = snprintf(NULL, 0, "%.*f", (int)places, rounded);
    char *text = arena_bytes(points->arena, (size_t)n + 1);
    snprintf(text, (size_t)n + 1, "%.*f", (int)places, rounded);
    for (int i = 0; i < n; i++)
        points_put(points, text[i] == '.' ? symbols->decimal
                                          : symbols->zero + (uint32_t)(text[i] - '0'));
}

/* The digits in front of the decimal separator and those behind it. */
struct digits {
    struct points integer;
    struct points fraction;
};

static struct digits cut_zeros(const struct points *number,
                               const struct number_symbols *symbols)
{
    size_t point = points_find(number, symbols->decimal, 0);
    size_t from = 0;
    size_t end = number->n;
    while (from < point && number->p[from] == symbols->zero)
        from++;
    while (end > point + 1 && number->p[end - 1] == symbols->zero)
        end--;
    return (struct digits){
        .integer = points_slice(number, from, point),
        .fraction = points_slice(number, point < number->n ? point + 1 : point, end),
    };
}

static void put_integer(struct points *points, const struct points *digits,
                        const struct number_picture *picture,
                        const struct number_symbols *symbols)
{
    size_t from = points->n;
    if (digits->n < picture->integer_min)
        points_put_many(points, symbols->zero, picture->integer_min - digits->n);
    points_put_all(points, digits);
    size_t n = points->n - from;
    size_t step = picture->integer_regular;
    for (size_t at = step; step && at < n; at += step)
        points_insert(points, from + n - at, symbols->grouping, 1);
    for (size_t i = picture->integer_groups_n; !step && i > 0; i--)
        if (picture->integer_groups[i - 1] < n)
            points_insert(points, from + n - picture->integer_groups[i - 1],
                          symbols->grouping, 1);
}

static void put_fraction(struct points *points, const struct points *digits,
                         const struct number_picture *picture,
                         const struct number_symbols *symbols)
{
    size_t from = points->n;
    points_put_all(points, digits);
    if (digits->n < picture->fraction_min)
        points_put_many(points, symbols->zero, picture->fraction_min - digits->n);
    size_t n = points->n - from;
    for (size_t i = picture->fraction_groups_n; i > 0; i--)
        if (picture->fraction_groups[i - 1] < n)
            points_insert(points, from + picture->fraction_groups[i - 1],
                          symbols->grouping, 1);
}

static void put_exponent(struct points *points, int exponent,
                         const struct number_picture *picture,
                         const struct number_symbols *symbols)
{
    struct points number;
    points_init(&number, points->arena);
    points_put(points, symbols->exponent);
    if (exponent < 0)
        points_put_text(points, symbols->minus);
    put_rounded(&number, exponent, 0, symbols);
    if (number.n < picture->exponent_min)
        points_put_many(points, symbols->zero, picture->exponent_min - number.n);
    points_put_all(points, &number);
}

/* The mantissa has as many digits in front of the point as the picture; it is moved step
 * by step, and rounds at each, as in jsonata-js. */
static double take_exponent(double value, size_t scale, int *ret_exponent)
{
    double most = pow(10, (double)scale);
    double least = pow(10, (double)scale - 1);
    double mantissa = fabs(value);
    int exponent = 0;
    for (; mantissa > 0 && mantissa < least && isfinite(least); exponent--)
        mantissa *= 10;
    for (; isfinite(mantissa) && mantissa > most; exponent++)
        mantissa /= 10;
    *ret_exponent = exponent;
    return mantissa;
}

static void put_number(struct points *points, double value,
                       const struct number_picture *picture,
                       const struct number_symbols *symbols)
{
    struct points number;
    int exponent = 0;
    points_init(&number, points->arena);
    if (picture->percent || picture->per_mille)
        value *= picture->percent ? 100 : 1000;
    if (picture->scientific)
        value = take_exponent(value, picture->scale, &exponent);
    put_rounded(&number, value, picture->fraction_max, symbols);
    points->full = points->full || number.full;
    struct digits digits = cut_zeros(&number, symbols);
    put_integer(points, &digits.integer, picture, symbols);
    size_t point = points->n;
    points_put(points, symbols->decimal);
    put_fraction(points, &digits.fraction, picture, symbols);
    if (points->n == point + 1)
        points->n = point;
    if (picture->scientific)
        put_exponent(points, exponent, picture, symbols);
}

bool picture_format_number(struct arena *arena, double value, str picture,
                           const struct json *options, str *ret_text,
                           struct jsonata_fault *ret_fault)
{
    struct number_symbols symbols;
    struct number_picture read;
    struct points points;
    number_symbols_init(&symbols, arena, options);
    if (!picture_number_read(arena, picture, value, &symbols, &read, ret_fault))
        return false;
    points_init(&points, arena);
    if (value < 0 && !read.negative)
        points_put_text(&points, symbols.minus);
    points_put_all(&points, &read.prefix);
    put_number(&points, value, &read, &symbols);
    points_put_all(&points, &read.suffix);
    return points_end(&points, ret_text, ret_fault);
}
