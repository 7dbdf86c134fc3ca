/*
 * The cache of reads, against a vendor that says to each request who asked and what: no
 * answer ever reaches another account, another login, or another request, whatever was
 * asked before (SPEC 6.1).
 */
#include "support/unit.h"

#include "tests.h"

#include "base/mem.h"
#include "exchange/exchange.h"
#include "support/script_scene.h"

static const char document[] =
    "{'name':'vendor','hosts':['api.vendor.test','*.vendor.test'],"
    "'base_url':'https://{site}.vendor.test/v2','auth':'none',"
    "'headers':{'X-Version':'1'},"
    "'cache':{'vary_by':['X-Flavor']},"
    "'resources':{'things':{'methods':{"
    "'list':{'verb':'GET','path':'/things'},"
    "'get':{'verb':'GET','path':'/things/{id}'},"
    "'search':{'verb':'POST','path':'/things/search','safe':true}}}}}";

enum { WHO_MAX = 6, REQUESTS = 6000 };

/* --- a vendor that echoes --- */

struct echo {
    struct timer timer;
    struct call *call;
    str text;
};

static str value_of(const struct headers *headers, const char *name)
{
    str value = header_value_name(headers, str_z(name));
    return str_absent(value) ? STR("-") : value;
}

/* Who asks is what the account says: its id and since when its credentials are there. */
static str describe(struct arena *arena, const struct exchange *exchange,
                    const struct headers *headers)
{
    const struct exchange_request *request = &exchange->request;
    const struct account *account = exchange->account;
    str version = header_value_name(headers, STR("X-Version"));
    return arena_printf(arena,
                        STR_F " %lld " STR_F " " STR_F " " STR_F " ?" STR_F " " STR_F
                              " v" STR_F " " STR_F,
                        STR_A(tenant_id_str(&account->id)), (long long)account->connected,
                        STR_A(json_member_text(&account->context, STR("site"))),
                        STR_A(request->verb), STR_A(request->path),
                        STR_A(str_absent(request->query) ? STR("-") : request->query),
                        STR_A(value_of(headers, "X-Flavor")),
                        STR_A(str_absent(version) ? STR("1") : version),
                        STR_A(value_of(headers, "Accept")));
}

static void play(struct timer *timer)
{
    struct echo *echo = CONTAINER_OF(timer, struct echo, timer);
    struct call *call = echo->call;
    str text = arena_str(call->arena, echo->text);
    call->carrier = NULL;
    mem_free(echo);
    call->first_byte_at = call->worker->now;
    call->head = (struct message_head){.status = 200, .content_length = -1};
    headers_init(&call->head.headers, call->arena, 2);
    header_add_name(&call->head.headers, STR("Vary"), STR("X-Version, Accept"));
    call->events->on_head(call);
    call->events->on_body(call, text);
    call->events->on_end(call);
}

static void start(struct transport *transport, struct call *call)
{
    struct echo *echo = mem_zalloc(sizeof(*echo));
    (void)transport;
    str body;
    while (call->body_bytes && call->events->pull(call, &body) == CALL_PULL_DATA)
        ;
    echo->call = call;
    echo->text = describe(call->arena, call->owner, call->headers);
    call->carrier = echo;
    call->sent = true;
    timer_init(&echo->timer, call->worker, play);
    timer_start(&echo->timer, USEC_MS);
}

static void cancel(struct call *call)
{
    struct echo *echo = call->carrier;
    timer_cancel(&echo->timer);
    call->carrier = NULL;
    mem_free(echo);
}

static void nothing(struct call *call)
{
    (void)call;
}

static const struct transport_ops echo_ops = {.start = start,
                                              .cancel = cancel,
                                              .pause = nothing,
                                              .resume = nothing,
                                              .body_ready = nothing,
                                              .set_deadline = nothing};

/* --- one who reads --- */

struct reader {
    struct exchange exchange;
    struct arena arena;
    struct headers headers;
    struct buf heard;
    bool done;
};

static void on_answer(struct exchange *exchange)
{
    struct reader *reader = exchange->owner;
    buf_clear(&reader->heard);
}

static void on_body(struct exchange *exchange, str chunk)
{
    struct reader *reader = exchange->owner;
    buf_str(&reader->heard, chunk);
}

static void on_done(struct exchange *exchange)
{
    struct reader *reader = exchange->owner;
    reader->done = true;
}

static const struct exchange_ops ops = {
    .on_answer = on_answer, .on_body = on_body, .on_done = on_done};

/* --- the crowd --- */

struct crowd {
    struct script_scene base;
    struct transport transport;
    struct account accounts[WHO_MAX];
    struct cache *cache;
    uint64_t seed;
    unsigned fresh, live;
};

static const char *const ids[] = {"acc_a", "acc_ab", "acc_b"};

