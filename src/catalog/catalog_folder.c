/*
 * One look at the folder. A document is read when its stamp (times, size, inode) differs
 * from the last look's, compiled when its text differs from the last version that came
 * from here, and all that changed goes into the store and into a snapshot together. A
 * stamp is trusted only when it is older than the clock's grain: a file written twice
 * within a moment may keep its times.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog/catalog_state.h"
#include "loop/world.h"

static const int64_t grain_ns = 1000000000;

/* A document that becomes a version. */
struct changed {
    struct changed *next;
    struct source *source;
    struct source_stamp stamp;
    struct entry *entry;
};

struct scan {
    struct catalog *catalog;
    struct arena *arena;
    struct changed *first;
    uint32_t n;
};

/* --- sources --- */

struct source *catalog_source(struct catalog *catalog, str name)
{
    struct source *source = map_find(&catalog->sources, name);
    if (source)
        return source;
    source = mem_zalloc(sizeof(*source));
    source->name = str_of(mem_copy_z(name.p, name.n), name.n);
    arena_init(&source->arena, 1024, (size_t)1 << 30);
    pthread_mutex_lock(&catalog->lock);
    map_put(&catalog->sources, source->name, source);
    pthread_mutex_unlock(&catalog->lock);
    return source;
}

void catalog_set_faults(struct catalog *catalog, struct source *source,
                        const struct catalog_fault *faults, uint32_t n)
{
    if (n == 0 && source->fault_n == 0)
        return;
    pthread_mutex_lock(&catalog->lock);
    arena_reset(&source->arena);
    source->faults = arena_array(&source->arena, n, sizeof(source->faults[0]));
    source->fault_n = n;
    for (uint32_t i = 0; i < n; i++)
        source->faults[i] =
            (struct catalog_fault){arena_str(&source->arena, faults[i].file),
                                   arena_str(&source->arena, faults[i].pointer),
                                   arena_str(&source->arena, faults[i].text)};
    pthread_mutex_unlock(&catalog->lock);
}

static void fault(struct catalog *catalog, struct source *source, str file, str text)
{
    struct catalog_fault one = {file, STR(""), text};
    catalog_set_faults(catalog, source, &one, 1);
    catalog_log_faults(catalog, &one, 1);
}

/* --- one document --- */

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct source_stamp stamp_of(const struct stat *stat)
{
    int64_t modified = nanoseconds(stat->st_mtim);
    int64_t changed = nanoseconds(stat->st_ctim);
    return (struct source_stamp){modified > changed ? modified : changed,
                                 (uint64_t)stat->st_size, (uint64_t)stat->st_ino};
}

static bool same_stamp(const struct source_stamp *a, const struct source_stamp *b)
{
    return a->changed_ns == b->changed_ns && a->bytes == b->bytes && a->inode == b->inode;
}

/* Notes the stamp of a text that has been dealt with. */
static void keep_stamp(const struct scan *scan, struct source *source,
                       struct source_stamp stamp)
{
    int64_t wall_ns = world_wall(scan->catalog->world) * 1000;
    if (stamp.changed_ns > wall_ns - grain_ns)
        stamp.changed_ns = 0;
    source->stamp = stamp;
}

static bool read_all(int fd, struct arena *arena, size_t bytes, str *ret_text)
{
    char *text = arena_bytes(arena, bytes + 1);
    size_t n = 0;
    ssize_t got = 1;
    while (n <= bytes && (got = read(fd, text + n, bytes + 1 - n)) > 0)
        n += (size_t)got;
    *ret_text = str_of(text, n);
    return got >= 0 && n <= bytes; /* one that grew is read at the next look */
}

/* The text and the stamp it was read under; false with a reason. */
static bool read_document(const struct scan *scan, const char *path,
                          struct source_stamp *ret_stamp, str *ret_text,
                          const char **ret_why)
{
    struct stat stat;
    *ret_why = "cannot be read; check its rights";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    if (good && stat.st_size > DOCUMENT_BYTES_MAX) {
        *ret_why = "is larger than 4 MiB";
        good = false;
    }
    if (good) {
        *ret_stamp = stamp_of(&stat);
        good = read_all(fd, scan->arena, (size_t)stat.st_size, ret_text);
    }
    close(fd);
    return good;
}

