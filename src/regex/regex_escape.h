/*
 * What may follow a backslash, inside and outside of classes, and the classes themselves.
 * The backslash has been taken when an escape is read.
 */
#ifndef REGEX_REGEX_ESCAPE_H
#define REGEX_REGEX_ESCAPE_H

#include "regex/reader.h"

/* An escape outside of classes; NULL is a fault. */
struct node *regex_escape_atom(struct reader *r);

/* A class from behind its [ to behind its ]; NULL is a fault. */
struct node *regex_escape_class(struct reader *r);

/* Behind (?< or \k<: the name up to and with its >. */
bool regex_escape_name(struct reader *r, str *ret_name);

#endif
