/*
 * Reading by reference, on the second thread; scanning, on the thread that wants it. Both
 * open the file anew: thousands of segments would be as many descriptors.
 */
#include "base/mem.h"
#include "journal/journal_state.h"

/* The segment with this number; under the lock. */
static struct segment *find(struct journal *journal, uint64_t number)
{
    LIST_EACH(node, &journal->segments)
    if (segment_of(node)->number == number)
        return segment_of(node);
    return NULL;
}

static int open_segment(struct journal *journal, uint64_t number, int *ret_file)
{
    char *path = segment_path(journal->dir, number, SEGMENT_NUMBERED);
    int err = journal->disk->ops->open(journal->disk, path, false, ret_file);
    mem_free(path);
    return err;
}

static enum err fail(struct journal *journal, uint64_t number, int err)
{
    journal_fault(journal, "reading", number, err);
    return ERR_JOURNAL_UNAVAILABLE;
}

/* --- one record --- */

/* The most that it can take: how long its key is only its head says. */
static uint64_t bytes_at_most(const struct journal_ref *ref, uint64_t end)
{
    uint64_t most = (uint64_t)FRAMING_HEAD_BYTES + JOURNAL_KEY_BYTES_MAX + ref->bytes;
    return most < end - ref->offset ? most : end - ref->offset;
}

static enum err check_ref(struct journal *journal, const struct journal_ref *ref,
                          uint64_t *ret_end)
{
    pthread_mutex_lock(&journal->lock);
    const struct segment *segment = find(journal, ref->segment);
    *ret_end = segment ? segment->end : 0;
    pthread_mutex_unlock(&journal->lock);
    if (!segment)
        return ERR_PAYLOAD_EXPIRED;
    bool inside = ref->offset >= FRAMING_RECORDS_AT && ref->offset < *ret_end &&
                  ref->offset % FRAMING_ALIGN == 0 &&
                  (uint64_t)ref->bytes + FRAMING_HEAD_BYTES <= *ret_end - ref->offset &&
                  ref->bytes <= JOURNAL_RECORD_BYTES_MAX;
    return inside ? ERR_NONE : ERR_PAYLOAD_DAMAGED;
}

/* The record as `raw` has it, if it is the one that is meant. */
static enum err read_entry(struct journal_read *read, size_t n)
{
    const struct journal_ref *ref = &read->ref;
    struct framing_record record;
    if (n < FRAMING_HEAD_BYTES)
        return ERR_PAYLOAD_DAMAGED;
    framing_read_record(read->raw, &record);
    if (record.sequence != ref->sequence ||
        record.bytes != FRAMING_HEAD_BYTES + record.key_bytes + (uint64_t)ref->bytes ||
        record.bytes > n || !framing_check_record(read->raw, &record, ref->segment))
        return ERR_PAYLOAD_DAMAGED;
    const char *key = read->raw + FRAMING_HEAD_BYTES;
    read->entry = (struct journal_entry){
        .ref = *ref,
        .type = record.type,
        .key = record.key_bytes ? str_of(key, record.key_bytes) : STR_NONE,
        .bytes = str_of(key + record.key_bytes, ref->bytes)};
    return ERR_NONE;
}

static enum err read_record(struct journal *journal, struct journal_read *read)
{
    uint64_t end;
    size_t n = 0;
    int file;
    enum err err = check_ref(journal, &read->ref, &end);
    if (err != ERR_NONE)
        return err;
    int failed = open_segment(journal, read->ref.segment, &file);
    if (failed)
        return fail(journal, read->ref.segment, failed);
    size_t wanted = (size_t)bytes_at_most(&read->ref, end);
    read->raw = mem_alloc(wanted);
    failed = journal->disk->ops->read(journal->disk, file, read->raw, wanted,
                                      read->ref.offset, &n);
    journal->disk->ops->close(journal->disk, file);
    return failed ? fail(journal, read->ref.segment, failed) : read_entry(read, n);
}

static void run_read(struct offload_task *task)
{
    struct journal_read *read = CONTAINER_OF(task, struct journal_read, task);
    read->err = read_record(read->journal, read);
}

/* An arena is its worker's alone: it is filled here. */
static void on_read(struct offload_task *task)
{
    struct journal_read *read = CONTAINER_OF(task, struct journal_read, task);
    if (read->err == ERR_NONE) {
        read->entry.key = arena_str(read->arena, read->entry.key);
        read->entry.bytes = arena_str(read->arena, read->entry.bytes);
    }
    mem_free(read->raw);
    read->raw = NULL;
    read->done(read);
}

void journal_read(struct journal *journal, struct journal_read *read)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    read->journal = journal;
    read->raw = NULL;
    read->task =
        (struct offload_task){.run = run_read, .done = on_read, .worker = read->worker};
    offload_submit(journal->second, &read->task);
}

/* --- scanning --- */

