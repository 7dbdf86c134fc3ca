/*
 * What a caller gets of the cache of reads (SPEC 6.1): on the unified API all of it, on
 * the pass-through what stands in for a vendor that cannot answer, unless the caller or
 * the document says otherwise (2.1a). His own Cache-Control is heard (RFC 9111 §5.2.1).
 */
#include "gate/unify.h"

/* An exchange looks at what it is about to do again (exchange/recall.c); a request that
 * is matched to no method is never looked up. */
static enum caching_reach reach_of(const struct visit *visit)
{
    const struct wishes *wishes = &visit->wishes;
    if (wishes->cache_given)
        return wishes->cache;
    if (visit->unify && visit->unify->all)
        return CACHING_OFF; /* a walk through all there is would be of many moments */
    if (visit->route == GATE_UNIFIED)
        return CACHING_FRESH;
    return visit->method ? (enum caching_reach)visit->method->caching->proxy
                         : CACHING_OFF;
}

struct recall_wish visit_recall_wish(const struct visit *visit)
{
    enum caching_reach reach = reach_of(visit);
    struct caching_control control;
    caching_control_read(&visit->in->head.headers, &control);
    bool bypass = control.no_cache || control.max_age == 0;
    struct recall_wish wish = {
        .fresh = reach == CACHING_FRESH && !bypass,
        .stale = reach != CACHING_OFF && !bypass,
        .keeps = reach != CACHING_OFF && !control.no_store,
        .on_limit = visit->wishes.stale_on_limit,
        .age_max = control.max_age > 0 ? control.max_age : 0,
        .only = visit->only_cache,
        .only_detail = visit->account->state_reason,
    };
    return wish;
}

void visit_add_freshness(struct visit *visit, struct headers *headers)
{
    const struct outcome *outcome = visit->outcome;
    enum freshness freshness = outcome ? outcome->freshness : FRESHNESS_LIVE;
    header_add(headers, HEADER_X_DATA_FRESHNESS, str_z(freshness_words[freshness]));
    if (freshness != FRESHNESS_LIVE)
        header_add_int(headers, HEADER_AGE, outcome->age / USEC_S);
    if (freshness == FRESHNESS_STALE && outcome->failed != OUTCOME_OK) {
        str parts[] = {STR("stale after: "), outcome_word(outcome->failed)};
        header_add(headers, HEADER_X_BREAKWATER_NOTE, arena_join(visit->arena, parts, 2));
    }
}
