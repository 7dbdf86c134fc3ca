/* What a vendor receives, and how bodies are sent. */
#include "stage.h"
#include "tests.h"

#define ANSWER PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

static const char *const hello[] = {"hello", " ", "world", NULL};
static const char *const with_pause[] = {"hello", probe_hold, " world", probe_hold, NULL};

/* --- bytes on the wire, which only h1 promises exactly --- */

struct wire_case {
    const char *name;
    const char *method;
    const char *path;
    const char *const *pieces; /* NULL: no body */
    bool chunked;
    bool trailers;
    bool expect;
    const char *headers[5][2];
    const struct peer_step *script;
    const char *wire; /* %u is the port */
};

#define HOST "Host: 127.0.0.1:%u\r\n"

static const struct wire_case wires[] = {
    {.name = "GET",
     .method = "GET",
     .path = "/a/b?c=%2F&d",
     .headers = {{"X-One", "1"}, {"x-two", ""}},
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "GET /a/b?c=%%2F&d HTTP/1.1\r\n" HOST "X-One: 1\r\nx-two: \r\n\r\n"},
    {.name = "empty query",
     .method = "GET",
     .path = "/?",
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "GET /? HTTP/1.1\r\n" HOST "\r\n"},
    {.name = "path as it is",
     .method = "GET",
     .path = "/a//b/./../c;d=1/%7e",
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "GET /a//b/./../c;d=1/%%7e HTTP/1.1\r\n" HOST "\r\n"},
    {.name = "POST without body",
     .method = "POST",
     .path = "/",
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"},
    {.name = "DELETE without body",
     .method = "DELETE",
     .path = "/",
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "DELETE / HTTP/1.1\r\n" HOST "\r\n"},
    {.name = "counted",
     .method = "PUT",
     .path = "/",
     .pieces = hello,
     .script = SCRIPT(PEER_UNTIL("world"), ANSWER),
     .wire = "PUT / HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\nhello world"},
    {.name = "chunked",
     .method = "PATCH",
     .path = "/",
     .pieces = hello,
     .chunked = true,
     .script = SCRIPT(PEER_UNTIL("\r\n0\r\n\r\n"), ANSWER),
     .wire = "PATCH / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n"},
    {.name = "framing is ours",
     .method = "POST",
     .path = "/",
     .pieces = hello,
     .headers = {{"Content-Length", "3"},
                 {"Transfer-Encoding", "gzip"},
                 {"Connection", "X-Hop"},
                 {"Host", "elsewhere"},
                 {"Expect", "100-continue"}},
     .script = SCRIPT(PEER_UNTIL("world"), ANSWER),
     .wire = "POST / HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\nhello world"},
    {.name = "trailers wanted",
     .method = "GET",
     .path = "/",
     .trailers = true,
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "GET / HTTP/1.1\r\n" HOST "TE: trailers\r\nConnection: TE\r\n\r\n"},
    {.name = "expectation",
     .method = "POST",
     .path = "/",
     .pieces = hello,
     .expect = true,
     .script = SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 100 Continue\r\n\r\n"),
                      PEER_UNTIL("world"), ANSWER),
     .wire = "POST / HTTP/1.1\r\n" HOST
             "Content-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world"},
    {.name = "no expectation without a body",
     .method = "GET",
     .path = "/",
     .expect = true,
     .script = SCRIPT(PEER_HEAD, ANSWER),
     .wire = "GET / HTTP/1.1\r\n" HOST "\r\n"},
};

static void plan_wire(struct probe *probe, struct stage *stage,
                      const struct wire_case *row)
{
    probe_init(probe, stage, row->method, "http://127.0.0.1:%u%s", peer_port(stage->peer),
               row->path);
    for (size_t i = 0; i < COUNT_OF(row->headers) && row->headers[i][0]; i++)
        probe_header(probe, row->headers[i][0], row->headers[i][1]);
    if (row->pieces)
        probe_body(probe, row->pieces, 0, row->chunked);
    probe->call.expect_continue = row->expect;
    probe->call.trailers_wanted = row->trailers;
}

static void sends_exactly_these_bytes(void **state)
{
    struct stage *stage = *state;
    if (!stage_is("h1"))
        skip();
    for (size_t i = 0; i < COUNT_OF(wires); i++) {
        struct probe probe;
        stage_peer(stage, wires[i].script);
        plan_wire(&probe, stage, &wires[i]);
        probe_run(&probe);
        probe_saw(&probe, wires[i].name, "head 200, body, end", "ok");
        str wire = arena_printf(&probe.arena, wires[i].wire, peer_port(stage->peer));
        stage_heard(stage, 0, arena_z(&probe.arena, wire));
        probe_fini(&probe);
    }
}

