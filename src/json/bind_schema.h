/*
 * The JSON Schema (2020-12) of a bind table: generated from the same rows that read the
 * document, with the rows' sentences as descriptions. Tables that occur more than once
 * stand under $defs.
 */
#ifndef JSON_BIND_SCHEMA_H
#define JSON_BIND_SCHEMA_H

#include "base/buf.h"
#include "json/bind.h"

/* Prints the schema; `id` is its $id, `title` its title. */
void bind_schema_write(struct buf *buf, const struct bind_table *table, str id,
                       str title);

#endif
