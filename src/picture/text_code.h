/*
 * Texts in other codes: percent-encoding as encodeURI, encodeURIComponent and their
 * inverses do it (ECMA-262 §19.2.6), and base64 of Latin-1 as $base64encode and
 * $base64decode of the reference do it under Node.
 *
 * Texts are WTF-8 (text_units.h); results stand in the arena.
 */
#ifndef PICTURE_TEXT_CODE_H
#define PICTURE_TEXT_CODE_H

#include "base/arena.h"
#include "base/str.h"

/* `component`: the characters ; / ? : @ & = + $ , # are escaped too. False when the text
 * has a lone half of a surrogate pair: D3140 by the caller. */
bool text_url_encode(struct arena *arena, str text, bool component, str *ret_text);

/* Without `component` the escapes of those characters stay. False when an escape is cut
 * short or the escaped bytes are not UTF-8: D3140 by the caller. */
bool text_url_decode(struct arena *arena, str text, bool component, str *ret_text);

/* Of the low byte of each UTF-16 unit: "é" is 6Q==, "€" is rA==. */
str text_base64_of_latin1(struct arena *arena, str text);

/* Each decoded byte becomes a character. Both alphabets; the first `=` ends it; what is
 * no digit is skipped, so this cannot fail. */
str text_base64_to_latin1(struct arena *arena, str text);

#endif
