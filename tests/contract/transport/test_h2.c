/* HTTP/2, frame by frame, for the transports that speak it. */
#include "stage.h"
#include "support/h2.h"
#include "tests.h"

enum { STEPS_MAX = 16 };

/* A script whose texts are made at run time. */
struct play {
    struct peer_step steps[STEPS_MAX];
    struct buf texts[STEPS_MAX];
    unsigned n;
};

static struct play play;

static void add(struct peer_step step)
{
    assert_true(play.n + 1 < STEPS_MAX);
    play.steps[play.n++] = step;
}

/* Frames put here are sent at this point of the script. */
static struct buf *say(void)
{
    struct buf *text = &play.texts[play.n];
    buf_init(text, 128 << 20);
    add((struct peer_step){PEER_ACT_SAY, NULL, 0});
    return text;
}

static void ask(void)
{
    add((struct peer_step)PEER_H2);
}

static int setup(void **state)
{
    play = (struct play){0};
    return stage_setup(state);
}

static int teardown(void **state)
{
    stage_teardown(state);
    for (unsigned i = 0; i < play.n; i++)
        buf_fini(&play.texts[i]);
    return 0;
}

static bool speaks_h2(void)
{
    return stage_is("curl");
}

/* The script is complete: a server that plays it. */
static void open_peer(struct stage *stage)
{
    add((struct peer_step)PEER_GONE);
    play.steps[play.n] = (struct peer_step)PEER_END;
    for (unsigned i = 0; i < play.n; i++) {
        if (play.steps[i].act != PEER_ACT_SAY)
            continue;
        play.steps[i].text = play.texts[i].p;
        play.steps[i].n = play.texts[i].n;
    }
    peer_stop(&stage->peer);
    stage->peer = peer_start(&(struct peer_plan){
        .scripts = {play.steps}, .tls = certs_server("good", true, false)});
}

static void init_call(struct stage *stage, struct probe *probe, const char *method)
{
    probe_init(probe, stage, method, "https://localhost:%u/", peer_port(stage->peer));
}

static void reads_an_answer(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    if (!speaks_h2())
        skip();
    ask();
    struct buf *out = say();
    h2_headers(out, 1, ":status: 201\ncontent-type: text/plain\nx-two: a\nx-two: b\n",
               false);
    h2_data(out, 1, "hel", false);
    h2_data(out, 1, "lo", true);
    open_peer(stage);
    init_call(stage, &probe, "GET");
    probe_run(&probe);
    probe_saw(&probe, "h2", "head 201, body, end", "hello");
    const struct headers *headers = &probe.call.head.headers;
    assert_int_equal(headers->n, 3);
    assert_str(header_value(headers, HEADER_CONTENT_TYPE), STR("text/plain"));
    assert_str(headers->items[2].value, STR("b"));
    assert_true(probe.call.sent && !probe.call.reused);
    probe_fini(&probe);
}

static void reads_an_answer_without_body(void **state)
{
    static const char *const heads[] = {":status: 204\n", ":status: 200\n",
                                        ":status: 200\ncontent-length: 0\n"};
    struct stage *stage = *state;
    if (!speaks_h2())
        skip();
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct probe probe;
        play = (struct play){0};
        ask();
        h2_headers(say(), 1, heads[i], true);
        open_peer(stage);
        init_call(stage, &probe, "GET");
        probe_run(&probe);
        probe_saw(&probe, heads[i], i ? "head 200, end" : "head 204, end", "");
        probe_fini(&probe);
        buf_fini(&play.texts[1]);
    }
    play = (struct play){0};
}

static void reads_interim_answers_and_trailers(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    if (!speaks_h2())
        skip();
    ask();
    struct buf *out = say();
    h2_headers(out, 1, ":status: 103\nlink: </a>\n", false);
    h2_headers(out, 1, ":status: 200\n", false);
    h2_data(out, 1, "ok", false);
    h2_headers(out, 1, "x-sum: 1 2\nhost: evil\n", true);
    open_peer(stage);
    init_call(stage, &probe, "GET");
    probe_run(&probe);
    probe_saw(&probe, "h2", "inform 103, head 200, body, end", "ok");
    assert_non_null(probe.call.trailers);
    assert_int_equal(probe.call.trailers->n, 1);
    assert_str(probe.call.trailers->items[0].name, STR("x-sum"));
    assert_str(probe.call.trailers->items[0].value, STR("1 2"));
    probe_fini(&probe);
}

