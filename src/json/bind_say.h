/*
 * The words in which all rows say what was found and what is wanted. The texts stand in
 * the binder's arena. Inside of json/bind*.c only.
 */
#ifndef JSON_BIND_SAY_H
#define JSON_BIND_SAY_H

#include "json/bind.h"

/* A text in quotes, escaped, and cut when it is long. */
str bind_say_quoted(struct binder *binder, str text);

str bind_say_number(struct binder *binder, double value);

/* `is the string "abc"`, `is 5`, `is an array` */
str bind_say_found(struct binder *binder, const struct json *value);

/* `a whole number`, `one of "a", "b"` */
str bind_say_wanted(struct binder *binder, const struct bind_row *row);

/* Reports that the value is of the wrong kind for the row. */
void bind_say_unwanted(struct binder *binder, const struct bind_row *row,
                       const struct json *value);

/* Reports a count outside of [min, max]; `noun` is what is counted: "item". */
void bind_say_count(struct binder *binder, size_t count, double min, double max,
                    const char *noun);

#endif
