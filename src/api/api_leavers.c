#include "api/api_leavers.h"

#include <pthread.h>

#include "api/api.h"
#include "base/mem.h"
#include "cache/cache.h"
#include "connect/connect.h"
#include "writes/write_upkeep.h"

enum { AT_ONCE_MAX = 16 };
static const usec look_every = 2 * USEC_S;

struct leavers {
    struct api *api;
    struct worker *worker; /* the one that looks; NULL: none has joined */
    struct timer timer;
    struct write_drained drained;
    struct arena arena; /* of what it finds */
    bool looking;
    bool draining;
    unsigned n; /* begun by it */

    pthread_mutex_t lock;
    struct list all; /* those that are leaving now, by whomever */
};

/* One that was found. */
struct found {
    struct leaver leaver;
    struct arena arena;
    struct account *account;
};

/* --- one that leaves --- */

static bool is_leaving(struct leavers *leavers, const struct account *account)
{
    LIST_EACH(node, &leavers->all)
    {
        struct leaver *leaver = CONTAINER_OF(node, struct leaver, node);
        if (str_eq(tenant_id_str(&leaver->departure.account->id),
                   tenant_id_str(&account->id)))
            return true;
    }
    return false;
}

/* Its data key is gone, and with it what is on disk; what is in memory goes, too. */
static void on_departed(struct departure *departure)
{
    struct leaver *leaver = CONTAINER_OF(departure, struct leaver, departure);
    struct leavers *leavers = leaver->leavers;
    struct cache *cache = leavers->api->gate->exchange.cache;
    if (cache && !departure->err)
        cache_forget(cache, departure->id);
    pthread_mutex_lock(&leavers->lock);
    list_remove(&leaver->node);
    pthread_mutex_unlock(&leavers->lock);
    leaver->done(leaver);
}

bool leavers_start(struct leavers *leavers, struct leaver *leaver)
{
    struct departure *departure = &leaver->departure;
    leaver->leavers = leavers;
    list_init(&leaver->node);
    departure->env = &leavers->api->connect->code;
    departure->store = leavers->api->store;
    departure->done = on_departed;
    pthread_mutex_lock(&leavers->lock);
    bool taken = is_leaving(leavers, departure->account);
    if (!taken)
        list_push_back(&leavers->all, &leaver->node);
    pthread_mutex_unlock(&leavers->lock);
    if (!taken)
        departure_start(departure);
    return !taken;
}

/* --- those that wait for nothing more --- */

static void on_found_gone(struct leaver *leaver)
{
    struct found *found = CONTAINER_OF(leaver, struct found, leaver);
    struct leavers *leavers = leaver->leavers;
    enum err err = leaver->departure.err;
    if (err && err != ERR_ACCOUNT_UNKNOWN)
        log_say(leavers->api->log, LOG_WARN, "leavers",
                "an account cannot be deleted for now: " STR_F,
                STR_A(err_row(err)->title));
    leavers->n--;
    account_unref(&found->account);
    arena_wipe(&found->arena);
    arena_fini(&found->arena);
    mem_free(found);
}

static void begin(struct leavers *leavers, str id)
{
    struct account *account = directory_account(leavers->api->directory, id);
    if (!account)
        return;
    struct found *found = mem_zalloc(sizeof(*found));
    arena_init(&found->arena, 4096, 64 << 20);
    found->account = account;
    found->leaver.done = on_found_gone;
    found->leaver.departure = (struct departure){
        .worker = leavers->worker,
        .arena = &found->arena,
        .account = account,
        .actor = {.key_id = STR_NONE, .peer = STR_NONE, .request_id = STR_NONE}};
    leavers->n++;
    if (leavers_start(leavers, &found->leaver))
        return;
    on_found_gone(&found->leaver);
}

static void look_again(struct leavers *leavers)
{
    if (!leavers->draining)
        timer_start(&leavers->timer, look_every);
}

static void on_drained(struct write_drained *drained)
{
    struct leavers *leavers = CONTAINER_OF(drained, struct leavers, drained);
    leavers->looking = false;
    for (uint32_t i = 0; !drained->err && !leavers->draining && i < drained->n; i++)
        begin(leavers, drained->accounts[i]);
    arena_fini(&leavers->arena);
    look_again(leavers);
}

static void on_timer(struct timer *timer)
{
    struct leavers *leavers = CONTAINER_OF(timer, struct leavers, timer);
    struct directory_counts counts;
    directory_counts(leavers->api->directory, &counts);
    if (leavers->n >= AT_ONCE_MAX || !counts.accounts_by_state[ACCOUNT_DELETING]) {
        look_again(leavers);
        return;
    }
    arena_init(&leavers->arena, 4096, 1 << 20);
    leavers->looking = true;
    leavers->drained = (struct write_drained){.store = leavers->api->store,
                                              .worker = leavers->worker,
                                              .arena = &leavers->arena,
                                              .done = on_drained,
                                              .max = AT_ONCE_MAX - leavers->n};
    write_drained(&leavers->drained);
}

/* --- life --- */

struct leavers *leavers_create(struct api *api)
{
    struct leavers *leavers = mem_zalloc(sizeof(*leavers));
    leavers->api = api;
    pthread_mutex_init(&leavers->lock, NULL);
    list_init(&leavers->all);
    return leavers;
}

void leavers_destroy(struct leavers **gone)
{
    struct leavers *leavers = *gone;
    *gone = NULL;
    if (!leavers)
        return;
    CHECK(list_empty(&leavers->all) && !leavers_busy(leavers));
    pthread_mutex_destroy(&leavers->lock);
    mem_free(leavers);
}

void leavers_join(struct leavers *leavers, struct worker *worker)
{
    leavers->worker = worker;
    timer_init(&leavers->timer, worker, on_timer);
    timer_start(&leavers->timer, 0);
}

void leavers_drain(struct leavers *leavers)
{
    leavers->draining = true;
    timer_cancel(&leavers->timer);
}

bool leavers_busy(const struct leavers *leavers)
{
    return leavers->looking || leavers->n > 0;
}