static void sends_a_body(void **state)
{
    static const char *const hello[] = {"hello", probe_hold, " world", NULL};
    struct stage *stage = *state;
    if (!speaks_h2())
        skip();
    for (int chunked = 0; chunked < 2; chunked++) {
        struct probe probe;
        play = (struct play){0};
        ask();
        add((struct peer_step)PEER_UNTIL("hello"));
        add((struct peer_step)PEER_UNTIL(" world"));
        struct buf *out = say();
        h2_headers(out, 1, ":status: 200\n", false);
        h2_data(out, 1, "ok", true);
        open_peer(stage);
        init_call(stage, &probe, "POST");
        probe_body(&probe, hello, 0, chunked);
        probe_start(&probe);
        assert_true(peer_hears(stage->peer, 0, "hello"));
        probe_feed(&probe);
        probe_wait(&probe);
        probe_saw(&probe, "h2", "head 200, body, end", "ok");
        assert_int_equal(probe.call.bytes_sent, 11);
        probe_fini(&probe);
        buf_fini(out);
    }
    play = (struct play){0};
}

static void shares_a_connection(void **state)
{
    struct stage *stage = *state;
    struct probe one, two, three;
    if (!speaks_h2())
        skip();
    ask();
    h2_headers(say(), 1, ":status: 204\n", true);
    ask();
    ask();
    struct buf *out = say();
    h2_headers(out, 5, ":status: 205\n", true);
    h2_headers(out, 3, ":status: 203\n", true);
    open_peer(stage);
    init_call(stage, &one, "GET");
    probe_run(&one);
    init_call(stage, &two, "GET");
    init_call(stage, &three, "GET");
    probe_start(&two);
    probe_start(&three);
    probe_wait(&two);
    probe_wait(&three);
    probe_saw(&one, "one", "head 204, end", "");
    probe_saw(&two, "two", "head 203, end", "");
    probe_saw(&three, "three", "head 205, end", "");
    assert_true(!one.call.reused && two.call.reused && three.call.reused);
    assert_int_equal(peer_connections(stage->peer), 1);
    probe_fini(&one);
    probe_fini(&two);
    probe_fini(&three);
}

struct broken_case {
    const char *name;
    void (*put)(struct buf *out);
    const char *log; /* its end; a fault may overtake what came before */
};

static void put_reset(struct buf *out)
{
    h2_reset(out, 1, H2_PROTOCOL_ERROR);
}

static void put_refusal(struct buf *out)
{
    h2_reset(out, 1, H2_REFUSED_STREAM);
}

static void put_goaway(struct buf *out)
{
    h2_goaway(out, 0, H2_PROTOCOL_ERROR);
}

static void put_short(struct buf *out)
{
    h2_headers(out, 1, ":status: 200\ncontent-length: 9\n", false);
    h2_data(out, 1, "hello", true);
}

static void put_long(struct buf *out)
{
    h2_headers(out, 1, ":status: 200\ncontent-length: 2\n", false);
    h2_data(out, 1, "hello", true);
}

static void put_no_status(struct buf *out)
{
    h2_headers(out, 1, "x: y\n", true);
}

static void put_upper_case(struct buf *out)
{
    h2_headers(out, 1, ":status: 200\nX-Upper: y\n", true);
}

static void put_connection_header(struct buf *out)
{
    h2_headers(out, 1, ":status: 200\nconnection: close\n", true);
}

