/*
 * Whole numbers in words of British English ("one thousand, two hundred and
 * thirty-four"), as Roman numerals and as letters (z, aa, ab), and back.
 *
 * Values are whole, not negative and finite when written. Reading answers NaN for what is
 * no such number.
 */
#ifndef PICTURE_NUMBER_WORDS_H
#define PICTURE_NUMBER_WORDS_H

#include "picture/points.h"

enum words_case { WORDS_LOWER, WORDS_UPPER, WORDS_TITLE };

/* "trillion" is the largest magnitude: 1e15 is one thousand trillion. */
void words_put(struct points *points, double value, bool ordinal, enum words_case style);

/* Cardinals and ordinals, in any case; between words a blank, a hyphen, ", " or " and ".
 * Magnitudes multiply what stands before them: nineteen hundred is 1900. */
double words_parse(str text);

/* The bytes of the longest word at the front of `text`, or of "and"; 0 when there is
 * none. */
size_t words_prefix(str text);

/* Nothing for 0; M is repeated as often as it takes. */
void roman_put(struct points *points, double value, bool upper);

/* `upper`: only capital letters are digits, else both. A smaller digit in front of a
 * larger one is subtracted, wherever it stands. */
double roman_parse(str text, bool upper);

/* Nothing for 0; `first` is 'a' or 'A'. */
void letters_put(struct points *points, double value, uint32_t first);

/* By distance from `first`: letters of the other case give nonsense, as in the reference.
 */
double letters_parse(str text, uint32_t first);

#endif