/* --- what every transport promises --- */

static void sends_nothing_of_its_own(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(wires); i++) {
        static const char *const own[] = {"User-Agent", "Accept", "Accept-Encoding",
                                          "Content-Type"};
        const struct wire_case *row = &wires[i];
        struct probe probe;
        struct request request;
        stage_peer(stage, row->script);
        plan_wire(&probe, stage, row);
        probe_run(&probe);
        probe_saw(&probe, row->name, "head 200, body, end", "ok");
        request_init(&request, stage, 0);
        const struct headers *headers = &request.head.headers;
        assert_str(request.head.method, str_z(row->method));
        assert_str(request.head.target, str_z(row->path));
        assert_int_equal(header_count(headers, HEADER_HOST), 1);
        for (size_t own_at = 0; own_at < COUNT_OF(own); own_at++)
            assert_null(header_find_name(headers, str_z(own[own_at])));
        bool expects = row->expect && row->pieces;
        assert_true(!!header_find(headers, HEADER_EXPECT) == expects);
        assert_str(buf_peek(&request.body), row->pieces ? STR("hello world") : STR_NONE);
        assert_true(request.whole && request.more == 0);
        for (size_t at = 0; at < 2 && row->headers[at][0]; at++)
            if (str_starts(str_z(row->headers[at][0]), STR("X-")))
                assert_str(header_value_name(headers, str_z(row->headers[at][0])),
                           str_z(row->headers[at][1]));
        request_fini(&request);
        probe_fini(&probe);
    }
}

static void knows_what_was_sent(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_UNTIL("world"), ANSWER));
    probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_body(&probe, hello, 0, false);
    assert_false(probe.call.sent);
    probe_run(&probe);
    assert_true(probe.call.sent);
    assert_int_equal(probe.call.bytes_sent, 11);
    assert_true(probe.call.sent_at >= probe.call.connected_at);
    probe_fini(&probe);
}

static void sends_pieces_as_they_come(void **state)
{
    struct stage *stage = *state;
    for (int chunked = 0; chunked < 2; chunked++) {
        struct probe probe;
        struct request request;
        stage_peer(stage,
                   SCRIPT(PEER_UNTIL("hello"), PEER_UNTIL(" world"), ANSWER, PEER_GONE));
        probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe_body(&probe, with_pause, 0, chunked);
        probe_start(&probe);
        assert_true(peer_hears(stage->peer, 0, "hello"));
        assert_false(peer_over(stage->peer, 0));
        probe_feed(&probe);
        assert_true(peer_hears(stage->peer, 0, " world"));
        probe_feed(&probe);
        probe_wait(&probe);
        probe_saw(&probe, "in pieces", "head 200, body, end", "ok");
        request_init(&request, stage, 0);
        assert_str(buf_peek(&request.body), STR("hello world"));
        request_fini(&request);
        probe_fini(&probe);
    }
}

static void holds_the_body_back_when_the_vendor_is_slow(void **state)
{
    enum { BYTES = 24 << 20 };
    struct stage *stage = *state;
    for (int chunked = 0; chunked < 2; chunked++) {
        struct probe probe;
        struct request request;
        peer_stop(&stage->peer);
        stage->peer = peer_start(&(struct peer_plan){
            .scripts = {SCRIPT(PEER_HEAD, PEER_WAIT, PEER_BYTES(BYTES), ANSWER)},
            .receive_bytes = 16 * 1024});
        probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe_body(&probe, NULL, BYTES, chunked);
        probe_start(&probe);
        probe_await_pulled(&probe, 1);
        usleep(200000); /* whatever the pipe takes is in it */
        live_loop_lock(&stage->loop);
        uint64_t pulled = probe.pulled;
        live_loop_unlock(&stage->loop);
        assert_true(pulled < BYTES / 2);
        peer_go(stage->peer);
        probe_wait(&probe);
        probe_saw(&probe, "a large body", "head 200, body, end", "ok");
        assert_int_equal(probe.call.bytes_sent, BYTES);
        if (!chunked) {
            request_init(&request, stage, 0);
            assert_int_equal(request.body.n, BYTES);
            request_fini(&request);
        }
        probe_fini(&probe);
    }
}

/* --- Expect: 100-continue --- */

