/*
 *   OPEN ──large data──► READ ──► SEND ──answer, fault──► STORE ──► (ended)
 *     └───────────────────────────►┘ └── stale connection: once more, over a fresh one
 *     └── cannot be opened, outdated ─────────────────────► STORE
 *
 * A run is one attempt. It waits for a payload (READ), for the endpoint (SEND: its
 * `timeout`), for the store (STORE, again each second should it fail). What came of it is
 * told nobody before it is stored: a process that dies in SEND tries again, with the same
 * webhook-id.
 */
#include "base/encode.h"
#include "base/hash.h"
#include "base/mem.h"
#include "call/call.h"
#include "deliver/deliver_message.h"
#include "deliver/deliver_state.h"
#include "directory/keyring.h"
#include "http/date.h"
#include "loop/world.h"
#include "payload/payload.h"

enum {
    RUN_BYTES_MAX = 256 << 20,
    ANSWER_KEPT = 4096,      /* of its body */
    ANSWER_READ = 64 * 1024, /* then the connection is given up */
    HEAD_KEPT = 16 * 1024,   /* of the headers of either side */
    PIECE = 64 * 1024
};
static const usec connect_limit = 5 * USEC_S;
static const usec store_pause = USEC_S;
static const usec quick = USEC_S;

enum run_step { RUN_OPEN, RUN_READ, RUN_SEND, RUN_STORE };

struct deliver_run {
    struct deliver_shard *shard;
    struct deliver_queue *queue;
    struct list of_queue, of_shard;
    enum run_step step;
    enum deliver_class class; /* whose place it has */
    bool stopped;
    struct endpoint *endpoint;
    struct deliver_keys *keys;
    struct delivery_row row;
    struct event_row event;
    struct arena arena;

    struct payload_get payload;
    str body;
    size_t pulled;
    struct headers headers;
    struct call call;
    bool again;        /* over a fresh connection */
    usec started;      /* monotonic */
    usec started_wall; /* real */
    struct buf answer;
    size_t heard; /* of its body */

    enum deliver_verdict verdict;
    str reason; /* absent: the attempt's own */
    struct endpoint_turn turn;
    bool resumed;
    struct delivery_finish finish;
    struct timer timer;
};

static const struct deliver_config *config_of(const struct deliver_run *run)
{
    return &run->shard->deliver->config;
}

int64_t deliver_run_sequence(const struct list *of_queue)
{
    return CONTAINER_OF((struct list *)(uintptr_t)of_queue, struct deliver_run, of_queue)
        ->row.sequence;
}

/* --- places --- */

usec deliver_run_suspects(struct deliver_shard *shard)
{
    LIST_EACH(node, &shard->runs)
    {
        struct deliver_run *run = CONTAINER_OF(node, struct deliver_run, of_shard);
        struct deliver_queue *queue = run->queue;
        if (run->started + quick > shard->worker->now)
            return run->started + quick;
        if (run->class == CLASS_SUSPECT || shard->places[CLASS_SUSPECT] == PLACES_MAX)
            continue;
        shard->places[CLASS_GOOD]--;
        shard->places[CLASS_SUSPECT]++;
        run->class = CLASS_SUSPECT;
        if (!list_empty(&queue->ready) && queue->class == CLASS_GOOD) {
            list_remove(&queue->ready);
            list_push_back(&shard->ready[CLASS_SUSPECT], &queue->ready);
        }
        queue->class = CLASS_SUSPECT;
    }
    return USEC_NEVER;
}

static void take_place(struct deliver_run *run)
{
    struct deliver_shard *shard = run->shard;
    run->class = run->queue->class;
    shard->places[run->class]++;
    shard->run_n++;
    run->queue->running++;
    atomic_fetch_add(&shard->deliver->under_way, 1);
    list_push_back(&run->queue->runs, &run->of_queue);
    list_push_back(&shard->runs, &run->of_shard);
    if (!timer_active(&shard->suspect_timer))
        timer_start(&shard->suspect_timer, quick);
}

static void leave_place(struct deliver_run *run)
{
    struct deliver_shard *shard = run->shard;
    shard->places[run->class]--;
    shard->run_n--;
    run->queue->running--;
    atomic_fetch_sub(&shard->deliver->under_way, 1);
    list_remove(&run->of_queue);
    list_remove(&run->of_shard);
}

