#include "picture/picture_integer.h"

#include <math.h>

#include "base/utf8.h"
#include "json/json_number.h"
#include "json/json_write.h"
#include "picture/digit_family.h"
#include "picture/raise.h"
#include "picture/text_units.h"

/* ---- reading a picture ------------------------------------------------------------ */

static size_t gcd(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The distance at which equal separators stand, none missing: 3, 6, 9. Else 0. */
static size_t regular_distance(const struct integer_separator *separators, size_t n)
{
    size_t distance = 0;
    for (size_t i = 0; i < n; i++)
        distance = gcd(separators[i].at, distance);
    for (size_t i = 0; i < n; i++)
        if (separators[i].c != separators[0].c || separators[i].at != (n - i) * distance)
            return 0;
    return distance;
}

/* digits, `#` for optional ones, and anything else as a separator */
static bool read_digits(const struct points *primary, struct picture_integer *ret,
                        struct jsonata_fault *ret_fault)
{
    struct integer_separator *separators =
        arena_array(primary->arena, primary->n, sizeof(*separators));
    for (size_t i = 0; i < primary->n; i++) {
        uint32_t c = primary->p[i];
        uint32_t zero = digit_family_of(c);
        if (zero && ret->zero && zero != ret->zero)
            return raise_code(ret_fault, JSONATA_D3131);
        ret->zero = zero ? zero : ret->zero;
        ret->digits_min += zero != 0;
        ret->digits_max += zero || c == '#';
        if (!zero && c != '#')
            separators[ret->separators_n++] = (struct integer_separator){c, i};
    }
    if (!ret->digits_min)
        return true;
    size_t n = ret->separators_n;
    for (size_t i = 0; i < n; i++)
        separators[i].at = primary->n - 1 - separators[i].at - (n - 1 - i);
    ret->style = INTEGER_DIGITS;
    ret->separators = separators;
    ret->regular = n ? regular_distance(separators, n) : 0;
    return true;
}

static bool read_letters(str text, struct picture_integer *ret)
{
    static const struct {
        const char *text;
        enum integer_style style;
        enum words_case letters;
    } rows[] = {
        {"a", INTEGER_LETTERS, WORDS_LOWER}, {"A", INTEGER_LETTERS, WORDS_UPPER},
        {"i", INTEGER_ROMAN, WORDS_LOWER},   {"I", INTEGER_ROMAN, WORDS_UPPER},
        {"w", INTEGER_WORDS, WORDS_LOWER},   {"W", INTEGER_WORDS, WORDS_UPPER},
        {"Ww", INTEGER_WORDS, WORDS_TITLE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(text, str_z(rows[i].text))) {
            ret->style = rows[i].style;
            ret->letters = rows[i].letters;
            return true;
        }
    return false;
}

bool picture_integer_read(const struct points *primary, bool ordinal,
                          struct picture_integer *ret_picture,
                          struct jsonata_fault *ret_fault)
{
    *ret_picture = (struct picture_integer){
        .style = INTEGER_UNKNOWN, .ordinal = ordinal, .text = points_str(primary)};
    return read_letters(ret_picture->text, ret_picture) ||
           read_digits(primary, ret_picture, ret_fault);
}

bool picture_integer_refuse(const struct picture_integer *picture,
                            struct jsonata_fault *ret_fault)
{
    return raise_text(ret_fault, JSONATA_D3130, picture->text);
}

/* primary [ ";" modifiers ]: of the modifiers only a first `o` counts. */
bool picture_integer_compile(struct arena *arena, str picture,
                             struct picture_integer **ret_picture,
                             struct jsonata_fault *ret_fault)
{
    struct picture_integer *read = arena_alloc(arena, sizeof(*read));
    size_t end = str_find_last(picture, ';');
    bool ordinal = end + 1 < picture.n && picture.p[end + 1] == 'o';
    struct points primary = points_of(arena, str_of(picture.p, end));
    if (primary.full)
        return points_full(ret_fault);
    if (!picture_integer_read(&primary, ordinal, read, ret_fault))
        return false;
    if (read->style == INTEGER_UNKNOWN)
        return picture_integer_refuse(read, ret_fault);
    *ret_picture = read;
    return true;
}

/* ---- writing ----------------------------------------------------------------------- */

/* A whole number, in digits whatever its size: 1e21 is a 1 and 21 zeros. */
static void put_digits(struct points *points, double value, uint32_t zero)
{
    char text[32];
    str s = str_of(text, json_write_number(value, text));
    size_t e = str_find(s, 'e');
    size_t from = points->n;
    for (size_t i = 0; i < e; i++)
        if (text[i] != '.')
            points_put(points, zero + (uint32_t)(text[i] - '0'));
    if (e == s.n)
        return;
    uint64_t exponent = 0;
    str_to_u64(str_from(s, e + 2), 400, &exponent); /* behind "e+" */
    points_put_many(points, zero, (size_t)exponent + 1 - (points->n - from));
}

static void put_separators(struct points *points, const struct picture_integer *picture,
                           size_t from)
{
    size_t digits = points->n - from;
    for (size_t at = picture->regular; picture->regular && at < digits;
         at += picture->regular)
        points_insert(points, from + digits - at, picture->separators[0].c, 1);
    for (size_t i = picture->separators_n; !picture->regular && i > 0; i--) {
        const struct integer_separator *separator = &picture->separators[i - 1];
        if (separator->at < digits)
            points_insert(points, from + digits - separator->at, separator->c, 1);
    }
}

/* Of the number whose last digits are written: 11th, 21st, 102nd, 1000th. */
static void put_suffix(struct points *points, uint32_t tens, uint32_t ones)
{
    static const char suffixes[] = "thstndrd";
    bool is_th = tens == 1 || ones > 3;
    points_put_text(points, str_of(suffixes + (is_th ? 0 : 2 * ones), 2));
}

static void put_decimal(struct points *points, const struct picture_integer *picture,
                        double value)
{
    size_t from = points->n;
    put_digits(points, value, picture->zero);
    size_t digits = points->n - from;
    if (digits < picture->digits_min)
        points_insert(points, from, picture->zero, picture->digits_min - digits);
    size_t n = points->n;
    uint32_t ones = n > from ? points->p[n - 1] - picture->zero : 0;
    uint32_t tens = n > from + 1 ? points->p[n - 2] - picture->zero : 0;
    put_separators(points, picture, from);
    if (picture->ordinal)
        put_suffix(points, tens, ones);
}

void picture_integer_put(struct points *points, const struct picture_integer *picture,
                         double value)
{
    bool upper = picture->letters == WORDS_UPPER;
    value = floor(value);
    if (value < 0)
        points_put(points, '-');
    value = fabs(value);
    switch (picture->style) {
    case INTEGER_DIGITS:
        put_decimal(points, picture, value);
        break;
    case INTEGER_LETTERS:
        letters_put(points, value, upper ? 'A' : 'a');
        break;
    case INTEGER_ROMAN:
        roman_put(points, value, upper);
        break;
    case INTEGER_WORDS:
        words_put(points, value, picture->ordinal, picture->letters);
        break;
    case INTEGER_UNKNOWN:
        break;
    }
}

bool picture_integer_format(struct arena *arena, const struct picture_integer *picture,
                            double value, str *ret_text, struct jsonata_fault *ret_fault)
{
    struct points points;
    points_init(&points, arena);
    picture_integer_put(&points, picture, value);
    return points_end(&points, ret_text, ret_fault);
}

/* ---- parsing ----------------------------------------------------------------------- */

static bool is_separator(const struct picture_integer *picture, uint32_t c)
{
    for (size_t i = 0; i < picture->separators_n; i++)
        if (picture->separators[i].c == c)
            return true;
    return false;
}

/* Separators are left out wherever they stand; blanks in front and a sign are allowed;
 * the first that is no digit ends the number. */
static double parse_decimal(struct arena *arena, const struct picture_integer *picture,
                            str text)
{
    char *digits = arena_bytes(arena, text.n + 1);
    size_t n = 0;
    bool negative = false;
    bool begun = false;
    for (size_t at = 0; at < text.n;) {
        uint32_t c = utf8_next(text, &at);
        if (is_separator(picture, c))
            continue;
        if (!begun && (c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0))
            continue;
        if (!begun && (c == '-' || c == '+'))
            negative = c == '-';
        else if (c >= picture->zero && c < picture->zero + 10)
            digits[n++] = (char)('0' + (c - picture->zero));
        else
            break;
        begun = true;
    }
    double value = n ? json_number_parse(str_of(digits, n)) : NAN;
    return negative ? -value : value;
}

/* Without the two letters of an ordinal. */
static str without_suffix(str text)
{
    size_t length = text_length(text);
    return text_substring(text, 0, length > 2 ? (double)(length - 2) : 0);
}

double picture_integer_parse(struct arena *arena, const struct picture_integer *picture,
                             str text)
{
    bool upper = picture->letters == WORDS_UPPER;
    switch (picture->style) {
    case INTEGER_DIGITS:
        return parse_decimal(arena, picture,
                             picture->ordinal ? without_suffix(text) : text);
    case INTEGER_LETTERS:
        return letters_parse(text, upper ? 'A' : 'a');
    case INTEGER_ROMAN:
        return roman_parse(text, upper);
    case INTEGER_WORDS:
        return words_parse(text);
    case INTEGER_UNKNOWN:
        break;
    }
    return NAN;
}
