/*
 * Bytes as text and back: hexadecimal, base64 (RFC 4648 §4 and §5), percent-encoding
 * (RFC 3986 §2.1), base62. Decoders are strict; their results stand in the arena.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/arena.h"
#include "base/str.h"

str encode_hex(struct arena *arena, str bytes); /* lower case */
bool decode_hex(struct arena *arena, str text, str *ret_bytes);

str encode_base64(struct arena *arena, str bytes);    /* with padding */
str encode_base64url(struct arena *arena, str bytes); /* without padding */

/* Either alphabet; padding may be missing; anything else is refused. */
bool decode_base64(struct arena *arena, str text, str *ret_bytes);

/* Escapes all but the unreserved characters of RFC 3986 §2.3. */
str encode_percent(struct arena *arena, str text);

/* As forms write it (application/x-www-form-urlencoded, WHATWG URL §5.2): a blank is
 * `+`; letters, digits and `*-._` stand for themselves. */
str encode_form(struct arena *arena, str text);

/* False when a `%` is not followed by two hexadecimal digits. */
bool decode_percent(struct arena *arena, str text, str *ret_bytes);

/* Decimal, with a minus sign if need be; at most 20 characters into `ret`, no zero. */
size_t encode_decimal(int64_t value, char ret[24]);

/* Writes `n` characters of [0-9A-Za-z], each from one byte of `random` (n bytes). */
void encode_base62_random(char *ret_text, const uint8_t *random, size_t n);

bool encode_is_unreserved(char c); /* RFC 3986 §2.3 */
int decode_hex_digit(char c);      /* 0–15, or -1 */

/* The character of an escape as JSON and JavaScript write it, when `text` begins behind
 * its \u: four hexadecimal digits, or ten characters where the two halves of a surrogate
 * pair follow each other. Answers how many it took, 0 when there are not four digits. */
size_t decode_utf16_escape(str text, uint32_t *ret_character);

#endif
