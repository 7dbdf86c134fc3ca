/*
 * The tree as a pattern of PCRE2 (UTF, DOLLAR_ENDONLY, ALLOW_EMPTY_CLASS,
 * MATCH_UNSET_BACKREF; CASELESS under i; not UCP, not MULTILINE), in ASCII. It means what
 * the tree means in JavaScript, but for what regex_write.c names.
 */
#ifndef REGEX_REGEX_WRITE_H
#define REGEX_REGEX_WRITE_H

#include "base/buf.h"
#include "regex/regex_plan.h"

/* `out` may end up full. NULL, or what cannot be written. */
const char *regex_write(struct buf *out, const struct tree *tree,
                        const struct regex_plan *plan);

#endif
