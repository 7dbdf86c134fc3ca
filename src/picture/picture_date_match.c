/*
 * The longest first, with a way back: a table remembers from where the rest has been
 * tried in vain, so that the work is bounded by parts × bytes × bytes.
 */
#include "picture/picture_date_match.h"

#include "base/utf8.h"

struct date_match {
    const struct picture_date *picture;
    str text;
    uint64_t *vain; /* bit part × (text.n + 1) + at: no way from here */
    size_t *words;  /* where words that start here end, plus 1; 0 = not looked for yet */
    str *found;
};

static bool is_letter(char c)
{
    return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

static bool is_roman(char c)
{
    return c && strchr("mdclxvi", str_lower(c));
}

/* Words and what separates them, as far as they go. */
static size_t run_of_words(str text, size_t at)
{
    for (size_t n; at < text.n; at += n) {
        n = words_prefix(str_from(text, at));
        if (!n && text.p[at] != ' ' && text.p[at] != ',' && text.p[at] != '-')
            break;
        n = n ? n : 1;
    }
    return at;
}

static size_t run_of(str text, size_t at, bool (*is_one)(char))
{
    while (at < text.n && is_one(text.p[at]))
        at++;
    return at;
}

/* At most `max` digits of the family. */
static size_t run_of_digits(str text, size_t at, uint32_t zero, size_t max)
{
    for (size_t end = at; max > 0 && at < text.n; at = end, max--) {
        uint32_t c = utf8_next(text, &end);
        if (c < zero || c > zero + 9)
            break;
    }
    return at;
}

size_t picture_date_find_name(const struct date_part *part, const str *names, size_t n,
                              str text)
{
    for (size_t i = n; i > 0; i--) {
        str name = names[i - 1];
        if (part->width_max != DATE_NO_WIDTH && (size_t)part->width_max < name.n)
            name.n = (size_t)part->width_max;
        if (str_eq_nocase(name, text))
            return i - 1;
    }
    return n;
}

/* Behind the ordinal suffix that stands at `at`; `none` when there is none. */
static size_t behind_suffix(str text, size_t at, size_t none)
{
    static const str suffixes[] = {{"th", 2}, {"st", 2}, {"nd", 2}, {"rd", 2}};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (str_starts_nocase(str_from(text, at), suffixes[i]))
            return at + 2;
    return none;
}

static size_t end_of_decimal(const struct date_part *part, str text, size_t at)
{
    uint32_t zero = part->number.zero;
    if (part->component == 'f')
        return run_of_digits(text, at, '0', text.n);
    size_t end = run_of_digits(text, at, zero, part->exactly ? part->exactly : text.n);
    if (part->exactly && run_of_digits(text, at, zero, part->exactly - 1) == end)
        return at; /* too few */
    return part->number.ordinal && end > at ? behind_suffix(text, end, at) : end;
}

/* ( "+" / "-" ) digits [ separator digits ], behind "GMT" for z; with the separator when
 * the picture has one. */
static size_t end_of_offset(const struct date_part *part, str text, size_t start)
{
    const struct picture_integer *number = &part->number;
    uint32_t zero = number->zero ? number->zero : '0';
    bool named = part->component == 'z';
    size_t at = start + (named ? 3 : 0);
    if ((named && !str_starts_nocase(str_from(text, start), STR("GMT"))) ||
        at >= text.n || (text.p[at] != '+' && text.p[at] != '-'))
        return start;
    size_t end = run_of_digits(text, ++at, zero, text.n);
    if (end == at || !number->regular)
        return end > at ? end : start;
    if (end == text.n || utf8_next(text, &end) != number->separators[0].c)
        return start;
    at = end;
    end = run_of_digits(text, at, zero, text.n);
    return end > at ? end : start;
}

/* The furthest end of a part that starts at `at`; `at` itself when it cannot. */
static size_t furthest_end(const struct date_part *part, str text, size_t at)
{
    str rest = str_from(text, at);
    switch (part->style) {
    case DATE_LITERAL:
        return str_starts_nocase(rest, part->text) ? at + part->text.n : at;
    case DATE_OFFSET:
        return end_of_offset(part, text, at);
    case DATE_NAME:
    case DATE_NUMBER:
        break;
    }
    if (part->component == 'P')
        return str_starts_nocase(rest, STR("am")) || str_starts_nocase(rest, STR("pm"))
                   ? at + 2
                   : at;
    if (part->component == 'f' ||
        (part->style == DATE_NUMBER && part->number.style == INTEGER_DIGITS))
        return end_of_decimal(part, text, at);
    if (part->style == DATE_NUMBER && part->number.style == INTEGER_ROMAN)
        return run_of(text, at, is_roman);
    return run_of(text, at, is_letter);
}

/* Whether a part that starts at `at` may also end at `end`, in front of its furthest end.
 */
static bool may_end(const struct date_part *part, str text, size_t at, size_t end)
{
    bool is_number = part->style == DATE_NUMBER;
    str found = str_of(text.p + at, end - at);
    if (part->style == DATE_NAME && part->component == 'M')
        return picture_date_find_name(part, date_month_names, 12, found) < 12;
    if (is_number && part->number.style == INTEGER_WORDS)
        return !is_letter(text.p[end - 1]) || !is_letter(text.p[end]);
    if (part->style == DATE_OFFSET)
        return end_of_offset(part, str_of(text.p, end), at) == end;
    if (part->style == DATE_LITERAL || part->component == 'P' ||
        (is_number && (part->exactly || part->number.ordinal)))
        return false;
    return true;
}

/* A part of letters may be no name even where it ends at its furthest. */
static bool is_end(const struct date_part *part, str text, size_t at, size_t end,
                   size_t furthest)
{
    bool is_month = part->style == DATE_NAME && part->component == 'M';
    if (end < text.n && utf8_is_tail(text.p[end]))
        return false;
    return (end == furthest && !is_month) || may_end(part, text, at, end);
}

static size_t find_furthest(struct date_match *match, const struct date_part *part,
                            size_t at)
{
    if (part->style != DATE_NUMBER || part->number.style != INTEGER_WORDS ||
        part->component == 'f')
        return furthest_end(part, match->text, at);
    if (!match->words[at])
        match->words[at] = run_of_words(match->text, at) + 1;
    return match->words[at] - 1;
}

static bool match_from(struct date_match *match, size_t i, size_t at)
{
    str text = match->text;
    if (i == match->picture->n)
        return at == text.n;
    size_t bit = i * (text.n + 1) + at;
    if (match->vain[bit / 64] >> bit % 64 & 1)
        return false;
    const struct date_part *part = &match->picture->parts[i];
    size_t most = find_furthest(match, part, at);
    for (size_t end = most; end > at; end--) {
        if (is_end(part, text, at, end, most) && match_from(match, i + 1, end)) {
            match->found[i] = str_of(text.p + at, end - at);
            return true;
        }
    }
    match->vain[bit / 64] |= (uint64_t)1 << bit % 64;
    return false;
}

const str *picture_date_match(struct arena *arena, const struct picture_date *picture,
                              str text)
{
    size_t bits = (picture->n + 1) * (text.n + 1);
    struct date_match match = {
        .picture = picture,
        .text = text,
        .vain = arena_array(arena, bits / 64 + 1, sizeof(uint64_t)),
        .words = arena_array(arena, text.n + 1, sizeof(size_t)),
        .found = arena_array(arena, picture->n + 1, sizeof(str)),
    };
    return match_from(&match, 0, 0) ? match.found : NULL;
}
