/*
 * The cache of reads, before the vendor and instead of it.
 *
 * With a stale copy at hand the vendor gets one try of two seconds. If that fails, the
 * copy is answered, the vendor is not asked about it for the hold-off, and one request
 * goes on behind (refresh.c) with all the time and all the tries that there are.
 */
#include "exchange/exchange_steps.h"

#include "loop/world.h"

static const usec try_max = 2 * USEC_S; /* SPEC 4.5 */
static const usec young_max = 30 * USEC_S;

const char *const freshness_words[] = {"live", "fresh", "stale", "synced", NULL};

/* --- what is there --- */

static bool takes_part(const struct exchange *exchange)
{
    const struct recall_wish *wish = &exchange->request.cache;
    const struct method *method = exchange->method;
    return exchange->env->cache && (wish->fresh || wish->stale || wish->keeps) &&
           method && method->safe && str_eq(method->verb, exchange->request.verb) &&
           !caching_is_partial(exchange->request.headers);
}

static const struct caching *rule_of(const struct exchange *exchange)
{
    return exchange->method->caching;
}

/* A document that was changed since may allow less. */
static bool is_within(const struct exchange *exchange, const struct cache_entry *entry,
                      usec life)
{
    return exchange->worker->now - entry->stored < life;
}

static bool is_fresh_enough(const struct exchange *exchange,
                            const struct cache_entry *entry)
{
    const struct recall_wish *wish = &exchange->request.cache;
    usec now = exchange->worker->now;
    return wish->fresh && is_within(exchange, entry, rule_of(exchange)->fresh) &&
           cache_is_fresh(exchange->env->cache, entry, now) &&
           (!wish->age_max || cache_entry_age(entry, now) <= wish->age_max);
}

/* The entry of this request; NULL: there is none. */
static struct cache_entry *look_up(struct exchange *exchange)
{
    const struct tenant_id *environment = &exchange->account->environment->id;
    struct cache_entry *entry = cache_find(exchange->env->cache, environment,
                                           &exchange->recall.key, exchange->worker->now);
    if (entry && !exchange_recall_fits(exchange, entry))
        cache_entry_unref(&entry);
    return entry;
}

/* Kept at hand, if it may stand in for the vendor, or be renewed by it. */
static void take_copy(struct exchange *exchange, struct cache_entry *entry)
{
    struct recall *recall = &exchange->recall;
    usec now = exchange->worker->now;
    const struct recall_wish *wish = &exchange->request.cache;
    bool stands_in = wish->stale && now < entry->stale_until &&
                     is_within(exchange, entry, rule_of(exchange)->stale);
    cache_entry_unref(&recall->copy);
    recall->try_until = USEC_NEVER;
    if (!stands_in && !wish->renews) {
        cache_entry_unref(&entry);
        return;
    }
    recall->copy = entry;
    if (stands_in && !wish->only)
        recall->try_until = now + try_max;
}

static enum exchange_step give_copy(struct exchange *exchange)
{
    struct cache_entry *copy = exchange->recall.copy;
    exchange->recall.copy = NULL;
    return exchange_give(exchange, copy, FRESHNESS_STALE);
}

static bool is_held_off(const struct exchange *exchange)
{
    const struct cache_entry *copy = exchange->recall.copy;
    return copy && atomic_load_explicit(&copy->hold_until, memory_order_relaxed) >
                       exchange->worker->now;
}

/* Whoever is never answered a fresh copy needs no newer one at each call: to keep, seal
 * and write what was kept a moment ago would cost more than to pass it on. */
static bool is_young(const struct exchange *exchange, const struct cache_entry *entry)
{
    const struct recall_wish *wish = &exchange->request.cache;
    return wish->stale && !wish->fresh && is_within(exchange, entry, young_max) &&
           cache_is_current(exchange->env->cache, entry);
}

/* --- the same read under way --- */

static void on_heard(void *owner, enum share_word word, struct cache_entry *entry)
{
    struct exchange *exchange = owner;
    CHECK(exchange->step == EXCHANGE_SHARE);
    timer_cancel(&exchange->timer);
    exchange->outcome.queued += exchange->worker->now - exchange->step_began;
    if (word == SHARE_LEAD) {
        exchange_move(exchange, EXCHANGE_CREDENTIAL);
        return;
    }
    exchange->recall.seat = NULL;
    exchange->recall.alone = true;
    if (word == SHARE_LANDED && exchange_recall_fits(exchange, entry)) {
        exchange_move(exchange, exchange_give(exchange, entry, FRESHNESS_FRESH));
        return;
    }
    cache_entry_unref(&entry);
    exchange_move(exchange, EXCHANGE_RECALL);
}

