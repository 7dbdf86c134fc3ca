/*
 * Pages: what an answer means for the walk, and how many of its records are told.
 */
#include "operation/operation_steps.h"

enum { SMALLER_MAX = 4 };

static bool allows(const void *integration, const struct url *url)
{
    return integration_allows(integration, url);
}

struct page_reach operation_reach(const struct operation *operation)
{
    const struct auth_rule *rule = &operation->way->rule;
    return (struct page_reach){
        .base = &operation->base,
        .request = operation->answered ? &operation->exchange.call.url : NULL,
        .allows = allows,
        .arg = operation->integration,
        .credential = rule->scheme == AUTH_query ? rule->query : STR_NONE,
    };
}

uint32_t operation_page_size(const struct page_rule *rule, uint64_t wanted)
{
    uint32_t most = rule->size.max;
    if (wanted == 0 || wanted > UINT32_MAX)
        return most;
    if (most == 0 || wanted <= most)
        return (uint32_t)wanted;
    uint64_t pages = (wanted + most - 1) / most;
    return (uint32_t)((wanted + pages - 1) / pages);
}

/* The walk's texts stand in the page that told them, which goes. */
static void keep_walk(struct operation *operation, const struct walk *walk)
{
    struct arena *arena = &operation->walks[operation->walk_at ^= 1];
    arena_reset(arena);
    operation->walk = walk_copy(arena, walk);
}

static bool has_enough(const struct operation *operation)
{
    uint64_t wanted = operation->wish.wanted;
    return wanted && operation->told >= wanted;
}

static bool is_over(const struct operation *operation)
{
    uint32_t form = operation->walk.at.form;
    if (form == POSITION_END || has_enough(operation))
        return true;
    return operation->wish.wanted &&
           (form == POSITION_BEYOND || operation->pages >= OPERATION_PAGES_MAX);
}

static bool is_at_fault(const struct operation *operation)
{
    return operation->faults && operation->wish.stop_at_fault;
}

/* How many of its records were told: all, but for what ends it early. */
static uint32_t tell_page(struct operation *operation, const struct json *records)
{
    uint32_t i = 0;
    while (i < records->n && !has_enough(operation) && !is_at_fault(operation) &&
           operation_tell(operation, &records->u.items[i]))
        i++;
    return i;
}

/* A page that is too much for the vendor or for us: a smaller one, where that is
 * possible. */
static bool goes_smaller(struct operation *operation)
{
    const struct page_rule *rule = operation_rule(operation);
    uint32_t size = operation->walk.size ? operation->walk.size : rule->size.standard;
    if (operation->smaller >= SMALLER_MAX || size < 2 || rule->size.put.in == PLACE_NONE)
        return false;
    operation->smaller++;
    return walk_resize(rule, size / 2, &operation->walk) && operation->walk.size < size;
}

enum operation_step operation_read_page(struct operation *operation)
{
    struct walk before = operation->walk, walk = operation->walk;
    struct page_reach reach = operation_reach(operation);
    struct page page;
    enum err err = walk_read(operation_rule(operation), &walk, &reach, &operation->answer,
                             &operation->page, &page);
    if (err)
        return operation_fail(operation, err, page.detail);
    operation->pages++;
    if (page.total >= 0)
        operation->total = page.total;
    uint32_t told = tell_page(operation, &page.records);
    if (told < page.records.n)
        walk = walk_cut(&before, told);
    keep_walk(operation, &walk);
    if (is_at_fault(operation))
        return operation_fail(operation, ERR_MAPPING_FAILED, operation->fault);
    if (told == 0 && page.records.n && !has_enough(operation))
        return operation_fail(operation, ERR_PAGE_INVALID,
                              STR("A record is too large to be told."));
    bool more = operation->ops->on_page(operation);
    if (is_over(operation))
        return OPERATION_DONE;
    return more ? OPERATION_MAKE : OPERATION_HELD;
}

enum operation_step operation_read_large(struct operation *operation)
{
    if (goes_smaller(operation))
        return OPERATION_MAKE;
    return operation_fail(
        operation, ERR_PAGE_INVALID,
        STR("A page is larger than 8 MiB, and cannot be made smaller."));
}

/* A vendor in trouble over a page may be able to give half of it. */
static bool was_too_much(enum outcome_class class)
{
    return class == OUTCOME_SERVER || class == OUTCOME_TIMEOUT;
}

enum operation_step operation_read_refusal(struct operation *operation)
{
    const struct outcome *outcome = &operation->outcome;
    bool answered = operation->answered && !outcome->cut;
    enum walk_verdict verdict = WALK_OTHER;
    if (answered)
        verdict = walk_refused(operation_rule(operation), &operation->walk,
                               &operation->answer, &operation->page);
    switch (verdict) {
    case WALK_AGAIN: {
        struct walk walk = operation->walk;
        keep_walk(operation, &walk);
        return OPERATION_MAKE;
    }
    case WALK_EXPIRED:
    case WALK_DELTA_EXPIRED:
        return operation_fail(operation, ERR_CURSOR_EXPIRED, STR_NONE);
    case WALK_OTHER:
        break;
    }
    if (was_too_much(outcome->class) && goes_smaller(operation))
        return OPERATION_MAKE;
    operation->refused = answered;
    if (answered)
        return OPERATION_DONE;
    return operation_fail(operation, outcome->err ? outcome->err : ERR_UPSTREAM_RESET,
                          outcome->detail);
}
