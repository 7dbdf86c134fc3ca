/*
 * What the files of this folder share: the journal's own state. `lock` guards all that is
 * not marked otherwise, and is never held over the disk.
 */
#ifndef JOURNAL_JOURNAL_STATE_H
#define JOURNAL_JOURNAL_STATE_H

#include <pthread.h>

#include "journal/segment.h"

enum {
    JOURNAL_MAGIC = 0x10e7ba10,
    JOURNAL_SPARES_MAX = 2,
    JOURNAL_BATCH_BYTES_MAX = 4 * 1024 * 1024,
};

/* How long a new segment is not tried again after one could not be made. */
#define JOURNAL_RETRY USEC_S

/* A file that may become a segment. */
struct spare {
    uint64_t number;
    uint64_t bytes;
};

/* The making of a spare, a piece at a time, on the second thread. */
struct making {
    struct offload_task task;
    bool active;
    uint64_t number;
    int file;        /* the second thread's */
    uint64_t filled; /* the second thread's */
};

struct journal {
    uint32_t magic;
    struct disk *disk; /* this and the next do not change */
    struct world *world;
    char *dir;
    uint64_t segment_bytes;
    uint64_t bytes_max;
    uint64_t waiting_bytes_max;
    uint64_t record_bytes_max; /* key and payload */
    unsigned reserve;          /* percent */

    pthread_mutex_t fault_lock;
    void (*on_fault)(void *arg, enum err err, str words); /* under fault_lock */
    void *on_fault_arg;

    pthread_mutex_t lock;
    pthread_cond_t filled; /* appends wait, or it closes */
    pthread_cond_t made;   /* a spare is ready, or could not be made */
    struct journal_append *first;
    struct journal_append *last;
    bool closing;
    struct list segments;   /* struct segment, oldest first */
    struct segment *active; /* written to; NULL: none. Set by the writer */
    uint64_t next_number;
    struct spare spares[JOURNAL_SPARES_MAX];
    unsigned spares_n;
    struct making making;
    usec retry_at;      /* monotonic: before it no new segment is tried */
    enum err retry_err; /* what is answered until then */
    struct journal_stats stats;

    /* the writer's alone */
    uint64_t next_sequence;
    struct writing {
        int file;
        uint64_t durable; /* of the active segment: as its end, end_sequence, records */
        uint64_t durable_sequence;
        uint64_t durable_records;
        char *batch; /* batch_bytes_max */
        uint64_t batch_bytes_max;
        size_t batch_n;
        uint64_t batch_records;
    } writing;

    struct thread *writer;
    struct offload *second;
};

static inline struct segment *segment_of(struct list *node)
{
    return CONTAINER_OF(node, struct segment, node);
}

/* An errno as what the caller hears. */
enum err journal_err_of(int err);

/* Counts a fault and tells it: "`what` `dir`/`number`.segment: words of the errno". */
void journal_fault(struct journal *journal, const char *what, uint64_t number, int err);

/* The words alone, with ERR_NONE or an error. */
void journal_tell(struct journal *journal, enum err err, const char *words);

/* journal_recover.c: reads what there is. False with a sentence. */
bool journal_recover(struct journal *journal, uint64_t position, struct arena *arena,
                     str *ret_why);

/* journal_spare.c: begins to make one unless there is one or it was tried just now. */
void journal_make_spare(struct journal *journal);
/* Takes one, waiting while it is made. Writer only. */
enum err journal_take_spare(struct journal *journal, struct spare *ret_spare);
/* Keeps a file for a later segment, or removes it; whether it is called .spare already.
 */
void journal_keep_spare(struct journal *journal, struct spare spare);
/* No new segment is tried for a while. */
void journal_note_failed(struct journal *journal, enum err err);

/* journal_write.c: the writer's thread; and the end of the active segment at closing. */
void journal_serve_appends(void *arg);
void journal_finish(struct journal *journal);

#endif
