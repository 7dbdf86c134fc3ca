#include "tests/support/false_disk.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "tests/support/unit.h"

enum { SECTOR = 512 };

struct piece {
    uint64_t at;
    uint64_t n; /* with bytes NULL: the file's size from then on */
    char *bytes;
};

struct false_file {
    char *bytes; /* as readers see them */
    uint64_t n;
    char *safe; /* as they are on the disk */
    uint64_t safe_n;
    struct piece *pieces; /* not synced, oldest first */
    unsigned pieces_n, pieces_room;
    unsigned users; /* names, handles, changes that name it */
};

enum change_kind { CHANGE_CREATE, CHANGE_RENAME, CHANGE_REMOVE };

struct false_name_change {
    enum change_kind kind;
    char path[FALSE_NAME_BYTES];
    char to[FALSE_NAME_BYTES];
    struct false_file *file; /* of a creation */
};

/* --- files --- */

static void drop_pieces(struct false_file *file)
{
    for (unsigned i = 0; i < file->pieces_n; i++)
        mem_free(file->pieces[i].bytes);
    file->pieces_n = 0;
}

static void unref(struct false_file *file)
{
    if (--file->users > 0)
        return;
    drop_pieces(file);
    mem_free(file->pieces);
    mem_free(file->bytes);
    mem_free(file->safe);
    mem_free(file);
}

static void put_bytes(char **bytes, uint64_t *n, uint64_t at, const char *from,
                      uint64_t m)
{
    if (at + m > *n) {
        *bytes = mem_grow(*bytes, at + m);
        memset(*bytes + *n, 0, at + m - *n);
        *n = at + m;
    }
    if (from)
        memcpy(*bytes + at, from, m);
}

static void resize(char **bytes, uint64_t *n, uint64_t to)
{
    if (to > *n)
        put_bytes(bytes, n, to, NULL, 0);
    *n = to;
}

static void note_piece(struct false_file *file, uint64_t at, const char *bytes,
                       uint64_t n)
{
    if (file->pieces_n == file->pieces_room) {
        file->pieces_room = file->pieces_room ? 2 * file->pieces_room : 8;
        file->pieces = mem_grow(file->pieces, file->pieces_room * sizeof(struct piece));
    }
    char *copy = NULL;
    if (bytes) {
        copy = mem_alloc(n);
        memcpy(copy, bytes, n);
    }
    file->pieces[file->pieces_n++] = (struct piece){at, n, copy};
}

static void make_safe(struct false_file *file, const struct piece *piece)
{
    if (piece->bytes)
        put_bytes(&file->safe, &file->safe_n, piece->at, piece->bytes, piece->n);
    else if (piece->n > file->safe_n)
        resize(&file->safe, &file->safe_n, piece->n);
}

/* Up to a byte, from a byte on, or some of its sectors. */
static void make_part_safe(struct false_file *file, const struct piece *piece,
                           uint64_t *seed)
{
    uint64_t cut = unit_below(seed, piece->n + 1);
    struct piece part = *piece;
    switch (unit_below(seed, 3)) {
    case 0:
        part.n = cut;
        make_safe(file, &part);
        break;
    case 1:
        part = (struct piece){piece->at + cut, piece->n - cut, piece->bytes + cut};
        make_safe(file, &part);
        break;
    default:
        for (uint64_t at = 0; at < piece->n;) {
            uint64_t n = SECTOR - (piece->at + at) % SECTOR;
            n = n < piece->n - at ? n : piece->n - at;
            part = (struct piece){piece->at + at, n, piece->bytes + at};
            if (unit_below(seed, 2))
                make_safe(file, &part);
            at += n;
        }
    }
}

/* What chance keeps of what was not synced. */
static void settle_by_chance(struct false_file *file, uint64_t *seed)
{
    for (unsigned i = file->pieces_n; i > 1; i--) { /* in any order */
        unsigned j = (unsigned)unit_below(seed, i);
        struct piece swap = file->pieces[i - 1];
        file->pieces[i - 1] = file->pieces[j];
        file->pieces[j] = swap;
    }
    for (unsigned i = 0; i < file->pieces_n; i++) {
        const struct piece *piece = &file->pieces[i];
        size_t luck = unit_below(seed, 3);
        if (luck == 0)
            make_safe(file, piece);
        else if (luck == 1 && piece->bytes)
            make_part_safe(file, piece, seed);
    }
    drop_pieces(file);
}

