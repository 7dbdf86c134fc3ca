/*
 * One character's worth of pattern, written for PCRE2: characters, classes, sets, and
 * which characters ignoring case makes equal.
 */
#ifndef REGEX_REGEX_CLASS_H
#define REGEX_REGEX_CLASS_H

#include "base/buf.h"
#include "regex/regex_tree.h"

/* The set of \w under i and u: ignoring case, the long s is an s and the Kelvin sign a k.
 */
#define REGEX_CLASS_WORD "[\\w\\x{17f}\\x{212a}]"

/* What . is not, and what ^ and $ stand at under m. */
#define REGEX_CLASS_LINE_ENDS "\\n\\r\\x{2028}\\x{2029}"

/* `node` is ANY, CHARACTER, CLASS, SHORTHAND or PROPERTY. It is written as one item that
 * a quantifier may follow; then `quantifier`. */
void regex_class_write(struct buf *out, const struct node *node, unsigned flags,
                       str quantifier);

#endif
