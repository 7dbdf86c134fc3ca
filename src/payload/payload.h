/*
 * Where bodies live: bytes are put and get a reference, a short text that stands in the
 * rows of the store; who has the reference gets the bytes back, unchanged, or a named
 * error.
 *
 * Payloads are not deleted one by one but in groups, which the implementation makes (a
 * segment of the journal, the large files of an hour). All references of a group begin
 * with its prefix, so that the owner's store can be asked with one range whether any of
 * them is still in use. A group that holds is kept; younger ones may go before it.
 *
 * Bytes are sealed by whoever puts them: nothing here is encrypted, and what is dropped
 * may stay readable on the disk until its space is used again.
 *
 * Implementations: payload_list.h. The same contract suite runs on each
 * (tests/contract/payload).
 *
 * Whatever is handed over is embedded by the caller, who keeps it alive until `done`,
 * which runs once, on `worker`, never from inside the call.
 */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include "journal/journal.h"

struct payloads;

enum {
    PAYLOAD_BYTES_MAX = 25 * 1024 * 1024,
    PAYLOAD_REFERENCE_BYTES = 80, /* with a terminating zero */
    PAYLOAD_PARTS_MAX = JOURNAL_PARTS_MAX,
};

struct payload_config {
    struct journal *journal; /* for "journal"; stays its owner's, and open longer */
    uint16_t record_type;    /* of the records that are payloads */
    str dir;                 /* of large files: made if it is missing */
    struct disk *disk;       /* NULL: the system's */
    struct world *world;
    uint64_t bytes_max;         /* of large files; 0: as the disk has room */
    uint64_t waiting_bytes_max; /* of large payloads being put; 0: 128 MiB */
    unsigned reserve; /* percent of the file system that large files leave to others */

    /* As journal_config has it. */
    void (*on_fault)(void *arg, enum err err, str words);
    void *arg;
};

/* `name` is one of payload_list.h. NULL with a sentence. */
struct payloads *payload_open(str name, const struct payload_config *config,
                              struct arena *arena, str *ret_why);

/* Everything handed over must have been answered. */
void payload_close(struct payloads **payloads);

/* --- putting and getting --- */

struct payload_put {
    str parts[PAYLOAD_PARTS_MAX]; /* one after the other; unchanged until `done` */
    void (*done)(struct payload_put *put);
    struct worker *worker;

    /* The answer: durable. Otherwise ERR_BODY_TOO_LARGE, ERR_JOURNAL_FULL,
     * ERR_JOURNAL_UNAVAILABLE, ERR_JOURNAL_BUSY. */
    enum err err;
    char reference[PAYLOAD_REFERENCE_BYTES];

    union {
        struct journal_append append;
        struct offload_task task;
    } work;
};

/* Any thread. */
void payload_put(struct payloads *payloads, struct payload_put *put);

struct payload_get {
    str reference; /* unchanged until `done` */
    struct arena *arena;
    void (*done)(struct payload_get *get);
    struct worker *worker;

    /* The answer. ERR_PAYLOAD_EXPIRED: it is gone, or this is no reference;
     * ERR_PAYLOAD_DAMAGED: what is there is not what was put; ERR_JOURNAL_UNAVAILABLE. */
    enum err err;
    str bytes; /* in the arena, as long as it */

    union {
        struct journal_read read;
        struct offload_task task;
    } work;
    char *raw;
};

/* Any thread. */
void payload_get(struct payloads *payloads, struct payload_get *get);

struct payload_forget {
    str reference;
    void (*done)(struct payload_forget *forget);
    struct worker *worker;
    enum err err; /* ERR_NONE also when it was gone before */

    struct offload_task task;
};

/* Nothing refers to it any more: a large one goes now, a small one with its group. Until
 * then it can be got. Any thread. */
void payload_forget(struct payloads *payloads, struct payload_forget *forget);

/* --- groups --- */

struct payload_group {
    char prefix[PAYLOAD_REFERENCE_BYTES]; /* of all its references, and of no other */
    usec newest;                          /* wall clock; of its newest at the latest */
    uint64_t bytes;
    uint64_t end_sequence; /* a segment of the journal: its records are below; else 0 */
};

/*
 * Groups that take nothing more, oldest first, at most `max`: those with nothing newer
 * than `before` (wall clock), and as many as must go for all to fit into `bytes`. Answers
 * how many. The owner drops those that nothing refers to. Any thread.
 */
size_t payload_groups(struct payloads *payloads, usec before, uint64_t bytes,
                      struct payload_group *ret, size_t max);

struct payload_drop {
    char prefix[PAYLOAD_REFERENCE_BYTES];
    void (*done)(struct payload_drop *drop);
    struct worker *worker;
    enum err err; /* as journal_drop */

    union {
        struct journal_drop drop;
        struct offload_task task;
    } work;
};

/* The first text behind all that begin with the prefix (which is not empty), by bytes:
 * the owner asks for payload >= prefix AND payload < end. */
void payload_range_end(const char *prefix, char ret[PAYLOAD_REFERENCE_BYTES]);

/* All payloads of the group are gone. Any thread. */
void payload_drop(struct payloads *payloads, struct payload_drop *drop);

struct payload_stats {
    uint64_t files;      /* large payloads */
    uint64_t file_bytes; /* of these */
    uint64_t waiting;    /* large ones being put */
    uint64_t faults;
};
void payload_stats(struct payloads *payloads, struct payload_stats *ret_stats);

#endif
