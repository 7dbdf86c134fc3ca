/*
 * A numeral is digits × 10^exponent, with neither zeros in front nor behind (struct
 * decimal); the digits stay where they are written. a / b is whole when the digits of a,
 * followed by as many zeros as the exponents differ, leave no remainder; digit by digit
 * (Horner), and the zeros by squaring. When the exponent of a is the smaller one, a would
 * have to be a multiple of 10, which it is not.
 */
#include "schema/schema_number.h"

#include "json/json_write.h"

enum { DIVISOR_DIGITS_MAX = 37, EXPONENT_MAX = 1000000000 };

#define wide unsigned __int128

/* Kept out of the loop of operations, which is the shorter for it. */
#define COLD __attribute__((noinline))

struct decimal {
    str numeral;
    size_t first; /* where the first digit stands */
    size_t count; /* of digits */
    int64_t exponent;
    bool negative;
};

static int64_t read_exponent(str s)
{
    int64_t value = 0;
    bool negative = s.n && s.p[0] == '-';
    for (size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+'); i < s.n; i++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (s.p[i] - '0');
    return negative ? -value : value;
}

/* Where the digits and the point end. */
static size_t mantissa_end(str s)
{
    size_t e = 0;
    while (e < s.n && s.p[e] != 'e' && s.p[e] != 'E')
        e++;
    return e;
}

static struct decimal decimal_of(str s)
{
    struct decimal d = {.numeral = s, .negative = s.n && s.p[0] == '-'};
    size_t end = mantissa_end(s);
    size_t point = str_find(str_of(s.p, end), '.');
    size_t zeros = 0; /* behind the last digit that is none */
    for (size_t i = d.negative; i < end; i++) {
        if (s.p[i] == '.')
            continue;
        if (s.p[i] == '0') {
            zeros++;
            continue;
        }
        d.first = d.count ? d.first : i;
        d.count = d.count ? d.count + zeros + 1 : 1;
        zeros = 0;
    }
    int64_t places = point < end ? (int64_t)(end - point - 1) : 0;
    int64_t power = end < s.n ? read_exponent(str_from(s, end + 1)) : 0;
    d.exponent = d.count ? power + (int64_t)zeros - places : 0;
    return d;
}

static struct decimal decimal_of_number(const struct json *number, char room[32])
{
    str text = json_text(number);
    if (str_absent(text)) {
        double value = isfinite(number->u.number) ? number->u.number : 0;
        text = str_of(room, json_write_number(value, room));
    }
    return decimal_of(text);
}

/* The digit at *at, which moves to the next. */
static int next_digit(const struct decimal *d, size_t *at)
{
    *at += d->numeral.p[*at] == '.';
    return d->numeral.p[(*at)++] - '0';
}

static int compare_digits(const struct decimal *x, const struct decimal *y)
{
    size_t at = x->first;
    size_t other = y->first;
    for (size_t i = 0; i < x->count || i < y->count; i++) {
        int a = i < x->count ? next_digit(x, &at) : 0;
        int b = i < y->count ? next_digit(y, &other) : 0;
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

static int compare_exactly(const struct decimal *x, const struct decimal *y)
{
    if (!x->count || !y->count) {
        bool x_less = x->count ? x->negative : y->count && !y->negative;
        return !x->count && !y->count ? 0 : x_less ? -1 : 1;
    }
    int sign = x->negative ? -1 : 1;
    if (x->negative != y->negative)
        return sign;
    int64_t size_x = x->exponent + (int64_t)x->count;
    int64_t size_y = y->exponent + (int64_t)y->count;
    if (size_x != size_y)
        return size_x < size_y ? -sign : sign;
    return sign * compare_digits(x, y);
}

/* Rounding keeps the order, so that doubles that differ decide. */
COLD int number_compare(const struct json *a, const struct json *b)
{
    char room_a[32], room_b[32];
    double x = json_number(a);
    double y = json_number(b);
    if (x != y || !((a->flags | b->flags) & JSON_NUMERAL))
        return (x > y) - (x < y);
    struct decimal exact_a = decimal_of_number(a, room_a);
    struct decimal exact_b = decimal_of_number(b, room_b);
    return compare_exactly(&exact_a, &exact_b);
}

COLD bool number_is_whole_numeral(const struct json *number)
{
    return decimal_of(json_text(number)).exponent >= 0;
}

/* a × b modulo m < 2^124, by doubling. */
static wide multiply(wide a, wide b, wide m)
{
    wide product = 0;
    for (; b; b >>= 1) {
        if (b & 1)
            product = (product + a) % m;
        a = (a << 1) % m;
    }
    return product;
}

static wide power_of_ten(uint64_t exponent, wide m)
{
    wide power = 1 % m;
    wide square = 10 % m;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            power = multiply(power, square, m);
        square = multiply(square, square, m);
    }
    return power;
}

static wide digits_modulo(const struct decimal *d, wide m)
{
    wide rest = 0;
    size_t at = d->first;
    for (size_t i = 0; i < d->count; i++)
        rest = (rest * 10 + (wide)next_digit(d, &at)) % m;
    return rest;
}

COLD bool number_is_multiple(const struct json *a, const struct json *b)
{
    char room_a[32], room_b[32];
    if (!((a->flags | b->flags) & JSON_NUMERAL) && b->u.number == floor(b->u.number))
        return fmod(a->u.number, b->u.number) == 0;
    struct decimal x = decimal_of_number(a, room_a);
    struct decimal y = decimal_of_number(b, room_b);
    if (!x.count || !y.count)
        return true;
    if (y.count > DIVISOR_DIGITS_MAX)
        return fmod(json_number(a), json_number(b)) == 0;
    if (x.exponent < y.exponent)
        return false;
    wide m = 0;
    size_t at = y.first;
    for (size_t i = 0; i < y.count; i++)
        m = m * 10 + (wide)next_digit(&y, &at);
    wide rest = digits_modulo(&x, m);
    if (rest && x.exponent > y.exponent)
        rest = multiply(rest, power_of_ten((uint64_t)(x.exponent - y.exponent), m), m);
    return rest == 0;
}
