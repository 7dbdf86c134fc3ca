/*
 * A name is cut into labels; a label of ASCII is checked as such, and one that starts
 * with "xn--" is decoded (Punycode, RFC 3492) and must be what encoding it again gives.
 * Unicode labels are checked character by character (RFC 5891 §4.2): allowed everywhere,
 * or in a context; then the rule for names that are written from right to left.
 */
#include "schema/schema_idna.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "schema/schema_punycode.h"

enum { NAME_BYTES_MAX = 253, LABEL_BYTES_MAX = 63 };

struct run_of {
    uint32_t first;
    uint32_t last;
    uint32_t step;
};

#define VALID(first, last, step)
#define MARK(first, last)
#define VIRAMA(character)

#undef VALID
#define VALID(first, last, step) {first, last, step},
static const struct run_of valid[] = {
#include "schema/schema_idna.inc"
};
#undef VALID
#define VALID(first, last, step)

#undef MARK
#define MARK(first, last) {first, last, 1},
static const struct run_of marks[] = {
#include "schema/schema_idna.inc"
};
#undef MARK
#define MARK(first, last)

#undef VIRAMA
#define VIRAMA(character) {character, character, 1},
static const struct run_of viramas[] = {
#include "schema/schema_idna.inc"
};

static const struct run_of greek[] = {{0x370, 0x3ff, 1}, {0x1f00, 0x1fff, 1}};
static const struct run_of hebrew[] = {{0x591, 0x5f4, 1}, {0xfb1d, 0xfb4f, 1}};
static const struct run_of kana_and_han[] = {
    {0x3005, 0x3007, 2}, {0x3041, 0x309f, 1},   {0x30a1, 0x30fa, 1}, {0x30fd, 0x30ff, 1},
    {0x31f0, 0x31ff, 1}, {0x3400, 0x4dbf, 1},   {0x4e00, 0x9fff, 1}, {0xf900, 0xfaff, 1},
    {0xff66, 0xff9d, 1}, {0x20000, 0x323af, 1},
};
/* Letters that join on both sides, or (the second list) only to the one before. */
static const struct run_of joining[] = {
    {0x620, 0x64a, 1}, {0x66e, 0x6d3, 1},   {0x6fa, 0x6fc, 1},   {0x6ff, 0x6ff, 1},
    {0x712, 0x72f, 1}, {0x74e, 0x77f, 1},   {0x7ca, 0x7ea, 1},   {0x841, 0x858, 1},
    {0x8a0, 0x8c8, 1}, {0x1820, 0x1878, 1}, {0x1887, 0x18aa, 1}, {0xa840, 0xa872, 1},
};
static const struct run_of joining_before[] = {
    {0x622, 0x625, 1}, {0x627, 0x629, 2}, {0x62f, 0x632, 1}, {0x648, 0x648, 1},
    {0x671, 0x677, 1}, {0x688, 0x699, 1}, {0x6c0, 0x6c0, 1}, {0x6c3, 0x6cb, 1},
    {0x6cd, 0x6cf, 2}, {0x6d2, 0x6d3, 1},
};
/* Written from right to left (Bidi classes R and AL), as far as letters go. */
static const struct run_of rightwards[] = {
    {0x590, 0x65f, 1},     {0x66a, 0x6ef, 1},   {0x6fa, 0x8ff, 1},
    {0xfb1d, 0xfdff, 1},   {0xfe70, 0xfeff, 1}, {0x10800, 0x10fff, 1},
    {0x1e800, 0x1efff, 1},
};

static bool in_runs(const struct run_of *runs, size_t n, uint32_t c)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > runs[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && c >= runs[low].first && (c - runs[low].first) % runs[low].step == 0;
}

#define IN(runs, c) in_runs(runs, COUNT_OF(runs), c)

static bool is_mark(uint32_t c)
{
    return IN(marks, c);
}

/* A zero width non-joiner between letters that would join (RFC 5892 A.1). */
static bool parts_letters(const uint32_t *c, size_t n, size_t i)
{
    size_t before = i;
    size_t after = i + 1;
    while (before > 0 && is_mark(c[before - 1]))
        before--;
    while (after < n && is_mark(c[after]))
        after++;
    return before > 0 && after < n && IN(joining, c[before - 1]) &&
           !IN(joining_before, c[before - 1]) && IN(joining, c[after]);
}

static bool any_of(const struct run_of *runs, size_t runs_n, const uint32_t *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (in_runs(runs, runs_n, c[i]))
            return true;
    return false;
}

static const struct run_of arabic_digits[] = {{0x660, 0x669, 1}};
static const struct run_of extended_digits[] = {{0x6f0, 0x6f9, 1}};

/* Characters that stand only in a context (RFC 5892 appendix A). */
static bool fits_context(const uint32_t *c, size_t n, size_t i)
{
    switch (c[i]) {
    case 0x200c:
        return (i > 0 && IN(viramas, c[i - 1])) || parts_letters(c, n, i);
    case 0x200d:
        return i > 0 && IN(viramas, c[i - 1]);
    case 0xb7: /* middle dot, as in Catalan "l·l" */
        return i > 0 && i + 1 < n && c[i - 1] == 'l' && c[i + 1] == 'l';
    case 0x375: /* Greek keraia */
        return i + 1 < n && IN(greek, c[i + 1]);
    case 0x5f3: /* Hebrew geresh and gershayim */
    case 0x5f4:
        return i > 0 && IN(hebrew, c[i - 1]);
    case 0x30fb: /* katakana middle dot */
        return any_of(kana_and_han, COUNT_OF(kana_and_han), c, n);
    default:
        break;
    }
    if (IN(arabic_digits, c[i]))
        return !any_of(extended_digits, COUNT_OF(extended_digits), c, n);
    if (IN(extended_digits, c[i]))
        return !any_of(arabic_digits, COUNT_OF(arabic_digits), c, n);
    return IN(valid, c[i]);
}

