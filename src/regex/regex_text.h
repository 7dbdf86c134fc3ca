/*
 * WTF-8: UTF-8 in which lone surrogates may stand as three bytes (json_parse makes them
 * of escapes). PCRE2 reads such texts rightly but refuses them when it checks; so it is
 * told not to check, and every text is checked here before.
 */
#ifndef REGEX_REGEX_TEXT_H
#define REGEX_REGEX_TEXT_H

#include "base/str.h"

bool regex_text_sound(str text);

/* A copy of n bytes to `ret`, with U+001A for each byte that makes the text unsound. */
void regex_text_mend(str text, char *ret);

#endif
