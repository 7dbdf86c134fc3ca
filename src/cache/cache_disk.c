/*
 * One segment is written, those before it are only read at the next start. When all
 * together pass twice the bound of the memory, the oldest goes: what the memory still has
 * of it is written anew, so that at least half of what is read at a start is of use, and
 * a byte is written twice at most on average. A segment older than anything stale can be
 * goes as well.
 *
 * A fault of the disk ends writing until the next segment: the cache goes on in memory.
 */
#include "cache/cache_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cache/record.h"
#include "directory/directory.h"
#include "directory/keyring.h"
#include "loop/world.h"

enum {
    SEGMENT_BYTES = 16 << 20,
    SEGMENTS_MAX = 1 << 16,
    NAME_BYTES = 16, /* "0000000001.seg" */
    ARENA_BYTES = 64 * 1024,
    ARENA_BYTES_MAX = 32 << 20
};
static const usec age_max =
    31 * USEC_DAY; /* of what a document may call stale, and more */
static const str about = STR("cache");

struct segment {
    uint32_t number;
    size_t bytes;
    usec last; /* wall: when it was last written to */
};

struct disk {
    struct world *world;
    struct keyring *keyring;
    struct directory *directory;
    const struct log *log;
    int dir;
    int fd;    /* the segment that is written; −1: none */
    bool told; /* of a fault, since the last good write */
    bool lost; /* something was not written: what is here may be fresh wrongly */
    size_t bytes_max;
    size_t bytes;
    struct segment *segments; /* oldest first */
    uint32_t n;
    struct arena arena;
    struct buf clear, plain;
};

static void name_of(uint32_t number, char ret[NAME_BYTES])
{
    snprintf(ret, NAME_BYTES, "%010u.seg", number);
}

static void tell(struct disk *disk, const char *what)
{
    if (!disk->told && disk->log)
        log_say(disk->log, LOG_ERROR, "cache", "%s: %s; answers are kept in memory only",
                what, strerror(errno));
    disk->told = true;
}

/* --- writing --- */

static bool begin_segment(struct disk *disk)
{
    char name[NAME_BYTES];
    uint32_t number = disk->n ? disk->segments[disk->n - 1].number + 1 : 1;
    if (disk->n == SEGMENTS_MAX)
        return false;
    name_of(number, name);
    int fd =
        openat(disk->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        tell(disk, "a file of the cache cannot be made");
        return false;
    }
    if (disk->fd >= 0)
        close(disk->fd);
    disk->fd = fd;
    disk->segments[disk->n++] =
        (struct segment){.number = number, .last = world_wall(disk->world)};
    return true;
}

/* The rest of a segment that a fault has broken would be lost with it. */
static void end_segment(struct disk *disk)
{
    close(disk->fd);
    disk->fd = -1;
}

