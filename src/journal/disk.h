/*
 * The disk as an argument: what journal and payload ask of files. In the daemon it is the
 * system's; a test puts one beneath that loses power, tears, fails and fills up, and runs
 * the same code.
 *
 * Functions answer 0 or an errno. Paths are zero-terminated. Any thread, also for one
 * file.
 */
#ifndef JOURNAL_DISK_H
#define JOURNAL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

struct disk;

struct disk_ops {
    /* Makes the directory (mode 0700) and its own name durable, unless it is there. */
    int (*make_dir)(struct disk *disk, const char *path);
    /* Calls `fn` with each name in it, in any order. */
    int (*list)(struct disk *disk, const char *path,
                void (*fn)(void *arg, const char *name), void *arg);
    int (*sync_dir)(struct disk *disk, const char *path); /* names made, moved, removed */
    /* Of its file system: bytes that are free for us, and all. */
    int (*space)(struct disk *disk, const char *path, uint64_t *ret_free,
                 uint64_t *ret_all);
    int (*rename)(struct disk *disk, const char *from, const char *to);
    int (*remove)(struct disk *disk, const char *path);

    /* To read and write; `create`: a new, empty file, EEXIST when there is one. */
    int (*open)(struct disk *disk, const char *path, bool create, int *ret_file);
    void (*close)(struct disk *disk, int file);
    int (*size)(struct disk *disk, int file, uint64_t *ret_bytes);
    /* Up to n bytes; fewer only where the file ends. */
    int (*read)(struct disk *disk, int file, void *ret, size_t n, uint64_t at,
                size_t *ret_n);
    /* Any number of them, at least one. */
    int (*write)(struct disk *disk, int file, const void *p, size_t n, uint64_t at,
                 size_t *ret_n);
    /* Gives the file this size, with space on the disk for all of it. */
    int (*allocate)(struct disk *disk, int file, uint64_t bytes);
    int (*sync)(struct disk *disk, int file); /* its bytes and its size, not its name */
};

struct disk {
    const struct disk_ops *ops;
};

/* The system's. Static. */
struct disk *disk_real(void);

/* Whether a file of so many bytes leaves `reserve` percent of the directory's file system
 * free for others; ENOSPC when it does not. */
int disk_check_room(struct disk *disk, const char *path, uint64_t bytes,
                    unsigned reserve) MUST_CHECK;

/* All n bytes. */
int disk_write_all(struct disk *disk, int file, const void *p, size_t n,
                   uint64_t at) MUST_CHECK;

#endif
