#include "journal/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/space.h"

static int result(int answer)
{
    return answer == 0 ? 0 : errno;
}

static int real_sync_dir(struct disk *disk, const char *path)
{
    (void)disk;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int err = result(fsync(fd));
    close(fd);
    return err;
}

static int real_make_dir(struct disk *disk, const char *path)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? 0 : errno;
    const char *slash = strrchr(path, '/');
    if (!slash)
        return real_sync_dir(disk, ".");
    char *parent = mem_copy_z(path, slash == path ? 1 : (size_t)(slash - path));
    int err = real_sync_dir(disk, parent);
    mem_free(parent);
    return err;
}

static int real_list(struct disk *disk, const char *path,
                     void (*fn)(void *arg, const char *name), void *arg)
{
    (void)disk;
    DIR *dir = opendir(path);
    if (!dir)
        return errno;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0)
        fn(arg, entry->d_name);
    int err = errno;
    closedir(dir);
    return err;
}

static int real_space(struct disk *disk, const char *path, uint64_t *ret_free,
                      uint64_t *ret_all)
{
    (void)disk;
    return space_of(path, ret_free, ret_all);
}

static int real_rename(struct disk *disk, const char *from, const char *to)
{
    (void)disk;
    return result(rename(from, to));
}

static int real_remove(struct disk *disk, const char *path)
{
    (void)disk;
    return result(unlink(path));
}

static int real_open(struct disk *disk, const char *path, bool create, int *ret_file)
{
    (void)disk;
    int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0), 0600);
    if (fd < 0)
        return errno;
    *ret_file = fd;
    return 0;
}

static void real_close(struct disk *disk, int file)
{
    (void)disk;
    close(file);
}

static int real_size(struct disk *disk, int file, uint64_t *ret_bytes)
{
    (void)disk;
    struct stat st;
    if (fstat(file, &st) != 0)
        return errno;
    *ret_bytes = (uint64_t)st.st_size;
    return 0;
}

static int real_read(struct disk *disk, int file, void *ret, size_t n, uint64_t at,
                     size_t *ret_n)
{
    (void)disk;
    size_t got = 0;
    while (got < n) {
        ssize_t more = pread(file, (char *)ret + got, n - got, (off_t)(at + got));
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return errno;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    *ret_n = got;
    return 0;
}

static int real_write(struct disk *disk, int file, const void *p, size_t n, uint64_t at,
                      size_t *ret_n)
{
    (void)disk;
    ssize_t written;
    do
        written = pwrite(file, p, n, (off_t)at);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno;
    *ret_n = (size_t)written;
    return written > 0 ? 0 : EIO;
}

/* Answers its error instead of setting errno. File systems that cannot do it are written
 * to by whoever fills the file. */
static int real_allocate(struct disk *disk, int file, uint64_t bytes)
{
    (void)disk;
    int err;
    do
        err = posix_fallocate(file, 0, (off_t)bytes);
    while (err == EINTR);
    return err == EOPNOTSUPP ? result(ftruncate(file, (off_t)bytes)) : err;
}

static int real_sync(struct disk *disk, int file)
{
    (void)disk;
    return result(fdatasync(file));
}

struct disk *disk_real(void)
{
    static const struct disk_ops ops = {
        .make_dir = real_make_dir,
        .list = real_list,
        .sync_dir = real_sync_dir,
        .space = real_space,
        .rename = real_rename,
        .remove = real_remove,
        .open = real_open,
        .close = real_close,
        .size = real_size,
        .read = real_read,
        .write = real_write,
        .allocate = real_allocate,
        .sync = real_sync,
    };
    static struct disk disk = {&ops};
    return &disk;
}

int disk_check_room(struct disk *disk, const char *path, uint64_t bytes, unsigned reserve)
{
    uint64_t left, all;
    if (reserve == 0)
        return 0;
    int err = disk->ops->space(disk, path, &left, &all);
    if (err)
        return err;
    return left >= bytes && left - bytes >= all / 100 * reserve ? 0 : ENOSPC;
}

int disk_write_all(struct disk *disk, int file, const void *p, size_t n, uint64_t at)
{
    while (n > 0) {
        size_t written = 0;
        int err = disk->ops->write(disk, file, p, n, at, &written);
        if (err)
            return err;
        p = (const char *)p + written;
        n -= written;
        at += written;
    }
    return 0;
}
