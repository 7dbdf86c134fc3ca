/*
 * request  GET /lists?count=100&offset=200
 * answer   {"lists": […], "total_items": 731}
 */
#include "paging/page_kind.h"

static void check(struct binder *binder, const struct page_rule *rule)
{
    bool known = rule->size.standard || rule->size.max;
    if (rule->advance == PAGE_BY_SIZE && !known)
        bind_fault_at(binder, STR("advance"),
                      "is by the size, which is not known; add \"size\" with \"default\" "
                      "or \"max\".");
}

const struct page_ops page_offset_limit = {
    .needs = PAGE_MEMBER_PUT,
    .takes =
        PAGE_MEMBERS_ALL | PAGE_MEMBER_NEXT | PAGE_MEMBER_FIRST | PAGE_MEMBER_ADVANCE,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(PATH) |
              PAGE_PLACE(BODY) | PAGE_PLACE(VARIABLE),
    .goes = "anywhere",
    .numbered = true,
    .by_record = true,
    .counted = true,
    .check = check,
    .ask = page_ask_put,
    .next = page_next_number,
};
