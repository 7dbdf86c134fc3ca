/*
 * Payloads on the local disk. Small ones are records of the journal: their sync is shared
 * with all that waits. A large one would hold up a batch for as long as it is written,
 * and has a file of its own.
 */
#include "base/mem.h"
#include "payload/payload_files.h"
#include "payload/payload_ops.h"

enum { RECORD_BYTES_MAX = 256 * 1024 };

struct local {
    struct journal *journal;
    uint16_t record_type;
    struct payload_files *files;
};

static void journal_close_payloads(void *base)
{
    struct local *local = base;
    payload_files_close(&local->files);
    mem_free(local);
}

static void *journal_open_payloads(const struct payload_config *config,
                                   struct arena *arena, str *ret_why)
{
    CHECK(config->journal);
    struct payload_files *files = payload_files_open(config, arena, ret_why);
    if (!files)
        return NULL;
    struct local *local = mem_alloc(sizeof(*local));
    *local = (struct local){config->journal, config->record_type, files};
    return local;
}

/* --- putting and getting --- */

static void on_appended(struct journal_append *append)
{
    struct payload_put *put = CONTAINER_OF(append, struct payload_put, work.append);
    put->err = append->err;
    if (put->err == ERR_NONE)
        payload_write_record(&append->ref, put->reference);
    put->done(put);
}

static void put_payload(void *base, struct payload_put *put)
{
    struct local *local = base;
    if (payload_bytes(put) > RECORD_BYTES_MAX) {
        payload_files_put(local->files, put);
        return;
    }
    put->work.append = (struct journal_append){.strength = JOURNAL_DURABLE,
                                               .type = local->record_type,
                                               .done = on_appended,
                                               .worker = put->worker};
    memcpy(put->work.append.parts, put->parts, sizeof(put->parts));
    journal_append(local->journal, &put->work.append);
}

static void on_read(struct journal_read *read)
{
    struct payload_get *get = CONTAINER_OF(read, struct payload_get, work.read);
    get->err = read->err;
    if (get->err == ERR_NONE)
        get->bytes = read->entry.bytes;
    get->done(get);
}

static void get_payload(void *base, struct payload_get *get)
{
    struct local *local = base;
    struct journal_ref ref;
    if (!payload_read_record(get->reference, &ref)) {
        payload_files_get(local->files, get);
        return;
    }
    get->work.read = (struct journal_read){
        .ref = ref, .arena = get->arena, .done = on_read, .worker = get->worker};
    journal_read(local->journal, &get->work.read);
}

/* A record goes with its segment; what is left to do is nothing, on the files' thread. */
static void forget_payload(void *base, struct payload_forget *forget)
{
    struct local *local = base;
    payload_files_forget(local->files, forget);
}

/* --- groups --- */

static size_t list_segments(struct local *local, struct payload_group *ret, size_t max)
{
    struct journal_segment *segments = mem_array(max, sizeof(*segments));
    size_t n = journal_candidates(local->journal, USEC_NEVER, UINT64_MAX, segments, max);
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct payload_group){.newest = segments[i].closed,
                                        .bytes = segments[i].bytes,
                                        .end_sequence = segments[i].end_sequence};
        payload_write_prefix(PAYLOAD_RECORD, segments[i].segment, ret[i].prefix);
    }
    mem_free(segments);
    return n;
}

/* Of two lists, each oldest first, the next group in the order of both. */
static const struct payload_group *next_of(const struct payload_group *lists[2],
                                           size_t n[2])
{
    if (n[0] == 0 && n[1] == 0)
        return NULL;
    int i = n[0] == 0 || (n[1] > 0 && lists[1]->newest < lists[0]->newest);
    n[i]--;
    return lists[i]++;
}

static uint64_t bytes_of(struct local *local)
{
    struct journal_stats journal;
    struct payload_stats files;
    journal_stats(local->journal, &journal);
    payload_files_stats(local->files, &files);
    return journal.disk_bytes + files.file_bytes;
}

static size_t list_groups(void *base, usec before, uint64_t bytes,
                          struct payload_group *ret, size_t max)
{
    struct local *local = base;
    struct payload_group *segments = mem_array(max, sizeof(*segments));
    struct payload_group *hours = mem_array(max, sizeof(*hours));
    size_t left_n[2] = {list_segments(local, segments, max),
                        payload_files_groups(local->files, hours, max)};
    const struct payload_group *lists[2] = {segments, hours};
    uint64_t left = bytes_of(local);
    size_t n = 0;
    for (const struct payload_group *group;
         n < max && (group = next_of(lists, left_n)) != NULL;) {
        if (group->newest >= before && left <= bytes)
            continue;
        left -= group->bytes < left ? group->bytes : left;
        ret[n++] = *group;
    }
    mem_free(segments);
    mem_free(hours);
    return n;
}

static void on_dropped(struct journal_drop *it)
{
    struct payload_drop *drop = CONTAINER_OF(it, struct payload_drop, work.drop);
    drop->err = it->err;
    drop->done(drop);
}

static void drop_group(void *base, struct payload_drop *drop)
{
    struct local *local = base;
    enum payload_kind kind;
    uint64_t group;
    if (!payload_read_prefix(str_z(drop->prefix), &kind, &group) ||
        kind == PAYLOAD_FILE) {
        payload_files_drop(local->files, drop);
        return;
    }
    drop->work.drop = (struct journal_drop){
        .segment = group, .done = on_dropped, .worker = drop->worker};
    journal_drop(local->journal, &drop->work.drop);
}

static void read_stats(void *base, struct payload_stats *ret_stats)
{
    struct local *local = base;
    payload_files_stats(local->files, ret_stats);
}

const struct payload_ops payload_journal = {
    .open = journal_open_payloads,
    .close = journal_close_payloads,
    .put = put_payload,
    .get = get_payload,
    .forget = forget_payload,
    .groups = list_groups,
    .drop = drop_group,
    .stats = read_stats,
};