static void free_run(struct deliver_run *run)
{
    timer_cancel(&run->timer);
    leave_place(run);
    endpoint_unref(&run->endpoint);
    deliver_keys_unref(&run->keys);
    buf_fini(&run->answer);
    arena_fini(&run->arena);
    mem_free(run);
}

/* --- what is told --- */

struct event deliver_event(enum event_type type, const struct endpoint *endpoint,
                           str detail, usec wall)
{
    return (struct event){.type = type,
                          .time = wall,
                          .environment = endpoint->environment.text[0]
                                             ? tenant_id_str(&endpoint->environment)
                                             : STR_NONE,
                          .account = STR_NONE,
                          .detail = detail,
                          .integration = STR_NONE,
                          .source = STR_NONE,
                          .subject = tenant_id_str(&endpoint->id),
                          .sealed = STR_NONE,
                          .payload = STR_NONE};
}

str deliver_event_detail(const struct endpoint *endpoint, const char *rest,
                         struct arena *arena)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    buf_printf(&text, "{\"endpoint\":\"%s\",\"url\":", endpoint->id.text);
    json_write_text(&text, endpoint->spec.url);
    buf_printf(&text, "%s}", rest);
    return arena_take(arena, &text);
}

static void log_turn(const struct deliver_run *run, enum event_type type)
{
    struct log_line line;
    bool good = type == EVENT_ENDPOINT_RECOVERED;
    log_open(&line, config_of(run)->log, good ? LOG_INFO : LOG_WARN, "endpoint");
    log_str(&line, "what", event_type_name(type));
    log_str(&line, "endpoint", tenant_id_str(&run->endpoint->id));
    log_int(&line, "delivery", run->row.sequence);
    log_int(&line, "status", run->call.head.status);
    log_close(&line);
}

static void tell(struct deliver_run *run, enum event_type type, const char *rest)
{
    struct delivery_finish *finish = &run->finish;
    usec wall = world_wall(run->shard->worker->world);
    CHECK(finish->event_n < DELIVERY_EVENTS_MAX);
    finish->events[finish->event_n++] =
        deliver_event(type, run->endpoint,
                      deliver_event_detail(run->endpoint, rest, &run->arena), wall);
    log_turn(run, type);
}

/* Nobody hears of the death of what told of an endpoint: two that fail would tell each
 * other for ever. */
static void tell_dead(struct deliver_run *run)
{
    str type = run->row.type;
    char event[DELIVERY_ID_BYTES], delivery[DELIVERY_ID_BYTES];
    if (str_starts(type, STR("endpoint.")) || str_starts(type, STR("delivery.")))
        return;
    delivery_id("evt_", run->row.event, event);
    delivery_id("dlv_", run->row.sequence, delivery);
    str rest = arena_printf(
        &run->arena,
        ",\"event\":\"%s\",\"event_type\":\"" STR_F
        "\",\"delivery\":\"%s\",\"tries\":%u,\"reason\":\"" STR_F "\"",
        event, STR_A(type), delivery, run->finish.tries, STR_A(run->finish.reason));
    tell(run, EVENT_DELIVERY_DEAD, arena_z(&run->arena, rest));
    run->finish.dead_event = true;
    if (!str_absent(run->row.environment))
        run->finish.events[0].environment = run->row.environment;
}

/* --- the endpoint --- */

static void turn(struct deliver_run *run, enum endpoint_state state, str reason,
                 usec failing)
{
    run->turn = (struct endpoint_turn){
        .id = tenant_id_str(&run->endpoint->id),
        .from = run->endpoint->state,
        .state = state,
        .reason = reason,
        .failing = failing,
        .wall = deliver_wall(run->shard->deliver, run->shard->worker->now)};
    run->finish.turn = &run->turn;
}

static void note_failing(struct deliver_run *run)
{
    struct endpoint *endpoint = run->endpoint;
    bool pauses = endpoint->spec.pause_on_failures && endpoint->state == ENDPOINT_ACTIVE;
    str rest = arena_printf(&run->arena, ",\"attempts\":%u,\"failures\":%u,\"paused\":%s",
                            run->queue->health.n, health_failures(&run->queue->health),
                            pauses ? "true" : "false");
    turn(run, pauses ? ENDPOINT_PAUSED : endpoint->state,
         pauses ? ENDPOINT_BY_FAILURES : endpoint->reason, run->started_wall);
    tell(run, EVENT_ENDPOINT_FAILING, arena_z(&run->arena, rest));
}

