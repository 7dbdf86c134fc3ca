/*
 * answer   {"records": […], "nextRecordsUrl": "/data/v62.0/query/01gKV-2000"}
 * request  GET that reference against the request's URL (RFC 3986 §5.2), or against the
 *          base URL as a path below it
 */
#include "paging/page_kind.h"

const struct page_ops page_url_in_body_relative = {
    .needs = PAGE_MEMBER_NEXT,
    .takes = PAGE_MEMBERS_ALL | PAGE_MEMBER_AGAINST,
    .ends = PAGE_ENDS_TOKEN,
    .ask = page_ask_url,
    .next = page_next_url,
};
