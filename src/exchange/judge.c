/*
 * What came back is turned into values, policies give their verdict, and the breakers and
 * quotas are told. An answer that streams to the starter while it is judged is noted on
 * the breakers when it has ended, since it may still break.
 */
#include "exchange/exchange_steps.h"

#include <stdio.h>

#include "base/hash.h"
#include "http/inflate.h"
#include "json/json_parse.h"
#include "loop/world.h"

enum { ERROR_WORDS_BYTES = 120, REPEAT_BYTES_MAX = 32 << 20 };
static const usec limit_pause_min = USEC_S;

/* --- telling the breakers --- */

static void note_one(struct exchange *exchange, struct breaker *breaker,
                     const struct breaker_rule *rule, const struct breaker_permit *permit,
                     const struct breaker_result *result)
{
    if (permit->answer == BREAKER_REFUSE)
        return;
    enum breaker_event event =
        breaker_note(breaker, rule, permit, result, exchange->worker->now);
    bool shared = breaker == &exchange->circuit->breaker;
    if (event != BREAKER_EVENT_NONE && exchange->env->on_breaker)
        exchange->env->on_breaker(exchange->env->on_breaker_arg, exchange,
                                  shared ? exchange->circuit->entry.name
                                         : exchange->standing->entry.name,
                                  event);
}

/* Until the answer's first byte; what it waited for the starter's body left out. */
static usec vendor_time(const struct exchange *exchange)
{
    usec end = exchange->call.first_byte_at > exchange->call_began
                   ? exchange->call.first_byte_at
                   : exchange->worker->now;
    return usec_max(end - exchange->call_began - exchange->call_starved, 0);
}

static void note_breakers(struct exchange *exchange, enum breaker_effect effect,
                          str error)
{
    const struct resilience *resilience = exchange->resilience;
    if (!exchange->permitted)
        return;
    exchange->permitted = false;
    struct breaker_result result = {
        .effect = effect,
        .account = exchange->account->hash ? exchange->account->hash : 1,
        .probe = exchange->request.probe,
        .took = vendor_time(exchange),
        .status = exchange->call.fault ? 0 : exchange->outcome.vendor_status,
        .error = error,
        .chance = effect == BREAKER_FAILURE ? world_chance(exchange->worker->world) : 0,
    };
    note_one(exchange, &exchange->circuit->breaker, &resilience->breaker,
             &exchange->circuit_permit, &result);
    note_one(exchange, &exchange->standing->breaker, &resilience->account_breaker,
             &exchange->account_permit, &result);
}

void exchange_abandon(struct exchange *exchange)
{
    note_breakers(exchange, BREAKER_NEUTRAL, STR_NONE);
    exchange_leave_places(exchange);
}

void exchange_note_end(struct exchange *exchange, enum call_fault fault)
{
    enum breaker_effect effect = outcome_effect(outcome_of_fault(fault));
    if (fault == CALL_FAULT_NONE)
        effect = outcome_effect(exchange->outcome.class);
    note_breakers(exchange, effect, exchange->call.fault_text);
}

/* --- from an answer to its meaning --- */

bool exchange_read_body(struct exchange *exchange, const struct headers *headers)
{
    str coding = header_value(headers, HEADER_CONTENT_ENCODING);
    exchange->answer.json = NULL;
    exchange->answer.text = STR("");
    if (!exchange->answer.whole)
        return false;
    if (inflate_body(exchange->arena, coding, exchange->answer.body,
                     exchange_look_bytes(exchange),
                     &exchange->answer.text) != INFLATE_OK) {
        exchange->answer.text = STR("");
        return false;
    }
    struct json *json = arena_alloc(exchange->arena, sizeof(*json));
    str text = exchange->answer.text;
    if (text.n && json_parse(exchange->arena, text, NULL, json, NULL))
        exchange->answer.json = json;
    return true;
}

static void read_body(struct exchange *exchange, struct answer *answer)
{
    if (!exchange_read_body(exchange, answer->headers))
        return;
    exchange->outcome.inspected = true;
    answer->text = exchange->answer.text;
    answer->body = exchange->answer.json;
}

/* Takes in what the answer says of limits, for the account or the method's group. */
static void note_quota(struct exchange *exchange)
{
    struct outcome *outcome = &exchange->outcome;
    const struct throttle_rule *rule = &exchange->integration->rate_limit;
    struct standing *whose = exchange->standing;
    if (exchange->group_standing && rule->scope == THROTTLE_GROUP)
        whose = exchange->group_standing;
    double luck = outcome->throttle.throttled && outcome->throttle.wait < 0
                      ? world_chance(exchange->worker->world)
                      : 0;
    usec wait =
        quota_note(&whose->quota, rule, &outcome->throttle, exchange->worker->now, luck);
    if (outcome->throttle.throttled)
        outcome->retry_after = wait;
}