static void note_recovered(struct deliver_run *run)
{
    bool paused = run->endpoint->state == ENDPOINT_PAUSED &&
                  str_eq(run->endpoint->reason, ENDPOINT_BY_FAILURES);
    run->resumed = paused;
    turn(run, paused ? ENDPOINT_ACTIVE : run->endpoint->state,
         paused ? STR_NONE : run->endpoint->reason, 0);
    tell(run, EVENT_ENDPOINT_RECOVERED, "");
}

/* An attempt that reached for the endpoint has ended. */
static void note_health(struct deliver_run *run, bool good)
{
    struct deliver_queue *queue = run->queue;
    bool probe = run->endpoint->state == ENDPOINT_PAUSED &&
                 str_eq(run->endpoint->reason, ENDPOINT_BY_FAILURES);
    queue->health.failing |= run->endpoint->failing > 0;
    enum health_turn turned = health_note(&queue->health, good);
    if (probe && good) {
        queue->health = (struct health){0};
        turned = HEALTH_RECOVERS;
    }
    queue->ramp = good ? queue->ramp + (queue->ramp < 64) : 1;
    usec took = run->shard->worker->now - run->started;
    queue->class = good && took < quick ? CLASS_GOOD : CLASS_SUSPECT;
    if (run->verdict == DELIVER_GONE) {
        turn(run, ENDPOINT_DISABLED, ENDPOINT_BY_GONE, run->endpoint->failing);
        tell(run, EVENT_ENDPOINT_DISABLED, "");
    } else if (turned == HEALTH_FAILS && !run->endpoint->failing) {
        note_failing(run);
    } else if (turned == HEALTH_RECOVERS) {
        note_recovered(run);
    }
}

/* --- storing --- */

static void count(const struct deliver_run *run)
{
    struct deliver *deliver = run->shard->deliver;
    const struct delivery_finish *finish = &run->finish;
    if (finish->state == DELIVERY_DELIVERED)
        atomic_fetch_add(&deliver->delivered, 1);
    else if (finish->state == DELIVERY_DEAD)
        atomic_fetch_add(&deliver->dead, 1);
    else if (finish->ended)
        atomic_fetch_add(&deliver->superseded, 1);
    else
        atomic_fetch_add(&deliver->again, 1);
}

static void end(struct deliver_run *run, bool stored)
{
    struct deliver_shard *shard = run->shard;
    struct deliver_queue *queue = run->queue;
    const struct delivery_finish *finish = &run->finish;
    struct deliver_news news = {.sequence = run->row.sequence,
                                .bytes = run->row.bytes,
                                .due =
                                    stored && !finish->ended ? finish->due : USEC_NEVER,
                                .ended = stored && finish->ended,
                                .released = stored && finish->released,
                                .resumed = stored && run->resumed};
    if (stored)
        count(run);
    free_run(run);
    deliver_queue_note(shard, queue, &news);
}

static void store(struct deliver_run *run);

static void on_store_timer(struct timer *timer)
{
    store(CONTAINER_OF(timer, struct deliver_run, timer));
}

static void on_finished(struct delivery_finish *finish)
{
    struct deliver_run *run = CONTAINER_OF(finish, struct deliver_run, finish);
    if (finish->err == ERR_NONE || run->stopped) {
        end(run, finish->err == ERR_NONE);
        return;
    }
    timer_start(&run->timer, store_pause);
}

static void store(struct deliver_run *run)
{
    CRASH_POINT("deliver.answered");
    run->step = RUN_STORE;
    run->finish.done = on_finished;
    delivery_finish(&run->finish);
}

static void fill_finish(struct deliver_run *run)
{
    struct deliver_shard *shard = run->shard;
    run->finish = (struct delivery_finish){
        .store = config_of(run)->store,
        .worker = shard->worker,
        .sequence = run->row.sequence,
        .subject = run->row.subject,
        .endpoint = run->row.endpoint,
        .tries = run->row.tries,
        .reason = STR_NONE,
        .wall = deliver_wall(shard->deliver, shard->worker->now),
        .latest = run->endpoint->spec.ordering == ORDERING_LATEST &&
                  !str_absent(run->event.subject),
        .endpoints = shard->deliver->endpoints};
}

