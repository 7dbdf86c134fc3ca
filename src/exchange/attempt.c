/*
 * One attempt: the call and its events. The body of an answer that must be looked at
 * before it is judged is kept, up to a limit; past that it is judged by what is known and
 * streams on. Everything else is judged by its head and streams at once.
 */
#include "exchange/exchange_steps.h"

static struct exchange *exchange_of(struct call *call)
{
    return call->owner;
}

/* Time that goes by while the call waits for the starter's body is not the vendor's. */
static void note_starving(struct exchange *exchange, bool waits)
{
    usec now = exchange->worker->now;
    if (exchange->starved_from != USEC_NEVER)
        exchange->call_starved += now - exchange->starved_from;
    exchange->starved_from = waits ? now : USEC_NEVER;
}

static enum call_pull pull(struct call *call, str *ret_chunk)
{
    struct exchange *exchange = exchange_of(call);
    enum call_pull pulled = body_pull(exchange->request.body, ret_chunk);
    if (!exchange->answer_began)
        note_starving(exchange, pulled == CALL_PULL_WAIT);
    return pulled;
}

/* The attempt has its answer, or will have none. */
static void note_times(struct exchange *exchange)
{
    struct outcome *outcome = &exchange->outcome;
    note_starving(exchange, false);
    exchange->answer_began = true;
    outcome->starved += exchange->call_starved;
    outcome->upstream +=
        exchange->worker->now - exchange->call_began - exchange->call_starved;
}

static void on_inform(struct call *call, const struct message_head *head)
{
    struct exchange *exchange = exchange_of(call);
    if (exchange->ops->on_inform)
        exchange->ops->on_inform(exchange, head);
}

static bool says_json(const struct headers *headers)
{
    str type = header_value(headers, HEADER_CONTENT_TYPE);
    return str_find_str_nocase(type, STR("json")) < type.n;
}

static bool must_look(const struct exchange *exchange, const struct message_head *head)
{
    if (head->status >= 400 || exchange->request.target)
        return true;
    if (head->status == 304 && exchange->recall.validates)
        return true;
    bool inspects = integration_inspects(exchange->integration, exchange->method);
    return (inspects || exchange->request.want_whole) && says_json(&head->headers);
}

static void take_answer(struct exchange *exchange, const struct message_head *head)
{
    exchange->answer.status = head->status;
    exchange->answer.headers = &exchange->call.head.headers;
    exchange->answer.content_length = head->content_length;
    exchange->answer.whole = exchange->answer.large = false;
    exchange->outcome.vendor_status = exchange->outcome.status = head->status;
    note_times(exchange);
}

static void on_head(struct call *call)
{
    struct exchange *exchange = exchange_of(call);
    take_answer(exchange, &call->head);
    exchange->inspecting = must_look(exchange, &call->head);
    if (!exchange->inspecting)
        exchange_move(exchange, EXCHANGE_JUDGE);
}

static void on_body(struct call *call, str chunk)
{
    struct exchange *exchange = exchange_of(call);
    if (exchange->inspecting) {
        if (exchange->inspected.n + chunk.n <= exchange_look_bytes(exchange)) {
            buf_str(&exchange->inspected, chunk);
            return;
        }
        exchange->inspecting = false;
        exchange->answer.large = true;
        exchange_move(exchange, EXCHANGE_JUDGE);
    }
    if (exchange->step != EXCHANGE_ANSWER)
        return;
    exchange_tee(exchange, chunk);
    if (exchange->ops->on_body)
        exchange->ops->on_body(exchange, chunk);
}

static void on_end(struct call *call)
{
    struct exchange *exchange = exchange_of(call);
    exchange->call_over = true;
    exchange->answer.trailers = call->trailers;
    if (exchange->inspecting) {
        exchange->inspecting = false;
        exchange->answer.whole = true;
        exchange->answer.body = buf_peek(&exchange->inspected);
        exchange_move(exchange, EXCHANGE_JUDGE);
        return;
    }
    exchange_note_end(exchange, CALL_FAULT_NONE);
    exchange_end_keep(exchange, true);
    exchange_move(exchange, EXCHANGE_DONE);
}

