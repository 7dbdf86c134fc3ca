/* Holding an answer back, and leaving a call at any point. */
#include "stage.h"
#include "tests.h"

#define OK_HEAD      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
#define CHUNKED_HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static const char *const hello[] = {"hello", NULL};
static const char *const held[] = {"hello", probe_hold, NULL};

static void look(void *arg)
{
    (void)arg;
}

/* The loop has turned: what was posted has run. */
static void turn(struct stage *stage)
{
    for (int i = 0; i < 3; i++)
        live_loop_do(&stage->loop, look, NULL);
}

/* --- back-pressure --- */

static void gives_no_body_in_a_pause(void **state)
{
    static const char *const answers[] = {
        OK_HEAD "hello",
        CHUNKED_HEAD "2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nhello",
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct peer_step script[] = {
            PEER_HEAD, {PEER_ACT_SAY, answers[i], strlen(answers[i])}, PEER_END};
        struct probe probe;
        stage_peer(stage, script);
        probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe.pause_at = PROBE_AT_HEAD;
        probe_start(&probe);
        probe_await(&probe, "head 200");
        assert_true(peer_rests(stage->peer)); /* all of it has been sent */
        usleep(20000);
        turn(stage);
        probe_saw(&probe, answers[i], "head 200", "");
        probe_resume(&probe);
        probe_wait(&probe);
        probe_saw(&probe, answers[i], "head 200, body, end", "hello");
        probe_fini(&probe);
    }
}

static void resume_again(struct probe *probe)
{
    for (;;) {
        probe_resume(probe);
        live_loop_lock(&probe->stage->loop);
        bool over = probe->over;
        live_loop_unlock(&probe->stage->loop);
        if (over)
            return;
    }
}

static void pauses_at_every_piece(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_HEAD,
                      PEER_SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n"),
                      PEER_DRIP("2\r\nhe\r\n2\r\nll\r\n7\r\no world\r\n0\r\n\r\n")));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.pause_at = PROBE_AT_HEAD | PROBE_AT_BODY;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    resume_again(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "stop and go", "head 200, body, end", "hello world");
    probe_fini(&probe);
}

#define FLOOD_BYTES 50331648 /* more than all socket buffers of the system take */

static void holds_the_vendor_back_in_a_pause(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_HEAD,
                      PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 50331648\r\n\r\n"),
                      PEER_FLOOD(FLOOD_BYTES)));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    usleep(300000);
    assert_false(peer_over(stage->peer, 0));
    probe_resume(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "a flood", "head 200, body, end", NULL);
    assert_int_equal(probe.call.bytes_received, FLOOD_BYTES);
    probe_fini(&probe);
}

static void allows_a_pause_before_the_head(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_WAIT, PEER_SAY(OK_HEAD "hello")));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_start(&probe);
    probe_pause(&probe);
    peer_go(stage->peer);
    probe_await(&probe, "head 200"); /* only the body is held */
    turn(stage);
    probe_saw(&probe, "paused early", "head 200", "");
    probe_resume(&probe);
    probe_resume(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "paused early", "head 200, body, end", "hello");
    probe_fini(&probe);
}

/* --- leaving --- */

struct leave_case {
    const char *name;
    unsigned at;
    const struct peer_step *script;
    const char *log;
    bool body;
};

static const struct leave_case inside[] = {
    {"asked for the body", PROBE_AT_PULL, SCRIPT(PEER_GONE), "cancelled", true},
    {"told of an interim answer", PROBE_AT_INFORM,
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 103 E\r\n\r\n" OK_HEAD "hello"), PEER_GONE),
     "inform 103, cancelled", false},
    {"told of the head", PROBE_AT_HEAD,
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hello"), PEER_GONE), "head 200, cancelled",
     false},
    {"given the body", PROBE_AT_BODY,
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE), "head 200, body, cancelled",
     false},
    {"given all of the body", PROBE_AT_BODY,
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hello"), PEER_GONE), "head 200, body, cancelled",
     false},
    {"given a chunk", PROBE_AT_BODY,
     SCRIPT(PEER_HEAD,
            PEER_SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nok\r\n0\r\n\r\n"),
            PEER_GONE),
     "head 200, body, cancelled", false},
    {"paused and given the body", PROBE_AT_BODY | 16,
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE), "head 200, body, cancelled",
     false},
};

static void may_be_left_in_any_callback(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        struct probe probe;
        stage_peer(stage, inside[i].script);
        probe_init(&probe, stage, inside[i].body ? "POST" : "GET", "http://127.0.0.1:%u/",
                   peer_port(stage->peer));
        if (inside[i].body)
            probe_body(&probe, hello, 0, false);
        probe.cancel_at = inside[i].at & 15;
        probe.pause_at = inside[i].at & 16 ? PROBE_AT_BODY : PROBE_AT_NEVER;
        probe_run(&probe);
        assert_true(peer_rests(stage->peer)); /* the connection has gone */
        turn(stage);
        probe_saw(&probe, inside[i].name, inside[i].log, NULL);
        assert_null(probe.call.carrier);
        probe_fini(&probe);
    }
}

static const struct leave_case outside[] = {
    {"before it is connected", 0, SCRIPT(PEER_GONE), "cancelled", false},
    {"while it waits", 1, SCRIPT(PEER_HEAD, PEER_GONE), "cancelled", false},
    {"while its body waits", 1, SCRIPT(PEER_HEAD, PEER_GONE), "cancelled", true},
    {"while the answer comes", 2, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE),
     "head 200, body, cancelled", false},
    {"while it is paused", 3, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE),
     "head 200, cancelled", false},
};

