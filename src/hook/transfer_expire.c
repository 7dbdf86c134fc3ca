/*
 * What is over, and how much the environments keep. A row counts the bytes of its payload
 * where it is the first of it.
 */
#include "base/mem.h"
#include "hook/transfer_state.h"
#include "event/event.h"
#include "json/json_write.h"
#include "loop/world.h"

enum { EXPIRE_ROWS = 1000 };

/* What an environment keeps. */
struct usage {
    int64_t bytes;
    bool full; /* and was told so */
    struct tenant_id environment;
};

/* --- what environments keep --- */

static struct usage *need_usage(struct transfer *transfer, str environment)
{
    struct usage *usage = map_find(&transfer->usages, environment);
    if (usage)
        return usage;
    usage = mem_zalloc(sizeof(*usage));
    usage->environment = tenant_id_of(environment);
    map_put(&transfer->usages, tenant_id_str(&usage->environment), usage);
    return usage;
}

void transfer_note_usage(struct transfer *transfer, str environment, int64_t bytes)
{
    if (!bytes || str_absent(environment))
        return;
    pthread_mutex_lock(&transfer->lock);
    need_usage(transfer, environment)->bytes += bytes;
    pthread_mutex_unlock(&transfer->lock);
}

void transfer_plan_usage(struct transfer *transfer, str environment, int64_t bytes)
{
    transfer->planned =
        arena_grow(&transfer->arena, transfer->planned, transfer->planned_n,
                   &transfer->planned_room, sizeof(*transfer->planned));
    transfer->planned[transfer->planned_n++] =
        (struct planned){tenant_id_of(environment), bytes};
}

void transfer_settle_usage(struct transfer *transfer)
{
    for (uint32_t i = 0; i < transfer->planned_n; i++)
        transfer_note_usage(transfer, tenant_id_str(&transfer->planned[i].environment),
                            transfer->planned[i].bytes);
}

bool transfer_is_full(struct transfer *transfer, str environment)
{
    uint64_t max = transfer->config.environment_bytes_max;
    if (!max)
        return false;
    pthread_mutex_lock(&transfer->lock);
    const struct usage *usage = map_find(&transfer->usages, environment);
    bool full = usage && usage->bytes > 0 && (uint64_t)usage->bytes >= max;
    pthread_mutex_unlock(&transfer->lock);
    return full;
}

struct load_op {
    struct store_op op;
    struct transfer *transfer;
};

static enum err run_load(struct tx *tx, struct store_op *op)
{
    static const struct statement sums = {
        "SELECT environment, CAST(sum(bytes) AS BIGINT) FROM hook WHERE environment IS "
        "NOT NULL "
        "GROUP BY environment"};
    struct load_op *self = CONTAINER_OF(op, struct load_op, op);
    enum err err = tx_query(tx, &sums, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err))
        need_usage(self->transfer, tx_text(tx, 0))->bytes = tx_int(tx, 1);
    return err;
}

enum err transfer_load_usage(struct transfer *transfer)
{
    struct load_op self = {.op = {.kind = STORE_READ, .run = run_load},
                           .transfer = transfer};
    return store_run(transfer->config.store, &self.op);
}

void transfer_free_usage(struct transfer *transfer)
{
    size_t at = 0;
    for (struct usage *usage; (usage = map_next(&transfer->usages, &at)) != NULL;)
        mem_free(usage);
    map_fini(&transfer->usages);
}

/* --- telling of quotas --- */

struct tell_op {
    struct store_op op;
    struct transfer *transfer;
    struct usage usage;
    usec wall;
};

static enum err run_tell(struct tx *tx, struct store_op *op)
{
    struct tell_op *self = CONTAINER_OF(op, struct tell_op, op);
    uint64_t max = self->transfer->config.environment_bytes_max;
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_int(&out, STR("bytes"), self->usage.bytes);
    json_out_member_int(&out, STR("bytes_max"), (int64_t)max);
    json_out_end(&out);
    struct event event = {.type = EVENT_WEBHOOKS_QUOTA,
                          .time = self->wall,
                          .environment = tenant_id_str(&self->usage.environment),
                          .account = STR_NONE,
                          .detail = buf_peek(&detail)};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}

/* One that has become full and was not told of; one that has room again is told of once
 * more when it is full again. */
static bool next_full(struct transfer *transfer, struct usage *ret)
{
    uint64_t max = transfer->config.environment_bytes_max;
    size_t at = 0;
    bool found = false;
    pthread_mutex_lock(&transfer->lock);
    for (struct usage *usage;
         !found && (usage = map_next(&transfer->usages, &at)) != NULL;) {
        bool full = usage->bytes > 0 && (uint64_t)usage->bytes >= max;
        found = full && !usage->full;
        usage->full = full;
        *ret = *usage;
    }
    pthread_mutex_unlock(&transfer->lock);
    return found;
}

enum err transfer_tell_full(struct transfer *transfer)
{
    struct tell_op self = {.op = {.kind = STORE_RELAXED, .run = run_tell},
                           .transfer = transfer,
                           .wall = world_wall(transfer->config.world)};
    enum err err = ERR_NONE;
    while (transfer->config.environment_bytes_max && err == ERR_NONE &&
           next_full(transfer, &self.usage))
        err = store_run(transfer->config.store, &self.op);
    return err;
}

/* --- what is over --- */

struct expire_op {
    struct store_op op;
    struct transfer *transfer;
    usec wall;
    bool more;
};

static enum err run_expire(struct tx *tx, struct store_op *op)
{
    static const struct statement rows = {
        "DELETE FROM hook WHERE sequence IN (SELECT sequence FROM hook WHERE keep > 0 "
        "AND keep <= $1 ORDER BY keep LIMIT $2) RETURNING environment, bytes"};
    struct expire_op *self = CONTAINER_OF(op, struct expire_op, op);
    struct transfer *transfer = self->transfer;
    int64_t n = 0, seen = 0;
    struct value params[] = {V_INT(self->wall), V_INT(EXPIRE_ROWS)};
    transfer->planned_n = 0;
    enum err err = tx_query(tx, &rows, params, COUNT_OF(params));
    for (; err == ERR_NONE && tx_next(tx, &err); n++)
        if (!tx_null(tx, 0))
            transfer_plan_usage(transfer, tx_text(tx, 0), -tx_int(tx, 1));
    if (err == ERR_NONE)
        err = dedupe_expire(tx, self->wall, EXPIRE_ROWS, &seen);
    self->more = err == ERR_NONE && (n == EXPIRE_ROWS || seen > 0);
    return err;
}

enum err transfer_expire(struct transfer *transfer, bool *ret_more)
{
    struct expire_op self = {.op = {.kind = STORE_RELAXED, .run = run_expire},
                             .transfer = transfer,
                             .wall = world_wall(transfer->config.world)};
    transfer_begin(transfer);
    enum err err = store_run(transfer->config.store, &self.op);
    if (err == ERR_NONE)
        transfer_settle_usage(transfer);
    dedupe_forget(transfer->dedupe, self.wall);
    *ret_more = self.more;
    return err;
}
