#include "hook/transfer_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "directory/directory_app.h"
#include "hook/hooks.h"
#include "keeper/party.h"
#include "loop/world.h"
#include "payload/payload_reference.h"

enum {
    BATCH_BYTES_MAX = 16 << 20,
    BATCH_EVENTS_MAX = 20000,
};

/* --- the position --- */

struct position_op {
    struct store_op op;
    int64_t value;
};

static enum err run_position(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT value FROM counter WHERE name = 'journal'"};
    struct position_op *self = CONTAINER_OF(op, struct position_op, op);
    return tx_number(tx, &query, NULL, 0, &self->value);
}

enum err transfer_position(struct store *store, uint64_t *ret_sequence)
{
    struct position_op self = {.op = {.kind = STORE_READ, .run = run_position}};
    enum err err = store_run(store, &self.op);
    *ret_sequence = (uint64_t)self.value;
    return err;
}

static enum err put_position(struct tx *tx, uint64_t sequence)
{
    static const struct statement update = {
        "UPDATE counter SET value = $1 WHERE name = 'journal'"};
    return tx_exec(tx, &update, (struct value[]){V_INT((int64_t)sequence)}, 1, NULL);
}

/* --- taking records --- */

static void say(struct transfer *transfer, uint64_t sequence, const char *what)
{
    log_say(transfer->config.log, LOG_ERROR, "webhooks", "record %llu of the journal %s",
            (unsigned long long)sequence, what);
}

/* False: the transfer cannot go on behind it. */
static bool open_list(struct transfer *transfer, const struct journal_entry *entry,
                      const struct hook_envelope *envelope)
{
    str plain;
    struct taken *taken = &transfer->taken[transfer->taken_n];
    if (!hook_open(transfer->config.keys, envelope->owner, HOOK_ABOUT_LIST,
                   envelope->list, &transfer->arena, &plain)) {
        struct account *account =
            directory_account(transfer->config.directory, envelope->owner);
        bool erased = !account && !str_eq(envelope->owner, HOOK_PLATFORM);
        account_unref(&account);
        transfer->tally.erased += erased;
        if (!erased)
            say(transfer, entry->ref.sequence,
                "cannot be opened: its master key is gone");
        return erased;
    }
    if (!hook_list_read(plain, &transfer->arena, &taken->list)) {
        say(transfer, entry->ref.sequence, "is in no form that is known");
        return false;
    }
    taken->reference = arena_str(&transfer->arena, envelope->reference);
    if (envelope->frame == HOOK_WHOLE) {
        char *text = arena_bytes(&transfer->arena, PAYLOAD_REFERENCE_BYTES);
        payload_write_record(&entry->ref, text);
        taken->reference = str_z(text);
    }
    taken->bytes = payload_reference_bytes(taken->reference);
    transfer->events += taken->list.n;
    transfer->taken_n++;
    return true;
}

static bool on_record(void *arg, const struct journal_entry *entry)
{
    struct transfer *transfer = arg;
    struct hook_envelope envelope;
    bool ours = false;
    bool read = (entry->type == HOOK_RECORD_PAYLOAD || entry->type == HOOK_RECORD_LIST) &&
                hook_envelope_read(entry->bytes, &envelope, &ours);
    if (ours && !read)
        say(transfer, entry->ref.sequence, "is in no form that is known");
    bool good = read || !ours;
    if (read && envelope.frame != HOOK_APART)
        good = open_list(transfer, entry, &envelope);
    if (!good) {
        transfer->err = ERR_PAYLOAD_DAMAGED;
        return false;
    }
    transfer->sequence = entry->ref.sequence;
    transfer->taken_bytes += entry->bytes.n;
    return transfer->taken_bytes < BATCH_BYTES_MAX && transfer->events < BATCH_EVENTS_MAX;
}

/* The journal moves its cursor behind a record that was not good: what was good before it
 * is taken, and the cursor goes back. */
static enum err scan(struct transfer *transfer, uint32_t *ret_n)
{
    size_t n = 0;
    transfer->next = transfer->cursor;
    enum err err = journal_scan(transfer->config.journal, &transfer->next, TRANSFER_BATCH,
                                on_record, transfer, &n);
    if (transfer->err != ERR_NONE) {
        n--;
        err = journal_seek(transfer->config.journal, transfer->sequence, &transfer->next);
    }
    *ret_n = (uint32_t)n;
    return n ? ERR_NONE : err;
}

/* --- what is known already --- */

