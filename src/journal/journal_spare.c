/*
 * The reserve: a file that is ready to become the next segment, its space taken and
 * written with zeros, so that a full disk is met before a record needs it, and a sync of
 * records has no change of the file's own to write. Made a piece at a time, so that reads
 * go on between.
 */
#include <errno.h>

#include "base/mem.h"
#include "journal/journal_state.h"

enum { PIECE_BYTES = 1024 * 1024, WRITE_BYTES = 16 * 1024 };

static const char zeros[WRITE_BYTES];

/* Under the lock. */
static void note_failed(struct journal *journal, enum err err)
{
    journal->retry_at = world_now(journal->world) + JOURNAL_RETRY;
    journal->retry_err = err;
}

/* Under the lock: a segment was needed, and there is none. */
static void note_state(struct journal *journal, enum err err)
{
    journal->stats.state = err == ERR_JOURNAL_FULL ? JOURNAL_NO_SPACE : JOURNAL_SEALED;
}

void journal_note_failed(struct journal *journal, enum err err)
{
    pthread_mutex_lock(&journal->lock);
    note_failed(journal, err);
    note_state(journal, err);
    pthread_mutex_unlock(&journal->lock);
}

/* --- making one, on the second thread --- */

static void finish(struct journal *journal, enum err err)
{
    struct making *making = &journal->making;
    pthread_mutex_lock(&journal->lock);
    making->active = false;
    if (err == ERR_NONE)
        journal->spares[journal->spares_n++] =
            (struct spare){making->number, journal->segment_bytes};
    else
        journal->stats.disk_bytes -= journal->segment_bytes;
    if (err != ERR_NONE && journal->spares_n == 0)
        note_failed(journal, err);
    pthread_cond_broadcast(&journal->made);
    pthread_mutex_unlock(&journal->lock);
}

static int begin(struct journal *journal)
{
    struct making *making = &journal->making;
    struct disk *disk = journal->disk;
    int err =
        disk_check_room(disk, journal->dir, journal->segment_bytes, journal->reserve);
    if (err)
        return err;
    char *path = segment_path(journal->dir, making->number, SEGMENT_SPARE);
    err = disk->ops->open(disk, path, true, &making->file);
    mem_free(path);
    if (err)
        making->file = -1;
    return err ? err : disk->ops->allocate(disk, making->file, journal->segment_bytes);
}

/*
 * The next piece, on the disk when it comes back: one sync of the whole would hold up
 * those of records. Linux keeps as one unit in memory what was written at once, and each
 * sync of a record then walks through all of it: small writes make that cheap.
 */
static int fill(struct journal *journal)
{
    struct making *making = &journal->making;
    uint64_t left = journal->segment_bytes - making->filled;
    uint64_t end = making->filled + (left < PIECE_BYTES ? left : PIECE_BYTES);
    int err = 0;
    while (making->filled < end && !err) {
        size_t n = end - making->filled < WRITE_BYTES ? (size_t)(end - making->filled)
                                                      : WRITE_BYTES;
        err = disk_write_all(journal->disk, making->file, zeros, n, making->filled);
        making->filled += n;
    }
    return err ? err : journal->disk->ops->sync(journal->disk, making->file);
}

static void end_file(struct journal *journal, int err)
{
    struct making *making = &journal->making;
    if (making->file >= 0)
        journal->disk->ops->close(journal->disk, making->file);
    if (err) {
        char *path = segment_path(journal->dir, making->number, SEGMENT_SPARE);
        journal->disk->ops->remove(journal->disk, path);
        mem_free(path);
    }
    if (err && err != ECANCELED)
        journal_fault(journal, "making a file for", making->number, err);
}

static bool is_closing(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    bool closing = journal->closing;
    pthread_mutex_unlock(&journal->lock);
    return closing;
}

static void run_making(struct offload_task *task)
{
    struct making *making = CONTAINER_OF(task, struct making, task);
    struct journal *journal = CONTAINER_OF(making, struct journal, making);
    int err = 0;
    if (is_closing(journal))
        err = ECANCELED;
    else if (making->file < 0)
        err = begin(journal);
    else
        err = fill(journal);
    if (!err && making->filled < journal->segment_bytes) {
        offload_submit(journal->second, task);
        return;
    }
    end_file(journal, err);
    finish(journal, journal_err_of(err));
}

/* Under the lock; false when there is no need, or no use in trying. */
static bool may_make(struct journal *journal)
{
    if (journal->making.active || journal->spares_n > 0 || journal->closing ||
        world_now(journal->world) < journal->retry_at)
        return false;
    if (journal->bytes_max == 0 ||
        journal->stats.disk_bytes + journal->segment_bytes <= journal->bytes_max)
        return true;
    journal->retry_err = ERR_JOURNAL_FULL;
    return false;
}

/* Under the lock. */
static void start_making(struct journal *journal)
{
    journal->making = (struct making){.task = {.run = run_making},
                                      .active = true,
                                      .number = journal->next_number++,
                                      .file = -1};
    journal->stats.disk_bytes += journal->segment_bytes;
    offload_submit(journal->second, &journal->making.task);
}

void journal_make_spare(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    if (may_make(journal))
        start_making(journal);
    pthread_mutex_unlock(&journal->lock);
}

/* --- taking one --- */

enum err journal_take_spare(struct journal *journal, struct spare *ret_spare)
{
    enum err err = ERR_NONE;
    pthread_mutex_lock(&journal->lock);
    if (may_make(journal))
        start_making(journal);
    while (journal->spares_n == 0 && journal->making.active)
        pthread_cond_wait(&journal->made, &journal->lock);
    if (journal->spares_n == 0 || world_now(journal->world) < journal->retry_at) {
        err = journal->retry_err;
        note_state(journal, err);
    } else {
        *ret_spare = journal->spares[--journal->spares_n];
    }
    pthread_mutex_unlock(&journal->lock);
    return err;
}

void journal_keep_spare(struct journal *journal, struct spare spare)
{
    pthread_mutex_lock(&journal->lock);
    bool keep = spare.bytes == journal->segment_bytes &&
                journal->spares_n + journal->making.active < JOURNAL_SPARES_MAX;
    if (keep) {
        journal->spares[journal->spares_n++] = spare;
        journal->retry_at = 0; /* whatever was missing, here it is */
    } else {
        journal->stats.disk_bytes -= spare.bytes;
    }
    pthread_mutex_unlock(&journal->lock);
    if (keep)
        return;
    char *path = segment_path(journal->dir, spare.number, SEGMENT_SPARE);
    journal->disk->ops->remove(journal->disk, path);
    mem_free(path);
}
