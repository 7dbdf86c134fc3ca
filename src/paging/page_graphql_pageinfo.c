/*
 * request  POST /graphql {"query": "query($first: Int, $after: String) …",
 *                         "variables": {"first": 100, "after": "eyJs"}}
 * answer   {"data": {"products": {"nodes": […],
 *                                 "pageInfo": {"hasNextPage": true, "endCursor":
 * "eyJt"}}}}
 *
 * (GraphQL Cursor Connections Specification; a pageInfo has both members.)
 */
#include "paging/page_kind.h"

const struct page_ops page_graphql_pageinfo = {
    .needs = PAGE_MEMBER_NEXT | PAGE_MEMBER_MORE | PAGE_MEMBER_PUT,
    .takes = PAGE_MEMBERS_ALL,
    .places = PAGE_PLACE(VARIABLE),
    .goes = "into a variable",
    .ask = page_ask_put,
    .next = page_next_text,
};
