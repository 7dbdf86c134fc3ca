/*
 * A batch: what is due of one account, on its queue's worker.
 *
 *   TAKE ──► OPEN ──► LOOK ──► FETCH ──► PUT ──► END ──► OVER
 *     └───────┴────────┴──────────┴────────┴──────────────►
 *
 * Waits, and who ends them:
 *   TAKE, LOOK, END  the store
 *   OPEN, PUT        the payloads' disk, one after the other
 *   FETCH            operations, within their total limits; batch_stop
 *
 * What cannot be stored is forgotten: its rows are queued as before.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cache/cache.h"
#include "hook/hook_key.h"
#include "news/work_state.h"
#include "loop/world.h"

enum {
    BATCH_ARENA_BYTES_MAX = 64 << 20,
    TASK_ARENA_BYTES_MAX = 256 << 20,
    REQUEST_ARENA_BYTES_MAX = 1 << 30
};
static const usec store_pause = USEC_S;
static const usec held_pause = 30 * USEC_S;
static const usec look_most =
    5 * USEC_MIN; /* a wall clock may be set forward meanwhile */

static void free_tasks(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->lane_n; i++) {
        struct batch_lane *lane = &batch->lanes[i];
        if (lane->fetched)
            operation_fini(&lane->operation);
        arena_wipe(&lane->arena);
        arena_fini(&lane->arena);
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        arena_wipe(&batch->tasks[i].arena);
        arena_fini(&batch->tasks[i].arena);
    }
    for (uint32_t i = 0; i < batch->request_n; i++) {
        arena_wipe(&batch->requests[i].arena);
        arena_fini(&batch->requests[i].arena);
    }
}

/* `due`: monotonic, when the account is looked at again. */
static void finish(struct batch *batch, usec due)
{
    struct work_shard *shard = batch->shard;
    struct work_queue *queue = batch->queue;
    batch->step = BATCH_OVER;
    timer_cancel(&batch->timer);
    free_tasks(batch);
    if (batch->pin)
        catalog_unpin(shard->work->config.catalog, batch->worker, batch->pin);
    account_unref(&batch->account);
    list_remove(&batch->node);
    shard->batch_n--;
    arena_fini(&batch->arena);
    struct work_vendor *vendor = batch->vendor;
    mem_free(batch);
    work_queue_back(shard, queue, due);
    if (vendor)
        work_vendor_leave(shard, vendor);
}

static void finish_later(struct batch *batch, usec pause)
{
    finish(batch, batch->worker->now + pause);
}

/* --- what its rows bring --- */

static int by_sequence(const void *a, const void *b)
{
    const struct batch_task *one = a, *other = b;
    return (one->row.sequence > other->row.sequence) -
           (one->row.sequence < other->row.sequence);
}

static struct batch_request *need_request(struct batch *batch, str reference)
{
    for (uint32_t i = 0; i < batch->request_n; i++)
        if (str_eq(batch->requests[i].reference, reference))
            return &batch->requests[i];
    struct batch_request *request = &batch->requests[batch->request_n++];
    request->reference = reference;
    arena_init(&request->arena, 16 * 1024, REQUEST_ARENA_BYTES_MAX);
    return request;
}

static void make_tasks(struct batch *batch)
{
    const struct work_take *take = &batch->take;
    batch->n = take->n;
    batch->tasks = arena_array(&batch->arena, take->n, sizeof(batch->tasks[0]));
    batch->requests = arena_array(&batch->arena, take->n, sizeof(batch->requests[0]));
    batch->lanes = arena_array(&batch->arena, take->n, sizeof(batch->lanes[0]));
    for (uint32_t i = 0; i < take->n; i++)
        batch->tasks[i].row = take->rows[i];
    qsort(batch->tasks, batch->n, sizeof(batch->tasks[0]), by_sequence);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct batch_task *task = &batch->tasks[i];
        arena_init(&task->arena, 4096, TASK_ARENA_BYTES_MAX);
        task->request = need_request(batch, task->row.request);
    }
}

