/*
 * An answer out of the cache, to the starter, as one of the vendor's would come: its
 * head, then its body in pieces while he takes them. The bytes stay where they are.
 */
#include "exchange/exchange_steps.h"

#include "loop/world.h"

enum { PIECE_BYTES = 64 * 1024 };

enum exchange_step exchange_give(struct exchange *exchange, struct cache_entry *entry,
                                 enum freshness as)
{
    cache_entry_unref(&exchange->recall.given);
    exchange->recall.given = entry;
    exchange->recall.as = as;
    return EXCHANGE_REPLAY;
}

/* The caller has that very answer (RFC 9110 §15.4.5). */
static bool has_it(const struct exchange *exchange, const struct cache_entry *entry)
{
    return entry->status == 200 &&
           caching_is_same(exchange->request.headers, entry->etag, entry->last_modified,
                           world_wall(exchange->worker->world));
}

static void fill_outcome(struct exchange *exchange, const struct cache_entry *entry,
                         int status)
{
    struct outcome *outcome = &exchange->outcome;
    outcome->class = OUTCOME_OK;
    outcome->err = ERR_NONE;
    outcome->status = outcome->vendor_status = status;
    outcome->freshness = exchange->recall.as;
    outcome->age = cache_entry_age(entry, exchange->worker->now);
    outcome->fresh_until =
        exchange->recall.as == FRESHNESS_STALE ? 0 : entry->fresh_until;
    if (exchange->recall.as != FRESHNESS_LIVE) {
        outcome->throttle = (struct throttle){.wait = -1};
        outcome->retry_after = -1;
    }
}

static void fill_answer(struct exchange *exchange, const struct cache_entry *entry,
                        int status)
{
    bool same = status != entry->status;
    exchange->answer.status = status;
    exchange->answer.headers = &entry->headers;
    exchange->answer.content_length = same ? -1 : (int64_t)entry->body.n;
    exchange->answer.trailers = NULL;
    exchange->answer.large = false;
    exchange->answer.body = entry->body;
    exchange->answer.whole = exchange->request.want_whole && !same;
    if (exchange->answer.whole)
        exchange->outcome.inspected = exchange_read_body(exchange, &entry->headers);
    exchange->recall.at = same ? entry->body.n : 0;
}

void exchange_enter_replay(struct exchange *exchange)
{
    const struct cache_entry *entry = exchange->recall.given;
    int status = has_it(exchange, entry) ? 304 : entry->status;
    exchange->recall.held = false;
    fill_outcome(exchange, entry, status);
    fill_answer(exchange, entry, status);
    exchange->ops->on_answer(exchange);
    if (exchange->step == EXCHANGE_REPLAY)
        exchange_go_on_replaying(exchange);
}

void exchange_go_on_replaying(struct exchange *exchange)
{
    struct recall *recall = &exchange->recall;
    str body = recall->given->body;
    while (exchange->step == EXCHANGE_REPLAY && !recall->held && recall->at < body.n) {
        str piece = str_from(body, recall->at);
        if (piece.n > PIECE_BYTES)
            piece.n = PIECE_BYTES;
        recall->at += piece.n;
        if (exchange->ops->on_body)
            exchange->ops->on_body(exchange, piece);
    }
    if (exchange->step == EXCHANGE_REPLAY && recall->at == body.n)
        exchange_move(exchange, EXCHANGE_DONE);
}
