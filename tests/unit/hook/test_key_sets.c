/*
 * Key sets on false time, with a transport whose answers the test gives.
 */
#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

#include "hook/key_sets.h"

#define URL STR("https://keys.test/jwks")
#define ONE "{\"keys\":[{\"kid\":\"1\"}]}"
#define TWO "{\"keys\":[{\"kid\":\"2\"}]}"

struct ring {
    struct arena arena;
    struct false_world world;
    struct false_loop loop;
    struct log log;
    struct transport transport;
    struct exchange_env exchange;
    struct key_sets *sets;
    struct call *call; /* under way */
    unsigned calls, cancels, lines;
};

static void on_line(void *arg, str line)
{
    struct ring *ring = arg;
    (void)line;
    ring->lines++;
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

static void start(struct transport *transport, struct call *call)
{
    struct ring *ring = CONTAINER_OF(transport, struct ring, transport);
    assert_null(ring->call);
    assert_str(call->method, STR("GET"));
    assert_str(call->url.host, STR("keys.test"));
    assert_true(call->limits.deadline > call->worker->now);
    call->carrier = ring;
    ring->call = call;
    ring->calls++;
}

static void cancel(struct call *call)
{
    struct ring *ring = call->carrier;
    call->carrier = NULL;
    ring->call = NULL;
    ring->cancels++;
}

static struct call *take_call(struct ring *ring)
{
    struct call *call = ring->call;
    assert_non_null(call);
    ring->call = NULL;
    return call;
}

static void answer(struct ring *ring, int status, const char *cache, str body)
{
    struct call *call = ring->call;
    assert_non_null(call);
    call->head = (struct message_head){.status = status, .content_length = -1};
    headers_init(&call->head.headers, call->arena, 1);
    if (cache)
        header_set_name(&call->head.headers, STR("Cache-Control"), str_z(cache));
    call->events->on_head(call);
    call->events->on_body(call, body);
    if (ring->call == call) { /* else it has ended it */
        take_call(ring)->carrier = NULL;
        call->events->on_end(call);
    }
}

static void break_off(struct ring *ring)
{
    struct call *call = take_call(ring);
    call->carrier = NULL;
    call->fault = CALL_FAULT_CONNECT;
    call->fault_text = STR("nobody listens");
    call->events->on_fault(call);
}

static bool ask(struct ring *ring, bool missed)
{
    return key_sets_ask(ring->sets, false_loop_worker(&ring->loop, 0), URL, missed);
}

static bool finds(struct ring *ring, const char *text)
{
    str found = key_sets_find(ring->sets, URL, &ring->arena);
    return text ? str_eq(found, str_z(text)) : str_absent(found);
}

static int setup(void **state)
{
    static const struct transport_ops ops = {
        .name = STR("ring"), .start = start, .cancel = cancel};
    static struct ring ring;
    ring = (struct ring){.transport = {.ops = &ops}};
    arena_init(&ring.arena, 4096, 1 << 24);
    false_world_init(&ring.world, 1);
    false_loop_init(&ring.loop, &ring.world, 1);
    ring.log =
        (struct log){.level = LOG_WARN, .sink = on_line, .arg = &ring, .wall = no_wall};
    ring.exchange = (struct exchange_env){.h1 = &ring.transport};
    struct key_sets_config config = {.exchange = &ring.exchange,
                                     .world = &ring.world.world,
                                     .log = &ring.log,
                                     .workers = 1};
    ring.sets = key_sets_create(&config);
    *state = &ring;
    return 0;
}

static int teardown(void **state)
{
    struct ring *ring = *state;
    key_sets_stop(ring->sets, false_loop_worker(&ring->loop, 0));
    key_sets_destroy(&ring->sets);
    false_loop_fini(&ring->loop);
    arena_fini(&ring->arena);
    return 0;
}

static void a_set_is_fetched_once_and_kept_for_its_life(void **state)
{
    struct ring *ring = *state;
    assert_true(finds(ring, NULL));
    assert_true(ask(ring, true));
    assert_true(ask(ring, true));
    assert_int_equal(ring->calls, 1);
    answer(ring, 200, NULL, STR(ONE));
    assert_true(finds(ring, ONE));
    false_loop_run(&ring->loop, USEC_H - USEC_S);
    assert_false(ask(ring, false));
    assert_int_equal(ring->calls, 1);
    false_loop_run(&ring->loop, 2 * USEC_S);
    assert_true(ask(ring, false));
    assert_true(finds(ring, ONE)); /* in use until the next is there */
    answer(ring, 200, NULL, STR(TWO));
    assert_true(finds(ring, TWO));
    assert_int_equal(ring->calls, 2);
}

/* Keys that were taken back meanwhile would be believed once more. */
static void a_set_that_is_days_old_is_not_used_but_while_nobody_answers(void **state)
{
    struct ring *ring = *state;
    assert_true(ask(ring, true));
    answer(ring, 200, NULL, STR(ONE));
    false_loop_run(&ring->loop, 25 * USEC_H - USEC_S);
    assert_true(finds(ring, ONE));
    false_loop_run(&ring->loop, USEC_S);
    assert_true(finds(ring, NULL));
    assert_true(ask(ring, true));
    break_off(ring);
    assert_true(finds(ring, ONE));
}

static void its_life_is_the_vendors_word_within_bounds(void **state)
{
    static const struct {
        const char *cache;
        usec life;
    } rows[] = {{"max-age=7200", 2 * USEC_H},
                {"public, max-age=10", 5 * USEC_MIN},
                {"max-age=31536000", 24 * USEC_H},
                {"no-cache", 5 * USEC_MIN},
                {"no-store, max-age=7200", 5 * USEC_MIN},
                {"public", USEC_H}};
    struct ring *ring = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(ask(ring, false));
        answer(ring, 200, rows[i].cache, STR(ONE));
        false_loop_run(&ring->loop, rows[i].life - USEC_S);
        assert_false(ask(ring, false));
        false_loop_run(&ring->loop, USEC_S);
    }
}

