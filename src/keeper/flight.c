/*
 * A flight: one exchange at a token endpoint, or one errand, from its intent to its end,
 * on the worker of its shard.
 *
 *   INTEND ──lease──► READY ──► FETCH ──token──► STORE ──► over
 *     │ newer, held        │        │ ▲ no           │ no store: again until there is one
 *     ▼                    │        ▼ │ once         │
 *    over                  │     PREVIOUS            ▼
 *                          │        └──────────► FAIL ──► over
 *                          ▼           refused    │
 *                        ERRAND ──────────────────┘
 *                          └──► END (proved, learned, or nothing) ──► over
 *
 * Waits and who ends them:
 *   INTEND, STORE, FAIL, PREVIOUS,
 *   END                             the store's answer
 *   READY                           the shard's next turn: few are sent in one
 *   FETCH, ERRAND                   the vendor's, within its deadline
 *   AGAIN                           the timer: a new set that could not be stored is
 *                                   offered again, since there is no other copy of it
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "keeper/errand.h"
#include "keeper/keeper_state.h"
#include "keeper/party.h"
#include "keeper/token_call.h"

enum { ARENA_BYTES_MAX = 8 << 20 };

static const usec store_again_first = 500 * USEC_MS;
static const usec store_again_max = 10 * USEC_S;
static const usec no_document_again = 60 * USEC_S;
static const usec withdrawn_again = 5 * USEC_MS;

enum flight_step {
    FLIGHT_INTEND,
    FLIGHT_READY,
    FLIGHT_FETCH,
    FLIGHT_PREVIOUS,
    FLIGHT_STORE,
    FLIGHT_AGAIN,
    FLIGHT_FAIL,
    FLIGHT_ERRAND,
    FLIGHT_END,
    FLIGHT_OVER
};

struct flight {
    struct shard *shard;
    struct ward *ward;
    struct list node;  /* among the shard's */
    struct list ready; /* among those that are */
    struct arena arena;
    struct timer timer;
    enum flight_step step;
    struct account *account; /* as it was when it began; credentials are its */
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way; /* of the account */
    const struct credentials *own;
    struct token_change change;
    struct token_call call;
    enum ward_errand errand_kind; /* WARD_NONE: it is an exchange */
    struct errand errand;
    struct token_previous previous;
    bool previous_tried;
    bool interrupted;
    bool hears_store; /* the store's answer is still to come */
    bool answered;    /* the errand: it need not be made again soon */
    bool suspects;    /* a check is to be made */
    bool vain;        /* it was planned anew while it began: nothing is due */
    bool held;        /* another process is at it: those who wait go on waiting */
    usec again;       /* the last pause before the store was asked again; 0: none */
    /* the end */
    enum keeper_word word;
    struct keeper_reason reason;
    usec hold; /* no exchange for so long; 0: as planned */
};

struct flight *flight_of(struct list *node)
{
    return CONTAINER_OF(node, struct flight, node);
}

static struct keeper *keeper_of(const struct flight *flight)
{
    return flight->shard->keeper;
}

static struct worker *worker_of(const struct flight *flight)
{
    return flight->shard->worker;
}

/* By which an account has its credentials: this object of it, or one that came meanwhile.
 * NULL: its integration is not there, or has no such way. */
static const struct auth_rule *auth_of(const struct flight *flight,
                                       const struct account *account)
{
    const struct auth_way *way =
        flight->integration ? integration_way(flight->integration, account->way) : NULL;
    return way ? &way->rule : NULL;
}

static struct envoy envoy_of(struct flight *flight)
{
    const struct keeper_config *config = &keeper_of(flight)->config;
    return (struct envoy){.ops = config->ops,
                          .ops_arg = config->ops_arg,
                          .directory = config->directory,
                          .worker = worker_of(flight),
                          .arena = &flight->arena,
                          .pin = flight->pin,
                          .integration = flight->integration,
                          .way = flight->way,
                          .account = flight->account};
}

/* --- the end --- */

