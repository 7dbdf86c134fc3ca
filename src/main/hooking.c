#include "main/hooking.h"

#include "hook/transfer.h"
#include "loop/world.h"
#include "watch/watch.h"

enum { RESERVE_PERCENT = 5 };

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
                                     .reserve = RESERVE_PERCENT,
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
                                     .reserve = RESERVE_PERCENT,
                                     .on_fault = on_fault,
                                     .arg = journal.arg};
    hooking->payloads = payload_open(STR("journal"), &payload, parts->arena, ret_why);
    return hooking->payloads != NULL;
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
                                  .world = world_real(),
                                  .log = parts->log,
                                  .public_url = public_url,
                                  .trusted = parts->trusted,
                                  .trusted_n = parts->trusted_n,
                                  .bytes_max = settings->hook_bytes_max,
                                  .environment_bytes_max =
                                      settings->hook_environment_bytes_max,
                                  .workers = parts->workers};
    hooking->hooks = hooks_open(&config, ret_why);
    if (hooking->hooks)
        hooks_start(hooking->hooks);
    return hooking->hooks != NULL;
}

void hooking_stop(struct hooking *hooking)
{
    hooks_close(&hooking->hooks);
    if (hooking->payloads)
        payload_close(&hooking->payloads);
    if (hooking->journal)
        journal_close(&hooking->journal);
}

void hooking_metrics(struct hooking *hooking, struct buf *buf)
{
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