static struct dedupe_key key_of(const struct taken *taken, const struct hook_event *event)
{
    const struct hook_list *list = &taken->list;
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    struct dedupe_key key;
    char item[32];
    int n = snprintf(item, sizeof(item), "%u", event->item);
    str by = str_absent(event->id) ? str_of((const char *)list->digest, HOOK_DIGEST_BYTES)
                                   : event->id;
    str pieces[] = {list->integration,
                    STR("\0"),
                    list->account,
                    STR("\0"),
                    list->app,
                    STR("\0"),
                    event->claim,
                    str_absent(event->id) ? STR("\0body\0") : STR("\0id\0"),
                    by,
                    str_absent(event->id) ? str_of(item, (size_t)n) : STR("")};
    crypto_hash_pieces(CRYPTO_SHA256, pieces, COUNT_OF(pieces), digest);
    memcpy(&key, digest, sizeof(key));
    return key;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *left = *(struct found *const *)a;
    const struct found *right = *(struct found *const *)b;
    int order = dedupe_order(&left->key, &right->key);
    if (order == 0)
        order = left < right ? -1 : left > right;
    return order;
}

static struct found **sorted(struct transfer *transfer)
{
    struct found **all =
        arena_array(&transfer->arena, transfer->found_n, sizeof(struct found *));
    for (uint32_t i = 0; i < transfer->found_n; i++)
        all[i] = &transfer->found[i];
    qsort(all, transfer->found_n, sizeof(all[0]), compare_found);
    return all;
}

/* Without an id only what is byte for byte the same, and came just now or waits still. */
static enum err look_at_state(struct tx *tx, const struct found *found,
                              const struct dedupe_seen *seen, bool *ret_repeated)
{
    static const struct statement waits = {
        "SELECT count(*) FROM hook WHERE sequence = $1 AND "
        "(state = 'queued' OR state = 'unmatched')"};
    int64_t n = 0;
    *ret_repeated = true;
    if (!str_absent(found->event->id) ||
        found->from->list.received - seen->received <= DEDUPE_REPEAT)
        return ERR_NONE;
    enum err err = tx_number(tx, &waits, (struct value[]){V_INT(seen->sequence)}, 1, &n);
    *ret_repeated = n > 0;
    return err;
}

static enum err look(struct transfer *transfer, struct tx *tx, struct found *found)
{
    struct dedupe_seen seen;
    bool was;
    enum err err = dedupe_look(transfer->dedupe, tx, &found->key,
                               found->from->list.received, &was, &seen);
    found->repeated = false;
    if (err == ERR_NONE && was)
        err = look_at_state(tx, found, &seen, &found->repeated);
    return err;
}

/* In the order of keys, so that those of one batch stand side by side. */
static enum err mark_repeats(struct transfer *transfer, struct tx *tx, struct found **all)
{
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < transfer->found_n && err == ERR_NONE; i++) {
        if (i > 0 && dedupe_order(&all[i - 1]->key, &all[i]->key) == 0)
            all[i]->repeated = true;
        else
            err = look(transfer, tx, all[i]);
    }
    return err;
}

static enum err remember(struct transfer *transfer, struct tx *tx, struct found **all)
{
    enum err err = ERR_NONE;
    for (uint32_t i = 0; i < transfer->found_n && err == ERR_NONE; i++) {
        usec received = all[i]->from->list.received;
        struct dedupe_seen seen = {dedupe_slot(received), received, all[i]->sequence};
        if (!all[i]->repeated && all[i]->sequence)
            err = dedupe_put(tx, &all[i]->key, &seen);
    }
    return err;
}

/* --- whose it is --- */

/* Whether events of the URL may be the account's: of an app those that are connected with
 * it, else those of the platform's apps, or of none. */
static bool is_of_app(struct transfer *transfer, const struct account *account, str app)
{
    struct app *has = party_app(transfer->config.directory, account, account->way);
    bool is = str_absent(app) ? !has || !has->environment
                              : has && str_eq(tenant_id_str(&has->id), app);
    app_unref(&has);
    return is;
}

uint32_t transfer_accounts(struct transfer *transfer, const struct hook_row *row, str app,
                           struct account **ret)
{
    str claim = row->claim;
    size_t at = str_find(claim, '=');
    if (str_absent(claim) || at == claim.n)
        return 0;
    uint32_t n = directory_find_by_context(transfer->config.directory, row->integration,
                                           str_of(claim.p, at), str_from(claim, at + 1),
                                           ACCOUNTS_MAX, ret);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (is_of_app(transfer, ret[i], app))
            ret[kept++] = ret[i];
        else
            account_unref(&ret[i]);
    }
    return kept;
}

void transfer_tell(struct transfer *transfer, str account)
{
    for (uint32_t i = transfer->told_n; i-- > 0 && i + 16 > transfer->told_n;)
        if (str_eq(transfer->told[i].account, account)) {
            transfer->told[i].n++;
            return;
        }
    transfer->told = arena_grow(&transfer->arena, transfer->told, transfer->told_n,
                                &transfer->told_room, sizeof(*transfer->told));
    transfer->told[transfer->told_n++] =
        (struct told){arena_str(&transfer->arena, account), 1};
}

