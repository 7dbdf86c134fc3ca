/*
 * Regular expressions as JavaScript has them (ECMA-262 §22.2), on PCRE2 with its JIT: the
 * pattern is rewritten where the two read it differently (regex_write.c says where;
 * docs/decisions/0010-regex-on-pcre2.md what cannot be mended). Texts are UTF-8, lone
 * surrogates included (WTF-8); a byte that is neither is read as U+001A. Offsets are
 * bytes, and always on the bounds of characters.
 *
 * A compiled expression is immutable and may be used by all threads at once. Matching is
 * bounded: whatever pattern and text, it ends near `steps` backtracking steps and so much
 * memory, and says so. A scan is one step: bound the length of strangers' texts too.
 */
#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include <stdint.h>

#include "base/str.h"

struct regex;

enum regex_flag {
    REGEX_IGNORE_CASE = 1, /* i */
    REGEX_MULTILINE = 2,   /* m */
    REGEX_UNICODE = 4 /* u: characters instead of UTF-16 units, \p{…}, strict escapes */
};

enum { REGEX_GROUPS_MAX = 100, REGEX_PATTERN_BYTES_MAX = 32 * 1024 };

struct regex_fault {
    uint32_t offset; /* in the pattern */
    str what;        /* a sentence without a full stop, static */
};

/* NULL: *ret_fault (may be NULL) says why. The pattern is copied. Owned by the caller. */
struct regex *regex_compile(str pattern, unsigned flags, struct regex_fault *ret_fault);
void regex_destroy(struct regex **regex); /* NULL inside is allowed */

/* Groups in parentheses, at most REGEX_GROUPS_MAX. */
uint32_t regex_groups(const struct regex *regex);

struct regex_span {
    size_t from;
    size_t to; /* from > to: the group took no part */
};

struct regex_match {
    uint32_t n;                                    /* spans: 1 + groups */
    struct regex_span spans[1 + REGEX_GROUPS_MAX]; /* 0 is the whole match */
};

enum regex_result { REGEX_MATCH, REGEX_NONE, REGEX_TIRED /* the bound is reached */ };

/*
 * The first match that begins at `from` or later, at most text.n; `steps` of 0 is the
 * default bound (a million). What stands before `from` is seen by ^, \b and lookbehinds.
 *
 * A search that goes on (from > 0) in the text of this thread's last one, at the same
 * address and of the same length, takes it as unchanged and does not check it again.
 *
 * On the calling thread; its scratch memory belongs to the thread and stays to its end.
 */
enum regex_result regex_find(const struct regex *regex, str text, size_t from,
                             uint32_t steps, struct regex_match *ret_match);

/* Whether it matches anywhere: for those who need no spans. */
enum regex_result regex_test(const struct regex *regex, str text, uint32_t steps);

#endif
