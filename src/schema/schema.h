/*
 * JSON Schema, drafts 2020-12 and 7: a schema is compiled once to a flat program, and
 * instances are validated by it. It reads no file and no network: documents that are
 * referred to are given by the caller.
 *
 * A compiled schema is immutable and may be used by all threads at once.
 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "json/json.h"

struct schema;

enum schema_draft { SCHEMA_DRAFT_2020_12, SCHEMA_DRAFT_7 };

struct schema_source {
    const struct json *document; /* borrowed while compiling */
    enum schema_draft draft;     /* where the document has no $schema */
    bool formats;                /* `format` is asserted, not only noted; in draft 7
                                  * contentEncoding and contentMediaType too */
    str base_uri;                /* absent = none */
    /* A document that is referred to by an absolute URI (without fragment), or NULL.
     * It must live while compiling. NULL = nothing else exists. The metaschemas of both
     * drafts are known without it. */
    const struct json *(*resolve)(void *arg, str uri);
    void *arg;
};

struct schema_fault {
    str pointer; /* where in the schema document, a JSON pointer; in the arena */
    str what;    /* a sentence; in the arena */
};

/* NULL: *ret_fault says why. `arena` is for the fault and for work under way; the schema
 * owns its own memory. */
struct schema *schema_compile(struct arena *arena, const struct schema_source *source,
                              struct schema_fault *ret_fault);
void schema_destroy(struct schema **schema); /* NULL inside is allowed */

/* Fail fast, without words: true when the instance is valid. `arena` is for scratch and
 * may be rewound afterwards. Bounded: more than 4000 schemas within each other, or more
 * than a million steps and 256 for each value of the instance, counts as invalid, and is
 * told so by schema_explain. Any thread. Names of an object must be distinct, as the
 * parser sees to. */
bool schema_valid(const struct schema *schema, struct arena *arena,
                  const struct json *instance);

/* All texts are in the arena. */
struct schema_error {
    str instance; /* where in the instance, a JSON pointer */
    str keyword;  /* where in the schema: the path that was walked, $refs included */
    str absolute; /* the URI and pointer of that keyword; absent without a base URI */
    str sentence; /* for a person: "`age` must be a whole number, not \"ten\"" */
};

struct schema_report {
    bool valid;
    struct schema_error *errors; /* in the arena */
    uint32_t n;
    bool more; /* errors_max was reached */
};

/* At least one error when it is not valid; errors_max of 0 is taken as 1. Of anyOf and
 * oneOf the errors of the nearest branch follow that of the keyword itself. */
void schema_explain(const struct schema *schema, struct arena *arena,
                    const struct json *instance, uint32_t errors_max,
                    struct schema_report *ret_report);

#endif