/* --- names --- */

static struct false_name *find(struct false_name *names, unsigned n, const char *path)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(names[i].path, path) == 0)
            return &names[i];
    return NULL;
}

static void add_name(struct false_name *names, unsigned *n, const char *path,
                     struct false_file *file)
{
    CHECK(*n < FALSE_FILES_MAX && strlen(path) < FALSE_NAME_BYTES);
    strcpy(names[*n].path, path);
    names[(*n)++].file = file;
    file->users++;
}

static void remove_name(struct false_name *names, unsigned *n, struct false_name *name)
{
    unref(name->file);
    *name = names[--*n];
}

static void rename_name(struct false_name *names, unsigned *n, const char *from,
                        const char *to)
{
    struct false_name *there = find(names, *n, to);
    if (there)
        remove_name(names, n, there);
    strcpy(find(names, *n, from)->path, to);
}

static void note_change(struct false_disk *disk, struct false_name_change change)
{
    if (disk->changes_n == disk->changes_room) {
        disk->changes_room = disk->changes_room ? 2 * disk->changes_room : 16;
        disk->changes =
            mem_grow(disk->changes, disk->changes_room * sizeof(*disk->changes));
    }
    if (change.file)
        change.file->users++;
    disk->changes[disk->changes_n++] = change;
}

static void make_change_safe(struct false_disk *disk,
                             const struct false_name_change *change)
{
    struct false_name *name = find(disk->durable, disk->durable_n, change->path);
    if (change->kind == CHANGE_CREATE && !name)
        add_name(disk->durable, &disk->durable_n, change->path, change->file);
    else if (change->kind == CHANGE_REMOVE && name)
        remove_name(disk->durable, &disk->durable_n, name);
    else if (change->kind == CHANGE_RENAME && name)
        rename_name(disk->durable, &disk->durable_n, change->path, change->to);
}

static void drop_changes(struct false_disk *disk)
{
    for (unsigned i = 0; i < disk->changes_n; i++)
        if (disk->changes[i].file)
            unref(disk->changes[i].file);
    disk->changes_n = 0;
}

/* --- operations --- */

static struct false_disk *enter(struct disk *disk)
{
    struct false_disk *it = CONTAINER_OF(disk, struct false_disk, disk);
    pthread_mutex_lock(&it->lock);
    if (it->dies_in > 0 && --it->dies_in == 0)
        it->dead = true;
    return it;
}

static int leave(struct false_disk *disk, int err)
{
    pthread_mutex_unlock(&disk->lock);
    return err;
}

static bool runs_down(unsigned *count)
{
    return *count > 0 && --*count == 0;
}

static int on_make_dir(struct disk *disk, const char *path)
{
    struct false_disk *it = enter(disk);
    (void)path;
    return leave(it, it->dead ? EIO : 0);
}

static int on_list(struct disk *disk, const char *path,
                   void (*fn)(void *arg, const char *name), void *arg)
{
    struct false_disk *it = enter(disk);
    size_t n = strlen(path);
    for (unsigned i = 0; i < it->names_n && !it->dead; i++)
        if (strncmp(it->names[i].path, path, n) == 0 && it->names[i].path[n] == '/')
            fn(arg, it->names[i].path + n + 1);
    return leave(it, it->dead ? EIO : 0);
}

static int on_sync_dir(struct disk *disk, const char *path)
{
    struct false_disk *it = enter(disk);
    (void)path;
    if (it->dead)
        return leave(it, EIO);
    for (unsigned i = 0; i < it->changes_n; i++)
        make_change_safe(it, &it->changes[i]);
    drop_changes(it);
    return leave(it, 0);
}

