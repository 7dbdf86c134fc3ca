/*
 * request  GET /query?query=select * from Invoice STARTPOSITION 101 MAXRESULTS 100
 * answer   {"QueryResponse": {"Invoice": […], "startPosition": 101, "maxResults": 100}}
 *
 * The clause goes behind the statement that the request has already.
 */
#include "paging/page_kind.h"

static void check(struct binder *binder, const struct page_rule *rule)
{
    static const char *const names[] = {"position", "size", NULL};
    bool at = false, size = false;
    for (uint32_t i = 0; i < rule->clause.n; i++) {
        at |= str_eq(rule->clause.parts[i].name, STR("position"));
        size |= str_eq(rule->clause.parts[i].name, STR("size"));
    }
    page_check_names(binder, "clause", &rule->clause, names);
    if (rule->clause.n && !at)
        bind_fault_at(binder, STR("clause"), "does not have {position} in it.");
    if (size && !rule->size.standard && !rule->size.max)
        bind_fault_at(
            binder, STR("clause"),
            "has {size} in it, and \"size\" has no \"default\" and no \"max\".");
    if (rule->put.in != PLACE_NONE && rule->put.format.n)
        bind_fault_at(binder, STR("put"), "has a \"format\"; write it into \"clause\".");
}

static str clause_text(const struct page_rule *rule, const struct walk *walk,
                       struct arena *arena)
{
    str text, missing;
    struct json_build build;
    unsigned long long number = walk->at.number;
    json_build_init(&build, arena);
    json_build_member(&build, STR("position"),
                      json_of_text(arena_printf(arena, "%llu", number)));
    json_build_member(&build, STR("size"),
                      json_of_text(arena_printf(arena, "%u", page_size_at(rule, walk))));
    struct json values = json_build_object(&build);
    CHECK(template_fill(&rule->clause, &values, arena, &text, &missing));
    return text;
}

static enum err ask(const struct page_rule *rule, const struct walk *walk,
                    const struct page_reach *reach, struct page_request *request,
                    str *ret_detail)
{
    (void)reach;
    str statement = page_place_text(&rule->put, request);
    if (str_absent(statement) || str_trim(statement).n == 0) {
        *ret_detail = STR("The request has no statement that a clause could follow.");
        return ERR_PAGE_INVALID;
    }
    str parts[] = {statement, STR(" "), clause_text(rule, walk, request->arena)};
    struct json value = json_of_text(arena_join(request->arena, parts, COUNT_OF(parts)));
    return page_place_put(&rule->put, &value, request, ret_detail) ? ERR_NONE
                                                                   : ERR_PAGE_INVALID;
}

const struct page_ops page_query_language_offset = {
    .needs = PAGE_MEMBER_PUT | PAGE_MEMBER_CLAUSE,
    .takes = PAGE_MEMBERS_ALL | PAGE_MEMBER_FIRST | PAGE_MEMBER_ADVANCE,
    .places = PAGE_PLACE(QUERY) | PAGE_PLACE(BODY) | PAGE_PLACE(VARIABLE),
    .goes = "into the query or the body",
    .first = 1,
    .numbered = true,
    .by_record = true,
    .counted = true,
    .check = check,
    .ask = ask,
    .next = page_next_number,
};
