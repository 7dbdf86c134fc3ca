/*
 * The shards: who may ask, what is due, and the watch over the directory. The watch runs
 * on the store's thread and only plans; exchanges begin on the shard's worker, a few in
 * a turn.
 */
#include "keeper/keeper.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "keeper/waiter.h"

enum {
    /* Of a shard at a time; the store answers all of them in one turn. What calls wait
     * for does not wait for a vendor that hangs with all that was planned. */
    FLIGHTS_MAX = 16,
    FLIGHTS_AWAITED_MAX = 64,
    FLIGHTS_A_TURN = 4, /* begun, or sent out: what a worker's turn can bear */
    ACCOUNTS_A_TIME = 256
};

enum { suspect_after = 3 }; /* refusals in a row, of more than one resource */
static const usec refused_guard = 60 * USEC_S;
/* A token that is refused younger than this was revoked; its lifetime has not been seen.
 */
static const usec learned_min = 10 * USEC_MIN;

static struct shard *shard_of(struct keeper *keeper, const struct account *account)
{
    return &keeper->shards[account->hash % keeper->config.workers];
}

/* --- watching the directory --- */

static const struct auth_rule *rule_in(const struct snapshot *snapshot,
                                       const struct account *account)
{
    const struct integration *integration = snapshot_find(snapshot, account->integration);
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    return way ? &way->rule : NULL;
}

static void plan(struct keeper *keeper, struct account *account,
                 const struct auth_rule *rule)
{
    struct shard *shard = shard_of(keeper, account);
    pthread_mutex_lock(&shard->lock);
    ward_plan(shard, account, rule);
    shard_poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

static void forget_account(struct keeper *keeper, struct account *account)
{
    struct shard *shard = shard_of(keeper, account);
    pthread_mutex_lock(&shard->lock);
    struct ward *ward = ward_find(shard, &account->id);
    if (ward && ward->busy)
        ward->gone = true;
    else if (ward)
        ward_remove(shard, ward);
    pthread_mutex_unlock(&shard->lock);
}

static void on_account(void *arg, struct account *account, bool there)
{
    struct keeper *keeper = arg;
    if (!there) {
        forget_account(keeper, account);
        return;
    }
    struct snapshot *snapshot = catalog_snapshot(keeper->config.catalog);
    plan(keeper, account, rule_in(snapshot, account));
    snapshot_unref(&snapshot);
}

/* Every account there is. */
static void walk(struct keeper *keeper)
{
    struct account *accounts[ACCOUNTS_A_TIME];
    struct tenant_id last = {0};
    struct snapshot *snapshot = catalog_snapshot(keeper->config.catalog);
    uint32_t n;
    do {
        n = directory_list_accounts(keeper->config.directory,
                                    last.text[0] ? tenant_id_str(&last) : STR_NONE,
                                    ACCOUNTS_A_TIME, NULL, NULL, accounts);
        for (uint32_t i = 0; i < n; i++) {
            plan(keeper, accounts[i], rule_in(snapshot, accounts[i]));
            last = accounts[i]->id;
            account_unref(&accounts[i]);
        }
    } while (n == ACCOUNTS_A_TIME);
    snapshot_unref(&snapshot);
}

/* A document may have come to its token block later than its accounts. */
static void on_documents(void *arg)
{
    walk(arg);
}

/* --- opening and closing --- */

struct keeper *keeper_open(const struct keeper_config *config)
{
    struct keeper *keeper = mem_zalloc(sizeof(*keeper));
    keeper->magic = KEEPER_MAGIC;
    keeper->config = *config;
    keeper->shards = mem_array(config->workers, sizeof(keeper->shards[0]));
    world_name(config->world, "kpr_", keeper->holder);
    for (unsigned i = 0; i < config->workers; i++) {
        struct shard *shard = &keeper->shards[i];
        shard->keeper = keeper;
        pthread_mutex_init(&shard->lock, NULL);
        map_init(&shard->wards);
        heap_init(&shard->due);
        list_init(&shard->flights);
        list_init(&shard->tally.failing);
        list_init(&shard->ready);
    }
    directory_watch_accounts(config->directory, on_account, keeper);
    catalog_on_change(config->catalog, on_documents, keeper);
    walk(keeper);
    return keeper;
}

static void free_shard(struct shard *shard)
{
    size_t at = 0;
    CHECK(!shard->worker && shard->flight_n == 0);
    for (struct ward *ward; (ward = map_next(&shard->wards, &at)) != NULL;) {
        CHECK(list_empty(&ward->waits));
        ward_uncount(shard, ward);
        mem_free(ward);
    }
    CHECK(!shard->tally.waiting && !shard->tally.busy && !shard->tally.needs_reauth &&
          !shard->tally.fixed && list_empty(&shard->tally.failing));
    map_fini(&shard->wards);
    heap_fini(&shard->due);
    pthread_mutex_destroy(&shard->lock);
}

void keeper_close(struct keeper **keeper)
{
    struct keeper *gone = *keeper;
    *keeper = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, KEEPER_MAGIC);
    catalog_on_change(gone->config.catalog, NULL, NULL);
    directory_watch_accounts(gone->config.directory, NULL, gone);
    for (unsigned i = 0; i < gone->config.workers; i++)
        free_shard(&gone->shards[i]);
    mem_free(gone->shards);
    gone->magic = 0;
    mem_free(gone);
}

