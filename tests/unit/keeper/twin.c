#include "twin.h"

#include <unistd.h>

#include "lodge.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "loop/thread.h"

enum { LIFE_S_MAX = 120 };

bool scene_await(struct scene *scene, enum scene_stage stage)
{
    for (unsigned i = 0; i < 60000 && atomic_load(&scene->stage) < (int)stage; i++)
        usleep(1000);
    return atomic_load(&scene->stage) >= (int)stage;
}

static void stand_still(struct twin *twin)
{
    atomic_store(&twin->scene->stage, STAGE_MIDST);
    for (;;)
        pause();
}

/* --- the vendor --- */

struct request {
    struct twin *twin;
    struct token_fetch *fetch;
    struct shared_verdict verdict;
    struct post post;
    struct timer timer;
};

/* Nobody is answered before everybody waits, and whoever shall has tried to ask. */
static bool may_answer(const struct scene *scene)
{
    return atomic_load(&scene->asked) >= scene->crowd &&
           atomic_load(&scene->tried) >= scene->triers;
}

static void answer(struct request *request)
{
    struct twin *twin = request->twin;
    struct token_fetch *fetch = request->fetch;
    if (!may_answer(twin->scene)) {
        timer_start(&request->timer, USEC_MS);
        return;
    }
    shared_mint_act(&request->verdict, fetch);
    if (twin->halt == HALT_ACTED)
        stand_still(twin);
    shared_mint_answer(&request->verdict, fetch);
    mem_free(request);
    fetch->done(fetch);
}

static void on_post(struct post *post)
{
    answer(CONTAINER_OF(post, struct request, post));
}

static void on_timer(struct timer *timer)
{
    answer(CONTAINER_OF(timer, struct request, timer));
}

static void fetch(void *arg, struct token_fetch *fetch)
{
    struct twin *twin = arg;
    struct request *request = mem_zalloc(sizeof(*request));
    request->twin = twin;
    request->fetch = fetch;
    request->verdict = shared_mint_hear(&twin->scene->mint, fetch);
    if (twin->halt == HALT_SENT)
        stand_still(twin);
    timer_init(&request->timer, fetch->worker, on_timer);
    worker_defer(fetch->worker, &request->post, on_post);
}

static void abandon(struct token_fetch *fetch)
{
    (void)fetch;
    CHECK(!"a twin leaves when nothing is under way");
}

/* --- the parts --- */

