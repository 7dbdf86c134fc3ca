/*
 * One exchange of a flight: what is sent to the token endpoint, and what becomes of the
 * answer. When the vendor refuses the refresh token, that of the set before is tried
 * once.
 */
#include "keeper/flight_steps.h"

static const usec store_again_first = 500 * USEC_MS;
static const usec store_again_max = 10 * USEC_S;

/* --- the request --- */

static void on_heard(struct token_call *call);

void flight_make_call(struct flight *flight, enum token_purpose purpose)
{
    flight->call = (struct token_call){
        .envoy = flight_envoy(flight),
        .purpose = purpose,
        .refresh_token = auth_credential(flight->own, STR("refresh_token")),
        .heard = on_heard};
}

void flight_fetch(struct flight *flight)
{
    if (!token_call_start(&flight->call))
        flight_fail(flight);
}

/* --- a token --- */

/* The app's secret is being changed, and the vendor takes only the new one by now. */
static void tell_next_secret(const struct flight *flight)
{
    flight_log(flight, LOG_WARN, "next_secret",
               STR("The vendor takes the app's client_secret_next alone. Make it its "
                   "client_secret."));
}

static void take_token(struct flight *flight)
{
    struct token_answer *answer = &flight->call.answer;
    struct token_change *new = &flight->change;
    usec wall = world_wall(flight_keeper(flight)->config.world);
    if (flight->call.next_secret)
        tell_next_secret(flight);
    new->issued = wall;
    new->scope = answer->scope;
    new->expires = token_end_of(wall, answer->lifetime);
    new->refresh_expires =
        token_refresh_end(answer, flight->account->token.refresh_expires, wall);
    new->context = answer->context;
    if (str_absent(answer->refresh_token) && flight->previous_tried)
        answer->refresh_token = flight->call.refresh_token; /* it is the good one */
    new->credential_n = token_merge(flight->own, auth_token_name(&flight->way->rule),
                                    answer, &flight->arena, &new->credentials);
    atomic_fetch_add(&flight_keeper(flight)->exchanges[TOKEN_GOOD], 1);
    flight_move(flight, FLIGHT_STORE);
}

/* Said once: what is wrong with the store, the store says. */
void flight_offer_later(struct flight *flight)
{
    if (!flight->again)
        flight_log(
            flight, LOG_ERROR, "not_stored",
            STR("A new token could not be stored; it is offered again until it is."));
    flight->again =
        flight->again ? usec_min(2 * flight->again, store_again_max) : store_again_first;
    timer_start(&flight->timer, flight->again);
}

void flight_offer_again(struct timer *timer)
{
    struct flight *flight = CONTAINER_OF(timer, struct flight, timer);
    CHECK(flight->step == FLIGHT_AGAIN);
    flight_move(flight, FLIGHT_STORE);
}

void flight_note_stored(struct flight *flight)
{
    struct token_change *change = &flight->change;
    if (change->err != ERR_NONE && !flight->shard->leaving) {
        flight_move(flight, FLIGHT_AGAIN);
        return;
    }
    if (change->err != ERR_NONE)
        flight_log(flight, LOG_ERROR, "lost",
                   STR("Breakwater stops, and the store has not taken a new token."));
    if (change->err == ERR_NONE && change->end == TOKEN_DONE)
        flight_log(flight, LOG_INFO, "renewed", STR_NONE);
    flight->word = KEEPER_GO;
    flight_move(flight, FLIGHT_OVER);
}

/* --- the one try that is left --- */

static void on_previous(struct token_previous *previous)
{
    struct flight *flight = CONTAINER_OF(previous, struct flight, previous);
    str token = auth_credential(previous->credentials, STR("refresh_token"));
    flight->hears_store = false;
    if (flight->shard->leaving) {
        flight_give_back(flight);
        return;
    }
    if (previous->err != ERR_NONE || str_absent(token) ||
        str_eq(token, flight->call.refresh_token)) {
        flight_fail(flight);
        return;
    }
    flight->call.refresh_token = arena_str(&flight->arena, token);
    flight_move(flight, FLIGHT_FETCH);
}

void flight_fetch_previous(struct flight *flight)
{
    flight->previous_tried = true;
    flight->previous.directory = flight_keeper(flight)->config.directory;
    flight->previous.worker = flight_worker(flight);
    flight->previous.done = on_previous;
    flight->previous.account = flight->account;
    flight->hears_store = true;
    directory_previous_credentials(&flight->previous);
}

/* --- what came back --- */

static void on_heard(struct token_call *call)
{
    struct flight *flight = CONTAINER_OF(call, struct flight, call);
    enum token_verdict verdict = call->answer.verdict;
    CHECK(flight->step == FLIGHT_FETCH);
    CRASH_POINT("token.answered");
    if (verdict == TOKEN_GOOD)
        take_token(flight);
    else if (verdict == TOKEN_REVOKED && call->purpose == TOKEN_REFRESH &&
             !flight->previous_tried)
        flight_move(flight, FLIGHT_PREVIOUS);
    else
        flight_fail(flight);
}
