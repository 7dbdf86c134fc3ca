#include "depot.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "directory/keyring.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static void drop_line(void *arg, str line)
{
    (void)arg, (void)line;
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

static struct worker *worker_of(struct depot *depot)
{
    struct worker *worker = false_loop_worker(&depot->loop, 0);
    worker->now = atomic_load(&depot->world.now);
    return worker;
}

/* --- the store --- */

struct ask {
    struct store_op op;
    const struct statement *statement;
    struct value params[3];
    unsigned n;
    int64_t number;
};

static enum err run_ask(struct tx *tx, struct store_op *op)
{
    struct ask *ask = CONTAINER_OF(op, struct ask, op);
    return tx_number(tx, ask->statement, ask->params, ask->n, &ask->number);
}

static int64_t ask_store(struct depot *depot, struct ask *ask)
{
    ask->op = (struct store_op){.kind = STORE_READ, .run = run_ask};
    assert_int_equal(store_run(depot->store, &ask->op), ERR_NONE);
    return ask->number;
}

int64_t depot_number(struct depot *depot, const struct statement *statement,
                     unsigned endpoint)
{
    struct ask ask = {.statement = statement,
                      .params = {V_TEXT(depot->endpoints[endpoint].id)},
                      .n = 1};
    return ask_store(depot, &ask);
}

int64_t depot_count(struct depot *depot, unsigned endpoint, const char *state)
{
    static const struct statement query = {
        "SELECT COUNT(*) FROM delivery WHERE endpoint = $1 AND state = $2"};
    struct ask ask = {
        .statement = &query,
        .params = {V_TEXT(depot->endpoints[endpoint].id), V_TEXT(str_z(state))},
        .n = 2};
    return ask_store(depot, &ask);
}

int64_t depot_events(struct depot *depot, const char *type)
{
    static const struct statement query = {"SELECT COUNT(*) FROM event WHERE type = $1"};
    struct ask ask = {.statement = &query, .params = {V_TEXT(str_z(type))}, .n = 1};
    return ask_store(depot, &ask);
}

static enum err run_fails(struct tx *tx, struct store_op *op)
{
    static const struct statement on = {
        "CREATE TRIGGER no_deliveries BEFORE UPDATE ON delivery "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"};
    static const struct statement off = {"DROP TRIGGER IF EXISTS no_deliveries"};
    struct ask *ask = CONTAINER_OF(op, struct ask, op);
    return tx_exec(tx, ask->n ? &on : &off, NULL, 0, NULL);
}

void depot_store_fails(struct depot *depot, bool fails)
{
    struct ask ask = {.op = {.kind = STORE_FULL, .run = run_fails}, .n = fails};
    assert_int_equal(store_run(depot->store, &ask.op), ERR_NONE);
}

/* --- endpoints on false time --- */

struct order {
    struct depot *depot;
    struct depot_endpoint *endpoint;
    struct call *call;
    enum fate fate;
    unsigned n;
    struct timer timer;
    bool answered;
};

static void end_order(struct order *order)
{
    timer_cancel(&order->timer);
    order->endpoint->under_way--;
    order->call->carrier = NULL;
    mem_free(order);
}

static void break_off(struct order *order, enum call_fault fault)
{
    struct call *call = order->call;
    call->fault = fault;
    call->fault_text = STR("as it was chosen");
    end_order(order);
    call->events->on_fault(call);
}

static void give_head(struct order *order)
{
    static const int statuses[FATES] = {
        [FATE_GOOD] = 204, [FATE_SLOW] = 200,      [FATE_ERROR] = 500,
        [FATE_GONE] = 410, [FATE_ELSEWHERE] = 302, [FATE_LATER] = 503};
    struct call *call = order->call;
    order->answered = true;
    call->first_byte_at = call->worker->now;
    call->head =
        (struct message_head){.status = statuses[order->fate], .content_length = -1};
    headers_init(&call->head.headers, call->arena, 1);
    if (order->fate == FATE_LATER)
        header_add_name(&call->head.headers, STR("Retry-After"), STR("100"));
    timer_start(&order->timer, 0);
    call->events->on_head(call);
}

static void go_on(struct timer *timer)
{
    struct order *order = CONTAINER_OF(timer, struct order, timer);
    struct call *call = order->call;
    if (order->answered) {
        end_order(order);
        call->events->on_end(call);
    } else if (order->fate == FATE_UNREACHABLE) {
        break_off(order, CALL_FAULT_CONNECT);
    } else if (call->worker->now >= call->limits.deadline) {
        break_off(order, CALL_FAULT_TOTAL_TIMEOUT);
    } else if (order->fate == FATE_LOST) {
        break_off(order, CALL_FAULT_RESET);
    } else {
        give_head(order);
    }
}

/* Of the body; DEPOT_EVENTS_MAX for an event that has no number. */
static unsigned read_number(struct call *call)
{
    uint64_t n;
    str chunk, rest;
    assert_int_equal(call->events->pull(call, &chunk), CALL_PULL_DATA);
    rest = arena_str(call->arena, chunk);
    assert_int_equal(call->events->pull(call, &chunk), CALL_PULL_END);
    size_t at = str_find_str(rest, STR("\"n\":"));
    if (at == rest.n)
        return DEPOT_EVENTS_MAX;
    rest = str_from(rest, at + 4);
    size_t end = 0;
    while (end < rest.n && str_is_digit(rest.p[end]))
        end++;
    assert_true(str_to_u64(str_of(rest.p, end), DEPOT_EVENTS_MAX - 1, &n));
    return (unsigned)n;
}

static int64_t event_of(const struct call *call)
{
    int64_t event =
        delivery_sequence_of("evt_", header_value_name(call->headers, STR("webhook-id")));
    assert_true(event > 0);
    assert_false(str_absent(header_value_name(call->headers, STR("webhook-signature"))));
    return event;
}

/* The laws of each request: what was stored as delivered never comes again, and of one
 * order nothing comes before its time. */
static void hold_to_laws(struct depot *depot, struct depot_endpoint *endpoint,
                         const struct call *call)
{
    static const struct statement delivered = {
        "SELECT COUNT(*) FROM delivery WHERE endpoint = $1 AND event = $2 AND state = "
        "'delivered'"};
    static const struct statement ahead = {
        "SELECT COUNT(*) FROM delivery d JOIN delivery other ON other.endpoint = "
        "d.endpoint AND other.subject = d.subject AND other.sequence < d.sequence AND "
        "other.state = 'pending' WHERE d.endpoint = $1 AND d.event = $2"};
    struct ask ask = {.statement = &delivered,
                      .params = {V_TEXT(endpoint->id), V_INT(event_of(call))},
                      .n = 2};
    depot->repeats += ask_store(depot, &ask) > 0;
    ask.statement = &ahead;
    depot->early += ask_store(depot, &ask) > 0;
}

static void note_good(struct order *order)
{
    struct depot_endpoint *endpoint = order->endpoint;
    if (order->n < DEPOT_EVENTS_MAX && !endpoint->good[order->n]++)
        endpoint->order[endpoint->order_n++] = order->n;
}

static usec delay_of(struct order *order)
{
    usec most = order->fate == FATE_SLOW ? 20 * USEC_S : USEC_S;
    return order->fate == FATE_HANGS
               ? order->call->limits.deadline - order->call->worker->now
               : (usec)unit_below(&order->depot->chance, (size_t)most);
}

static void start(struct transport *transport, struct call *call)
{
    struct depot *depot = CONTAINER_OF(transport, struct depot, transport);
    uint64_t which;
    str host = call->url.host;
    assert_true(str_starts(host, STR("e")) && str_ends(host, STR(".test")));
    assert_true(str_to_u64(str_of(host.p + 1, host.n - 6), DEPOT_ENDPOINTS_MAX, &which));
    struct depot_endpoint *endpoint = &depot->endpoints[which];
    struct order *order = mem_zalloc(sizeof(*order));
    *order = (struct order){.depot = depot,
                            .endpoint = endpoint,
                            .call = call,
                            .fate = depot->choose ? depot->choose(depot, (unsigned)which)
                                                  : endpoint->fate,
                            .n = read_number(call)};
    call->carrier = order;
    endpoint->asked++;
    if (++endpoint->under_way > endpoint->most)
        endpoint->most = endpoint->under_way;
    hold_to_laws(depot, endpoint, call);
    usec delay = delay_of(order);
    bool timely = call->worker->now + delay < call->limits.deadline;
    if (order->fate == FATE_GOOD || order->fate == FATE_LOST ||
        (order->fate == FATE_SLOW && timely))
        note_good(order);
    timer_init(&order->timer, call->worker, go_on);
    timer_start(&order->timer,
                usec_min(delay, call->limits.deadline - call->worker->now));
}

static void cancel(struct call *call)
{
    end_order(call->carrier);
}

static void nothing(struct call *call)
{
    (void)call;
}

/* --- a process --- */

void depot_run(struct depot *depot, usec duration)
{
    false_loop_run(&depot->loop, duration);
}

void depot_open(struct depot *depot)
{
    str why = STR_NONE;
    assert_false(depot->open);
    false_loop_init(&depot->loop, &depot->world, DEPOT_WORKERS);
    depot->keyring = keyring_create(STR(MASTER_KEY), &depot->arena, &why);
    depot->directory = directory_open(depot->store, depot->keyring, &depot->world.world,
                                      &depot->arena, &why);
    assert_non_null(depot->directory);
    struct deliver_config config = {.store = depot->store,
                                    .keyring = depot->keyring,
                                    .directory = depot->directory,
                                    .transport = &depot->transport,
                                    .world = &depot->world.world,
                                    .log = &depot->log,
                                    .workers = DEPOT_WORKERS};
    depot->deliver = deliver_open(&config, &why);
    if (!depot->deliver)
        fail_msg("deliver: " STR_F, STR_A(why));
    for (unsigned i = 0; i < DEPOT_WORKERS; i++)
        deliver_join(depot->deliver, false_loop_worker(&depot->loop, i));
    depot->open = true;
}

static bool is_busy(struct depot *depot)
{
    bool busy = false;
    for (unsigned i = 0; i < DEPOT_WORKERS; i++)
        busy |= deliver_busy(depot->deliver, false_loop_worker(&depot->loop, i)) > 0;
    return busy;
}

void depot_stop(struct depot *depot)
{
    assert_true(depot->open);
    for (unsigned i = 0; i < DEPOT_WORKERS; i++)
        deliver_drain(depot->deliver, false_loop_worker(&depot->loop, i));
    false_loop_idle(&depot->loop);
    for (unsigned i = 0; i < DEPOT_WORKERS; i++)
        deliver_stop(depot->deliver, false_loop_worker(&depot->loop, i));
    for (unsigned i = 0; is_busy(depot); i++) {
        assert_in_range(i, 0, 100);
        depot_run(depot, USEC_S);
    }
    for (unsigned i = 0; i < DEPOT_WORKERS; i++)
        deliver_leave(depot->deliver, false_loop_worker(&depot->loop, i));
    false_loop_idle(&depot->loop);
    deliver_close(&depot->deliver);
    directory_close(&depot->directory);
    keyring_destroy(&depot->keyring);
    false_loop_idle(&depot->loop);
    false_loop_fini(&depot->loop);
    depot->open = false;
}

void depot_crash(struct depot *depot)
{
    depot_store_fails(depot, true);
    depot_stop(depot);
    depot_store_fails(depot, false);
}

/* --- the whole --- */

static struct change change_of(struct depot *depot, enum change_kind kind)
{
    return (struct change){.kind = kind,
                           .directory = depot->directory,
                           .worker = worker_of(depot),
                           .arena = &depot->arena,
                           .concurrency_max = -1,
                           .environment_n = -1};
}

static str make(struct depot *depot, struct change *change)
{
    directory_change_now(change);
    if (change->err != ERR_NONE)
        fail_msg("%s: " STR_F, err_code(change->err).p, STR_A(change->detail));
    return arena_str(&depot->arena, tenant_id_str(&change->new_id));
}

struct depot *depot_create(uint64_t seed)
{
    static const struct transport_ops ops = {.name = STR("depot"),
                                             .start = start,
                                             .cancel = cancel,
                                             .pause = nothing,
                                             .resume = nothing,
                                             .body_ready = nothing,
                                             .set_deadline = nothing};
    str why = STR_NONE;
    struct depot *depot = mem_zalloc(sizeof(*depot));
    crypto_start();
    arena_init(&depot->arena, 64 << 10, (size_t)1 << 30);
    depot->log = (struct log){.sink = drop_line, .wall = no_wall, .arg = depot};
    depot->transport.ops = &ops;
    depot->chance = seed * 2 + 1;
    false_world_init(&depot->world, seed);
    depot->store = store_open(STR("mem"), STR(""), &depot->arena, &why);
    assert_non_null(depot->store);
    depot_open(depot);
    struct change stage = change_of(depot, CHANGE_STAGE_CREATE);
    stage.name = STR("Production");
    depot->stage = make(depot, &stage);
    struct change environment = change_of(depot, CHANGE_ENVIRONMENT_CREATE);
    environment.stage_id = depot->stage;
    environment.name = STR("A customer");
    depot->environment = make(depot, &environment);
    struct change account = change_of(depot, CHANGE_ACCOUNT_CREATE);
    account.environment_id = depot->environment;
    account.integration = STR("shop");
    depot->account = make(depot, &account);
    return depot;
}

void depot_destroy(struct depot **gone)
{
    struct depot *depot = *gone;
    *gone = NULL;
    if (depot->open)
        depot_stop(depot);
    store_close(&depot->store);
    arena_fini(&depot->arena);
    mem_free(depot);
}

int depot_setup(void **state)
{
    *state = depot_create(7);
    return 0;
}

int depot_teardown(void **state)
{
    struct depot *depot = *state;
    depot_destroy(&depot);
    return 0;
}

/* --- endpoints and events --- */

static void on_changed(struct endpoint_change *change)
{
    *(bool *)change->owner = true;
}

static void change_now(struct depot *depot, struct endpoint_change *change)
{
    bool done = false;
    change->store = depot->store;
    change->keyring = depot->keyring;
    change->endpoints = deliver_endpoints(depot->deliver);
    change->worker = worker_of(depot);
    change->arena = &depot->arena;
    change->wall = world_wall(&depot->world.world);
    change->done = on_changed;
    change->owner = &done;
    endpoint_change(change);
    while (!done)
        worker_turn(change->worker);
    endpoint_unref(&change->endpoint);
}

struct endpoint_spec depot_spec(void)
{
    struct endpoint_spec spec;
    endpoint_table.init(&spec);
    return spec;
}

unsigned depot_endpoint(struct depot *depot, const struct endpoint_spec *like)
{
    unsigned n = depot->endpoint_n++;
    struct endpoint_spec spec = like ? *like : depot_spec();
    char *id = arena_alloc(&depot->arena, ENDPOINT_ID_BYTES);
    assert_true(n < DEPOT_ENDPOINTS_MAX);
    world_name(&depot->world.world, "ept_", id);
    spec.url = arena_printf(&depot->arena, "https://e%u.test/events", n);
    struct endpoint_change change = {.kind = ENDPOINT_CREATE,
                                     .id = str_z(id),
                                     .environment = depot->environment,
                                     .stage = depot->stage,
                                     .spec = &spec};
    depot->endpoints[n].id = str_z(id);
    depot->endpoints[n].ordered = spec.ordering != ORDERING_NONE;
    change_now(depot, &change);
    assert_int_equal(change.err, ERR_NONE);
    return n;
}

struct endpoint_change depot_change(struct depot *depot, enum endpoint_change_kind kind,
                                    unsigned endpoint)
{
    struct endpoint_change change = {.kind = kind, .id = depot->endpoints[endpoint].id};
    change_now(depot, &change);
    if (kind == ENDPOINT_RESUME)
        deliver_resume(depot->deliver, change.id);
    else
        deliver_look(depot->deliver, change.id, 0, 0);
    return change;
}

struct endpoint *depot_find(struct depot *depot, unsigned endpoint)
{
    return endpoints_find(deliver_endpoints(depot->deliver),
                          depot->endpoints[endpoint].id);
}

struct put {
    struct store_op op;
    struct event event;
};

static enum err run_put(struct tx *tx, struct store_op *op)
{
    return event_put(tx, &CONTAINER_OF(op, struct put, op)->event);
}

unsigned depot_event(struct depot *depot, const char *subject)
{
    unsigned n = depot->event_n++;
    assert_true(n < DEPOT_EVENTS_MAX);
    struct put put = {.op = {.kind = STORE_FULL, .run = run_put},
                      .event = {.type = EVENT_ACCOUNT_CONNECTED,
                                .time = world_wall(&depot->world.world),
                                .environment = depot->environment,
                                .account = depot->account,
                                .detail = arena_printf(&depot->arena, "{\"n\":%u}", n),
                                .subject = str_z(subject)}};
    assert_int_equal(store_run(depot->store, &put.op), ERR_NONE);
    return n;
}
