/*
 * A flight: one exchange at a token endpoint, or one errand, from its intent to its end,
 * on the worker of its shard.
 *
 *   INTEND ──lease──► READY ──► FETCH ──token──► STORE ──► OVER
 *     │ newer, held    │ │        │ ▲ no           │ ▲ no store: until there is one
 *     ▼                │ │        ▼ │ once         ▼ │
 *   OVER               │ │      PREVIOUS          AGAIN
 *                      │ │        │
 *                      │ │        └─────────► FAIL ──► OVER
 *                      │ ▼         refused     ▲
 *                      │ ERRAND ───────────────┘
 *                      ▼  ▼ proved, learned, or nothing
 *                       END ──► OVER
 *
 * Waits and who ends them:
 *   INTEND, STORE, FAIL, PREVIOUS,
 *   END                             the store's answer
 *   READY                           the shard's next turn: few are sent in one
 *   FETCH, ERRAND                   the vendor's, within its deadline
 *   AGAIN                           the timer: a new set that could not be stored is
 *                                   offered again, since there is no other copy of it
 */
#include "base/mem.h"
#include "keeper/flight_steps.h"

enum { ARENA_BYTES_MAX = 8 << 20 };

static const usec no_document_again = 60 * USEC_S;

struct step {
    void (*enter)(struct flight *flight);
    unsigned moves; /* bits of the legal next */
};

#define TO(step) (1u << FLIGHT_##step)

static void intend(struct flight *flight);
static void wait_for_turn(struct flight *flight);
static void store(struct flight *flight);
static void store_failure(struct flight *flight);
static void store_end(struct flight *flight);

static const struct step steps[] = {
    [FLIGHT_BEGIN] = {NULL, TO(INTEND) | TO(OVER)},
    [FLIGHT_INTEND] = {intend, TO(READY) | TO(END) | TO(OVER)},
    [FLIGHT_READY] = {wait_for_turn, TO(FETCH) | TO(ERRAND) | TO(END)},
    [FLIGHT_FETCH] = {flight_fetch, TO(STORE) | TO(PREVIOUS) | TO(FAIL) | TO(OVER)},
    [FLIGHT_PREVIOUS] = {flight_fetch_previous, TO(FETCH) | TO(FAIL) | TO(END)},
    [FLIGHT_STORE] = {store, TO(AGAIN) | TO(OVER)},
    [FLIGHT_AGAIN] = {flight_offer_later, TO(STORE)},
    [FLIGHT_ERRAND] = {flight_set_out, TO(END) | TO(FAIL) | TO(OVER)},
    [FLIGHT_FAIL] = {store_failure, TO(OVER)},
    [FLIGHT_END] = {store_end, TO(OVER)},
    [FLIGHT_OVER] = {flight_land, 0},
};

void flight_move(struct flight *flight, enum flight_step next)
{
    CHECK(steps[flight->step].moves & (1u << next));
    flight->step = next;
    steps[next].enter(flight);
}

struct flight *flight_of(struct list *node)
{
    return CONTAINER_OF(node, struct flight, node);
}

struct envoy flight_envoy(struct flight *flight)
{
    const struct keeper_config *config = &flight_keeper(flight)->config;
    return (struct envoy){.ops = config->ops,
                          .ops_arg = config->ops_arg,
                          .directory = config->directory,
                          .worker = flight_worker(flight),
                          .arena = &flight->arena,
                          .pin = flight->pin,
                          .integration = flight->integration,
                          .way = flight->way,
                          .account = flight->account};
}

/* --- the store --- */

static void on_changed(struct token_change *change);

