#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/usec.h"

bool str_eq_nocase(str a, str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i] && str_lower(a.p[i]) != str_lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_eq(str_of(s.p, prefix.n), prefix);
}

bool str_starts_nocase(str s, str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_of(s.p, prefix.n), prefix);
}

bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_ends_nocase(str s, str suffix)
{
    return s.n >= suffix.n && str_eq_nocase(str_from(s, s.n - suffix.n), suffix);
}

size_t str_find_str(str s, str part)
{
    if (part.n == 0)
        return 0;
    const char *hit = s.n ? memmem(s.p, s.n, part.p, part.n) : NULL;
    return hit ? (size_t)(hit - s.p) : s.n;
}

size_t str_find_str_nocase(str s, str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++)
        if (str_eq_nocase(str_of(s.p + i, part.n), part))
            return i;
    return s.n;
}

size_t str_find_last(str s, char c)
{
    const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : s.n;
}

bool str_next(str *s, char sep, str *ret_head)
{
    if (str_absent(*s))
        return false;
    size_t at = str_find(*s, sep);
    *ret_head = str_of(s->p, at);
    *s = at < s->n ? str_from(*s, at + 1) : STR_NONE;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

str str_trim(str s)
{
    while (s.n && is_blank(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_to_u64(str s, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.p[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *ret_value = value;
    return true;
}

static bool is_number_char(char c)
{
    return str_is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

bool str_to_double(str s, double *ret_value)
{
    char z[64];
    if (s.n == 0 || s.n >= sizeof(z))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_number_char(s.p[i]))
            return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    char *end;
    double value = strtod(z, &end);
    if (*end || end == z || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static usec unit_of(str unit)
{
    if (str_eq(unit, STR("ms")))
        return USEC_MS;
    if (str_eq(unit, STR("s")))
        return USEC_S;
    if (str_eq(unit, STR("m")))
        return USEC_MIN;
    if (str_eq(unit, STR("h")))
        return USEC_H;
    return str_eq(unit, STR("d")) ? USEC_DAY : 0;
}

bool str_to_usec(str s, int64_t *ret_usec)
{
    size_t digits = 0;
    while (digits < s.n && (str_is_digit(s.p[digits]) || s.p[digits] == '.'))
        digits++;
    if (digits == 0 || s.p[0] == '.' || s.p[digits - 1] == '.')
        return false;
    usec unit = unit_of(str_from(s, digits));
    double value;
    if (!unit || !str_to_double(str_of(s.p, digits), &value))
        return false;
    value *= (double)unit;
    if (value > 3650.0 * (double)USEC_DAY)
        return false;
    *ret_usec = (int64_t)(value + 0.5);
    return true;
}

uint32_t str_word_hash(str s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)str_lower(s.p[i])) * 16777619u;
    return h;
}
