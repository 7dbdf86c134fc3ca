/*
 * answer   Link: <https://api.example.com/issues?page=3>; rel="next"      (RFC 8288)
 * request  GET that URL
 */
#include "paging/page_kind.h"

const struct page_ops page_link_header = {
    .takes = PAGE_MEMBERS_ALL | PAGE_MEMBER_REL,
    .ends = PAGE_END(header_absent),
    .ask = page_ask_url,
    .next = page_next_url,
};
