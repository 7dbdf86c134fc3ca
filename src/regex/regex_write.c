/*
 * Where PCRE2 reads a pattern otherwise than JavaScript does, something else is written:
 *
 *     .  ^ and $ under m    U+2028 and U+2029 end lines too, CR LF is two ends
 *     \s \S                 JavaScript's blanks
 *     a set or a character  regex_class.c
 *     (…) and \1 and \k     numbers, since loops bring groups of their own (regex_plan.c)
 *     (?=…)*                never asked, since a turn that takes nothing fails; (?=…)+
 *                           once
 *
 * What differs still stands in docs/decisions/0010-regex-on-pcre2.md.
 */
#include "regex/regex_write.h"

#include <stdio.h>

#include "regex/regex_class.h"

enum { COUNT_MAX = 65535 /* PCRE2's largest number in a quantifier */ };

#define NOT_LINE_END "[^" REGEX_CLASS_LINE_ENDS "]"
#define WORD         REGEX_CLASS_WORD

struct writer {
    struct buf *out;
    unsigned flags;
    const struct regex_plan *plan;
    const char *fault;
};

static void write_node(struct writer *w, const struct node *node);

static void put(struct writer *w, str text)
{
    buf_str(w->out, text);
}

static void write_children(struct writer *w, const struct node *node, str between)
{
    for (const struct node *child = node->child; child; child = child->next) {
        write_node(w, child);
        if (child->next)
            put(w, between);
    }
}

/* The quantifier's text, in `room`. */
static str quantifier_text(struct writer *w, const struct node *node, char room[32])
{
    const char *lazy = node->lazy ? "?" : "";
    int n;
    if (node->min > COUNT_MAX)
        w->fault = "a quantifier's number is larger than 65535";
    if (node->min <= 1 && node->max == REPEAT_FOREVER)
        n = snprintf(room, 32, "%s%s", node->min ? "+" : "*", lazy);
    else if (node->max > COUNT_MAX)
        n = snprintf(room, 32, "{%u,}%s", (unsigned)node->min, lazy);
    else if (node->min == 0 && node->max == 1)
        n = snprintf(room, 32, "?%s", lazy);
    else
        n = snprintf(room, 32, "{%u,%u}%s", (unsigned)node->min, (unsigned)node->max,
                     lazy);
    return str_of(room, (size_t)n);
}

/* One turn of a loop with groups of its own; regex_plan.c says why. */
static void write_turn(struct writer *w, const struct node *node)
{
    put(w, node->watched ? STR("(?:(?=([^]*))") : STR("(?:()"));
    write_node(w, node->child);
    if (node->slot_again)
        buf_printf(w->out, "(?(%u)", (unsigned)node->slot_again);
    if (node->watched)
        buf_printf(w->out, "(?!(?-i)\\g{%u}\\z)", (unsigned)node->slot);
    if (node->slot_again)
        put(w, STR(")()"));
    put(w, STR(")"));
}

static void write_repeat(struct writer *w, const struct node *node)
{
    char room[32];
    str quantifier = quantifier_text(w, node, room);
    if (node_is_single(node->child)) {
        regex_class_write(w->out, node->child, w->flags, quantifier);
        if (w->plan->misleading && node->max > node->min)
            put(w, STR("(?:)")); /* else a scan for what follows is not counted */
    } else if (node->child->kind == NODE_LOOK) {
        put(w, STR("(?:"));
        write_node(w, node->child);
        put(w, node->min == 0 ? STR("){0}") : STR(")"));
    } else {
        if (node->slot)
            write_turn(w, node);
        else
            write_node(w, node->child);
        put(w, quantifier);
    }
}

static void write_look(struct writer *w, const struct node *node)
{
    put(w, node->behind ? STR("(?<") : STR("(?"));
    put(w, node->negated ? STR("!") : STR("="));
    write_children(w, node->child, STR("|"));
    put(w, STR(")"));
}

static void write_edge(struct writer *w, bool negated)
{
    bool folded = (w->flags & REGEX_UNICODE) && (w->flags & REGEX_IGNORE_CASE);
    if (!folded)
        put(w, negated ? STR("\\B") : STR("\\b"));
    else if (negated)
        put(w, STR("(?:(?<=" WORD ")(?=" WORD ")|(?<!" WORD ")(?!" WORD "))"));
    else
        put(w, STR("(?:(?<=" WORD ")(?!" WORD ")|(?<!" WORD ")(?=" WORD "))"));
}

/* In brackets, since PCRE2 10.42's machine code errs when it repeats a reference to an
 * unset group (its issues 335 and 349). */
static void write_reference(struct writer *w, uint32_t group)
{
    if (group)
        buf_printf(w->out, "(?:\\g{%u})", (unsigned)w->plan->slot[group]);
    else
        put(w, STR("(?:)"));
}

static void write_node(struct writer *w, const struct node *node)
{
    bool lines = w->flags & REGEX_MULTILINE;
    switch ((enum node_kind)node->kind) {
    case NODE_CHOICE:
        put(w, STR("(?:"));
        write_children(w, node, STR("|"));
        put(w, STR(")"));
        break;
    case NODE_SEQUENCE:
        write_children(w, node, STR(""));
        break;
    case NODE_REPEAT:
        write_repeat(w, node);
        break;
    case NODE_GROUP:
        put(w, STR("("));
        write_children(w, node->child, STR("|"));
        put(w, STR(")"));
        break;
    case NODE_LOOK:
        write_look(w, node);
        break;
    case NODE_LINE_START:
        put(w, lines ? STR("(?<!" NOT_LINE_END ")") : STR("^"));
        break;
    case NODE_LINE_END:
        put(w, lines ? STR("(?!" NOT_LINE_END ")") : STR("\\z"));
        break;
    case NODE_EDGE:
        write_edge(w, node->negated);
        break;
    case NODE_REFERENCE:
        write_reference(w, node->group);
        break;
    case NODE_ANY:
    case NODE_CHARACTER:
    case NODE_CLASS:
    case NODE_RANGE:
    case NODE_SHORTHAND:
    case NODE_PROPERTY:
        regex_class_write(w->out, node, w->flags, STR(""));
        break;
    }
}

const char *regex_write(struct buf *out, const struct tree *tree,
                        const struct regex_plan *plan)
{
    struct writer writer = {.out = out, .flags = tree->flags, .plan = plan};
    write_children(&writer, tree->root, STR("|"));
    return writer.fault;
}
