#include "main/keeping.h"

#include "base/mem.h"
#include "loop/world.h"
#include "watch/watch.h"

enum { REFRESH_BODIES_BYTES_MAX = 16 << 20 };

static struct space *open_space(const struct settings *settings)
{
    struct space_config config = {.dir = settings->data,
                                  .reserve = (unsigned)settings->disk_reserve,
                                  .world = world_real()};
    return space_create(&config);
}

static struct cache *open_cache(const struct keeping_parts *parts, struct space *space)
{
    const struct settings *settings = parts->settings;
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    str names[] = {settings->data, STR("/cache")};
    struct cache_settings wanted = {.bytes_max = settings->cache_bytes_max,
                                    .environment_bytes_max =
                                        settings->cache_environment_bytes_max,
                                    .world = world_real(),
                                    .dir = arena_z(&arena, arena_join(&arena, names, 2)),
                                    .keyring = parts->keyring,
                                    .directory = parts->directory,
                                    .log = parts->log,
                                    .space = space};
    struct cache *cache = cache_open(&wanted);
    arena_fini(&arena);
    return cache;
}

void keeping_start(struct keeping *keeping, const struct keeping_parts *parts)
{
    keeping->space = open_space(parts->settings);
    if (!parts->settings->cache_bytes_max)
        return;
    keeping->cache = open_cache(parts, keeping->space);
    keeping->shares = shares_create();
    keeping->budgets = mem_array(parts->workers, sizeof(*keeping->budgets));
    for (unsigned i = 0; i < parts->workers; i++)
        keeping->budgets[i].bytes_max = REFRESH_BODIES_BYTES_MAX;
    keeping->refreshes =
        refreshes_create(parts->catalog, keeping->budgets, parts->workers);
    parts->env->cache = keeping->cache;
    parts->env->shares = keeping->shares;
    parts->env->refreshes = keeping->refreshes;
}

void keeping_stop(struct keeping *keeping)
{
    refreshes_destroy(&keeping->refreshes);
    mem_free(keeping->budgets);
    shares_destroy(&keeping->shares);
    cache_close(&keeping->cache);
    space_destroy(&keeping->space);
}

static void put_space(struct space *space, struct buf *buf)
{
    struct space_stats stats;
    space_stats(space, &stats);
    watch_sample(buf, "breakwater_disk_free_bytes", "gauge",
                 "Free on the file system of the data directory.", (double)stats.free);
    watch_sample(buf, "breakwater_disk_bytes", "gauge", "Its size.", (double)stats.all);
    watch_sample(buf, "breakwater_disk_reserved", "gauge",
                 "1: only the reserve of disk_reserve is left, and bulk is refused.",
                 stats.low);
    watch_sample(buf, "breakwater_disk_refused_total", "counter",
                 "Writes not queued and answers not kept on disk for want of room.",
                 (double)stats.refused);
}

void keeping_metrics(struct keeping *keeping, struct buf *buf)
{
    struct cache_stats stats;
    put_space(keeping->space, buf);
    if (!keeping->cache)
        return;
    cache_stats(keeping->cache, &stats);
    watch_sample(buf, "breakwater_cache_entries", "gauge", "Answers of vendors kept.",
                 (double)stats.entries);
    watch_sample(buf, "breakwater_cache_bytes", "gauge", "Memory that they take.",
                 (double)stats.bytes);
    watch_sample(buf, "breakwater_cache_disk_bytes", "gauge", "Size of their files.",
                 (double)stats.disk_bytes);
    watch_sample(buf, "breakwater_cache_stored_total", "counter", "Answers taken in.",
                 (double)stats.stored);
    watch_sample(buf, "breakwater_cache_evicted_total", "counter",
                 "Entries that went because others needed the room.",
                 (double)stats.evicted);
    watch_sample(buf, "breakwater_cache_invalidated_total", "counter",
                 "Times that a write or a webhook ended freshness.",
                 (double)stats.invalidated);
    watch_sample(buf, "breakwater_cache_unwritten_total", "counter",
                 "Answers that are in memory only, since the disk did not keep up.",
                 (double)stats.unwritten);
    watch_sample(buf, "breakwater_cache_waiting", "gauge",
                 "Reads that wait for the same read under way.",
                 (double)shares_waiting(keeping->shares));
}