static void drop_line(void *arg, str line)
{
    (void)arg;
    (void)line;
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

static struct log quiet = {.sink = drop_line, .wall = no_wall};

static struct world *world_of(struct twin *twin)
{
    return twin->live ? world_real() : &twin->world.world;
}

static struct worker *worker_of(struct twin *twin, unsigned i)
{
    return twin->live ? &twin->loops[i].worker : false_loop_worker(&twin->loop, i);
}

struct task {
    struct twin *twin;
    unsigned worker;
};

/* On each worker's own thread. */
static void on_workers(struct twin *twin, void (*fn)(void *task))
{
    for (unsigned i = 0; i < TWIN_WORKERS; i++) {
        struct task task = {twin, i};
        if (twin->live)
            live_loop_do(&twin->loops[i], fn, &task);
        else
            fn(&task);
    }
}

static void join_catalog(void *arg)
{
    struct task *task = arg;
    catalog_join(task->twin->catalog, worker_of(task->twin, task->worker));
}

static void leave_catalog(void *arg)
{
    struct task *task = arg;
    catalog_leave(task->twin->catalog, worker_of(task->twin, task->worker));
}

static void join_keeper(void *arg)
{
    struct task *task = arg;
    keeper_join(task->twin->keeper, worker_of(task->twin, task->worker));
}

static void leave_keeper(void *arg)
{
    struct task *task = arg;
    keeper_leave(task->twin->keeper, worker_of(task->twin, task->worker));
}

static void start_loops(struct twin *twin, unsigned at)
{
    if (twin->live) {
        for (unsigned i = 0; i < TWIN_WORKERS; i++)
            live_loop_start(&twin->loops[i], i);
    } else {
        false_world_init(&twin->world, at + 1);
        false_loop_init(&twin->loop, &twin->world, TWIN_WORKERS);
    }
}

static void stop_loops(struct twin *twin)
{
    if (twin->live) {
        for (unsigned i = 0; i < TWIN_WORKERS; i++)
            live_loop_stop(&twin->loops[i]);
    } else {
        false_loop_idle(&twin->loop);
        false_loop_fini(&twin->loop);
    }
}

static void open_keeper(struct twin *twin)
{
    static const struct keeper_ops ops = {fetch, abandon};
    struct keeper_config config = {.directory = twin->directory,
                                   .catalog = twin->catalog,
                                   .world = world_of(twin),
                                   .log = &quiet,
                                   .ops = &ops,
                                   .ops_arg = twin,
                                   .workers = TWIN_WORKERS};
    twin->keeper = keeper_open(&config);
}

void twin_open(struct twin *twin, struct scene *scene, unsigned at, bool live)
{
    str why = STR_NONE;
    *twin = (struct twin){.scene = scene, .live = live};
    alarm(LIFE_S_MAX);
    crypto_start();
    arena_init(&twin->arena, 64 << 10, 64 << 20);
    start_loops(twin, at);
    twin->store = store_open(STR("sqlite"), str_z(scene->dirs[at]), &twin->arena, &why);
    CHECK(twin->store != NULL);
    twin->keyring = keyring_create(STR(LODGE_MASTER_KEY), &twin->arena, &why);
    twin->directory =
        directory_open(twin->store, twin->keyring, world_of(twin), &twin->arena, &why);
    CHECK(twin->directory != NULL);
    twin->catalog =
        catalog_open(twin->store, STR_NONE, world_of(twin), &quiet, &twin->arena, &why);
    CHECK(twin->catalog != NULL);
    on_workers(twin, join_catalog);
    open_keeper(twin);
}

void twin_close(struct twin *twin)
{
    on_workers(twin, leave_keeper);
    on_workers(twin, leave_catalog);
    stop_loops(twin);
    keeper_close(&twin->keeper);
    catalog_close(&twin->catalog);
    directory_close(&twin->directory);
    store_close(&twin->store);
    keyring_destroy(&twin->keyring);
    arena_fini(&twin->arena);
}

static uint64_t operations(struct twin *twin)
{
    struct store_stats stats;
    store_stats(twin->store, &stats);
    return stats.operations;
}

void twin_join(struct twin *twin)
{
    twin->operations = operations(twin);
    on_workers(twin, join_keeper);
}

/* --- asking --- */

/* Whoever may go finds the pair that the vendor gave last. */
static bool has_new_token(const struct twin_asker *asker)
{
    enum err err;
    char text[32];
    struct twin *twin = asker->twin;
    struct scene *scene = twin->scene;
    struct account *account = directory_account(
        twin->directory, tenant_id_str(&scene->accounts[asker->account]));
    CHECK(account != NULL);
    const struct credentials *set = directory_credentials(twin->directory, account, &err);
    CHECK(set != NULL);
    snprintf(text, sizeof(text), "a%u.%u", asker->account,
             atomic_load(&scene->mint.grants[asker->account].generation));
    bool has = str_eq(auth_credential(set, STR("token")), str_z(text)) &&
               keeper_good(account, asker->worker->now);
    account_unref(&account);
    return has;
}

static void on_heard(struct token_wait *wait)
{
    struct twin_asker *asker = wait->owner;
    struct twin *twin = asker->twin;
    struct scene *scene = twin->scene;
    asker->wait = NULL;
    if (twin->halt == HALT_STORED)
        stand_still(twin);
    if (wait->word == KEEPER_GO) {
        CHECK(has_new_token(asker));
        atomic_fetch_add(&scene->served, 1);
    } else {
        scene->reason = wait->reason;
        atomic_fetch_add(&scene->refused, 1);
    }
    if (twin->live)
        live_loop_lock(&twin->loops[0]);
    atomic_fetch_add(&twin->heard, 1);
    if (twin->live)
        live_loop_unlock(&twin->loops[0]);
}

static void ask(struct twin *twin, unsigned of, struct worker *worker)
{
    struct keeper_reason reason;
    struct twin_asker *asker = &twin->askers[twin->asker_n++];
    struct account *account =
        directory_account(twin->directory, tenant_id_str(&twin->scene->accounts[of]));
    *asker = (struct twin_asker){.twin = twin, .account = of, .worker = worker};
    struct keeper_question question = {
        .account = account, .worker = worker, .heard = on_heard, .owner = asker};
    CHECK(keeper_ask(twin->keeper, &question, &asker->wait, &reason) == KEEPER_WAIT);
    account_unref(&account);
    atomic_fetch_add(&twin->scene->asked, 1);
}

static void ask_from(void *arg)
{
    struct task *task = arg;
    struct twin *twin = task->twin;
    for (unsigned i = 0; i < TWIN_CROWD / TWIN_WORKERS; i++)
        for (unsigned of = 0; of < twin->scene->account_n; of++)
            ask(twin, of, worker_of(twin, task->worker));
}

void twin_ask(struct twin *twin)
{
    on_workers(twin, ask_from);
}

/* --- waiting --- */

void twin_try(struct twin *twin)
{
    while (operations(twin) < twin->operations + twin->scene->account_n)
        usleep(100);
    atomic_fetch_add(&twin->scene->tried, 1);
}

static bool all_heard(void *arg)
{
    struct twin *twin = arg;
    return atomic_load(&twin->heard) == twin->asker_n;
}

/* A flight waits for its store, or for a vendor that answers without a timer. */
static bool is_busy(struct twin *twin)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < TWIN_WORKERS; i++)
        n += keeper_busy(twin->keeper, worker_of(twin, i));
    return n > 0;
}

/* False time stands still while the store works. */
static bool wait_in_false_time(struct twin *twin, usec max)
{
    usec end = atomic_load(&twin->world.now) + max;
    for (;;) {
        usec due = false_loop_idle(&twin->loop);
        usec now = atomic_load(&twin->world.now);
        if (twin->asker_n && all_heard(twin))
            return true;
        if (is_busy(twin))
            usleep(50);
        else if (now >= end)
            return false;
        else
            false_world_advance(&twin->world, usec_min(due, end) - now);
    }
}

bool twin_wait(struct twin *twin, usec max)
{
    if (twin->live)
        return live_loop_wait(&twin->loops[0], all_heard, twin);
    return wait_in_false_time(twin, max);
}
