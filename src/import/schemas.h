/*
 * The schemas of an OpenAPI document as one JSON Schema (draft 2020-12) with everything
 * in its `$defs`: what is referred to keeps its name and is taken along, so that
 * recursive schemas stay recursive; what nothing refers to is left behind. OpenAPI 3.0's
 * own words
 * (`nullable`, boolean bounds) become the draft's. Examples and hints for printing
 * (`xml`, `discriminator`) go; a pattern that is no regular expression goes with a note.
 */
#ifndef IMPORT_SCHEMAS_H
#define IMPORT_SCHEMAS_H

#include "import/import.h"

struct schema_wanted;

struct schemas {
    struct import *import;
    bool old;                    /* OpenAPI 3.0 */
    struct map names;            /* reference → struct schema_wanted */
    struct map taken;            /* names of $defs */
    struct schema_wanted *first; /* referred to, not yet taken along */
    struct schema_wanted *last;
    struct json_build defs;
};

void schemas_init(struct schemas *schemas, struct import *import, bool old);
void schemas_fini(struct schemas *schemas);

/* Puts a schema under a name of its own. NULL: nothing. */
void schemas_put(struct schemas *schemas, str name, const struct json *schema);

/* The schema as it stands in the document that comes out. */
struct json schemas_turn(struct schemas *schemas, const struct json *schema);

/* Takes along what was referred to, and ends it. UNDEFINED when there is none. */
struct json schemas_end(struct schemas *schemas, str title);

#endif
