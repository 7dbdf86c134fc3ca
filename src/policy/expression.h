/*
 * Expressions of integration documents: JSONata over a vendor's answer. The input is the
 * body; `$response` has status, headers and body (JSON, or the text when it is none).
 * Over a vendor's request, `$request` has method, url, query, headers and body; over an
 * answer about such a request there are both.
 *
 * Header names are in lower case; a header that comes several times has its values joined
 * by ", " (RFC 9110 §5.3).
 *
 * Bounded for each evaluation: 200,000 steps, 2 MiB. An expression that fails, by its
 * fault or at a bound, finds nothing; the answer's `trouble` says so.
 */
#ifndef POLICY_EXPRESSION_H
#define POLICY_EXPRESSION_H

#include "json/bind.h"
#include "policy/answer.h"

struct jsonata;

/* A `custom` reader into a `const struct jsonata *`, which lives as long as the binder's
 * arena. */
void expression_read(struct binder *binder, const struct json *value, void *field);

#define EXPRESSION_SCHEMA "{\"type\":\"string\",\"minLength\":1,\"maxLength\":16384}"

/* The same, of one text or a list of its lines; a fault's line is that of the list. */
void expression_read_lines(struct binder *binder, const struct json *value, void *field);

#define EXPRESSION_LINES_SCHEMA                                                          \
    "{\"anyOf\":[" EXPRESSION_SCHEMA                                                     \
    ",{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1}]}"

/* $response: status, headers, body. It shares memory with the answer. */
struct json expression_response(struct arena *arena, const struct answer *answer);

/* The value, or UNDEFINED; it shares memory with the expression and the answer. */
struct json expression_value(const struct jsonata *expression,
                             const struct answer *answer, struct arena *arena);

#endif
