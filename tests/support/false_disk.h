/*
 * A disk that tests own: files in memory, of which only that is safe which was synced. It
 * can lose power at any operation, and then keeps of what was not synced what chance
 * leaves: writes whole, dropped, or torn at a byte or between sectors, in any order,
 * names or not. It can fail a sync as Linux does (what was not written is forgotten, and
 * the next sync succeeds), fail writes, and be full. Writes may be short at any time.
 *
 * Any thread; set faults before the operations that should meet them.
 */
#ifndef SUPPORT_FALSE_DISK_H
#define SUPPORT_FALSE_DISK_H

#include <pthread.h>
#include <stdatomic.h>

#include "journal/disk.h"

enum { FALSE_FILES_MAX = 512, FALSE_NAME_BYTES = 128 };

struct false_file;

struct false_disk {
    struct disk disk; /* give this one away */
    pthread_mutex_t lock;
    uint64_t seed;
    struct false_name {
        char path[FALSE_NAME_BYTES];
        struct false_file *file;
    } names[FALSE_FILES_MAX], durable[FALSE_FILES_MAX];
    unsigned names_n, durable_n;
    struct false_name_change *changes; /* not synced, oldest first */
    unsigned changes_n, changes_room;
    struct false_file *open[FALSE_FILES_MAX];

    /* Faults. Counts run down with the operations of their kind; 0: none comes. */
    unsigned dies_in;         /* operations; then none has an effect: EIO */
    atomic_bool dead;         /* power is gone */
    unsigned syncs_fail_in;   /* the one that comes then forgets what it should write */
    unsigned writes_fail_in;  /* EIO, with an unknown part written */
    unsigned renames_fail_in; /* EIO, without an effect */
    uint64_t bytes_max;       /* of the disk; allocate answers ENOSPC; 0: no limit */
    bool short_writes;

    uint64_t syncs;         /* of files */
    uint64_t bytes_written; /* by write */
};

void false_disk_init(struct false_disk *disk, uint64_t seed);
void false_disk_fini(struct false_disk *disk);

/* Power comes back: what is safe, and what chance kept of the rest. Nobody uses it. */
void false_disk_restart(struct false_disk *disk);

/* The bytes of a file as its readers see them, to be looked at or spoilt; NULL when there
 * is none. */
char *false_disk_bytes(struct false_disk *disk, const char *path, uint64_t *ret_n);

/* The i-th path that there is; NULL behind the last. */
const char *false_disk_path(struct false_disk *disk, unsigned i);

/* A file is cut to `n` bytes, safely. */
void false_disk_cut(struct false_disk *disk, const char *path, uint64_t n);

/* What was not synced of a file is never written, though its readers see it: as the
 * kernel leaves it after a failed sync. */
void false_disk_forget(struct false_disk *disk, const char *path);

/* Bytes of all files. */
uint64_t false_disk_used(struct false_disk *disk);

#endif