static void hash_of(struct arena *arena, str text, char ret_hash[HASH_CHARS])
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, digest);
    str hex = encode_hex(arena, str_of((const char *)digest, sizeof(digest)));
    memcpy(ret_hash, hex.p, HASH_CHARS);
}

static void add_changed(struct scan *scan, struct source *source,
                        struct source_stamp stamp, struct entry *entry)
{
    struct changed *changed = arena_alloc(scan->arena, sizeof(*changed));
    *changed = (struct changed){scan->first, source, stamp, entry};
    scan->first = changed;
    scan->n++;
}

static void compile(struct scan *scan, struct source *source, str file,
                    struct source_stamp stamp, str text)
{
    struct catalog_fault *faults;
    uint32_t n;
    struct entry *entry =
        entry_compile(text, source->name, file, scan->arena, &faults, &n);
    if (entry) {
        add_changed(scan, source, stamp, entry);
        return;
    }
    hash_of(scan->arena, text, source->faulty_hash);
    keep_stamp(scan, source, stamp);
    catalog_set_faults(scan->catalog, source, faults, n);
    catalog_log_faults(scan->catalog, faults, n);
}

/* A file whose stamp has changed. */
static void look_inside(struct scan *scan, struct source *source, const char *path)
{
    struct source_stamp stamp;
    char hash[HASH_CHARS];
    const char *why;
    str text;
    struct arena *arena = scan->arena;
    if (!read_document(scan, path, &stamp, &text, &why)) {
        fault(scan->catalog, source, str_z(path), arena_printf(arena, "%s.", why));
        return;
    }
    hash_of(arena, text, hash);
    if (memcmp(hash, source->stored_hash, HASH_CHARS) == 0) {
        catalog_set_faults(scan->catalog, source, NULL, 0);
        keep_stamp(scan, source, stamp);
    } else if (memcmp(hash, source->faulty_hash, HASH_CHARS) == 0 && source->fault_n) {
        keep_stamp(scan, source, stamp);
    } else {
        compile(scan, source, str_z(path), stamp, text);
    }
}

/* Whether there is a document at all; its stamp, zeroes when it cannot be looked at. */
static bool find_document(const char *path, struct source_stamp *ret_stamp)
{
    struct stat stat;
    *ret_stamp = (struct source_stamp){0};
    if (fstatat(AT_FDCWD, path, &stat, 0) == 0) {
        *ret_stamp = stamp_of(&stat);
        return true;
    }
    return errno == EACCES || lstat(path, &stat) == 0;
}

static void look_at(struct scan *scan, str name)
{
    struct source_stamp stamp;
    struct arena *arena = scan->arena;
    const char *folder = scan->catalog->folder;
    const char *dir =
        arena_z(arena, arena_printf(arena, "%s/" STR_F, folder, STR_A(name)));
    const char *path = arena_z(arena, arena_printf(arena, "%s/integration.json", dir));
    watch_add(&scan->catalog->watch, dir);
    if (!find_document(path, &stamp))
        return;
    struct source *source = catalog_source(scan->catalog, name);
    source->seen = true;
    source->gone = false;
    if (document_name_valid(name)) {
        if (stamp.changed_ns == 0 || !same_stamp(&stamp, &source->stamp))
            look_inside(scan, source, path);
    } else if (source->fault_n == 0) {
        fault(scan->catalog, source, str_z(path),
              STR("stands in a folder whose name cannot be an integration's: use 1 to 64 "
                  "characters of a–z, 0–9, \"_\" and \"-\"."));
    }
}

/* --- the whole folder --- */

static void log_gone(const struct catalog *catalog, str name)
{
    struct log_line line;
    log_open(&line, catalog->log, LOG_WARN, "integration");
    log_str(&line, "integration", name);
    log_str(&line, "what", STR("gone from the folder; its last version stays in use"));
    log_close(&line);
}

