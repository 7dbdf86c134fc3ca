/*
 * Sets need no backtracking: all but the last take a fixed number of characters, and the
 * last must take all the rest. Text is found as bytes, since in UTF-8 no character's
 * bytes stand in another's.
 */
#include "regex/regex_plain.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

static bool add_member(struct regex_plain_set *set, uint32_t from, uint32_t to)
{
    if (to >= 0x80)
        return false;
    for (uint32_t c = from; c <= to; c++)
        set->members[c >> 6] |= (uint64_t)1 << (c & 63);
    return true;
}

static bool add_shorthand(struct regex_plain_set *set, const struct node *node)
{
    if (node->negated || node->from == 's')
        return false;
    add_member(set, '0', '9');
    if (node->from == 'd')
        return true;
    return add_member(set, 'a', 'z') && add_member(set, 'A', 'Z') &&
           add_member(set, '_', '_');
}

static bool add_item(struct regex_plain_set *set, const struct node *item)
{
    if (item->kind == NODE_SHORTHAND)
        return add_shorthand(set, item);
    if (item->kind != NODE_RANGE && item->kind != NODE_CHARACTER)
        return false;
    return add_member(set, item->from, item->to);
}

/* One term: a character, a shorthand, a class, or one of these repeated. */
static bool read_set(struct regex_plain_set *set, const struct node *term)
{
    *set = (struct regex_plain_set){.min = 1, .max = 1};
    if (term->kind == NODE_REPEAT) {
        set->min = term->min;
        set->max = term->max;
        term = term->child;
    }
    if (term->kind != NODE_CLASS)
        return add_item(set, term);
    for (const struct node *item = term->child; item; item = item->next)
        if (!add_item(set, item))
            return false;
    return !term->negated;
}

/* The terms between ^ and $. */
static void read_sets(struct regex_plain *plain, const struct node *term)
{
    struct regex_plain_set sets[REGEX_PLAIN_SETS_MAX];
    uint32_t n = 0;
    for (; term->kind != NODE_LINE_END; term = term->next) {
        if (n == REGEX_PLAIN_SETS_MAX || (n && sets[n - 1].min != sets[n - 1].max) ||
            !read_set(&sets[n++], term))
            return;
    }
    if (n == 0 || term->next)
        return;
    plain->kind = REGEX_PLAIN_SETS;
    plain->n = n;
    plain->sets = mem_array(n, sizeof(*sets));
    memcpy(plain->sets, sets, n * sizeof(*sets));
}

static bool put_character(struct buf *buf, uint32_t c)
{
    if (c >= 0xd800 && c < 0xe000)
        return false;
    char bytes[4];
    buf_str(buf, str_of(bytes, utf8_put(bytes, c)));
    return true;
}

/* Characters up to $ or the end. */
static void read_text(struct regex_plain *plain, const struct node *term)
{
    struct buf buf;
    buf_init(&buf, 2 * REGEX_PATTERN_BYTES_MAX);
    for (; term && term->kind == NODE_CHARACTER; term = term->next)
        if (!put_character(&buf, term->from))
            break;
    if (buf_ok(&buf) && (!term || (term->kind == NODE_LINE_END && !term->next))) {
        plain->kind = REGEX_PLAIN_TEXT;
        plain->text = mem_copy_z(buf.n ? buf.p : "", buf.n);
        plain->text_n = buf.n;
    }
    buf_fini(&buf);
}

void regex_plain_init(struct regex_plain *plain, const struct tree *tree)
{
    const struct node *term = tree->root->child->child;
    const struct node *last = term;
    *plain = (struct regex_plain){0};
    if (tree->root->child->next || !term || tree->groups ||
        (tree->flags & (REGEX_IGNORE_CASE | REGEX_MULTILINE)))
        return;
    while (last->next)
        last = last->next;
    plain->at_start = term->kind == NODE_LINE_START;
    plain->at_end = last->kind == NODE_LINE_END;
    read_text(plain, plain->at_start ? term->next : term);
    if (plain->kind == REGEX_PLAIN_NOT && plain->at_start && plain->at_end)
        read_sets(plain, term->next);
}

void regex_plain_fini(struct regex_plain *plain)
{
    mem_free(plain->text);
    mem_free(plain->sets);
    *plain = (struct regex_plain){0};
}

static bool is_in(const struct regex_plain_set *set, char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 0x80 && (set->members[byte >> 6] >> (byte & 63) & 1);
}

static bool find_sets(const struct regex_plain *plain, str text)
{
    const char *p = text.p;
    const char *end = text.p + text.n;
    for (uint32_t i = 0; i < plain->n; i++) {
        const struct regex_plain_set *set = &plain->sets[i];
        size_t n = i + 1 < plain->n ? set->min : (size_t)(end - p);
        if (n < set->min || n > set->max || n > (size_t)(end - p))
            return false;
        for (const char *stop = p + n; p < stop; p++)
            if (!is_in(set, *p))
                return false;
    }
    return true;
}

static bool find_text(const struct regex_plain *plain, str text, size_t from,
                      size_t *ret_at)
{
    str wanted = str_of(plain->text, plain->text_n);
    str rest = str_from(text, from);
    size_t at = 0;
    if (rest.n < wanted.n || (plain->at_start && from > 0))
        return false;
    if (plain->at_end)
        at = rest.n - wanted.n;
    else if (!plain->at_start)
        at = wanted.n ? str_find_str(rest, wanted) : 0;
    if (at > rest.n - wanted.n || (plain->at_start && at > 0) ||
        !str_eq(str_of(rest.p + at, wanted.n), wanted))
        return false;
    *ret_at = from + at;
    return true;
}

bool regex_plain_find(const struct regex_plain *plain, str text, size_t from,
                      struct regex_span *ret_span)
{
    size_t at = 0;
    if (plain->kind == REGEX_PLAIN_SETS) {
        if (from > 0 || !find_sets(plain, text))
            return false;
        *ret_span = (struct regex_span){0, text.n};
        return true;
    }
    if (!find_text(plain, text, from, &at))
        return false;
    *ret_span = (struct regex_span){at, at + plain->text_n};
    return true;
}
