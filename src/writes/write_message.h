/*
 * What is kept of a write as bytes: the request that its caller made, the vendor request
 * as it was sent first, the answer. One line of JSON and, behind it, the body as it came.
 * Pure.
 */
#ifndef WRITES_WRITE_MESSAGE_H
#define WRITES_WRITE_MESSAGE_H

#include "http/header.h"
#include "json/json.h"

struct write_message {
    /* a request: */
    str verb, path;
    str query; /* absent: none */
    str host;  /* absent: the base URL's */
    /* a request for a unified resource has these, and `asked` is its $request: */
    str category, resource, operation;
    struct json asked;
    /* an answer: */
    int status;
    /* both: */
    const struct headers *headers; /* NULL: none */
    str body;                      /* absent: none */
    bool body_lost;                /* it had one that was too large to be kept */
};

/* In the arena. */
str write_message_text(const struct write_message *message, struct arena *arena);

/* Shares memory with `text`, and stands in the arena. False: it is none. */
bool write_message_read(str text, struct arena *arena,
                        struct write_message *ret_message) MUST_CHECK;

#endif
