/*
 *   IDLE ──announced──► READ ──► WRITE ──► READ …     nothing behind the position: IDLE
 *                        └── nothing read ──► IDLE
 *
 * Events have numbers without gaps in the order of their commits: whoever has read those
 * up to a number has missed none. The rows of a step and the number up to which they
 * reach are one transaction, so that each event becomes its deliveries exactly once.
 *
 * One event goes to all of its endpoints in one transaction, however many they are; so a
 * step has at least one event, and ends behind the one that fills it.
 */
#include "base/mem.h"
#include "deliver/deliver_message.h"
#include "deliver/deliver_state.h"
#include "json/json_parse.h"
#include "loop/world.h"

enum { STEP_EVENTS = 512, STEP_ROWS = 4096 };
static const usec store_pause = USEC_S;

enum fan_state { FAN_IDLE, FAN_READ, FAN_WRITE };

struct deliver_fan_state {
    struct deliver *deliver;
    struct worker *worker; /* NULL: not joined */
    enum fan_state state;
    bool draining;
    bool again; /* announced while a step was under way */
    int64_t position;
    struct post post;
    atomic_bool posted;
    struct timer timer; /* after the store has failed us */
    struct arena arena;
    struct event_scan scan;
    struct delivery_fan fan;
    struct delivery_new *rows;
    uint32_t n, room;
    const struct event_row *event; /* being matched */
};

static void start_read(struct deliver_fan_state *fan);

static void rest(struct deliver_fan_state *fan)
{
    fan->state = FAN_IDLE;
    arena_reset(&fan->arena);
    if (fan->again && !fan->draining)
        start_read(fan);
}

static void pause_fan(struct deliver_fan_state *fan)
{
    fan->state = FAN_IDLE;
    arena_reset(&fan->arena);
    if (!fan->draining)
        timer_start(&fan->timer, store_pause);
}

/* --- matching --- */

static bool says(const struct json *detail, str member, str word)
{
    const struct json *value = json_member(detail, member);
    return value && (json_is(value, JSON_TRUE) || str_eq(json_text(value), word));
}

static void read_detail(struct deliver_fan_state *fan, struct endpoint_event *event)
{
    struct json detail;
    str text = event->row->detail;
    bool origin = str_find_str(text, STR("\"origin\"")) < text.n;
    bool late = str_find_str(text, STR("\"late\"")) < text.n;
    if ((!origin && !late) || !json_parse(&fan->arena, text, NULL, &detail, NULL))
        return;
    event->self = says(&detail, STR("origin"), STR("self"));
    event->late = says(&detail, STR("late"), STR("true"));
}

static str stage_of(struct deliver_fan_state *fan, const struct endpoint_event *event)
{
    struct deliver *deliver = fan->deliver;
    str stage = STR_NONE;
    struct environment *environment =
        str_absent(event->row->environment)
            ? NULL
            : directory_find_environment(deliver->config.directory,
                                         event->row->environment);
    struct endpoint *endpoint = str_absent(event->about)
                                    ? NULL
                                    : endpoints_find(deliver->endpoints, event->about);
    if (environment)
        stage = arena_str(&fan->arena, tenant_id_str(&environment->stage->id));
    else if (endpoint)
        stage = arena_str(&fan->arena, tenant_id_str(&endpoint->stage));
    environment_unref(&environment);
    endpoint_unref(&endpoint);
    return stage;
}

/* Events keep the order of their record; those of no record that of their account. */
static str order_of(struct deliver_fan_state *fan, const struct event_row *row)
{
    if (str_absent(row->account))
        return row->subject;
    str parts[] = {row->account, STR("/"),
                   str_absent(row->subject) ? STR("") : row->subject};
    return arena_join(&fan->arena, parts, COUNT_OF(parts));
}

static void take(void *arg, struct endpoint *endpoint)
{
    struct deliver_fan_state *fan = arg;
    const struct event_row *row = fan->event;
    uint32_t ordering = endpoint->spec.ordering;
    fan->rows =
        arena_grow(&fan->arena, fan->rows, fan->n, &fan->room, sizeof(fan->rows[0]));
    fan->rows[fan->n++] = (struct delivery_new){
        .endpoint = arena_str(&fan->arena, tenant_id_str(&endpoint->id)),
        .type = row->type,
        .environment = row->environment,
        .account = row->account,
        .subject = ordering == ORDERING_NONE ? STR_NONE : order_of(fan, row),
        .latest = ordering == ORDERING_LATEST && !str_absent(row->subject),
        .event = row->sequence,
        .bytes = row->detail.n + (str_absent(row->sealed) ? 0 : row->sealed.n)};
}

static void match(struct deliver_fan_state *fan, const struct event_row *row)
{
    bool alert = str_starts(row->type, STR("endpoint.")) ||
                 str_starts(row->type, STR("delivery."));
    struct endpoint_event event = {
        .row = row,
        .resource = alert ? STR_NONE : deliver_resource(row->subject),
        .about = alert ? row->subject : STR_NONE,
        .to_one = str_eq(row->type, event_type_name(EVENT_ENDPOINT_TEST)),
        .alert = alert};
    event.stage = stage_of(fan, &event);
    read_detail(fan, &event);
    fan->event = row;
    endpoints_match(fan->deliver->endpoints, &event, take, fan);
}