static void put_garbage(struct buf *out)
{
    buf_str(out, STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

static const struct broken_case broken[] = {
    {"RST_STREAM", put_reset, "fault reset"},
    {"REFUSED_STREAM", put_refusal, "fault reset"},
    {"GOAWAY", put_goaway, "fault reset"},
    {"a body shorter than its length", put_short, "fault reset"},
    {"a body longer than its length", put_long, "fault reset"},
    {"no status", put_no_status, "fault reset"},
    {"upper case", put_upper_case, "fault reset"},
    {"a connection header", put_connection_header, "fault reset"},
    {"no HTTP/2", put_garbage, "fault reset"},
};

static void names_what_breaks_and_does_not_ask_again(void **state)
{
    struct stage *stage = *state;
    if (!speaks_h2())
        skip();
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct probe probe;
        play = (struct play){0};
        ask();
        struct buf *out = say();
        broken[i].put(out);
        ask(); /* waits for a second request, which must not come */
        open_peer(stage);
        init_call(stage, &probe, "POST");
        probe_run(&probe);
        if (!str_ends(buf_peek(&probe.log), str_z(broken[i].log)))
            probe_saw(&probe, broken[i].name, broken[i].log, NULL);
        assert_true(probe.call.sent);
        assert_int_equal(peer_connections(stage->peer), 1);
        probe_fini(&probe);
        buf_fini(out);
    }
    play = (struct play){0};
}

static void tells_a_reset_in_the_body(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    if (!speaks_h2())
        skip();
    ask();
    struct buf *out = say();
    h2_headers(out, 1, ":status: 200\n", false);
    h2_data(out, 1, "hello", false);
    add((struct peer_step)PEER_WAIT);
    h2_reset(say(), 1, H2_CANCEL);
    open_peer(stage);
    init_call(stage, &probe, "GET");
    probe_start(&probe);
    probe_await(&probe, "body");
    peer_go(stage->peer);
    probe_wait(&probe);
    probe_saw(&probe, "reset", "head 200, body, fault reset", "hello");
    probe_fini(&probe);
}

static void leaves_one_stream_and_goes_on_with_the_other(void **state)
{
    struct stage *stage = *state;
    struct probe first, goes, stays;
    if (!speaks_h2())
        skip();
    ask();
    h2_headers(say(), 1, ":status: 204\n", true);
    ask();
    ask();
    add((struct peer_step)PEER_WAIT);
    struct buf *out = say();
    h2_headers(out, 5, ":status: 200\n", false);
    h2_data(out, 5, "ok", true);
    open_peer(stage);
    init_call(stage, &first, "GET");
    probe_run(&first);
    init_call(stage, &goes, "GET");
    init_call(stage, &stays, "GET");
    probe_start(&goes);
    probe_start(&stays);
    usleep(20000);
    probe_cancel(&goes);
    peer_go(stage->peer);
    probe_wait(&stays);
    probe_saw(&goes, "goes", "cancelled", "");
    probe_saw(&stays, "stays", "head 200, body, end", "ok");
    assert_int_equal(peer_connections(stage->peer), 1);
    probe_fini(&first);
    probe_fini(&goes);
    probe_fini(&stays);
}

static void takes_an_answer_before_the_body_is_out(void **state)
{
    static const char *const held[] = {"hello", probe_hold, NULL};
    static const char *const heads[] = {":status: 413\ncontent-length: 2\n",
                                        ":status: 413\n",
                                        ":status: 200\ncontent-length: 2\n"};
    struct stage *stage = *state;
    if (!speaks_h2())
        skip();
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct probe probe;
        play = (struct play){0};
        ask();
        add((struct peer_step)PEER_UNTIL("hello"));
        struct buf *out = say();
        h2_headers(out, 1, heads[i], false);
        h2_data(out, 1, "no", true);
        open_peer(stage);
        init_call(stage, &probe, "POST");
        probe_body(&probe, held, 0, true);
        probe_run(&probe);
        probe_saw(&probe, heads[i], i < 2 ? "head 413, body, end" : "head 200, body, end",
                  "no");
        probe_fini(&probe);
        buf_fini(out);
    }
    play = (struct play){0};
}

static void holds_one_stream_back(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    if (!speaks_h2())
        skip();
    ask();
    struct buf *out = say();
    h2_headers(out, 1, ":status: 200\n", false);
    h2_flood(out, 1, 1 << 20, true);
    open_peer(stage);
    init_call(stage, &probe, "GET");
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    usleep(100000);
    probe_saw(&probe, "paused", "head 200", "");
    probe_resume(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "resumed", "head 200, body, end", NULL);
    assert_int_equal(probe.call.bytes_received, 1 << 20);
    probe_fini(&probe);
}

static void lets_other_streams_pass_a_paused_one(void **state)
{
    struct stage *stage = *state;
    struct probe first, paused, other;
    if (!speaks_h2())
        skip();
    ask();
    h2_headers(say(), 1, ":status: 204\n", true);
    ask();
    ask();
    struct buf *out = say();
    h2_headers(out, 3, ":status: 200\n", false);
    h2_flood(out, 3, 1 << 20, true);
    h2_headers(out, 5, ":status: 200\n", false);
    h2_data(out, 5, "ok", true);
    open_peer(stage);
    init_call(stage, &first, "GET");
    probe_run(&first);
    init_call(stage, &paused, "GET");
    init_call(stage, &other, "GET");
    paused.pause_at = PROBE_AT_HEAD;
    probe_start(&paused);
    probe_start(&other);
    probe_await(&paused, "head 200");
    probe_wait(&other);
    probe_saw(&other, "other", "head 200, body, end", "ok");
    probe_resume(&paused);
    probe_wait(&paused);
    assert_int_equal(paused.call.bytes_received, 1 << 20);
    probe_fini(&first);
    probe_fini(&paused);
    probe_fini(&other);
}

#define H2_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_h2(void)
{
    const struct CMUnitTest tests[] = {
        H2_TEST(reads_an_answer),
        H2_TEST(reads_an_answer_without_body),
        H2_TEST(reads_interim_answers_and_trailers),
        H2_TEST(sends_a_body),
        H2_TEST(shares_a_connection),
        H2_TEST(names_what_breaks_and_does_not_ask_again),
        H2_TEST(tells_a_reset_in_the_body),
        H2_TEST(leaves_one_stream_and_goes_on_with_the_other),
        H2_TEST(takes_an_answer_before_the_body_is_out),
        H2_TEST(holds_one_stream_back),
        H2_TEST(lets_other_streams_pass_a_paused_one),
    };
    return cmocka_run_group_tests_name("h2", tests, NULL, NULL);
}
