/*
 *   appends that wait ─► batch: heads, keys, payloads, one behind the other ─► one write
 *                        ─► one fdatasync, if one of them wants it ─► answers
 *
 * A batch is what has gathered while the one before was written, so it is as large as the
 * disk is slow.
 *
 * After a write or a sync that failed, nothing is ever written to that segment again, nor
 * is the sync repeated: the kernel marks pages clean that it could not write, and the
 * second sync answers for what never reached the disk. The segment ends where its last
 * good sync was; the next one says so in its head.
 */
#include "base/mem.h"
#include "journal/journal_state.h"

const usec journal_sync_bounds[JOURNAL_SYNC_BOUNDS] = {
    50,          100,          200,          500,          1 * USEC_MS,   2 * USEC_MS,
    5 * USEC_MS, 10 * USEC_MS, 20 * USEC_MS, 50 * USEC_MS, 100 * USEC_MS, 500 * USEC_MS,
};

/* --- answering --- */

static void on_answer(struct post *post)
{
    struct journal_append *append = CONTAINER_OF(post, struct journal_append, post);
    append->done(append);
}

static uint64_t bytes_of(const struct journal_append *append)
{
    uint64_t bytes = append->key.n;
    for (size_t i = 0; i < JOURNAL_PARTS_MAX; i++)
        bytes += append->parts[i].n;
    return bytes;
}

/* What was a list is a list no longer: each belongs to its owner again when it is posted.
 */
static void answer(struct journal *journal, struct journal_append *append, enum err err)
{
    uint64_t n = 0, bytes = 0;
    for (struct journal_append *each = append; each; each = each->next, n++)
        bytes += bytes_of(each);
    pthread_mutex_lock(&journal->lock);
    journal->stats.waiting -= n;
    journal->stats.waiting_bytes -= bytes;
    *(err == ERR_NONE ? &journal->stats.appends : &journal->stats.refused) += n;
    pthread_mutex_unlock(&journal->lock);
    while (append) {
        struct journal_append *next = append->next;
        append->err = err;
        worker_post(append->worker, &append->post, on_answer);
        append = next;
    }
}

static enum err refuse(const struct journal *journal, const struct journal_append *append)
{
    uint64_t bytes = bytes_of(append);
    if (append->key.n > JOURNAL_KEY_BYTES_MAX || bytes > journal->record_bytes_max)
        return ERR_BODY_TOO_LARGE;
    bool room = journal->stats.waiting == 0 ||
                journal->stats.waiting_bytes + bytes <= journal->waiting_bytes_max;
    return room ? ERR_NONE : ERR_JOURNAL_BUSY;
}

void journal_append(struct journal *journal, struct journal_append *append)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    append->next = NULL;
    pthread_mutex_lock(&journal->lock);
    CHECK(!journal->closing);
    append->err = refuse(journal, append);
    if (append->err == ERR_NONE) {
        journal->stats.waiting++;
        journal->stats.waiting_bytes += bytes_of(append);
        if (journal->last)
            journal->last->next = append;
        else
            journal->first = append;
        journal->last = append;
        pthread_cond_signal(&journal->filled);
    } else {
        journal->stats.refused++;
    }
    bool refused = append->err != ERR_NONE; /* once queued it is the writer's */
    pthread_mutex_unlock(&journal->lock);
    if (refused)
        worker_post(append->worker, &append->post, on_answer);
}

static struct journal_append *take(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    while (!journal->first && !journal->closing)
        pthread_cond_wait(&journal->filled, &journal->lock);
    struct journal_append *first = journal->first;
    journal->first = journal->last = NULL;
    pthread_mutex_unlock(&journal->lock);
    return first;
}

/* --- segments --- */

/* What is behind the last good sync never was. */
static void abandon(struct journal *journal, const char *what, int err)
{
    struct writing *writing = &journal->writing;
    struct segment *active = journal->active;
    journal_fault(journal, what, active->number, err);
    journal->disk->ops->close(journal->disk, writing->file);
    pthread_mutex_lock(&journal->lock);
    active->end = writing->durable;
    active->end_sequence = writing->durable_sequence;
    active->records = writing->durable_records;
    active->closed = world_wall(journal->world);
    journal->active = NULL;
    journal->stats.abandoned++;
    journal->stats.state = JOURNAL_SEALED;
    pthread_mutex_unlock(&journal->lock);
}

static int sync_active(struct journal *journal)
{
    struct writing *writing = &journal->writing;
    struct segment *active = journal->active;
    int err = journal->disk->ops->sync(journal->disk, writing->file);
    if (err)
        return err;
    writing->durable = active->end;
    writing->durable_sequence = active->end_sequence;
    writing->durable_records = active->records;
    return 0;
}

