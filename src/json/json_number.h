/*
 * Decimal numerals and doubles: what json.c and json_write.c share. A numeral here is a
 * text of the grammar of RFC 8259 §6; others give nonsense, but no harm.
 */
#ifndef JSON_JSON_NUMBER_H
#define JSON_JSON_NUMBER_H

#include "base/str.h"

/* The double nearest to a numeral (ties to even); ±infinity beyond the largest. */
double json_number_parse(str numeral);

/* The value of a numeral when it is a whole number within [0, max]: "1e3", "2.0". */
bool json_number_to_u64(str numeral, uint64_t max, uint64_t *ret_value);

/* Whether two numerals say the same number, however many digits they have. */
bool json_number_same(str a, str b);

#endif
