#include "payload/payload_files.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "journal/disk.h"
#include "payload/payload_ops.h"

enum { WORDS_BYTES_MAX = 512, WAITING_BYTES_DEFAULT = 128 * 1024 * 1024 };

struct hour {
    uint64_t hour;
    uint64_t files;
    uint64_t bytes;
};

struct payload_files {
    struct disk *disk;
    struct world *world;
    char *dir;
    uint64_t bytes_max;
    unsigned reserve; /* percent */
    uint64_t waiting_bytes_max;
    void (*on_fault)(void *arg, enum err err, str words);
    void *arg;
    struct offload *thread;

    pthread_mutex_t lock; /* of the rest; not held over the disk */
    struct hour *hours;   /* with files, oldest first */
    size_t hours_n, hours_room;
    uint64_t waiting_bytes;
    struct payload_stats stats;
};

/* --- counting --- */

/* The place of an hour, or where it belongs. */
static size_t place_of(const struct payload_files *files, uint64_t hour)
{
    size_t i = 0;
    while (i < files->hours_n && files->hours[i].hour < hour)
        i++;
    return i;
}

static bool is_at(const struct payload_files *files, size_t i, uint64_t hour)
{
    return i < files->hours_n && files->hours[i].hour == hour;
}

static void count_in(struct payload_files *files, uint64_t hour, uint64_t bytes)
{
    pthread_mutex_lock(&files->lock);
    size_t i = place_of(files, hour);
    if (!is_at(files, i, hour)) {
        if (files->hours_n == files->hours_room) {
            files->hours_room = files->hours_room ? 2 * files->hours_room : 16;
            files->hours =
                mem_grow(files->hours, files->hours_room * sizeof(*files->hours));
        }
        memmove(files->hours + i + 1, files->hours + i,
                (files->hours_n++ - i) * sizeof(*files->hours));
        files->hours[i] = (struct hour){.hour = hour};
    }
    files->hours[i].files++;
    files->hours[i].bytes += bytes;
    files->stats.files++;
    files->stats.file_bytes += bytes;
    pthread_mutex_unlock(&files->lock);
}

static void count_out(struct payload_files *files, uint64_t hour, uint64_t bytes)
{
    pthread_mutex_lock(&files->lock);
    size_t i = place_of(files, hour);
    if (is_at(files, i, hour)) {
        files->hours[i].files--;
        files->hours[i].bytes -= bytes;
        files->stats.files--;
        files->stats.file_bytes -= bytes;
        if (files->hours[i].files == 0)
            memmove(files->hours + i, files->hours + i + 1,
                    (--files->hours_n - i) * sizeof(*files->hours));
    }
    pthread_mutex_unlock(&files->lock);
}

/* --- the disk --- */

static enum err fault(struct payload_files *files, const char *what, const char *path,
                      int err)
{
    char words[WORDS_BYTES_MAX];
    bool full = err == ENOSPC || err == EDQUOT || err == EFBIG;
    enum err said = full ? ERR_JOURNAL_FULL : ERR_JOURNAL_UNAVAILABLE;
    snprintf(words, sizeof(words), "%s %s: %s", what, path, strerror(err));
    pthread_mutex_lock(&files->lock);
    files->stats.faults++;
    if (files->on_fault)
        files->on_fault(files->arg, said, str_z(words));
    pthread_mutex_unlock(&files->lock);
    return said;
}

static char *path_of(const struct payload_files *files, const struct payload_file *file)
{
    char name[PAYLOAD_FILE_NAME_BYTES];
    size_t room = strlen(files->dir) + 1 + sizeof(name);
    char *path = mem_alloc(room);
    payload_write_name(file, name);
    snprintf(path, room, "%s/%s", files->dir, name);
    return path;
}

static int size_of(struct payload_files *files, const struct payload_file *file,
                   uint64_t *ret_bytes)
{
    char *path = path_of(files, file);
    int handle;
    int err = files->disk->ops->open(files->disk, path, false, &handle);
    if (!err) {
        err = files->disk->ops->size(files->disk, handle, ret_bytes);
        files->disk->ops->close(files->disk, handle);
    }
    mem_free(path);
    return err;
}

