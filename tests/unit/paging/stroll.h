/*
 * Walks over answers that stand ready, as a line of tests/cases/paging.jsonl has them:
 * each request is written down as text, and what comes is collected. Between two pages a
 * stroll may go through a cursor.
 */
#ifndef UNIT_PAGING_STROLL_H
#define UNIT_PAGING_STROLL_H

#include "support/reply.h"

#include "paging/cursor.h"

#define STROLL_BASE "https://api.vendor.test/v1"

struct stroll {
    struct arena *arena;
    const struct page_rule *rule;
    const struct json *line;
    bool by_cursor;
    /* what came of it */
    struct json asked;   /* an array of texts: "/path?query {body} Header: value" */
    struct json records; /* an array */
    str end;             /* "end", "more", an error's code, … */
    str detail;
    str delta;
    double total; /* of the last page that was read */
};

/* The rule of a block; the test fails when it has a fault. */
const struct page_rule *stroll_rule(struct arena *arena, const struct json *block);

/* Where all strolls may go: api.vendor.test and files.vendor.test, with TLS. */
void stroll_reach(struct arena *arena, struct page_reach *ret_reach);

/* stroll->arena, line and by_cursor are set. */
void stroll_run(struct stroll *stroll);

#endif
