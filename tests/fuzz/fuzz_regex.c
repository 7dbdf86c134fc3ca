/*
 * The input is a byte of flags, a pattern up to a line feed, and a text. What compiles is
 * searched from every match's end on: spans lie in the text, on the bounds of characters
 * where it is UTF-8, and the few-steps search and the test agree unless they tire.
 */
#include "base/check.h"
#include "base/utf8.h"
#include "regex/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { STEPS = 20000, MATCHES_MAX = 20 };

static void check_bound(str text, size_t at)
{
    CHECK(at == text.n || !utf8_is_tail(text.p[at]));
}

static bool is_utf8(str text)
{
    size_t size = 1;
    for (size_t at = 0; size && at < text.n; at += size)
        size = utf8_size(text.p + at, text.n - at);
    return size != 0;
}

static void check_match(str text, bool well_formed, const struct regex_match *match)
{
    CHECK(match->n >= 1 && match->spans[0].from <= match->spans[0].to);
    for (uint32_t i = 0; i < match->n; i++) {
        const struct regex_span *span = &match->spans[i];
        if (span->from > span->to)
            continue;
        CHECK(span->to <= text.n);
        if (well_formed) {
            check_bound(text, span->from);
            check_bound(text, span->to);
        }
    }
}

static void search_all(const struct regex *regex, str text)
{
    struct regex_match match;
    bool well_formed = is_utf8(text);
    size_t from = 0;
    for (int i = 0; i < MATCHES_MAX && from <= text.n; i++) {
        enum regex_result result = regex_find(regex, text, from, STEPS, &match);
        enum regex_result slow = regex_find(regex, text, from, 1, &match);
        CHECK(result == slow || result == REGEX_TIRED || slow == REGEX_TIRED);
        if (regex_find(regex, text, from, STEPS, &match) != REGEX_MATCH)
            return;
        CHECK(match.n == 1 + regex_groups(regex) && match.spans[0].from >= from);
        check_match(text, well_formed, &match);
        from = match.spans[0].to > from ? match.spans[0].to : from + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct regex_fault fault;
    if (n == 0)
        return 0;
    str rest = str_of((const char *)bytes + 1, n - 1);
    size_t end = str_find(rest, '\n');
    str pattern = str_of(rest.p, end);
    str text = end < rest.n ? str_from(rest, end + 1) : STR("");
    struct regex *regex = regex_compile(pattern, bytes[0] & 7u, &fault);
    if (!regex) {
        CHECK(fault.what.n > 0 && fault.offset <= pattern.n);
        return 0;
    }
    search_all(regex, text);
    regex_destroy(&regex);
    return 0;
}
