/*
 * The unified answer as it left, kept beside the vendor's answers that it was made of: a
 * read that is repeated is neither asked nor mapped again. It belongs to one version of
 * the effective document. Under another one it is made anew, out of what is kept of the
 * vendor's answers and so without a call, while those are fresh.
 */
#include "cache/cache_key.h"
#include "gate/unify.h"
#include "loop/world.h"

/* What a get does and a list does not ask for is told apart by the path. */
static bool make_key(struct visit *visit, struct cache_key *ret_key)
{
    struct cache_key_parts parts;
    cache_key_begin(&parts);
    cache_key_put(&parts, STR("unified"));
    cache_key_put_identity(&parts, visit->account, visit->way->name);
    cache_key_put(&parts, visit->path);
    cache_key_put_query(&parts, visit->query, STR("account"), visit->arena);
    return cache_key_end(&parts, ret_key);
}

static bool takes_part(const struct visit *visit)
{
    enum mapping_kind kind = mapping_operation_kind(visit->unify->kind);
    return visit->gate->exchange.cache &&
           (kind == MAPPING_LISTS || kind == MAPPING_READS) && !visit->unify->all &&
           visit->method;
}

/* Within what the caller still takes for fresh. */
static bool is_wanted(const struct visit *visit, const struct recall_wish *wish,
                      const struct cache_entry *entry)
{
    usec now = visit->in->worker->now;
    return str_eq(entry->tag, visit->integration->hash) &&
           cache_is_fresh(visit->gate->exchange.cache, entry, now) &&
           (!wish->age_max || cache_entry_age(entry, now) <= wish->age_max);
}

bool unify_recall(struct visit *visit)
{
    struct unify *unify = visit->unify;
    struct cache *cache = visit->gate->exchange.cache;
    struct recall_wish wish = visit_recall_wish(visit);
    if (!takes_part(visit) || (!wish.fresh && !wish.keeps) ||
        !make_key(visit, &unify->key))
        return false;
    unify->keyed = wish.keeps;
    unify->stamp = cache_stamp(cache, visit->account, visit->method->resource->name);
    if (!wish.fresh)
        return false;
    visit->recalled = cache_find(cache, &visit->account->environment->id, &unify->key,
                                 visit->in->worker->now);
    if (visit->recalled && !is_wanted(visit, &wish, visit->recalled))
        cache_entry_unref(&visit->recalled);
    return visit->recalled != NULL;
}

void unify_reply_recalled(struct visit *visit)
{
    const struct cache_entry *entry = visit->recalled;
    struct outcome *outcome = arena_zalloc(visit->arena, sizeof(*outcome));
    outcome->freshness = FRESHNESS_FRESH;
    outcome->age = cache_entry_age(entry, visit->in->worker->now);
    outcome->retry_after = -1;
    visit->outcome = outcome;
    unify_answer(visit, entry->status, STR("application/json"), (int64_t)entry->body.n);
    visit->rest = entry->body;
    visit_put_rest(visit);
}

/* As long as the least of what it was made of. */
void unify_keep(struct visit *visit, str text)
{
    const struct unify *unify = visit->unify;
    const struct outcome *outcome = &unify->operation.outcome;
    usec now = visit->in->worker->now;
    if (!unify->keyed || outcome->fresh_until == USEC_NEVER ||
        outcome->fresh_until <= now || text.n > CACHE_ENTRY_BYTES_MAX)
        return;
    struct cache_entry like = {.kind = CACHE_MAPPED,
                               .key = unify->key,
                               .stamp = unify->stamp,
                               .account = visit->account->id,
                               .environment = visit->account->environment->id,
                               .integration = visit->integration->name,
                               .resource = visit->method->resource->name,
                               .method = visit->path,
                               .tag = visit->integration->hash,
                               .status = 200,
                               .body = text,
                               .stored = now,
                               .stored_wall = world_wall(visit->in->worker->world),
                               .age = outcome->age,
                               .fresh_until = outcome->fresh_until};
    cache_put(visit->gate->exchange.cache, cache_entry_create(&like), visit->account);
}
