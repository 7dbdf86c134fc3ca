/*
 * Most code points move by a distance that is the same for a run of neighbours (struct
 * run); some become two or three (struct longer). Tables are searched by halving.
 */
#include "picture/text_case.h"

#include "base/check.h"
#include "base/utf8.h"

struct run {
    uint32_t first;
    uint32_t last;
    uint32_t step;
    int32_t by;
};

struct longer {
    uint32_t from;
    uint32_t to[3]; /* 0 = none */
};

#define RUN(first, last, step, by) {first, last, step, by},
#define RANGE(first, last)         {first, last, 1, 0},
#define LONGER(c, a, b, d)         {c, {a, b, d}},

static const struct run up[] = {
#define UP RUN
#include "picture/text_case_list.h"
#undef UP
};

static const struct run down[] = {
#define DOWN RUN
#include "picture/text_case_list.h"
#undef DOWN
};

static const struct longer up_long[] = {
#define UP_LONG LONGER
#include "picture/text_case_list.h"
#undef UP_LONG
};

static const struct longer down_long[] = {
#define DOWN_LONG LONGER
#include "picture/text_case_list.h"
#undef DOWN_LONG
};

static const struct run cased[] = {
#define CASED RANGE
#include "picture/text_cased_list.h"
#undef CASED
};

static const struct run ignored[] = {
#define IGNORED RANGE
#include "picture/text_cased_list.h"
#undef IGNORED
};

/* One way of changing case. */
struct mapping {
    const struct run *runs;
    size_t runs_n;
    const struct longer *longer;
    size_t longer_n;
    char first; /* the ASCII letters that move, by 32 */
    char last;
    bool lower;
};

static const struct mapping to_upper = {up,  COUNT_OF(up), up_long, COUNT_OF(up_long),
                                        'a', 'z',          false};
static const struct mapping to_lower = {
    down, COUNT_OF(down), down_long, COUNT_OF(down_long), 'A', 'Z', true};

static const struct run *find_run(const struct run *runs, size_t n, uint32_t c)
{
    while (n > 0) {
        const struct run *half = runs + n / 2;
        if (c > half->last) {
            runs = half + 1;
            n -= n / 2 + 1;
        } else if (c < half->first) {
            n /= 2;
        } else {
            return (c - half->first) % half->step == 0 ? half : NULL;
        }
    }
    return NULL;
}

static const struct longer *find_longer(const struct mapping *mapping, uint32_t c)
{
    size_t from = 0;
    size_t end = mapping->longer_n;
    while (from < end) {
        size_t half = (from + end) / 2;
        if (c == mapping->longer[half].from)
            return &mapping->longer[half];
        if (c > mapping->longer[half].from)
            from = half + 1;
        else
            end = half;
    }
    return NULL;
}

static bool is_cased(uint32_t c)
{
    return find_run(cased, COUNT_OF(cased), c) != NULL;
}

static bool is_ignored(uint32_t c)
{
    return find_run(ignored, COUNT_OF(ignored), c) != NULL;
}

/* The last code point in front of *at, which moves there. */
static uint32_t text_before(str text, size_t *at)
{
    do
        --*at;
    while (*at > 0 && utf8_is_tail(text.p[*at]));
    size_t start = *at;
    return utf8_next(text, &start);
}

/* The sigma between the bytes `from` and `end` closes a word: a cased letter stands
 * before it and none behind, whatever ignorable characters stand between (Unicode §3.13,
 * Final_Sigma). */
static bool is_final(str text, size_t from, size_t end)
{
    uint32_t c = 0;
    do
        c = from > 0 ? text_before(text, &from) : 0;
    while (c && is_ignored(c));
    if (!c || !is_cased(c))
        return false;
    do
        c = end < text.n ? utf8_next(text, &end) : 0;
    while (c && is_ignored(c));
    return !c || !is_cased(c);
}

enum { SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2 };

static size_t put_mapped(const struct mapping *mapping, char *p, uint32_t c)
{
    const struct run *run = find_run(mapping->runs, mapping->runs_n, c);
    const struct longer *longer = run ? NULL : find_longer(mapping, c);
    if (!longer)
        return utf8_put(p, run ? (uint32_t)((int64_t)c + run->by) : c);
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(longer->to) && longer->to[i]; i++)
        n += utf8_put(p + n, longer->to[i]);
    return n;
}

/* The bytes in front of the first that is not ASCII or that moves. */
static size_t same_bytes(const struct mapping *mapping, str text)
{
    size_t at = 0;
    while (at < text.n && (unsigned char)text.p[at] < 0x80 &&
           (text.p[at] < mapping->first || text.p[at] > mapping->last))
        at++;
    return at;
}

static str map_case(struct arena *arena, str text, const struct mapping *mapping)
{
    size_t at = same_bytes(mapping, text);
    if (at == text.n)
        return text;
    char *p = arena_bytes(arena, text.n * 3); /* no code point grows beyond its triple */
    memcpy(p, text.p, at);
    size_t n = at;
    while (at < text.n) {
        char c = text.p[at];
        if ((unsigned char)c < 0x80) {
            bool moves = c >= mapping->first && c <= mapping->last;
            p[n++] = (char)(moves ? c ^ 32 : c);
            at++;
            continue;
        }
        size_t from = at;
        uint32_t wide = utf8_next(text, &at);
        if (mapping->lower && wide == SIGMA && is_final(text, from, at))
            n += utf8_put(p + n, FINAL_SIGMA);
        else
            n += put_mapped(mapping, p + n, wide);
    }
    return str_of(p, n);
}

str text_upper(struct arena *arena, str text)
{
    return map_case(arena, text, &to_upper);
}

str text_lower(struct arena *arena, str text)
{
    return map_case(arena, text, &to_lower);
}