/* Nothing was sent, and nothing will be. */
static void give_up(struct deliver_run *run, enum delivery_state state, str reason)
{
    fill_finish(run);
    run->finish.state = state;
    run->finish.reason = reason;
    if (state == DELIVERY_DEAD)
        tell_dead(run);
    store(run);
}

/* --- what the attempt has left --- */

static void put_headers(struct json_out *out, const char *name,
                        const struct headers *headers, uint32_t from)
{
    size_t bytes = 0;
    json_out_name(out, str_z(name));
    json_out_array(out);
    for (uint32_t i = from; headers && i < headers->n && bytes < HEAD_KEPT; i++) {
        json_out_array(out);
        json_out_text(out, headers->items[i].name);
        json_out_text(out, headers->items[i].value);
        json_out_end(out);
        bytes += headers->items[i].name.n + headers->items[i].value.n;
    }
    json_out_end(out);
}

/* The lines that its owner has given are left out: they may hold what is secret. */
static str seal_attempt(struct deliver_run *run)
{
    struct data_key key = {tenant_id_str(&run->endpoint->id), run->keys->data_key};
    struct json_out out;
    struct buf text;
    str sealed;
    uint32_t own = json_is(&run->keys->signing.headers, JSON_OBJECT)
                       ? run->keys->signing.headers.n
                       : 0;
    buf_init(&text, 1 << 20);
    json_out_init(&out, &text);
    json_out_object(&out);
    put_headers(&out, "request_headers", &run->headers, own);
    put_headers(&out, "headers", &run->call.head.headers, 0);
    json_out_member_text(&out, STR("body"), buf_peek(&run->answer));
    json_out_end(&out);
    str about = deliver_about_attempt(run->row.sequence, &run->arena);
    bool good = buf_ok(&text) && keyring_seal(config_of(run)->keyring, &key, about,
                                              buf_peek(&text), &run->arena, &sealed);
    buf_fini(&text);
    return good ? sealed : STR_NONE;
}

static usec retry_after(const struct deliver_run *run)
{
    uint64_t seconds;
    usec wall, now = world_wall(run->shard->worker->world);
    str value = header_value(&run->call.head.headers, HEADER_RETRY_AFTER);
    if (str_absent(value))
        return 0;
    if (str_to_u64(value, 10 * 365 * 24 * 3600ULL, &seconds))
        return (usec)seconds * USEC_S;
    return date_parse_http(value, now, &wall) ? usec_max(wall - now, 0) : 0;
}

/* While it is paused, a single attempt is about the endpoint, and burns no try. */
static void settle(struct deliver_run *run)
{
    struct delivery_finish *finish = &run->finish;
    struct deliver_shard *shard = run->shard;
    bool probe = run->endpoint->state == ENDPOINT_PAUSED;
    struct deliver_result result = {.status = run->call.head.status,
                                    .fault = run->call.fault,
                                    .retry_after = retry_after(run),
                                    .tries = run->row.tries + !probe,
                                    .chance = world_chance(shard->worker->world)};
    usec delay = 0;
    if (probe && result.tries == 0)
        result.tries = 1;
    run->verdict = deliver_judge(&result, &delay);
    if (probe && run->verdict == DELIVER_DEAD)
        run->verdict = DELIVER_AGAIN;
    finish->tries = run->row.tries + !probe;
    finish->due = probe ? finish->wall : finish->wall + delay;
    finish->state = run->verdict == DELIVER_GOOD    ? DELIVERY_DELIVERED
                    : run->verdict == DELIVER_AGAIN ? DELIVERY_PENDING
                                                    : DELIVERY_DEAD;
    if (run->verdict == DELIVER_GONE)
        finish->reason = STR("gone");
    else if (run->verdict == DELIVER_DEAD)
        finish->reason = STR("tries");
    else if (run->verdict == DELIVER_AGAIN)
        finish->reason = result.status ? STR("status") : STR("fault");
    if (finish->state == DELIVERY_DEAD)
        tell_dead(run);
}

static void attempted(struct deliver_run *run)
{
    struct delivery_finish *finish = &run->finish;
    usec now = run->shard->worker->now;
    int status = run->call.head.status;
    fill_finish(run);
    settle(run);
    finish->tried = true;
    finish->attempt =
        (struct delivery_attempt){.time = run->started_wall,
                                  .duration = now - run->started,
                                  .status = status,
                                  .fault = status ? STR_NONE : run->call.fault_text,
                                  .sealed = status ? seal_attempt(run) : STR_NONE};
    note_health(run, run->verdict == DELIVER_GOOD);
    store(run);
}