static void a_missing_key_has_it_fetched_at_most_once_a_minute(void **state)
{
    struct ring *ring = *state;
    assert_true(ask(ring, true));
    answer(ring, 200, NULL, STR(ONE));
    assert_true(ask(ring, true)); /* at once: the key may be newer than the set */
    answer(ring, 200, NULL, STR(TWO));
    assert_true(finds(ring, TWO));
    for (int i = 0; i < 59; i++) {
        assert_false(ask(ring, true));
        false_loop_run(&ring->loop, USEC_S);
    }
    assert_int_equal(ring->calls, 2);
    false_loop_run(&ring->loop, USEC_S);
    assert_true(ask(ring, true));
    assert_int_equal(ring->calls, 3);
}

static void what_is_there_stays_while_nobody_answers(void **state)
{
    struct ring *ring = *state;
    assert_true(ask(ring, true));
    answer(ring, 200, NULL, STR(ONE));
    false_loop_run(&ring->loop, USEC_H);
    for (int i = 0; i < 5; i++) {
        assert_true(ask(ring, false));
        break_off(ring);
        assert_true(ask(ring, true)); /* no rejection stands on an old set */
        assert_null(ring->call);      /* nor is it asked for again at once */
        assert_true(finds(ring, ONE));
        false_loop_run(&ring->loop, 5 * USEC_S);
    }
    assert_int_equal(ring->lines, 5);
    assert_true(ask(ring, false));
    answer(ring, 200, NULL, STR(TWO));
    assert_true(finds(ring, TWO));
    assert_false(ask(ring, false));
}

static void what_is_no_set_takes_no_place(void **state)
{
    static const struct {
        int status;
        str body;
    } rows[] = {{404, STR(ONE)},
                {301, STR("")},
                {200, STR("")},
                {200, STR("<html>")},
                {200, STR("[]")},
                {200, STR("{\"keys\":{}}")},
                {200, STR("{\"keys\":[]}")}};
    struct ring *ring = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(ask(ring, true));
        answer(ring, rows[i].status, NULL, rows[i].body);
        assert_true(finds(ring, NULL));
        false_loop_run(&ring->loop, 5 * USEC_S);
    }
    char *large = arena_zalloc(&ring->arena, KEY_SET_BYTES_MAX + 1);
    memset(large, ' ', KEY_SET_BYTES_MAX + 1);
    assert_true(ask(ring, true));
    answer(ring, 200, NULL, str_of(large, KEY_SET_BYTES_MAX + 1));
    assert_true(finds(ring, NULL));
    assert_int_equal(ring->cancels, 1);
    assert_int_equal(ring->lines, COUNT_OF(rows) + 1);
}

static void a_worker_that_leaves_ends_what_it_fetches(void **state)
{
    struct ring *ring = *state;
    assert_true(ask(ring, true));
    key_sets_stop(ring->sets, false_loop_worker(&ring->loop, 0));
    assert_int_equal(ring->cancels, 1);
    false_loop_run(&ring->loop, USEC_MIN);
    assert_true(ask(ring, true));
    assert_int_equal(ring->calls, 1);
}

static void sets_of_many_urls_are_bounded(void **state)
{
    struct ring *ring = *state;
    struct worker *worker = false_loop_worker(&ring->loop, 0);
    assert_true(ask(ring, true));
    answer(ring, 200, NULL, STR(ONE));
    for (int i = 0; i < KEY_SETS_MAX; i++) {
        false_loop_run(&ring->loop, USEC_MS);
        str url = arena_printf(&ring->arena, "https://keys.test/%d", i);
        assert_true(key_sets_ask(ring->sets, worker, url, true));
        answer(ring, 200, NULL, STR(TWO));
    }
    assert_true(finds(ring, NULL));
    assert_str(key_sets_find(ring->sets, STR("https://keys.test/0"), &ring->arena),
               STR(TWO));
}

#define RING_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_key_sets(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(a_set_is_fetched_once_and_kept_for_its_life),
        RING_TEST(a_set_that_is_days_old_is_not_used_but_while_nobody_answers),
        RING_TEST(its_life_is_the_vendors_word_within_bounds),
        RING_TEST(a_missing_key_has_it_fetched_at_most_once_a_minute),
        RING_TEST(what_is_there_stays_while_nobody_answers),
        RING_TEST(what_is_no_set_takes_no_place),
        RING_TEST(a_worker_that_leaves_ends_what_it_fetches),
        RING_TEST(sets_of_many_urls_are_bounded),
    };
    return cmocka_run_group_tests_name("hook: key sets", tests, NULL, NULL);
}