/* Writes into its own file where it ends, once all that is before it is durable. */
static void close_active(struct journal *journal)
{
    struct writing *writing = &journal->writing;
    pthread_mutex_lock(&journal->lock);
    struct segment closed = *journal->active;
    pthread_mutex_unlock(&journal->lock);
    closed.closed = world_wall(journal->world);
    int err = writing->durable < closed.end ? sync_active(journal) : 0;
    if (!err)
        err = segment_write_closing(journal->disk, writing->file, &closed);
    if (!err)
        err = journal->disk->ops->sync(journal->disk, writing->file);
    if (err) {
        abandon(journal, "closing", err);
        return;
    }
    journal->disk->ops->close(journal->disk, writing->file);
    pthread_mutex_lock(&journal->lock);
    journal->active->closed = closed.closed;
    journal->active->known = true;
    journal->active = NULL;
    pthread_mutex_unlock(&journal->lock);
}

static struct segment *new_segment(struct journal *journal, const struct spare *spare)
{
    struct segment *segment = mem_zalloc(sizeof(*segment));
    pthread_mutex_lock(&journal->lock);
    struct list *newest = list_last(&journal->segments);
    *segment = (struct segment){.number = journal->next_number++,
                                .file_bytes = spare->bytes,
                                .first_sequence = journal->next_sequence,
                                .end_sequence = journal->next_sequence,
                                .end = FRAMING_RECORDS_AT,
                                .created = world_wall(journal->world)};
    if (newest) {
        segment->previous = segment_of(newest)->number;
        segment->previous_end = segment_of(newest)->end;
    }
    pthread_mutex_unlock(&journal->lock);
    return segment;
}

/* The head is durable before the file has its name, and the name before a record. */
static int begin_file(struct journal *journal, const struct segment *segment,
                      const char *spare_path, const char *path)
{
    struct disk *disk = journal->disk;
    int file;
    int err = disk->ops->open(disk, spare_path, false, &file);
    if (err)
        return err;
    err = segment_write_head(disk, file, segment);
    if (!err)
        err = disk->ops->sync(disk, file);
    if (!err)
        err = disk->ops->rename(disk, spare_path, path);
    if (!err)
        err = disk->ops->sync_dir(disk, journal->dir);
    if (err)
        disk->ops->close(disk, file);
    else
        journal->writing.file = file;
    return err;
}

static void publish_segment(struct journal *journal, struct segment *segment)
{
    struct writing *writing = &journal->writing;
    writing->durable = segment->end;
    writing->durable_sequence = segment->end_sequence;
    writing->durable_records = 0;
    pthread_mutex_lock(&journal->lock);
    list_push_back(&journal->segments, &segment->node);
    journal->active = segment;
    journal->stats.state = JOURNAL_WORKING;
    pthread_mutex_unlock(&journal->lock);
}

/* A file whose segment could not be begun is of no use: its name may be either. */
static void drop_file(struct journal *journal, const struct spare *spare,
                      const char *spare_path, const char *path)
{
    journal->disk->ops->remove(journal->disk, path);
    journal->disk->ops->remove(journal->disk, spare_path);
    pthread_mutex_lock(&journal->lock);
    journal->stats.disk_bytes -= spare->bytes;
    pthread_mutex_unlock(&journal->lock);
}

static enum err begin_segment(struct journal *journal, const struct spare *spare)
{
    struct segment *segment = new_segment(journal, spare);
    char *spare_path = segment_path(journal->dir, spare->number, SEGMENT_SPARE);
    char *path = segment_path(journal->dir, segment->number, SEGMENT_NUMBERED);
    int err = begin_file(journal, segment, spare_path, path);
    if (!err) {
        publish_segment(journal, segment);
    } else {
        journal_fault(journal, "beginning", segment->number, err);
        drop_file(journal, spare, spare_path, path);
        journal_note_failed(journal, journal_err_of(err));
        mem_free(segment);
    }
    mem_free(spare_path);
    mem_free(path);
    return journal_err_of(err);
}

/* Goes on to a new segment. The old one stays as it is while there is no file for one. */
static enum err next_segment(struct journal *journal)
{
    struct spare spare;
    enum err err = journal_take_spare(journal, &spare);
    if (err != ERR_NONE)
        return err;
    if (journal->active)
        close_active(journal);
    err = begin_segment(journal, &spare);
    journal_make_spare(journal);
    return err;
}

/* --- batches --- */

/* Behind what the batch has by now. */
static bool fits(const struct journal *journal, const struct journal_append *append)
{
    const struct segment *active = journal->active;
    if (!active)
        return false;
    uint64_t n = framing_align(journal->writing.batch_n + framing_room(bytes_of(append)),
                               FRAMING_SECTOR);
    return n <= journal->writing.batch_bytes_max && active->end + n <= active->file_bytes;
}

