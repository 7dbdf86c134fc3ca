#include "main/keeping.h"

#include "base/mem.h"
#include "loop/world.h"
#include "watch/watch.h"

enum { REFRESH_BODIES_BYTES_MAX = 16 << 20 };

static struct cache *open_cache(const struct keeping_parts *parts)
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
                                    .log = parts->log};
    struct cache *cache = cache_open(&wanted);
    arena_fini(&arena);
    return cache;
}

void keeping_start(struct keeping *keeping, const struct keeping_parts *parts)
{
    if (!parts->settings->cache_bytes_max)
        return;
    keeping->cache = open_cache(parts);
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
}

void keeping_metrics(struct keeping *keeping, struct buf *buf)
{
    struct cache_stats stats;
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