/* The rest is taken by a later batch: with a row go all that were received after it. */
static void cut_tasks(struct batch *batch)
{
    uint32_t keep = 0;
    while (keep < batch->n &&
           batch->tasks[keep].request < &batch->requests[batch->opened])
        keep++;
    for (uint32_t i = keep; i < batch->n; i++)
        arena_fini(&batch->tasks[i].arena);
    batch->n = keep;
}

static const char *open_request(const struct batch *batch, struct batch_request *request,
                                str bytes)
{
    if (!hook_open_message(batch->shard->work->config.keys, bytes, &request->arena,
                           &request->request.message))
        return "payload_damaged";
    if (request->request.message.body.n > HOOK_READ_BYTES_MAX)
        return "too_large";
    hook_request_read(&request->request, batch->integration, &request->arena);
    return NULL;
}

static void open_next(struct batch *batch);

static void on_opened(struct payload_get *get)
{
    struct batch *batch = CONTAINER_OF(get, struct batch, get);
    struct batch_request *request = &batch->requests[batch->opened];
    bool lost = get->err == ERR_PAYLOAD_EXPIRED || get->err == ERR_PAYLOAD_DAMAGED;
    if ((get->err != ERR_NONE && !lost) || batch->stopped) {
        finish_later(batch, store_pause); /* the disk may come back */
        return;
    }
    batch->bytes += get->bytes.n;
    request->why = lost ? "payload_lost" : open_request(batch, request, get->bytes);
    batch->opened++;
    if (batch->opened < batch->request_n && batch->bytes < BATCH_BYTES_MAX) {
        open_next(batch);
        return;
    }
    cut_tasks(batch);
    batch_move(batch, BATCH_LOOK);
}

static void open_next(struct batch *batch)
{
    struct batch_request *request = &batch->requests[batch->opened];
    batch->get = (struct payload_get){.reference = request->reference,
                                      .arena = &request->arena,
                                      .done = on_opened,
                                      .worker = batch->worker};
    payload_get(batch->shard->work->config.payloads, &batch->get);
}

/* --- whose they are --- */

static struct batch_lane *need_lane(struct batch *batch, const struct batch_task *task)
{
    const struct event_meaning *meaning = &task->normal.meaning;
    str name = arena_printf(&batch->arena, STR_F "/" STR_F, STR_A(meaning->rule->target),
                            STR_A(meaning->id));
    for (uint32_t i = 0; i < batch->lane_n; i++)
        if (str_eq(batch->lanes[i].name, name))
            return &batch->lanes[i];
    struct batch_lane *lane = &batch->lanes[batch->lane_n++];
    lane->batch = batch;
    lane->name = name;
    lane->detail = STR_NONE;
    arena_init(&lane->arena, 4096, TASK_ARENA_BYTES_MAX);
    lane->place = (struct work_place){.record = {tenant_id_str(&batch->account->id),
                                                 meaning->rule->target,
                                                 arena_str(&batch->arena, meaning->id)},
                                      .lane = name,
                                      .sequence = task->row.sequence};
    return lane;
}

/* What is kept of the vendor's answers about such records is not fresh any more. */
static void invalidate(const struct batch *batch, const struct batch_task *task)
{
    struct cache *cache = batch->shard->work->config.cache;
    const struct mapping *mapping = task->normal.mapping;
    const struct mapping_step *step = mapping ? event_step(mapping) : NULL;
    const struct method *method =
        step ? integration_named_method(batch->integration, step->method) : NULL;
    if (cache && method)
        cache_invalidate(cache, batch->account, method->resource->name);
}

static void normalize_task(struct batch *batch, struct batch_task *task)
{
    struct batch_request *request = task->request;
    if (request->why)
        return;
    task->normal = normalize(batch->integration, batch->shard->work->config.models,
                             &request->request, task->row.item, &task->arena);
    invalidate(batch, task);
    if (task->normal.meaning.rule && !task->normal.meaning.rule->ignore &&
        !task->normal.meaning.fault)
        task->lane = need_lane(batch, task);
}

static void on_looked(struct work_look *look)
{
    struct batch *batch = CONTAINER_OF(look, struct batch, look);
    usec soon = world_wall(batch->worker->world) + USEC_S;
    if (look->err != ERR_NONE || batch->stopped) {
        finish_later(batch, store_pause);
        return;
    }
    for (uint32_t i = 0; i < batch->lane_n; i++) {
        struct batch_lane *lane = &batch->lanes[i];
        lane->place = look->places[i];
        lane->known = lane->place.known;
        lane->held = lane->place.blocked;
        lane->until = usec_max(lane->place.until, soon);
        lane->why = "blocked";
    }
    batch_move(batch, BATCH_FETCH);
}

