#include "picture/number_text.h"

#include <math.h>
#include <stdio.h>

#include "base/encode.h"
#include "json/json_number.h"
#include "json/json_write.h"
#include "picture/raise.h"

enum { DIGITS_MAX = 15, PLACES_MAX = 1000, BASE_DIGITS_MAX = 1100 };

/* Of a shortest text: zeros in front do not count. */
static size_t count_digits(str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n && text.p[i] != 'e'; i++)
        n += str_is_digit(text.p[i]) && (n || text.p[i] != '0');
    return n;
}

/* Whether the value stands exactly between two decimals of 15 digits: a 5 follows them
 * and then nothing (of a double, 24 zeros are nothing). */
static bool is_tie(double value)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%.*e", DIGITS_MAX + 24, fabs(value));
    str rest = str_from(str_of(text, (size_t)n), DIGITS_MAX + 1); /* behind d.dd… */
    return str_starts(rest, STR("5000000000000000000000000e"));
}

/* The C library rounds the exact value, ties to even; from a tie the next double away
 * from zero goes where ties have to go. */
static double round_digits(double value)
{
    char text[64];
    double from = is_tie(value) ? nextafter(value, copysign(INFINITY, value)) : value;
    int n = snprintf(text, sizeof(text), "%.*e", DIGITS_MAX - 1, from);
    return json_number_parse(str_of(text, (size_t)n));
}

size_t number_text_15(double value, char ret[32])
{
    size_t n = json_write_number(value, ret);
    if (value == trunc(value) || count_digits(str_of(ret, n)) <= DIGITS_MAX)
        return n;
    return json_write_number(round_digits(value), ret);
}

static size_t skip_digits(str text, size_t at)
{
    while (at < text.n && str_is_digit(text.p[at]))
        at++;
    return at;
}

/* "-"? digits ("." digits)? ([eE] [-+]? digits)?, from `at` to the end. */
static bool is_decimal(str text)
{
    size_t at = text.n && text.p[0] == '-';
    size_t from = at;
    if ((at = skip_digits(text, at)) == from)
        return false;
    if (at < text.n && text.p[at] == '.') {
        from = ++at;
        if ((at = skip_digits(text, at)) == from)
            return false;
    }
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        at += at < text.n && (text.p[at] == '-' || text.p[at] == '+');
        from = at;
        if ((at = skip_digits(text, at)) == from)
            return false;
    }
    return at == text.n;
}

static int radix_of(char letter)
{
    char c = str_lower(letter);
    return c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
}

/* Digits of a power of two. More than 53 bits are rounded as JavaScript rounds them: half
 * to even, so what lies below the 64th bit leaves a trace. */
static bool parse_binary(str digits, int radix, double *ret_value)
{
    uint64_t value = 0;
    int power = 0;
    for (size_t i = 0; i < digits.n; i++) {
        int digit = decode_hex_digit(digits.p[i]);
        if (digit < 0 || digit >= radix)
            return false;
        for (int bit = radix / 2; bit; bit /= 2) {
            uint64_t one = (digit & bit) != 0;
            if (value >> 62)
                power++, value |= one;
            else
                value = value << 1 | one;
        }
    }
    *ret_value = ldexp((double)value, power);
    return digits.n > 0 && isfinite(*ret_value);
}

bool number_text_parse(str text, double *ret_value)
{
    int radix = text.n >= 2 && text.p[0] == '0' ? radix_of(text.p[1]) : 0;
    double value = 0;
    if (radix ? !parse_binary(str_from(text, 2), radix, &value) : !is_decimal(text))
        return false;
    value = radix ? value : json_number_parse(text);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

/* value × 10^places, by moving the point of its text. */
static double shift(double value, int places)
{
    char text[32];
    char moved[64];
    str s = str_of(text, json_write_number(value, text));
    size_t e = str_find(s, 'e');
    double exponent =
        e < s.n ? json_number_parse(str_from(s, e + (s.p[e + 1] == '+') + 1)) : 0;
    int n =
        snprintf(moved, sizeof(moved), "%.*se%d", (int)e, text, (int)exponent + places);
    return json_number_parse(str_of(moved, (size_t)n));
}

double number_round(double value, int places)
{
    places = places > PLACES_MAX    ? PLACES_MAX
             : places < -PLACES_MAX ? -PLACES_MAX
                                    : places;
    double moved = isfinite(value) ? shift(value, places) : value;
    if (!isfinite(moved))
        return value;
    double rounded = shift(rint(moved), -places);
    return isfinite(rounded) ? rounded + 0.0 : value; /* + 0.0: no negative zero */
}

/* From the last digit on. Digits below half the distance to the next double mean nothing:
 * they are zeros. (V8 writes zeros there too; beyond 2^53 its last digit may differ.) */
static size_t write_base(double value, int radix, char ret[BASE_DIGITS_MAX])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    size_t at = BASE_DIGITS_MAX;
    double unknown = (value - nextafter(value, 0)) / 2;
    for (; unknown >= radix; unknown /= radix, value /= radix)
        ret[--at] = '0';
    do {
        double digit = fmod(value, radix);
        ret[--at] = digits[(int)digit];
        value = (value - digit) / radix;
    } while (value >= 1);
    return at;
}

bool number_format_base(struct arena *arena, double value, double radix, str *ret_text,
                        struct jsonata_fault *ret_fault)
{
    char text[BASE_DIGITS_MAX];
    value = number_round(value, 0);
    radix = number_round(radix, 0);
    if (!(radix >= 2 && radix <= 36))
        return raise_value(ret_fault, JSONATA_D3100, json_of_number(radix));
    if (radix == 10) {
        *ret_text = arena_str(arena, str_of(text, json_write_number(value, text)));
        return true;
    }
    size_t at = write_base(fabs(value), (int)radix, text);
    str parts[] = {value < 0 ? STR("-") : STR(""), str_of(text + at, sizeof(text) - at)};
    *ret_text = arena_join(arena, parts, 2);
    return true;
}
