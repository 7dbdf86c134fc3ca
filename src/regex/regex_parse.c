/*
 * Recursive descent, one function a rule of the grammar; its depth is bounded by
 * REGEX_DEPTH_MAX. Groups are counted before, since what \1 and \k mean depends on groups
 * that stand behind them.
 */
#include "regex/regex_parse.h"

#include "regex/reader.h"
#include "regex/regex_escape.h"
#include "regex/regex_text.h"

struct group_name {
    str name;
    uint32_t group;
    struct group_name *next;
};

static struct node *parse_disjunction(struct reader *r);

/* Digits; what no longer fits is as good as endless. */
static bool read_count(struct reader *r, uint32_t *ret_count)
{
    uint64_t count = 0;
    size_t begin = r->at;
    while (str_is_digit(reader_byte(r, 0))) {
        count = count * 10 + (uint64_t)(r->pattern.p[r->at++] - '0');
        if (count >= REPEAT_FOREVER)
            count = REPEAT_FOREVER;
    }
    *ret_count = (uint32_t)count;
    return r->at > begin;
}

/* {n} {n,} {n,m}; false, with the place kept, if there is none. */
static bool read_braces(struct reader *r, uint32_t *ret_min, uint32_t *ret_max)
{
    size_t begin = r->at;
    bool good = reader_skip(r, STR("{")) && read_count(r, ret_min);
    *ret_max = *ret_min;
    if (good && reader_skip(r, STR(",")) && !read_count(r, ret_max))
        *ret_max = REPEAT_FOREVER;
    good = good && reader_skip(r, STR("}"));
    if (!good)
        r->at = begin;
    return good;
}

/* QuantifierPrefix, if there is one. */
static bool read_quantifier(struct reader *r, uint32_t *ret_min, uint32_t *ret_max)
{
    *ret_min = 0;
    *ret_max = REPEAT_FOREVER;
    if (reader_skip(r, STR("*")))
        return true;
    if (reader_skip(r, STR("+")))
        return (*ret_min = 1);
    if (reader_skip(r, STR("?")))
        return (*ret_max = 1);
    return read_braces(r, ret_min, ret_max);
}

/* What JavaScript lets stand in front of a quantifier. */
static bool can_repeat(const struct reader *r, const struct node *atom)
{
    if (atom->kind == NODE_LOOK)
        return !atom->behind && !reader_unicode(r);
    return atom->kind != NODE_LINE_START && atom->kind != NODE_LINE_END &&
           atom->kind != NODE_EDGE;
}

/* Quantifier: prefix and ?. The atom itself if none follows. */
static struct node *parse_repeat(struct reader *r, struct node *atom)
{
    uint32_t min, max;
    size_t begin = r->at;
    if (!read_quantifier(r, &min, &max)) {
        if (reader_unicode(r) && reader_byte(r, 0) == '{')
            return reader_fail(r, begin, "the quantifier is not complete");
        return atom;
    }
    if (!can_repeat(r, atom))
        return reader_fail(r, begin, "there is nothing to repeat");
    if (min > max)
        return reader_fail(r, begin, "the quantifier's numbers are out of order");
    struct node *repeat = reader_node(r, NODE_REPEAT);
    repeat->min = min;
    repeat->max = max;
    repeat->lazy = reader_skip(r, STR("?"));
    repeat->child = atom;
    repeat->group_from = atom->group_from;
    repeat->group_to = atom->group_to;
    return repeat;
}

static bool name_group(struct reader *r, struct node *group)
{
    size_t begin = r->at;
    str name;
    if (!regex_escape_name(r, &name))
        return false;
    for (const struct group_name *other = r->names; other; other = other->next)
        if (str_eq(other->name, name))
            return reader_refuse(r, begin, "another group has this name");
    struct group_name *entry = arena_zalloc(r->arena, sizeof(*entry));
    *entry = (struct group_name){name, group->group, r->names};
    r->names = entry;
    return true;
}

/* ( or (?<name>: the opening of a group that is counted. */
static struct node *open_group(struct reader *r, bool named)
{
    struct node *group = reader_node(r, NODE_GROUP);
    group->group = ++r->groups;
    if (r->groups > REGEX_GROUPS_MAX)
        return reader_fail(r, r->at, "there are more than 100 groups");
    return !named || name_group(r, group) ? group : NULL;
}

/* What stands between ( and a disjunction; NULL is a fault. */
static struct node *open_bracket(struct reader *r)
{
    static const struct {
        str text;
        bool negated, behind;
    } looks[] = {
        {STR("?="), false, false},
        {STR("?!"), true, false},
        {STR("?<="), false, true},
        {STR("?<!"), true, true},
    };
    if (reader_byte(r, 0) != '?')
        return open_group(r, false);
    if (reader_skip(r, STR("?:")))
        return reader_node(r, NODE_CHOICE);
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (reader_skip(r, looks[i].text)) {
            struct node *look = reader_node(r, NODE_LOOK);
            look->negated = looks[i].negated;
            look->behind = looks[i].behind;
            return look;
        }
    if (reader_skip(r, STR("?<")))
        return open_group(r, true);
    return reader_fail(r, r->at, "there is no such kind of group");
}

