/*
 * PCRE2 counts steps from zero at each place where a match might begin; in a text of a
 * million characters that is no bound. So a search has two speeds.
 *
 * First, all places in one call, with a limit for each such that their sum stays near
 * `steps`. Almost every search ends here. If one place needs more, the search goes on
 * place by place: a call tries `width` places with one limit; while that does, the width
 * doubles; a place that is too much for the limit is tried alone, with eight times the
 * limit, until all that was spent reaches `steps` and one for each byte of the text.
 *
 * Steps count backtracking. What a repeated character takes at once is one step, and
 * giving it back is one for each character (regex.c forbids possessive repeats).
 */
#include "regex/regex.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "regex/regex_pcre.h"
#include "regex/regex_text.h"

enum {
    STEPS_DEFAULT = 1000 * 1000,
    LIMIT_LEAST = 64,
    WIDTH_MAX = 4096,
    MENDED_KEPT_BYTES = 64 * 1024
};

struct search {
    const struct regex *regex;
    struct regex_scratch *scratch;
    str text;
    size_t at;
};

/* One call of PCRE2: a match that begins at `at` or later, at `last` or before. */
static int try_places(const struct search *search, size_t last, uint32_t limit)
{
    struct regex_scratch *scratch = search->scratch;
    PCRE2_SPTR p = (PCRE2_SPTR)search->text.p;
    size_t n = search->text.n;
    int rc = PCRE2_ERROR_JIT_STACKLIMIT;
    pcre2_set_match_limit(scratch->limits, limit);
    pcre2_set_offset_limit(scratch->limits, last);
    if (search->regex->compiled)
        rc = pcre2_jit_match(search->regex->code, p, n, search->at, 0, scratch->spans,
                             scratch->limits);
    if (rc != PCRE2_ERROR_JIT_STACKLIMIT)
        return rc;
    scratch->swollen = true;
    return pcre2_match(search->regex->code, p, n, search->at,
                       PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, scratch->spans,
                       scratch->limits);
}

static bool is_too_much(int rc)
{
    return rc == PCRE2_ERROR_MATCHLIMIT;
}

static size_t next_place(str text, size_t at)
{
    while (at < text.n && utf8_is_tail(text.p[at]))
        at++;
    return at;
}

/* Place by place, within `steps` together. */
static int try_slowly(struct search *search, uint32_t steps)
{
    uint64_t left = (uint64_t)steps + search->text.n;
    uint64_t limit = LIMIT_LEAST;
    size_t width = 1;
    for (;;) {
        int rc = try_places(search, search->at + width - 1,
                            (uint32_t)(limit < UINT32_MAX ? limit : UINT32_MAX));
        if (is_too_much(rc)) {
            if (limit >= left)
                return rc;
            left -= limit;
            limit = width > 1 ? LIMIT_LEAST : limit * 8;
            limit = limit < left ? limit : left;
            width = 1;
            continue;
        }
        if (rc != PCRE2_ERROR_NOMATCH || search->text.n - search->at < width)
            return rc;
        search->at = next_place(search->text, search->at + width);
        left -= limit > LIMIT_LEAST && limit < left ? limit : 0;
        limit = LIMIT_LEAST;
        width = width < WIDTH_MAX ? width * 2 : width;
    }
}

static int search_text(struct search *search, uint32_t steps)
{
    uint64_t each = 4 * (uint64_t)steps / (search->text.n - search->at + 1);
    uint32_t limit = each > steps ? steps : (uint32_t)each;
    limit = limit < LIMIT_LEAST ? LIMIT_LEAST : limit;
    int rc = try_places(search, PCRE2_UNSET, limit);
    return is_too_much(rc) ? try_slowly(search, steps) : rc;
}

