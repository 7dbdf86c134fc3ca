/*
 * The machine. A step is a function that answers the next step; EXCHANGE_GATHER,
 * _SHARE, _RENEWAL, _CALL, _PAUSE, _ANSWER and _REPLAY are where it waits: for the
 * starter's body, for another's answer, for a token, for the transport, for the timer,
 * for the transport again, for the starter. `moves` lists what may follow what.
 *
 * Waits and who ends them:
 *   GATHER  the body's end; the timer, at the deadline; exchange_body_broken and _cancel
 *   SHARE    whoever leads it; the timer, at the deadline; exchange_cancel
 *   RENEWAL the keeper, or the deadline; exchange_cancel
 *   PAUSE   the timer; exchange_cancel
 *   CALL    on_head, on_fault of the call, each within the call's limits; exchange_cancel
 *   ANSWER  on_end, on_fault of the call; exchange_cancel
 *   REPLAY  the starter, who takes the rest; exchange_cancel
 */
#include "exchange/exchange.h"

#include "exchange/exchange_steps.h"

#include "loop/world.h"

enum { EXCHANGE_MAGIC = 0x58434847 };

struct step {
    const char *name;
    enum exchange_step (*run)(struct exchange *exchange); /* NULL: it waits */
    unsigned moves;                                       /* bits of the legal next */
};

#define TO(step) (1u << EXCHANGE_##step)

static const struct step steps[] = {
    [EXCHANGE_IDLE] = {"idle", NULL, TO(GATHER) | TO(RECALL)},
    [EXCHANGE_GATHER] = {"gather", NULL, TO(RECALL) | TO(DONE)},
    [EXCHANGE_RECALL] = {"recall", step_recall,
                         TO(CREDENTIAL) | TO(SHARE) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_SHARE] = {"share", NULL,
                        TO(RECALL) | TO(CREDENTIAL) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_CREDENTIAL] = {"credential", step_credential,
                             TO(BREAKER) | TO(RENEWAL) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_RENEWAL] = {"renewal", NULL, TO(CREDENTIAL) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_BREAKER] = {"breaker", step_breaker, TO(QUOTA) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_QUOTA] = {"quota", step_quota,
                        TO(SHAPE) | TO(PAUSE) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_SHAPE] = {"shape", step_shape, TO(CALL) | TO(REPLAY) | TO(DONE)},
    [EXCHANGE_CALL] = {"call", NULL, TO(JUDGE) | TO(ANSWER) | TO(DONE)},
    [EXCHANGE_JUDGE] = {"judge", step_judge,
                        TO(PAUSE) | TO(SHAPE) | TO(ANSWER) | TO(DONE) | TO(RENEWAL) |
                            TO(CREDENTIAL) | TO(REPLAY)},
    [EXCHANGE_PAUSE] = {"pause", NULL, TO(BREAKER) | TO(DONE)},
    [EXCHANGE_ANSWER] = {"answer", NULL, TO(DONE)},
    [EXCHANGE_REPLAY] = {"replay", NULL, TO(DONE)},
    [EXCHANGE_DONE] = {"done", NULL, 0},
};

str exchange_step_name(enum exchange_step step)
{
    return str_z(steps[step].name);
}

/* Gives back what it still holds; a permit that was not noted goes back unused. */
static void release(struct exchange *exchange)
{
    timer_cancel(&exchange->timer);
    exchange_forget_recall(exchange);
    exchange_forget_renewal(exchange);
    exchange_abandon(exchange);
    exchange_let_go(exchange);
}

