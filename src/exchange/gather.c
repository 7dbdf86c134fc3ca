/*
 * A form that the credential signs must be known before the request's first byte leaves
 * (RFC 5849 §3.4.1.3.1), and the body of a search before it is looked for in the cache.
 * It is taken in whole, before anything else is asked for: who waits for a caller's body
 * holds no permit, no place and no token that grows old.
 *
 * More of the body is looked at in a turn of its own (the timer), not inside the call
 * that brought it: what follows may end the exchange, and its starter stands in that
 * call.
 */
#include "exchange/exchange_steps.h"

#include "http/form.h"

enum { FORM_BYTES_MAX = 64 * 1024 };

static bool signs_form(const struct exchange *exchange)
{
    const struct auth_rule *rule = exchange_rule(exchange);
    return rule && auth_ops_of(rule)->signs_form &&
           form_is_body(exchange->request.headers);
}

/* A safe request with a body, such as a search: what it asks for is in that. */
static bool tells_apart(const struct exchange *exchange)
{
    const struct recall_wish *wish = &exchange->request.cache;
    int64_t n = exchange->request.body_bytes;
    return exchange->env->cache && (wish->fresh || wish->stale || wish->keeps) &&
           exchange_is_safe(exchange) && n > 0 && n <= FORM_BYTES_MAX &&
           body_can_rewind(exchange->request.body);
}

bool exchange_must_gather(const struct exchange *exchange)
{
    return exchange->request.body && (signs_form(exchange) || tells_apart(exchange));
}

static void fail(struct exchange *exchange, enum err err, str detail)
{
    timer_cancel(&exchange->timer);
    exchange_move(exchange, exchange_fail(exchange, err, detail, -1));
}

static void fail_late(struct exchange *exchange)
{
    if (exchange->worker->now >= exchange->request.deadline)
        fail(exchange, ERR_DEADLINE_EXCEEDED,
             STR("Your deadline passed before the request's body was complete."));
    else
        fail(exchange, ERR_REQUEST_TIMEOUT,
             STR("The request's body did not end within the total limit."));
}

/* False when it is longer than what is signed. */
static bool take_in(struct exchange *exchange, enum call_pull *ret_pulled)
{
    struct body *body = exchange->request.body;
    str chunk;
    if (exchange->request.body_bytes > FORM_BYTES_MAX)
        return false;
    while ((*ret_pulled = body_pull(body, &chunk)) == CALL_PULL_DATA) {
        if (exchange->inspected.n + chunk.n > FORM_BYTES_MAX || !body_can_rewind(body))
            return false;
        buf_str(&exchange->inspected, chunk);
    }
    return true;
}

void exchange_gather(struct exchange *exchange)
{
    enum call_pull pulled;
    if (exchange->worker->now >= exchange_deadline(exchange)) {
        fail_late(exchange);
        return;
    }
    timer_start_at(&exchange->timer, exchange_deadline(exchange));
    if (!take_in(exchange, &pulled)) {
        fail(exchange, ERR_BODY_TOO_LARGE,
             STR("The auth scheme signs what a form holds, of at most 64 KiB."));
        return;
    }
    if (pulled == CALL_PULL_WAIT)
        return;
    timer_cancel(&exchange->timer);
    exchange->gathered =
        arena_str(exchange->arena,
                  exchange->inspected.n ? buf_peek(&exchange->inspected) : STR(""));
    buf_clear(&exchange->inspected);
    body_rewind(exchange->request.body);
    exchange->outcome.starved += exchange->worker->now - exchange->began;
    exchange_move(exchange, EXCHANGE_RECALL);
}

str exchange_form(const struct exchange *exchange)
{
    return signs_form(exchange) ? exchange->gathered : STR_NONE;
}

void exchange_body_ready(struct exchange *exchange)
{
    if (exchange->step == EXCHANGE_GATHER)
        timer_start(&exchange->timer, 0);
    else
        call_body_ready(&exchange->call);
}
