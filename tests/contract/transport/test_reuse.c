/* Connections that carry one call after another, and those that must not. */
#include "stage.h"
#include "tests.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const char *const hello[] = {"hello", NULL};

static void call_once(struct stage *stage, struct probe *probe, const char *method)
{
    probe_init(probe, stage, method, "http://127.0.0.1:%u/", peer_port(stage->peer));
    if (strcmp(method, "POST") == 0)
        probe_body(probe, hello, 0, false);
    probe_run(probe);
}

/* One call that must succeed; whether it went over a used connection. */
static bool call_reuses(struct stage *stage, const char *method)
{
    struct probe probe;
    call_once(stage, &probe, method);
    probe_saw(&probe, method, "head 200, body, end", "ok");
    bool reused = probe.call.reused;
    probe_fini(&probe);
    return reused;
}

static void uses_a_connection_again(void **state)
{
    struct stage *stage = *state;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_HEAD, PEER_SAY(ANSWER),
                             PEER_UNTIL("hello"), PEER_SAY(ANSWER), PEER_GONE));
    assert_false(call_reuses(stage, "GET"));
    assert_true(call_reuses(stage, "GET"));
    assert_true(call_reuses(stage, "POST"));
    assert_int_equal(peer_connections(stage->peer), 1);
    assert_int_equal(stage_requests(stage, 0), 3);
    struct transport_stats stats = stage_stats(stage);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 2);
    assert_int_equal(stats.open, 1);
}

static void keeps_after_every_complete_form_of_answer(void **state)
{
    static const char *const answers[][2] = {
        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                "\r\n"},
        {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"},
        {"GET", "HTTP/1.1 204 No Content\r\n\r\n"},
        {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
        {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"GET", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
                "Content-Length: 0\r\n\r\n"},
        {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct peer_step script[] = {
            PEER_HEAD, {PEER_ACT_SAY, answers[i][1], strlen(answers[i][1])},
            PEER_HEAD, PEER_SAY(ANSWER),
            PEER_GONE, PEER_END};
        struct probe probe;
        stage_peer(stage, script);
        call_once(stage, &probe, answers[i][0]);
        assert_int_equal(probe.call.fault, CALL_FAULT_NONE);
        probe_fini(&probe);
        if (!call_reuses(stage, "GET"))
            fail_msg("not kept after %s", answers[i][1]);
    }
}

static void does_not_keep_what_may_not_be_kept(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nConnection: X, Close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ANSWER ANSWER,
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct peer_step script[] = {PEER_HEAD,
                                     {PEER_ACT_SAY, answers[i], strlen(answers[i])},
                                     PEER_GONE,
                                     PEER_END};
        stage_peers(stage, script, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER)));
        assert_false(call_reuses(stage, "GET"));
        assert_true(peer_rests(stage->peer));
        if (call_reuses(stage, "GET"))
            fail_msg("kept after %s", answers[i]);
    }
}

static void does_not_keep_what_speaks_out_of_turn(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 2; i++) {
        stage_peers(
            stage,
            SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_WAIT, PEER_SAY(ANSWER), PEER_GONE),
            SCRIPT(PEER_HEAD,
                   PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 2"
                            "\r\n\r\nok"),
                   PEER_GONE));
        assert_false(call_reuses(stage, "GET"));
        peer_go(stage->peer);
        usleep(50000);
        assert_false(call_reuses(stage, i ? "GET" : "POST"));
    }
}

static void sees_that_the_vendor_has_closed(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 4; i++) {
        stage_peer(stage,
                   i % 2 ? SCRIPT(PEER_HEAD, PEER_SAY(ANSWER))
                         : SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_WAIT, PEER_RESET));
        assert_false(call_reuses(stage, "GET"));
        peer_go(stage->peer);
        assert_true(peer_rests(stage->peer));
        usleep(20000);
        assert_false(call_reuses(stage, i < 2 ? "POST" : "GET"));
    }
}

