#include "loop/space.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"

static const usec look_every = USEC_S;

struct space {
    struct space_config config;
    _Atomic usec looked; /* monotonic; USEC_NEVER: not yet */
    _Atomic uint64_t free, all;
    _Atomic uint64_t refused;
    char dir[]; /* zero-terminated */
};

int space_of(const char *dir, uint64_t *ret_free, uint64_t *ret_all)
{
    struct statvfs st;
    if (statvfs(dir, &st) != 0)
        return errno;
    *ret_free = (uint64_t)st.f_bavail * st.f_frsize;
    *ret_all = (uint64_t)st.f_blocks * st.f_frsize;
    return 0;
}

static int ask_system(void *arg, const char *dir, uint64_t *ret_free, uint64_t *ret_all)
{
    (void)arg;
    return space_of(dir, ret_free, ret_all);
}

struct space *space_create(const struct space_config *config)
{
    struct space *space = mem_zalloc(sizeof(*space) + config->dir.n + 1);
    space->config = *config;
    memcpy(space->dir, config->dir.p, config->dir.n);
    if (!config->look)
        space->config.look = ask_system;
    atomic_init(&space->looked, USEC_NEVER);
    return space;
}

void space_destroy(struct space **space)
{
    mem_free(*space);
    *space = NULL;
}

/* One of those that come at once looks; the others take what was seen before. */
static void look(struct space *space)
{
    const struct space_config *config = &space->config;
    usec now = world_now(config->world), before = atomic_load(&space->looked);
    uint64_t free, all;
    if (before != USEC_NEVER && now - before < look_every)
        return;
    if (!atomic_compare_exchange_strong(&space->looked, &before, now))
        return;
    if (config->look(config->arg, space->dir, &free, &all) != 0)
        return;
    atomic_store(&space->free, free);
    atomic_store(&space->all, all);
}

static bool leaves_reserve(struct space *space, uint64_t bytes)
{
    uint64_t free = atomic_load(&space->free), all = atomic_load(&space->all);
    return all == 0 ||
           (free >= bytes && free - bytes >= all / 100 * space->config.reserve);
}

bool space_has_room(struct space *space, uint64_t bytes)
{
    if (!space || space->config.reserve == 0)
        return true;
    look(space);
    if (leaves_reserve(space, bytes))
        return true;
    atomic_fetch_add_explicit(&space->refused, 1, memory_order_relaxed);
    return false;
}

void space_stats(struct space *space, struct space_stats *ret_stats)
{
    look(space);
    *ret_stats =
        (struct space_stats){.free = atomic_load(&space->free),
                             .all = atomic_load(&space->all),
                             .refused = atomic_load(&space->refused),
                             .low = space->config.reserve && !leaves_reserve(space, 0)};
}
