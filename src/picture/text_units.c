/*
 * The order of UTF-16 units and that of WTF-8 bytes differ in one place: a code point
 * beyond the basic plane (bytes F0…F4) is a pair that starts with D800…DBFF, and so comes
 * before U+E000…U+FFFF (EE, EF), and among the lone halves (ED A0…BF). Texts are compared
 * by bytes up to the first that differs, and from that character on by units.
 */
#include "picture/text_units.h"

#include <math.h>

#include "base/utf8.h"
#include "picture/raise.h"

enum { HIGH = 0xd800, LOW = 0xdc00, PAIR = 0x10000 };

bool units_next(struct units *units, uint16_t *ret_unit)
{
    if (units->low) {
        *ret_unit = units->low;
        units->low = 0;
        return true;
    }
    if (units->at >= units->text.n)
        return false;
    uint32_t c = utf8_next(units->text, &units->at);
    if (c >= PAIR) {
        units->low = (uint16_t)(LOW | (c & 0x3ff));
        c = HIGH + ((c - PAIR) >> 10);
    }
    *ret_unit = (uint16_t)c;
    return true;
}

size_t text_length(str text)
{
    return utf8_count(text);
}

size_t text_unit_of(str text, size_t byte)
{
    return utf8_units(str_of(text.p, byte < text.n ? byte : text.n));
}

int text_compare(str a, str b)
{
    size_t at = 0;
    size_t n = a.n < b.n ? a.n : b.n;
    while (at < n && a.p[at] == b.p[at])
        at++;
    while (at > 0 && at < n && (utf8_is_tail(a.p[at]) || utf8_is_tail(b.p[at])))
        at--;
    struct units left = {.text = a, .at = at};
    struct units right = {.text = b, .at = at};
    for (;;) {
        uint16_t x = 0;
        uint16_t y = 0;
        bool more = units_next(&left, &x);
        if (!units_next(&right, &y))
            return more;
        if (!more || x != y)
            return !more || x < y ? -1 : 1;
    }
}

/* The byte where the code point of this number starts; text.n behind the last. */
static size_t byte_of(str text, double number)
{
    size_t at = 0;
    for (; number > 0 && at < text.n; number--)
        utf8_next(text, &at);
    return at;
}

str text_substring(str text, double start, double length)
{
    double count = (double)text_length(text);
    if (count + start < 0)
        start = 0;
    if (length <= 0)
        return STR("");
    double end = isnan(length)
                     ? count
                     : trunc(start >= 0 ? start + length : count + start + length);
    start = trunc(start);
    start = start < 0 ? count + start : start;
    if (start >= end)
        return STR("");
    size_t from = byte_of(text, start);
    return str_of(text.p + from, byte_of(text, end) - from);
}

/* Whether a lone half of the given kind, HIGH or LOW, stands at `at`. */
static bool is_half(str text, size_t at, uint32_t kind)
{
    if (at + 3 > text.n || (unsigned char)text.p[at] != 0xed)
        return false;
    return (utf8_next(text, &at) & 0xfc00) == kind;
}

static size_t put_pair(char *p, str high, str low)
{
    size_t at = 0;
    uint32_t c = (utf8_next(high, &at) - HIGH) << 10;
    at = 0;
    return utf8_put(p, PAIR + c + (utf8_next(low, &at) - LOW));
}

str text_join(struct arena *arena, str a, str b)
{
    if (!a.n || !b.n)
        return a.n ? a : b;
    if (a.n < 3 || !is_half(a, a.n - 3, HIGH) || !is_half(b, 0, LOW)) {
        str parts[] = {a, b};
        return arena_join(arena, parts, 2);
    }
    char pair[4];
    size_t n = put_pair(pair, str_from(a, a.n - 3), b);
    str parts[] = {str_of(a.p, a.n - 3), str_of(pair, n), str_from(b, 3)};
    return arena_join(arena, parts, 3);
}

