/*
 * Escapes mean different things by flag and place. In the order in which they are tried:
 *
 *     \d \D \s \S \w \W   a set                    \p{…} \P{…}  a set, with u
 *     \b \B               an edge, outside          \b          backspace, in a class
 *     \1 …                a group, outside; without u, and in a class, octal digits
 *     \k<name>            a group, outside; without u and names in the pattern, a k
 *     \t \n \v \f \r \0 \cA \xHH \uHHHH \u{…} (with u)
 *     anything else       itself; with u only / and what has a meaning without backslash
 */
#include "regex/regex_escape.h"

#include "base/buf.h"
#include "base/encode.h"
#include "regex/regex_property.h"

enum { NAME_BYTES_MAX = 8 * REGEX_PATTERN_BYTES_MAX };

static struct node *character_node(struct reader *r, size_t offset, uint32_t c)
{
    struct node *node = reader_node(r, NODE_CHARACTER);
    node->offset = (uint32_t)offset;
    node->from = c;
    node->to = c;
    return node;
}

static bool is_letter(char c)
{
    return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

/* {H…} behind \u, at most U+10FFFF. */
static bool read_braced(struct reader *r, uint32_t *ret_character)
{
    uint32_t c = 0;
    uint32_t digit;
    size_t begin = ++r->at;
    while (reader_hex(r, 1, &digit)) {
        c = c * 16 + digit;
        if (c > 0x10ffff)
            return false;
    }
    if (r->at == begin || !reader_skip(r, STR("}")))
        return false;
    *ret_character = c;
    return true;
}

/* Behind \u. Two escapes that are a surrogate pair are one character. */
static bool read_unicode(struct reader *r, bool unicode, uint32_t *ret_character)
{
    if (unicode && reader_byte(r, 0) == '{')
        return read_braced(r, ret_character);
    size_t taken = decode_utf16_escape(str_from(r->pattern, r->at), ret_character);
    r->at += taken;
    return taken > 0;
}

/* Up to three octal digits, at most 0377 (§B.1.2 LegacyOctalEscapeSequence). */
static uint32_t read_octal(struct reader *r)
{
    uint32_t value = 0;
    for (int i = 0; i < 3; i++) {
        char c = reader_byte(r, 0);
        if (c < '0' || c > '7' || value * 8 + (uint32_t)(c - '0') > 0377)
            break;
        value = value * 8 + (uint32_t)(c - '0');
        r->at++;
    }
    return value;
}

/* Behind \c: a letter; in a class without u a digit or _ too. Else the backslash is
 * itself, and the c is read again. */
static bool read_control(struct reader *r, bool in_class, uint32_t *ret_character)
{
    char c = reader_byte(r, 0);
    bool wide = in_class && !reader_unicode(r) && (str_is_digit(c) || c == '_');
    if (is_letter(c) || wide) {
        *ret_character = (uint32_t)c & 31;
        r->at++;
        return true;
    }
    *ret_character = '\\';
    r->at--;
    return !reader_unicode(r);
}

static bool read_digits(struct reader *r, uint32_t *ret_character)
{
    if (reader_unicode(r)) {
        bool good = reader_byte(r, 0) == '0' && !str_is_digit(reader_byte(r, 1));
        *ret_character = 0;
        r->at++;
        return good;
    }
    if (reader_byte(r, 0) >= '8')
        *ret_character = reader_character(r);
    else
        *ret_character = read_octal(r);
    return true;
}

/* The escapes that are not themselves; false, with the place kept: another. */
static bool read_letter(struct reader *r, char c, uint32_t *ret_character)
{
    static const char letters[] = "tnvfr";
    static const char meant[] = "\t\n\v\f\r";
    const char *hit = c ? strchr(letters, c) : NULL;
    if (!hit)
        return false;
    r->at++;
    *ret_character = (uint32_t)meant[hit - letters];
    return true;
}

/* With u: / and the characters of the grammar, and - in a class. */
static bool read_itself(struct reader *r, bool in_class, uint32_t *ret_character)
{
    char first = reader_byte(r, 0);
    *ret_character = reader_character(r);
    if (reader_unicode(r))
        return (first && strchr("^$\\.*+?()[]{}|/", first)) || (in_class && first == '-');
    return first != 'k' || !r->named;
}

/* A character behind a backslash. */
static bool read_escaped(struct reader *r, bool in_class, uint32_t *ret_character)
{
    size_t begin = r->at;
    char c = reader_byte(r, 0);
    bool unicode = reader_unicode(r);
    if (reader_ended(r))
        return reader_refuse(r, begin - 1, "a backslash ends the pattern");
    if (read_letter(r, c, ret_character))
        return true;
    if (str_is_digit(c))
        return read_digits(r, ret_character) ||
               reader_refuse(r, begin - 1, "there is no group of this number");
    if (c == 'c') {
        r->at++;
        return read_control(r, in_class, ret_character) ||
               reader_refuse(r, begin - 1, "a letter is expected after \\c");
    }
    if (c == 'x' || c == 'u') {
        r->at++;
        if (c == 'x' ? reader_hex(r, 2, ret_character)
                     : read_unicode(r, unicode, ret_character))
            return true;
        if (unicode)
            return reader_refuse(r, begin - 1, "hexadecimal digits are expected here");
        r->at = begin;
    }
    return read_itself(r, in_class, ret_character) ||
           reader_refuse(r, begin - 1, "this escape has no meaning");
}

/* p{…} or P{…}, with u; the names are those of ECMA-262, as they are spelled there. */
static struct node *read_property(struct reader *r)
{
    size_t begin = r->at - 1;
    struct node *node = reader_node(r, NODE_PROPERTY);
    node->negated = reader_byte(r, 0) == 'P';
    r->at++;
    str rest = str_from(r->pattern, r->at);
    size_t end = str_find(rest, '}');
    if (!str_starts(rest, STR("{")) || end == rest.n)
        return reader_fail(r, begin, "a property in braces is expected here");
    node->name = regex_property_find(str_of(rest.p + 1, end - 1), &node->negated);
    if (str_absent(node->name))
        return reader_fail(r, begin, "there is no such property");
    r->at += end + 1;
    return node;
}

/* d, s, w and their opposites, p and P; else *ret_set is NULL. */
static bool read_set(struct reader *r, struct node **ret_set)
{
    char c = reader_byte(r, 0);
    *ret_set = NULL;
    if ((c == 'p' || c == 'P') && reader_unicode(r)) {
        *ret_set = read_property(r);
        return *ret_set != NULL;
    }
    if (c && strchr("dDsSwW", c)) {
        *ret_set = reader_node(r, NODE_SHORTHAND);
        (*ret_set)->from = (uint32_t)str_lower(c);
        (*ret_set)->negated = c != str_lower(c);
        r->at++;
    }
    return true;
}

/* Letters, digits, $, _ and whatever is not ASCII; escapes of these. */
static bool read_name_character(struct reader *r, struct buf *name)
{
    uint32_t c = reader_character(r);
    if (c == '\\' && (!reader_skip(r, STR("u")) || !read_unicode(r, true, &c)))
        return false;
    if (c >= 0x80)
        buf_printf(name, "\\%x;", (unsigned)c);
    else if (is_letter((char)c) || c == '$' || c == '_' ||
             (name->n > 0 && str_is_digit((char)c)))
        buf_char(name, (char)c);
    else
        return false;
    return c != READER_END;
}

bool regex_escape_name(struct reader *r, str *ret_name)
{
    struct buf name;
    size_t begin = r->at;
    bool good = true;
    buf_init(&name, NAME_BYTES_MAX);
    while (good && !reader_skip(r, STR(">")))
        good = read_name_character(r, &name) && buf_ok(&name);
    good = good && name.n > 0;
    if (good)
        *ret_name = arena_str(r->arena, buf_peek(&name));
    buf_fini(&name);
    return good || reader_refuse(r, begin, "a group's name and > are expected here");
}

static struct node *read_named(struct reader *r)
{
    size_t begin = r->at - 1;
    struct node *node = reader_node(r, NODE_REFERENCE);
    r->at++;
    if (!reader_skip(r, STR("<")))
        return reader_fail(r, begin, "a group's name is expected after \\k");
    if (!regex_escape_name(r, &node->name))
        return NULL;
    node->offset = (uint32_t)begin;
    node->child = r->by_name;
    r->by_name = node;
    return node;
}

/* \1 and higher, if there are so many groups; else NULL, with the place kept. */
static struct node *read_number(struct reader *r)
{
    size_t begin = r->at;
    uint32_t number = 0;
    while (str_is_digit(reader_byte(r, 0)) && number <= r->groups_total)
        number = number * 10 + (uint32_t)(r->pattern.p[r->at++] - '0');
    if (number == 0 || number > r->groups_total) {
        r->at = begin;
        return NULL;
    }
    struct node *node = reader_node(r, NODE_REFERENCE);
    node->group = number;
    return node;
}

struct node *regex_escape_atom(struct reader *r)
{
    size_t begin = r->at - 1;
    char c = reader_byte(r, 0);
    struct node *node = NULL;
    uint32_t character;
    if (c == 'b' || c == 'B') {
        node = reader_node(r, NODE_EDGE);
        node->negated = c == 'B';
        r->at++;
        return node;
    }
    if (c == 'k' && (r->named || reader_unicode(r)))
        return read_named(r);
    if (c >= '1' && c <= '9')
        node = read_number(r);
    if (node || !read_set(r, &node) || node)
        return node;
    if (!read_escaped(r, false, &character))
        return NULL;
    return character_node(r, begin, character);
}

/* ClassAtom. */
static struct node *read_class_atom(struct reader *r)
{
    struct node *set;
    uint32_t c;
    size_t begin = r->at;
    if (reader_ended(r))
        return reader_fail(r, begin, "the class is not closed");
    if (!reader_skip(r, STR("\\")))
        return character_node(r, begin, reader_character(r));
    if (reader_skip(r, STR("b")))
        return character_node(r, begin, '\b');
    if (!read_set(r, &set) || set)
        return set;
    return read_escaped(r, true, &c) ? character_node(r, begin, c) : NULL;
}

/* ClassAtom - ClassAtom: a range of two characters; with a set among them, without u, the
 * three are members (§B.1.2). Appends to *tail. */
static bool read_class_range(struct reader *r, struct node *from, struct node ***tail)
{
    size_t hyphen = r->at - 1;
    struct node *to = read_class_atom(r);
    if (!to)
        return false;
    if (from->kind == NODE_CHARACTER && to->kind == NODE_CHARACTER) {
        from->kind = NODE_RANGE;
        from->to = to->to;
        return from->from <= from->to ||
               reader_refuse(r, from->offset, "the range ends before it begins");
    }
    if (reader_unicode(r))
        return reader_refuse(r, from->offset, "a set cannot end a range");
    from->next = character_node(r, hyphen, '-');
    from->next->next = to;
    *tail = &to->next;
    return true;
}

struct node *regex_escape_class(struct reader *r)
{
    struct node *class = reader_node(r, NODE_CLASS);
    struct node **tail = &class->child;
    class->negated = reader_skip(r, STR("^"));
    while (!reader_skip(r, STR("]"))) {
        struct node *from = read_class_atom(r);
        if (!from)
            return NULL;
        *tail = from;
        tail = &from->next;
        if (reader_byte(r, 0) != '-' || reader_byte(r, 1) == ']')
            continue;
        r->at++;
        if (!read_class_range(r, from, &tail))
            return NULL;
    }
    for (struct node *item = class->child; item; item = item->next)
        if (item->kind == NODE_CHARACTER)
            item->kind = NODE_RANGE;
    return class;
}