static enum exchange_step join_share(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    struct share_asker asker = {
        .worker = exchange->worker, .heard = on_heard, .owner = exchange};
    if (recall->alone || !exchange->request.cache.fresh || !exchange->request.cache.keeps)
        return EXCHANGE_CREDENTIAL;
    enum share_word word = share_join(exchange->env->shares, &recall->key, &recall->stamp,
                                      &asker, &recall->seat);
    return word == SHARE_LEAD ? EXCHANGE_CREDENTIAL : EXCHANGE_SHARE;
}

void exchange_enter_share(struct exchange *exchange)
{
    exchange->step_began = exchange->worker->now;
    timer_start_at(&exchange->timer, exchange_deadline(exchange));
}

/* The one who leads may be slower than this one can wait for. */
void exchange_end_share(struct exchange *exchange)
{
    bool own = exchange->request.deadline <= exchange->worker->now;
    share_leave(&exchange->recall.seat);
    exchange->outcome.class = own ? OUTCOME_CANCELLED : OUTCOME_TIMEOUT;
    exchange_move(exchange,
                  exchange_fail(exchange,
                                own ? ERR_DEADLINE_EXCEEDED : ERR_UPSTREAM_TIMEOUT,
                                STR("The same read was under way, and did not end in "
                                    "time."),
                                -1));
}

/* --- the step --- */

/* The vendor is not to be asked. */
static enum exchange_step recall_only(struct exchange *exchange)
{
    const struct recall_wish *wish = &exchange->request.cache;
    exchange->outcome.failed = OUTCOME_RECONNECT_REQUIRED;
    if (exchange->recall.copy)
        return give_copy(exchange);
    return exchange_fail(exchange, wish->only, wish->only_detail, -1);
}

static enum exchange_step recall(struct exchange *exchange)
{
    const str resource = exchange->method->resource->name;
    struct cache_entry *entry = look_up(exchange);
    if (entry && is_fresh_enough(exchange, entry))
        return exchange_give(exchange, entry, FRESHNESS_FRESH);
    exchange->recall.young = entry && is_young(exchange, entry);
    if (entry)
        take_copy(exchange, entry);
    if (exchange->request.cache.only)
        return recall_only(exchange);
    if (exchange->request.cache.stale && is_held_off(exchange))
        return give_copy(exchange);
    exchange->recall.stamp =
        cache_stamp(exchange->env->cache, exchange->account, resource);
    return join_share(exchange);
}

enum exchange_step step_recall(struct exchange *exchange)
{
    const struct recall_wish *wish = &exchange->request.cache;
    if (!takes_part(exchange) || !exchange_recall_key(exchange))
        return wish->only ? recall_only(exchange) : EXCHANGE_CREDENTIAL;
    return recall(exchange);
}

/* --- instead of a failure --- */

/* What ends an exchange before or without an answer, and is no fault of the request. */
static bool is_outage(enum err err)
{
    switch ((unsigned)err) {
    case ERR_BREAKER_OPEN:
    case ERR_TOKEN_UNAVAILABLE:
    case ERR_ACCOUNT_NEEDS_REAUTH:
    case ERR_UPSTREAM_DNS:
    case ERR_UPSTREAM_CONNECT:
    case ERR_UPSTREAM_TLS:
    case ERR_UPSTREAM_RESET:
    case ERR_UPSTREAM_INVALID:
    case ERR_UPSTREAM_TIMEOUT:
    case ERR_DEADLINE_EXCEEDED:
        return true;
    default:
        return false;
    }
}

static bool is_limit(const struct exchange *exchange)
{
    enum err err = exchange->outcome.err;
    return exchange->outcome.throttle.throttled || err == ERR_RATE_LIMITED_LOCAL ||
           err == ERR_CONCURRENCY_LIMIT;
}

static bool is_class_of_outage(enum outcome_class class)
{
    return class == OUTCOME_SERVER || class == OUTCOME_TIMEOUT ||
           class == OUTCOME_NETWORK || class == OUTCOME_INVALID;
}

