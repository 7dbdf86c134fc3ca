/*
 * A log of the store (the audit log, the events), page by page, newest first, as far as
 * the key sees it. A key that is not of all stages sees the rows of its environments:
 * what the store answers is filtered, and asked for again while the page has room, a
 * bounded number of times; a page may then be short, and only a null next_cursor means
 * the end.
 *
 * A kind of log embeds it in the call's arena, fills in the ops, and starts it; it
 * answers the request.
 */
#ifndef API_API_SCAN_H
#define API_API_SCAN_H

#include "api/api_page.h"

struct api_scan;

/* A row's number counts up; `environment` is absent where it is nobody's alone. */
struct api_scan_row {
    int64_t sequence;
    str environment;
};

struct api_scan_ops {
    /* Asks the store for up to API_SCAN_ROWS rows before scan->last (0: from the newest),
     * in scan->rows, and says api_scan_heard later. */
    void (*ask)(struct api_scan *scan);
    struct api_scan_row (*row)(const struct api_scan *scan, uint32_t i);
    void (*put)(struct api_scan *scan, uint32_t i);
};

/* Rows may be long: they are read a few at a time, into memory that is used again. */
enum { API_SCAN_ROWS = 100 };

struct api_scan {
    const struct api_scan_ops *ops;
    struct api_call *call;
    struct arena rows; /* of the present look */
    int64_t last;      /* the last row looked at */

    /* private */
    struct api_page page;
    uint32_t n;     /* on the page */
    uint32_t looks; /* at the store */
};

/* The environment that the query names (absent: none): its id. False when the key does
 * not see it; it was refused. */
bool api_scan_environment(struct api_call *call, str *ret_id) MUST_CHECK;

/* Reads limit and cursor, and begins. */
void api_scan_start(struct api_scan *scan, const struct api_scan_ops *ops,
                    struct api_call *call);

/* What was asked for is there: `n` rows. */
void api_scan_heard(struct api_scan *scan, enum err err, uint32_t n);

#endif
