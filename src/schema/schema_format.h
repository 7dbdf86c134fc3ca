/*
 * The formats that `format` can name, one row each in schema_format_list.h. Each looks
 * at strings only, and follows the document that the specification names (draft 2020-12
 * validation §7.3).
 *
 * Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_FORMAT_H
#define SCHEMA_SCHEMA_FORMAT_H

#include "base/arena.h"
#include "base/str.h"

struct format {
    str name;
    str meaning; /* "an e-mail address" */
    bool (*holds)(str text);
};

/* NULL when it is not known. */
const struct format *format_find(str name);

#define FORMAT(name, holds, meaning) bool holds(str text);
#include "schema/schema_format_list.h"
#undef FORMAT

#endif
