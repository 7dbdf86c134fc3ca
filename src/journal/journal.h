/*
 * The durable local log: records are appended, shared fsyncs make them durable, and each
 * stays readable by its reference until its segment is dropped.
 *
 * Decided here: how records share a write and a sync, when a segment ends, what is valid
 * after a crash, what happens when the disk is full or fails. Not decided here: what a
 * record means, how long it is needed (the owner drops segments), how bytes are sealed.
 *
 * Strength: a JOURNAL_DURABLE record is on disk when it is answered. A JOURNAL_RELAXED
 * one is written: it survives the death of the process, and perhaps not that of the
 * machine. A batch with one durable record syncs, and all before it with it.
 *
 * Segments have numbers that are never given twice, and so have records (their
 * `sequence`), which rise in the order of the journal and may leave gaps. The segment's
 * number goes into every checksum: what a recycled file still holds is never taken for a
 * record of the new segment.
 *
 * Whatever is handed over (appends, reads, drops) is embedded by the caller, who keeps it
 * alive until `done`, which runs once, on `worker`, never from inside the call.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "base/err.h"
#include "loop/offload.h"
#include "loop/world.h"

struct journal;
struct disk;

enum {
    JOURNAL_KEY_BYTES_MAX = 1024,
    JOURNAL_RECORD_BYTES_MAX = 1 << 20, /* key and bytes together */
    JOURNAL_PARTS_MAX = 2,
    JOURNAL_SEGMENT_BYTES_MIN = 64 * 1024,
};

struct journal_config {
    str dir;           /* made if it is missing; its parents are not */
    struct disk *disk; /* disk.h; NULL: the system's */
    struct world *world;
    uint64_t segment_bytes; /* 64 KiB to 2 GiB; 0: 32 MiB. A record takes at most half */
    uint64_t bytes_max;     /* all files together; 0: as the disk has room */
    uint64_t waiting_bytes_max; /* of appends not yet answered; 0: 64 MiB */
    unsigned reserve; /* percent of the file system that new files leave to others */

    /* The sequence up to which the owner has taken records over; 0: none. Segments that
     * may have later ones are verified whole at opening, and no number up to it is given
     * again, even if the directory was lost. */
    uint64_t position;

    /* A fault, in the system's words, or a torn tail that was cut (ERR_NONE). Comes on
     * the thread that met it, one at a time; must not call the journal. May be NULL. */
    void (*on_fault)(void *arg, enum err err, str words);
    void *arg;
};

/*
 * Opens or makes the journal and starts its threads. What stands behind the last good
 * record of the newest segment is a torn tail: cut, counted, told to `on_fault`. Damage
 * anywhere else, a newer layout, or a file that cannot be read: NULL, with a sentence
 * that names file and offset. One process at a time: the data directory's lock sees to
 * it.
 */
struct journal *journal_open(const struct journal_config *config, struct arena *arena,
                             str *ret_why);

/* Everything handed over must have been answered. */
void journal_close(struct journal **journal);

/* --- appending --- */

enum journal_strength { JOURNAL_RELAXED, JOURNAL_DURABLE };

/* Where a record stands. Plain numbers, to be kept in rows (payload.h makes text of it).
 */
struct journal_ref {
    uint64_t segment;
    uint64_t sequence;
    uint32_t offset; /* in the segment's file */
    uint32_t bytes;  /* of the payload, without key */
};

struct journal_append {
    enum journal_strength strength;
    uint16_t type;                /* the owner's; any number */
    str key;                      /* the owner's; may be absent */
    str parts[JOURNAL_PARTS_MAX]; /* the payload, one after the other; may be absent */
    void (*done)(struct journal_append *append);
    struct worker *worker;

    /* The answer. ERR_JOURNAL_FULL: no space, or bytes_max; ERR_JOURNAL_UNAVAILABLE: the
     * disk failed; ERR_JOURNAL_BUSY: too much waits; ERR_BODY_TOO_LARGE: above
     * JOURNAL_RECORD_BYTES_MAX, key or half a segment. On any error the record may still
     * be there after a restart, whole, if the disk failed under it; otherwise it is not
     * there. */
    enum err err;
    struct journal_ref ref; /* with ERR_NONE */

    struct post post;
    struct journal_append *next;
};

/* Any thread. Key and parts stay the caller's, unchanged until `done`. Appends of one
 * thread keep their order. */
void journal_append(struct journal *journal, struct journal_append *append);

/* --- reading --- */

struct journal_entry {
    struct journal_ref ref;
    uint16_t type;
    str key;   /* absent when there was none */
    str bytes; /* "" when there were none */
};

struct journal_read {
    struct journal_ref ref; /* as it was answered */
    struct arena *arena;    /* gets the bytes, on the worker, before `done` */
    void (*done)(struct journal_read *read);
    struct worker *worker;