static char *put(char *at, str s)
{
    if (s.n > 0)
        memcpy(at, s.p, s.n);
    return at + s.n;
}

/* Zeros up to the next multiple. */
static void pad(struct writing *writing, uint64_t to)
{
    uint64_t n = framing_align(writing->batch_n, to);
    memset(writing->batch + writing->batch_n, 0, n - writing->batch_n);
    writing->batch_n = n;
}

static void add(struct journal *journal, struct journal_append *append)
{
    struct writing *writing = &journal->writing;
    const struct segment *active = journal->active;
    uint64_t bytes = bytes_of(append);
    char *at = writing->batch + writing->batch_n;
    struct framing_record record = {.sequence = journal->next_sequence++,
                                    .type = append->type,
                                    .key_bytes = (uint16_t)append->key.n,
                                    .bytes = FRAMING_HEAD_BYTES + (uint32_t)bytes};
    char *to = put(at + FRAMING_HEAD_BYTES, append->key);
    for (size_t i = 0; i < JOURNAL_PARTS_MAX; i++)
        to = put(to, append->parts[i]);
    framing_write_record(&record, active->number, at);
    append->ref =
        (struct journal_ref){.segment = active->number,
                             .sequence = record.sequence,
                             .offset = (uint32_t)(active->end + writing->batch_n),
                             .bytes = (uint32_t)(bytes - append->key.n)};
    writing->batch_n += record.bytes;
    writing->batch_records++;
    pad(writing, FRAMING_ALIGN);
}

/* As many of the list as fit; cuts it there and answers the rest. */
static struct journal_append *gather(struct journal *journal,
                                     struct journal_append *first)
{
    struct writing *writing = &journal->writing;
    struct journal_append *last = first;
    writing->batch_n = writing->batch_records = 0;
    add(journal, first);
    while (last->next && fits(journal, last->next)) {
        last = last->next;
        add(journal, last);
    }
    pad(writing, FRAMING_SECTOR);
    struct journal_append *rest = last->next;
    last->next = NULL;
    return rest;
}

static bool wants_sync(const struct journal_append *append)
{
    for (; append; append = append->next)
        if (append->strength == JOURNAL_DURABLE)
            return true;
    return false;
}

static void note_sync(struct journal *journal, usec took)
{
    size_t i = 0;
    while (i < JOURNAL_SYNC_BOUNDS && took > journal_sync_bounds[i])
        i++;
    journal->stats.syncs++;
    journal->stats.sync_counts[i]++;
    journal->stats.sync_sum += took;
}

/* From now on the batch can be read. */
static void publish_batch(struct journal *journal, bool synced, usec took)
{
    struct writing *writing = &journal->writing;
    struct segment *active = journal->active;
    pthread_mutex_lock(&journal->lock);
    active->end += writing->batch_n;
    active->end_sequence = journal->next_sequence;
    active->records += writing->batch_records;
    journal->stats.batches++;
    journal->stats.bytes += writing->batch_n;
    journal->stats.last_sequence = journal->next_sequence - 1;
    if (synced)
        note_sync(journal, took);
    pthread_mutex_unlock(&journal->lock);
    if (!synced)
        return;
    writing->durable = active->end;
    writing->durable_sequence = active->end_sequence;
    writing->durable_records = active->records;
}

static enum err write_batch(struct journal *journal, bool sync)
{
    struct writing *writing = &journal->writing;
    struct disk *disk = journal->disk;
    usec began = 0;
    int err = disk_write_all(disk, writing->file, writing->batch, writing->batch_n,
                             journal->active->end);
    CRASH_POINT("journal.after_write");
    if (err) {
        abandon(journal, "writing", err);
        return journal_err_of(err);
    }
    if (sync) {
        began = world_now(journal->world);
        err = disk->ops->sync(disk, writing->file);
    }
    if (err) {
        abandon(journal, "syncing", err);
        return journal_err_of(err);
    }
    CRASH_POINT("journal.after_fsync");
    publish_batch(journal, sync, sync ? world_now(journal->world) - began : 0);
    return ERR_NONE;
}

static void write_appends(struct journal *journal, struct journal_append *append)
{
    while (append) {
        journal->writing.batch_n = 0;
        enum err err = fits(journal, append) ? ERR_NONE : next_segment(journal);
        if (err != ERR_NONE) {
            answer(journal, append, err);
            return;
        }
        struct journal_append *rest = gather(journal, append);
        answer(journal, append, write_batch(journal, wants_sync(append)));
        append = rest;
    }
}

void journal_serve_appends(void *arg)
{
    struct journal *journal = arg;
    for (struct journal_append *first; (first = take(journal)) != NULL;) {
        write_appends(journal, first);
        journal_make_spare(journal);
    }
}

void journal_finish(struct journal *journal)
{
    if (journal->active)
        close_active(journal);
}
