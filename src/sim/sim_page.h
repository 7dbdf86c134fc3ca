/*
 * A page of an invented list: items 1 … total from one template, cut as the query asks
 * and followed by a cursor as the vendor writes it. A cursor counts the items before the
 * page (or is a page number), plus a fixed number, behind a fixed prefix, in base64 if
 * wanted: that covers offsets, page numbers, ids of the last item and opaque tokens.
 */
#ifndef SIM_SIM_PAGE_H
#define SIM_SIM_PAGE_H

#include "sim/sim_template.h"

struct sim_reply;

struct sim_list {
    uint32_t total;
    struct sim_template item; /* JSON */
    uint32_t size;            /* items on a page unless the request says otherwise */
    uint32_t size_max;
    struct sim_source size_from;  /* NONE: always `size` */
    struct sim_source start_from; /* NONE: always the first page */
    uint32_t counts;              /* enum sim_counts */
    str prefix;
    uint32_t plus;
    bool base64;
    const struct sim_template *last_body; /* instead of the body, on the last page */
    struct sim_reply *refuse;             /* for a cursor that is none; NULL = 400 */
};

enum sim_counts { SIM_COUNTS_ITEMS, SIM_COUNTS_PAGES };

struct sim_page {
    const struct sim_list *list;
    uint64_t first; /* items before it */
    uint64_t size;
    uint64_t count; /* items on it */
};

/* The page that the request asks for; false when its cursor is none of ours. */
bool sim_page_find(const struct sim_list *list, struct sim_asked *asked,
                   struct sim_page *ret_page);

static inline bool sim_page_last(const struct sim_page *page)
{
    return page->first + page->count >= page->list->total;
}

/* The cursor of the page behind it. */
str sim_page_next(const struct sim_page *page, struct arena *arena);

/* The page's items as a JSON array; asked->page is this page. */
void sim_page_print(const struct sim_page *page, struct sim_asked *asked,
                    struct buf *buf);

#endif