static int on_rename(struct disk *disk, const char *from, const char *to)
{
    struct false_disk *it = enter(disk);
    if (it->dead || runs_down(&it->renames_fail_in))
        return leave(it, EIO);
    if (!find(it->names, it->names_n, from))
        return leave(it, ENOENT);
    struct false_name_change change = {.kind = CHANGE_RENAME};
    strcpy(change.path, from);
    strcpy(change.to, to);
    note_change(it, change);
    rename_name(it->names, &it->names_n, from, to);
    return leave(it, 0);
}

static int on_remove(struct disk *disk, const char *path)
{
    struct false_disk *it = enter(disk);
    struct false_name *name = find(it->names, it->names_n, path);
    if (it->dead || !name)
        return leave(it, it->dead ? EIO : ENOENT);
    struct false_name_change change = {.kind = CHANGE_REMOVE};
    strcpy(change.path, path);
    note_change(it, change);
    remove_name(it->names, &it->names_n, name);
    return leave(it, 0);
}

static struct false_file *create_file(struct false_disk *disk, const char *path)
{
    struct false_file *file = mem_zalloc(sizeof(*file));
    struct false_name_change change = {.kind = CHANGE_CREATE, .file = file};
    strcpy(change.path, path);
    note_change(disk, change);
    add_name(disk->names, &disk->names_n, path, file);
    return file;
}

static int on_open(struct disk *disk, const char *path, bool create, int *ret_file)
{
    struct false_disk *it = enter(disk);
    struct false_name *name = find(it->names, it->names_n, path);
    if (it->dead || (create && name) || (!create && !name))
        return leave(it, it->dead ? EIO : name ? EEXIST : ENOENT);
    struct false_file *file = name ? name->file : create_file(it, path);
    int handle = 0;
    while (it->open[handle])
        handle++;
    it->open[handle] = file;
    file->users++;
    *ret_file = handle;
    return leave(it, 0);
}

static void on_close(struct disk *disk, int file)
{
    struct false_disk *it = CONTAINER_OF(disk, struct false_disk, disk);
    pthread_mutex_lock(&it->lock);
    CHECK(it->open[file]);
    unref(it->open[file]);
    it->open[file] = NULL;
    pthread_mutex_unlock(&it->lock);
}

static int on_size(struct disk *disk, int file, uint64_t *ret_bytes)
{
    struct false_disk *it = enter(disk);
    *ret_bytes = it->open[file]->n;
    return leave(it, it->dead ? EIO : 0);
}

static int on_read(struct disk *disk, int file, void *ret, size_t n, uint64_t at,
                   size_t *ret_n)
{
    struct false_disk *it = enter(disk);
    const struct false_file *from = it->open[file];
    if (it->dead)
        return leave(it, EIO);
    uint64_t left = at < from->n ? from->n - at : 0;
    *ret_n = n < left ? n : (size_t)left;
    if (*ret_n > 0)
        memcpy(ret, from->bytes + at, *ret_n);
    return leave(it, 0);
}

static int on_write(struct disk *disk, int file, const void *p, size_t n, uint64_t at,
                    size_t *ret_n)
{
    struct false_disk *it = enter(disk);
    struct false_file *to = it->open[file];
    if (it->dead)
        return leave(it, EIO);
    bool fails = runs_down(&it->writes_fail_in);
    if (fails || it->short_writes)
        n = 1 + unit_below(&it->seed, n);
    put_bytes(&to->bytes, &to->n, at, p, n);
    note_piece(to, at, p, n);
    it->bytes_written += n;
    *ret_n = n;
    return leave(it, fails ? EIO : 0);
}

static uint64_t used(const struct false_disk *disk)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < disk->names_n; i++)
        n += disk->names[i].file->n;
    return n;
}

static int on_space(struct disk *disk, const char *path, uint64_t *ret_free,
                    uint64_t *ret_all)
{
    struct false_disk *it = enter(disk);
    (void)path;
    *ret_all = it->bytes_max ? it->bytes_max : UINT64_MAX;
    *ret_free = used(it) < *ret_all ? *ret_all - used(it) : 0;
    return leave(it, it->dead ? EIO : 0);
}

