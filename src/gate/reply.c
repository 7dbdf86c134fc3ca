/*
 * The vendor's answer as the caller gets it: every end-to-end header in its place, ours
 * added, colliding ones moved aside, links turned. The body streams behind it, unless the
 * caller asked for problem documents or a body's links have to be turned.
 */
#include "gate/visit.h"

#include "base/encode.h"
#include "gate/keep.h"
#include "gate/unify.h"

enum { OWN_HEADERS = 20, PIECE_BYTES = 64 * 1024 };

static void add_aside(struct visit *visit, struct headers *headers,
                      const struct header *header)
{
    str parts[] = {STR("X-Upstream-"), header->name};
    header_add_name(headers, arena_join(visit->arena, parts, 2), header->value);
}

static void copy_headers(struct visit *visit, const struct headers *from,
                         struct headers *headers)
{
    bool relink = visit_rewrite(visit)->headers;
    bool named = header_find(from, HEADER_CONNECTION) != NULL;
    for (uint32_t i = 0; i < from->n; i++) {
        struct header header = from->items[i];
        unsigned flags = header_flags(header.id);
        if ((flags & HEADER_HOP) || header.id == HEADER_CONTENT_LENGTH ||
            (named && header_has_token(from, HEADER_CONNECTION, header.name)))
            continue;
        if (flags & HEADER_TAKEN) {
            add_aside(visit, headers, &header);
            continue;
        }
        if (relink)
            header.value = visit_relink_header(visit, &header);
        header_copy(headers, &header);
    }
}

void visit_inform(struct visit *visit, const struct message_head *head)
{
    struct headers headers;
    headers_init(&headers, visit->arena, head->headers.n);
    copy_headers(visit, &head->headers, &headers);
    inbound_inform(visit->in, head->status, &headers);
}

static char *put_text(char *at, str text)
{
    memcpy(at, text.p, text.n);
    return at + text.n;
}

/* `name` and a time in milliseconds, to the microsecond. */
static char *put_time(char *at, str name, usec took)
{
    at = put_text(at, name);
    at += encode_decimal(took / USEC_MS, at);
    *at++ = '.';
    *at++ = (char)('0' + took % USEC_MS / 100);
    *at++ = (char)('0' + took % 100 / 10);
    *at++ = (char)('0' + took % 10);
    return at;
}

/* Server-Timing (W3C): what the gateway took, what was spent waiting here, what the
 * vendor took and, where a call waited for the caller's body, what he took; in
 * milliseconds. */
static str timing(struct visit *visit)
{
    const struct outcome *outcome = visit->outcome;
    usec total = visit->in->worker->now - visit->in->began;
    usec upstream = outcome ? outcome->upstream : 0;
    usec queue = outcome ? outcome->queued : 0;
    usec caller = outcome ? outcome->starved : 0;
    usec own = usec_max(total - upstream - queue - caller, 0);
    char *text = arena_bytes(visit->arena, 200);
    char *at = put_time(text, STR("gateway;dur="), own);
    at = put_time(at, STR(", queue;dur="), queue);
    at = put_time(at, STR(", upstream;dur="), upstream);
    if (caller)
        at = put_time(at, STR(", caller;dur="), caller);
    return str_of(text, (size_t)(at - text));
}

void visit_add_own_headers(struct visit *visit, struct headers *headers)
{
    const struct outcome *outcome = visit->outcome;
    header_add(headers, HEADER_X_REQUEST_ID, str_z(visit->request_id));
    header_add(headers, HEADER_SERVER_TIMING, timing(visit));
    keep_add_headers(visit, headers);
    if (!outcome)
        return;
    header_add_int(headers, HEADER_X_BREAKWATER_ATTEMPTS, outcome->attempts);
    header_add(headers, HEADER_X_BREAKWATER_BREAKER,
               breaker_state_word(outcome->breaker));
    if (outcome->class != OUTCOME_OK)
        header_add(headers, HEADER_X_BREAKWATER_CLASS, outcome_word(outcome->class));
}

void visit_add_normalized(struct visit *visit, struct headers *headers)
{
    const struct outcome *outcome = visit->outcome;
    visit_add_freshness(visit, headers);
    if (outcome->throttle.n)
        quota_headers(&outcome->throttle, headers);
    if (outcome->status != outcome->vendor_status)
        header_add_int(headers, HEADER_X_UPSTREAM_STATUS, outcome->vendor_status);
    if (outcome->throttle.throttled || outcome->retry_after >= 0)
        header_add_int(headers, HEADER_RETRY_AFTER, usec_ceil_s(outcome->retry_after));
}

/* What is worth a word to whoever wonders. */
static void add_notes(struct visit *visit, struct headers *headers)
{
    const struct outcome *outcome = visit->outcome;
    if (visit->body.mode == BODY_STREAM)
        header_add(headers, HEADER_X_BREAKWATER_NOTE,
                   STR("body too large to be repeated"));
    if (outcome->class == OUTCOME_SERVER && outcome->no_retry != RETRY_WHY_CLASS) {
        str parts[] = {STR("not retried: "), retry_why_word(outcome->no_retry)};
        header_add(headers, HEADER_X_BREAKWATER_NOTE, arena_join(visit->arena, parts, 2));
    }
    if (visit->links_stay ||
        (visit->exchange.request.want_whole && visit->exchange.answer.large))
        header_add(headers, HEADER_X_BREAKWATER_NOTE,
                   STR("links in the body are the vendor's"));
}

/* The body with its links turned, or absent when it stays as it is. */
static str turned_body(struct visit *visit, struct headers *headers)
{
    const struct rewrite *rewrite = visit_rewrite(visit);
    if (rewrite->body.n == 0 || !visit->exchange.answer.json)
        return STR_NONE;
    str body = visit_relink_body(visit, &rewrite->body);
    if (!str_absent(body))
        header_remove(headers, HEADER_CONTENT_ENCODING);
    return body;
}

static void reply_turned(struct visit *visit, const struct headers *headers, str body)
{
    struct reply reply = {visit->status, headers, (int64_t)body.n};
    visit->body_replaced = true;
    inbound_reply(visit->in, &reply);
    visit->rest = body;
    visit_put_rest(visit);
}

void visit_put_rest(struct visit *visit)
{
    while (visit->rest.n) {
        size_t n = visit->rest.n < PIECE_BYTES ? visit->rest.n : PIECE_BYTES;
        str piece = str_of(visit->rest.p, n);
        visit->rest = str_from(visit->rest, n);
        visit->bytes_out += n;
        if (!inbound_write(visit->in, piece))
            return;
    }
}

void visit_reply(struct visit *visit)
{
    const struct exchange *exchange = &visit->exchange;
    const struct outcome *outcome = &exchange->outcome;
    struct headers headers;
    if (visit->unify) {
        unify_reply(visit);
        return;
    }
    if (visit->gone)
        return;
    visit->status = outcome->status;
    visit->answered = true;
    if (visit->wishes.problems && outcome->class != OUTCOME_OK && outcome->inspected) {
        visit->body_replaced = true;
        visit_vendor_problem(visit);
        return;
    }
    headers_init(&headers, visit->arena, exchange->answer.headers->n + OWN_HEADERS);
    copy_headers(visit, exchange->answer.headers, &headers);
    visit_add_own_headers(visit, &headers);
    visit_add_normalized(visit, &headers);
    str body = turned_body(visit, &headers);
    add_notes(visit, &headers);
    if (!str_absent(body)) {
        reply_turned(visit, &headers, body);
        return;
    }
    struct reply reply = {outcome->status, &headers, exchange->answer.content_length};
    inbound_reply(visit->in, &reply);
}