static void note_gone(struct catalog *catalog)
{
    size_t at = 0;
    for (struct source *source; (source = map_next(&catalog->sources, &at));) {
        if (source->seen || source->gone)
            continue;
        source->gone = true;
        catalog_set_faults(catalog, source, NULL, 0);
        source->stamp = (struct source_stamp){0};
        if (source->stored_hash[0] && snapshot_find(catalog->snapshot, source->name))
            log_gone(catalog, source->name);
    }
}

static void log_put(const struct catalog *catalog, const struct integration *integration)
{
    struct log_line line;
    log_open(&line, catalog->log, LOG_INFO, "integration");
    log_str(&line, "integration", integration->name);
    log_int(&line, "revision", integration->revision);
    log_str(&line, "what", STR("taken from the folder"));
    log_close(&line);
}

/* The entries as versions of the store, in the same order. */
static struct stored_list to_store(const struct scan *scan)
{
    struct stored_list list = {.n = scan->n};
    list.items = arena_array(scan->arena, scan->n, sizeof(list.items[0]));
    uint32_t i = 0;
    for (const struct changed *changed = scan->first; changed; changed = changed->next) {
        const struct integration *integration = changed->entry->integration;
        list.items[i++] = (struct stored){.name = integration->name,
                                          .hash = integration->hash,
                                          .text = integration->text};
    }
    return list;
}

static void settle(struct scan *scan, const struct stored_list *stored)
{
    struct entry **entries = arena_array(scan->arena, scan->n, sizeof(entries[0]));
    uint32_t i = 0;
    for (struct changed *changed = scan->first; changed; changed = changed->next, i++) {
        struct integration *integration = changed->entry->integration;
        entries[i] = changed->entry;
        integration->revision = stored->items[i].revision;
        memcpy(changed->source->stored_hash, integration->hash.p, HASH_CHARS);
        keep_stamp(scan, changed->source, changed->stamp);
        catalog_set_faults(scan->catalog, changed->source, NULL, 0);
        if (scan->catalog->opened)
            log_put(scan->catalog, integration);
    }
    catalog_publish_entries(scan->catalog, entries, scan->n, STR_NONE);
}

static enum err take_changed(struct scan *scan, str *ret_why)
{
    struct store_author author = {.source = STR("folder"),
                                  .wall = world_wall(scan->catalog->world)};
    struct stored_list stored = to_store(scan);
    enum err err =
        scan->n ? catalog_store_put(scan->catalog->store, &author, &stored) : ERR_NONE;
    if (err == ERR_NONE && scan->n)
        settle(scan, &stored);
    if (err != ERR_NONE)
        *ret_why = arena_printf(
            scan->arena,
            "The store did not take %u integrations of the folder: " STR_F ".", scan->n,
            STR_A(err_row(err)->title));
    for (struct changed *changed = scan->first; changed; changed = changed->next)
        entry_unref(&changed->entry);
    return err;
}

enum err catalog_scan(struct catalog *catalog, struct arena *arena, str *ret_why)
{
    struct scan scan = {.catalog = catalog, .arena = arena};
    size_t at = 0;
    if (!catalog->folder)
        return ERR_NONE;
    watch_add(&catalog->watch, catalog->folder);
    DIR *dir = opendir(catalog->folder);
    if (!dir) {
        *ret_why = arena_printf(arena, "The integrations folder %s cannot be read: %s.",
                                catalog->folder, strerror(errno));
        return ERR_FOLDER_UNREADABLE;
    }
    for (struct source *source; (source = map_next(&catalog->sources, &at));)
        source->seen = false;
    for (struct dirent *item; (item = readdir(dir));) {
        bool plain = item->d_type != DT_DIR && item->d_type != DT_LNK &&
                     item->d_type != DT_UNKNOWN;
        if (!plain && item->d_name[0] != '.')
            look_at(&scan, str_z(item->d_name));
    }
    closedir(dir);
    note_gone(catalog);
    return take_changed(&scan, ret_why);
}