/* --- a step --- */

static void tell_queues(struct deliver_fan_state *fan)
{
    for (uint32_t i = 0; i < fan->n; i++) {
        const struct delivery_new *row = &fan->rows[i];
        deliver_look(fan->deliver, row->endpoint, 1 - (int64_t)row->superseded,
                     (int64_t)row->bytes - (int64_t)row->superseded_bytes);
        atomic_fetch_add(&fan->deliver->superseded, row->superseded);
    }
}

static void on_written(struct delivery_fan *done)
{
    struct deliver_fan_state *fan = CONTAINER_OF(done, struct deliver_fan_state, fan);
    if (done->err != ERR_NONE) {
        ODD(done->err == ERR_STATE_CONFLICT);
        pause_fan(fan);
        return;
    }
    CRASH_POINT("deliver.fanned");
    atomic_fetch_add(&fan->deliver->events, (uint64_t)(done->after - done->before));
    fan->position = done->after;
    tell_queues(fan);
    arena_reset(&fan->arena);
    start_read(fan);
}

static void start_write(struct deliver_fan_state *fan, int64_t after)
{
    struct deliver *deliver = fan->deliver;
    fan->state = FAN_WRITE;
    fan->fan = (struct delivery_fan){.store = deliver->config.store,
                                     .worker = fan->worker,
                                     .before = fan->position,
                                     .after = after,
                                     .rows = fan->rows,
                                     .n = fan->n,
                                     .wall = deliver_wall(deliver, fan->worker->now),
                                     .done = on_written};
    delivery_fan(&fan->fan);
}

static void on_read(struct event_scan *scan)
{
    struct deliver_fan_state *fan = CONTAINER_OF(scan, struct deliver_fan_state, scan);
    int64_t after = fan->position;
    if (scan->err != ERR_NONE) {
        pause_fan(fan);
        return;
    }
    fan->rows = NULL;
    fan->n = fan->room = 0;
    for (uint32_t i = 0; i < scan->n && fan->n < STEP_ROWS; i++) {
        match(fan, &scan->rows[i]);
        after = scan->rows[i].sequence;
    }
    if (after == fan->position)
        rest(fan);
    else
        start_write(fan, after);
}

static void start_read(struct deliver_fan_state *fan)
{
    if (fan->draining) {
        fan->state = FAN_IDLE;
        return;
    }
    fan->state = FAN_READ;
    fan->again = false;
    fan->scan = (struct event_scan){.store = fan->deliver->config.store,
                                    .worker = fan->worker,
                                    .arena = &fan->arena,
                                    .after = fan->position,
                                    .max = STEP_EVENTS,
                                    .done = on_read};
    event_scan(&fan->scan);
}

/* --- being told --- */

static void begin(struct deliver_fan_state *fan)
{
    fan->again = true;
    if (fan->state == FAN_IDLE && !timer_active(&fan->timer))
        rest(fan);
}

static void on_timer(struct timer *timer)
{
    begin(CONTAINER_OF(timer, struct deliver_fan_state, timer));
}

static void on_post(struct post *post)
{
    struct deliver_fan_state *fan = CONTAINER_OF(post, struct deliver_fan_state, post);
    atomic_store(&fan->posted, false);
    if (fan->worker)
        begin(fan);
}

/* On the thread that has committed. */
static void on_announce(void *arg)
{
    struct deliver_fan_state *fan = arg;
    if (!atomic_exchange(&fan->posted, true))
        worker_post(fan->worker, &fan->post, on_post);
}

/* --- its life --- */

struct deliver_fan_state *deliver_fan_create(struct deliver *deliver, int64_t position)
{
    struct deliver_fan_state *fan = mem_zalloc(sizeof(*fan));
    fan->deliver = deliver;
    fan->position = position;
    arena_init(&fan->arena, 64 * 1024, (size_t)1 << 30);
    return fan;
}

void deliver_fan_destroy(struct deliver_fan_state **ptr)
{
    struct deliver_fan_state *fan = *ptr;
    *ptr = NULL;
    if (!fan)
        return;
    CHECK(!fan->worker);
    arena_fini(&fan->arena);
    mem_free(fan);
}

void deliver_fan_join(struct deliver_fan_state *fan, struct worker *worker)
{
    fan->worker = worker;
    timer_init(&fan->timer, worker, on_timer);
    store_on_announce(fan->deliver->config.store, on_announce, fan);
    begin(fan);
}

void deliver_fan_drain(struct deliver_fan_state *fan)
{
    fan->draining = true;
    timer_cancel(&fan->timer);
}

bool deliver_fan_busy(const struct deliver_fan_state *fan)
{
    return fan->state != FAN_IDLE;
}

/* A post that is under way finds nobody: the loop runs it before the worker ends. */
void deliver_fan_leave(struct deliver_fan_state *fan)
{
    store_on_announce(fan->deliver->config.store, NULL, NULL);
    timer_cancel(&fan->timer);
    fan->worker = NULL;
}