/* --- putting --- */

static int write_parts(struct disk *disk, int handle, const struct payload_put *put)
{
    uint64_t at = 0;
    int err = disk->ops->allocate(disk, handle, payload_bytes(put));
    for (size_t i = 0; i < PAYLOAD_PARTS_MAX && !err; i++) {
        if (put->parts[i].n > 0)
            err = disk_write_all(disk, handle, put->parts[i].p, put->parts[i].n, at);
        at += put->parts[i].n;
    }
    return err;
}

static int write_file(struct payload_files *files, const char *path,
                      const struct payload_put *put)
{
    struct disk *disk = files->disk;
    int handle;
    int err = disk_check_room(disk, files->dir, payload_bytes(put), files->reserve);
    if (!err)
        err = disk->ops->open(disk, path, true, &handle);
    if (err)
        return err;
    err = write_parts(disk, handle, put);
    if (!err)
        err = disk->ops->sync(disk, handle);
    disk->ops->close(disk, handle);
    if (!err)
        err = disk->ops->sync_dir(disk, files->dir);
    if (err)
        disk->ops->remove(disk, path);
    return err;
}

static bool has_room(struct payload_files *files, uint64_t bytes)
{
    pthread_mutex_lock(&files->lock);
    bool room =
        files->bytes_max == 0 || files->stats.file_bytes + bytes <= files->bytes_max;
    pthread_mutex_unlock(&files->lock);
    return room;
}

static enum err store(struct payload_files *files, struct payload_put *put)
{
    struct payload_file file = {.hour = (uint64_t)(world_wall(files->world) / USEC_H),
                                .name = world_random_u64(files->world),
                                .bytes = (uint32_t)payload_bytes(put)};
    if (!has_room(files, file.bytes))
        return ERR_JOURNAL_FULL;
    for (size_t i = 0; i < PAYLOAD_PARTS_MAX; i++)
        file.crc = crc32c(file.crc, put->parts[i].p, put->parts[i].n);
    char *path = path_of(files, &file);
    int failed = write_file(files, path, put);
    enum err err = failed ? fault(files, "writing", path, failed) : ERR_NONE;
    mem_free(path);
    if (err == ERR_NONE) {
        count_in(files, file.hour, file.bytes);
        payload_write_file(&file, put->reference);
    }
    return err;
}

static void run_put(struct offload_task *task)
{
    struct payload_put *put = CONTAINER_OF(task, struct payload_put, work.task);
    struct payload_files *files = task->arg;
    if (put->err == ERR_NONE)
        put->err = store(files, put);
}

static void on_put(struct offload_task *task)
{
    struct payload_put *put = CONTAINER_OF(task, struct payload_put, work.task);
    struct payload_files *files = task->arg;
    pthread_mutex_lock(&files->lock);
    files->waiting_bytes -= payload_bytes(put);
    files->stats.waiting--;
    pthread_mutex_unlock(&files->lock);
    put->done(put);
}

void payload_files_put(struct payload_files *files, struct payload_put *put)
{
    pthread_mutex_lock(&files->lock);
    files->waiting_bytes += payload_bytes(put);
    files->stats.waiting++;
    if (files->waiting_bytes > files->waiting_bytes_max)
        put->err = ERR_JOURNAL_BUSY;
    pthread_mutex_unlock(&files->lock);
    put->work.task = (struct offload_task){
        .run = run_put, .done = on_put, .arg = files, .worker = put->worker};
    offload_submit(files->thread, &put->work.task);
}

/* --- getting --- */

