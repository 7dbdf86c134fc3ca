/*
 * request  GET /incremental/tickets?cursor=MTU3
 * answer   {"tickets": […], "after_cursor": "MTU4", "end_of_stream": true}
 *
 * With a `put`, `next` is a cursor, without one a URL. The last page has what the next
 * walk begins with: where `delta` says, or in `next` too.
 */
#include "paging/page_kind.h"

static enum err ask(const struct page_rule *rule, const struct walk *walk,
                    const struct page_reach *reach, struct page_request *request,
                    str *ret_detail)
{
    return rule->put.in == PLACE_NONE
               ? page_ask_url(rule, walk, reach, request, ret_detail)
               : page_ask_put(rule, walk, reach, request, ret_detail);
}

static enum err next(struct page_look *look, struct page_position *ret_next)
{
    return look->rule->put.in == PLACE_NONE ? page_next_url(look, ret_next)
                                            : page_next_text(look, ret_next);
}

/* Where `next` is the delta token at the end, it cannot be the sign of the end. */
static void check(struct binder *binder, const struct page_rule *rule)
{
    bool said = rule->more.source != SIGNAL_NONE || rule->done.source != SIGNAL_NONE;
    bool told = rule->delta && rule->delta->token.source != SIGNAL_NONE;
    if (!said && !told)
        bind_fault(binder, "cannot tell its last page: add \"more\" or \"done\", or a "
                           "\"delta\" with a \"token\" of its own.");
}

const struct page_ops page_delta_or_sync_token = {
    .needs = PAGE_MEMBER_NEXT,
    .takes = PAGE_MEMBERS_ALL | PAGE_MEMBER_PUT | PAGE_MEMBER_AGAINST,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(HEADER) | PAGE_PLACE(BODY),
    .goes = "into the query, a header or the body",
    .ends = PAGE_ENDS_TOKEN,
    .check = check,
    .ask = ask,
    .next = next,
};
