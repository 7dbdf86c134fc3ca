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
#ifndef PICTURE_PICTURE_INTEGER_H
#define PICTURE_PICTURE_INTEGER_H

#include "picture/number_words.h"

enum integer_style {
    INTEGER_DIGITS,
    INTEGER_LETTERS,
    INTEGER_ROMAN,
    INTEGER_WORDS,
    INTEGER_UNKNOWN /* a picture of which no way of writing is known */
};

struct integer_separator {
    uint32_t c;
    size_t at; /* how many digits stand on its right */
};

/* Immutable; any thread may read it. */
struct picture_integer {
    enum integer_style style;
    enum words_case letters; /* of all styles but digits */
    bool ordinal;
    uint32_t zero; /* its digit family */
    size_t digits_min;
    size_t digits_max; /* with those that are optional; more are written all the same */
    const struct integer_separator *separators; /* from left to right */
    size_t separators_n;
    size_t regular; /* they repeat at this distance; 0 = they stand where they stand */
    str text;       /* the picture without what follows the last `;` */
};

/* D3130 when the picture is of unknown style, D3131 when its digits are of several
 * families. The picture lives in the arena; it borrows nothing. */
bool picture_integer_compile(struct arena *arena, str picture,
                             struct picture_integer **ret_picture,
                             struct jsonata_fault *ret_fault);

/* The same for the part in front of `;`, in place; INTEGER_UNKNOWN is no failure here. */
bool picture_integer_read(const struct points *primary, bool ordinal,
                          struct picture_integer *ret_picture,
                          struct jsonata_fault *ret_fault);

/* The value is rounded down. U1002 past PICTURE_CHARS_MAX. */
bool picture_integer_format(struct arena *arena, const struct picture_integer *picture,
                            double value, str *ret_text, struct jsonata_fault *ret_fault);

/* The same behind other text. */
void picture_integer_put(struct points *points, const struct picture_integer *picture,
                         double value);

/* NaN when the text is no number of this kind. What follows decimal digits is ignored. */
double picture_integer_parse(struct arena *arena, const struct picture_integer *picture,
                             str text);

/* D3130 about this picture; false. */
bool picture_integer_refuse(const struct picture_integer *picture,
                            struct jsonata_fault *ret_fault);

#endif
