#include "hook/hooks.h"

#include <unistd.h>

#include "base/mem.h"
#include "hook/hooks_state.h"
#include "hook/receive.h"
#include "loop/driver.h"
#include "loop/thread.h"
#include "loop/world.h"

#define PREFIX STR("/hooks/")

/* --- the transfer's thread --- */

/* Records come faster than they are worth a transaction each: a short rest lets them
 * gather. */
static const usec linger = 20 * USEC_MS;
static const usec pause_after_fault = USEC_S;
static const usec upkeep_first = 10 * USEC_S;

static void on_wake(struct post *post)
{
    struct hooks *hooks = CONTAINER_OF(post, struct hooks, wake);
    atomic_store(&hooks->asked, false);
    if (hooks->driver && !timer_active(&hooks->timer))
        timer_start(&hooks->timer, 0);
}

void hooks_wake(struct hooks *hooks)
{
    if (!atomic_exchange(&hooks->asked, true))
        worker_post(&hooks->worker, &hooks->wake, on_wake);
}

static void on_timer(struct timer *timer)
{
    struct hooks *hooks = CONTAINER_OF(timer, struct hooks, timer);
    uint32_t n = 0;
    enum err err = transfer_some(hooks->transfer, &n);
    bool notes = transfer_has_notes(hooks->transfer);
    if (err == ERR_NONE && notes)
        err = transfer_bind(hooks->transfer);
    if (err == ERR_NONE && rejected_waits(hooks->rejected_kept))
        err = rejected_store(hooks->rejected_kept);
    if (err == ERR_NONE)
        err = transfer_tell_full(hooks->transfer);
    if (err == ERR_NONE && n < TRANSFER_BATCH)
        hooks->caught_up = world_wall(hooks->config.world) - linger;
    if (err != ERR_NONE)
        timer_start(timer, pause_after_fault);
    else if (n > 0 || notes)
        timer_start(timer, n == TRANSFER_BATCH ? 0 : linger);
}

static void on_upkeep(struct timer *timer)
{
    hooks_keep_up(CONTAINER_OF(timer, struct hooks, upkeep));
}

static void run_transfer(void *arg)
{
    struct hooks *hooks = arg;
    timer_start(&hooks->timer, 0);
    timer_start(&hooks->upkeep, upkeep_first);
    driver_run(hooks->driver);
    while (hooks->dropping) { /* the disk ends it */
        worker_turn(&hooks->worker);
        usleep(200);
    }
    timer_cancel(&hooks->timer);
    timer_cancel(&hooks->upkeep);
}

void hooks_start(struct hooks *hooks)
{
    timer_init(&hooks->timer, &hooks->worker, on_timer);
    timer_init(&hooks->upkeep, &hooks->worker, on_upkeep);
    hooks->driver = driver_create(&hooks->worker);
    hooks->thread = thread_start("bw-transfer", run_transfer, hooks);
}

/* Nobody wakes it any more; what has woken it last is over with its turn. */
static void end_thread(struct hooks *hooks)
{
    if (!hooks->thread)
        return;
    driver_stop(hooks->driver);
    thread_join(&hooks->thread);
    driver_destroy(&hooks->driver);
}

/* --- opening and closing --- */

static void on_account(void *arg, struct account *account, bool there)
{
    struct hooks *hooks = arg;
    if (!there)
        hook_secrets_forget(hooks->secrets, account->integration,
                            tenant_id_str(&account->id));
    if (!there || account->context.n == 0)
        return;
    transfer_note_account(hooks->transfer, account);
    hooks_wake(hooks);
}

static bool open_parts(struct hooks *hooks, str *ret_why)
{
    const struct hooks_config *config = &hooks->config;
    *ret_why = STR("the store cannot be read");
    hooks->keys = hook_keys_open(config->store, config->keyring, config->directory);
    if (!hooks->keys)
        return false;
    hooks->secrets = hook_secrets_open(config->store, hooks->keys, config->world);
    if (!hooks->secrets)
        return false;
    struct key_sets_config key_sets = {.exchange = config->exchange,
                                       .world = config->world,
                                       .log = config->log,
                                       .workers = config->workers};
    hooks->key_sets = key_sets_create(&key_sets);
    hooks->rejected_kept = rejected_create(config->store, hooks->keys, config->world);
    struct transfer_config transfer = {.store = config->store,
                                       .directory = config->directory,
                                       .journal = config->journal,
                                       .keys = hooks->keys,
                                       .world = config->world,
                                       .log = config->log,
                                       .environment_bytes_max =
                                           config->environment_bytes_max,
                                       .on_stored = config->on_stored,
                                       .arg = config->arg};
    hooks->transfer = transfer_open(&transfer, ret_why);
    return hooks->transfer != NULL;
}

