/*
 * The tables of what a pagination block has in it: its parts that are objects. Inside of
 * src/paging only.
 */
#ifndef PAGING_PAGE_PART_H
#define PAGING_PAGE_PART_H

#include "paging/page_rule.h"

/* One of the `end` list. */
struct page_end_word {
    uint32_t end; /* enum page_end */
};

extern const char *const page_end_words[]; /* by enum page_end; NULL behind the last */

extern const struct bind_table page_records_table; /* struct page_records */
extern const struct bind_table page_size_table;    /* struct page_size */
extern const struct bind_table page_end_table;     /* struct page_end_word */
extern const struct bind_table page_window_table;  /* struct page_window */
extern const struct bind_table page_restart_table; /* struct page_restart */
extern const struct bind_table page_expired_table; /* struct page_expired */
extern const struct bind_table page_delta_table;   /* struct page_delta */

#endif