/* The call's one deadline stands for the starter's, for the end of the one try, neither
 * of which is the vendor's failure, and for the total limit; and a body that was still on
 * its way when it passed is not the vendor's failure. */
static void tell_whose_deadline(const struct exchange *exchange, struct call *call)
{
    const struct body *body = exchange->request.body;
    bool tried = exchange->worker->now >= exchange->recall.try_until;
    if (tried || exchange->worker->now >= exchange->request.deadline) {
        call->fault = CALL_FAULT_DEADLINE;
    } else if (body && body_is_awaited(body)) {
        call->fault = CALL_FAULT_BODY;
        call->fault_text = STR("the request's body did not end within the total limit");
    }
}

static void on_fault(struct call *call)
{
    struct exchange *exchange = exchange_of(call);
    exchange->call_over = true;
    if (call->fault == CALL_FAULT_TOTAL_TIMEOUT)
        tell_whose_deadline(exchange, call);
    if (exchange->step == EXCHANGE_ANSWER) {
        exchange->outcome.cut = true;
        exchange->outcome.class = outcome_of_fault(call->fault);
        exchange->outcome.detail = call->fault_text;
        exchange_note_end(exchange, call->fault);
        exchange_move(exchange, EXCHANGE_DONE);
        return;
    }
    if (!exchange->answer_began)
        note_times(exchange);
    exchange->inspecting = false;
    exchange_move(exchange, EXCHANGE_JUDGE);
}

static struct transport *transport_for(const struct exchange *exchange)
{
    const struct exchange_env *env = exchange->env;
    bool curl = exchange->integration->http == HTTP_VERSION_2 || env->egress_proxy.n;
    return curl && env->curl ? env->curl : env->h1;
}

void exchange_enter_call(struct exchange *exchange)
{
    static const struct call_events events = {pull,    on_inform, on_head,
                                              on_body, on_end,    on_fault};
    const struct exchange_request *request = &exchange->request;
    const struct time_limits *limits = &exchange->resilience->timeouts;
    struct url url = exchange->call.url;
    exchange->call = (struct call){
        .worker = exchange->worker,
        .arena = exchange->arena,
        .events = &events,
        .owner = exchange,
        .method = request->verb,
        .url = url,
        .headers = &exchange->headers,
        .body_bytes = request->body ? request->body_bytes : CALL_BODY_NONE,
        .expect_continue = request->expect_continue && exchange->outcome.attempts == 0,
        .fresh = exchange->stale_tried,
        .trailers_wanted = request->trailers_wanted,
        .tls = exchange->tls,
        .h1_only = exchange->integration->http != HTTP_VERSION_2,
        .egress_proxy = exchange->env->egress_proxy,
        .limits = {limits->connect, limits->first_byte, limits->idle,
                   exchange_deadline(exchange)},
    };
    if (exchange->outcome.attempts == 0)
        retry_budget_note_call(&exchange->host->budget, exchange->worker->now);
    else if (request->body)
        body_rewind(request->body);
    exchange->outcome.attempts++;
    exchange->call_over = false;
    exchange->call_began = exchange->worker->now;
    exchange->call_starved = 0;
    exchange->starved_from = USEC_NEVER;
    exchange->answer_began = false;
    buf_clear(&exchange->inspected);
    call_start(transport_for(exchange), &exchange->call);
}

void exchange_enter_answer(struct exchange *exchange)
{
    call_set_deadline(&exchange->call, exchange->request.deadline);
    exchange_begin_keep(exchange);
    exchange->ops->on_answer(exchange);
    if (exchange->step != EXCHANGE_ANSWER)
        return;
    if (exchange->inspected.n && exchange->ops->on_body)
        exchange->ops->on_body(exchange, buf_peek(&exchange->inspected));
    if (exchange->step == EXCHANGE_ANSWER && exchange->call_over)
        exchange_move(exchange, EXCHANGE_DONE);
}
