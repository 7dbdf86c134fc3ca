/*
 * What a directory holds when it is opened.
 *
 *   names ─► heads ─► where each ends ─► what the owner has not taken over: verified
 *                       └ the newest, not closed: cut at its first bad record
 *
 * A newest segment that was not closed has records that may stand in the kernel's memory
 * alone: its process may have died of a sync that failed, after which the kernel holds
 * pages for written that never were. So what was found good is written again and synced
 * before anybody builds on it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "journal/journal_state.h"

enum { COPY_BYTES = 1024 * 1024, WORDS_BYTES_MAX = 512 };

struct recovery {
    struct journal *journal;
    uint64_t position;
    struct arena *arena;
    str *ret_why;
    uint64_t *numbers; /* of segments */
    uint32_t numbers_n, numbers_room;
    struct spare *spares;
    uint32_t spares_n, spares_room;
    bool known; /* whether the segment at hand says itself where it ends */
};

static bool say(struct recovery *r, const struct segment *segment, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* "The journal's file PATH …" */
static bool say(struct recovery *r, const struct segment *segment, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str what = arena_vprintf(r->arena, fmt, args);
    va_end(args);
    char *path = segment_path(r->journal->dir, segment->number, SEGMENT_NUMBERED);
    *r->ret_why =
        arena_printf(r->arena, "The journal's file %s " STR_F, path, STR_A(what));
    mem_free(path);
    return false;
}

static bool say_failed(struct recovery *r, const struct segment *segment, int err)
{
    return say(r, segment, "cannot be read or written: %s.", strerror(err));
}

/* --- names --- */

static void on_name(void *arg, const char *name)
{
    struct recovery *r = arg;
    uint64_t number;
    enum segment_name kind;
    if (!segment_parse_name(name, &number, &kind))
        return;
    if (kind == SEGMENT_SPARE) {
        r->spares = arena_grow(r->arena, r->spares, r->spares_n, &r->spares_room,
                               sizeof(*r->spares));
        r->spares[r->spares_n++] = (struct spare){.number = number};
    } else {
        r->numbers = arena_grow(r->arena, r->numbers, r->numbers_n, &r->numbers_room,
                                sizeof(*r->numbers));
        r->numbers[r->numbers_n++] = number;
    }
    if (number >= r->journal->next_number)
        r->journal->next_number = number + 1;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool read_names(struct recovery *r)
{
    struct journal *journal = r->journal;
    int err = journal->disk->ops->make_dir(journal->disk, journal->dir);
    if (!err) /* what a process before left unsynced is not built upon */
        err = journal->disk->ops->sync_dir(journal->disk, journal->dir);
    if (!err)
        err = journal->disk->ops->list(journal->disk, journal->dir, on_name, r);
    if (err) {
        *r->ret_why =
            arena_printf(r->arena, "The journal's directory %s cannot be used: %s.",
                         journal->dir, strerror(err));
        return false;
    }
    if (r->numbers_n > 0)
        qsort(r->numbers, r->numbers_n, sizeof(*r->numbers), compare_numbers);
    return true;
}

/* --- heads --- */

static int open_file(struct journal *journal, uint64_t number, enum segment_name name,
                     int *ret_file)
{
    char *path = segment_path(journal->dir, number, name);
    int err = journal->disk->ops->open(journal->disk, path, false, ret_file);
    mem_free(path);
    return err;
}

static bool read_head(struct recovery *r, struct segment *segment)
{
    struct disk *disk = r->journal->disk;
    bool found = false;
    uint32_t layout = 0;
    int file;
    int err = open_file(r->journal, segment->number, SEGMENT_NUMBERED, &file);
    if (err)
        return say_failed(r, segment, err);
    err = disk->ops->size(disk, file, &segment->file_bytes);
    if (!err)
        err = segment_read_head(disk, file, segment, &found, &layout);
    disk->ops->close(disk, file);
    if (err)
        return say_failed(r, segment, err);
    if (layout != 0)
        return say(r, segment,
                   "has layout %u, and this Breakwater knows layout %d: another version "
                   "wrote it. Run that version, or restore a backup.",
                   layout, FRAMING_VERSION);
    if (!found)
        return say(r, segment,
                   "is damaged at offset 0: it does not begin as segment %" PRIu64
                   " does. Restore it from a backup.",
                   segment->number);
    return true;
}

static bool read_heads(struct recovery *r)
{
    for (uint32_t i = 0; i < r->numbers_n; i++) {
        struct segment *segment = mem_zalloc(sizeof(*segment));
        segment->number = r->numbers[i];
        list_push_back(&r->journal->segments, &segment->node);
        if (!read_head(r, segment))
            return false;
        r->journal->stats.disk_bytes += segment->file_bytes;
    }
    return true;
}

/* Segments that the next one does not know of: their beginning failed before their first
 * record, and they were left behind. */
static void remove_stillborn(struct recovery *r)
{
    struct journal *journal = r->journal;
    LIST_EACH(node, &journal->segments)
    {
        struct segment *segment = segment_of(node);
        if (node->next == &journal->segments ||
            segment_of(node->next)->previous >= segment->number)
            continue;
        char *path = segment_path(journal->dir, segment->number, SEGMENT_NUMBERED);
        journal->disk->ops->remove(journal->disk, path);
        mem_free(path);
        list_remove(node);
        journal->stats.disk_bytes -= segment->file_bytes;
        mem_free(segment);
    }
}

/* --- where it ends --- */

static bool check_end(struct recovery *r, const struct segment *segment)
{
    if (segment->end >= FRAMING_RECORDS_AT && segment->end <= segment->file_bytes &&
        segment->end % FRAMING_SECTOR == 0)
        return true;
    return say(r, segment,
               "is damaged: it has %" PRIu64 " bytes and should have records up to "
               "offset %" PRIu64 ". Restore it from a backup.",
               segment->file_bytes, segment->end);
}

/* Whether the next one says where this one ends. */
static const struct segment *successor_of(struct recovery *r, struct segment *segment)
{
    struct list *next = segment->node.next;
    if (next == &r->journal->segments || segment_of(next)->previous != segment->number)
        return NULL;
    return segment_of(next);
}

static bool is_newest(struct recovery *r, struct segment *segment)
{
    return segment->node.next == &r->journal->segments;
}

/* Walks all of it and counts; *ret_at: where the walk ended. */
static enum walk_step walk_all(struct recovery *r, int file, struct segment *segment,
                               struct walk *walk)
{
    struct journal_entry entry;
    enum walk_step step;
    walk_init(walk, r->journal->disk, file, segment);
    segment->records = 0;
    while ((step = walk_next(walk, &entry)) == WALK_RECORD)
        segment->records++;
    walk_fini(walk);
    segment->end_sequence = segment->first_sequence + segment->records;
    return step;
}

static bool verify(struct recovery *r, int file, struct segment *segment)
{
    struct walk walk;
    uint64_t said = segment->records, said_sequence = segment->end_sequence;
    bool known = r->known;
    enum walk_step step = walk_all(r, file, segment, &walk);
    if (step == WALK_FAILED)
        return say_failed(r, segment, walk.err);
    if (step == WALK_END &&
        (!known || (said == segment->records && said_sequence == segment->end_sequence)))
        return true;
    return say(r, segment,
               "is damaged at offset %" PRIu64 ": what stands there is not what was "
               "written, and it is not the end of the journal. Restore it from a backup.",
               walk.at);
}

/* What was found good is written again, so that it is on the disk whatever became of it
 * before. */
static int write_again(struct journal *journal, int file, const struct segment *segment)
{
    struct disk *disk = journal->disk;
    char *bytes = mem_alloc(COPY_BYTES);
    int err = 0;
    for (uint64_t at = FRAMING_RECORDS_AT; at < segment->end && !err;) {
        uint64_t left = segment->end - at;
        size_t n = 0, wanted = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        err = disk->ops->read(disk, file, bytes, wanted, at, &n);
        if (!err)
            err = disk_write_all(disk, file, bytes, n, at);
        at += wanted;
    }
    mem_free(bytes);
    return err ? err : disk->ops->sync(disk, file);
}

static void tell_torn(struct recovery *r, const struct segment *segment)
{
    char words[WORDS_BYTES_MAX];
    snprintf(words, sizeof(words),
             "%s/%016" PRIx64 ".segment was torn at offset %" PRIu64
             " when its process ended; cut there. Nothing that was answered is lost.",
             r->journal->dir, segment->number, segment->end);
    r->journal->stats.torn++;
    journal_tell(r->journal, ERR_NONE, words);
}

/* Its own file says from now on where it ends. */
static int close_late(struct recovery *r, int file, struct segment *segment)
{
    struct disk *disk = r->journal->disk;
    segment->closed = world_wall(r->journal->world);
    int err = segment_write_closing(disk, file, segment);
    if (!err)
        err = disk->ops->sync(disk, file);
    segment->known = !err;
    return err;
}

/* Zeros where a torn record began, up to the end of its sector. */
static int pad_end(struct disk *disk, int file, uint64_t at, uint64_t end)
{
    static const char zeros[FRAMING_SECTOR];
    return disk_write_all(disk, file, zeros, (size_t)(end - at), at);
}

/* The newest, whose process died: ends with its last good record. */
static bool cut(struct recovery *r, int file, struct segment *segment)
{
    struct walk walk;
    segment->end = segment->file_bytes;
    enum walk_step step = walk_all(r, file, segment, &walk);
    if (step == WALK_FAILED)
        return say_failed(r, segment, walk.err);
    segment->end = framing_align(walk.at, FRAMING_SECTOR);
    if (segment->end > segment->file_bytes)
        return check_end(r, segment);
    if (step == WALK_BAD)
        tell_torn(r, segment);
    int err = pad_end(r->journal->disk, file, walk.at, segment->end);
    if (!err)
        err = write_again(r->journal, file, segment);
    if (!err)
        err = close_late(r, file, segment);
    return err ? say_failed(r, segment, err) : true;
}

static bool settle_file(struct recovery *r, int file, struct segment *segment)
{
    const struct segment *successor = successor_of(r, segment);
    int err = segment_read_closing(r->journal->disk, file, segment, &r->known);
    if (err)
        return say_failed(r, segment, err);
    if (successor && (!r->known || segment->end != successor->previous_end)) {
        segment->end = successor->previous_end;
        r->known = false;
    } else if (!r->known && is_newest(r, segment)) {
        return cut(r, file, segment);
    } else if (!r->known) {
        return say(r, segment,
                   "does not say where it ends, and the one behind it is "
                   "gone. Restore them from a backup.");
    }
    if (!check_end(r, segment))
        return false;
    if ((!r->known || segment->end_sequence > r->position) && !verify(r, file, segment))
        return false;
    if (!r->known)
        close_late(r, file, segment); /* else the next one goes on telling it */
    else if (successor || is_newest(r, segment))
        segment->found = true; /* see journal_drop.c */
    else
        segment->known = true; /* the next one could not have gone otherwise */
    return true;
}

static bool settle(struct recovery *r, struct segment *segment)
{
    int file;
    int err = open_file(r->journal, segment->number, SEGMENT_NUMBERED, &file);
    if (err)
        return say_failed(r, segment, err);
    bool settled = settle_file(r, file, segment);
    r->journal->disk->ops->close(r->journal->disk, file);
    return settled;
}

/* --- what comes next --- */

/* Files of another size are of no use any more. */
static void take_spares(struct recovery *r)
{
    struct journal *journal = r->journal;
    struct disk *disk = journal->disk;
    for (uint32_t i = 0; i < r->spares_n; i++) {
        struct spare *spare = &r->spares[i];
        int file;
        if (open_file(journal, spare->number, SEGMENT_SPARE, &file) != 0)
            continue;
        if (disk->ops->size(disk, file, &spare->bytes) != 0)
            spare->bytes = 0;
        disk->ops->close(disk, file);
        journal->stats.disk_bytes += spare->bytes;
        journal_keep_spare(journal, *spare);
    }
}

/*
 * No number is given twice. What the newest segment had given may have been lost with its
 * tail, so that after it all that it could have given are passed over. A directory that
 * is empty may have been lost too: segments then begin at the clock, far from what old
 * references name.
 */
static void number_on(struct recovery *r)
{
    struct journal *journal = r->journal;
    struct list *node = list_last(&journal->segments);
    uint64_t next = r->position + 1;
    if (node) {
        const struct segment *newest = segment_of(node);
        uint64_t end = newest->first_sequence + newest->file_bytes / FRAMING_HEAD_BYTES;
        next = end > next ? end : next;
    } else {
        uint64_t clock = (uint64_t)usec_max(0, world_wall(journal->world) / USEC_S);
        if (clock > journal->next_number)
            journal->next_number = clock;
    }
    journal->next_sequence = next;
}

bool journal_recover(struct journal *journal, uint64_t position, struct arena *arena,
                     str *ret_why)
{
    struct recovery r = {
        .journal = journal, .position = position, .arena = arena, .ret_why = ret_why};
    journal->next_number = 1;
    if (!read_names(&r) || !read_heads(&r))
        return false;
    remove_stillborn(&r);
    LIST_EACH(node, &journal->segments)
    if (!settle(&r, segment_of(node)))
        return false;
    take_spares(&r);
    number_on(&r);
    return true;
}
