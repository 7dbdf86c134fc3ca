/*
 * Patterns that need no engine, which most of a schema's are: characters that stand for
 * themselves, with ^ or $ or both (`^x-`, `\.png$`), and sets of ASCII between ^ and $ of
 * which only the last has a choice of how often (`^\d{4}-\d{2}$`, `^[a-z][a-z0-9-]*$`).
 * Looked at directly they cost a tenth of a call of PCRE2.
 */
#ifndef REGEX_REGEX_PLAIN_H
#define REGEX_REGEX_PLAIN_H

#include "regex/regex_tree.h"

enum regex_plain_kind { REGEX_PLAIN_NOT, REGEX_PLAIN_TEXT, REGEX_PLAIN_SETS };

enum { REGEX_PLAIN_SETS_MAX = 16 };

struct regex_plain_set {
    uint64_t members[2]; /* one bit a character of ASCII */
    uint32_t min, max;
};

struct regex_plain {
    enum regex_plain_kind kind;
    bool at_start;
    bool at_end;
    uint32_t n; /* sets */
    char *text; /* TEXT; owned */
    size_t text_n;
    struct regex_plain_set *sets; /* SETS; owned */
};

/* NOT when the tree needs the engine. */
void regex_plain_init(struct regex_plain *plain, const struct tree *tree);
void regex_plain_fini(struct regex_plain *plain);

/* The first match from `from` on, a bound of characters. */
bool regex_plain_find(const struct regex_plain *plain, str text, size_t from,
                      struct regex_span *ret_span);

#endif
