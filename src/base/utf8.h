/*
 * UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
 * Pure and inline: parsers call it for every byte that is not ASCII.
 *
 * utf8_next, utf8_put and utf8_units take WTF-8 as well, in which a lone half of a
 * surrogate pair is a character of three bytes (ED A0…BF xx): so texts of JSON and
 * JavaScript are kept here.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

static inline bool utf8_is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The range of the second byte depends on the first (RFC 3629 §4). */
static inline bool utf8_second_fits(unsigned char first, char second)
{
    unsigned char c = (unsigned char)second;
    if (first == 0xe0)
        return c >= 0xa0 && c <= 0xbf;
    if (first == 0xed)
        return c >= 0x80 && c <= 0x9f;
    if (first == 0xf0)
        return c >= 0x90 && c <= 0xbf;
    if (first == 0xf4)
        return c >= 0x80 && c <= 0x8f;
    return utf8_is_tail(second);
}

/* How many of the n > 0 bytes at p are its first character; 0 when that is malformed. */
static inline size_t utf8_size(const char *p, size_t n)
{
    unsigned char first = (unsigned char)p[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4 || n < 2 || !utf8_second_fits(first, p[1]))
        return 0;
    if (first < 0xe0)
        return 2;
    if (n < 3 || !utf8_is_tail(p[2]))
        return 0;
    if (first < 0xf0)
        return 3;
    return n >= 4 && utf8_is_tail(p[3]) ? 4 : 0;
}

/* Whether all of the text is well-formed. */
static inline bool utf8_is_valid(str text)
{
    size_t n = 1;
    for (; text.n && n; text = str_from(text, n))
        n = utf8_size(text.p, text.n);
    return n;
}

/* The character at *at < text.n of a well-formed text; *at moves behind it. */
static inline uint32_t utf8_next(str text, size_t *at)
{
    const unsigned char *p = (const unsigned char *)text.p + *at;
    size_t left = text.n - *at;
    uint32_t c = p[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    n = n < left ? n : left;
    if (n > 1)
        c &= 0x7fu >> n;
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    *at += n;
    return c;
}

/* Writes one character; answers its bytes, 1 to 4. */
static inline size_t utf8_put(char ret[4], uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        ret[i] = (char)(0x80 | (c & 0x3f));
    ret[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xf0) | c);
    return n;
}

/* The UTF-16 units of a well-formed text: two where a character is beyond U+FFFF. */
static inline size_t utf8_units(str text)
{
    size_t units = 0;
    for (size_t i = 0; i < text.n; i++)
        if (!utf8_is_tail(text.p[i]))
            units += (unsigned char)text.p[i] >= 0xf0 ? 2 : 1;
    return units;
}

/* The number of characters of a well-formed text. */
static inline size_t utf8_count(str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += !utf8_is_tail(s.p[i]);
    return count;
}

#endif
