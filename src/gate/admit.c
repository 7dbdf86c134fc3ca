/*
 * From the caller's request to the exchange's: headers that are not the vendor's business
 * are left out (RFC 9110 §7.6.1), the key is taken out of the place where the vendor's
 * own credential will stand, and the path is matched to a method of the integration.
 */
#include "gate/visit.h"

#include "base/encode.h"
#include "gate/keep.h"
#include "gate/unify.h"
#include "loop/world.h"

enum { TRACEPARENT_CHARS = 55, TRACE_ID_CHARS = 32, PARENT_ID_CHARS = 16 };

/* Headers about the way to us, not about the request. */
static bool stays_here(enum header_id id)
{
    switch ((unsigned)id) {
    case HEADER_HOST:
    case HEADER_CONTENT_LENGTH:
    case HEADER_EXPECT:
    case HEADER_FORWARDED:
    case HEADER_X_FORWARDED_FOR:
    case HEADER_X_FORWARDED_HOST:
    case HEADER_X_FORWARDED_PROTO:
    case HEADER_TRACEPARENT:
        return true;
    default:
        return (header_flags(id) & (HEADER_HOP | HEADER_OURS)) != 0;
    }
}

/* Addressed to Breakwater, though it knows no such header. */
static bool is_unknown_wish(const struct header *header)
{
    return header->id == HEADER_OTHER &&
           str_starts_nocase(header->name, STR("X-Breakwater-"));
}

static void copy_headers(struct visit *visit)
{
    const struct headers *from = &visit->in->head.headers;
    bool named = header_find(from, HEADER_CONNECTION) != NULL;
    headers_init(&visit->headers, visit->arena, from->n + 3);
    for (uint32_t i = 0; i < from->n; i++) {
        const struct header *header = &from->items[i];
        if (stays_here(header->id) || is_unknown_wish(header))
            continue;
        if (named && header_has_token(from, HEADER_CONNECTION, header->name))
            continue;
        visit->headers.items[visit->headers.n++] = *header;
    }
}

/* The key, and whatever else stands where the vendor's credential belongs. A key that was
 * found by its form must be the one that stood there: anywhere else it would go on to the
 * vendor. */
static bool take_credential(struct visit *visit)
{
    struct auth_request request = {
        .arena = visit->arena, .headers = &visit->headers, .query = visit->query};
    str key = auth_take_key(&visit->way->rule, &request);
    visit->query = request.query;
    return str_absent(visit->key_by_form) || str_eq(key, visit->key_by_form);
}

/* /~host[:port]/path, as rewritten links to other allowed hosts have it. */
static void read_host(struct visit *visit)
{
    if (!str_starts(visit->path, STR("/~")))
        return;
    str rest = str_from(visit->path, 2);
    size_t slash = str_find(rest, '/');
    visit->host = str_of(rest.p, slash);
    visit->path = slash < rest.n ? str_from(rest, slash) : STR("/");
}

static bool is_lower_hex(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (decode_hex_digit(s.p[i]) < 0 || (s.p[i] >= 'A' && s.p[i] <= 'F'))
            return false;
    return true;
}

/* An id of zeroes is none. */
static bool is_trace_id(str s)
{
    size_t zeroes = 0;
    while (zeroes < s.n && s.p[zeroes] == '0')
        zeroes++;
    return zeroes < s.n && is_lower_hex(s);
}

/* W3C Trace Context §3.2: version-trace-parent-flags. The trace goes on with a span of
 * our own; what cannot be read is passed on as nothing. */
str visit_continue_trace(struct visit *visit)
{
    str value = header_value(&visit->in->head.headers, HEADER_TRACEPARENT);
    uint8_t span[8];
    if (value.n != TRACEPARENT_CHARS || !str_starts(value, STR("00-")) ||
        value.p[35] != '-' || value.p[52] != '-')
        return STR_NONE;
    str trace = str_of(value.p + 3, TRACE_ID_CHARS);
    if (!is_trace_id(trace) || !is_trace_id(str_of(value.p + 36, PARENT_ID_CHARS)) ||
        !is_lower_hex(str_of(value.p + 53, 2)))
        return STR_NONE;
    struct world *world = visit->in->worker->world;
    world->ops->random(world, span, sizeof(span));
    visit->trace_id = trace;
    str parts[] = {STR("00-"), trace, STR("-"),
                   encode_hex(visit->arena, str_of((char *)span, sizeof(span))),
                   str_from(value, 52)};
    return arena_join(visit->arena, parts, COUNT_OF(parts));
}

/* A key in the body is not looked for: it may be large, and has not come yet. */
static bool carries_key(struct visit *visit)
{
    const struct idempotency *idempotency =
        integration_idempotency(visit->integration, visit->method);
    struct idempotency_place place = {.headers = &visit->headers, .query = visit->query};
    return !str_absent(idempotency_key(idempotency, &place, visit->arena));
}

static void fill_request(struct visit *visit)
{
    const struct inbound *in = visit->in;
    const struct wishes *wishes = &visit->wishes;
    bool has_body = in->head.chunked || in->head.content_length > 0;
    visit->exchange.request = (struct exchange_request){
        .verb = in->head.method,
        .path = visit->path,
        .query = visit->query,
        .host = visit->host,
        .headers = &visit->headers,
        .body = has_body ? &visit->body : NULL,
        .body_bytes = in->head.chunked ? CALL_BODY_CHUNKED : in->head.content_length,
        .expect_continue = in->expects,
        .trailers_wanted =
            header_has_token(&in->head.headers, HEADER_TE, STR("trailers")),
        .traceparent = visit_continue_trace(visit),
        .deadline = wishes->deadline < 0 ? USEC_NEVER : in->began + wishes->deadline,
        .wait_on_limit = wishes->wait_on_limit,
        .refuse_on_limit = wishes->refuse_on_limit,
        .background = wishes->background,
        .single_attempt = wishes->single_attempt,
        .keyed = carries_key(visit),
        .want_whole = visit_rewrite(visit)->body.n > 0,
        .cache = visit_recall_wish(visit),
    };
}

static bool refused_method(str method)
{
    return str_eq(method, STR("CONNECT")) || str_eq(method, STR("TRACE"));
}

enum visit_step visit_admit(struct visit *visit)
{
    struct inbound *in = visit->in;
    if (visit->route == GATE_UNIFIED)
        return unify_admit(visit);
    if (refused_method(in->head.method) || visit->path.p[0] != '/')
        return visit_no(visit, ERR_METHOD_NOT_ALLOWED, STR_NONE, -1);
    if (!visit_read_wishes(visit))
        return VISIT_REFUSE;
    copy_headers(visit);
    if (!take_credential(visit))
        return visit_no(visit, ERR_KEY_MISSING,
                        STR("The key stands where this integration has no credential."),
                        -1);
    read_host(visit);
    if (str_absent(visit->host))
        visit->method =
            integration_method(visit->integration, in->head.method, visit->path);
    if (visit->wishes.pages)
        return unify_admit_pages(visit);
    struct exchange *exchange = &visit->exchange;
    exchange_init(exchange, &visit->gate->exchange, in->worker, visit->arena);
    exchange->pin = visit->pin;
    exchange->integration = visit->integration;
    exchange->account = visit->account;
    exchange->method = visit->method;
    fill_request(visit);
    return keep_admit(visit, VISIT_EXCHANGE);
}