static void free_flight(struct flight *flight)
{
    list_remove(&flight->node);
    list_remove(&flight->ready);
    flight->shard->flight_n--;
    timer_cancel(&flight->timer);
    credentials_destroy(&flight->previous.credentials);
    account_unref(&flight->account);
    if (flight->pin)
        catalog_unpin(keeper_of(flight)->config.catalog, worker_of(flight), flight->pin);
    arena_wipe(&flight->arena); /* it held tokens */
    arena_fini(&flight->arena);
    mem_free(flight);
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

static bool lacks(const struct flight *flight, const struct account *account)
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
    if (answered && (flight->errand_kind != WARD_CONTEXT || !lacks(flight, account)))
        return 0;
    return usec_max(ward_backoff(ward->errands[flight->errand_kind].failures + 1, true,
                                 world_chance(worker_of(flight)->world)),
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
static void land(struct flight *flight)
{
    struct shard *shard = flight->shard;
    struct ward *ward = flight->ward;
    struct account *account =
        directory_account(keeper_of(flight)->config.directory, tenant_id_str(&ward->id));
    struct snapshot *snapshot = catalog_snapshot(keeper_of(flight)->config.catalog);
    usec now = worker_of(flight)->now;
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

static void over(struct flight *flight)
{
    struct shard *shard = flight->shard;
    flight->step = FLIGHT_OVER;
    land(flight);
    free_flight(flight);
    shard_pump_soon(shard);
}

static void end_with(struct flight *flight, enum err err, usec hold, str detail)
{
    flight->word = KEEPER_NO;
    flight->hold = hold;
    flight->reason.err = err;
    flight->reason.retry_after = hold;
    snprintf(flight->reason.detail, sizeof(flight->reason.detail), STR_F, STR_A(detail));
}

static void log_end(const struct flight *flight, enum log_level level, const char *what,
                    str detail)
{
    struct log_line line;
    log_open(&line, keeper_of(flight)->config.log, level, "token");
    log_str(&line, "account", tenant_id_str(&flight->ward->id));
    log_str(&line, "integration", flight->account->integration);
    log_str(&line, "what", str_z(what));
    log_str(&line, "detail", detail);
    log_int(&line, "version", (int64_t)flight->account->credential_version);
    log_close(&line);
}

/* --- the store --- */

static void on_changed(struct token_change *change);

static void change(struct flight *flight, enum token_step step)
{
    struct token_change *change = &flight->change;
    struct keeper *keeper = keeper_of(flight);
    change->step = step;
    change->directory = keeper->config.directory;
    change->worker = worker_of(flight);
    change->done = on_changed;
    change->arena = &flight->arena;
    change->account = tenant_id_str(&flight->ward->id);
    change->version = flight->account->credential_version;
    change->holder = str_z(keeper->holder);
    change->lease = token_call_lease;
    change->wall = world_wall(keeper->config.world);
    change->harmless = flight->errand_kind != WARD_NONE ||
                       (step == TOKEN_RELEASE && flight->interrupted);
    flight->hears_store = true;
    directory_change_token(change);
}

static const char rotation_lost[] =
    "rotation_lost: an exchange was cut off before its answer was stored, and the vendor "
    "has given the new token to nobody. ";

/* Behind a vendor's no: what may be the reason. The vendor alone knows. */
static str hint_of(struct flight *flight)
{
    return party_end_hint(keeper_of(flight)->config.directory, flight->account,
                          flight->way, world_wall(worker_of(flight)->world),
                          &flight->arena);
}

/* What a failure says and what follows from it. */
static void fail(struct flight *flight)
{
    const struct token_answer *answer = &flight->call.answer;
    uint32_t failures = flight->account->token.failures + 1;
    bool slow = answer->verdict != TOKEN_TRANSIENT;
    bool dead = answer->verdict == TOKEN_REVOKED;
    usec hold = ward_backoff(failures, slow, world_chance(worker_of(flight)->world));
    str parts[] = {dead && flight->interrupted ? str_z(rotation_lost) : STR(""),
                   answer->fault, slow ? hint_of(flight) : STR("")};
    str fault = arena_join(&flight->arena, parts, COUNT_OF(parts));
    if (flight->errand_kind == WARD_NONE)
        atomic_fetch_add(&keeper_of(flight)->exchanges[answer->verdict], 1);
    end_with(flight, dead ? ERR_ACCOUNT_NEEDS_REAUTH : ERR_TOKEN_UNAVAILABLE,
             usec_max(hold, answer->retry_after), fault);
    log_end(flight, LOG_WARN, dead ? "needs_reauth" : "failed", fault);
    flight->change.fault = fault;
    flight->change.unanswered = flight->call.unanswered || flight->interrupted;
    flight->change.dead = dead;
    flight->change.worrying = failures > 1 || slow;
    flight->step = FLIGHT_FAIL;
    change(flight, TOKEN_FAIL);
}

/* --- the exchange --- */

static void fetch(struct flight *flight)
{
    flight->step = FLIGHT_FETCH;
    if (!token_call_start(&flight->call))
        fail(flight);
}

static void on_again(struct timer *timer)
{
    struct flight *flight = CONTAINER_OF(timer, struct flight, timer);
    CHECK(flight->step == FLIGHT_AGAIN);
    flight->step = FLIGHT_STORE;
    change(flight, TOKEN_STORE);
}

/* --- a token --- */

/* The app's secret is being changed, and the vendor takes only the new one by now. */
static void tell_next_secret(const struct flight *flight)
{
    log_end(flight, LOG_WARN, "next_secret",
            STR("The vendor takes the app's client_secret_next alone. Make it its "
                "client_secret."));
}

static void store(struct flight *flight)
{
    struct token_answer *answer = &flight->call.answer;
    struct token_change *new = &flight->change;
    usec wall = world_wall(keeper_of(flight)->config.world);
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
    atomic_fetch_add(&keeper_of(flight)->exchanges[TOKEN_GOOD], 1);
    flight->step = FLIGHT_STORE;
    change(flight, TOKEN_STORE);
}

/* Nothing was sent that matters, and nothing is: its worker leaves. */
static void give_back(struct flight *flight)
{
    list_remove(&flight->ready);
    end_with(flight, ERR_TOKEN_UNAVAILABLE, 0, STR(KEEPER_STOPPING));
    flight->step = FLIGHT_END;
    change(flight, TOKEN_RELEASE);
}

/* --- the one try that is left --- */

static void on_previous(struct token_previous *previous)
{
    struct flight *flight = CONTAINER_OF(previous, struct flight, previous);
    str token = auth_credential(previous->credentials, STR("refresh_token"));
    flight->hears_store = false;
    if (flight->shard->leaving) {
        give_back(flight);
        return;
    }
    if (previous->err != ERR_NONE || str_absent(token) ||
        str_eq(token, flight->call.refresh_token)) {
        fail(flight);
        return;
    }
    flight->call.refresh_token = arena_str(&flight->arena, token);
    fetch(flight);
}

static void try_previous(struct flight *flight)
{
    flight->previous_tried = true;
    flight->step = FLIGHT_PREVIOUS;
    flight->previous.directory = keeper_of(flight)->config.directory;
    flight->previous.worker = worker_of(flight);
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
        store(flight);
    else if (verdict == TOKEN_REVOKED && call->purpose == TOKEN_REFRESH &&
             !flight->previous_tried)
        try_previous(flight);
    else
        fail(flight);
}

/* --- an errand --- */

static void end_errand(struct flight *flight, enum token_step step)
{
    flight->answered = flight->answered || step != TOKEN_RELEASE;
    flight->step = FLIGHT_END;
    change(flight, step);
}

/* The vendor's no to a check is what invalid_grant is to an exchange; its no to another
 * request leads to a check, where there is one. */
static void on_refused(struct flight *flight)
{
    if (flight->errand_kind == WARD_CHECK) {
        flight->call.answer = (struct token_answer){
            .verdict = TOKEN_REVOKED, .fault = flight->errand.fault, .retry_after = -1};
        flight->answered = true;
        fail(flight);
        return;
    }
    log_end(flight, LOG_WARN, "no_context", flight->errand.fault);
    flight->suspects = flight->way->rule.check != NULL;
    end_errand(flight, TOKEN_RELEASE);
}

static void on_errand(struct errand *errand)
{
    struct flight *flight = CONTAINER_OF(errand, struct flight, errand);
    bool check = flight->errand_kind == WARD_CHECK;
    CHECK(flight->step == FLIGHT_ERRAND);
    if (errand->end == ERRAND_REFUSED) {
        on_refused(flight);
        return;
    }
    if (errand->end == ERRAND_FAILED) {
        log_end(flight, LOG_WARN, check ? "not_checked" : "no_context", errand->fault);
        end_errand(flight, TOKEN_RELEASE);
        return;
    }
    log_end(flight, LOG_INFO, check ? "checked" : "context", STR_NONE);
    flight->change.context = errand->context;
    end_errand(flight, check ? TOKEN_PROVE : TOKEN_LEARN);
}

static void set_out(struct flight *flight)
{
    struct errand *errand = &flight->errand;
    *errand = (struct errand){.envoy = envoy_of(flight),
                              .credentials = flight->own,
                              .context = flight->account->context,
                              .fills = true,
                              .heard = on_errand};
    if (flight->errand_kind == WARD_CHECK)
        errand_take_check(errand, &flight->way->rule);
    else
        errand_take_context(errand, &flight->way->rule);
    flight->step = FLIGHT_ERRAND;
    if (!errand_start(errand))
        on_errand(errand);
}

/* Whether another process has brought what is wanted since this flight began: the lease
 * was its own until then. */
static bool is_brought(const struct flight *flight)
{
    struct account *account =
        directory_account(keeper_of(flight)->config.directory, flight->change.account);
    bool brought =
        flight->errand_kind == WARD_CONTEXT && account && !lacks(flight, account);
    account_unref(&account);
    return brought;
}

static void begin_errand(struct flight *flight)
{
    flight->answered = is_brought(flight);
    if (flight->answered)
        end_errand(flight, TOKEN_RELEASE);
    else
        set_out(flight);
}

/* --- answers of the store --- */

/* Under which fence another process is at it; 0: none is. */
static void note_lease(struct flight *flight, uint64_t fence)
{
    struct ward *ward = flight->ward;
    pthread_mutex_lock(&flight->shard->lock);
    if (ward->lease != fence)
        ward->lease_seen = worker_of(flight)->now;
    ward->lease = fence;
    pthread_mutex_unlock(&flight->shard->lock);
}

static void on_intended(struct flight *flight)
{
    struct token_change *change = &flight->change;
    if (change->err != ERR_NONE) {
        end_with(flight, change->err,
                 ward_backoff(1, false, world_chance(worker_of(flight)->world)),
                 STR("The store takes no changes at present."));
        over(flight);
        return;
    }
    switch (change->end) {
    case TOKEN_DONE:
        note_lease(flight, 0);
        flight->interrupted = change->interrupted;
        CRASH_POINT("token.intended");
        if (flight->shard->leaving) {
            give_back(flight);
            return;
        }
        flight->step = FLIGHT_READY;
        list_push_back(&flight->shard->ready, &flight->ready);
        shard_pump_soon(flight->shard);
        return;
    case TOKEN_NEWER:
        flight->word = KEEPER_GO;
        break;
    case TOKEN_HELD: /* those who wait go on waiting */
        note_lease(flight, change->fence);
        flight->held = true;
        break;
    case TOKEN_GONE:
        end_with(flight, ERR_ACCOUNT_DISABLED, 0,
                 STR("The account is switched off or being deleted."));
        break;
    }
    over(flight);
}

/* Said once: what is wrong with the store, the store says. */
static void offer_again(struct flight *flight)
{
    if (!flight->again)
        log_end(flight, LOG_ERROR, "not_stored",
                STR("A new token could not be stored; it is offered again until it is."));
    flight->again =
        flight->again ? usec_min(2 * flight->again, store_again_max) : store_again_first;
    flight->step = FLIGHT_AGAIN;
    timer_start(&flight->timer, flight->again);
}

static void on_stored(struct flight *flight)
{
    struct token_change *change = &flight->change;
    if (change->err != ERR_NONE && !flight->shard->leaving) {
        offer_again(flight);
        return;
    }
    if (change->err != ERR_NONE)
        log_end(flight, LOG_ERROR, "lost",
                STR("Breakwater stops, and the store has not taken a new token."));
    if (change->err == ERR_NONE && change->end == TOKEN_DONE)
        log_end(flight, LOG_INFO, "renewed", STR_NONE);
    flight->word = KEEPER_GO;
    over(flight);
}

static void on_changed(struct token_change *change)
{
    struct flight *flight = CONTAINER_OF(change, struct flight, change);
    flight->hears_store = false;
    if (change->step == TOKEN_INTEND)
        on_intended(flight);
    else if (change->step == TOKEN_STORE)
        on_stored(flight);
    else
        over(flight);
}

/* --- the beginning --- */

/* What must be there before the store is asked. */
static bool prepare(struct flight *flight)
{
    struct keeper *keeper = keeper_of(flight);
    enum err err = ERR_NONE;
    flight->account =
        directory_account(keeper->config.directory, tenant_id_str(&flight->ward->id));
    if (!flight->account) {
        end_with(flight, ERR_ACCOUNT_UNKNOWN, 0, STR_NONE);
        return false;
    }
    flight->pin = catalog_pin(keeper->config.catalog, worker_of(flight));
    flight->integration =
        snapshot_find(flight->pin->snapshot, flight->account->integration);
    if (!flight->integration) {
        end_with(flight, ERR_INTEGRATION_UNKNOWN, no_document_again, STR_NONE);
        return false;
    }
    flight->way = integration_way(flight->integration, flight->account->way);
    if (!flight->way) {
        end_with(flight, ERR_CREDENTIAL_UNUSABLE, no_document_again,
                 integration_no_way(flight->integration, flight->account->way,
                                    &flight->arena));
        return false;
    }
    flight->own = directory_credentials(keeper->config.directory, flight->account, &err);
    if (!flight->own) {
        end_with(flight, err, no_document_again, STR(DIRECTORY_CREDENTIALS_CLOSED));
        return false;
    }
    return true;
}

static void prepare_call(struct flight *flight, enum token_purpose purpose)
{
    flight->call = (struct token_call){
        .envoy = envoy_of(flight),
        .purpose = purpose,
        .refresh_token = auth_credential(flight->own, STR("refresh_token")),
        .heard = on_heard};
}

/* What others write is read with their lock. An exchange goes first: an errand wants its
 * token. */
static void take_from_ward(struct flight *flight)
{
    struct ward *ward = flight->ward;
    usec now = worker_of(flight)->now;
    pthread_mutex_lock(&flight->shard->lock);
    bool wanted = ward->token_due <= now || ward->wait_n;
    flight->change.learned = ward->learned;
    if (now - ward->lease_seen >= token_call_lease)
        flight->change.outlived = ward->lease; /* its holder is no longer alive */
    flight->vain = !wanted && ward->errand_due > now;
    if (!wanted && !flight->vain)
        flight->errand_kind = ward->errand;
    ward->on_errand = flight->errand_kind != WARD_NONE;
    pthread_mutex_unlock(&flight->shard->lock);
}

/* False: there is nothing to be done. */
static bool choose(struct flight *flight)
{
    const struct auth_rule *auth = &flight->way->rule;
    enum token_purpose purpose;
    if (flight->vain)
        return false;
    if (flight->errand_kind == WARD_CHECK)
        return auth->check != NULL;
    if (flight->errand_kind == WARD_CONTEXT)
        return auth->context.n > 0;
    if (!auth->token)
        return false;
    if (token_renewal(auth->token, flight->own, &purpose)) {
        prepare_call(flight, purpose);
        return true;
    }
    /* A token that was stored by hand: what is due is a check. */
    ward_fix(flight->shard, flight->ward);
    flight->suspects = flight->account->state == ACCOUNT_NEEDS_REAUTH;
    return false;
}

void flight_start(struct shard *shard, struct ward *ward)
{
    struct flight *flight = mem_zalloc(sizeof(*flight));
    flight->shard = shard;
    flight->ward = ward;
    flight->word = KEEPER_GO;
    flight->reason.retry_after = -1;
    arena_init(&flight->arena, 8192, ARENA_BYTES_MAX);
    timer_init(&flight->timer, shard->worker, on_again);
    list_init(&flight->node);
    list_init(&flight->ready);
    list_push_back(&shard->flights, &flight->node);
    shard->flight_n++;
    take_from_ward(flight);
    if (prepare(flight) && choose(flight)) {
        flight->step = FLIGHT_INTEND;
        change(flight, TOKEN_INTEND);
    } else {
        over(flight);
    }
}

bool flight_go_on(struct shard *shard)
{
    struct list *node = list_pop_front(&shard->ready);
    if (!node)
        return false;
    struct flight *flight = CONTAINER_OF(node, struct flight, ready);
    if (flight->errand_kind == WARD_NONE)
        fetch(flight);
    else
        begin_errand(flight);
    return true;
}

void flight_abandon(struct flight *flight)
{
    if (flight->step == FLIGHT_FETCH)
        token_call_abandon(&flight->call);
    else if (flight->step == FLIGHT_ERRAND)
        errand_abandon(&flight->errand);
    if (flight->hears_store)
        return; /* it ends with the answer */
    if (flight->step == FLIGHT_READY) {
        give_back(flight);
        return;
    }
    if (flight->step == FLIGHT_AGAIN) { /* for the last time */
        timer_cancel(&flight->timer);
        flight->step = FLIGHT_STORE;
        change(flight, TOKEN_STORE);
        return;
    }
    end_with(flight, ERR_TOKEN_UNAVAILABLE, 0, STR(KEEPER_STOPPING));
    over(flight);
}
