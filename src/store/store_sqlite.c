/*
 * DATA/breakwater.db with its write-ahead log. The file is taken for ours when it is new
 * or carries our application id; a data directory that is settled (datadir.h) must have
 * one, so that a lost file is not answered with an empty store.
 */
#include <sys/stat.h>

#include "base/mem.h"
#include "store/datadir.h"
#include "store/sqlite_link.h"

#define FILE_NAME "breakwater.db"
#define WAL_NAME  FILE_NAME "-wal"

enum { PATH_BYTES_MAX = 4096 };

/* "Brkw", in the header of the file (sqlite.org/fileformat.html §1.3.17). */
#define APPLICATION_ID 1114794871

struct file {
    struct datadir *datadir;
    struct arena arena; /* the paths */
    const char *path;
    const char *wal_path;
};

static uint64_t file_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void sqlite_close(void *base)
{
    struct file *file = base;
    datadir_close(&file->datadir);
    arena_fini(&file->arena);
    mem_free(file);
}

static bool sqlite_open(str dir, struct arena *arena, void **ret_base, str *ret_why)
{
    struct datadir *datadir = datadir_open(dir, arena, ret_why);
    if (!datadir)
        return false;
    struct file *file = mem_zalloc(sizeof(*file));
    file->datadir = datadir;
    arena_init(&file->arena, 256, 4 * PATH_BYTES_MAX);
    file->path = datadir_path(datadir, FILE_NAME, &file->arena);
    file->wal_path = datadir_path(datadir, WAL_NAME, &file->arena);
    *ret_base = file;
    if (!datadir_settled(datadir) || file_bytes(file->path) > 0)
        return true;
    *ret_why =
        arena_printf(arena,
                     "The data directory is in use, but its store %s is missing or "
                     "empty. Restore it from a backup; to start anew, use another "
                     "directory.",
                     file->path);
    sqlite_close(file);
    return false;
}

static uint64_t sqlite_bytes(void *base)
{
    struct file *file = base;
    return file_bytes(file->path) + file_bytes(file->wal_path);
}

static enum err read_number(struct sqlite_link *link, const struct statement *statement,
                            int64_t *ret_number)
{
    enum err err = sqlite_link_query(link, statement, NULL, 0);
    if (err == ERR_NONE && sqlite_link_next(link, &err))
        *ret_number = sqlite_link_int(link, 0);
    return err;
}

/* Nothing in it, or our application id. False also when it cannot be read. */
static bool is_ours(struct sqlite_link *link, const char *path, struct arena *arena,
                    str *ret_why)
{
    static const struct statement count = {"SELECT COUNT(*) FROM sqlite_master"};
    static const struct statement id = {"PRAGMA application_id"};
    int64_t tables = 0, found = 0;
    if (read_number(link, &count, &tables) != ERR_NONE ||
        read_number(link, &id, &found) != ERR_NONE) {
        *ret_why = sqlite_link_why(link, path, "cannot be read", arena);
        return false;
    }
    if (tables == 0 || found == APPLICATION_ID)
        return true;
    *ret_why = arena_printf(
        arena, "The file %s is a database, but not one of Breakwater's.", path);
    return false;
}

/* Makes an empty file ours. The log's file is kept between starts at most at the size
 * that the limit names. */
static bool mark(struct sqlite_link *link, struct file *file, struct arena *arena,
                 str *ret_why)
{
    str sql = arena_printf(arena,
                           "PRAGMA application_id = %d;"
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA journal_size_limit = 67108864;",
                           APPLICATION_ID);
    if (sqlite_link_script(link, sql.p) != ERR_NONE) {
        *ret_why = sqlite_link_why(link, file->path, "cannot be written", arena);
        return false;
    }
    return datadir_settle(file->datadir, arena, ret_why);
}

static void *sqlite_connect(void *base, enum link_role role, struct arena *arena,
                            str *ret_why)
{
    struct file *file = base;
    struct sqlite_link *link = sqlite_link_open(file->path, role, arena, ret_why);
    if (!link || role == LINK_READER)
        return link;
    if (is_ours(link, file->path, arena, ret_why) && mark(link, file, arena, ret_why))
        return link;
    sqlite_link_close(link);
    return NULL;
}

const struct store_ops store_sqlite = {
    .readers = 2,
    .open = sqlite_open,
    .close = sqlite_close,
    .bytes = sqlite_bytes,
    .connect = sqlite_connect,
    SQLITE_LINK_OPS,
};