static void look(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++)
        normalize_task(batch, &batch->tasks[i]);
    struct work_place *places =
        arena_array(&batch->arena, batch->lane_n + 1, sizeof(places[0]));
    for (uint32_t i = 0; i < batch->lane_n; i++)
        places[i] = batch->lanes[i].place;
    batch->look = (struct work_look){.store = batch->shard->work->config.store,
                                     .worker = batch->worker,
                                     .done = on_looked,
                                     .places = places,
                                     .n = batch->lane_n};
    work_look(&batch->look);
}

/* --- what comes of them --- */

static void put_next(struct batch *batch);

static void on_put(struct payload_put *put)
{
    struct batch *batch = CONTAINER_OF(put, struct batch, put);
    if (put->err != ERR_NONE) {
        finish_later(batch, store_pause);
        return;
    }
    batch->results[batch->put_at].event.payload =
        arena_str(&batch->arena, str_z(put->reference));
    batch->put_at++;
    put_next(batch);
}

static void put_next(struct batch *batch)
{
    while (batch->put_at < batch->n && str_absent(batch->large[batch->put_at]))
        batch->put_at++;
    if (batch->put_at == batch->n) {
        batch_move(batch, BATCH_END);
        return;
    }
    batch->put = (struct payload_put){
        .parts = {batch->large[batch->put_at]}, .done = on_put, .worker = batch->worker};
    payload_put(batch->shard->work->config.payloads, &batch->put);
}

static void say_dead(const struct batch *batch, const struct hook_row *row)
{
    struct log_line line;
    char id[HOOK_ID_BYTES];
    hook_id(row->sequence, id);
    log_open(&line, batch->shard->work->config.log, LOG_WARN, "hook");
    log_str(&line, "hook", str_z(id));
    log_str(&line, "integration", row->integration);
    log_str(&line, "account", row->account);
    log_str(&line, "state", hook_state_word(row->state));
    log_str(&line, "reason", row->reason);
    log_int(&line, "tries", row->tries);
    log_close(&line);
}

static void on_ended(struct work_end *end)
{
    struct batch *batch = CONTAINER_OF(end, struct batch, end);
    CRASH_POINT("hook.ended");
    for (uint32_t i = 0; end->err == ERR_NONE && i < batch->n; i++) {
        const struct work_result *result = &batch->results[i];
        if (result->told)
            work_count(&batch->shard->work->told, 1);
        if (result->row.state == HOOK_DEAD) {
            work_count(&batch->shard->work->dead, 1);
            say_dead(batch, &result->row);
        }
    }
    bool lost = end->err != ERR_NONE && end->err != ERR_STATE_CONFLICT;
    finish_later(batch, lost ? store_pause : 0);
}

static void end(struct batch *batch)
{
    struct order_record *records =
        arena_array(&batch->arena, batch->lane_n + 1, sizeof(records[0]));
    struct order_known *knowns =
        arena_array(&batch->arena, batch->lane_n + 1, sizeof(knowns[0]));
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->lane_n; i++)
        if (batch->lanes[i].moved) {
            records[n] = batch->lanes[i].place.record;
            knowns[n++] = batch->lanes[i].known;
        }
    batch->end = (struct work_end){.store = batch->shard->work->config.store,
                                   .worker = batch->worker,
                                   .done = on_ended,
                                   .results = batch->results,
                                   .n = batch->n,
                                   .records = records,
                                   .knowns = knowns,
                                   .record_n = n,
                                   .wall = batch->wall};
    CRASH_POINT("hook.judged");
    work_end(&batch->end);
}

void batch_move(struct batch *batch, enum batch_step next)
{
    CHECK(next > batch->step);
    batch->step = next;
    switch (next) {
    case BATCH_OPEN:
        make_tasks(batch);
        open_next(batch);
        break;
    case BATCH_LOOK:
        look(batch);
        break;
    case BATCH_FETCH:
        batch_fetch(batch);
        break;
    case BATCH_PUT:
        batch_judge(batch);
        put_next(batch);
        break;
    case BATCH_END:
        end(batch);
        break;
    case BATCH_TAKE:
    case BATCH_OVER:
        CHECK(false);
    }
}

