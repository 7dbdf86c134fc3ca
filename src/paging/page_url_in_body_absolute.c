/*
 * answer   {"value": […], "nextLink": "https://api.example.com/users?$skiptoken=RFNw"}
 * request  GET that URL
 */
#include "paging/page_kind.h"

const struct page_ops page_url_in_body_absolute = {
    .needs = PAGE_MEMBER_NEXT,
    .takes = PAGE_MEMBERS_ALL,
    .ends = PAGE_ENDS_TOKEN,
    .ask = page_ask_url,
    .next = page_next_url,
};