void transfer_tell_all(struct transfer *transfer)
{
    const struct transfer_config *config = &transfer->config;
    for (uint32_t i = 0; i < transfer->told_n && config->on_stored; i++)
        config->on_stored(config->arg, transfer->told[i].account, transfer->told[i].n);
}

static struct hook_row row_of(const struct found *found)
{
    const struct hook_list *list = &found->from->list;
    bool first = found->event->item == 0; /* all of a request count once */
    return (struct hook_row){.integration = list->integration,
                             .bytes = first ? found->from->bytes : 0,
                             .environment = STR_NONE,
                             .account = STR_NONE,
                             .claim = found->event->claim,
                             .request = found->from->reference,
                             .item = found->event->item,
                             .event_id = found->event->id,
                             .type = found->event->type,
                             .happened = found->event->happened,
                             .received = list->received,
                             .state = HOOK_QUEUED,
                             .lane = STR_NONE,
                             .reason = STR_NONE,
                             .detail = STR_NONE};
}

/* The rows of a batch are mostly one an event: their numbers are taken at once. Those
 * that stay over are a gap, which nobody minds. */
static enum err put_row(struct transfer *transfer, struct tx *tx, struct hook_row *row)
{
    enum err err = ERR_NONE;
    if (transfer->next_sequence == transfer->end_sequence) {
        uint32_t n = transfer->found_n ? transfer->found_n : 1;
        err = hook_reserve(tx, n, &transfer->next_sequence);
        transfer->end_sequence = transfer->next_sequence + n;
    }
    row->sequence = transfer->next_sequence++;
    return err == ERR_NONE ? hook_insert_as(tx, row) : err;
}

static enum err insert_for(struct transfer *transfer, struct tx *tx, struct found *found,
                           const struct account *account)
{
    struct hook_row row = row_of(found);
    row.environment = tenant_id_str(&account->environment->id);
    row.account = tenant_id_str(&account->id);
    enum err err = put_row(transfer, tx, &row);
    if (!found->sequence)
        found->sequence = row.sequence;
    transfer_plan_usage(transfer, row.environment, row.bytes);
    transfer_tell(transfer, row.account);
    return err;
}

static enum err insert_unmatched(struct transfer *transfer, struct tx *tx,
                                 struct found *found)
{
    struct hook_row row = row_of(found);
    row.state = HOOK_UNMATCHED;
    row.reason = found->from->list.app; /* whose accounts may have it */
    row.keep = found->from->list.received + HOOK_KEPT;
    enum err err = put_row(transfer, tx, &row);
    found->sequence = row.sequence;
    transfer->tally.unmatched++;
    return err;
}

static enum err insert(struct transfer *transfer, struct tx *tx, struct found *found)
{
    const struct hook_list *list = &found->from->list;
    struct hook_row row = row_of(found);
    struct account *accounts[ACCOUNTS_MAX];
    uint32_t n = 0;
    enum err err = ERR_NONE;
    if (str_absent(list->account))
        n = transfer_accounts(transfer, &row, list->app, accounts);
    else if ((accounts[0] =
                  directory_account(transfer->config.directory, list->account)) != NULL)
        n = 1;
    for (uint32_t i = 0; i < n; i++) {
        if (err == ERR_NONE)
            err = insert_for(transfer, tx, found, accounts[i]);
        account_unref(&accounts[i]);
    }
    if (n == 0 && str_absent(list->account))
        err = insert_unmatched(transfer, tx, found);
    else if (n == 0)
        transfer->tally.erased++;
    return err;
}

/* --- a batch --- */

static enum err run_batch(struct tx *tx, struct store_op *op)
{
    struct transfer *transfer = CONTAINER_OF(op, struct transfer, op);
    struct tally before = transfer->tally;
    struct found **all = sorted(transfer);
    transfer->told_n = transfer->planned_n = 0;
    transfer->next_sequence = transfer->end_sequence = 0;
    transfer->tally = (struct tally){.erased = before.erased};
    enum err err = mark_repeats(transfer, tx, all);
    for (uint32_t i = 0; i < transfer->found_n && err == ERR_NONE; i++) {
        struct found *found = &transfer->found[i];
        found->sequence = 0;
        transfer->tally.events++;
        transfer->tally.duplicates += found->repeated;
        if (!found->repeated)
            err = insert(transfer, tx, found);
    }
    if (err == ERR_NONE)
        err = remember(transfer, tx, all);
    return err == ERR_NONE ? put_position(tx, transfer->sequence) : err;
}