static void read_answer(struct exchange *exchange)
{
    static const struct signal retry_after = {.source = SIGNAL_HEADER,
                                              .header = STR("Retry-After"),
                                              .unit = SIGNAL_RETRY_AFTER};
    const struct integration *integration = exchange->integration;
    struct outcome *outcome = &exchange->outcome;
    struct answer answer = {
        .status = exchange->answer.status,
        .headers = exchange->answer.headers,
        .wall = world_wall(exchange->worker->world),
        .group = exchange->method ? exchange->method->group : STR_NONE,
        .trouble = &outcome->expression_fault,
    };
    read_body(exchange, &answer);
    throttle_read(&integration->rate_limit, &answer, exchange->arena, &outcome->throttle);
    outcome->class = outcome_of_answer(&integration->errors, &answer,
                                       outcome->throttle.throttled, exchange->arena);
    outcome->retry_after = -1;
    if (outcome->class == OUTCOME_OK) {
        note_quota(exchange);
        return;
    }
    if (outcome->class == OUTCOME_RATE_LIMITED)
        outcome->throttle.throttled = true;
    note_quota(exchange);
    outcome_vendor_error(&integration->errors, &answer, exchange->arena,
                         &outcome->vendor);
    usec wait;
    if (!outcome->throttle.throttled &&
        signal_wait(&retry_after, &answer, exchange->arena, &wait))
        outcome->retry_after = wait;
    if (outcome->throttle.throttled)
        outcome->status = 429;
}

static bool is_refusal(enum outcome_class class)
{
    return class == OUTCOME_AUTH_REFRESH || class == OUTCOME_AUTH_FAILED;
}

/* What is refused counts apart by resource; a call of none by its path. */
static uint64_t resource_hash(const struct exchange *exchange)
{
    const struct method *method = exchange->method;
    return hash_stable(method ? method->resource->name : exchange->request.path);
}

/* A vendor in trouble, or one that limits, may not have looked. */
static void note_credentials(struct exchange *exchange)
{
    enum outcome_class class = exchange->outcome.class;
    if (!exchange->env->keeper || !exchange->credentials || exchange->request.target)
        return;
    if (is_refusal(class))
        keeper_note_refusal(exchange->env->keeper, exchange->account,
                            resource_hash(exchange));
    else if (class <= OUTCOME_CLIENT)
        keeper_note_success(exchange->account);
}

static str error_words(struct exchange *exchange)
{
    const struct vendor_error *vendor = &exchange->outcome.vendor;
    str words = arena_printf(exchange->arena, "HTTP %d%s" STR_F, vendor->status,
                             vendor->message.n ? ", " : "", STR_A(vendor->message));
    return str_of(words.p, words.n < ERROR_WORDS_BYTES ? words.n : ERROR_WORDS_BYTES);
}

/* --- what follows --- */

/* A kept connection that turned out to be dead before the vendor could have acted, or for
 * a request that may be repeated: at once again, over a new one (RFC 9112 §9.3.1). */
static bool was_stale(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    bool harmless = !call->sent || exchange_is_repeatable(exchange);
    bool body_kept = !exchange->request.body || body_can_rewind(exchange->request.body);
    return call->fault == CALL_FAULT_RESET && call->reused && call->first_byte_at == 0 &&
           harmless && body_kept && !exchange->stale_tried;
}

/* What attempts leave in the arena is freed with the request only. */
static bool has_room(const struct exchange *exchange)
{
    return exchange->arena->bytes < REPEAT_BYTES_MAX;
}

static struct retry_verdict decide(struct exchange *exchange)
{
    const struct outcome *outcome = &exchange->outcome;
    struct retry_facts facts = {
        .class = outcome->class,
        .sent = exchange->call.sent,
        .repeatable = exchange_is_repeatable(exchange),
        .body_kept = !exchange->request.body || body_can_rewind(exchange->request.body),
        .forbidden = exchange->request.single_attempt || !has_room(exchange) ||
                     (exchange->recall.copy && exchange->request.cache.stale),
        .vendor_wait = outcome->throttle.throttled ? -1 : outcome->retry_after,
        .time_left = exchange_deadline(exchange) - exchange->worker->now,
        .chance = world_chance(exchange->worker->world),
    };
    memcpy(facts.done, exchange->retries, sizeof(facts.done));
    return retry_decide(&exchange->resilience->retry, &facts, &exchange->host->budget,
                        exchange->worker->now);
}

static enum exchange_step again(struct exchange *exchange, usec delay)
{
    call_cancel(&exchange->call);
    exchange->call.fault = CALL_FAULT_NONE;
    exchange_leave_places(exchange);
    return exchange_wait(exchange, delay);
}

/* The token was refused, and there is, or will be, a newer one. */
static bool goes_for_token(struct exchange *exchange, enum exchange_step *ret_step)
{
    if (exchange->outcome.class != OUTCOME_AUTH_REFRESH || !exchange_may_renew(exchange))
        return false;
    enum keeper_word word = exchange_ask_token(exchange, exchange->credentials->version);
    if (word == KEEPER_NO)
        return false;
    exchange->refused_once = true;
    call_cancel(&exchange->call);
    exchange->call.fault = CALL_FAULT_NONE;
    exchange_leave_places(exchange);
    *ret_step = word == KEEPER_WAIT ? EXCHANGE_RENEWAL : EXCHANGE_CREDENTIAL;
    return true;
}

