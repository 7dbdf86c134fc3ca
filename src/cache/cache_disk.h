/*
 * The cache's files: a log that is only added to, in segments, read once at the start.
 * What was lost of it, or was not as it must be, was never kept; what it has twice counts
 * as it was written last. Nothing waits for the disk but a purge, whose line is durable
 * before it is answered.
 *
 *   DATA/cache/0000000001.seg …    records: framed, with a checksum; bodies and headers
 *                                  sealed under the account's data key (SPEC 5.8)
 *   DATA/cache/closed              there only between a clean end and the next start:
 *                                  without it nothing that is found is fresh, since the
 *                                  last invalidations may be missing
 *
 * For cache/ only. disk_open on the opener's thread, all else on the cache's.
 */
#ifndef CACHE_CACHE_DISK_H
#define CACHE_CACHE_DISK_H

#include "cache/cache.h"

struct disk;

/* What is found at the start, in order. */
struct disk_events {
    void (*entry)(void *arg, struct cache_entry *entry);       /* takes the reference */
    void (*invalidated)(void *arg, str account, str resource); /* absent: all of them */
    void (*purged)(void *arg, const struct cache_purge *purge);
};

/* NULL: the directory cannot be used, which has been logged. */
struct disk *disk_open(const struct cache_settings *settings,
                       const struct disk_events *events, void *arg);
void disk_close(struct disk **disk); /* NULL inside is allowed */

/* False: it could not be written. */
bool disk_put(struct disk *disk, struct cache_entry *entry, struct account *account,
              bool fresh);
void disk_invalidate(struct disk *disk, str account, str resource);
bool disk_purge(struct disk *disk, const struct cache_purge *purge); /* durable */
void disk_sync(struct disk *disk);

/* Something that should be here is not: the next start takes nothing for fresh. */
void disk_spoil(struct disk *disk);

/* The segment that is to go because the files are too large or it is too old; 0: none. */
uint32_t disk_oldest_to_clean(struct disk *disk);
void disk_drop(struct disk *disk, uint32_t segment);

/* With a reference; NULL: it is gone. */
struct account *disk_account(struct disk *disk, const struct tenant_id *id);

size_t disk_bytes(const struct disk *disk);

#endif
