/*
 * request  GET /contacts?limit=100&after=152
 * answer   {"results": […], "paging": {"next": {"after": "252"}}}
 */
#include "paging/page_kind.h"

const struct page_ops page_cursor_in_body = {
    .needs = PAGE_MEMBER_NEXT | PAGE_MEMBER_PUT,
    .takes = PAGE_MEMBERS_ALL,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(PATH),
    .goes = "into the query, a header or the path",
    .ends = PAGE_ENDS_TOKEN,
    .ask = page_ask_put,
    .next = page_next_text,
};
