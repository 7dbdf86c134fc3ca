#include "picture/number_words.h"

#include <math.h>

#include "base/check.h"
#include "picture/text_units.h"

struct word {
    str cardinal;
    str ordinal;
    double value;
};

#define WORD(cardinal, ordinal, value)                                                   \
    {                                                                                    \
        {cardinal, sizeof(cardinal) - 1}, {ordinal, sizeof(ordinal) - 1}, value          \
    }

static const struct word small[] = {
    WORD("zero", "zeroth", 0),
    WORD("one", "first", 1),
    WORD("two", "second", 2),
    WORD("three", "third", 3),
    WORD("four", "fourth", 4),
    WORD("five", "fifth", 5),
    WORD("six", "sixth", 6),
    WORD("seven", "seventh", 7),
    WORD("eight", "eighth", 8),
    WORD("nine", "ninth", 9),
    WORD("ten", "tenth", 10),
    WORD("eleven", "eleventh", 11),
    WORD("twelve", "twelfth", 12),
    WORD("thirteen", "thirteenth", 13),
    WORD("fourteen", "fourteenth", 14),
    WORD("fifteen", "fifteenth", 15),
    WORD("sixteen", "sixteenth", 16),
    WORD("seventeen", "seventeenth", 17),
    WORD("eighteen", "eighteenth", 18),
    WORD("nineteen", "nineteenth", 19),
};

static const struct word tens[] = {
    WORD("twenty", "twentieth", 20), WORD("thirty", "thirtieth", 30),
    WORD("forty", "fortieth", 40),   WORD("fifty", "fiftieth", 50),
    WORD("sixty", "sixtieth", 60),   WORD("seventy", "seventieth", 70),
    WORD("eighty", "eightieth", 80), WORD("ninety", "ninetieth", 90),
};

static const struct word magnitudes[] = {
    WORD("hundred", "hundredth", 1e2),    WORD("thousand", "thousandth", 1e3),
    WORD("million", "millionth", 1e6),    WORD("billion", "billionth", 1e9),
    WORD("trillion", "trillionth", 1e12),
};

static const struct {
    const struct word *words;
    size_t n;
} vocabulary[] = {
    {small, COUNT_OF(small)}, {tens, COUNT_OF(tens)}, {magnitudes, COUNT_OF(magnitudes)}};

static void put_word(struct points *points, str word, enum words_case style)
{
    for (size_t i = 0; i < word.n; i++) {
        bool capital = style == WORDS_UPPER || (style == WORDS_TITLE && i == 0);
        points_put(points, (uint32_t)(capital ? word.p[i] - 32 : word.p[i]));
    }
}

static void put_known(struct points *points, const struct word *word, bool ordinal,
                      enum words_case style)
{
    put_word(points, ordinal ? word->ordinal : word->cardinal, style);
}

static void put_and(struct points *points, enum words_case style)
{
    points_put_text(points, style == WORDS_UPPER ? STR(" AND ") : STR(" and "));
}

static void put_below_hundred(struct points *points, size_t value, bool ordinal,
                              enum words_case style)
{
    if (value < 20) {
        put_known(points, &small[value], ordinal, style);
        return;
    }
    put_known(points, &tens[value / 10 - 2], ordinal && value % 10 == 0, style);
    if (value % 10) {
        points_put(points, '-');
        put_known(points, &small[value % 10], ordinal, style);
    }
}

static const struct word *magnitude_of(double value)
{
    size_t i = COUNT_OF(magnitudes) - 1;
    while (value < magnitudes[i].value)
        i--;
    return &magnitudes[i];
}

/* value = count × magnitude + rest; a thousand and more have a magnitude in their count,
 * at most 26 deep for the largest double. */
void words_put(struct points *points, double value, bool ordinal, enum words_case style)
{
    if (points->full)
        return;
    if (value < 100) {
        put_below_hundred(points, (size_t)value, ordinal, style);
        return;
    }
    const struct word *magnitude = magnitude_of(value);
    double count = floor(value / magnitude->value);
    double rest = value - count * magnitude->value;
    words_put(points, count, false, style);
    points_put(points, ' ');
    put_known(points, magnitude, ordinal && !(rest > 0), style);
    if (!(rest > 0))
        return;
    if (rest < 100)
        put_and(points, style);
    else
        points_put_text(points, STR(", "));
    words_put(points, rest, ordinal, style);
}

