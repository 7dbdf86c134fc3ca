/* Time limits: each ends a call with a fault of its own, and none counts against a vendor
 * what the owner is slow with. */
#include "stage.h"
#include "tests.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

static const usec brief = 100 * USEC_MS;

static const char *const held[] = {"hello", probe_hold, " world", NULL};

enum which { CONNECT, FIRST_BYTE, IDLE, TOTAL };

struct limit_case {
    const char *name;
    enum which which;
    const struct peer_step *script; /* NULL: a peer that accepts nothing */
    bool body;                      /* a large one */
    const char *log;
    bool sent;
};

static const struct limit_case cases[] = {
    {"no connection", CONNECT, NULL, false, "fault connect timeout", false},
    {"no answer", FIRST_BYTE, SCRIPT(PEER_GONE), false, "fault first byte timeout", true},
    {"no answer to a body", FIRST_BYTE, SCRIPT(PEER_GONE), true,
     "fault first byte timeout", true},
    {"no answer after an interim one", FIRST_BYTE,
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 103 Early Hints\r\n\r\n"), PEER_GONE), false,
     "inform 103, fault first byte timeout", true},
    {"a stop in the head", IDLE,
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\nCon"), PEER_GONE), false,
     "fault idle timeout", true},
    {"a stop behind the head", IDLE, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD), PEER_GONE),
     false, "head 200, fault idle timeout", true},
    {"a stop in the body", IDLE, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE),
     false, "head 200, body, fault idle timeout", true},
    {"a stop between chunks", IDLE,
     SCRIPT(PEER_HEAD,
            PEER_SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nok\r\n"),
            PEER_GONE),
     false, "head 200, body, fault idle timeout", true},
    {"a request that is not taken", IDLE, SCRIPT(PEER_HEAD, PEER_WAIT), true,
     "fault idle timeout", true},
    {"total, connecting", TOTAL, NULL, false, "fault total timeout", false},
    {"total, waiting", TOTAL, SCRIPT(PEER_GONE), false, "fault total timeout", true},
    {"total, sending", TOTAL, SCRIPT(PEER_HEAD, PEER_WAIT), true, "fault total timeout",
     true},
    {"total, receiving", TOTAL, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE),
     false, "head 200, body, fault total timeout", true},
};

static void open_peer(struct stage *stage, const struct limit_case *row)
{
    struct peer_plan plan = {.deaf = !row->script, .receive_bytes = 16 * 1024};
    plan.scripts[0] = row->script;
    peer_stop(&stage->peer);
    stage->peer = peer_start(&plan);
}

static void set_limit(struct probe *probe, enum which which)
{
    struct call_limits *limits = &probe->call.limits;
    if (which == CONNECT)
        limits->connect = brief;
    else if (which == FIRST_BYTE)
        limits->first_byte = brief;
    else if (which == IDLE)
        limits->idle = brief;
}

static void ends_a_call_at_each_limit(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct probe probe;
        open_peer(stage, &cases[i]);
        probe_init(&probe, stage, cases[i].body ? "POST" : "GET", "http://127.0.0.1:%u/",
                   peer_port(stage->peer));
        if (cases[i].body)
            probe_body(&probe, NULL, cases[i].which == FIRST_BYTE ? 1000 : 32 << 20,
                       false);
        set_limit(&probe, cases[i].which);
        probe_start(&probe);
        if (cases[i].which == TOTAL) {
            if (cases[i].sent)
                assert_true(peer_hears(stage->peer, 0, "\r\n\r\n"));
            if (str_starts(str_z(cases[i].log), STR("head")))
                probe_await(&probe, "body");
            probe_deadline(&probe, brief);
        }
        probe_wait(&probe);
        probe_saw(&probe, cases[i].name, cases[i].log, NULL);
        if (probe.call.sent != cases[i].sent)
            fail_msg("%s: sent is %d", cases[i].name, probe.call.sent);
        probe_fini(&probe);
    }
}

static void keeps_a_deadline_given_at_the_start(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_GONE));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.call.limits.deadline = 1; /* long past */
    probe_run(&probe);
    probe_saw(&probe, "past deadline", "fault total timeout", "");
    probe_fini(&probe);
}

static void moves_a_deadline(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_WAIT, PEER_SAY(OK_HEAD "hello")));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_start(&probe);
    probe_deadline(&probe, 20 * USEC_S);
    probe_deadline(&probe, 10 * USEC_S);
    probe_deadline(&probe, 200 * USEC_S);
    peer_go(stage->peer);
    probe_wait(&probe);
    probe_saw(&probe, "moved", "head 200, body, end", "hello");
    probe_fini(&probe);
}

/* It is not over yet, and from now on it may take its time. */
static void be_patient(void *arg)
{
    struct probe *probe = arg;
    assert_non_null(probe->call.carrier);
    probe->call.limits.idle = probe->call.limits.first_byte = 20 * USEC_S;
}

/* The limit passes several times while the owner has nothing to send. */
static void does_not_count_the_time_the_owner_takes_to_send(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_UNTIL(" world"), PEER_SAY(OK_HEAD "hello"), PEER_GONE));
    probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_body(&probe, held, 0, true);
    probe.call.limits.idle = probe.call.limits.first_byte = brief;
    probe_start(&probe);
    assert_true(peer_hears(stage->peer, 0, "hello"));
    usleep(300000);
    probe_await_pulled(&probe, 5);
    live_loop_do(&stage->loop, be_patient, &probe);
    probe_feed(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "a slow owner", "head 200, body, end", "hello");
    probe_fini(&probe);
}

static void does_not_count_the_time_of_a_pause(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_WAIT, PEER_SAY("lo")));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.call.limits.idle = brief;
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    usleep(300000);
    live_loop_do(&stage->loop, be_patient, &probe);
    probe_resume(&probe);
    peer_go(stage->peer);
    probe_wait(&probe);
    probe_saw(&probe, "a pause", "head 200, body, end", "hello");
    probe_fini(&probe);
}

static void keeps_the_deadline_in_a_pause(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "hel"), PEER_GONE));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    probe_deadline(&probe, brief);
    probe_wait(&probe);
    probe_saw(&probe, "a pause", "head 200, fault total timeout", "");
    probe_fini(&probe);
}

int test_limits(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(ends_a_call_at_each_limit),
        STAGE_TEST(keeps_a_deadline_given_at_the_start),
        STAGE_TEST(moves_a_deadline),
        STAGE_TEST(does_not_count_the_time_the_owner_takes_to_send),
        STAGE_TEST(does_not_count_the_time_of_a_pause),
        STAGE_TEST(keeps_the_deadline_in_a_pause),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
