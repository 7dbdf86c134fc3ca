/*
 * answer   {"data": [{"id": "cus_A"}, {"id": "cus_B"}], "has_more": true}
 * request  GET /customers?starting_after=cus_B
 */
#include "paging/page_kind.h"

#include "json/json_write.h"

static enum err next(struct page_look *look, struct page_position *ret_next)
{
    uint32_t n = look->records.n;
    if (n == 0)
        return page_invalid(look, "The answer says that there is more, and has no record "
                                  "behind which it would be.");
    const struct json *last = &look->records.u.items[n - 1];
    str id = json_as_text(pointer_find(&look->rule->item, last), look->arena);
    if (str_absent(id) || id.n == 0)
        return page_invalid(look,
                            "The page's last record has no id where \"item\" says.");
    return page_position_text(look, id, ret_next);
}

const struct page_ops page_last_item_id = {
    .needs = PAGE_MEMBER_ITEM | PAGE_MEMBER_PUT,
    .takes = PAGE_MEMBERS_ALL,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(PATH) |
              PAGE_PLACE(BODY) | PAGE_PLACE(VARIABLE),
    .goes = "anywhere",
    .counted = true,
    .ask = page_ask_put,
    .next = next,
};