static void run_expecting(struct stage *stage, struct probe *probe,
                          const struct peer_step *script)
{
    stage_peer(stage, script);
    probe_init(probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_body(probe, hello, 0, false);
    probe->call.expect_continue = true;
    probe_run(probe);
}

static void waits_for_100_before_the_body(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    struct request request;
    run_expecting(stage, &probe,
                  SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 103 Early Hints\r\n\r\n"),
                         PEER_SAY("HTTP/1.1 100 Continue\r\n\r\n"), PEER_UNTIL("world"),
                         ANSWER));
    probe_saw(&probe, "100", "inform 103, head 200, body, end", "ok");
    request_init(&request, stage, 0);
    assert_true(request.whole);
    request_fini(&request);
    probe_fini(&probe);
}

static void sends_the_body_when_no_100_comes(void **state)
{
    struct probe probe;
    run_expecting(*state, &probe, SCRIPT(PEER_HEAD, PEER_UNTIL("world"), ANSWER));
    probe_saw(&probe, "silence", "head 200, body, end", "ok");
    probe_fini(&probe);
}

static void keeps_the_body_when_the_answer_is_final(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    struct request request;
    run_expecting(stage, &probe,
                  SCRIPT(PEER_HEAD,
                         PEER_SAY("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\n"
                                  "no"),
                         PEER_GONE));
    probe_saw(&probe, "417", "head 417, body, end", "no");
    assert_true(peer_rests(stage->peer)); /* the connection is not kept */
    request_init(&request, stage, 0);
    assert_int_equal(request.body.n, 0);
    assert_false(request.whole);
    request_fini(&request);
    probe_fini(&probe);
}

/* --- answers before the body is out --- */

static void takes_an_answer_before_the_body_is_out(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct peer_step script[] = {PEER_UNTIL("hello"),
                                     {PEER_ACT_SAY, answers[i], strlen(answers[i])},
                                     PEER_GONE,
                                     PEER_END};
        struct probe probe;
        stage_peer(stage, script);
        probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe_body(&probe, with_pause, 0, false); /* it never goes on */
        probe_run(&probe);
        probe_saw(&probe, answers[i], i ? "head 200, body, end" : "head 413, body, end",
                  "no");
        assert_true(probe.call.sent);
        assert_true(peer_rests(stage->peer)); /* the connection is not kept */
        probe_fini(&probe);
    }
}

static void takes_an_answer_and_a_reset_before_the_body_is_out(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_HEAD,
                             PEER_SAY("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")));
    probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_body(&probe, NULL, 8 << 20, false);
    probe_run(&probe);
    /* the answer, unless the reset has overtaken it */
    if (probe.call.fault == CALL_FAULT_NONE)
        probe_saw(&probe, "early", "head 403, body, end", "no");
    else
        assert_int_equal(probe.call.fault, CALL_FAULT_RESET);
    assert_true(probe.call.sent);
    probe_fini(&probe);
}

static void streams_both_ways_at_once(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_UNTIL("hello"),
                      PEER_SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\none\r\n"),
                      PEER_UNTIL(" world"), PEER_SAY("3\r\ntwo\r\n0\r\n\r\n"),
                      PEER_GONE));
    probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_body(&probe, with_pause, 0, true);
    probe_start(&probe);
    probe_await(&probe, "body");
    probe_feed(&probe);
    probe_wait(&probe);
    probe_saw(&probe, "both ways", "head 200, body, end", "onetwo");
    probe_fini(&probe);
}

static void refuses_a_body_of_another_length(void **state)
{
    struct stage *stage = *state;
    for (int longer = 0; longer < 2; longer++) {
        struct probe probe;
        stage_peer(stage, SCRIPT(PEER_GONE));
        probe_init(&probe, stage, "POST", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe_body(&probe, hello, 0, false);
        probe.call.body_bytes = longer ? 8 : 15;
        probe_run(&probe);
        probe_saw(&probe, "another length", "fault body", "");
        assert_true(peer_rests(stage->peer));
        probe_fini(&probe);
    }
}

int test_requests(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(sends_exactly_these_bytes),
        STAGE_TEST(sends_nothing_of_its_own),
        STAGE_TEST(knows_what_was_sent),
        STAGE_TEST(sends_pieces_as_they_come),
        STAGE_TEST(holds_the_body_back_when_the_vendor_is_slow),
        STAGE_TEST(waits_for_100_before_the_body),
        STAGE_TEST(sends_the_body_when_no_100_comes),
        STAGE_TEST(keeps_the_body_when_the_answer_is_final),
        STAGE_TEST(takes_an_answer_before_the_body_is_out),
        STAGE_TEST(takes_an_answer_and_a_reset_before_the_body_is_out),
        STAGE_TEST(streams_both_ways_at_once),
        STAGE_TEST(refuses_a_body_of_another_length),
    };
    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
