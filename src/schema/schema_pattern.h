/*
 * A regular expression of `pattern` or `patternProperties`: anywhere in the text, not
 * anchored. The commonest shapes are answered without the regex engine.
 */
#ifndef SCHEMA_SCHEMA_PATTERN_H
#define SCHEMA_SCHEMA_PATTERN_H

#include "base/arena.h"
#include "regex/regex.h"

enum pattern_shape {
    PATTERN_REGEX,
    PATTERN_ALWAYS,   /* "", ".*", "^.*" … */
    PATTERN_FILLED,   /* ".+" and "." in forms that only ask for one character */
    PATTERN_PREFIX,   /* "^abc" */
    PATTERN_SUFFIX,   /* "abc$" */
    PATTERN_EXACT,    /* "^abc$" */
    PATTERN_INSIDE,   /* "abc" */
    PATTERN_CLASS_RUN /* "^[a-z0-9]+$": a run of a class of ASCII characters */
};

struct pattern {
    struct pattern *next;
    struct regex *regex; /* NULL where the shape says all */
    enum pattern_shape shape;
    str literal;       /* PREFIX, SUFFIX, EXACT, INSIDE */
    uint64_t class[2]; /* CLASS_RUN: a bit a character */
    uint64_t first[2]; /* CLASS_RUN: of the first character */
    uint32_t min;      /* CLASS_RUN: characters */
    uint32_t max;
    str text;
};

/* NULL: *ret_fault says why. */
struct pattern *pattern_create(struct arena *arena, str text,
                               struct regex_fault *ret_fault);
void pattern_fini(struct pattern *pattern);

/* What the shapes cannot answer. */
enum regex_result pattern_test_slowly(const struct pattern *pattern, str text);

static inline enum regex_result pattern_test(const struct pattern *pattern, str text)
{
    if (pattern->shape == PATTERN_ALWAYS)
        return REGEX_MATCH;
    if (pattern->shape == PATTERN_PREFIX) {
        str prefix = pattern->literal;
        bool is = text.n >= prefix.n && memcmp(text.p, prefix.p, prefix.n) == 0;
        return is ? REGEX_MATCH : REGEX_NONE;
    }
    return pattern_test_slowly(pattern, text);
}

#endif