/* --- sending --- */

static enum call_pull pull(struct call *call, str *ret_chunk)
{
    struct deliver_run *run = call->owner;
    size_t left = run->body.n - run->pulled;
    if (left == 0)
        return CALL_PULL_END;
    *ret_chunk = str_of(run->body.p + run->pulled, left < PIECE ? left : PIECE);
    run->pulled += ret_chunk->n;
    return CALL_PULL_DATA;
}

static void on_inform(struct call *call, const struct message_head *head)
{
    (void)call, (void)head;
}

static void on_head(struct call *call)
{
    (void)call;
}

/* The status has said all there is; what follows is kept as far as people may want to
 * read it. */
static void on_body(struct call *call, str chunk)
{
    struct deliver_run *run = call->owner;
    size_t room = ANSWER_KEPT - run->answer.n;
    buf_put(&run->answer, chunk.p, chunk.n < room ? chunk.n : room);
    run->heard += chunk.n;
    if (run->heard < ANSWER_READ)
        return;
    call_cancel(call);
    attempted(run);
}

static void on_end(struct call *call)
{
    attempted(call->owner);
}

static void send(struct deliver_run *run);

/* A kept connection that the endpoint had closed already, as it may: no attempt. */
static bool was_stale(const struct deliver_run *run)
{
    const struct call *call = &run->call;
    return call->fault == CALL_FAULT_RESET && call->reused && call->first_byte_at == 0 &&
           !run->again;
}

static void on_fault(struct call *call)
{
    struct deliver_run *run = call->owner;
    if (!was_stale(run)) {
        attempted(run);
        return;
    }
    run->again = true;
    run->pulled = 0;
    send(run);
}

static void send(struct deliver_run *run)
{
    static const struct call_events events = {.pull = pull,
                                              .on_inform = on_inform,
                                              .on_head = on_head,
                                              .on_body = on_body,
                                              .on_end = on_end,
                                              .on_fault = on_fault};
    struct endpoint *endpoint = run->endpoint;
    usec timeout = endpoint->spec.timeout;
    run->step = RUN_SEND;
    run->call = (struct call){.worker = run->shard->worker,
                              .arena = &run->arena,
                              .events = &events,
                              .owner = run,
                              .method = STR("POST"),
                              .url = endpoint->url,
                              .headers = &run->headers,
                              .body_bytes = (int64_t)run->body.n,
                              .fresh = run->again,
                              .egress_proxy = STR_NONE,
                              .fault_text = STR_NONE};
    run->call.limits = (struct call_limits){.connect = usec_min(connect_limit, timeout),
                                            .first_byte = timeout,
                                            .idle = timeout,
                                            .deadline = usec_add(run->started, timeout)};
    call_start(config_of(run)->transport, &run->call);
}

/* Those of its owner come first: seal_attempt counts on it. */
static void make_headers(struct deliver_run *run)
{
    const struct json *own = &run->keys->signing.headers;
    struct headers *headers = &run->headers;
    struct arena *arena = &run->arena;
    int64_t timestamp = run->started_wall / USEC_S;
    char id[DELIVERY_ID_BYTES];
    delivery_id("evt_", run->row.event, id);
    str name = arena_str(arena, str_z(id));
    headers_init(headers, arena, 16);
    for (uint32_t i = 0; json_is(own, JSON_OBJECT) && i < own->n; i++)
        header_add_name(headers, json_key(&own->u.members[i]),
                        json_text(&own->u.members[i].value));
    header_add_name(headers, STR("Content-Type"), STR("application/json"));
    header_add_name(headers, STR("User-Agent"), STR("Breakwater"));
    header_add_name(headers, STR("webhook-id"), name);
    header_add_name(headers, STR("webhook-timestamp"),
                    arena_printf(arena, "%lld", (long long)timestamp));
    header_add_name(headers, STR("webhook-signature"),
                    signing_sign(&run->keys->signing, name, timestamp, run->body,
                                 run->started_wall, arena));
}

static void send_first(struct deliver_run *run, str data)
{
    run->body = deliver_message(&run->event, data, &run->arena);
    run->started = run->shard->worker->now;
    run->started_wall = world_wall(run->shard->worker->world);
    make_headers(run);
    send(run);
}

