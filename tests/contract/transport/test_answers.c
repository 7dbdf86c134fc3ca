/* What a vendor answers, byte by byte, and what the owner of the call is told. */
#include "stage.h"
#include "tests.h"

struct answer_case {
    const char *name;
    const char *method;
    const struct peer_step *script; /* behind the request's head */
    const char *log;
    const char *body;
    const char *trailer; /* "name=value" of the first, NULL = none */
};

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const struct answer_case good[] = {
    {"counted", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 5\r\n\r\nhello")),
     "head 200, body, end", "hello", NULL},
    {"empty", "GET", SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 0\r\n\r\n")),
     "head 200, end", "", NULL},
    {"byte by byte", "GET",
     SCRIPT(PEER_HEAD, PEER_DRIP(OK_HEAD "Content-Length: 5\r\n\r\nhello")),
     "head 200, body, end", "hello", NULL},
    {"chunked", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")),
     "head 200, body, end", "hello world", NULL},
    {"chunked, byte by byte", "GET",
     SCRIPT(PEER_HEAD, PEER_DRIP(CHUNKED "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")),
     "head 200, body, end", "hello world", NULL},
    {"trailers", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nok\r\n0\r\nX-Sum:  1 2 \r\nY: z\r\n\r\n")),
     "head 200, body, end", "ok", "X-Sum=1 2"},
    {"trailers, byte by byte", "GET",
     SCRIPT(PEER_HEAD, PEER_DRIP(CHUNKED "2\r\nok\r\n0\r\nX-Sum: 12\r\nY: z\r\n\r\n")),
     "head 200, body, end", "ok", "X-Sum=12"},
    {"chunked and empty", "GET", SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "0\r\n\r\n")),
     "head 200, end", "", NULL},
    {"until the end", "GET", SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "\r\nhello")),
     "head 200, body, end", "hello", NULL},
    {"until the end, empty", "GET", SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "\r\n")),
     "head 200, end", "", NULL},
    {"HTTP/1.0", "GET", SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.0 200 OK\r\n\r\nhello")),
     "head 200, body, end", "hello", NULL},
    {"no reason", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx")),
     "head 404, body, end", "x", NULL},
    {"status beyond 599", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n")),
     "head 999, end", "", NULL},
    {"HEAD", "HEAD", SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 5\r\n\r\n")),
     "head 200, end", "", NULL},
    {"HEAD, chunked", "HEAD", SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED)), "head 200, end", "",
     NULL},
    {"204", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 204 No Content\r\n\r\n"), PEER_GONE),
     "head 204, end", "", NULL},
    {"304 with a length", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
            PEER_GONE),
     "head 304, end", "", NULL},
    {"redirects are answers", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 302 Found\r\nLocation: /other\r\n"
                                "Content-Length: 0\r\n\r\n")),
     "head 302, end", "", NULL},
    {"compression is passed on", "GET",
     SCRIPT(PEER_HEAD,
            PEER_SAY(OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")),
     "head 200, body, end", "abcd", NULL},
    {"103 before it", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK_HEAD
                                "Content-Length: 1\r\n\r\nx")),
     "inform 103, head 200, body, end", "x", NULL},
    {"several interim ones", "GET",
     SCRIPT(PEER_HEAD, PEER_DRIP("HTTP/1.1 102 Processing\r\n\r\n"
                                 "HTTP/1.1 103 Early Hints\r\n\r\n" OK_HEAD
                                 "Content-Length: 1\r\n\r\nx")),
     "inform 102, inform 103, head 200, body, end", "x", NULL},
    {"100 that nobody asked for", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD
                                "Content-Length: 1\r\n\r\nx")),
     "head 200, body, end", "x", NULL},
    {"more than the length", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 2\r\n\r\nokay")),
     "head 200, body, end", "ok", NULL},
};

static void expect_trailer(const struct answer_case *row, const struct call *call)
{
    char text[64] = "";
    if (call->trailers)
        snprintf(text, sizeof(text), STR_F "=" STR_F,
                 STR_A(call->trailers->items[0].name),
                 STR_A(call->trailers->items[0].value));
    if (strcmp(text, row->trailer ? row->trailer : "") != 0)
        fail_msg("%s: the trailer is \"%s\"", row->name, text);
}

