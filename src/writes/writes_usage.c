/*
 * What queued writes take in the store, by environment; and whether there is room for
 * another.
 */
#include "base/mem.h"
#include "loop/space.h"
#include "writes/writes_state.h"

struct write_usage {
    struct tenant_id environment;
    uint64_t bytes;
};

void writes_use(struct writes *writes, str environment, int64_t bytes)
{
    pthread_mutex_lock(&writes->usage_lock);
    struct write_usage *usage = map_find(&writes->usages, environment);
    if (!usage) {
        usage = mem_zalloc(sizeof(*usage));
        usage->environment = tenant_id_of(environment);
        map_put(&writes->usages, tenant_id_str(&usage->environment), usage);
    }
    if (bytes < 0 && usage->bytes < (uint64_t)-bytes)
        usage->bytes = 0;
    else
        usage->bytes += (uint64_t)bytes;
    if (!usage->bytes) {
        map_remove(&writes->usages, tenant_id_str(&usage->environment));
        mem_free(usage);
    }
    pthread_mutex_unlock(&writes->usage_lock);
}

void writes_usage_free(struct writes *writes)
{
    size_t at = 0;
    for (struct write_usage *usage; (usage = map_next(&writes->usages, &at)) != NULL;)
        mem_free(usage);
    map_fini(&writes->usages);
    pthread_mutex_destroy(&writes->usage_lock);
}

uint64_t writes_usage(struct writes *writes)
{
    size_t at = 0;
    uint64_t bytes = 0;
    pthread_mutex_lock(&writes->usage_lock);
    for (struct write_usage *usage; (usage = map_next(&writes->usages, &at)) != NULL;)
        bytes += usage->bytes;
    pthread_mutex_unlock(&writes->usage_lock);
    return bytes;
}

enum err writes_admit(struct writes *writes, const struct account *account,
                      uint64_t bytes)
{
    uint64_t max = writes->config.environment_bytes_max;
    if (!space_has_room(writes->config.space, bytes))
        return ERR_DISK_RESERVED;
    pthread_mutex_lock(&writes->usage_lock);
    const struct write_usage *usage =
        map_find(&writes->usages, tenant_id_str(&account->environment->id));
    uint64_t used = usage ? usage->bytes : 0;
    pthread_mutex_unlock(&writes->usage_lock);
    return max && used + bytes > max ? ERR_QUEUE_QUOTA : ERR_NONE;
}