/* The one thing that must never happen by itself: the vendor sees the request twice. */
static void never_sends_a_request_twice(void **state)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    struct stage *stage = *state;
    for (size_t i = 0; i < 2 * COUNT_OF(methods); i++) {
        const char *method = methods[i / 2];
        struct probe probe;
        stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_UNTIL("\r\n\r\n"),
                                 i % 2 ? (struct peer_step)PEER_RESET
                                       : (struct peer_step)PEER_END));
        assert_false(call_reuses(stage, "GET"));
        call_once(stage, &probe, method);
        probe_saw(&probe, method, "fault reset", "");
        assert_true(probe.call.sent);
        assert_true(probe.call.reused);
        assert_int_equal(peer_connections(stage->peer), 1);
        probe_fini(&probe);
    }
}

static void makes_a_fresh_one_when_asked_to(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    assert_false(call_reuses(stage, "GET"));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.call.fresh = true;
    probe_run(&probe);
    probe_saw(&probe, "fresh", "head 200, body, end", "ok");
    assert_false(probe.call.reused);
    assert_int_equal(peer_connections(stage->peer), 2);
    probe_fini(&probe);
}

static void tells_origins_apart(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    assert_false(call_reuses(stage, "GET"));
    probe_init(&probe, stage, "GET", "http://localhost:%u/", peer_port(stage->peer));
    probe_run(&probe);
    assert_false(probe.call.reused);
    probe_fini(&probe);
}

/* Three calls at once make three connections; two are kept; the newest goes first. */
static void keeps_so_many_and_uses_the_newest(void **state)
{
    struct stage *stage = stage_open(&(struct transport_settings){.idle_per_origin = 2});
    struct probe probes[3];
    (void)state;
    if (!stage_is("h1")) {
        stage_close(stage);
        skip();
    }
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_WAIT, PEER_SAY(ANSWER), PEER_GONE));
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        probe_init(&probes[i], stage, "GET", "http://127.0.0.1:%u/%zu",
                   peer_port(stage->peer), i);
        probe_start(&probes[i]);
        assert_true(peer_hears(stage->peer, (unsigned)i, "\r\n\r\n"));
    }
    for (size_t i = 0; i < COUNT_OF(probes); i++)
        peer_go(stage->peer);
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        probe_wait(&probes[i]);
        probe_fini(&probes[i]);
    }
    assert_true(stage_open_becomes(stage, 2));
    stage_close(stage);
}

static void closes_what_is_idle_for_too_long(void **state)
{
    struct stage *stage = stage_open(&(struct transport_settings){.idle = 50 * USEC_MS});
    (void)state;
    if (!stage_is("h1")) {
        stage_close(stage);
        skip();
    }
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    assert_false(call_reuses(stage, "GET"));
    assert_true(peer_rests(stage->peer));
    assert_true(stage_open_becomes(stage, 0));
    stage_close(stage);
}

static void believes_the_vendor_s_own_timeout(void **state)
{
    static const char *const values[] = {"timeout=1", "max=9, timeout=1", "Timeout=0"};
    struct stage *stage = *state;
    if (!stage_is("h1"))
        skip();
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char answer[128];
        snprintf(answer, sizeof(answer),
                 "HTTP/1.1 200 OK\r\nKeep-Alive: %s\r\nContent-Length: 2\r\n\r\nok",
                 values[i]);
        struct peer_step script[] = {
            PEER_HEAD, {PEER_ACT_SAY, answer, strlen(answer)}, PEER_GONE, PEER_END};
        stage_peer(stage, script);
        assert_false(call_reuses(stage, "GET"));
        assert_true(peer_rests(stage->peer)); /* a second is too short to be kept */
    }
}

int test_reuse(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(uses_a_connection_again),
        STAGE_TEST(keeps_after_every_complete_form_of_answer),
        STAGE_TEST(does_not_keep_what_may_not_be_kept),
        STAGE_TEST(does_not_keep_what_speaks_out_of_turn),
        STAGE_TEST(sees_that_the_vendor_has_closed),
        STAGE_TEST(never_sends_a_request_twice),
        STAGE_TEST(makes_a_fresh_one_when_asked_to),
        STAGE_TEST(tells_origins_apart),
        cmocka_unit_test(keeps_so_many_and_uses_the_newest),
        cmocka_unit_test(closes_what_is_idle_for_too_long),
        STAGE_TEST(believes_the_vendor_s_own_timeout),
    };
    return cmocka_run_group_tests_name("reuse", tests, NULL, NULL);
}