static bool may_stand_in(const struct exchange *exchange, enum exchange_step next)
{
    const struct outcome *outcome = &exchange->outcome;
    bool refused = next == EXCHANGE_ANSWER && outcome->class != OUTCOME_OK;
    bool ended = next == EXCHANGE_DONE && outcome->err;
    if (!exchange->recall.copy || !exchange->request.cache.stale ||
        exchange->step == EXCHANGE_ANSWER || (!refused && !ended))
        return false;
    if (is_limit(exchange))
        return exchange->request.cache.on_limit;
    return ended ? is_outage(outcome->err) : is_class_of_outage(outcome->class);
}

/* Not where the vendor would not be asked, or must not be. */
static bool is_worth_asking_again(const struct exchange *exchange)
{
    return exchange->outcome.attempts > 0 && !is_limit(exchange) &&
           exchange->outcome.err != ERR_ACCOUNT_NEEDS_REAUTH;
}

enum exchange_step exchange_or_copy(struct exchange *exchange, enum exchange_step next)
{
    struct cache_entry *copy = exchange->recall.copy;
    if (!may_stand_in(exchange, next))
        return next;
    exchange->outcome.failed = exchange->outcome.class;
    if (!is_limit(exchange))
        atomic_store_explicit(&copy->hold_until,
                              exchange->worker->now + rule_of(exchange)->hold_off,
                              memory_order_relaxed);
    if (is_worth_asking_again(exchange))
        exchange_refresh(exchange, copy);
    return give_copy(exchange);
}

/* --- asking whether it is still good --- */

/* A caller with conditions of his own gets the vendor's answer to them. */
void exchange_ask_validation(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    const struct cache_entry *copy = recall->copy;
    recall->validates = copy && (copy->etag.n || copy->last_modified.n) &&
                        !caching_is_conditional(exchange->request.headers);
    if (!recall->validates)
        return;
    if (copy->etag.n)
        header_set(&exchange->headers, HEADER_IF_NONE_MATCH, copy->etag);
    if (copy->last_modified.n)
        header_set(&exchange->headers, HEADER_IF_MODIFIED_SINCE, copy->last_modified);
}

/* RFC 9111 §3.2: what the 304 says replaces what is kept, but for what tells of the body
 * that it does not have. */
static struct headers *merge_headers(struct exchange *exchange,
                                     const struct cache_entry *copy)
{
    const struct headers *newer = exchange->answer.headers;
    struct headers *merged = arena_alloc(exchange->arena, sizeof(*merged));
    headers_init(merged, exchange->arena, copy->headers.n + newer->n);
    for (uint32_t i = 0; i < copy->headers.n; i++)
        if (!header_find_name(newer, copy->headers.items[i].name) ||
            str_starts_nocase(copy->headers.items[i].name, STR("Content-")))
            header_copy(merged, &copy->headers.items[i]);
    for (uint32_t i = 0; i < newer->n; i++)
        if (!str_starts_nocase(newer->items[i].name, STR("Content-")))
            header_copy(merged, &newer->items[i]);
    return merged;
}

enum exchange_step exchange_renew_copy(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    struct cache_entry *copy = recall->copy;
    const struct headers *headers = merge_headers(exchange, copy);
    usec wall = world_wall(exchange->worker->world);
    recall->copy = NULL;
    if (!caching_may_keep(rule_of(exchange), copy->status, headers, wall, &recall->life))
        return exchange_give(exchange, copy, FRESHNESS_LIVE);
    struct cache_entry *entry =
        exchange_make_entry(exchange, copy->status, headers, copy->body);
    cache_entry_unref(&copy);
    if (exchange->request.cache.keeps && !recall->young)
        cache_put(exchange->env->cache, cache_entry_ref(entry), exchange->account);
    share_land(&recall->seat, entry);
    return exchange_give(exchange, entry, FRESHNESS_LIVE);
}

/* --- writes --- */

/* An unmatched write may have changed anything of the account's. */
void exchange_note_write(struct exchange *exchange)
{
    const struct method *method = exchange->method;
    const struct outcome *outcome = &exchange->outcome;
    bool harmless =
        outcome->class == OUTCOME_VALIDATION || outcome->class == OUTCOME_NOT_FOUND ||
        outcome->class == OUTCOME_CLIENT || outcome->class == OUTCOME_FORBIDDEN;
    if (!exchange->env->cache || exchange->request.target || exchange_is_safe(exchange) ||
        !exchange->call.sent || (harmless && !exchange->call.fault))
        return;
    cache_invalidate(exchange->env->cache, exchange->account,
                     method ? method->resource->name : STR_NONE);
}

void exchange_forget_recall(struct exchange *exchange)
{
    exchange_end_keep(exchange, false);
    share_leave(&exchange->recall.seat);
}