struct hooks *hooks_open(const struct hooks_config *config, str *ret_why)
{
    struct hooks *hooks = mem_zalloc(sizeof(*hooks));
    hooks->magic = HOOKS_MAGIC;
    hooks->config = *config;
    hooks->busy = mem_array(config->workers, sizeof(*hooks->busy));
    worker_init(&hooks->worker, config->workers + 1, config->world);
    if (!open_parts(hooks, ret_why)) {
        hooks_close(&hooks);
        return NULL;
    }
    hooks->offload = offload_start("bw-judge");
    directory_watch_accounts(config->directory, on_account, hooks);
    return hooks;
}

void hooks_close(struct hooks **hooks)
{
    struct hooks *gone = *hooks;
    *hooks = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, HOOKS_MAGIC);
    directory_watch_accounts(gone->config.directory, NULL, gone);
    end_thread(gone);
    worker_turn(&gone->worker); /* what woke it when it had ended */
    worker_fini(&gone->worker);
    if (gone->offload)
        offload_stop(&gone->offload);
    for (unsigned i = 0; i < gone->config.workers; i++)
        CHECK(gone->busy[i] == 0);
    transfer_close(&gone->transfer);
    rejected_destroy(&gone->rejected_kept);
    hook_secrets_close(&gone->secrets);
    key_sets_destroy(&gone->key_sets);
    hook_keys_close(&gone->keys);
    mem_free(gone->busy);
    gone->magic = 0;
    mem_free(gone);
}

uint32_t hooks_busy(struct hooks *hooks, struct worker *worker)
{
    return atomic_load(&hooks->busy[worker->id]);
}

void hooks_stop(struct hooks *hooks, struct worker *worker)
{
    key_sets_stop(hooks->key_sets, worker);
}

/* --- requests --- */

bool hooks_is_ours(str path)
{
    return str_starts(path, PREFIX);
}

void hooks_request(struct hooks *hooks, struct inbound *in)
{
    CHECK_MAGIC(hooks, HOOKS_MAGIC);
    receive_start(hooks, in);
}

struct hook_keys *hooks_keys(struct hooks *hooks)
{
    return hooks->keys;
}

struct hook_secrets *hooks_secrets(struct hooks *hooks)
{
    return hooks->secrets;
}

struct payloads *hooks_payloads(struct hooks *hooks)
{
    return hooks->config.payloads;
}

void hooks_tell(struct hooks *hooks, str account, uint32_t n)
{
    if (hooks->config.on_stored)
        hooks->config.on_stored(hooks->config.arg, account, n);
}

void hooks_stats(struct hooks *hooks, struct hooks_stats *ret)
{
    struct transfer_stats transfer;
    struct journal_stats journal;
    transfer_stats(hooks->transfer, &transfer);
    journal_stats(hooks->config.journal, &journal);
    *ret = (struct hooks_stats){
        .accepted = atomic_load(&hooks->accepted),
        .shaken = atomic_load(&hooks->shaken),
        .rejected = atomic_load(&hooks->rejected),
        .refused = atomic_load(&hooks->refused),
        .unknown = atomic_load(&hooks->unknown),
        .bytes = atomic_load(&hooks->bytes),
        .events = transfer.events,
        .duplicates = transfer.duplicates,
        .unmatched = transfer.unmatched,
        .erased = transfer.erased,
        .behind = journal.last_sequence > transfer.sequence
                      ? journal.last_sequence - transfer.sequence
                      : 0,
        .stuck = transfer.stuck,
    };
    rejected_stats(hooks->rejected_kept, &ret->reasons);
}
