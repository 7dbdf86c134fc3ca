/*
 * A borrowed run of bytes: pointer and length, never owned, not zero-terminated.
 *
 * The one string type of the house. A `str` lives as long as what it points into (an
 * arena, a read buffer, a literal); whoever keeps one longer copies it. `p` may be NULL
 * only when n is 0: that is "absent", told apart from "empty" by str_absent().
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n;
} str;

#define STR(lit) ((str){"" lit, sizeof(lit) - 1})
#define STR_NONE ((str){NULL, 0})
#define STR_F    "%.*s"
#define STR_A(s) (int)(s).n, (s).p

static inline str str_of(const char *p, size_t n)
{
    return (str){p, n};
}

/* The bytes of a zero-terminated string; NULL gives the absent str. */
static inline str str_z(const char *z)
{
    return z ? (str){z, strlen(z)} : STR_NONE;
}

static inline bool str_absent(str s)
{
    return s.p == NULL;
}

static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline str str_from(str s, size_t at) /* the rest after `at` bytes; at <= n */
{
    return (str){s.p + at, s.n - at};
}

bool str_eq_nocase(str a, str b); /* ASCII letters only (RFC 9110 §5.1) */
int str_cmp(str a, str b);        /* by bytes, shorter first */

bool str_starts(str s, str prefix);
bool str_starts_nocase(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_ends_nocase(str s, str suffix);

/* Index of the first hit, or s.n when there is none. */
static inline size_t str_find(str s, char c)
{
    const char *hit = s.n ? (const char *)memchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : s.n;
}
size_t str_find_str(str s, str part);
size_t str_find_str_nocase(str s, str part);
size_t str_find_last(str s, char c); /* s.n when there is none */

/*
 * Cuts `*s` at the first `sep`: `*ret_head` is what stands before it, `*s` becomes the
 * rest after it. Without `sep` the head is all of it and the rest is absent. False when
 * `*s` was already absent, so that `while (str_next(...))` walks a list once.
 */
bool str_next(str *s, char sep, str *ret_head);

/* Without blanks and tabs (the OWS of RFC 9110 §5.6.3) at both ends. */
str str_trim(str s);

/* Digits only, no sign, at most `max`. */
bool str_to_u64(str s, uint64_t max, uint64_t *ret_value);

/* A decimal number with optional sign, fraction and exponent; finite; no blanks. */
bool str_to_double(str s, double *ret_value);

/* A duration: digits with an optional fraction, then ms, s, m, h or d. ret: usec. */
bool str_to_usec(str s, int64_t *ret_usec);

static inline bool str_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char str_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* FNV-1a over the lower-cased bytes: for tables of our own words, not for peers' keys
 * (see hash.h). */
uint32_t str_word_hash(str s);

#endif
