/*
 * A private database in memory on one link: an operation runs on the thread that submits
 * it, so that tests under a false world see the same order each time.
 */
#include "store/sqlite_link.h"

static bool mem_open(str dir, struct arena *arena, void **ret_base, str *ret_why)
{
    (void)dir;
    (void)arena;
    (void)ret_why;
    *ret_base = NULL;
    return true;
}

static void mem_close(void *base)
{
    (void)base;
}

static uint64_t mem_bytes(void *base)
{
    (void)base;
    return 0;
}

static void *mem_connect(void *base, enum link_role role, struct arena *arena,
                         str *ret_why)
{
    (void)base;
    return sqlite_link_open(":memory:", role, arena, ret_why);
}

const struct store_ops store_mem = {
    .readers = 0,
    .open = mem_open,
    .close = mem_close,
    .bytes = mem_bytes,
    .connect = mem_connect,
    SQLITE_LINK_OPS,
};