/* Behind ( to behind its ). */
static struct node *parse_bracket(struct reader *r)
{
    size_t begin = r->at - 1;
    if (++r->depth > REGEX_DEPTH_MAX)
        return reader_fail(r, begin, "groups nest deeper than 250");
    uint32_t before = r->groups;
    struct node *node = open_bracket(r);
    struct node *inside = node ? parse_disjunction(r) : NULL;
    if (!inside)
        return NULL;
    if (!reader_skip(r, STR(")")))
        return reader_fail(r, begin, "the group is not closed");
    r->depth--;
    if (node->kind == NODE_CHOICE)
        return inside;
    node->child = inside;
    node->group_from = before + 1;
    node->group_to = r->groups + 1;
    return node;
}

/* Characters that stand for themselves, and those that may not stand here. */
static struct node *parse_character(struct reader *r)
{
    uint32_t min, max;
    size_t begin = r->at;
    char c = reader_byte(r, 0);
    bool strict = reader_unicode(r);
    if (c == '*' || c == '+' || c == '?' || (c == '{' && strict) ||
        (c == '{' && read_braces(r, &min, &max)))
        return reader_fail(r, begin, "there is nothing to repeat");
    if (strict && (c == '}' || c == ']'))
        return reader_fail(r, begin, "this bracket is not open");
    struct node *node = reader_node(r, NODE_CHARACTER);
    node->from = reader_character(r);
    node->to = node->from;
    return node;
}

/* Atom and Assertion. */
static struct node *parse_atom(struct reader *r)
{
    if (reader_skip(r, STR("(")))
        return parse_bracket(r);
    if (reader_skip(r, STR("[")))
        return regex_escape_class(r);
    if (reader_skip(r, STR("\\")))
        return regex_escape_atom(r);
    if (reader_skip(r, STR("^")))
        return reader_node(r, NODE_LINE_START);
    if (reader_skip(r, STR("$")))
        return reader_node(r, NODE_LINE_END);
    if (reader_skip(r, STR(".")))
        return reader_node(r, NODE_ANY);
    return parse_character(r);
}

/* Alternative: terms up to | or ) or the end. */
static struct node *parse_alternative(struct reader *r)
{
    struct node *sequence = reader_node(r, NODE_SEQUENCE);
    struct node **tail = &sequence->child;
    while (!reader_ended(r) && reader_byte(r, 0) != '|' && reader_byte(r, 0) != ')') {
        struct node *atom = parse_atom(r);
        atom = atom ? parse_repeat(r, atom) : NULL;
        if (!atom)
            return NULL;
        *tail = atom;
        tail = &atom->next;
    }
    sequence->group_to = r->groups + 1;
    return sequence;
}

/* Disjunction. */
static struct node *parse_disjunction(struct reader *r)
{
    struct node *choice = reader_node(r, NODE_CHOICE);
    struct node **tail = &choice->child;
    do {
        *tail = parse_alternative(r);
        if (!*tail)
            return NULL;
        tail = &(*tail)->next;
    } while (reader_skip(r, STR("|")));
    choice->group_to = r->groups + 1;
    return choice;
}

/* Past a class, as far as counting groups needs: its ] unless escaped. */
static size_t skip_class(str pattern, size_t at)
{
    while (at < pattern.n && pattern.p[at] != ']')
        at += pattern.p[at] == '\\' ? 2 : 1;
    return at;
}

static void count_groups(struct reader *r)
{
    str pattern = r->pattern;
    for (size_t at = 0; at < pattern.n; at++) {
        str rest = str_from(pattern, at);
        if (rest.p[0] == '\\')
            at++;
        else if (rest.p[0] == '[')
            at = skip_class(pattern, at + 1);
        else if (str_starts(rest, STR("(?<")) && !str_starts(rest, STR("(?<=")) &&
                 !str_starts(rest, STR("(?<!")))
            r->named = true, r->groups_total++;
        else if (rest.p[0] == '(' && !str_starts(rest, STR("(?")))
            r->groups_total++;
    }
}

static bool find_names(struct reader *r)
{
    for (struct node *node = r->by_name, *next; node; node = next) {
        for (const struct group_name *name = r->names; name; name = name->next)
            if (str_eq(name->name, node->name))
                node->group = name->group;
        if (!node->group)
            return reader_refuse(r, node->offset, "there is no group of this name");
        next = node->child;
        node->child = NULL;
    }
    return true;
}

static bool read_pattern(struct reader *r, struct tree *ret_tree)
{
    if (r->pattern.n > REGEX_PATTERN_BYTES_MAX)
        return reader_refuse(r, REGEX_PATTERN_BYTES_MAX, "it is longer than 32 KiB");
    if (!regex_text_sound(r->pattern))
        return reader_refuse(r, 0, "it is not UTF-8");
    count_groups(r);
    struct node *root = parse_disjunction(r);
    if (!root)
        return false;
    if (!reader_ended(r))
        return reader_refuse(r, r->at, "this parenthesis is not open");
    *ret_tree = (struct tree){root, r->groups, r->flags};
    return find_names(r);
}

bool regex_parse(struct arena *arena, str pattern, unsigned flags, struct tree *ret_tree,
                 struct regex_fault *ret_fault)
{
    struct reader reader = {.pattern = pattern, .flags = flags, .arena = arena};
    if (read_pattern(&reader, ret_tree))
        return true;
    *ret_fault = reader.fault;
    return false;
}