static void list_found(struct transfer *transfer)
{
    uint32_t at = 0;
    transfer->found =
        arena_array(&transfer->arena, transfer->events, sizeof(*transfer->found));
    for (uint32_t i = 0; i < transfer->taken_n; i++)
        for (uint32_t k = 0; k < transfer->taken[i].list.n; k++) {
            const struct taken *taken = &transfer->taken[i];
            const struct hook_event *event = &taken->list.events[k];
            transfer->found[at++] = (struct found){
                .from = taken, .event = event, .key = key_of(taken, event)};
        }
    transfer->found_n = at;
}

static void count(struct transfer *transfer)
{
    const struct tally *tally = &transfer->tally;
    atomic_fetch_add(&transfer->stat_events, tally->events);
    atomic_fetch_add(&transfer->stat_duplicates, tally->duplicates);
    atomic_fetch_add(&transfer->stat_unmatched, tally->unmatched);
    atomic_fetch_add(&transfer->stat_erased, tally->erased);
    atomic_store(&transfer->stat_sequence, transfer->sequence);
}

static void conclude(struct transfer *transfer)
{
    transfer->cursor = transfer->next;
    for (uint32_t i = 0; i < transfer->found_n; i++)
        if (transfer->found[i].sequence)
            dedupe_note(transfer->dedupe, &transfer->found[i].key,
                        transfer->found[i].from->list.received);
    count(transfer);
    transfer_settle_usage(transfer);
    transfer_tell_all(transfer);
}

void transfer_begin(struct transfer *transfer)
{
    arena_wipe(&transfer->arena);
    arena_reset(&transfer->arena);
    transfer->taken =
        arena_array(&transfer->arena, TRANSFER_BATCH, sizeof(*transfer->taken));
    transfer->taken_n = transfer->found_n = transfer->told_n = transfer->told_room = 0;
    transfer->told = NULL;
    transfer->planned = NULL;
    transfer->planned_n = transfer->planned_room = 0;
    transfer->taken_bytes = transfer->events = 0;
    transfer->err = ERR_NONE;
    transfer->tally = (struct tally){0};
}

enum err transfer_some(struct transfer *transfer, uint32_t *ret_n)
{
    transfer_begin(transfer);
    enum err err = scan(transfer, ret_n);
    if (err == ERR_NONE && *ret_n == 0)
        err = transfer->err;
    if (err == ERR_NONE && *ret_n) {
        list_found(transfer);
        transfer->op = (struct store_op){.kind = STORE_RELAXED, .run = run_batch};
        err = store_run(transfer->config.store, &transfer->op);
        if (err == ERR_NONE) {
            CRASH_POINT("hook.transferred");
            conclude(transfer);
        }
    }
    atomic_store(&transfer->stuck, err != ERR_NONE);
    if (err != ERR_NONE)
        *ret_n = 0;
    return err;
}

/* --- opening --- */

struct transfer *transfer_open(const struct transfer_config *config, str *ret_why)
{
    struct transfer *transfer = mem_zalloc(sizeof(*transfer));
    transfer->config = *config;
    arena_init(&transfer->arena, 64 * 1024, (size_t)1 << 30);
    pthread_mutex_init(&transfer->lock, NULL);
    map_init(&transfer->usages);
    transfer->bind_all = true;
    uint64_t position = 0;
    enum err err = transfer_position(config->store, &position);
    if (err == ERR_NONE)
        transfer->dedupe = dedupe_open(config->store, world_wall(config->world));
    if (err == ERR_NONE)
        err = transfer_load_usage(transfer);
    if (transfer->dedupe && err == ERR_NONE)
        err = journal_seek(config->journal, position, &transfer->cursor);
    transfer->sequence = position;
    atomic_store(&transfer->stat_sequence, position);
    if (transfer->dedupe && err == ERR_NONE)
        return transfer;
    *ret_why = transfer->dedupe ? STR("the journal cannot be read")
                                : STR("the store cannot be read");
    transfer_close(&transfer);
    return NULL;
}

void transfer_close(struct transfer **transfer)
{
    struct transfer *gone = *transfer;
    *transfer = NULL;
    if (!gone)
        return;
    dedupe_close(&gone->dedupe);
    transfer_free_usage(gone);
    mem_free(gone->notes);
    pthread_mutex_destroy(&gone->lock);
    arena_wipe(&gone->arena);
    arena_fini(&gone->arena);
    mem_free(gone);
}

void transfer_stats(struct transfer *transfer, struct transfer_stats *ret)
{
    *ret = (struct transfer_stats){
        .events = atomic_load(&transfer->stat_events),
        .duplicates = atomic_load(&transfer->stat_duplicates),
        .unmatched = atomic_load(&transfer->stat_unmatched),
        .bound = atomic_load(&transfer->stat_bound),
        .erased = atomic_load(&transfer->stat_erased),
        .sequence = atomic_load(&transfer->stat_sequence),
        .stuck = atomic_load(&transfer->stuck),
    };
}
