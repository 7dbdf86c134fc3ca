/*
 * Integer pictures: $formatInteger and $parseInteger, the format-integer of XPath
 * Functions 3.1 (§4.6), and the numbers in date pictures.
 *
 *   0  #,##0  ٠٠٠     decimal digits of any family, grouped as the picture groups
 *   A a  I i          letters (z, aa, ab …), Roman numerals
 *   W w Ww            words: ONE, one, One
 *   …;o  …;c          ordinal (1st, first), cardinal
 *
 * Separators stand between digits only, and ordinals of decimal digits are told from the
 * value: jsonata-js loses digits of short numbers in irregular pictures, and writes
 * 1,1st.
 */
#ifndef JSONATA_PICTURE_INTEGER_H
#define JSONATA_PICTURE_INTEGER_H

#include "jsonata/fault.h"

struct picture_integer; /* immutable; any thread may read it */

/* D3130 when the picture stands for no way of writing that is known, D3131 when its
 * digits are of several families. The picture lives in the arena; it borrows nothing. */
bool picture_integer_compile(struct arena *arena, str picture,
                             struct picture_integer **ret_picture,
                             struct jsonata_fault *ret_fault);

/* The value is rounded down. U1002 past PICTURE_CHARS_MAX. */
bool picture_integer_format(struct arena *arena, const struct picture_integer *picture,
                            double value, str *ret_text, struct jsonata_fault *ret_fault);

/* NaN when the text is no number of this kind. What follows decimal digits is ignored. */
double picture_integer_parse(const struct picture_integer *picture, str text);

#endif
