/*
 * Ignoring case: with u, JavaScript compares by simple case folding, as PCRE2 does.
 * Without, by upper case, and never what is ASCII with what is not. So k is K but not
 * the Kelvin sign, and all that is ASCII is written in both cases, with CASELESS switched
 * off around it:
 *
 *     k+         (?-i)[Kk]+(?i)
 *     [a-c]      (?-i)[a-cA-C](?i)
 *     [a-cé]     (?:(?-i)[a-cA-C](?i)|(?-i)(?![A-Za-z…])(?i)[\x{e9}])
 *
 * Characters that only folding makes equal stand in regex_fold_list.h, and in place of
 * the dots.
 */
#include "regex/regex_class.h"

/* JavaScript's blanks beside ASCII's (ECMA-262 §22.2.2.9 WhiteSpace, LineTerminator). */
#define BLANKS                                                                           \
    "\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"   \
    "\\x{feff}"

/* The opposites as members of a class. Those of \d and \w are spelled out, since PCRE2
 * 10.42 forgets a part of \W beside a property. */
#define NOT_BLANKS                                                                       \
    "\\x00-\\x08\\x0e-\\x1f!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"                \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"       \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
#define NOT_DIGIT "\\x00-\\x2f:-\\x{10ffff}"
#define NOT_WORD  "\\x00-\\x2f:-@\\[-\\^`\\{-\\x{10ffff}"
#define NOT_FOLDED_WORD                                                                  \
    "\\x00-\\x2f:-@\\[-\\^`\\{-\\x{17e}\\x{180}-\\x{2129}\\x{212b}-\\x{10ffff}"

struct fold {
    uint32_t alone;    /* not equal to the others in JavaScript without u */
    uint32_t other[3]; /* equal among themselves; 0: none */
};

static const struct fold folds[] = {
#define X(alone, one, two, three) {alone, {one, two, three}},
#include "regex/regex_fold_list.h"
#undef X
};

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits, letters and _ as they are, other printable ASCII behind a backslash. */
static void write_character(struct buf *out, uint32_t c)
{
    if (is_letter(c) || (c >= '0' && c <= '9') || c == '_')
        buf_char(out, (char)c);
    else if (c > ' ' && c < 0x7f)
        buf_printf(out, "\\%c", (int)c);
    else
        buf_printf(out, "\\x{%x}", (unsigned)c);
}

static void write_range(struct buf *out, uint32_t from, uint32_t to)
{
    write_character(out, from);
    if (from == to)
        return;
    buf_char(out, '-');
    write_character(out, to);
}

/* What [low, high] has of [from, to], moved by `by`. */
static void write_moved(struct buf *out, const struct node *range, char low, char high,
                        int by)
{
    uint32_t from = range->from > (uint32_t)low ? range->from : (uint32_t)low;
    uint32_t to = range->to < (uint32_t)high ? range->to : (uint32_t)high;
    if (from <= to)
        write_range(out, from + (uint32_t)by, to + (uint32_t)by);
}

/* As a member of a class. */
static const char *shorthand_text(const struct node *node, unsigned flags)
{
    bool folded = (flags & REGEX_UNICODE) && (flags & REGEX_IGNORE_CASE);
    if (node->from == 'd')
        return node->negated ? NOT_DIGIT : "\\d";
    if (node->from == 's')
        return node->negated ? NOT_BLANKS : "\\s" BLANKS;
    if (folded)
        return node->negated ? NOT_FOLDED_WORD : "\\w\\x{17f}\\x{212a}";
    return node->negated ? NOT_WORD : "\\w";
}

/* Under i a property of case has all letters of case, and its opposite everything. */
static void write_property(struct buf *out, const struct node *node, unsigned flags)
{
    str name = node->name;
    bool cased =
        str_eq(name, STR("Lu")) || str_eq(name, STR("Ll")) || str_eq(name, STR("Lt"));
    bool folded = cased && (flags & REGEX_IGNORE_CASE);
    if (folded && node->negated)
        buf_str(out, STR("\\p{Any}"));
    else
        buf_printf(out, "\\%c{" STR_F "}", node->negated ? 'P' : 'p',
                   STR_A(folded ? STR("L&") : name));
}

static void write_item(struct buf *out, const struct node *item, unsigned flags)
{
    if (item->kind == NODE_SHORTHAND)
        buf_str(out, str_z(shorthand_text(item, flags)));
    else if (item->kind == NODE_PROPERTY)
        write_property(out, item, flags);
    else
        write_range(out, item->from, item->to);
}

static bool is_wide(const struct node *item)
{
    return item->kind == NODE_RANGE && item->to >= 0x80;
}

