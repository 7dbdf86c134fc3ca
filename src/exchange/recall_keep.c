/*
 * From an answer to an entry. Only a whole one becomes one: an answer that breaks off, or
 * that is longer than what is kept, was only the starter's.
 */
#include "exchange/exchange_steps.h"

#include "loop/world.h"

enum { OWN_HEADERS = 8 };

static bool is_kept_with(const struct headers *from, const struct header *header,
                         bool named)
{
    return caching_keeps_header(header->id) &&
           !(named && header_has_token(from, HEADER_CONNECTION, header->name));
}

/* RFC 9111 §3.1 */
static void copy_kept(const struct headers *from, struct headers *headers)
{
    bool named = header_find(from, HEADER_CONNECTION) != NULL;
    for (uint32_t i = 0; i < from->n; i++)
        if (is_kept_with(from, &from->items[i], named))
            header_copy(headers, &from->items[i]);
}

struct cache_entry *exchange_make_entry(struct exchange *exchange, int status,
                                        const struct headers *headers, str body)
{
    struct recall *recall = &exchange->recall;
    const struct method *method = exchange->method;
    usec now = exchange->worker->now;
    str name[] = {method->resource->name, STR("."), method->name};
    struct cache_entry like = {
        .kind = CACHE_RAW,
        .key = recall->key,
        .stamp = recall->stamp,
        .account = exchange->account->id,
        .environment = exchange->account->environment->id,
        .integration = exchange->integration->name,
        .resource = method->resource->name,
        .method = arena_join(exchange->arena, name, COUNT_OF(name)),
        .status = status,
        .body = str_absent(body) ? STR("") : body,
        .etag = header_value(headers, HEADER_ETAG),
        .last_modified = header_value(headers, HEADER_LAST_MODIFIED),
        .stored = now,
        .stored_wall = world_wall(exchange->worker->world),
        .age = recall->life.age,
        .fresh_until = now + recall->life.fresh,
        .stale_until = now + recall->life.stale,
    };
    like.vary = exchange_recall_vary(exchange, headers, like.variant);
    headers_init(&like.headers, exchange->arena, headers->n + OWN_HEADERS);
    copy_kept(headers, &like.headers);
    exchange->outcome.fresh_until = like.fresh_until;
    return cache_entry_create(&like);
}

/* --- along the way --- */

/* What was kept along is let go, and its room with it. */
static void empty_tee(struct exchange *exchange)
{
    struct buf *tee = &exchange->recall.tee;
    if (tee->n)
        cache_unbook(exchange->env->cache, tee->n);
    exchange->recall.teeing = false;
    buf_fini(tee);
    buf_init(tee, CACHE_ENTRY_BYTES_MAX);
}

static void drop(struct exchange *exchange)
{
    empty_tee(exchange);
    share_land(&exchange->recall.seat, NULL);
}

static bool may_keep(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    enum outcome_class class = exchange->outcome.class;
    bool good = class == OUTCOME_OK || class == OUTCOME_NOT_FOUND ||
                class == OUTCOME_CLIENT || class == OUTCOME_SERVER_REFUSAL;
    return recall->keyed && exchange->request.cache.keeps && !recall->young && good &&
           exchange->outcome.vendor_status == exchange->outcome.status &&
           exchange->answer.content_length <= CACHE_ENTRY_BYTES_MAX &&
           caching_may_keep(exchange->method->caching, exchange->answer.status,
                            exchange->answer.headers, world_wall(exchange->worker->world),
                            &recall->life);
}

void exchange_begin_keep(struct exchange *exchange)
{
    if (!may_keep(exchange)) {
        drop(exchange);
        return;
    }
    exchange->recall.teeing = true;
    exchange_tee(exchange, buf_peek(&exchange->inspected));
    if (exchange->call_over)
        exchange_end_keep(exchange, true);
}

void exchange_tee(struct exchange *exchange, str chunk)
{
    struct buf *tee = &exchange->recall.tee;
    if (!exchange->recall.teeing)
        return;
    if (tee->n + chunk.n > CACHE_ENTRY_BYTES_MAX ||
        !cache_book(exchange->env->cache, chunk.n))
        drop(exchange);
    else
        buf_str(tee, chunk);
}

/* Trailers would be told only to the first. */
void exchange_end_keep(struct exchange *exchange, bool whole)
{
    struct recall *recall = &exchange->recall;
    if (!recall->teeing)
        return;
    if (!whole || (exchange->answer.trailers && exchange->answer.trailers->n)) {
        drop(exchange);
        return;
    }
    struct cache_entry *entry =
        exchange_make_entry(exchange, exchange->answer.status, exchange->answer.headers,
                            buf_peek(&recall->tee));
    empty_tee(exchange);
    share_land(&recall->seat, entry);
    cache_put(exchange->env->cache, entry, exchange->account);
}
