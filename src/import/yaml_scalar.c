/*
 *   null   ~ null Null NULL, or nothing      int    [-+]?[0-9]+   0o[0-7]+ 0x[0-9a-fA-F]+
 *   bool   true True TRUE false …            float [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e…)?
 *                                                   [-+]?\.inf   \.nan
 */
#include "import/yaml_scalar.h"

#include <math.h>

#include "json/json_parse.h"

enum { EXACT_BITS = 53 };

static bool is_one_of(str text, const char *const *words)
{
    for (; *words; words++)
        if (str_eq(text, str_z(*words)))
            return true;
    return false;
}

static size_t count_digits(str text)
{
    size_t n = 0;
    while (n < text.n && str_is_digit(text.p[n]))
        n++;
    return n;
}

static str skip_sign(str text)
{
    bool has = text.n && (text.p[0] == '-' || text.p[0] == '+');
    return has ? str_from(text, 1) : text;
}

/* exponent = [eE] [-+]? digits, or nothing. */
static bool is_exponent(str text)
{
    if (text.n == 0)
        return true;
    if (str_lower(text.p[0]) != 'e')
        return false;
    str digits = skip_sign(str_from(text, 1));
    return digits.n > 0 && count_digits(digits) == digits.n;
}

static bool is_decimal(str text)
{
    str rest = skip_sign(text);
    size_t whole = count_digits(rest);
    size_t part = 0;
    rest = str_from(rest, whole);
    if (rest.n && rest.p[0] == '.') {
        rest = str_from(rest, 1);
        part = count_digits(rest);
        rest = str_from(rest, part);
    }
    return whole + part > 0 && is_exponent(rest);
}

/* JSON's grammar, or one sign, leading zero or bare dot away from it. */
static const char *read_decimal(struct arena *arena, str text, struct json *ret_value)
{
    double value;
    if (json_parse(arena, text, NULL, ret_value, NULL))
        return NULL;
    bool negative = text.p[0] == '-';
    str digits = skip_sign(text);
    while (digits.n > 1 && digits.p[0] == '0' && str_is_digit(digits.p[1]))
        digits = str_from(digits, 1);
    size_t dot = str_find(digits, '.');
    str whole = str_of(digits.p, dot);
    str rest = str_from(digits, dot);
    bool bare = rest.n > 0 && (rest.n == 1 || !str_is_digit(rest.p[1]));
    str number = arena_printf(arena, "%s" STR_F STR_F, negative ? "-" : "",
                              STR_A(whole.n ? whole : STR("0")),
                              STR_A(bare ? str_from(rest, 1) : rest));
    if (json_parse(arena, number, NULL, ret_value, NULL))
        return NULL;
    if (!str_to_double(number, &value))
        return "this number is none that JSON has";
    *ret_value = json_of_number(value);
    return NULL;
}

/* 0o17, 0xff; what a double does not hold exactly is refused. */
static bool read_based(str text, double *ret_value, const char **ret_why)
{
    bool octal = str_starts(text, STR("0o"));
    if (text.n < 3 || (!octal && !str_starts(text, STR("0x"))))
        return false;
    unsigned bits = octal ? 3 : 4;
    uint64_t value = 0;
    for (size_t i = 2; i < text.n; i++) {
        char c = str_lower(text.p[i]);
        bool letter = c >= 'a' && c <= 'f';
        unsigned digit = letter ? (unsigned)(c - 'a') + 10u : (unsigned)(c - '0');
        if (!(letter || str_is_digit(c)) || digit >> bits)
            return false;
        if (value >> (EXACT_BITS - bits))
            *ret_why = "this number is too large to be held exactly";
        else
            value = value << bits | digit;
    }
    *ret_value = (double)value;
    return true;
}

const char *yaml_scalar_read(struct arena *arena, str text, struct json *ret_value)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *why = NULL;
    double value;
    if (is_one_of(text, nulls))
        *ret_value = json_of_null();
    else if (is_one_of(text, trues) || is_one_of(text, falses))
        *ret_value = json_of_bool(is_one_of(text, trues));
    else if (is_decimal(text))
        return read_decimal(arena, text, ret_value);
    else if (is_one_of(text, nans) || is_one_of(skip_sign(text), infinite))
        return "JSON has no such number; write a text in quotes, or leave it out";
    else if (read_based(text, &value, &why))
        *ret_value = json_of_number(value);
    else
        *ret_value = json_of_text(text);
    return why;
}
