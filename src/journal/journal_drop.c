/*
 * The end of a segment. Its file gets a spare's name, durably, before it is written to
 * again, so that no crash can leave another segment's head under its number.
 */
#include "base/mem.h"
#include "journal/journal_state.h"

/* --- which --- */

/* Under the lock: the one right before it; NULL when that is gone. */
static struct segment *predecessor_of(const struct journal *journal,
                                      const struct segment *segment)
{
    struct list *before = segment->node.prev;
    bool there =
        before != &journal->segments && segment_of(before)->number == segment->previous;
    return there ? segment_of(before) : NULL;
}

/* Under the lock: whether an older one needs it to know its own end. */
static bool is_needed(const struct journal *journal, const struct segment *segment)
{
    const struct segment *before = predecessor_of(journal, segment);
    return before && !before->known && !before->found;
}

/* Under the lock. The newest stays: numbers go on from it. */
static bool may_go(const struct journal *journal, const struct segment *segment)
{
    return segment->closed != 0 && segment->node.next != &journal->segments &&
           segment->pins == 0 && !is_needed(journal, segment);
}

static struct journal_segment describe(const struct segment *segment)
{
    return (struct journal_segment){.segment = segment->number,
                                    .first_sequence = segment->first_sequence,
                                    .end_sequence = segment->end_sequence,
                                    .records = segment->records,
                                    .bytes = segment->file_bytes,
                                    .created = segment->created,
                                    .closed = segment->closed};
}

size_t journal_candidates(struct journal *journal, usec before, uint64_t bytes,
                          struct journal_segment *ret, size_t max)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    size_t n = 0;
    pthread_mutex_lock(&journal->lock);
    uint64_t left = journal->stats.disk_bytes;
    LIST_EACH(node, &journal->segments)
    {
        const struct segment *segment = segment_of(node);
        bool wanted = segment->closed < before || left > bytes;
        if (n == max || !wanted || !may_go(journal, segment))
            continue;
        ret[n++] = describe(segment);
        left -= segment->file_bytes < left ? segment->file_bytes : left;
    }
    pthread_mutex_unlock(&journal->lock);
    return n;
}

/* --- dropping --- */

/* Takes it out of the list, so that nobody begins to read it; NULL with *ret_err. */
static struct segment *take_out(struct journal *journal, uint64_t number,
                                enum err *ret_err)
{
    struct segment *found = NULL;
    *ret_err = ERR_PAYLOAD_EXPIRED;
    pthread_mutex_lock(&journal->lock);
    LIST_EACH(node, &journal->segments)
    {
        if (segment_of(node)->number != number)
            continue;
        *ret_err = ERR_STATE_CONFLICT;
        if (!may_go(journal, segment_of(node)))
            break;
        found = segment_of(node);
        list_remove(node);
        break;
    }
    pthread_mutex_unlock(&journal->lock);
    return found;
}

static void put_back(struct journal *journal, struct segment *segment)
{
    pthread_mutex_lock(&journal->lock);
    struct list *at = &journal->segments;
    while (at->next != &journal->segments &&
           segment_of(at->next)->number < segment->number)
        at = at->next;
    list_insert_after(at, &segment->node);
    pthread_mutex_unlock(&journal->lock);
}

static int rename_to_spare(struct journal *journal, uint64_t number)
{
    struct disk *disk = journal->disk;
    char *path = segment_path(journal->dir, number, SEGMENT_NUMBERED);
    char *spare = segment_path(journal->dir, number, SEGMENT_SPARE);
    int err = disk->ops->rename(disk, path, spare);
    if (!err) {
        err = disk->ops->sync_dir(disk, journal->dir);
        if (err) /* should this fail too, the next opening finds a spare */
            disk->ops->rename(disk, spare, path);
    }
    mem_free(path);
    mem_free(spare);
    return err;
}

/*
 * A closing that a process before has written may stand in the kernel's memory alone, if
 * its sync failed: while the next segment is there that does no harm. Before that goes
 * the closing is written again, and synced. Only this thread takes segments away.
 */
static bool finds_doubtful(struct journal *journal, uint64_t number,
                           struct segment **ret_segment, struct segment *ret_copy)
{
    *ret_segment = NULL;
    pthread_mutex_lock(&journal->lock);
    LIST_EACH(node, &journal->segments)
    {
        struct segment *before = predecessor_of(journal, segment_of(node));
        if (segment_of(node)->number != number || !before || before->known)
            continue;
        *ret_segment = before;
        *ret_copy = *before;
    }
    pthread_mutex_unlock(&journal->lock);
    return *ret_segment && ret_copy->found;
}

static int write_closing_again(struct journal *journal, const struct segment *segment)
{
    struct disk *disk = journal->disk;
    char *path = segment_path(journal->dir, segment->number, SEGMENT_NUMBERED);
    int file;
    int err = disk->ops->open(disk, path, false, &file);
    mem_free(path);
    if (err)
        return err;
    err = segment_write_closing(disk, file, segment);
    if (!err)
        err = disk->ops->sync(disk, file);
    disk->ops->close(disk, file);
    return err;
}

/* False: the disk failed; the segment stays. */
static bool make_sure(struct journal *journal, uint64_t number)
{
    struct segment *before, copy;
    if (!finds_doubtful(journal, number, &before, &copy))
        return true;
    int err = write_closing_again(journal, &copy);
    pthread_mutex_lock(&journal->lock);
    before->known = err == 0;
    before->found = err == 0; /* after a sync that failed nothing is sure any more */
    pthread_mutex_unlock(&journal->lock);
    if (err)
        journal_fault(journal, "closing", copy.number, err);
    return err == 0;
}

static void run_drop(struct offload_task *task)
{
    struct journal_drop *drop = CONTAINER_OF(task, struct journal_drop, task);
    struct journal *journal = drop->journal;
    drop->err = ERR_JOURNAL_UNAVAILABLE;
    if (!make_sure(journal, drop->segment))
        return;
    struct segment *segment = take_out(journal, drop->segment, &drop->err);
    if (!segment)
        return;
    int failed = rename_to_spare(journal, segment->number);
    if (failed) {
        journal_fault(journal, "dropping", segment->number, failed);
        put_back(journal, segment);
        drop->err = ERR_JOURNAL_UNAVAILABLE;
        return;
    }
    journal_keep_spare(journal, (struct spare){segment->number, segment->file_bytes});
    mem_free(segment);
    drop->err = ERR_NONE;
}

static void on_dropped(struct offload_task *task)
{
    struct journal_drop *drop = CONTAINER_OF(task, struct journal_drop, task);
    drop->done(drop);
}

void journal_drop(struct journal *journal, struct journal_drop *drop)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    drop->journal = journal;
    drop->task = (struct offload_task){
        .run = run_drop, .done = on_dropped, .worker = drop->worker};
    offload_submit(journal->second, &drop->task);
}