void flight_change(struct flight *flight, enum token_step step)
{
    struct token_change *change = &flight->change;
    struct keeper *keeper = flight_keeper(flight);
    change->step = step;
    change->directory = keeper->config.directory;
    change->worker = flight_worker(flight);
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

static void intend(struct flight *flight)
{
    flight_change(flight, TOKEN_INTEND);
}

static void store(struct flight *flight)
{
    flight_change(flight, TOKEN_STORE);
}

static void store_failure(struct flight *flight)
{
    flight_change(flight, TOKEN_FAIL);
}

static void store_end(struct flight *flight)
{
    flight_change(flight, flight->last);
}

static void wait_for_turn(struct flight *flight)
{
    list_push_back(&flight->shard->ready, &flight->ready);
    shard_pump_soon(flight->shard);
}

/* Under which fence another process is at it; 0: none is. */
static void note_lease(struct flight *flight, uint64_t fence)
{
    struct ward *ward = flight->ward;
    pthread_mutex_lock(&flight->shard->lock);
    if (ward->lease != fence)
        ward->lease_seen = flight_worker(flight)->now;
    ward->lease = fence;
    pthread_mutex_unlock(&flight->shard->lock);
}

static void on_intended(struct flight *flight)
{
    struct token_change *change = &flight->change;
    if (change->err != ERR_NONE) {
        flight_say(flight, change->err,
                   ward_backoff(1, false, world_chance(flight_worker(flight)->world)),
                   STR("The store takes no changes at present."));
        flight_move(flight, FLIGHT_OVER);
        return;
    }
    switch (change->end) {
    case TOKEN_DONE:
        note_lease(flight, 0);
        flight->interrupted = change->interrupted;
        CRASH_POINT("token.intended");
        if (flight->shard->leaving)
            flight_give_back(flight);
        else
            flight_move(flight, FLIGHT_READY);
        return;
    case TOKEN_NEWER:
        flight->word = KEEPER_GO;
        break;
    case TOKEN_HELD: /* those who wait go on waiting */
        note_lease(flight, change->fence);
        flight->held = true;
        break;
    case TOKEN_GONE:
        flight_say(flight, ERR_ACCOUNT_DISABLED, 0,
                   STR("The account is switched off or being deleted."));
        break;
    }
    flight_move(flight, FLIGHT_OVER);
}

static void on_changed(struct token_change *change)
{
    struct flight *flight = CONTAINER_OF(change, struct flight, change);
    flight->hears_store = false;
    if (change->step == TOKEN_INTEND)
        on_intended(flight);
    else if (change->step == TOKEN_STORE)
        flight_note_stored(flight);
    else
        flight_move(flight, FLIGHT_OVER);
}

/* --- the beginning --- */

/* What must be there before the store is asked. */
static bool prepare(struct flight *flight)
{
    struct keeper *keeper = flight_keeper(flight);
    enum err err = ERR_NONE;
    flight->account =
        directory_account(keeper->config.directory, tenant_id_str(&flight->ward->id));
    if (!flight->account) {
        flight_say(flight, ERR_ACCOUNT_UNKNOWN, 0, STR_NONE);
        return false;
    }
    flight->pin = catalog_pin(keeper->config.catalog, flight_worker(flight));
    flight->integration =
        snapshot_find(flight->pin->snapshot, flight->account->integration);
    if (!flight->integration) {
        flight_say(flight, ERR_INTEGRATION_UNKNOWN, no_document_again, STR_NONE);
        return false;
    }
    flight->way = integration_way(flight->integration, flight->account->way);
    if (!flight->way) {
        flight_say(flight, ERR_CREDENTIAL_UNUSABLE, no_document_again,
                   integration_no_way(flight->integration, flight->account->way,
                                      &flight->arena));
        return false;
    }
    flight->own = directory_credentials(keeper->config.directory, flight->account, &err);
    if (!flight->own) {
        flight_say(flight, err, no_document_again, STR(DIRECTORY_CREDENTIALS_CLOSED));
        return false;
    }
    return true;
}

/* What others write is read with their lock. An exchange goes first: an errand wants its
 * token. */
static void take_from_ward(struct flight *flight)
{
    struct ward *ward = flight->ward;
    usec now = flight_worker(flight)->now;
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
        flight_make_call(flight, purpose);
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
    timer_init(&flight->timer, shard->worker, flight_offer_again);
    list_init(&flight->node);
    list_init(&flight->ready);
    list_push_back(&shard->flights, &flight->node);
    shard->flight_n++;
    take_from_ward(flight);
    bool wanted = prepare(flight) && choose(flight);
    flight_move(flight, wanted ? FLIGHT_INTEND : FLIGHT_OVER);
}

bool flight_go_on(struct shard *shard)
{
    struct list *node = list_pop_front(&shard->ready);
    if (!node)
        return false;
    struct flight *flight = CONTAINER_OF(node, struct flight, ready);
    if (flight->errand_kind == WARD_NONE)
        flight_move(flight, FLIGHT_FETCH);
    else
        flight_begin_errand(flight);
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
        flight_give_back(flight);
        return;
    }
    if (flight->step == FLIGHT_AGAIN) { /* for the last time */
        timer_cancel(&flight->timer);
        flight_move(flight, FLIGHT_STORE);
        return;
    }
    flight_say(flight, ERR_TOKEN_UNAVAILABLE, 0, STR(KEEPER_STOPPING));
    flight_move(flight, FLIGHT_OVER);
}
