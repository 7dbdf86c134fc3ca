/*
 * The properties of characters that \p{…} names: ECMA-262's names, exactly as it spells
 * them, to PCRE2's.
 */
#ifndef REGEX_REGEX_PROPERTY_H
#define REGEX_REGEX_PROPERTY_H

#include <stdbool.h>

#include "base/str.h"

/* `text` is what stands in the braces. Absent: there is no such property. Turns
 * *negated round where PCRE2 has only the opposite. */
str regex_property_find(str text, bool *negated);

#endif