/* What is done on entering a step that waits, or the last. */
static void enter(struct exchange *exchange, enum exchange_step step)
{
    switch (step) {
    case EXCHANGE_SHARE:
        exchange_enter_share(exchange);
        return;
    case EXCHANGE_RENEWAL:
        exchange_enter_renewal(exchange);
        return;
    case EXCHANGE_GATHER:
        exchange_gather(exchange);
        return;
    case EXCHANGE_CALL:
        exchange_enter_call(exchange);
        return;
    case EXCHANGE_ANSWER:
        exchange_enter_answer(exchange);
        return;
    case EXCHANGE_REPLAY: /* a slow starter holds nothing */
        share_land(&exchange->recall.seat, NULL);
        call_cancel(&exchange->call);
        release(exchange);
        exchange_enter_replay(exchange);
        return;
    case EXCHANGE_DONE:
        share_land(&exchange->recall.seat, NULL);
        release(exchange);
        exchange->ops->on_done(exchange);
        return;
    case EXCHANGE_PAUSE: /* whoever sent it here has set the timer */
    case EXCHANGE_IDLE:
    case EXCHANGE_RECALL:
    case EXCHANGE_CREDENTIAL:
    case EXCHANGE_BREAKER:
    case EXCHANGE_QUOTA:
    case EXCHANGE_SHAPE:
    case EXCHANGE_JUDGE:
        return;
    }
}

void exchange_move(struct exchange *exchange, enum exchange_step next)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    for (;;) {
        next = exchange_or_copy(exchange, next);
        CHECK(steps[exchange->step].moves & (1u << next));
        exchange->step = next;
        if (!steps[next].run)
            break;
        next = steps[next].run(exchange);
    }
    enter(exchange, next);
}

static void on_timer(struct timer *timer)
{
    struct exchange *exchange = CONTAINER_OF(timer, struct exchange, timer);
    bool gathers;
    switch ((unsigned)exchange->step) {
    case EXCHANGE_IDLE:
        gathers = exchange_must_gather(exchange);
        exchange_move(exchange, gathers ? EXCHANGE_GATHER : EXCHANGE_RECALL);
        return;
    case EXCHANGE_GATHER:
        exchange_gather(exchange);
        return;
    case EXCHANGE_SHARE:
        exchange_end_share(exchange);
        return;
    case EXCHANGE_RENEWAL:
        exchange_end_renewal(exchange);
        return;
    case EXCHANGE_REPLAY:
        exchange_go_on_replaying(exchange);
        return;
    default:
        CHECK(exchange->step == EXCHANGE_PAUSE);
        exchange->outcome.queued += exchange->worker->now - exchange->step_began;
        exchange_move(exchange, EXCHANGE_BREAKER);
    }
}

void exchange_init(struct exchange *exchange, const struct exchange_env *env,
                   struct worker *worker, struct arena *arena)
{
    *exchange = (struct exchange){
        .magic = EXCHANGE_MAGIC, .env = env, .worker = worker, .arena = arena};
    exchange->request.deadline = USEC_NEVER;
    exchange->outcome.retry_after = -1;
    exchange->answer.content_length = -1;
    timer_init(&exchange->timer, worker, on_timer);
    exchange->recall.try_until = USEC_NEVER;
    buf_init(&exchange->inspected, env->look_bytes_max);
    buf_init(&exchange->recall.tee, CACHE_ENTRY_BYTES_MAX);
}

void exchange_start(struct exchange *exchange)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    CHECK(exchange->step == EXCHANGE_IDLE && exchange->ops && exchange->integration);
    const struct method *method = exchange->method;
    exchange->resilience =
        method ? method->resilience : &exchange->integration->resilience;
    if (!exchange->way)
        exchange->way = integration_way(exchange->integration, exchange->account->way);
    if (exchange->request.whole_bytes_max > exchange->inspected.bytes_max)
        exchange->inspected.bytes_max = exchange->request.whole_bytes_max;
    exchange->began = exchange->worker->now;
    exchange->total_deadline = exchange->began + exchange->resilience->timeouts.total;
    exchange->limit_deadline = exchange->began + exchange->request.wait_on_limit;
    timer_start(&exchange->timer, 0);
}

/* The call's headers go with the call. */
struct answer exchange_keep_answer(const struct exchange *exchange, struct arena *arena)
{
    const struct headers *from = exchange->answer.headers;
    struct headers *headers = arena_alloc(arena, sizeof(*headers));
    headers_init(headers, arena, from->n);
    for (uint32_t i = 0; i < from->n; i++) {
        struct header copy = from->items[i];
        copy.name = arena_str(arena, copy.name);
        copy.value = arena_str(arena, copy.value);
        header_copy(headers, &copy);
    }
    bool whole = exchange->answer.whole;
    return (struct answer){.status = exchange->answer.status,
                           .headers = headers,
                           .text = whole ? exchange->answer.text : STR(""),
                           .body = whole ? exchange->answer.json : NULL,
                           .wall = world_wall(exchange->worker->world),
                           .group =
                               exchange->method ? exchange->method->group : STR_NONE};
}