/* The text as PCRE2 may read it. A search that goes on in a text finds it looked at. */
static str make_sound(struct regex_scratch *scratch, str text, size_t from)
{
    if (from > 0 && text.p == scratch->sound.p && text.n == scratch->sound.n)
        return text;
    scratch->sound = STR_NONE;
    if (regex_text_sound(text)) {
        scratch->sound = text;
        return text;
    }
    if (scratch->mended_n < text.n) {
        mem_free(scratch->mended);
        scratch->mended = mem_alloc(text.n);
        scratch->mended_n = text.n;
    }
    regex_text_mend(text, scratch->mended);
    return str_of(scratch->mended, text.n);
}

static enum regex_result run(const struct regex *regex, str text, size_t from,
                             uint32_t steps, struct regex_scratch *scratch)
{
    str sound = make_sound(scratch, text, from);
    struct search search = {regex, scratch, sound, next_place(sound, from)};
    int rc = search_text(&search, steps ? steps : STEPS_DEFAULT);
    if (scratch->mended_n > MENDED_KEPT_BYTES) {
        mem_free(scratch->mended);
        scratch->mended = NULL;
        scratch->mended_n = 0;
    }
    if (rc == PCRE2_ERROR_NOMATCH)
        return REGEX_NONE;
    ODD(rc < 0 && !is_too_much(rc) && rc != PCRE2_ERROR_HEAPLIMIT &&
        rc != PCRE2_ERROR_DEPTHLIMIT);
    return rc >= 0 ? REGEX_MATCH : REGEX_TIRED;
}

static struct regex_span span_of(const size_t *offsets, uint32_t slot)
{
    static const struct regex_span none = {1, 0};
    if (offsets[2 * slot] == PCRE2_UNSET)
        return none;
    return (struct regex_span){offsets[2 * slot], offsets[2 * slot + 1]};
}

/* Whether a loop around the group has turned since it was captured. */
static bool is_stale(const struct regex_plan *plan, uint32_t group, const size_t *offsets)
{
    size_t from = offsets[2 * plan->slot[group]];
    for (uint32_t loop = plan->group_loop[group]; loop; loop = plan->loop[loop].up) {
        size_t turn = offsets[2 * plan->loop[loop].slot];
        if (turn != PCRE2_UNSET && from < turn)
            return true;
    }
    return false;
}

static void read_spans(const struct regex *regex, const size_t *offsets,
                       struct regex_match *ret_match)
{
    static const struct regex_span none = {1, 0};
    const struct regex_plan *plan = &regex->plan;
    ret_match->n = 1 + regex->groups;
    ret_match->spans[0] = span_of(offsets, 0);
    for (uint32_t group = 1; group <= regex->groups; group++)
        ret_match->spans[group] =
            is_stale(plan, group, offsets) ? none : span_of(offsets, plan->slot[group]);
}

static enum regex_result find_plain(const struct regex *regex, str text, size_t from,
                                    struct regex_match *ret_match)
{
    struct regex_span span;
    if (!regex_plain_find(&regex->plain, text, next_place(text, from), &span))
        return REGEX_NONE;
    if (ret_match) {
        ret_match->n = 1;
        ret_match->spans[0] = span;
    }
    return REGEX_MATCH;
}

static enum regex_result find(const struct regex *regex, str text, size_t from,
                              uint32_t steps, struct regex_match *ret_match)
{
    CHECK_MAGIC(regex, REGEX_MAGIC);
    CHECK(from <= text.n);
    text = str_absent(text) ? STR("") : text;
    if (regex->plain.kind)
        return find_plain(regex, text, from, ret_match);
    struct regex_scratch *scratch = regex_pcre_scratch();
    enum regex_result result = run(regex, text, from, steps, scratch);
    if (result == REGEX_MATCH && ret_match)
        read_spans(regex, pcre2_get_ovector_pointer(scratch->spans), ret_match);
    regex_pcre_shrink(scratch);
    return result;
}

enum regex_result regex_find(const struct regex *regex, str text, size_t from,
                             uint32_t steps, struct regex_match *ret_match)
{
    return find(regex, text, from, steps, ret_match);
}

enum regex_result regex_test(const struct regex *regex, str text, uint32_t steps)
{
    return find(regex, text, 0, steps, NULL);
}
