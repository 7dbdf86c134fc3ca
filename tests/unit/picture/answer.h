/*
 * The pure functions of the language called by name with JSON arguments, so that tables
 * and generated cases can say what they answer:
 *
 *   {"is": value}   NaN is null      {"code": "D3130"}      {"none": true}: no answer
 */
#ifndef UNIT_PICTURE_ANSWER_H
#define UNIT_PICTURE_ANSWER_H

#include "json/json.h"

enum { ANSWER_NOW = 1700000000 }; /* seconds: the time at which $toMillis is asked */

struct json answer(struct arena *arena, str call, const struct json *args);

#endif
