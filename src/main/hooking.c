#include "main/hooking.h"

#include <unistd.h>

#include "news/echo.h"
#include "hook/transfer.h"
#include "loop/world.h"
#include "watch/watch.h"

static str folder(const struct hooking_parts *parts, str name)
{
    str names[] = {parts->settings->data, STR("/"), name};
    return str_z(arena_z(parts->arena, arena_join(parts->arena, names, 3)));
}

/* A torn tail is what a crash leaves, and no fault. */
static void on_fault(void *arg, enum err err, str words)
{
    const struct log *log = arg;
    log_say(log, err == ERR_NONE ? LOG_WARN : LOG_ERROR, "journal", STR_F, STR_A(words));
}

static bool open_journal(struct hooking *hooking, const struct hooking_parts *parts,
                         str *ret_why)
{
    uint64_t position;
    *ret_why = STR("the store cannot be read");
    if (transfer_position(parts->store, &position) != ERR_NONE)
        return false;
    struct journal_config journal = {.dir = folder(parts, STR("journal")),
                                     .world = world_real(),
                                     .bytes_max = parts->settings->journal_bytes_max,
                                     .reserve = (unsigned)parts->settings->disk_reserve,
                                     .position = position,
                                     .on_fault = on_fault,
                                     .arg = (void *)(uintptr_t)parts->log};
    hooking->journal = journal_open(&journal, parts->arena, ret_why);
    if (!hooking->journal)
        return false;
    struct payload_config payload = {.journal = hooking->journal,
                                     .record_type = HOOK_RECORD_PAYLOAD,
                                     .dir = folder(parts, STR("payloads")),
                                     .world = world_real(),
                                     .bytes_max = parts->settings->journal_bytes_max,
                                     .reserve = (unsigned)parts->settings->disk_reserve,
                                     .on_fault = on_fault,
                                     .arg = journal.arg};
    hooking->payloads = payload_open(STR("journal"), &payload, parts->arena, ret_why);
    return hooking->payloads != NULL;
}

/* On the transfer's thread. */
static void on_stored(void *arg, str account, uint32_t n)
{
    struct hooking *hooking = arg;
    work_note(hooking->work, account, n);
}

static bool open_work(struct hooking *hooking, const struct hooking_parts *parts,
                      str *ret_why)
{
    hooking->echo = echo_create(world_real());
    struct work_config config = {.store = parts->store,
                                 .payloads = hooking->payloads,
                                 .keys = hooks_keys(hooking->hooks),
                                 .keyring = parts->keyring,
                                 .directory = parts->directory,
                                 .catalog = parts->catalog,
                                 .cache = parts->exchange->cache,
                                 .echo = hooking->echo,
                                 .models = parts->models,
                                 .exchange = parts->exchange,
                                 .world = world_real(),
                                 .log = parts->log,
                                 .workers = parts->workers};
    parts->exchange->on_written = echo_on_written;
    parts->exchange->on_written_arg = hooking->echo;
    hooking->work = work_open(&config, ret_why);
    return hooking->work != NULL;
}

bool hooking_start(struct hooking *hooking, const struct hooking_parts *parts,
                   str *ret_why)
{
    const struct settings *settings = parts->settings;
    str public_url = settings->public_url.n ? settings->public_url : STR_NONE;
    if (str_ends(public_url, STR("/")))
        public_url.n--;
    if (!open_journal(hooking, parts, ret_why))
        return false;
    struct hooks_config config = {.store = parts->store,
                                  .keyring = parts->keyring,
                                  .directory = parts->directory,
                                  .catalog = parts->catalog,
                                  .journal = hooking->journal,
                                  .payloads = hooking->payloads,
                                  .exchange = parts->exchange,
                                  .world = world_real(),
                                  .log = parts->log,
                                  .public_url = public_url,
                                  .trusted = parts->trusted,
                                  .trusted_n = parts->trusted_n,
                                  .bytes_max = settings->hook_bytes_max,
                                  .environment_bytes_max =
                                      settings->hook_environment_bytes_max,
                                  .workers = parts->workers,
                                  .on_stored = on_stored,
                                  .arg = hooking};
    hooking->hooks = hooks_open(&config, ret_why);
    if (!hooking->hooks || !open_work(hooking, parts, ret_why))
        return false;
    hooks_start(hooking->hooks);
    return true;
}

void hooking_stop(struct hooking *hooking)
{
    hooks_close(&hooking->hooks);
    work_close(&hooking->work);
    echo_destroy(&hooking->echo);
    if (hooking->payloads)
        payload_close(&hooking->payloads);
    if (hooking->journal)
        journal_close(&hooking->journal);
}

void hooking_join(struct hooking *hooking, struct worker *worker)
{
    work_join(hooking->work, worker);
}