static void run_rows(struct stage *stage, const struct answer_case *rows, size_t n,
                     bool sent)
{
    for (size_t i = 0; i < n; i++) {
        struct probe probe;
        stage_peer(stage, rows[i].script);
        probe_init(&probe, stage, rows[i].method, "http://127.0.0.1:%u/",
                   peer_port(stage->peer));
        probe_run(&probe);
        probe_saw(&probe, rows[i].name, rows[i].log, rows[i].body);
        expect_trailer(&rows[i], &probe.call);
        if (probe.call.sent != sent)
            fail_msg("%s: sent is %d", rows[i].name, probe.call.sent);
        probe_fini(&probe);
    }
}

static void reads_every_form_of_answer(void **state)
{
    run_rows(*state, good, COUNT_OF(good), true);
}

#define LINE_10(line)  line line line line line line line line line line
#define LINE_100(line) LINE_10(LINE_10(line))
#define BYTES_100      LINE_10("0123456789")
#define BYTES_10000    LINE_100(BYTES_100)

static const struct answer_case bad[] = {
    {"no HTTP", "GET", SCRIPT(PEER_HEAD, PEER_SAY("SSH-2.0-OpenSSH_9.2\r\n"), PEER_GONE),
     "fault invalid", "", NULL},
    {"no HTTP, no line", "GET", SCRIPT(PEER_HEAD, PEER_SAY("\x15\x03\x01"), PEER_GONE),
     "fault invalid", "", NULL},
    {"HTTP/2 unasked", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/2.0 200 OK\r\n\r\n"), PEER_GONE), "fault invalid",
     "", NULL},
    {"status of two digits", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"bare LF", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), PEER_GONE),
     "fault invalid", "", NULL},
    {"blank before the colon", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length : 0\r\n\r\n"), PEER_GONE),
     "fault invalid", "", NULL},
    {"folded line", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"NUL in a value", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "A: b\0c\r\nContent-Length: 0\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"both lengths", "GET",
     SCRIPT(PEER_HEAD,
            PEER_SAY(OK_HEAD "Content-Length: 5\r\nTransfer-Encoding: "
                             "chunked\r\n\r\n0\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"two lengths", "GET",
     SCRIPT(PEER_HEAD,
            PEER_SAY(OK_HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"signed length", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: +1\r\n\r\nx"), PEER_GONE),
     "fault invalid", "", NULL},
    {"length beyond 63 bits", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 99999999999999999999\r\n\r\nx"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"gzip, chunked", "GET",
     SCRIPT(PEER_HEAD,
            PEER_SAY(OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"101 unasked", "GET",
     SCRIPT(PEER_HEAD,
            PEER_SAY("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                     "Connection: upgrade\r\n\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"1,000 header lines", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD LINE_100(LINE_10("A: b\r\n")) "\r\n"), PEER_GONE),
     "fault invalid", "", NULL},
    {"a head of 100 kB", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD LINE_10("A: " BYTES_10000 "\r\n") "\r\n"),
            PEER_GONE),
     "fault invalid", "", NULL},
    {"a line that never ends", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "A: "), PEER_FLOOD(0)), "fault invalid", "",
     NULL},
    {"chunk size with a sign", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "+2\r\nok\r\n0\r\n\r\n"), PEER_GONE),
     "head 200, fault invalid", "", NULL},
    {"chunk size beyond 64 bits", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "10000000000000002\r\nok\r\n0\r\n\r\n"),
            PEER_GONE),
     "head 200, fault invalid", "", NULL},
    {"chunk without its CRLF", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nokXY0\r\n\r\n"), PEER_GONE),
     "head 200, body, fault invalid", "ok", NULL},
    {"bare LF in an extension", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2;a\nb\r\nok\r\n0\r\n\r\n"), PEER_GONE),
     "head 200, fault invalid", "", NULL},
    {"trailer without a colon", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nok\r\n0\r\nX\r\n\r\n"), PEER_GONE),
     "head 200, body, fault invalid", "ok", NULL},
    {"trailers without end", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nok\r\n0\r\nA: "), PEER_FLOOD(0)),
     "head 200, body, fault invalid", "ok", NULL},
    {"a trailer without end, drop by drop", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nok\r\n0\r\nA: "), PEER_DRIP(BYTES_10000),
            PEER_FLOOD(0)),
     "head 200, body, fault invalid", "ok", NULL},
    {"nothing", "GET", SCRIPT(PEER_HEAD), "fault reset", "", NULL},
    {"a reset for an answer", "GET", SCRIPT(PEER_HEAD, PEER_RESET), "fault reset", "",
     NULL},
    {"an end in the head", "GET", SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-")),
     "fault reset", "", NULL},
    {"an end after 100", "GET", SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 100 C\r\n\r\n")),
     "fault reset", "", NULL},
    {"an end in the body", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 9\r\n\r\nhello")),
     "head 200, body, fault reset", "hello", NULL},
    {"an end between chunks", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "5\r\nhello\r\n")), "head 200, body, fault reset",
     "hello", NULL},
    {"an end in the trailers", "GET",
     SCRIPT(PEER_HEAD, PEER_SAY(CHUNKED "2\r\nok\r\n0\r\nA: b\r\n")),
     "head 200, body, fault reset", "ok", NULL},
};

