/*
 * The rows of a bind table that hold no objects. Inside of json/bind*.c only.
 */
#ifndef JSON_BIND_SCALAR_H
#define JSON_BIND_SCALAR_H

#include "json/bind.h"

/* Reads BOOL, UINT, NUMBER, TEXT, ENUM, DURATION, TEXTS, UINTS, or JSON into `field`. */
void bind_scalar(struct binder *binder, const struct bind_row *row,
                 const struct json *value, void *field);

#endif
