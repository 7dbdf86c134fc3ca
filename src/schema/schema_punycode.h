/*
 * Punycode (RFC 3492), without the "xn--" in front. Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_PUNYCODE_H
#define SCHEMA_SCHEMA_PUNYCODE_H

#include "base/str.h"

/* False when it is no code, or has more than `max` characters. */
bool punycode_decode(str code, uint32_t *ret_characters, size_t max, size_t *ret_n);

/* Answers the length; 0 when it does not fit into `max` bytes. */
size_t punycode_encode(const uint32_t *characters, size_t n, char *ret_code, size_t max);

/* The characters of a UTF-8 text; false when they are malformed or more than `max`. */
bool punycode_characters(str text, uint32_t *ret_characters, size_t max, size_t *ret_n);

#endif