static void names_what_is_wrong_with_an_answer(void **state)
{
    run_rows(*state, bad, COUNT_OF(bad), true);
}

static void tells_a_reset_in_the_body_from_its_end(void **state)
{
    struct stage *stage = *state;
    static const char *const heads[] = {OK_HEAD "Content-Length: 99\r\n\r\nhello",
                                        CHUNKED "5\r\nhello\r\n", OK_HEAD "\r\nhello"};
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct peer_step script[] = {PEER_HEAD,
                                     {PEER_ACT_SAY, heads[i], strlen(heads[i])},
                                     PEER_WAIT,
                                     PEER_RESET,
                                     PEER_END};
        struct probe probe;
        stage_peer(stage, script);
        probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
        probe_start(&probe);
        probe_await(&probe, "body");
        peer_go(stage->peer);
        probe_wait(&probe);
        probe_saw(&probe, heads[i], "head 200, body, fault reset", "hello");
        probe_fini(&probe);
    }
}

static void keeps_what_the_answer_says(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_HEAD, PEER_SAY(OK_HEAD "Content-Length: 2\r\n"
                                                  "Set-Cookie: a=1\r\nX-Empty:\r\n"
                                                  "set-cookie: b=2\r\nX-High: \xe9\r\n"
                                                  "\r\nok")));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_run(&probe);
    const struct call *call = &probe.call;
    const struct headers *headers = &call->head.headers;
    assert_int_equal(call->head.status, 200);
    assert_int_equal(call->head.content_length, 2);
    assert_int_equal(headers->n, 5);
    assert_str(headers->items[1].name, STR("Set-Cookie"));
    assert_str(headers->items[1].value, STR("a=1"));
    assert_str(headers->items[2].value, STR(""));
    assert_str(headers->items[3].value, STR("b=2"));
    assert_str(headers->items[4].value, STR("\xe9"));
    assert_int_equal(call->bytes_received, 2);
    assert_false(call->reused);
    assert_true(call->connected_at > 0 && call->sent_at >= call->connected_at &&
                call->first_byte_at >= call->sent_at);
    probe_fini(&probe);
}

static void bounds_interim_answers(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage,
               SCRIPT(PEER_HEAD, PEER_SAY(LINE_100("HTTP/1.1 103 Early Hints\r\n\r\n")),
                      PEER_GONE));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_run(&probe);
    assert_int_equal(probe.call.fault, CALL_FAULT_INVALID);
    probe_fini(&probe);
}

int test_answers(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(reads_every_form_of_answer),
        STAGE_TEST(names_what_is_wrong_with_an_answer),
        STAGE_TEST(tells_a_reset_in_the_body_from_its_end),
        STAGE_TEST(keeps_what_the_answer_says),
        STAGE_TEST(bounds_interim_answers),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