size_t exchange_look_bytes(const struct exchange *exchange)
{
    size_t asked = exchange->request.whole_bytes_max;
    if (exchange->answer.status >= 400)
        return exchange->env->error_bytes_max;
    return asked ? asked : exchange->env->look_bytes_max;
}

bool exchange_is_safe(const struct exchange *exchange)
{
    if (exchange->method)
        return exchange->method->safe;
    return retry_method_safe(exchange->request.verb);
}

bool exchange_is_repeatable(const struct exchange *exchange)
{
    if (exchange_is_safe(exchange) || exchange->request.keyed)
        return true;
    if (exchange->method)
        return exchange->method->repeatable;
    return retry_method_idempotent(exchange->request.verb);
}

void exchange_pause(struct exchange *exchange)
{
    exchange->recall.held = true;
    call_pause(&exchange->call);
}

void exchange_resume(struct exchange *exchange)
{
    exchange->recall.held = false;
    if (exchange->step == EXCHANGE_REPLAY)
        timer_start(&exchange->timer, 0);
    else
        call_resume(&exchange->call);
}

static bool must_go_on(const struct exchange *exchange)
{
    bool under_way = exchange->step == EXCHANGE_CALL && exchange->call.sent;
    return under_way && !exchange_is_safe(exchange);
}

bool exchange_cancel(struct exchange *exchange)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    if (exchange->step == EXCHANGE_DONE)
        return true;
    if (must_go_on(exchange))
        return false;
    call_cancel(&exchange->call);
    exchange->outcome.class = OUTCOME_CANCELLED;
    exchange->outcome.sent |= exchange->call.sent;
    release(exchange);
    exchange->step = EXCHANGE_DONE;
    return true;
}

static bool has_begun(const struct exchange *exchange)
{
    return exchange->step == EXCHANGE_ANSWER || exchange->step == EXCHANGE_REPLAY;
}

/* Ends it in the middle: with `err`, unless a write was sent; where the answer has begun,
 * it is cut. */
static void break_off(struct exchange *exchange, enum err err, str detail)
{
    share_leave(&exchange->recall.seat); /* whoever waits goes on without it */
    bool sent = exchange->outcome.sent || exchange->call.sent;
    bool unknown = sent && !exchange_is_safe(exchange);
    call_cancel(&exchange->call);
    exchange->outcome.class = OUTCOME_CANCELLED;
    exchange->outcome.sent = sent;
    exchange->outcome.cut = has_begun(exchange);
    if (!exchange->outcome.cut)
        exchange->outcome.err = unknown ? ERR_OUTCOME_UNKNOWN : err;
    exchange->outcome.detail = detail;
    exchange->step = EXCHANGE_DONE;
    enter(exchange, EXCHANGE_DONE);
}

void exchange_body_broken(struct exchange *exchange)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    if (exchange->step != EXCHANGE_DONE && !has_begun(exchange))
        break_off(exchange, ERR_REQUEST_TIMEOUT, STR("The request's body broke off."));
}

void exchange_stop(struct exchange *exchange)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    if (exchange->step != EXCHANGE_DONE)
        break_off(exchange, ERR_NONE, STR("Breakwater was stopped."));
}

void exchange_fini(struct exchange *exchange)
{
    CHECK_MAGIC(exchange, EXCHANGE_MAGIC);
    CHECK(exchange->step == EXCHANGE_DONE || exchange->step == EXCHANGE_IDLE);
    timer_cancel(&exchange->timer);
    account_unref(&exchange->newer);
    tls_unref(&exchange->tls);
    cache_entry_unref(&exchange->recall.copy);
    cache_entry_unref(&exchange->recall.given);
    buf_fini(&exchange->recall.tee);
    buf_fini(&exchange->inspected);
    exchange->magic = 0;
}
