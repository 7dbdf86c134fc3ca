/*
 * Problem documents (RFC 9457): the body of every answer in which Breakwater itself says
 * no. `type` is urn:breakwater:error:CODE, a name and not a place (RFC 9457 §3.1.1): the
 * page is docs/reference/errors.md#CODE, and GET /v1/errors has the same. `code` is the
 * word of the log and the metrics. Never holds a secret: its parts are fixed text, names
 * and numbers, and what a vendor said.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"
#include "json/json_write.h"

struct problem {
    enum err err;
    int status;            /* 0: the one of the error's row */
    str detail;            /* this occurrence, a sentence; may be absent */
    str request_id;        /* may be absent */
    int64_t retry_after_s; /* −1: none */
    /* Adds members of its own; NULL = none. */
    void (*extend)(const struct problem *problem, struct json_out *out);
    const void *arg; /* for extend */
};

#define PROBLEM_CONTENT_TYPE STR("application/problem+json")

/* The code stands behind it. */
#define PROBLEM_TYPE_BASE "urn:breakwater:error:"

int problem_status(const struct problem *problem);
void problem_write(const struct problem *problem, struct buf *buf);

#endif
