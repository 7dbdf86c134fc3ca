/*
 * lock      flock()ed for the life of the datadir; holds the owner's pid as text, for the
 *           sentence that the next one prints. The kernel lets go of it when we die.
 * VERSION   a decimal number and a line end. Written to VERSION.new and renamed, so that
 *           it is there whole or not at all.
 */
#include "store/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define VERSION_NAME "VERSION"

enum { MAGIC = 0xda7ad140, TEXT_BYTES_MAX = 32 };

struct datadir {
    uint32_t magic;
    int dir_fd;
    int lock_fd;
    char *path;
    bool settled;
};

static bool say(struct arena *arena, str *ret_why, const char *what, const char *path)
{
    *ret_why =
        arena_printf(arena, "The data directory %s %s: %s.", path, what, strerror(errno));
    return false;
}

/* The number in a small file; false when there is none that can be read. */
static bool read_number(int dir_fd, const char *name, uint64_t *ret_number)
{
    char text[TEXT_BYTES_MAX];
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    if (n > 0 && text[n - 1] == '\n')
        n--;
    return n > 0 && str_to_u64(str_of(text, (size_t)n), INT64_MAX, ret_number);
}

static bool write_number(int fd, uint64_t number)
{
    char text[TEXT_BYTES_MAX];
    int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)number);
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n;
}

static bool enter(struct datadir *datadir, struct arena *arena, str *ret_why)
{
    if (mkdir(datadir->path, 0700) != 0 && errno != EEXIST)
        return say(arena, ret_why, "cannot be created", datadir->path);
    datadir->dir_fd = open(datadir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (datadir->dir_fd < 0)
        return say(arena, ret_why, "cannot be opened", datadir->path);
    return true;
}

static bool lock(struct datadir *datadir, struct arena *arena, str *ret_why)
{
    uint64_t pid;
    datadir->lock_fd =
        openat(datadir->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (datadir->lock_fd < 0)
        return say(arena, ret_why, "cannot be locked", datadir->path);
    if (flock(datadir->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        if (!write_number(datadir->lock_fd, (uint64_t)getpid()))
            return say(arena, ret_why, "cannot be written", datadir->path);
        return true;
    }
    if (errno != EWOULDBLOCK)
        return say(arena, ret_why, "cannot be locked", datadir->path);
    if (read_number(datadir->dir_fd, "lock", &pid))
        *ret_why = arena_printf(arena,
                                "The data directory %s is in use by process %llu. Stop "
                                "that one, or use another directory.",
                                datadir->path, (unsigned long long)pid);
    else
        *ret_why = arena_printf(
            arena, "The data directory %s is in use by another process.", datadir->path);
    return false;
}

static bool read_version(struct datadir *datadir, struct arena *arena, str *ret_why)
{
    uint64_t version;
    if (faccessat(datadir->dir_fd, VERSION_NAME, F_OK, 0) != 0 && errno == ENOENT)
        return true;
    if (!read_number(datadir->dir_fd, VERSION_NAME, &version) || version == 0) {
        *ret_why = arena_printf(arena,
                                "The file %s/" VERSION_NAME " cannot be read as a "
                                "number. Restore it: it holds %d in this version.",
                                datadir->path, DATADIR_VERSION);
        return false;
    }
    if (version > DATADIR_VERSION) {
        *ret_why = arena_printf(
            arena,
            "The data directory %s has layout %llu, and this Breakwater knows layouts up "
            "to %d: a newer version wrote it. Run that version, or restore a backup.",
            datadir->path, (unsigned long long)version, DATADIR_VERSION);
        return false;
    }
    datadir->settled = true;
    return true;
}

struct datadir *datadir_open(str dir, struct arena *arena, str *ret_why)
{
    struct datadir *datadir = mem_zalloc(sizeof(*datadir));
    *datadir = (struct datadir){.magic = MAGIC, .dir_fd = -1, .lock_fd = -1};
    datadir->path = mem_copy_z(dir.p, dir.n);
    if (enter(datadir, arena, ret_why) && lock(datadir, arena, ret_why) &&
        read_version(datadir, arena, ret_why))
        return datadir;
    datadir_close(&datadir);
    return NULL;
}

const char *datadir_path(const struct datadir *datadir, const char *name,
                         struct arena *arena)
{
    CHECK_MAGIC(datadir, MAGIC);
    return arena_printf(arena, "%s/%s", datadir->path, name).p;
}

bool datadir_settled(const struct datadir *datadir)
{
    CHECK_MAGIC(datadir, MAGIC);
    return datadir->settled;
}

bool datadir_settle(struct datadir *datadir, struct arena *arena, str *ret_why)
{
    CHECK_MAGIC(datadir, MAGIC);
    if (datadir->settled)
        return true;
    int fd = openat(datadir->dir_fd, VERSION_NAME ".new", O_WRONLY | O_CREAT | O_CLOEXEC,
                    0600);
    bool good = fd >= 0 && write_number(fd, DATADIR_VERSION) && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    good = good &&
           renameat(datadir->dir_fd, VERSION_NAME ".new", datadir->dir_fd,
                    VERSION_NAME) == 0 &&
           fsync(datadir->dir_fd) == 0;
    if (!good)
        return say(arena, ret_why, "cannot be written", datadir->path);
    datadir->settled = true;
    return true;
}

void datadir_close(struct datadir **datadir)
{
    if (!*datadir)
        return;
    CHECK_MAGIC(*datadir, MAGIC);
    if ((*datadir)->lock_fd >= 0)
        close((*datadir)->lock_fd);
    if ((*datadir)->dir_fd >= 0)
        close((*datadir)->dir_fd);
    mem_free((*datadir)->path);
    (*datadir)->magic = 0;
    mem_free(*datadir);
    *datadir = NULL;
}