static enum err read_file(struct payload_files *files, const struct payload_file *file,
                          struct payload_get *get)
{
    struct disk *disk = files->disk;
    char *path = path_of(files, file);
    size_t n = 0;
    int handle;
    int failed = disk->ops->open(disk, path, false, &handle);
    enum err err = failed == ENOENT ? ERR_PAYLOAD_EXPIRED : ERR_NONE;
    if (!failed) {
        get->raw = mem_alloc((size_t)file->bytes + 1); /* one more tells a longer file */
        failed = disk->ops->read(disk, handle, get->raw, (size_t)file->bytes + 1, 0, &n);
        disk->ops->close(disk, handle);
    }
    if (failed && err == ERR_NONE)
        err = fault(files, "reading", path, failed);
    mem_free(path);
    if (err == ERR_NONE && (n != file->bytes || crc32c(0, get->raw, n) != file->crc))
        err = ERR_PAYLOAD_DAMAGED;
    get->bytes = str_of(get->raw, file->bytes);
    return err;
}

static void run_get(struct offload_task *task)
{
    struct payload_get *get = CONTAINER_OF(task, struct payload_get, work.task);
    struct payload_file file;
    get->err = payload_read_file(get->reference, &file) ? read_file(task->arg, &file, get)
                                                        : ERR_PAYLOAD_EXPIRED;
}

/* The arena ends what was read, on its own thread; nothing of 25 MiB is copied. */
static void on_get(struct offload_task *task)
{
    struct payload_get *get = CONTAINER_OF(task, struct payload_get, work.task);
    if (get->err == ERR_NONE) {
        arena_at_end(get->arena, mem_free, get->raw);
    } else {
        mem_free(get->raw);
        get->bytes = STR_NONE;
    }
    get->raw = NULL;
    get->done(get);
}

void payload_files_get(struct payload_files *files, struct payload_get *get)
{
    get->work.task = (struct offload_task){
        .run = run_get, .done = on_get, .arg = files, .worker = get->worker};
    offload_submit(files->thread, &get->work.task);
}

/* --- forgetting and dropping --- */

/* Its name may come back after a loss of power: then it goes with its hour. */
static enum err remove_file(struct payload_files *files, const struct payload_file *file)
{
    uint64_t bytes = 0;
    int failed = size_of(files, file, &bytes);
    char *path = path_of(files, file);
    if (!failed)
        failed = files->disk->ops->remove(files->disk, path);
    if (!failed)
        count_out(files, file->hour, bytes);
    enum err err =
        failed && failed != ENOENT ? fault(files, "removing", path, failed) : ERR_NONE;
    mem_free(path);
    return err;
}

static void run_forget(struct offload_task *task)
{
    struct payload_forget *forget = CONTAINER_OF(task, struct payload_forget, task);
    struct payload_file file;
    if (payload_read_file(forget->reference, &file))
        forget->err = remove_file(task->arg, &file);
}

static void on_forgotten(struct offload_task *task)
{
    struct payload_forget *forget = CONTAINER_OF(task, struct payload_forget, task);
    forget->done(forget);
}

void payload_files_forget(struct payload_files *files, struct payload_forget *forget)
{
    forget->task = (struct offload_task){
        .run = run_forget, .done = on_forgotten, .arg = files, .worker = forget->worker};
    offload_submit(files->thread, &forget->task);
}

struct listing {
    struct payload_file *found;
    size_t n, room;
};

static void on_name(void *arg, const char *name)
{
    struct listing *listing = arg;
    struct payload_file file;
    if (!payload_read_name(name, &file))
        return;
    if (listing->n == listing->room) {
        listing->room = listing->room ? 2 * listing->room : 64;
        listing->found =
            mem_grow(listing->found, listing->room * sizeof(*listing->found));
    }
    listing->found[listing->n++] = file;
}

static enum err drop_hour(struct payload_files *files, uint64_t hour)
{
    struct listing listing = {0};
    enum err err = ERR_NONE;
    int failed = files->disk->ops->list(files->disk, files->dir, on_name, &listing);
    for (size_t i = 0; i < listing.n && err == ERR_NONE; i++)
        if (listing.found[i].hour == hour)
            err = remove_file(files, &listing.found[i]);
    mem_free(listing.found);
    if (!failed && err == ERR_NONE)
        failed = files->disk->ops->sync_dir(files->disk, files->dir);
    return failed ? fault(files, "emptying", files->dir, failed) : err;
}

static bool has_hour(struct payload_files *files, uint64_t hour)
{
    pthread_mutex_lock(&files->lock);
    bool has = is_at(files, place_of(files, hour), hour);
    pthread_mutex_unlock(&files->lock);
    return has;
}

