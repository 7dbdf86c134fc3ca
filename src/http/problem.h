/*
 * Problem documents (RFC 9457): the body of every answer in which Breakwater itself says
 * no. `type` leads to the page of the code in the reference; `code` is the same word as
 * in the log and the metrics. Never holds a secret: its parts are fixed text, names and
 * numbers, and what a vendor said.
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

/* Where the reference describes the codes; `#code` is added. */
#define PROBLEM_TYPE_BASE "https://breakwater.example/docs/errors"

int problem_status(const struct problem *problem);
void problem_write(const struct problem *problem, struct buf *buf);

#endif
