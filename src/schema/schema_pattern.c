#include "schema/schema_pattern.h"

struct pattern *pattern_create(struct arena *arena, str text,
                               struct regex_fault *ret_fault)
{
    struct regex *regex = regex_compile(text, REGEX_UNICODE, ret_fault);
    if (!regex)
        return NULL;
    struct pattern *pattern = arena_zalloc(arena, sizeof(*pattern));
    pattern->regex = regex;
    pattern->text = arena_str(arena, text);
    return pattern;
}

void pattern_fini(struct pattern *pattern)
{
    regex_destroy(&pattern->regex);
}