/* --- what is due --- */

static bool has_place(const struct shard *shard, const struct ward *ward)
{
    return shard->flight_n < (ward->wait_n ? FLIGHTS_AWAITED_MAX : FLIGHTS_MAX);
}

/* The next ward that is due, taken out and busy; else NULL with when there will be one.
 * What somebody waits for comes first; while the daemon drains, nothing else is begun. */
static struct ward *take_due(struct shard *shard, usec *ret_due)
{
    struct ward *taken = NULL;
    pthread_mutex_lock(&shard->lock);
    struct heap_node *node = heap_least(&shard->due);
    while (node && node->key <= shard->worker->now && !taken) {
        struct ward *ward = CONTAINER_OF(node, struct ward, node);
        if (!has_place(shard, ward)) {
            node = NULL; /* the end of a flight looks again */
            break;
        }
        heap_remove(&shard->due, node);
        if (ward->wait_n || !shard->draining)
            taken = ward;
        else
            node = heap_least(&shard->due);
    }
    *ret_due = node ? node->key : USEC_NEVER;
    if (taken)
        ward_take(shard, taken);
    pthread_mutex_unlock(&shard->lock);
    return taken;
}

/* False: none may be begun now; *ret_due is when one will be. */
static bool begin_next(struct shard *shard, usec *ret_due)
{
    *ret_due = USEC_NEVER;
    if (shard->leaving)
        return false;
    struct ward *ward = take_due(shard, ret_due);
    if (ward)
        flight_start(shard, ward);
    return ward != NULL;
}

static void pump(struct shard *shard)
{
    usec due = USEC_NEVER;
    for (unsigned i = 0; i < FLIGHTS_A_TURN; i++)
        if (!flight_go_on(shard) && !begin_next(shard, &due)) {
            if (due != USEC_NEVER)
                timer_start_at(&shard->timer, due);
            return;
        }
    timer_start(&shard->timer, 1);
}

static void on_poke(struct post *post)
{
    struct shard *shard = CONTAINER_OF(post, struct shard, poke);
    pthread_mutex_lock(&shard->lock);
    shard->poked = false;
    bool left = !shard->worker;
    pthread_mutex_unlock(&shard->lock);
    if (!left)
        pump(shard);
}

void shard_poke(struct shard *shard)
{
    if (!shard->worker || shard->poked)
        return;
    shard->poked = true;
    worker_post(shard->worker, &shard->poke, on_poke);
}

/* Not from inside: a flight that ends as soon as it starts would nest, one in another. */
void shard_pump_soon(struct shard *shard)
{
    timer_start(&shard->timer, 0);
}

static void on_timer(struct timer *timer)
{
    pump(CONTAINER_OF(timer, struct shard, timer));
}

static enum keeper_word no(struct keeper_reason *ret, enum err err, usec retry_after,
                           const char *detail)
{
    ret->err = err;
    ret->retry_after = retry_after;
    snprintf(ret->detail, sizeof(ret->detail), "%s", detail);
    return KEEPER_NO;
}

void keeper_join(struct keeper *keeper, struct worker *worker)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    CHECK(worker->id < keeper->config.workers);
    struct shard *shard = &keeper->shards[worker->id];
    timer_init(&shard->timer, worker, on_timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = worker;
    shard->draining = shard->leaving = false;
    shard_poke(shard);
    pthread_mutex_unlock(&shard->lock);
}

void keeper_drain(struct keeper *keeper, struct worker *worker)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    keeper->shards[worker->id].draining = true;
}

uint32_t keeper_busy(struct keeper *keeper, struct worker *worker)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    return keeper->shards[worker->id].flight_n;
}

/* Nobody is left to renew what is waited for. */
static void send_away(struct shard *shard)
{
    size_t at = 0;
    struct keeper_reason reason = {.retry_after = -1};
    no(&reason, ERR_TOKEN_UNAVAILABLE, -1, KEEPER_STOPPING);
    pthread_mutex_lock(&shard->lock);
    shard->leaving = true;
    for (struct ward *ward; (ward = map_next(&shard->wards, &at)) != NULL;)
        if (!ward->busy)
            ward_tell(ward, KEEPER_NO, &reason);
    pthread_mutex_unlock(&shard->lock);
}

