/*
 * Numbers as the language writes, reads and rounds them; decimal where it says so,
 * although the numbers are doubles.
 */
#ifndef PICTURE_NUMBER_TEXT_H
#define PICTURE_NUMBER_TEXT_H

#include "picture/fault.h"

/* $string of a finite number: whole numbers in full, others rounded to 15 significant
 * digits, ties away from zero. Answers the bytes written, at most 25. */
size_t number_text_15(double value, char ret[32]);

/* $number of a string: -1, 007, 0.5e-3, 0x1F, 0o17, 0b11; finite, no blanks. */
bool number_text_parse(str text, double *ret_value);

/*
 * $round: half to even, on the shortest decimal text of the value, so that 1.005 rounded
 * to two places is 1. Negative places round to tens. A value too large to have such
 * places is its own answer.
 */
double number_round(double value, int places);

/* $formatBase: value and radix rounded half to even; base 10 is written as $string does.
 * D3100 for a radix beyond 2…36. */
bool number_format_base(struct arena *arena, double value, double radix, str *ret_text,
                        struct jsonata_fault *ret_fault);

#endif
