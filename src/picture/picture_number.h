/*
 * Number pictures: $formatNumber, the format-number of XPath Functions 3.1 (§4.7), with
 * the readings of jsonata-js where that leaves a choice.
 *
 *   12345.6, "#,###.00"              12,345.60
 *   0.14,    "01%"                   14%
 *   1234.5678, "00.000e0"            12.346e2
 *   -5,      "0;(0)"                 (5)
 *
 * The value is rounded half to even on its decimal text (number_round).
 *
 * Not as jsonata-js: grouping separators stand between digits only, also where a picture
 * groups irregularly, and all those of a fraction count; numbers from 1e21 on are written
 * in digits, where jsonata-js takes an exponent for digits; an exponent may stand behind
 * a prefix ("a0e0" is D3093 there); an option that should be one character and is not is
 * ignored.
 */
#ifndef PICTURE_PICTURE_NUMBER_H
#define PICTURE_PICTURE_NUMBER_H

#include "picture/fault.h"

/*
 * `options`: an object that replaces symbols (decimal-separator, grouping-separator,
 * exponent-separator, minus-sign, percent, per-mille, zero-digit, digit,
 * pattern-separator), or NULL. Fails with D3080 to D3093 for a picture that is none, with
 * U1002 past PICTURE_CHARS_MAX.
 */
bool picture_format_number(struct arena *arena, double value, str picture,
                           const struct json *options, str *ret_text,
                           struct jsonata_fault *ret_fault);

#endif
