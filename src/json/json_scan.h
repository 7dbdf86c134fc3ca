/*
 * The innermost loop of parser and writer: where does a run of plain bytes end? Plain are
 * the ASCII characters that stand for themselves in a JSON string, that is, all but the
 * quote, the backslash and the control characters (RFC 8259 §7).
 *
 * Sixteen bytes a step with SSE2, which every x86-64 has; eight bytes a step in a plain
 * register elsewhere. Nothing at or behind `end` is read.
 */
#ifndef JSON_JSON_SCAN_H
#define JSON_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool json_scan_is_plain(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

/* Not zero when one of eight bytes is not plain: (x − 1) & ~x has the top bit of the
 * bytes that are zero, and of some behind them only. */
static inline uint64_t json_scan_special_bits(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = x ^ (ones * '"');
    uint64_t slash = x ^ (ones * '\\');
    uint64_t low = (x - ones * 0x20) & ~x;
    uint64_t hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | low | x;
    return hit & (ones * 0x80);
}

#ifdef __SSE2__

/* One bit a byte that is not plain. As signed numbers, the bytes from 0x80 on are less
 * than 0x20 too. */
static inline unsigned json_scan_special_mask(const char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low));
}

static inline const char *json_scan_plain(const char *p, const char *end)
{
    for (; end - p >= 16; p += 16) {
        unsigned mask = json_scan_special_mask(p);
        if (mask)
            return p + __builtin_ctz(mask);
    }
    while (p < end && json_scan_is_plain(*p))
        p++;
    return p;
}

/* One bit a byte that is no digit. */
static inline uint64_t json_scan_other_mask(const char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i value = _mm_sub_epi8(x, _mm_set1_epi8('0'));
    __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    return (uint64_t)_mm_movemask_epi8(digit) ^ 0xffff;
}

/* The same of 32 bytes; 0 where there are not so many. */
static inline uint64_t json_scan_others(const char *p, const char *end)
{
    if (end - p < 32)
        return 0;
    return json_scan_other_mask(p) | json_scan_other_mask(p + 16) << 16;
}

/* The value of 1 to 8 digits; eight bytes are readable at p. The digits are moved to the
 * top of the word, then added up in pairs, fours and eights. */
static inline uint64_t json_scan_whole_8(const char *p, size_t n)
{
    uint64_t x;
    memcpy(&x, p, sizeof(x));
    x = (x & 0x0f0f0f0f0f0f0f0fu) << (64 - 8 * n);
    x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ffu;
    x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffffu;
    return (x * 10000 + (x >> 32)) & 0xffffffffu;
}

/* The value of 1 to 16 digits. */
static inline uint64_t json_scan_whole(const char *p, size_t n, const char *end)
{
    uint64_t value = 0;
    if (end - p >= 16)
        return n <= 8 ? json_scan_whole_8(p, n)
                      : json_scan_whole_8(p, n - 8) * 100000000 +
                            json_scan_whole_8(p + n - 8, 8);
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint64_t)(p[i] - '0');
    return value;
}

#else

static inline uint64_t json_scan_others(const char *p, const char *end)
{
    (void)p;
    (void)end;
    return 0;
}

/* The value of 1 to 16 digits. */
static inline uint64_t json_scan_whole(const char *p, size_t n, const char *end)
{
    uint64_t value = 0;
    (void)end;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint64_t)(p[i] - '0');
    return value;
}

static inline const char *json_scan_plain(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t x;
        memcpy(&x, p, sizeof(x));
        if (json_scan_special_bits(x))
            break;
    }
    while (p < end && json_scan_is_plain(*p))
        p++;
    return p;
}

#endif

/* How many digits stand at p. */
static inline size_t json_scan_digits(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && str_is_digit(*p))
        p++;
    return (size_t)(p - start);
}

/* Whether all bytes of a short text are plain. Loads may overlap, but stay inside. */
static inline bool json_scan_all_plain(const char *p, size_t n)
{
    uint64_t a = 0x2020202020202020u;
    uint64_t b = a;
    if (n > 16)
        return json_scan_plain(p, p + n) == p + n;
    if (n >= 8) {
        memcpy(&a, p, 8);
        memcpy(&b, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++)
            if (!json_scan_is_plain(p[i]))
                return false;
    }
    return !(json_scan_special_bits(a) | json_scan_special_bits(b));
}

/* Skips plain bytes and well-formed UTF-8; *ascii becomes false when there is some. */
static inline const char *json_scan_text(const char *p, const char *end, bool *ascii)
{
    p = json_scan_plain(p, end);
    while (p < end && (unsigned char)*p >= 0x80) {
        size_t size = utf8_size(p, (size_t)(end - p));
        if (!size)
            break;
        *ascii = false;
        p += size;
        if (p < end && json_scan_is_plain(*p))
            p = json_scan_plain(p, end);
    }
    return p;
}

#endif