void hooking_drain(struct hooking *hooking, struct worker *worker)
{
    work_drain(hooking->work, worker);
}

uint32_t hooking_busy(struct hooking *hooking, struct worker *worker)
{
    return hooks_busy(hooking->hooks, worker) + work_busy(hooking->work, worker);
}

/* What waits for the disk is answered by it, or refused within its own limit. */
void hooking_leave(struct hooking *hooking, struct worker *worker)
{
    work_drain(hooking->work, worker);
    work_stop(hooking->work, worker);
    hooks_stop(hooking->hooks, worker);
    while (hooking_busy(hooking, worker)) {
        worker_turn(worker);
        usleep(200);
    }
    work_leave(hooking->work, worker);
}

/* --- metrics --- */

static void put_work(struct hooking *hooking, struct buf *buf)
{
    struct work_stats stats;
    work_stats(hooking->work, &stats);
    watch_sample(buf, "breakwater_webhook_queues", "gauge",
                 "Accounts with vendors' events that wait.", (double)stats.accounts);
    watch_sample(buf, "breakwater_webhook_under_way", "gauge",
                 "Batches of vendors' events under way.", (double)stats.under_way);
    watch_sample(buf, "breakwater_webhook_told_total", "counter",
                 "Vendors' events that were made into events of ours.",
                 (double)stats.told);
    watch_sample(buf, "breakwater_webhook_ignored_total", "counter",
                 "Of which their document wants nothing told.", (double)stats.ignored);
    watch_sample(buf, "breakwater_webhook_late_total", "counter",
                 "Older than what was told of their record, and dropped.",
                 (double)stats.late);
    watch_sample(buf, "breakwater_webhook_superseded_total", "counter",
                 "Of a record that was told of as created before.",
                 (double)stats.superseded);
    watch_sample(buf, "breakwater_webhook_equal_total", "counter",
                 "That changed nothing of what was told.", (double)stats.equal);
    watch_sample(buf, "breakwater_webhook_dead_total", "counter",
                 "That could not be made into events.", (double)stats.dead);
    watch_sample(buf, "breakwater_webhook_fetches_total", "counter",
                 "Records fetched since their vendor did not send them.",
                 (double)stats.fetches);
    watch_sample(buf, "breakwater_webhook_holds_total", "counter",
                 "Times that a vendor in trouble was waited for.", (double)stats.holds);
}

void hooking_metrics(struct hooking *hooking, struct buf *buf)
{
    put_work(hooking, buf);
    struct hooks_stats stats;
    hooks_stats(hooking->hooks, &stats);
    watch_sample(buf, "breakwater_webhooks_accepted_total", "counter",
                 "Requests of vendors that were verified and made durable.",
                 (double)stats.accepted);
    watch_sample(buf, "breakwater_webhooks_handshakes_total", "counter",
                 "Handshakes answered.", (double)stats.shaken);
    buf_str(buf,
            STR("# HELP breakwater_webhooks_rejected_total Requests that were not proved "
                "to be the vendor's.\n"
                "# TYPE breakwater_webhooks_rejected_total counter\n"));
    for (int i = 1; i < REASON_COUNT; i++) {
        str word = webhook_reason_word((enum webhook_reason)i);
        buf_printf(buf, "breakwater_webhooks_rejected_total{reason=\"" STR_F "\"} %llu\n",
                   STR_A(word), (unsigned long long)stats.reasons.by_reason[i]);
    }
    watch_sample(buf, "breakwater_webhooks_refused_total", "counter",
                 "Requests answered 503 or 413: no room, or no disk.",
                 (double)stats.refused);
    watch_sample(buf, "breakwater_webhooks_unknown_total", "counter",
                 "Requests to URLs that nothing receives at.", (double)stats.unknown);
    watch_sample(buf, "breakwater_webhooks_bytes", "gauge",
                 "Memory that bodies under way take.", (double)stats.bytes);
    watch_sample(buf, "breakwater_webhook_events_total", "counter",
                 "Events of vendors that came out of the journal.", (double)stats.events);
    watch_sample(buf, "breakwater_webhook_duplicates_total", "counter",
                 "Of these, those that were there before.", (double)stats.duplicates);
    watch_sample(buf, "breakwater_webhook_unmatched_total", "counter",
                 "Of these, those whose account was not known.", (double)stats.unmatched);
    watch_sample(buf, "breakwater_webhook_erased_total", "counter",
                 "Of these, those whose account was deleted meanwhile.",
                 (double)stats.erased);
    watch_sample(buf, "breakwater_webhook_behind", "gauge",
                 "Records of the journal that are no rows yet.", (double)stats.behind);
    watch_sample(buf, "breakwater_webhook_stuck", "gauge",
                 "1: the transfer cannot go on; the log says why.", stats.stuck);
}