/* Where a high half stands in front of a low one, from `at` on; text.n when nowhere. */
static size_t find_pair(str text, size_t at)
{
    while (at < text.n && !(is_half(text, at, HIGH) && is_half(text, at + 3, LOW)))
        at++;
    return at;
}

str text_rejoin(struct arena *arena, str text)
{
    size_t pair = find_pair(text, 0);
    if (pair == text.n)
        return text;
    char *p = arena_bytes(arena, text.n);
    size_t n = 0;
    size_t at = 0;
    for (; pair < text.n; pair = find_pair(text, at)) {
        memcpy(p + n, text.p + at, pair - at);
        n += pair - at;
        n += put_pair(p + n, str_from(text, pair), str_from(text, pair + 3));
        at = pair + 6;
    }
    memcpy(p + n, text.p + at, text.n - at);
    return str_of(p, n + text.n - at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_trimmed(str text)
{
    bool blank = true;
    for (size_t i = 0; i < text.n; i++) {
        bool before = blank;
        blank = is_blank(text.p[i]);
        if (blank && (before || text.p[i] != ' '))
            return false;
    }
    return !text.n || !blank;
}

str text_trim(struct arena *arena, str text)
{
    if (is_trimmed(text))
        return text;
    char *p = arena_bytes(arena, text.n);
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_blank(text.p[i])) {
            if (blank && n)
                p[n++] = ' ';
            p[n++] = text.p[i];
        }
        blank = is_blank(text.p[i]);
    }
    return str_of(p, n);
}

/* `count` code points, by repeating `with`. */
static str repeat(struct arena *arena, str with, size_t count)
{
    size_t each = text_length(with);
    str rest = str_of(with.p, byte_of(with, (double)(count % each)));
    size_t n = with.n * (count / each);
    char *p = arena_bytes(arena, n + rest.n);
    for (size_t at = 0; at < n; at += with.n)
        memcpy(p + at, with.p, with.n);
    if (rest.n)
        memcpy(p + n, rest.p, rest.n);
    return str_of(p, n + rest.n);
}

/* Where halves meet from one repetition to the next they make one code point, so that it
 * takes more repetitions. */
static str padding(struct arena *arena, str with, size_t count)
{
    bool meets = with.n >= 3 && is_half(with, 0, LOW) && is_half(with, with.n - 3, HIGH);
    if (!meets)
        return repeat(arena, with, count);
    str joined = text_rejoin(arena, repeat(arena, with, 2 * count));
    return text_substring(joined, 0, (double)count);
}

bool text_pad(struct arena *arena, str text, double width, str with, str *ret_text,
              struct jsonata_fault *ret_fault)
{
    double lacking = floor(fabs(width) - (double)text_length(text));
    if (!(lacking >= 1)) {
        *ret_text = text;
        return true;
    }
    if (lacking > TEXT_PAD_MAX)
        return raise_value(ret_fault, JSONATA_U1002, json_of_number(TEXT_PAD_MAX));
    str pad = padding(arena, with.n ? with : STR(" "), (size_t)lacking);
    *ret_text = width < 0 ? text_join(arena, pad, text) : text_join(arena, text, pad);
    return true;
}

const str *text_split_units(struct arena *arena, str text, size_t max, size_t *ret_n)
{
    size_t n = text_unit_of(text, text.n);
    n = n < max ? n : max;
    str *all = arena_array(arena, n, sizeof(*all));
    struct units units = {.text = text};
    for (size_t i = 0; i < n; i++) {
        size_t at = units.at;
        uint16_t unit = 0;
        char p[4];
        bool half = units.low != 0;
        units_next(&units, &unit);
        half = half || units.low != 0;
        all[i] = half ? arena_str(arena, str_of(p, utf8_put(p, unit)))
                      : str_of(text.p + at, units.at - at);
    }
    *ret_n = n;
    return all;
}
