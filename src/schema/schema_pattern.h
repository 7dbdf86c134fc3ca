/*
 * A regular expression of `pattern` or `patternProperties`: anywhere in the text, not
 * anchored (regex/regex.h answers the commonest shapes without its engine).
 */
#ifndef SCHEMA_SCHEMA_PATTERN_H
#define SCHEMA_SCHEMA_PATTERN_H

#include "base/arena.h"
#include "regex/regex.h"

struct pattern {
    struct pattern *next; /* all of a schema */
    struct regex *regex;
    str text;
};

/* NULL: *ret_fault says why. */
struct pattern *pattern_create(struct arena *arena, str text,
                               struct regex_fault *ret_fault);
void pattern_fini(struct pattern *pattern);

static inline enum regex_result pattern_test(const struct pattern *pattern, str text,
                                             uint32_t steps)
{
    return regex_test(pattern->regex, text, steps);
}

#endif
