/*
 * A numeral is taken apart into digits × 10^exponent, without zeros in front or behind
 * (struct decimal). Up to 2^53 and within 10^±22 digits and power are both exact doubles,
 * so that one multiplication or division rounds correctly (Clinger, "How to Read Floating
 * Point Numbers Accurately", 1990); the C library reads all others.
 *
 * Printing turns this around: if value × 10^k rounds to a whole number that, divided by
 * 10^k, gives the value again, that number and −k are its decimal; with at most 15 digits
 * no other is as short. All else is asked of snprintf, with ever more digits, until it
 * reads back. The nearest decimal of a length is not always the one that reads back:
 * below a power of two doubles stand twice as close as above, and then the next decimal
 * up may do (2^-44 is 5.684341886080802e-14, although …801 is nearer).
 *
 * Refused: Ryu and its kin, whose tables are many times this file. Numbers that were
 * parsed are printed from their text; only computed ones come here.
 */
#include "json/json_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "json/json_write.h"

enum { POWER_MAX = 22, EXPONENT_MAX = 1000000000 };

static const double powers[POWER_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct decimal {
    uint64_t digits;  /* 0, or not a multiple of 10 */
    int64_t exponent; /* of the last digit; 0 when digits is 0 */
    size_t first;     /* where the first digit stands in the numeral */
    size_t count;     /* of digits */
    bool negative;
    bool cut; /* `digits` could not hold them all */
};

static void add_digit(struct decimal *d, unsigned digit)
{
    uint64_t grown;
    d->cut = d->cut || __builtin_mul_overflow(d->digits, (uint64_t)10, &grown) ||
             __builtin_add_overflow(grown, (uint64_t)digit, &grown);
    if (!d->cut)
        d->digits = grown;
    d->count++;
}

/* Reads digits and point. Zeros wait until a digit follows, so that none stays behind.
 * Answers where the exponent starts. */
static size_t read_digits(struct decimal *d, str s, size_t at)
{
    size_t zeros = 0;
    size_t places = 0;
    bool fraction = false;
    for (; at < s.n && (str_is_digit(s.p[at]) || s.p[at] == '.'); at++) {
        places += fraction;
        if (s.p[at] == '.') {
            fraction = true;
        } else if (s.p[at] == '0') {
            zeros++;
        } else {
            d->first = d->count ? d->first : at;
            for (; zeros && d->count; zeros--)
                add_digit(d, 0);
            zeros = 0;
            add_digit(d, (unsigned)(s.p[at] - '0'));
        }
    }
    d->exponent = (int64_t)zeros - (int64_t)places;
    return at;
}

/* The exponent at the end of a numeral; far beyond any double it stands still. */
static int64_t read_exponent(str s)
{
    int64_t value = 0;
    size_t at = s.n && (s.p[0] == 'e' || s.p[0] == 'E');
    bool negative = at < s.n && s.p[at] == '-';
    at += at < s.n && (s.p[at] == '-' || s.p[at] == '+');
    for (; at < s.n && str_is_digit(s.p[at]); at++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (s.p[at] - '0');
    return negative ? -value : value;
}

static struct decimal decimal_of(str numeral)
{
    struct decimal d = {.negative = numeral.n && numeral.p[0] == '-'};
    size_t at = read_digits(&d, numeral, d.negative);
    d.exponent = d.count ? d.exponent + read_exponent(str_from(numeral, at)) : 0;
    return d;
}

/* The C library's reading; it wants a terminated text. */
static double read_slowly(str numeral)
{
    char room[64];
    if (numeral.n >= sizeof(room)) {
        char *z = mem_copy_z(numeral.p, numeral.n);
        double value = strtod(z, NULL);
        mem_free(z);
        return value;
    }
    memcpy(room, numeral.p, numeral.n);
    room[numeral.n] = 0;
    return strtod(room, NULL);
}

double json_number_parse(str numeral)
{
    struct decimal d = decimal_of(numeral);
    if (d.cut || d.digits > (uint64_t)1 << 53 || d.exponent < -POWER_MAX ||
        d.exponent > POWER_MAX)
        return read_slowly(numeral);
    double value = (double)d.digits;
    value = d.exponent < 0 ? value / powers[-d.exponent] : value * powers[d.exponent];
    return d.negative ? -value : value;
}

bool json_number_to_u64(str numeral, uint64_t max, uint64_t *ret_value)
{
    struct decimal d = decimal_of(numeral);
    if (d.cut || d.exponent < 0 || (d.negative && d.digits))
        return false;
    for (; d.exponent > 0; d.exponent--)
        if (__builtin_mul_overflow(d.digits, (uint64_t)10, &d.digits))
            return false;
    if (d.digits > max)
        return false;
    *ret_value = d.digits;
    return true;
}

bool json_number_same(str a, str b)
{
    struct decimal x = decimal_of(a);
    struct decimal y = decimal_of(b);
    if (x.count != y.count || x.exponent != y.exponent ||
        (x.negative != y.negative && x.count))
        return false;
    size_t at = x.first;
    size_t other = y.first;
    for (size_t i = 0; i < x.count; i++, at++, other++) {
        at += a.p[at] == '.';
        other += b.p[other] == '.';
        if (a.p[at] != b.p[other])
            return false;
    }
    return true;
}

/* For value > 0 with a decimal of at most 15 digits, no more than 22 behind the point. */
static bool find_exact(double value, struct decimal *ret)
{
    for (int k = 0; k <= POWER_MAX; k++) {
        double scaled = value * powers[k];
        if (scaled >= 1e15)
            return false;
        double whole = (double)(int64_t)(scaled + 0.5);
        if (whole / powers[k] == value) {
            *ret = (struct decimal){.digits = (uint64_t)whole, .exponent = -k};
            return true;
        }
    }
    return false;
}

static bool reads_back(const struct decimal *d, double value)
{
    char text[48];
    snprintf(text, sizeof(text), "%" PRIu64 "e%" PRId64, d->digits, d->exponent);
    return strtod(text, NULL) == value;
}

/* The decimal of n digits nearest to the value. */
static struct decimal nearest(double value, int n)
{
    char text[48];
    int length = snprintf(text, sizeof(text), "%.*e", n - 1, value);
    return decimal_of(str_of(text, (size_t)length));
}

/* The next larger decimal of n digits. */
static struct decimal next_up(struct decimal d, size_t n)
{
    for (; d.count < n; d.count++) {
        d.digits *= 10;
        d.exponent--;
    }
    d.digits++;
    return d;
}

static struct decimal find_shortest(double value)
{
    int power;
    bool lopsided = frexp(value, &power) == 0.5;
    for (int n = isnormal(value) ? 15 : 1;; n++) {
        struct decimal d = nearest(value, n);
        if (n == 17 || reads_back(&d, value))
            return d;
        d = next_up(d, (size_t)n);
        if (lopsided && n == 16 && reads_back(&d, value))
            return d;
    }
}

static size_t put(char *at, const char *p, size_t n)
{
    memcpy(at, p, n);
    return n;
}

static size_t put_zeros(char *at, size_t n)
{
    memset(at, '0', n);
    return n;
}

/* Number::toString of ECMAScript (ECMA-262 §6.1.6.1.20): `point` digits stand before the
 * decimal point. */
static size_t put_decimal(char *ret, const struct decimal *d)
{
    char digits[24];
    int k = snprintf(digits, sizeof(digits), "%" PRIu64, d->digits);
    int point = (int)d->exponent + k;
    size_t n = 0;
    if (point > 0 && point <= 21) {
        int whole = point < k ? point : k;
        n += put(ret, digits, (size_t)whole);
        n += put_zeros(ret + n, (size_t)(point - whole));
        if (k > whole) {
            ret[n++] = '.';
            n += put(ret + n, digits + whole, (size_t)(k - whole));
        }
        return n;
    }
    if (point > -6 && point <= 0) {
        n += put(ret, "0.", 2);
        n += put_zeros(ret + n, (size_t)-point);
        return n + put(ret + n, digits, (size_t)k);
    }
    ret[n++] = digits[0];
    if (k > 1) {
        ret[n++] = '.';
        n += put(ret + n, digits + 1, (size_t)(k - 1));
    }
    return n + (size_t)snprintf(ret + n, 8, "e%+d", point - 1);
}

static size_t put_whole(char *ret, uint64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return put(ret, digits + at, sizeof(digits) - at);
}

size_t json_write_number(double value, char ret[32])
{
    CHECK(isfinite(value));
    double size = fabs(value);
    struct decimal d;
    size_t sign = value < 0;
    ret[0] = '-';
    if (size <= 0x1p53 && size == (double)(uint64_t)size)
        return sign + put_whole(ret + sign, (uint64_t)size);
    if (!find_exact(size, &d))
        d = find_shortest(size);
    return sign + put_decimal(ret + sign, &d);
}