void keeper_leave(struct keeper *keeper, struct worker *worker)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    struct shard *shard = &keeper->shards[worker->id];
    shard->draining = true;
    send_away(shard);
    LIST_EACH(node, &shard->flights)
    flight_abandon(flight_of(node));
    while (shard->flight_n) /* those that wait for the store */
        worker_turn(worker);
    timer_cancel(&shard->timer);
    pthread_mutex_lock(&shard->lock);
    shard->worker = NULL;
    bool poked = shard->poked;
    pthread_mutex_unlock(&shard->lock);
    while (poked) {
        worker_turn(worker);
        pthread_mutex_lock(&shard->lock);
        poked = shard->poked;
        pthread_mutex_unlock(&shard->lock);
    }
}

/* --- asking --- */

/* A vendor that refuses the token it has given for an earlier refusal refuses something
 * else: it is not asked for token after token. */
static bool refused_before(const struct ward *ward, usec now)
{
    usec guard = ward->lifetime == USEC_NEVER
                     ? refused_guard
                     : usec_min(refused_guard, ward->lifetime / 6);
    return ward->refused > 0 && now - ward->refused < guard;
}

static bool in_backoff(const struct ward *ward, usec now)
{
    return ward->hold > now;
}

static bool in_exchange(const struct ward *ward)
{
    return ward->busy && !ward->on_errand;
}

/* What to do about a token that does not work, or soon will not. */
static enum keeper_word judge(const struct keeper_question *question, struct ward *ward,
                              usec now, struct keeper_reason *ret_reason)
{
    bool refused = question->refused && question->refused == ward->version;
    bool awaited = in_exchange(ward) || ward->wait_n > 0; /* or soon in one */
    if (question->refused && !refused)
        return KEEPER_GO;
    if (ward->fixed || ward->tokenless)
        return refused ? no(ret_reason, ERR_NONE, -1, "") : KEEPER_GO;
    if (refused && !awaited && (refused_before(ward, now) || in_backoff(ward, now)))
        return no(ret_reason, ERR_NONE, -1, "");
    if (!refused && ward_good(ward) > now)
        return KEEPER_GO;
    if (!refused && ward->failures && ward_alive(ward, now))
        return KEEPER_GO;
    if (!awaited && in_backoff(ward, now))
        return no(ret_reason, ERR_TOKEN_UNAVAILABLE, ward->hold - now,
                  "The token has expired, and the vendor gives no new one at present.");
    return KEEPER_WAIT;
}

static struct token_wait *wait_for(struct shard *shard, struct ward *ward,
                                   const struct keeper_question *question, usec now)
{
    struct waiter *waiter = mem_zalloc(sizeof(*waiter));
    waiter->wait.owner = question->owner;
    waiter->shard = shard;
    waiter->ward = ward;
    waiter->worker = question->worker;
    waiter->heard = question->heard;
    list_push_back(&ward->waits, &waiter->node);
    ward->wait_n++;
    shard->tally.waiting++;
    if (question->refused && ward->until == USEC_NEVER && ward->issued &&
        now - ward->issued >= learned_min)
        ward->learned = now - ward->issued;
    if (question->refused && !in_exchange(ward))
        ward->refused = now;
    ward_due(shard, ward, 0); /* before what nobody waits for */
    shard_poke(shard);
    return &waiter->wait;
}

enum keeper_word keeper_ask(struct keeper *keeper, const struct keeper_question *question,
                            struct token_wait **ret_wait,
                            struct keeper_reason *ret_reason)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    struct account *account = question->account;
    struct shard *shard = shard_of(keeper, account);
    usec now = question->worker->now;
    enum keeper_word word = KEEPER_GO;
    *ret_wait = NULL;
    pthread_mutex_lock(&shard->lock);
    struct ward *ward = ward_find(shard, &account->id);
    if (ward)
        word = judge(question, ward, now, ret_reason);
    if (word == KEEPER_WAIT && shard->leaving)
        word = no(ret_reason, ERR_TOKEN_UNAVAILABLE, -1, KEEPER_STOPPING);
    if (word == KEEPER_WAIT)
        *ret_wait = wait_for(shard, ward, question, now);
    pthread_mutex_unlock(&shard->lock);
    return word;
}

