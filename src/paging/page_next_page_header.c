/*
 * answer   X-Next-Page: 3, empty on the last page
 * request  GET /issues?page=3
 */
#include "paging/page_kind.h"

static void check(struct binder *binder, const struct page_rule *rule)
{
    if (rule->next.source != SIGNAL_HEADER && rule->next.source != SIGNAL_NONE)
        bind_fault_at(binder, STR("next"), "must be a header with this kind.");
}

const struct page_ops page_next_page_header = {
    .needs = PAGE_MEMBER_NEXT | PAGE_MEMBER_PUT,
    .takes = PAGE_MEMBERS_ALL,
    .places =
        PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(PATH) | PAGE_PLACE(BODY),
    .goes = "into the query, a header, the path or the body",
    .ends = PAGE_END(header_absent) | PAGE_END(token_empty),
    .steady = true,
    .check = check,
    .ask = page_ask_put,
    .next = page_next_text,
};
