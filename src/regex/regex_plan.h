/*
 * Which of PCRE2's groups are which of JavaScript's, and the groups that are put in to
 * make loops behave as JavaScript's do (regex_plan.c).
 */
#ifndef REGEX_REGEX_PLAN_H
#define REGEX_REGEX_PLAN_H

#include "regex/regex_tree.h"

enum { REGEX_LOOPS_MAX = 100, REGEX_SLOTS_MAX = REGEX_GROUPS_MAX + 2 * REGEX_LOOPS_MAX };

struct regex_loop {
    uint16_t slot; /* PCRE2's group that stands where the last turn began */
    uint16_t up;   /* the loop around, 0: none */
};

struct regex_plan {
    /* PCRE2 10.42 would pass by matches, for what it takes from the pattern about where
     * one may begin. Its machine code takes a repeated character that failed at one place
     * as having failed at earlier ones (its issue 336): /(?:ab|a)[a-z]*bc/ on "abc". And
     * it asks for a second b in /(?=b).*b/. */
    bool misleading;
    uint32_t slots;                            /* PCRE2's groups */
    uint32_t loops;                            /* entries of `loop`, without the first */
    uint16_t slot[1 + REGEX_GROUPS_MAX];       /* of JavaScript's group */
    uint16_t group_loop[1 + REGEX_GROUPS_MAX]; /* the innermost around it, 0: none */
    struct regex_loop loop[1 + REGEX_LOOPS_MAX];
};

/* Numbers the nodes of the tree. False: too many loops. */
bool regex_plan(const struct tree *tree, struct regex_plan *ret_plan);

#endif