void keeper_forget(struct keeper *keeper, struct token_wait **wait)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    if (!*wait)
        return;
    struct waiter *waiter = CONTAINER_OF(*wait, struct waiter, wait);
    *wait = NULL;
    struct shard *shard = waiter->shard;
    pthread_mutex_lock(&shard->lock);
    bool told = waiter->told;
    if (!told) {
        list_remove(&waiter->node);
        waiter->ward->wait_n--;
        shard->tally.waiting--;
    }
    pthread_mutex_unlock(&shard->lock);
    waiter->forgotten = true; /* if it was told, the post is on its way */
    if (!told)
        mem_free(waiter);
}

/* --- looking --- */

void keeper_view(struct keeper *keeper, const struct account *account,
                 struct keeper_view *ret)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    struct shard *shard = shard_of(keeper, account);
    usec now = world_now(keeper->config.world);
    *ret = (struct keeper_view){.due_in = USEC_NEVER, .good_for = USEC_NEVER};
    pthread_mutex_lock(&shard->lock);
    const struct ward *ward = ward_find(shard, &account->id);
    if (ward) {
        ret->kept = !ward->fixed && !ward->tokenless;
        ret->renewing = in_exchange(ward);
        ret->waiters = ward->wait_n;
        if (heap_holds(&ward->node) && ward->token_due != USEC_NEVER)
            ret->due_in = usec_max(ward->token_due - now, 0);
        if (ward->until != USEC_NEVER)
            ret->good_for = usec_max(ward->until - now, 0);
    }
    pthread_mutex_unlock(&shard->lock);
}

/* Renews what can be renewed, and checks the rest. */
static void hurry(struct shard *shard, struct account *account,
                  const struct auth_rule *rule)
{
    struct ward *ward = ward_find(shard, &account->id);
    if (ward && !ward->fixed && !ward->tokenless) {
        ward->hold = 0;
        ward_due(shard, ward, world_now(shard->keeper->config.world));
    } else if (rule) {
        ward_suspect(shard, account, rule, true);
    }
    shard_poke(shard);
}

void keeper_hurry(struct keeper *keeper, struct account *account)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    struct shard *shard = shard_of(keeper, account);
    struct snapshot *snapshot = catalog_snapshot(keeper->config.catalog);
    pthread_mutex_lock(&shard->lock);
    hurry(shard, account, rule_in(snapshot, account));
    pthread_mutex_unlock(&shard->lock);
    snapshot_unref(&snapshot);
}

/* --- refusals --- */

static void suspect(struct keeper *keeper, struct account *account)
{
    struct shard *shard = shard_of(keeper, account);
    struct snapshot *snapshot = catalog_snapshot(keeper->config.catalog);
    const struct auth_rule *rule = rule_in(snapshot, account);
    pthread_mutex_lock(&shard->lock);
    if (rule)
        ward_suspect(shard, account, rule, false);
    shard_poke(shard);
    pthread_mutex_unlock(&shard->lock);
    snapshot_unref(&snapshot);
}

void keeper_note_refusal(struct keeper *keeper, struct account *account,
                         uint64_t resource)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    struct account_refusals *refusals = &account->refusals;
    uint32_t n = atomic_fetch_add(&refusals->n, 1) + 1;
    if (n == 1)
        atomic_store(&refusals->resource, resource);
    else if (atomic_load(&refusals->resource) != resource)
        atomic_store(&refusals->several, true);
    if (n < suspect_after || !atomic_load(&refusals->several))
        return;
    keeper_note_success(account);
    suspect(keeper, account);
}

/* --- counting --- */

static void count_failing(const struct ward *ward, usec now, struct keeper_stats *ret)
{
    ret->failing++;
    ret->ended += !ward_alive(ward, now);
    if (ward->until != USEC_NEVER)
        ret->life_min = usec_min(ret->life_min, usec_max(ward->until - now, 0));
}

static void count_shard(struct shard *shard, struct keeper_stats *ret)
{
    usec now = world_now(shard->keeper->config.world);
    const struct tally *tally = &shard->tally;
    pthread_mutex_lock(&shard->lock);
    ret->wards += shard->wards.n;
    ret->waiting += tally->waiting;
    ret->under_way += tally->busy;
    ret->needs_reauth += tally->needs_reauth;
    ret->fixed += tally->fixed;
    LIST_EACH(node, &tally->failing)
    count_failing(CONTAINER_OF(node, struct ward, failing), now, ret);
    pthread_mutex_unlock(&shard->lock);
}

void keeper_stats(struct keeper *keeper, struct keeper_stats *ret)
{
    CHECK_MAGIC(keeper, KEEPER_MAGIC);
    *ret = (struct keeper_stats){.life_min = USEC_NEVER};
    for (unsigned i = 0; i < keeper->config.workers; i++)
        count_shard(&keeper->shards[i], ret);
    for (unsigned i = 0; i <= TOKEN_TRANSIENT; i++)
        ret->exchanges[i] = atomic_load(&keeper->exchanges[i]);
}
