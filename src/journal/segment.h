/*
 * One segment as the journal knows it, and the way through its records.
 *
 * Where a segment ends: the next one says it, if that one was begun right behind it
 * (`previous`, `previous_end`), else its own closing does; the newest, when its process
 * died, ends where its records do.
 */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include "base/list.h"
#include "journal/disk.h"
#include "journal/journal.h"
#include "journal/framing.h"

struct segment {
    struct list node; /* by number */
    uint64_t number;
    uint64_t file_bytes;
    uint64_t previous; /* 0: none */
    uint64_t previous_end;
    uint64_t first_sequence;
    uint64_t end; /* behind the last record that was answered */
    uint64_t end_sequence;
    uint64_t records;
    usec created;
    usec closed;   /* 0: not yet */
    bool known;    /* its own file says where it ends, on the disk */
    bool found;    /* its file said so when the journal was opened: perhaps out of the
                    * kernel's memory alone, after a sync that failed */
    unsigned pins; /* scans at work in it */
};

enum segment_name { SEGMENT_NUMBERED, SEGMENT_SPARE };

enum { SEGMENT_NAME_BYTES = 32 };

/* DIR/NUMBER.segment or DIR/NUMBER.spare; freed by the caller. */
char *segment_path(const char *dir, uint64_t number, enum segment_name name);

/* The reverse for a name without its folder; false when it is no file of ours. */
bool segment_parse_name(const char *file_name, uint64_t *ret_number,
                        enum segment_name *ret_name);

/* Its blocks. Durable after the next sync. */
int segment_write_head(struct disk *disk, int file, const struct segment *segment);
int segment_write_closing(struct disk *disk, int file, const struct segment *segment);

/* Read what a block says into *segment; *ret_found: whether there is one. */
int segment_read_head(struct disk *disk, int file, struct segment *segment,
                      bool *ret_found, uint32_t *ret_layout);
int segment_read_closing(struct disk *disk, int file, struct segment *segment,
                         bool *ret_found);

/* --- walking --- */

enum walk_step {
    WALK_RECORD,
    WALK_END,    /* at `end` */
    WALK_NONE,   /* before `end`, and what stands here never was a record of it */
    WALK_BAD,    /* before `end`, and the record that should stand here is not whole */
    WALK_FAILED, /* `err` says why */
};

struct walk {
    struct disk *disk;
    int file;
    uint64_t segment;
    uint64_t at;     /* of the next record */
    uint64_t end;    /* where to stop */
    uint64_t expect; /* the next record's sequence; 0: any */
    int err;
    char *buffer;
    size_t room;
    uint64_t buffer_at;
    size_t buffer_n;
};

void walk_init(struct walk *walk, struct disk *disk, int file,
               const struct segment *segment);
void walk_fini(struct walk *walk);

/* The record at `at`, and moves behind it; the entry is valid until the next step. At
 * anything but a record, `at` stays before it. */
enum walk_step walk_next(struct walk *walk, struct journal_entry *ret_entry);

#endif