/* Two logins of each account, and contexts that are alike. */
static void make_accounts(struct crowd *crowd)
{
    for (int i = 0; i < WHO_MAX; i++) {
        struct account *account = &crowd->accounts[i];
        struct json_build build;
        script_scene_account(&crowd->base, account, ids[i % 3]);
        account->connected = 1 + i / 3;
        json_build_init(&build, &crowd->base.arena);
        json_build_member(&build, STR("site"),
                          json_of_text(i % 2 ? STR("api") : STR("eu")));
        account->context = json_build_object(&build);
    }
}

static str pick(struct crowd *crowd, const char *const *words, size_t n)
{
    const char *word = words[unit_below(&crowd->seed, n)];
    return word ? str_z(word) : STR_NONE;
}

#define PICK(crowd, ...)                                                                 \
    pick(crowd, (const char *const[]){__VA_ARGS__},                                      \
         COUNT_OF(((const char *const[]){__VA_ARGS__})))

static void maybe(struct crowd *crowd, struct headers *headers, const char *name)
{
    str value = PICK(crowd, NULL, NULL, NULL, "1", "1, 2");
    if (!str_absent(value))
        header_add_name(headers, str_z(name), value);
}

static void ask(struct crowd *crowd, struct reader *reader)
{
    struct exchange *exchange = &reader->exchange;
    struct script_scene *base = &crowd->base;
    exchange_init(exchange, &base->env, script_scene_worker(base), &reader->arena);
    exchange->ops = &ops;
    exchange->owner = reader;
    exchange->integration = base->integration;
    exchange->account = &crowd->accounts[unit_below(&crowd->seed, WHO_MAX)];
    exchange->request.verb = STR("GET");
    exchange->request.path = PICK(crowd, "/things", "/things/1");
    exchange->request.query =
        PICK(crowd, NULL, "", "a=1", "a=1%26b=2", "a=1&b=2", "a=1&a=2", "a=2&a=1");
    headers_init(&reader->headers, &reader->arena, 4);
    maybe(crowd, &reader->headers, "X-Flavor");
    maybe(crowd, &reader->headers, "X-Version");
    maybe(crowd, &reader->headers, "Accept");
    exchange->request.headers = &reader->headers;
    exchange->request.cache =
        (struct recall_wish){.fresh = true, .stale = true, .keeps = true};
    exchange->method =
        integration_method(base->integration, STR("GET"), exchange->request.path);
    exchange_start(exchange);
}

static void hold_to_it(struct crowd *crowd, struct reader *reader)
{
    struct exchange *exchange = &reader->exchange;
    str expected = describe(&reader->arena, exchange, &reader->headers);
    assert_true(reader->done);
    assert_int_equal(exchange->outcome.err, ERR_NONE);
    assert_str(buf_peek(&reader->heard), expected);
    if (exchange->outcome.freshness == FRESHNESS_FRESH)
        crowd->fresh++;
    else
        crowd->live++;
    exchange_fini(exchange);
    buf_fini(&reader->heard);
    arena_fini(&reader->arena);
}

static void no_answer_reaches_another(void **state)
{
    static const struct play plays[] = {{.status = 200}};
    struct crowd *crowd = mem_zalloc(sizeof(*crowd));
    struct reader readers[4] = {0};
    (void)state;
    crowd->seed = 11;
    script_scene_open(&crowd->base, document, plays, 1);
    crowd->transport.ops = &echo_ops;
    crowd->base.env.h1 = &crowd->transport;
    crowd->cache =
        cache_open(&(struct cache_settings){.bytes_max = 1 << 20,
                                            .environment_bytes_max = 1 << 20,
                                            .world = &crowd->base.world.world});
    crowd->base.env.cache = crowd->cache;
    crowd->base.env.shares = shares_create();
    make_accounts(crowd);
    for (int i = 0; i < REQUESTS; i++) {
        size_t at_once = 1 + unit_below(&crowd->seed, COUNT_OF(readers));
        for (size_t k = 0; k < at_once; k++) {
            readers[k] = (struct reader){0};
            arena_init(&readers[k].arena, 4096, 1 << 20);
            buf_init(&readers[k].heard, 4096);
            ask(crowd, &readers[k]);
        }
        for (size_t k = 0; k < at_once; k++)
            script_scene_run_until(&crowd->base, &readers[k].done);
        for (size_t k = 0; k < at_once; k++)
            hold_to_it(crowd, &readers[k]);
        if (unit_below(&crowd->seed, 20) == 0)
            false_world_advance(&crowd->base.world, 10 * USEC_S);
        if (unit_below(&crowd->seed, 100) == 0)
            cache_invalidate(crowd->cache, &crowd->accounts[0], STR("things"));
    }
    assert_true(crowd->fresh > REQUESTS / 4 && crowd->live > REQUESTS / 4);
    shares_destroy(&crowd->base.env.shares);
    cache_close(&crowd->cache);
    script_scene_close(&crowd->base);
    mem_free(crowd);
}

int test_recall(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_answer_reaches_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
