/*
 * A JavaScript pattern as a tree, between its parser and its writer. Nodes live in the
 * arena of one compilation. Characters are code points: a surrogate pair is one.
 */
#ifndef REGEX_REGEX_TREE_H
#define REGEX_REGEX_TREE_H

#include "base/arena.h"
#include "regex/regex.h"

enum node_kind {
    NODE_CHOICE,     /* its children are the alternatives */
    NODE_SEQUENCE,   /* its children follow each other */
    NODE_REPEAT,     /* one child, between `min` and `max` times */
    NODE_GROUP,      /* one child; `group` counts from 1 */
    NODE_LOOK,       /* one child: (?= (?! and, `behind`, (?<= (?<! */
    NODE_LINE_START, /* ^ */
    NODE_LINE_END,   /* $ */
    NODE_EDGE,       /* \b, and `negated` \B */
    NODE_REFERENCE,  /* \1 or \k<name>: `group` */
    NODE_ANY,        /* . */
    NODE_CHARACTER,  /* `from` */
    NODE_CLASS,      /* its children are of the kinds below; none: [] or [^] */
    NODE_RANGE,      /* `from` to `to`, inside a class only */
    NODE_SHORTHAND,  /* \d \s \w, `negated` \D \S \W; `from` is the small letter */
    NODE_PROPERTY    /* \p{…}, `negated` \P{…}; `name` as PCRE2 spells it */
};

enum { REPEAT_FOREVER = UINT32_MAX };

struct node {
    uint8_t kind; /* enum node_kind */
    bool negated;
    bool behind;
    bool lazy;
    uint32_t group; /* REFERENCE: 0 when it is to nothing (regex_plan.c) */
    uint32_t from, to;
    uint32_t min, max;
    uint32_t group_from, group_to; /* the groups inside: from, and one past the last */
    uint32_t offset;               /* in the pattern */
    uint32_t slot;                 /* set by regex_plan: GROUP, REPEAT that is watched */
    uint32_t slot_again;           /* REPEAT: the group that says that it has turned */
    bool watched;                  /* REPEAT: a turn that takes nothing fails */
    str name;                      /* PROPERTY, REFERENCE by name */
    struct node *child;            /* the first one */
    struct node *next;             /* the next child of the same parent */
};

struct tree {
    struct node *root;
    uint32_t groups;
    unsigned flags; /* enum regex_flag */
};

/* It matches one character, always. */
static inline bool node_is_single(const struct node *node)
{
    return node->kind == NODE_ANY || node->kind == NODE_CHARACTER ||
           node->kind == NODE_CLASS || node->kind == NODE_SHORTHAND ||
           node->kind == NODE_PROPERTY;
}

#endif
