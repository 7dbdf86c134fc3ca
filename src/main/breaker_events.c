#include "main/breaker_events.h"

#include "base/mem.h"
#include "event/event.h"
#include "json/json_write.h"
#include "loop/world.h"

enum { DETAIL_BYTES_MAX = 8 * 1024 };

/* Lives until the store has answered. */
struct put {
    struct breaker_events *events;
    struct store_op op;
    struct arena arena;
    struct event event;
};

static enum err run_put(struct tx *tx, struct store_op *op)
{
    return event_put(tx, &CONTAINER_OF(op, struct put, op)->event);
}

static void on_put(struct store_op *op)
{
    struct put *put = CONTAINER_OF(op, struct put, op);
    atomic_fetch_sub(&put->events->waiting[op->worker->id], 1);
    arena_fini(&put->arena);
    mem_free(put);
}

static str detail_of(struct arena *arena, const struct exchange *exchange, str breaker,
                     enum breaker_event what)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DETAIL_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("breaker"), breaker);
    if (what == BREAKER_EVENT_OPENED)
        json_out_member_text(&out, STR("reason"), exchange->call.fault_text);
    if (what == BREAKER_EVENT_OPENED && exchange->outcome.vendor_status)
        json_out_member_int(&out, STR("status"), exchange->outcome.vendor_status);
    json_out_end(&out);
    return arena_take(arena, &text);
}

void breaker_events_put(struct breaker_events *events, const struct exchange *exchange,
                        str breaker, enum breaker_event what)
{
    struct put *put = mem_zalloc(sizeof(*put));
    put->events = events;
    bool own = !str_eq(breaker, exchange->circuit->entry.name);
    const struct account *account = exchange->account;
    arena_init(&put->arena, 1024, 64 * 1024);
    put->event = (struct event){
        .type =
            what == BREAKER_EVENT_OPENED ? EVENT_BREAKER_OPENED : EVENT_BREAKER_CLOSED,
        .time = world_wall(exchange->worker->world),
        .detail = detail_of(&put->arena, exchange, breaker, what),
        .integration = arena_str(&put->arena, exchange->integration->name)};
    if (own && account) {
        put->event.account = arena_str(&put->arena, tenant_id_str(&account->id));
        put->event.environment =
            arena_str(&put->arena, tenant_id_str(&account->environment->id));
    }
    put->op = (struct store_op){.kind = STORE_RELAXED,
                                .run = run_put,
                                .done = on_put,
                                .worker = exchange->worker};
    atomic_fetch_add(&events->waiting[exchange->worker->id], 1);
    store_submit(events->store, &put->op);
}

void breaker_events_init(struct breaker_events *events, struct store *store,
                         unsigned workers)
{
    events->store = store;
    events->waiting = mem_array(workers, sizeof(events->waiting[0]));
}

void breaker_events_fini(struct breaker_events *events)
{
    mem_free((void *)events->waiting);
}

uint32_t breaker_events_waiting(const struct breaker_events *events,
                                const struct worker *worker)
{
    return atomic_load(&events->waiting[worker->id]);
}
