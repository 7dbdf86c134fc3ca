/*
 * What ends a walk whose pages go in a circle: a page whose position, or whose records,
 * have come before. Constant memory, so that a cursor can carry it: the page before, and
 * one earlier page that moves (Brent, "An improved Monte Carlo factorization algorithm",
 * 1980): it is replaced whenever as many pages have come since as came before it, so any
 * circle of n pages is found within 3n of them once it is entered, and one of a single
 * page at once.
 *
 * A page without records is no circle as long as positions differ; but after
 * PAGE_GUARD_EMPTY_MAX of them in a row nobody believes that there is more.
 *
 * Pure; any thread.
 */
#ifndef PAGING_PAGE_GUARD_H
#define PAGING_PAGE_GUARD_H

#include <stdint.h>

#include "json/json.h"

enum { PAGE_GUARD_EMPTY_MAX = 1000 };

/* Hashes; 0: none. */
struct page_trace {
    uint64_t position;
    uint64_t content;
};

struct page_guard {
    struct page_trace last;
    struct page_trace mark;
    uint32_t since; /* pages since the mark was set */
    uint32_t reach; /* how many there may be until it is moved */
    uint32_t empty; /* pages without records, in a row */
};

enum page_guard_verdict {
    PAGE_GUARD_GOOD,
    PAGE_GUARD_POSITION, /* the next position was there before */
    PAGE_GUARD_CONTENT,  /* the same records were there before */
    PAGE_GUARD_EMPTY,    /* too many pages without records */
};

/* Notes a page: its records, and where the next one is. `seen.content` 0: it has no
 * records; `seen.position` 0: it is the last one. */
enum page_guard_verdict page_guard_note(struct page_guard *guard, struct page_trace seen);

/* The hash of a page's records, of names and values in their order; the same in every
 * process of a kind of machine. 0 when there are none. */
uint64_t page_guard_content(const struct json *records);

#endif