/* --- what it sends --- */

/* A key that is away comes back; one that was destroyed does not. */
static void cannot_open(struct deliver_run *run)
{
    struct account *account =
        str_absent(run->event.account)
            ? NULL
            : directory_account(config_of(run)->directory, run->event.account);
    bool there = account != NULL;
    account_unref(&account);
    if (!there) {
        give_up(run, DELIVERY_DEAD, STR("erased"));
        return;
    }
    run->call.fault_text = STR("the event's data cannot be opened");
    run->started = run->shard->worker->now;
    run->started_wall = world_wall(run->shard->worker->world);
    attempted(run);
}

static void open_sealed(struct deliver_run *run, str sealed)
{
    str data;
    if (deliver_open_data(run->shard->deliver, &run->event, sealed, &run->arena, &data))
        send_first(run, data);
    else
        cannot_open(run);
}

static void on_payload(struct payload_get *get)
{
    struct deliver_run *run = CONTAINER_OF(get, struct deliver_run, payload);
    if (run->stopped)
        end(run, false);
    else if (get->err == ERR_NONE)
        open_sealed(run, get->bytes);
    else if (get->err == ERR_PAYLOAD_EXPIRED || get->err == ERR_PAYLOAD_DAMAGED)
        give_up(run, DELIVERY_DEAD, STR("payload_lost"));
    else
        cannot_open(run);
}

static void read_payload(struct deliver_run *run)
{
    struct payloads *payloads = config_of(run)->payloads;
    if (!payloads) {
        give_up(run, DELIVERY_DEAD, STR("payload_lost"));
        return;
    }
    run->step = RUN_READ;
    run->payload = (struct payload_get){.reference = run->event.payload,
                                        .arena = &run->arena,
                                        .done = on_payload,
                                        .worker = run->shard->worker};
    payload_get(payloads, &run->payload);
}

static void open_run(struct deliver_run *run, bool newer)
{
    if (str_absent(run->event.type))
        give_up(run, DELIVERY_DEAD, STR("event_lost"));
    else if (newer)
        give_up(run, DELIVERY_SUPERSEDED, STR_NONE);
    else if (!str_absent(run->event.payload))
        read_payload(run);
    else if (!str_absent(run->event.sealed))
        open_sealed(run, run->event.sealed);
    else
        send_first(run, STR_NONE);
}

static void keep(struct arena *arena, str *text)
{
    *text = arena_str(arena, *text);
}

/* The window that the row stands in may go before the run. */
static void keep_row(struct deliver_run *run, const struct delivery_due *due)
{
    struct arena *arena = &run->arena;
    struct event_row *event = &run->event;
    run->row = due->row;
    run->event = due->event;
    keep(arena, &run->row.endpoint);
    keep(arena, &run->row.type);
    keep(arena, &run->row.environment);
    keep(arena, &run->row.account);
    keep(arena, &run->row.subject);
    keep(arena, &event->type);
    keep(arena, &event->environment);
    keep(arena, &event->account);
    keep(arena, &event->detail);
    keep(arena, &event->integration);
    keep(arena, &event->source);
    keep(arena, &event->subject);
    keep(arena, &event->sealed);
    keep(arena, &event->payload);
}

void deliver_run_start(struct deliver_shard *shard, struct deliver_queue *queue,
                       struct endpoint *endpoint, const struct delivery_due *due)
{
    struct deliver_run *run = mem_zalloc(sizeof(*run));
    run->shard = shard;
    run->queue = queue;
    run->endpoint = endpoint_ref(endpoint);
    run->keys = queue->keys;
    run->keys->refs++;
    run->started = shard->worker->now;
    arena_init(&run->arena, 8 * 1024, RUN_BYTES_MAX);
    buf_init(&run->answer, ANSWER_KEPT);
    timer_init(&run->timer, shard->worker, on_store_timer);
    keep_row(run, due);
    take_place(run);
    open_run(run, due->newer);
}

void deliver_run_stop(struct list *of_shard)
{
    struct deliver_run *run = CONTAINER_OF(of_shard, struct deliver_run, of_shard);
    run->stopped = true;
    if (run->step == RUN_SEND) {
        call_cancel(&run->call);
        end(run, false);
    } else if (run->step == RUN_STORE && timer_active(&run->timer)) {
        end(run, false);
    }
}