    /* The answer. ERR_PAYLOAD_EXPIRED: its segment was dropped, or never was;
     * ERR_PAYLOAD_DAMAGED: what stands there is not that record;
     * ERR_JOURNAL_UNAVAILABLE: the disk failed. */
    enum err err;
    struct journal_entry entry; /* with ERR_NONE; in the arena */

    struct journal *journal;
    struct offload_task task;
    char *raw;
};

/* Any thread; served by the journal's second thread, in order. */
void journal_read(struct journal *journal, struct journal_read *read);

/* --- scanning --- */

/* Before a record. */
struct journal_cursor {
    uint64_t segment;
    uint64_t offset;
};

/* Before the first record whose sequence is above `sequence`; 0: the oldest that there
 * is. Blocks on the disk. Any thread. */
enum err journal_seek(struct journal *journal, uint64_t sequence,
                      struct journal_cursor *ret_cursor) MUST_CHECK;

/*
 * Calls `fn` for at most `max` records from the cursor on, in the order of their
 * sequences, and moves the cursor behind the last of them; *ret_n (may be NULL): how
 * many. Only records that were answered are seen. `fn` answers false to stop behind its
 * record; the entry is valid inside it. A cursor whose segment was dropped goes on with
 * the next one. ERR_PAYLOAD_DAMAGED: a record is not what was written, the cursor is
 * before it. Blocks on the disk: for start, tools and threads that may wait. Any thread.
 */
enum err journal_scan(struct journal *journal, struct journal_cursor *cursor, size_t max,
                      bool (*fn)(void *arg, const struct journal_entry *entry), void *arg,
                      size_t *ret_n) MUST_CHECK;

/* --- expiry --- */

struct journal_segment {
    uint64_t segment;
    uint64_t first_sequence; /* of records that it may hold: [first, end) */
    uint64_t end_sequence;
    uint64_t records;
    uint64_t bytes; /* of the file */
    usec created;   /* wall clock */
    usec closed;    /* wall clock; of the newest record at the latest */
};

/*
 * Segments that may be dropped, oldest first, at most `max`: closed before `before` (wall
 * clock), or, oldest first, as many as must go for all files to fit into `bytes`. The
 * owner finds out which of them nothing refers to any more (its store knows) and drops
 * those; it may keep an old one and drop a newer. Answers how many. Any thread.
 */
size_t journal_candidates(struct journal *journal, usec before, uint64_t bytes,
                          struct journal_segment *ret, size_t max);

struct journal_drop {
    uint64_t segment;
    void (*done)(struct journal_drop *drop);
    struct worker *worker;

    /* The answer. ERR_PAYLOAD_EXPIRED: there is no such segment; ERR_STATE_CONFLICT: it
     * is being written, or an older one needs it to know its own end; then that one must
     * go first. ERR_JOURNAL_UNAVAILABLE: the disk failed; it is still there. */
    enum err err;

    struct journal *journal;
    struct offload_task task;
};

/* Any thread. Its file is used again for a later segment. */
void journal_drop(struct journal *journal, struct journal_drop *drop);

/* --- looking at it --- */

enum journal_state {
    JOURNAL_WORKING,
    JOURNAL_NO_SPACE, /* the last segment that was needed could not be made: disk full */
    JOURNAL_SEALED,   /* a write or a sync failed, and no new segment has worked since */
};

/* Upper bounds of the buckets of sync_counts, µs; one more bucket is for the rest. */
enum { JOURNAL_SYNC_BOUNDS = 12 };
extern const usec journal_sync_bounds[JOURNAL_SYNC_BOUNDS];

struct journal_stats {
    enum journal_state state;
    uint64_t waiting;       /* appends not answered */
    uint64_t waiting_bytes; /* of these */
    uint64_t appends;       /* answered well */
    uint64_t refused;       /* answered with an error */
    uint64_t batches;
    uint64_t bytes; /* written for appends, heads and padding included */
    uint64_t syncs; /* of batches */
    uint64_t sync_counts[JOURNAL_SYNC_BOUNDS + 1];
    usec sync_sum;
    uint64_t torn;          /* tails cut at opening */
    uint64_t faults;        /* of the disk */
    uint64_t abandoned;     /* segments sealed because the disk failed under them */
    uint64_t segments;      /* the one being written included */
    uint64_t spare;         /* files ready to become a segment */
    uint64_t disk_bytes;    /* all files */
    uint64_t free_bytes;    /* of the segment being written and spares */
    uint64_t last_sequence; /* of the newest record; 0: none yet since opening */
};
void journal_stats(struct journal *journal,
                   struct journal_stats *ret_stats); /* any thread */

#endif