static bool write_all(int fd, struct iovec *parts, int n)
{
    while (n) {
        ssize_t wrote = writev(fd, parts, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return false;
        size_t left = (size_t)wrote;
        for (; n && left >= parts->iov_len; parts++, n--)
            left -= parts->iov_len;
        if (!n)
            break;
        parts->iov_base = (char *)parts->iov_base + left;
        parts->iov_len -= left;
    }
    return true;
}

static bool try_append(struct disk *disk, const struct record *record)
{
    char frame[RECORD_FRAME_BYTES];
    size_t n = sizeof(frame) + record->clear.n + record->sealed.n;
    bool full = disk->n && disk->segments[disk->n - 1].bytes + n > SEGMENT_BYTES;
    if ((disk->fd < 0 || full) && !begin_segment(disk))
        return false;
    record_frame(record, frame);
    struct iovec parts[] = {{frame, sizeof(frame)},
                            {(char *)(uintptr_t)record->clear.p, record->clear.n},
                            {(char *)(uintptr_t)record->sealed.p, record->sealed.n}};
    if (!write_all(disk->fd, parts, COUNT_OF(parts))) {
        tell(disk, "the cache cannot be written");
        end_segment(disk);
        return false;
    }
    struct segment *segment = &disk->segments[disk->n - 1];
    segment->bytes += n;
    segment->last = world_wall(disk->world);
    disk->bytes += n;
    disk->told = false;
    return true;
}

static bool append(struct disk *disk, const struct record *record)
{
    bool good = try_append(disk, record);
    disk->lost |= !good;
    return good;
}

/* As far as the entry's own times say, counted from when it was stored. */
static struct record_times times_of(const struct cache_entry *entry, bool fresh)
{
    return (struct record_times){.stored_wall = entry->stored_wall,
                                 .age = entry->age,
                                 .fresh = fresh ? entry->fresh_until - entry->stored : 0,
                                 .stale = entry->stale_until - entry->stored};
}

/* The clear part is sealed along: `about` binds it. */
static str bound_to(struct disk *disk, str clear)
{
    str parts[] = {about, STR(" "), clear};
    return arena_join(&disk->arena, parts, COUNT_OF(parts));
}

bool disk_put(struct disk *disk, struct cache_entry *entry, struct account *account,
              bool fresh)
{
    struct record_times times = times_of(entry, fresh);
    struct data_key key = {tenant_id_str(&account->id), account->data_key};
    struct record record = {.kind = RECORD_ENTRY};
    arena_reset(&disk->arena);
    buf_clear(&disk->clear);
    buf_clear(&disk->plain);
    record_write_clear(&disk->clear, entry, &times);
    record_write_plain(&disk->plain, entry);
    record.clear = buf_peek(&disk->clear);
    if (!buf_ok(&disk->clear) || !buf_ok(&disk->plain) ||
        !keyring_seal(disk->keyring, &key, bound_to(disk, record.clear),
                      buf_peek(&disk->plain), &disk->arena, &record.sealed) ||
        !append(disk, &record))
        return false;
    atomic_store(&entry->segment, disk->segments[disk->n - 1].number);
    return true;
}

static bool put_texts(struct disk *disk, enum record_kind kind, const str *texts,
                      size_t n)
{
    buf_clear(&disk->clear);
    record_write_texts(&disk->clear, texts, n);
    struct record record = {
        .kind = kind, .clear = buf_peek(&disk->clear), .sealed = STR("")};
    return buf_ok(&disk->clear) && append(disk, &record);
}

void disk_invalidate(struct disk *disk, str account, str resource)
{
    str texts[] = {account, resource};
    put_texts(disk, RECORD_INVALIDATION, texts, COUNT_OF(texts));
}

bool disk_purge(struct disk *disk, const struct cache_purge *purge)
{
    str texts[] = {purge->account, purge->environment, purge->integration,
                   purge->resource};
    return put_texts(disk, RECORD_PURGE, texts, COUNT_OF(texts)) &&
           fdatasync(disk->fd) == 0 && fsync(disk->dir) == 0;
}

void disk_spoil(struct disk *disk)
{
    disk->lost = true;
}

void disk_sync(struct disk *disk)
{
    if (disk->fd >= 0)
        fdatasync(disk->fd);
}

/* --- cleaning --- */

uint32_t disk_oldest_to_clean(struct disk *disk)
{
    if (disk->n < 2)
        return 0; /* what is written goes last */
    bool old = disk->segments[0].last + age_max < world_wall(disk->world);
    return old || disk->bytes > disk->bytes_max ? disk->segments[0].number : 0;
}

void disk_drop(struct disk *disk, uint32_t number)
{
    char name[NAME_BYTES];
    CHECK(disk->n && disk->segments[0].number == number);
    name_of(number, name);
    unlinkat(disk->dir, name, 0);
    disk->bytes -= disk->segments[0].bytes;
    disk->n--;
    memmove(&disk->segments[0], &disk->segments[1], disk->n * sizeof(struct segment));
}

struct account *disk_account(struct disk *disk, const struct tenant_id *id)
{
    return directory_account(disk->directory, tenant_id_str(id));
}

size_t disk_bytes(const struct disk *disk)
{
    return disk->bytes;
}

/* --- the start --- */

struct reading {
    struct disk *disk;
    const struct disk_events *events;
    void *arg;
    bool clean; /* the last end was */
    usec now, wall;
    uint32_t segment;
};

/* A clock that was set back makes nothing younger than it is: not fresh then. */
static bool set_times(const struct reading *reading, const struct record_times *times,
                      struct cache_entry *entry)
{
    bool back = times->stored_wall > reading->wall;
    usec stored = reading->now - (back ? 0 : reading->wall - times->stored_wall);
    entry->stored_wall = times->stored_wall;
    entry->stored = stored;
    entry->age = times->age;
    entry->fresh_until = stored + (reading->clean && !back ? times->fresh : 0);
    entry->stale_until = stored + times->stale;
    return usec_max(entry->fresh_until, entry->stale_until) > reading->now;
}

/* What belongs to no account, or whose key is gone, is nobody's. */
static void read_entry(struct reading *reading, const struct record *record)
{
    struct disk *disk = reading->disk;
    struct cache_entry like;
    struct record_times times;
    str plain;
    arena_reset(&disk->arena);
    if (!record_read_clear(record->clear, &like, &times) ||
        !set_times(reading, &times, &like))
        return;
    struct account *account = disk_account(disk, &like.account);
    if (!account)
        return;
    struct data_key key = {tenant_id_str(&account->id), account->data_key};
    bool good = keyring_open(disk->keyring, &key, bound_to(disk, record->clear),
                             record->sealed, &disk->arena, &plain) &&
                record_read_plain(plain, &disk->arena, &like);
    account_unref(&account);
    if (!good)
        return;
    struct cache_entry *entry = cache_entry_create(&like);
    atomic_store(&entry->segment, reading->segment);
    reading->events->entry(reading->arg, entry);
}

static void read_record(struct reading *reading, const struct record *record)
{
    str texts[4], bytes = record->clear;
    if (record->kind == RECORD_ENTRY) {
        read_entry(reading, record);
    } else if (record->kind == RECORD_INVALIDATION &&
               record_read_texts(&bytes, texts, 2)) {
        reading->events->invalidated(reading->arg, texts[0], texts[1]);
    } else if (record->kind == RECORD_PURGE && record_read_texts(&bytes, texts, 4)) {
        struct cache_purge purge = {.account = texts[0],
                                    .environment = texts[1],
                                    .integration = texts[2],
                                    .resource = texts[3]};
        reading->events->purged(reading->arg, &purge);
    }
}

/* A tail that is not whole was being written when the process died. */
static void read_segment(struct reading *reading, struct segment *segment)
{
    char name[NAME_BYTES];
    struct stat stat;
    name_of(segment->number, name);
    int fd = openat(reading->disk->dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0 || stat.st_size == 0) {
        if (fd >= 0)
            close(fd);
        return;
    }
    segment->bytes = (size_t)stat.st_size;
    segment->last = (usec)stat.st_mtim.tv_sec * USEC_S;
    void *map = mmap(NULL, segment->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    str bytes = str_of(map, segment->bytes);
    struct record record;
    reading->segment = segment->number;
    while (record_next(&bytes, &record))
        read_record(reading, &record);
    munmap(map, segment->bytes);
}

static int by_number(const void *a, const void *b)
{
    uint32_t one = ((const struct segment *)a)->number;
    uint32_t other = ((const struct segment *)b)->number;
    return (one > other) - (one < other);
}

/* "0000000001.seg"; 0: it is none. */
static uint32_t number_of(const char *name)
{
    uint64_t number;
    str text = str_z(name);
    if (text.n != 14 || !str_eq(str_from(text, 10), STR(".seg")) ||
        !str_to_u64(str_of(text.p, 10), UINT32_MAX - SEGMENTS_MAX, &number))
        return 0;
    return (uint32_t)number;
}

static void find_segments(struct disk *disk)
{
    int fd = openat(disk->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    for (struct dirent *item; (item = readdir(dir)) && disk->n < SEGMENTS_MAX / 2;) {
        uint32_t number = number_of(item->d_name);
        if (number)
            disk->segments[disk->n++] = (struct segment){.number = number};
    }
    closedir(dir);
    qsort(disk->segments, disk->n, sizeof(disk->segments[0]), by_number);
}

static void read_all(struct disk *disk, const struct disk_events *events, void *arg)
{
    struct reading reading = {.disk = disk,
                              .events = events,
                              .arg = arg,
                              .clean = unlinkat(disk->dir, "closed", 0) == 0,
                              .now = world_now(disk->world),
                              .wall = world_wall(disk->world)};
    find_segments(disk);
    for (uint32_t i = 0; i < disk->n; i++) {
        read_segment(&reading, &disk->segments[i]);
        disk->bytes += disk->segments[i].bytes;
    }
}

struct disk *disk_open(const struct cache_settings *settings,
                       const struct disk_events *events, void *arg)
{
    struct disk *disk = mem_zalloc(sizeof(*disk));
    disk->world = settings->world;
    disk->keyring = settings->keyring;
    disk->directory = settings->directory;
    disk->log = settings->log;
    disk->fd = -1;
    disk->bytes_max = 2 * settings->bytes_max + SEGMENT_BYTES;
    if (mkdir(settings->dir, 0700) != 0 && errno != EEXIST)
        tell(disk, "the cache's directory cannot be made");
    disk->dir = open(settings->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->dir < 0) {
        tell(disk, "the cache's directory cannot be opened");
        mem_free(disk);
        return NULL;
    }
    disk->segments = mem_array(SEGMENTS_MAX, sizeof(struct segment));
    arena_init(&disk->arena, ARENA_BYTES, ARENA_BYTES_MAX);
    buf_init(&disk->clear, RECORD_BYTES_MAX / 2);
    buf_init(&disk->plain, RECORD_BYTES_MAX / 2);
    read_all(disk, events, arg);
    return disk;
}

/* Only now are the last invalidations known to be there. */
static void mark_closed(struct disk *disk)
{
    int fd = openat(disk->dir, "closed", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
    fsync(disk->dir);
}

void disk_close(struct disk **ptr)
{
    struct disk *disk = *ptr;
    if (!disk)
        return;
    bool good = !disk->lost && (disk->fd < 0 || fdatasync(disk->fd) == 0);
    if (good)
        mark_closed(disk);
    if (disk->fd >= 0)
        close(disk->fd);
    close(disk->dir);
    buf_fini(&disk->plain);
    buf_fini(&disk->clear);
    arena_fini(&disk->arena);
    mem_free(disk->segments);
    mem_free(disk);
    *ptr = NULL;
}