/* The members of a class that are ASCII, and the sets, in both cases. */
static void write_narrow(struct buf *out, const struct node *class, unsigned flags)
{
    for (const struct node *item = class->child; item; item = item->next) {
        if (item->kind != NODE_RANGE) {
            write_item(out, item, flags);
            continue;
        }
        if (item->from < 0x80)
            write_range(out, item->from, item->to < 0x80 ? item->to : 0x7f);
        write_moved(out, item, 'a', 'z', -32);
        write_moved(out, item, 'A', 'Z', 32);
    }
}

static void write_wide(struct buf *out, const struct node *class)
{
    for (const struct node *item = class->child; item; item = item->next)
        if (is_wide(item))
            write_range(out, item->from < 0x80 ? 0x80 : item->from, item->to);
}

static bool is_member(const struct node *class, uint32_t c)
{
    for (const struct node *item = class->child; item; item = item->next)
        if (item->kind == NODE_RANGE && item->from <= c && c <= item->to)
            return true;
    return false;
}

/* The characters that only folding makes equal to others: all, or the members. */
static void write_alone(struct buf *out, const struct node *members)
{
    for (size_t i = 0; i < COUNT_OF(folds); i++)
        if (!members || is_member(members, folds[i].alone))
            write_character(out, folds[i].alone);
}

static bool has_wide(const struct node *class)
{
    for (const struct node *item = class->child; item; item = item->next)
        if (is_wide(item))
            return true;
    return false;
}

/* A class under i without u; see above. */
static void write_folded(struct buf *out, const struct node *class, unsigned flags,
                         str quantifier)
{
    if (!has_wide(class)) {
        buf_str(out, class->negated ? STR("(?-i)[^") : STR("(?-i)["));
        write_narrow(out, class, flags);
        buf_printf(out, "]" STR_F "(?i)", STR_A(quantifier));
        return;
    }
    buf_str(out, class->negated ? STR("(?:(?!(?-i)[") : STR("(?:(?-i)["));
    write_narrow(out, class, flags);
    write_alone(out, class);
    buf_str(out, STR("](?i)|(?-i)(?![A-Za-z"));
    write_alone(out, NULL);
    buf_str(out, STR("])(?i)["));
    write_wide(out, class);
    buf_printf(out, class->negated ? "])[^])" STR_F : "])" STR_F, STR_A(quantifier));
}

static void write_class(struct buf *out, const struct node *class, unsigned flags,
                        str quantifier)
{
    if (class->child && (flags & REGEX_IGNORE_CASE) && !(flags & REGEX_UNICODE)) {
        write_folded(out, class, flags, quantifier);
        return;
    }
    if (!class->child) /* PCRE2 cannot repeat [] */
        buf_str(out, class->negated ? STR("[^]") : STR("(?:(?!))"));
    else
        buf_str(out, class->negated ? STR("[^") : STR("["));
    for (const struct node *item = class->child; item; item = item->next)
        write_item(out, item, flags);
    buf_str(out, class->child ? STR("]") : STR(""));
    buf_str(out, quantifier);
}

/* The row in which the character stands, or NULL. */
static const struct fold *find_fold(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(folds); i++)
        if (c == folds[i].alone || c == folds[i].other[0] || c == folds[i].other[1] ||
            c == folds[i].other[2])
            return &folds[i];
    return NULL;
}

static void write_literal(struct buf *out, uint32_t c, unsigned flags, str quantifier)
{
    bool upper = (flags & REGEX_IGNORE_CASE) && !(flags & REGEX_UNICODE);
    const struct fold *fold = upper && c ? find_fold(c) : NULL;
    if (!fold) {
        write_character(out, c);
        buf_str(out, quantifier);
        return;
    }
    buf_str(out, STR("(?-i)["));
    if (c == fold->alone)
        write_character(out, c);
    for (size_t i = 0; c != fold->alone && i < COUNT_OF(fold->other); i++)
        if (fold->other[i])
            write_character(out, fold->other[i]);
    buf_printf(out, "]" STR_F "(?i)", STR_A(quantifier));
}

static void write_set(struct buf *out, const struct node *node, unsigned flags)
{
    bool folded = (flags & REGEX_UNICODE) && (flags & REGEX_IGNORE_CASE);
    if (node->from == 'd' || (node->from == 'w' && !folded))
        buf_printf(out, "\\%c", (int)(node->negated ? node->from - 32 : node->from));
    else
        buf_printf(out, "[%s]", shorthand_text(node, flags));
}

void regex_class_write(struct buf *out, const struct node *node, unsigned flags,
                       str quantifier)
{
    if (node->kind == NODE_CLASS) {
        write_class(out, node, flags, quantifier);
        return;
    }
    if (node->kind == NODE_CHARACTER) {
        write_literal(out, node->from, flags, quantifier);
        return;
    }
    if (node->kind == NODE_ANY)
        buf_str(out, STR("[^" REGEX_CLASS_LINE_ENDS "]"));
    else if (node->kind == NODE_SHORTHAND)
        write_set(out, node, flags);
    else
        write_property(out, node, flags);
    buf_str(out, quantifier);
}
