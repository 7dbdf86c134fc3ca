/*
 * How a flight ends: what the store and those who wait are told, and when the ward has
 * its next.
 */
#include <stdio.h>

#include "base/mem.h"
#include "keeper/flight_steps.h"
#include "keeper/party.h"
#include "loop/world.h"

static const usec withdrawn_again = 5 * USEC_MS;

/* --- before it: what is said --- */

void flight_say(struct flight *flight, enum err err, usec hold, str detail)
{
    flight->word = KEEPER_NO;
    flight->hold = hold;
    flight->reason.err = err;
    flight->reason.retry_after = hold;
    snprintf(flight->reason.detail, sizeof(flight->reason.detail), STR_F, STR_A(detail));
}

void flight_log(const struct flight *flight, enum log_level level, const char *what,
                str detail)
{
    struct log_line line;
    log_open(&line, flight_keeper(flight)->config.log, level, "token");
    log_str(&line, "account", tenant_id_str(&flight->ward->id));
    log_str(&line, "integration", flight->account->integration);
    log_str(&line, "what", str_z(what));
    log_str(&line, "detail", detail);
    log_int(&line, "version", (int64_t)flight->account->credential_version);
    log_close(&line);
}

static const char rotation_lost[] =
    "rotation_lost: an exchange was cut off before its answer was stored, and the vendor "
    "has given the new token to nobody. ";

/* Behind a vendor's no: what may be the reason. The vendor alone knows. */
static str hint_of(struct flight *flight)
{
    return party_end_hint(flight_keeper(flight)->config.directory, flight->account,
                          flight->way, world_wall(flight_worker(flight)->world),
                          &flight->arena);
}

/* What a failure says and what follows from it. */
void flight_fail(struct flight *flight)
{
    const struct token_answer *answer = &flight->call.answer;
    uint32_t failures = flight->account->token.failures + 1;
    bool slow = answer->verdict != TOKEN_TRANSIENT;
    bool dead = answer->verdict == TOKEN_REVOKED;
    usec hold = ward_backoff(failures, slow, world_chance(flight_worker(flight)->world));
    str parts[] = {dead && flight->interrupted ? str_z(rotation_lost) : STR(""),
                   answer->fault, slow ? hint_of(flight) : STR("")};
    str fault = arena_join(&flight->arena, parts, COUNT_OF(parts));
    if (flight->errand_kind == WARD_NONE)
        atomic_fetch_add(&flight_keeper(flight)->exchanges[answer->verdict], 1);
    flight_say(flight, dead ? ERR_ACCOUNT_NEEDS_REAUTH : ERR_TOKEN_UNAVAILABLE,
               usec_max(hold, answer->retry_after), fault);
    flight_log(flight, LOG_WARN, dead ? "needs_reauth" : "failed", fault);
    flight->change.fault = fault;
    flight->change.unanswered = flight->call.unanswered || flight->interrupted;
    flight->change.dead = dead;
    flight->change.worrying = failures > 1 || slow;
    flight_move(flight, FLIGHT_FAIL);
}

void flight_close(struct flight *flight, enum token_step step)
{
    flight->last = step;
    flight_move(flight, FLIGHT_END);
}

void flight_give_back(struct flight *flight)
{
    list_remove(&flight->ready);
    flight_say(flight, ERR_TOKEN_UNAVAILABLE, 0, STR(KEEPER_STOPPING));
    flight_close(flight, TOKEN_RELEASE);
}

/* --- the ward's next --- */

/* By which an account has its credentials: this object of it, or one that came meanwhile.
 * NULL: its integration is not there, or has no such way. */
static const struct auth_rule *auth_of(const struct flight *flight,
                                       const struct account *account)
{
    const struct auth_way *way =
        flight->integration ? integration_way(flight->integration, account->way) : NULL;
    return way ? &way->rule : NULL;
}

/* What is there may still be good. */
static void tell(struct flight *flight, const struct account *account, usec now)
{
    struct ward *ward = flight->ward;
    if (flight->word == KEEPER_NO && ward_alive(ward, now) &&
        account->state != ACCOUNT_NEEDS_REAUTH && flight->integration)
        flight->word = KEEPER_GO;
    ward_tell(ward, flight->word, &flight->reason);
}

/* The ward may have its next flight; of a worker that leaves there is none. */
static void let_be(struct shard *shard, struct ward *ward)
{
    struct keeper_reason reason = {.err = ERR_TOKEN_UNAVAILABLE, .retry_after = -1};
    snprintf(reason.detail, sizeof(reason.detail), "%s", KEEPER_STOPPING);
    if (shard->leaving)
        ward_tell(ward, KEEPER_NO, &reason);
    ward_release(shard, ward);
}