static void run_drop(struct offload_task *task)
{
    struct payload_drop *drop = CONTAINER_OF(task, struct payload_drop, work.task);
    struct payload_files *files = task->arg;
    enum payload_kind kind;
    uint64_t hour;
    if (!payload_read_prefix(str_z(drop->prefix), &kind, &hour) || kind != PAYLOAD_FILE ||
        !has_hour(files, hour))
        drop->err = ERR_PAYLOAD_EXPIRED;
    else if (hour >= (uint64_t)(world_wall(files->world) / USEC_H))
        drop->err = ERR_STATE_CONFLICT;
    else
        drop->err = drop_hour(files, hour);
}

static void on_dropped(struct offload_task *task)
{
    struct payload_drop *drop = CONTAINER_OF(task, struct payload_drop, work.task);
    drop->done(drop);
}

void payload_files_drop(struct payload_files *files, struct payload_drop *drop)
{
    drop->work.task = (struct offload_task){
        .run = run_drop, .done = on_dropped, .arg = files, .worker = drop->worker};
    offload_submit(files->thread, &drop->work.task);
}

size_t payload_files_groups(struct payload_files *files, struct payload_group *ret,
                            size_t max)
{
    uint64_t now = (uint64_t)(world_wall(files->world) / USEC_H);
    size_t n = 0;
    pthread_mutex_lock(&files->lock);
    for (size_t i = 0; i < files->hours_n && n < max; i++) {
        const struct hour *hour = &files->hours[i];
        if (hour->hour >= now)
            break;
        ret[n] = (struct payload_group){.newest = (usec)(hour->hour + 1) * USEC_H,
                                        .bytes = hour->bytes};
        payload_write_prefix(PAYLOAD_FILE, hour->hour, ret[n++].prefix);
    }
    pthread_mutex_unlock(&files->lock);
    return n;
}

void payload_files_stats(struct payload_files *files, struct payload_stats *ret_stats)
{
    pthread_mutex_lock(&files->lock);
    *ret_stats = files->stats;
    pthread_mutex_unlock(&files->lock);
}

/* --- opening and closing --- */

/* Counts what there is. */
static int look_around(struct payload_files *files)
{
    struct listing listing = {0};
    int err = files->disk->ops->make_dir(files->disk, files->dir);
    if (!err)
        err = files->disk->ops->list(files->disk, files->dir, on_name, &listing);
    for (size_t i = 0; i < listing.n && !err; i++) {
        uint64_t bytes = 0;
        err = size_of(files, &listing.found[i], &bytes);
        if (!err)
            count_in(files, listing.found[i].hour, bytes);
    }
    mem_free(listing.found);
    return err;
}

static void destroy(struct payload_files *files)
{
    pthread_mutex_destroy(&files->lock);
    mem_free(files->hours);
    mem_free(files->dir);
    mem_free(files);
}

struct payload_files *payload_files_open(const struct payload_config *config,
                                         struct arena *arena, str *ret_why)
{
    struct payload_files *files = mem_zalloc(sizeof(*files));
    files->disk = config->disk ? config->disk : disk_real();
    files->world = config->world;
    files->dir = mem_copy_z(config->dir.p, config->dir.n);
    files->bytes_max = config->bytes_max;
    files->reserve = config->reserve;
    files->waiting_bytes_max =
        config->waiting_bytes_max ? config->waiting_bytes_max : WAITING_BYTES_DEFAULT;
    files->on_fault = config->on_fault;
    files->arg = config->arg;
    pthread_mutex_init(&files->lock, NULL);
    int err = look_around(files);
    if (!err) {
        files->thread = offload_start("payload");
        return files;
    }
    *ret_why = arena_printf(arena, "The directory of payloads %s cannot be used: %s.",
                            files->dir, strerror(err));
    destroy(files);
    return NULL;
}

void payload_files_close(struct payload_files **files)
{
    offload_stop(&(*files)->thread);
    destroy(*files);
    *files = NULL;
}