static const struct word *find_word(str text)
{
    for (size_t i = 0; i < COUNT_OF(vocabulary); i++)
        for (size_t j = 0; j < vocabulary[i].n; j++) {
            const struct word *word = &vocabulary[i].words[j];
            if (str_eq_nocase(text, word->cardinal) || str_eq_nocase(text, word->ordinal))
                return word;
        }
    return NULL;
}

size_t words_prefix(str text)
{
    size_t longest = str_starts_nocase(text, STR("and")) ? 3 : 0;
    for (size_t i = 0; i < COUNT_OF(vocabulary); i++)
        for (size_t j = 0; j < vocabulary[i].n; j++) {
            const struct word *word = &vocabulary[i].words[j];
            if (word->cardinal.n > longest && str_starts_nocase(text, word->cardinal))
                longest = word->cardinal.n;
            if (word->ordinal.n > longest && str_starts_nocase(text, word->ordinal))
                longest = word->ordinal.n;
        }
    return longest;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes of what separates two words: "," blank, blank "and" blank, blank or hyphen.
 */
static size_t separator(str text)
{
    if (!text.n)
        return 0;
    if (text.p[0] == ',')
        return text.n > 1 && is_space(text.p[1]) ? 2 : 0;
    if (is_space(text.p[0]) && text.n > 4 && is_space(text.p[4]) &&
        str_eq_nocase(str_of(text.p + 1, 3), STR("and")))
        return 5;
    return is_space(text.p[0]) || text.p[0] == '-' || text.p[0] == '\\';
}

static str take_word(str *text)
{
    size_t n = 0;
    while (n < text->n && !separator(str_from(*text, n)))
        n++;
    str word = str_of(text->p, n);
    *text = str_from(*text, n);
    return word;
}

/* `group` is what a magnitude that follows multiplies: once it has reached a thousand, a
 * smaller number starts the next. */
double words_parse(str text)
{
    double sum = 0;
    double group = 0;
    for (;;) {
        const struct word *word = find_word(take_word(&text));
        if (!word)
            return NAN;
        if (word->value >= 100) {
            group *= word->value;
        } else if (group >= 1000) {
            sum += group;
            group = word->value;
        } else {
            group += word->value;
        }
        if (!text.n)
            return sum + group;
        text = str_from(text, separator(text));
    }
}

static const struct {
    const char *text;
    double value;
} romans[] = {{"m", 1000}, {"cm", 900}, {"d", 500}, {"cd", 400}, {"c", 100},
              {"xc", 90},  {"l", 50},   {"xl", 40}, {"x", 10},   {"ix", 9},
              {"v", 5},    {"iv", 4},   {"i", 1}};

void roman_put(struct points *points, double value, bool upper)
{
    for (size_t i = 0; i < COUNT_OF(romans) && !points->full; i++)
        for (; value >= romans[i].value && !points->full; value -= romans[i].value)
            put_word(points, str_z(romans[i].text), upper ? WORDS_UPPER : WORDS_LOWER);
}

static double roman_digit(char c, bool upper)
{
    char digit = str_lower(c);
    if (upper && digit == c)
        return NAN;
    for (size_t i = 0; i < COUNT_OF(romans); i += 2)
        if (romans[i].text[0] == digit)
            return romans[i].value;
    return NAN;
}

double roman_parse(str text, bool upper)
{
    double sum = 0;
    double largest = 0;
    for (size_t i = text.n; i > 0; i--) {
        double digit = roman_digit(text.p[i - 1], upper);
        if (isnan(digit))
            return NAN;
        sum += digit < largest ? -digit : digit;
        largest = digit > largest ? digit : largest;
    }
    return sum;
}

void letters_put(struct points *points, double value, uint32_t first)
{
    size_t from = points->n;
    for (; value >= 1 && !points->full; value = floor((value - 1) / 26))
        points_insert(points, from, first + (uint32_t)fmod(value - 1, 26), 1);
}

double letters_parse(str text, uint32_t first)
{
    double sum = 0;
    struct units units = {.text = text};
    for (uint16_t unit; units_next(&units, &unit);)
        sum = sum * 26 + ((double)unit - (double)first + 1);
    return sum;
}
