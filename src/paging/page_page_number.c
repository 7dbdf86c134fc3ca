/*
 * request  GET /contacts?page=2&pageSize=100
 * answer   {"contacts": […], "pagination": {"pageCount": 7}}
 */
#include "paging/page_kind.h"

const struct page_ops page_page_number = {
    .needs = PAGE_MEMBER_PUT,
    .takes = PAGE_MEMBERS_ALL | PAGE_MEMBER_NEXT | PAGE_MEMBER_FIRST,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(PATH) |
              PAGE_PLACE(BODY) | PAGE_PLACE(VARIABLE),
    .goes = "anywhere",
    .first = 1,
    .numbered = true,
    .counted = true,
    .steady = true,
    .ask = page_ask_put,
    .next = page_next_number,
};
