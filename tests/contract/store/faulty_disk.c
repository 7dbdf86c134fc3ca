/*
 * Each open file is a pair: our methods in front, the real file behind it in the same
 * allocation (szOsFile covers both).
 */
#include "faulty_disk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stddef.h>

#include "base/check.h"

struct faulty_disk faulty_disk;

struct pair {
    sqlite3_file front;
    _Alignas(8) char real[];
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct pair *)(void *)file)->real;
}

static int no_space(void)
{
    errno = ENOSPC;
    return SQLITE_FULL;
}

static int on_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *ret, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), ret, n, at);
}

static int on_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    int64_t max = atomic_load(&faulty_disk.bytes_max);
    if (atomic_load(&faulty_disk.full) || (max > 0 && at + n > max))
        return no_space();
    if (at + n > atomic_load(&faulty_disk.reached))
        atomic_store(&faulty_disk.reached, at + n);
    return real_of(file)->pMethods->xWrite(real_of(file), p, n, at);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), n);
}

static int on_sync(sqlite3_file *file, int flags)
{
    atomic_fetch_add(&faulty_disk.syncs, 1);
    if (atomic_load(&faulty_disk.sync_fails)) {
        errno = EIO;
        return SQLITE_IOERR_FSYNC;
    }
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int on_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int on_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int on_check_lock(sqlite3_file *file, int *ret_held)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_held);
}

static int on_control(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int on_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int region, int n, int extend,
                      void volatile **ret)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, n, extend, ret);
}

static int on_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), at, n, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_lock,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_traits,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags,
                   int *ret_flags)
{
    (void)self;
    int code = real_vfs->xOpen(real_vfs, path, real_of(file), flags, ret_flags);
    file->pMethods = code == SQLITE_OK ? &methods : NULL;
    return code;
}

void faulty_disk_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    CHECK(real_vfs && real_vfs != &vfs);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct pair) + real_vfs->szOsFile;
    vfs.xOpen = on_open;
    atomic_store(&faulty_disk.full, false);
    atomic_store(&faulty_disk.bytes_max, 0);
    atomic_store(&faulty_disk.reached, 0);
    atomic_store(&faulty_disk.sync_fails, false);
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

void faulty_disk_remove(void)
{
    CHECK(sqlite3_vfs_unregister(&vfs) == SQLITE_OK);
    CHECK(sqlite3_vfs_register(real_vfs, 1) == SQLITE_OK);
}

void faulty_disk_make_stranger(const char *path)
{
    sqlite3 *db;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "CREATE TABLE strange (id)", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}