static int on_allocate(struct disk *disk, int file, uint64_t bytes)
{
    struct false_disk *it = enter(disk);
    struct false_file *to = it->open[file];
    if (it->dead)
        return leave(it, EIO);
    if (it->bytes_max > 0 && used(it) + bytes - to->n > it->bytes_max)
        return leave(it, ENOSPC);
    resize(&to->bytes, &to->n, bytes);
    note_piece(to, 0, NULL, bytes);
    return leave(it, 0);
}

static int on_sync(struct disk *disk, int file)
{
    struct false_disk *it = enter(disk);
    struct false_file *to = it->open[file];
    if (it->dead)
        return leave(it, EIO);
    it->syncs++;
    if (runs_down(&it->syncs_fail_in)) {
        settle_by_chance(to, &it->seed); /* the rest is never written */
        return leave(it, EIO);
    }
    for (unsigned i = 0; i < to->pieces_n; i++)
        make_safe(to, &to->pieces[i]);
    drop_pieces(to);
    return leave(it, 0);
}

/* --- the test's side --- */

void false_disk_init(struct false_disk *disk, uint64_t seed)
{
    static const struct disk_ops ops = {
        .make_dir = on_make_dir,
        .list = on_list,
        .sync_dir = on_sync_dir,
        .space = on_space,
        .rename = on_rename,
        .remove = on_remove,
        .open = on_open,
        .close = on_close,
        .size = on_size,
        .read = on_read,
        .write = on_write,
        .allocate = on_allocate,
        .sync = on_sync,
    };
    memset(disk, 0, sizeof(*disk));
    disk->disk.ops = &ops;
    disk->seed = seed;
    pthread_mutex_init(&disk->lock, NULL);
}

void false_disk_fini(struct false_disk *disk)
{
    drop_changes(disk);
    while (disk->names_n > 0)
        remove_name(disk->names, &disk->names_n, &disk->names[0]);
    while (disk->durable_n > 0)
        remove_name(disk->durable, &disk->durable_n, &disk->durable[0]);
    for (unsigned i = 0; i < FALSE_FILES_MAX; i++)
        CHECK(!disk->open[i]);
    mem_free(disk->changes);
    pthread_mutex_destroy(&disk->lock);
}

void false_disk_restart(struct false_disk *disk)
{
    for (unsigned i = 0; i < disk->changes_n; i++)
        if (unit_below(&disk->seed, 2))
            make_change_safe(disk, &disk->changes[i]);
    drop_changes(disk);
    while (disk->names_n > 0)
        remove_name(disk->names, &disk->names_n, &disk->names[0]);
    for (unsigned i = 0; i < disk->durable_n; i++) {
        struct false_file *file = disk->durable[i].file;
        settle_by_chance(file, &disk->seed);
        resize(&file->bytes, &file->n, file->safe_n);
        if (file->n > 0)
            memcpy(file->bytes, file->safe, file->n);
        add_name(disk->names, &disk->names_n, disk->durable[i].path, file);
    }
    disk->dead = false;
    disk->dies_in = disk->syncs_fail_in = disk->writes_fail_in = 0;
    disk->renames_fail_in = 0;
}

char *false_disk_bytes(struct false_disk *disk, const char *path, uint64_t *ret_n)
{
    struct false_name *name = find(disk->names, disk->names_n, path);
    *ret_n = name ? name->file->n : 0;
    return name ? name->file->bytes : NULL;
}

const char *false_disk_path(struct false_disk *disk, unsigned i)
{
    return i < disk->names_n ? disk->names[i].path : NULL;
}

void false_disk_cut(struct false_disk *disk, const char *path, uint64_t n)
{
    struct false_name *name = find(disk->names, disk->names_n, path);
    drop_pieces(name->file);
    name->file->n = name->file->safe_n = n;
}

void false_disk_forget(struct false_disk *disk, const char *path)
{
    drop_pieces(find(disk->names, disk->names_n, path)->file);
}

uint64_t false_disk_used(struct false_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    uint64_t n = used(disk);
    pthread_mutex_unlock(&disk->lock);
    return n;
}
