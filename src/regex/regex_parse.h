/*
 * The grammar of JavaScript's patterns: ECMA-262 §22.2.1 (edition of 2024, flags i, m and
 * u), without the u flag as §B.1.2 widens it. What this accepts is a pattern to a
 * browser; what it refuses is a SyntaxError there. Depth, groups and length are bounded.
 */
#ifndef REGEX_REGEX_PARSE_H
#define REGEX_REGEX_PARSE_H

#include "regex/regex_tree.h"

enum { REGEX_DEPTH_MAX = 250 };

/* False: *ret_fault says why and where. The tree lives in the arena, and borrows names.
 */
bool regex_parse(struct arena *arena, str pattern, unsigned flags, struct tree *ret_tree,
                 struct regex_fault *ret_fault);

#endif