static void may_be_left_at_any_time(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(outside); i++) {
        struct probe probe;
        stage_peer(stage, outside[i].script);
        probe_init(&probe, stage, outside[i].body ? "POST" : "GET",
                   "http://127.0.0.1:%u/", peer_port(stage->peer));
        if (outside[i].body)
            probe_body(&probe, held, 0, true);
        if (outside[i].at == 3)
            probe.pause_at = PROBE_AT_HEAD;
        probe_start(&probe);
        if (outside[i].at == 1)
            assert_true(peer_hears(stage->peer, 0, "\r\n\r\n"));
        if (outside[i].at >= 2)
            probe_await(&probe, outside[i].at == 2 ? "body" : "head 200");
        probe_cancel(&probe);
        if (outside[i].at)
            assert_true(peer_rests(stage->peer));
        turn(stage);
        probe_saw(&probe, outside[i].name, outside[i].log, NULL);
        probe_fini(&probe);
    }
}

static void start_and_cancel(void *arg)
{
    struct probe *probe = arg;
    call_start(probe->stage->transport, &probe->call);
    call_cancel(&probe->call);
    call_cancel(&probe->call); /* harmless */
    call_pause(&probe->call);
    call_resume(&probe->call);
    call_body_ready(&probe->call);
    call_set_deadline(&probe->call, USEC_NEVER);
}

static void may_be_left_in_the_turn_it_began(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_GONE));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    live_loop_do(&stage->loop, start_and_cancel, &probe);
    turn(stage);
    assert_true(stage_open_becomes(stage, 0));
    probe_saw(&probe, "left at once", "", "");
    probe_fini(&probe);
}

static void start_too_late(void *arg)
{
    struct probe *probe = arg;
    call_start(probe->stage->transport, &probe->call);
    call_set_deadline(&probe->call, 1);
}

/* The fault is told in a later turn; until then the call may be left. */
static void may_be_left_between_a_fault_and_its_news(void **state)
{
    struct stage *stage = *state;
    struct probe probes[20];
    stage_peer(stage, SCRIPT(PEER_RESET));
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        probe_init(&probes[i], stage, "GET", "http://127.0.0.1:%u/",
                   peer_port(stage->peer));
        live_loop_do(&stage->loop, start_too_late, &probes[i]);
        if (i % 2)
            usleep((unsigned)i * 50);
        probe_cancel(&probes[i]);
    }
    turn(stage);
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        assert_true(str_ends(buf_peek(&probes[i].log), STR("cancelled")));
        probe_fini(&probes[i]);
    }
}

static void lets_a_callback_start_the_next_call(void **state)
{
    struct stage *stage = *state;
    struct probe one, two, three;
    stage_peers(stage,
                SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hello"), PEER_HEAD, PEER_RESET),
                SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hello"), PEER_GONE));
    uint16_t port = peer_port(stage->peer);
    probe_init(&one, stage, "GET", "http://127.0.0.1:%u/1", port);
    probe_init(&two, stage, "GET", "http://127.0.0.1:%u/2", port);
    probe_init(&three, stage, "GET", "http://127.0.0.1:%u/3", port);
    three.call.fresh = true;
    one.then = &two;
    two.then = &three; /* from on_fault */
    probe_start(&one);
    probe_wait(&three);
    probe_saw(&one, "one", "head 200, body, end", "hello");
    probe_saw(&two, "two", "fault reset", "");
    probe_saw(&three, "three", "head 200, body, end", "hello");
    assert_true(two.call.reused && two.call.sent && !three.call.reused);
    probe_fini(&one);
    probe_fini(&two);
    probe_fini(&three);
}

static void cancel_the_other(void *arg)
{
    struct probe *probe = arg;
    call_cancel(&probe->then->call);
    probe->then = NULL;
}

static void keeps_calls_apart(void **state)
{
    struct stage *stage = *state;
    struct probe stays, goes;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_WAIT, PEER_SAY(OK_HEAD "hello"), PEER_GONE));
    uint16_t port = peer_port(stage->peer);
    probe_init(&stays, stage, "GET", "http://127.0.0.1:%u/", port);
    probe_init(&goes, stage, "GET", "http://127.0.0.1:%u/", port);
    probe_start(&stays);
    assert_true(peer_hears(stage->peer, 0, "\r\n\r\n"));
    probe_start(&goes);
    assert_true(peer_hears(stage->peer, 1, "\r\n\r\n"));
    stays.then = &goes;
    live_loop_do(&stage->loop, cancel_the_other, &stays);
    peer_go(stage->peer);
    peer_go(stage->peer);
    probe_wait(&stays);
    turn(stage);
    probe_saw(&stays, "stays", "head 200, body, end", "hello");
    probe_saw(&goes, "goes", "", "");
    probe_fini(&stays);
    probe_fini(&goes);
}

int test_flow(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(gives_no_body_in_a_pause),
        STAGE_TEST(pauses_at_every_piece),
        STAGE_TEST(holds_the_vendor_back_in_a_pause),
        STAGE_TEST(allows_a_pause_before_the_head),
        STAGE_TEST(may_be_left_in_any_callback),
        STAGE_TEST(may_be_left_at_any_time),
        STAGE_TEST(may_be_left_in_the_turn_it_began),
        STAGE_TEST(may_be_left_between_a_fault_and_its_news),
        STAGE_TEST(lets_a_callback_start_the_next_call),
        STAGE_TEST(keeps_calls_apart),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