static bool is_rightwards(uint32_t c)
{
    return IN(rightwards, c) && !is_mark(c);
}

static bool is_any_digit(uint32_t c)
{
    return (c >= '0' && c <= '9') || IN(arabic_digits, c) || IN(extended_digits, c);
}

/* Marks do not count at the end of a label. */
static size_t without_marks(const uint32_t *c, size_t n)
{
    while (n > 0 && is_mark(c[n - 1]))
        n--;
    return n;
}

/* The Bidi rule (RFC 5893 §2), for a label of a name that has right-to-left letters. */
static bool fits_direction(const uint32_t *c, size_t n)
{
    bool right = is_rightwards(c[0]);
    bool european = false;
    bool arabic = false;
    if (is_any_digit(c[0]) || is_mark(c[0]))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool digit = is_any_digit(c[i]);
        bool letter = !digit && !is_mark(c[i]) && c[i] != '-';
        european = european || (digit && !IN(arabic_digits, c[i]));
        arabic = arabic || IN(arabic_digits, c[i]);
        if (letter && is_rightwards(c[i]) != right && (right || is_rightwards(c[i])))
            return c[i] == 0x200c || c[i] == 0x200d || c[i] == 0xb7;
    }
    n = without_marks(c, n);
    bool ends_well = n && (is_any_digit(c[n - 1]) || is_rightwards(c[n - 1]) == right);
    return ends_well && !(european && arabic && right) && !(arabic && !right);
}

static bool is_unicode_label(const uint32_t *c, size_t n)
{
    if (!n || c[0] == '-' || c[n - 1] == '-' || is_mark(c[0]))
        return false;
    if (n >= 4 && c[2] == '-' && c[3] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!fits_context(c, n, i))
            return false;
    return true;
}

/* LDH label: letters, digits, hyphens. */
static bool is_ascii_label(str label)
{
    for (size_t i = 0; i < label.n; i++) {
        char c = label.p[i];
        bool letter = str_lower(c) >= 'a' && str_lower(c) <= 'z';
        if (!letter && !str_is_digit(c) && c != '-')
            return false;
    }
    return label.n && label.n <= LABEL_BYTES_MAX && label.p[0] != '-' &&
           label.p[label.n - 1] != '-';
}

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* What the labels of a name have in common. */
struct name {
    bool unicode;
    bool rightwards; /* some label has letters from right to left */
    bool misfit;     /* some label breaks the Bidi rule */
    size_t bytes;    /* written in ASCII */
};

static bool read_characters(struct name *name, const uint32_t *c, size_t n)
{
    if (!is_unicode_label(c, n))
        return false;
    name->rightwards = name->rightwards || any_of(rightwards, COUNT_OF(rightwards), c, n);
    name->misfit = name->misfit || !fits_direction(c, n);
    return true;
}

static bool read_label(struct name *name, str label)
{
    uint32_t c[LABEL_BYTES_MAX];
    char again[LABEL_BYTES_MAX + 1];
    size_t n;
    bool ascii = is_ascii(label);
    if (ascii && !str_starts_nocase(label, STR("xn--"))) {
        name->bytes += label.n + 1;
        name->misfit = name->misfit || (label.n && str_is_digit(label.p[0]));
        bool reserved = label.n >= 4 && label.p[2] == '-' && label.p[3] == '-';
        return is_ascii_label(label) && !(name->unicode && reserved);
    }
    if (ascii) {
        name->bytes += label.n + 1;
        str code = str_from(label, 4);
        return is_ascii_label(label) && punycode_decode(code, c, LABEL_BYTES_MAX, &n) &&
               str_eq_nocase(str_of(again, punycode_encode(c, n, again, sizeof(again))),
                             code) &&
               read_characters(name, c, n);
    }
    if (!name->unicode || !punycode_characters(label, c, LABEL_BYTES_MAX, &n))
        return false;
    size_t bytes = punycode_encode(c, n, again, sizeof(again));
    name->bytes += bytes + 5;
    return bytes && bytes + 4 <= LABEL_BYTES_MAX && read_characters(name, c, n);
}

/* The dot, or one of the three other full stops; *ret_n is its size. */
static size_t find_stop(str s, bool unicode, size_t *ret_n)
{
    static const str stops[] = {STR("\u3002"), STR("\uff0e"), STR("\uff61")};
    for (size_t i = 0; i < s.n; i++) {
        *ret_n = 1;
        if (s.p[i] == '.')
            return i;
        for (size_t k = 0; unicode && k < COUNT_OF(stops); k++)
            if (str_starts(str_from(s, i), stops[k])) {
                *ret_n = stops[k].n;
                return i;
            }
    }
    *ret_n = 0;
    return s.n;
}

bool idna_is_name(str name, bool unicode)
{
    struct name whole = {.unicode = unicode};
    size_t stop;
    do {
        size_t end = find_stop(name, unicode, &stop);
        if (!read_label(&whole, str_of(name.p, end)) || whole.bytes > NAME_BYTES_MAX + 1)
            return false;
        name = str_from(name, end + stop);
    } while (stop);
    return !(whole.rightwards && whole.misfit);
}
