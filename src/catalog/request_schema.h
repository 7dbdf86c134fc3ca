/*
 * What the body of a method's requests must be, as a JSON Schema in the document: a write
 * that is wrong for sure is told so before it is queued (SPEC 7.6), since the vendor's
 * refusal would come when nobody waits for it any more.
 *
 * Immutable once bound; any thread.
 */
#ifndef CATALOG_REQUEST_SCHEMA_H
#define CATALOG_REQUEST_SCHEMA_H

#include "http/header.h"
#include "json/bind.h"
#include "schema/schema.h"

/* A `custom` reader into a `const struct schema *`, which lives as long as the binder's
 * arena. */
void request_schema_read(struct binder *binder, const struct json *value, void *field);

#define REQUEST_SCHEMA_SCHEMA "{\"type\":[\"object\",\"boolean\"]}"

enum { REQUEST_SCHEMA_ERRORS_MAX = 20 };

/* A request's body as a value: JSON, or a form as an object of texts. `body` absent or
 * empty: there is none. False: it is neither. It may share memory with the text. */
bool request_body_read(const struct headers *headers, str body, struct arena *arena,
                       struct json *ret_value) MUST_CHECK;

/* Whether a body is as it must be. False with the report, in the arena. */
bool request_schema_check(const struct schema *schema, const struct headers *headers,
                          str body, struct arena *arena,
                          struct schema_report *ret_report) MUST_CHECK;

#endif