/* When the next exchange is, and what those who wait are told: who waits for a token is
 * not told of the end of an errand. */
static void plan_next(struct flight *flight, struct account *account,
                      const struct auth_rule *rule, usec now)
{
    struct shard *shard = flight->shard;
    struct ward *ward = flight->ward;
    bool was_errand = flight->errand_kind != WARD_NONE;
    if (rule)
        ward_plan(shard, account, rule);
    else
        ward_wait_for_document(ward);
    if (ward->gone) { /* nothing is left to do for it */
        ward_tell(ward, KEEPER_GO, NULL);
        ward_remove(shard, ward);
        return;
    }
    /* Whoever had the lease has stored a new set meanwhile. */
    if (flight->held && ward->version > flight->account->credential_version)
        flight->held = false;
    if (flight->held) /* an errand would meet the same lease */
        ward->errand_due = usec_max(ward->errand_due, now + token_call_held_poll);
    if (flight->held && !was_errand)
        ward->token_due = now + token_call_held_poll;
    else if (!was_errand)
        tell(flight, account, now);
    if (was_errand && ward->wait_n)
        ward->token_due = 0;
    let_be(shard, ward);
}

bool flight_lacks(const struct flight *flight, const struct account *account)
{
    const struct auth_rule *rule = auth_of(flight, account);
    return rule && ward_lacks_context(account, rule);
}

/* A vendor in trouble, or without what is wanted, is asked again more and more rarely; 0:
 * it has answered. */
static usec errand_pause(const struct flight *flight, const struct account *account)
{
    const struct ward *ward = flight->ward;
    const struct token_change *change = &flight->change;
    bool answered = flight->answered && change->err == ERR_NONE &&
                    change->end == TOKEN_DONE && account;
    if (answered &&
        (flight->errand_kind != WARD_CONTEXT || !flight_lacks(flight, account)))
        return 0;
    return usec_max(ward_backoff(ward->errands[flight->errand_kind].failures + 1, true,
                                 world_chance(flight_worker(flight)->world)),
                    flight->errand.retry_after);
}

/* As the document is by now; if it is gone, as it was. NULL: the way is gone. */
static const struct auth_rule *rule_now(const struct flight *flight,
                                        const struct snapshot *snapshot,
                                        const struct account *account)
{
    const struct integration *integration = snapshot_find(snapshot, account->integration);
    if (!integration)
        return auth_of(flight, account);
    const struct auth_way *way = integration_way(integration, account->way);
    return way ? &way->rule : NULL;
}

/* Plans the ward anew and tells those who wait. Of an account that is no longer there the
 * keeper is about to hear. */
static void plan(struct flight *flight)
{
    struct shard *shard = flight->shard;
    struct ward *ward = flight->ward;
    struct account *account = directory_account(flight_keeper(flight)->config.directory,
                                                tenant_id_str(&ward->id));
    struct snapshot *snapshot = catalog_snapshot(flight_keeper(flight)->config.catalog);
    usec now = flight_worker(flight)->now;
    pthread_mutex_lock(&shard->lock);
    ward->planned = ward->on_errand = false;
    if (flight->hold)
        ward->hold = now + flight->hold;
    if (flight->errand_kind != WARD_NONE && !flight->held)
        ward_end_errand(ward, flight->errand_kind, errand_pause(flight, account), now);
    ward->suspect |= flight->suspects;
    if (account) { /* it may have come to a way that needs no ward */
        plan_next(flight, account, rule_now(flight, snapshot, account), now);
    } else if (ward->gone) {
        ward_remove(shard, ward);
    } else {
        ward->token_due = now + withdrawn_again;
        ward->errand_due = USEC_NEVER;
        let_be(shard, ward);
    }
    pthread_mutex_unlock(&shard->lock);
    snapshot_unref(&snapshot);
    account_unref(&account);
}

static void free_flight(struct flight *flight)
{
    list_remove(&flight->node);
    list_remove(&flight->ready);
    flight->shard->flight_n--;
    timer_cancel(&flight->timer);
    credentials_destroy(&flight->previous.credentials);
    account_unref(&flight->account);
    if (flight->pin)
        catalog_unpin(flight_keeper(flight)->config.catalog, flight_worker(flight),
                      flight->pin);
    arena_wipe(&flight->arena); /* it held tokens */
    arena_fini(&flight->arena);
    mem_free(flight);
}

void flight_land(struct flight *flight)
{
    struct shard *shard = flight->shard;
    plan(flight);
    free_flight(flight);
    shard_pump_soon(shard);
}