/* --- beginning --- */

static usec from_wall(const struct batch *batch, usec wall)
{
    usec ahead = wall - world_wall(batch->worker->world);
    if (wall == USEC_NEVER)
        return USEC_NEVER;
    return batch->worker->now + usec_min(usec_max(ahead, 0), look_most);
}

static void on_taken(struct work_take *take)
{
    struct batch *batch = CONTAINER_OF(take, struct batch, take);
    if (take->err != ERR_NONE || batch->stopped)
        finish_later(batch, store_pause);
    else if (take->n == 0)
        finish(batch, from_wall(batch, take->next));
    else
        batch_move(batch, BATCH_OPEN);
}

static void on_orphans(struct work_orphans *orphans)
{
    struct batch *batch = CONTAINER_OF(orphans, struct batch, orphans);
    if (orphans->err != ERR_NONE) {
        finish_later(batch, store_pause);
        return;
    }
    work_count(&batch->shard->work->dead, (uint64_t)orphans->n);
    finish(batch, orphans->n ? batch->worker->now : USEC_NEVER);
}

static void end_orphans(struct batch *batch)
{
    batch->orphans =
        (struct work_orphans){.store = batch->shard->work->config.store,
                              .worker = batch->worker,
                              .done = on_orphans,
                              .account = tenant_id_str(&batch->queue->account),
                              .wall = world_wall(batch->worker->world)};
    work_orphans(&batch->orphans);
}

/* False: nothing can be made of its events now. */
static bool find_place(struct batch *batch)
{
    const struct work_config *config = &batch->shard->work->config;
    if (batch->account->state == ACCOUNT_DISABLED)
        return false;
    batch->pin = catalog_pin(config->catalog, batch->worker);
    if (snapshot_for(batch->pin->snapshot, batch->account, &batch->integration) !=
        ERR_NONE)
        return false;
    batch->way = integration_way(batch->integration, batch->account->way);
    return batch->way != NULL;
}

/* In a turn of its own: it may be over at once. */
static void on_begin(struct timer *timer)
{
    struct batch *batch = CONTAINER_OF(timer, struct batch, timer);
    const struct work_config *config = &batch->shard->work->config;
    if (batch->stopped) {
        finish_later(batch, store_pause);
        return;
    }
    batch->account =
        directory_account(config->directory, tenant_id_str(&batch->queue->account));
    if (!batch->account) {
        end_orphans(batch);
        return;
    }
    batch->vendor =
        work_vendor_enter(batch->shard, batch->queue, batch->account->integration);
    if (!batch->vendor) {
        finish(batch, USEC_NEVER); /* until one of its vendor ends */
        return;
    }
    if (!find_place(batch)) {
        finish_later(batch, held_pause);
        return;
    }
    batch->take = (struct work_take){.store = config->store,
                                     .worker = batch->worker,
                                     .arena = &batch->arena,
                                     .done = on_taken,
                                     .account = tenant_id_str(&batch->queue->account),
                                     .max = BATCH_ROWS_MAX,
                                     .wall = world_wall(batch->worker->world)};
    work_take(&batch->take);
}

void batch_start(struct work_shard *shard, struct work_queue *queue)
{
    struct batch *batch = mem_zalloc(sizeof(*batch));
    batch->shard = shard;
    batch->queue = queue;
    batch->worker = shard->worker;
    batch->step = BATCH_TAKE;
    arena_init(&batch->arena, 16 * 1024, BATCH_ARENA_BYTES_MAX);
    list_push_front(&shard->batches, &batch->node);
    shard->batch_n++;
    timer_init(&batch->timer, batch->worker, on_begin);
    timer_start(&batch->timer, 0);
}

void batch_stop(struct list *node)
{
    struct batch *batch = CONTAINER_OF(node, struct batch, node);
    batch->stopped = true;
    if (batch->step == BATCH_FETCH)
        batch_fetch_stop(batch);
}