/* The oldest segment from `number` on, held until unpin; a copy in *ret. */
static struct segment *pin(struct journal *journal, uint64_t number, struct segment *ret)
{
    struct segment *found = NULL;
    pthread_mutex_lock(&journal->lock);
    LIST_EACH(node, &journal->segments)
    {
        if (segment_of(node)->number < number)
            continue;
        found = segment_of(node);
        found->pins++;
        *ret = *found;
        break;
    }
    pthread_mutex_unlock(&journal->lock);
    return found;
}

static void unpin(struct journal *journal, struct segment *segment)
{
    pthread_mutex_lock(&journal->lock);
    segment->pins--;
    pthread_mutex_unlock(&journal->lock);
}

struct scan {
    struct journal *journal;
    struct journal_cursor *cursor;
    size_t left;
    bool (*fn)(void *arg, const struct journal_entry *entry);
    void *arg;
    bool stopped;
};

/* From the cursor to the end of one segment. */
static enum err scan_segment(struct scan *scan, const struct segment *segment)
{
    struct journal_entry entry;
    struct walk walk;
    enum walk_step step = WALK_END;
    int file;
    int failed = open_segment(scan->journal, segment->number, &file);
    if (failed)
        return fail(scan->journal, segment->number, failed);
    walk_init(&walk, scan->journal->disk, file, segment);
    walk.at = scan->cursor->offset;
    walk.expect = 0;
    while (scan->left > 0 && !scan->stopped &&
           (step = walk_next(&walk, &entry)) == WALK_RECORD) {
        scan->stopped = !scan->fn(scan->arg, &entry);
        scan->left--;
        scan->cursor->offset = walk.at;
    }
    walk_fini(&walk);
    scan->journal->disk->ops->close(scan->journal->disk, file);
    if (step == WALK_FAILED)
        return fail(scan->journal, segment->number, walk.err);
    return step == WALK_NONE || step == WALK_BAD ? ERR_PAYLOAD_DAMAGED : ERR_NONE;
}

/* Through the segments, until enough was seen or there is no more. */
static enum err scan_all(struct scan *scan)
{
    struct journal_cursor *cursor = scan->cursor;
    struct segment copy;
    enum err err = ERR_NONE;
    struct segment *segment;
    while (err == ERR_NONE && scan->left > 0 && !scan->stopped &&
           (segment = pin(scan->journal, cursor->segment, &copy)) != NULL) {
        if (copy.number != cursor->segment || cursor->offset < FRAMING_RECORDS_AT)
            *cursor = (struct journal_cursor){copy.number, FRAMING_RECORDS_AT};
        if (cursor->offset < copy.end)
            err = scan_segment(scan, &copy);
        unpin(scan->journal, segment);
        bool ended = err == ERR_NONE && scan->left > 0 && !scan->stopped;
        if (ended && copy.closed == 0)
            break; /* more may come behind it */
        if (ended)
            *cursor = (struct journal_cursor){copy.number + 1, FRAMING_RECORDS_AT};
    }
    return err;
}

enum err journal_scan(struct journal *journal, struct journal_cursor *cursor, size_t max,
                      bool (*fn)(void *arg, const struct journal_entry *entry), void *arg,
                      size_t *ret_n)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    struct scan scan = {
        .journal = journal, .cursor = cursor, .left = max, .fn = fn, .arg = arg};
    enum err err = scan_all(&scan);
    if (ret_n)
        *ret_n = max - scan.left;
    return err;
}

/* --- seeking --- */

struct seek {
    uint64_t sequence;
    struct journal_cursor at; /* behind the last record that is not above */
};

static bool is_below(void *arg, const struct journal_entry *entry)
{
    struct seek *seek = arg;
    if (entry->ref.sequence > seek->sequence)
        return false;
    seek->at = (struct journal_cursor){entry->ref.segment,
                                       entry->ref.offset +
                                           framing_room(entry->key.n + entry->bytes.n)};
    return true;
}

/* Before the first segment that may have a record above. */
static struct journal_cursor seek_segment(struct journal *journal, uint64_t sequence)
{
    struct journal_cursor cursor = {.offset = FRAMING_RECORDS_AT};
    pthread_mutex_lock(&journal->lock);
    LIST_EACH(node, &journal->segments)
    {
        const struct segment *segment = segment_of(node);
        cursor.segment = segment->number;
        if (segment->closed == 0 || segment->end_sequence > sequence + 1)
            break;
        cursor.segment++;
    }
    pthread_mutex_unlock(&journal->lock);
    return cursor;
}

enum err journal_seek(struct journal *journal, uint64_t sequence,
                      struct journal_cursor *ret_cursor)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    struct seek seek = {.sequence = sequence, .at = seek_segment(journal, sequence)};
    struct journal_cursor cursor = seek.at;
    enum err err = journal_scan(journal, &cursor, SIZE_MAX, is_below, &seek, NULL);
    if (err == ERR_NONE)
        *ret_cursor = seek.at;
    return err;
}
