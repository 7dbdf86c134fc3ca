/*
 * picture      = *( literal / "[[" / "]]" / "[" marker "]" )
 * marker       = component [ presentation [ modifier ] ] [ "," width ]
 * presentation = an integer picture / "N" / "n" / "Nn"
 * modifier     = "o" / "c" / "t" / "a"
 * width        = bound [ "-" bound ];  bound = digits / "*"
 *
 * White space in a marker means nothing (XPath Functions 3.1 §9.8.4.1).
 */
#include "picture/picture_date.h"

#include "picture/picture_date_part.h"
#include "picture/raise.h"

const str date_month_names[12] = {{"January", 7}, {"February", 8}, {"March", 5},
                                  {"April", 5},   {"May", 3},      {"June", 4},
                                  {"July", 4},    {"August", 6},   {"September", 9},
                                  {"October", 7}, {"November", 8}, {"December", 8}};

const str date_day_names[7] = {{"Monday", 6},   {"Tuesday", 7}, {"Wednesday", 9},
                               {"Thursday", 8}, {"Friday", 6},  {"Saturday", 8},
                               {"Sunday", 6}};

/* How a component is written when its marker does not say: NULL = there is none. */
static const char *usual_presentation(uint32_t component)
{
    static const struct {
        char component;
        const char *presentation;
    } rows[] = {{'Y', "1"},     {'M', "1"},     {'D', "1"},  {'d', "1"},  {'F', "n"},
                {'W', "1"},     {'w', "1"},     {'X', "1"},  {'x', "1"},  {'H', "1"},
                {'h', "1"},     {'P', "n"},     {'m', "01"}, {'s', "01"}, {'f', "1"},
                {'Z', "01:01"}, {'z', "01:01"}, {'C', "n"},  {'E', "n"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if ((uint32_t)rows[i].component == component)
            return rows[i].presentation;
    return NULL;
}

/* What JavaScript's \s means. */
static bool is_white(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000 || c == 0xfeff;
}

static struct points without_white(const struct points *marker)
{
    struct points dense;
    points_init(&dense, marker->arena);
    for (size_t i = 0; i < marker->n; i++)
        if (!is_white(marker->p[i]))
            points_put(&dense, marker->p[i]);
    return dense;
}

/* The digits at the front; DATE_NO_WIDTH for `*` and whatever else is no number. */
static int64_t read_bound(const struct points *bound)
{
    int64_t value = 0;
    size_t i = 0;
    for (; i < bound->n && bound->p[i] >= '0' && bound->p[i] <= '9'; i++)
        if (value <= PICTURE_CHARS_MAX)
            value = value * 10 + (bound->p[i] - '0');
    return i ? value : DATE_NO_WIDTH;
}

static void read_width(const struct points *width, int64_t *ret_min, int64_t *ret_max)
{
    size_t dash = points_find(width, '-', 0);
    struct points min = points_slice(width, 0, dash);
    struct points max = points_slice(width, dash + 1, width->n);
    *ret_min = read_bound(&min);
    *ret_max = read_bound(&max);
}

/* How many digits of a year are written: what the width allows, or as many as the picture
 * has when it has two or more. */
static void limit_year(struct date_part *part)
{
    struct picture_integer *number = &part->number;
    size_t digits = number->digits_max;
    if (part->width_max != DATE_NO_WIDTH) {
        part->year_digits = part->width_max;
        number->digits_min = (size_t)part->width_max;
    } else if (number->style == INTEGER_DIGITS && digits >= 2) {
        part->year_digits = (int64_t)digits;
    }
}

static bool read_number(struct date_part *part, const struct points *presentation,
                        bool ordinal, int64_t width_min, struct jsonata_fault *ret_fault)
{
    struct picture_integer *number = &part->number;
    part->style = DATE_NUMBER;
    if (!picture_integer_read(presentation, ordinal, number, ret_fault))
        return false;
    if (width_min > (int64_t)number->digits_min) {
        number->digits_max += (size_t)width_min - number->digits_min;
        number->digits_min = (size_t)width_min;
    }
    if (part->component == 'Y')
        limit_year(part);
    return true;
}

static void read_name(struct date_part *part, const struct points *presentation)
{
    bool title = presentation->n > 1 && presentation->p[1] == 'n';
    part->style = DATE_NAME;
    part->letters = presentation->p[0] == 'n' ? WORDS_LOWER
                    : title                   ? WORDS_TITLE
                                              : WORDS_UPPER;
}

static bool is_modifier(uint32_t c)
{
    return c == 'a' || c == 't' || c == 'c' || c == 'o';
}

static bool read_presentation(struct date_part *part, struct points *presentation,
                              int64_t width_min, struct jsonata_fault *ret_fault)
{
    uint32_t last = presentation->n > 1 ? presentation->p[presentation->n - 1] : 0;
    bool is_offset = part->component == 'Z' || part->component == 'z';
    if (is_modifier(last))
        presentation->n--;
    part->zero_as_z = last == 't';
    if (presentation->p[0] == 'n' || presentation->p[0] == 'N')
        read_name(part, presentation);
    else if (!read_number(part, presentation, last == 'o' && !is_offset,
                          is_offset ? DATE_NO_WIDTH : width_min, ret_fault))
        return false;
    part->style = is_offset ? DATE_OFFSET : part->style;
    return true;
}

static size_t last_comma(const struct points *marker)
{
    size_t at = marker->n;
    while (at > 0 && marker->p[at - 1] != ',')
        at--;
    return at > 0 ? at - 1 : marker->n;
}

static bool read_marker(struct date_part *part, const struct points *text,
                        struct jsonata_fault *ret_fault)
{
    struct points marker = without_white(text);
    const char *usual = marker.n ? usual_presentation(marker.p[0]) : NULL;
    if (!usual) {
        struct points first = points_slice(&marker, 0, marker.n ? 1 : 0);
        return raise_text(ret_fault, JSONATA_D3132, points_str(&first));
    }
    size_t comma = last_comma(&marker);
    struct points presentation = points_slice(&marker, 1, comma);
    struct points width = points_slice(&marker, comma + 1, marker.n);
    int64_t width_min;
    *part =
        (struct date_part){.component = (char)marker.p[0], .year_digits = DATE_NO_WIDTH};
    read_width(&width, &width_min, &part->width_max);
    if (!presentation.n)
        presentation = points_of(marker.arena, str_z(usual));
    return read_presentation(part, &presentation, width_min, ret_fault);
}

/* ---- the picture as a whole -------------------------------------------------------- */

struct date_reader {
    struct points picture;
    size_t at;
    struct date_part *parts;
    size_t n;
};

/* A part of text, in which doubled brackets stand for one. */
static str read_literal(struct date_reader *reader)
{
    const struct points *picture = &reader->picture;
    struct points literal;
    points_init(&literal, picture->arena);
    while (reader->at < picture->n) {
        uint32_t c = picture->p[reader->at];
        bool twice = reader->at + 1 < picture->n && picture->p[reader->at + 1] == c;
        if (c == '[' && !twice)
            break;
        points_put(&literal, c);
        reader->at += (c == '[' || c == ']') && twice ? 2 : 1;
    }
    return points_str(&literal);
}

/* "20180205" as [Y0001][M01][D01]: a number that another follows at once is read by as
 * many digits as its picture asks for. */
static void tie_to_next(struct date_part *part, const struct date_part *next)
{
    if (part->style == DATE_NUMBER && part->component != 'f' &&
        next->style == DATE_NUMBER)
        part->exactly = part->number.digits_min;
}

static bool read_part(struct date_reader *reader, struct jsonata_fault *ret_fault)
{
    const struct points *picture = &reader->picture;
    struct date_part *part = &reader->parts[reader->n];
    *part = (struct date_part){.style = DATE_LITERAL, .text = read_literal(reader)};
    if (part->text.n) {
        reader->n++;
        return true;
    }
    size_t end = points_find(picture, ']', reader->at);
    if (end == picture->n)
        return raise_code(ret_fault, JSONATA_D3135);
    struct points marker = points_slice(picture, reader->at + 1, end);
    if (!read_marker(part, &marker, ret_fault))
        return false;
    if (reader->n > 0)
        tie_to_next(part - 1, part);
    reader->at = end + 1;
    reader->n++;
    return true;
}

bool picture_date_compile(struct arena *arena, str picture,
                          struct picture_date **ret_picture,
                          struct jsonata_fault *ret_fault)
{
    struct date_reader reader = {.picture = points_of(arena, picture)};
    size_t brackets = points_count(&reader.picture, '[');
    size_t room = 2 * brackets + 1;
    if (reader.picture.full || brackets > DATE_MARKERS_MAX * 2)
        return points_full(ret_fault);
    reader.parts = arena_array(arena, room, sizeof(*reader.parts));
    while (reader.at < reader.picture.n)
        if (!read_part(&reader, ret_fault))
            return false;
    struct picture_date *read = arena_alloc(arena, sizeof(*read));
    *read = (struct picture_date){.parts = reader.parts, .n = reader.n};
    *ret_picture = read;
    return true;
}