/* As long as the vendor says; but one that says "now" again and again is not asked as
 * fast as it refuses. */
static usec limit_pause(const struct exchange *exchange)
{
    usec least = exchange->limit_waits ? limit_pause_min : 0;
    return usec_max(exchange->outcome.retry_after, least);
}

static bool waits_for_limit(struct exchange *exchange)
{
    const struct exchange_request *request = &exchange->request;
    usec until = exchange->worker->now + limit_pause(exchange);
    bool body_kept = !request->body || body_can_rewind(request->body);
    return exchange->outcome.throttle.throttled && request->wait_on_limit > 0 &&
           until <= exchange->limit_deadline && until < request->deadline && body_kept &&
           has_room(exchange);
}

/* The limit that a timeout ran into; 0 = it was another fault. */
static usec limit_of(const struct exchange *exchange)
{
    const struct time_limits *limits = &exchange->resilience->timeouts;
    const usec of_fault[CALL_FAULT_CANCELLED + 1] = {
        [CALL_FAULT_CONNECT_TIMEOUT] = limits->connect,
        [CALL_FAULT_FIRST_BYTE_TIMEOUT] = limits->first_byte,
        [CALL_FAULT_IDLE_TIMEOUT] = limits->idle,
        [CALL_FAULT_TOTAL_TIMEOUT] = limits->total,
    };
    return of_fault[exchange->call.fault];
}

/* What happened, with the size of the limit where one was run into. */
static str fault_words(const struct exchange *exchange)
{
    usec limit = limit_of(exchange);
    if (!limit)
        return exchange->call.fault_text;
    return arena_printf(exchange->arena, STR_F " (%lld ms)",
                        STR_A(exchange->call.fault_text), (long long)(limit / USEC_MS));
}

/* No usable answer: what the starter is told. */
static enum exchange_step give_up(struct exchange *exchange)
{
    struct outcome *outcome = &exchange->outcome;
    enum err err = outcome_err(exchange->call.fault);
    bool unknown = outcome->sent && !exchange_is_safe(exchange);
    str detail = fault_words(exchange);
    if (unknown)
        detail = arena_printf(exchange->arena, "It was sent, and then: " STR_F ".",
                              STR_A(detail));
    return exchange_fail(exchange, unknown ? ERR_OUTCOME_UNKNOWN : err, detail, -1);
}

static enum exchange_step judge_fault(struct exchange *exchange)
{
    struct outcome *outcome = &exchange->outcome;
    outcome->class = outcome_of_fault(exchange->call.fault);
    outcome->vendor_status = outcome->status = 0;
    outcome->vendor = (struct vendor_error){0};
    outcome->throttle = (struct throttle){.wait = -1};
    outcome->retry_after = -1;
    outcome->sent |= exchange->call.sent;
    if (was_stale(exchange)) {
        exchange->stale_tried = true;
        exchange->call.fault = CALL_FAULT_NONE;
        return EXCHANGE_SHAPE;
    }
    exchange->lost |= exchange->call.sent;
    note_breakers(exchange, outcome_effect(outcome->class), exchange->call.fault_text);
    struct retry_verdict verdict = decide(exchange);
    outcome->no_retry = verdict.why;
    if (!verdict.retry)
        return give_up(exchange);
    exchange->retries[outcome_retry(outcome->class)]++;
    return again(exchange, verdict.delay);
}

static enum exchange_step judge_answer(struct exchange *exchange)
{
    struct outcome *outcome = &exchange->outcome;
    outcome->sent |= exchange->call.sent;
    read_answer(exchange);
    note_credentials(exchange);
    if (outcome->class == OUTCOME_OK && !exchange->call_over)
        return EXCHANGE_ANSWER; /* noted when it has ended */
    note_breakers(exchange, outcome_effect(outcome->class), error_words(exchange));
    if (exchange->recall.validates && exchange->answer.status == 304)
        return exchange_renew_copy(exchange);
    if (outcome->class == OUTCOME_OK)
        return EXCHANGE_ANSWER;
    enum exchange_step renewal;
    if (goes_for_token(exchange, &renewal))
        return renewal;
    if (waits_for_limit(exchange)) {
        usec pause = limit_pause(exchange);
        exchange->limit_waits++;
        exchange->total_deadline = usec_add(exchange->total_deadline, pause);
        exchange->recall.try_until = usec_add(exchange->recall.try_until, pause);
        return again(exchange, pause);
    }
    struct retry_verdict verdict = decide(exchange);
    outcome->no_retry = verdict.why;
    if (!verdict.retry)
        return EXCHANGE_ANSWER;
    exchange->retries[outcome_retry(outcome->class)]++;
    return again(exchange, verdict.delay);
}

/* Each sent attempt of a write may have changed something, whatever came of it, but one
 * that the vendor has plainly refused. */
enum exchange_step step_judge(struct exchange *exchange)
{
    enum exchange_step next =
        exchange->call.fault ? judge_fault(exchange) : judge_answer(exchange);
    exchange_note_write(exchange);
    return next;
}
