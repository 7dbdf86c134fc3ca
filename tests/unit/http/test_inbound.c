#include "support/unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "http/inbound.h"
#include "http/server.h"
#include "support/live_loop.h"
#include "tests.h"

enum { LONG_BYTES = 24 << 20 }; /* past what sockets and `out` hold together */

struct stage {
    struct arena arena;
    struct live_loop loop;
    struct server server;
    struct listener listener;
    int listening;
    uint16_t port;
    str text;
    void (*answer)(struct inbound *in, str text);
};

static void on_body(struct inbound *in, str chunk)
{
    (void)in;
    (void)chunk;
}

static void nothing(struct inbound *in)
{
    (void)in;
}

static void on_gone(struct inbound *in)
{
    inbound_end(in, NULL);
}

static void on_request(struct inbound *in)
{
    static const struct inbound_ops ops = {on_body, nothing, nothing, on_gone};
    struct stage *stage = inbound_listener_arg(in);
    in->ops = &ops;
    stage->answer(in, stage->text);
}

static void open_stage(void *arg)
{
    struct stage *stage = arg;
    listener_open(&stage->listener, &stage->server, &stage->loop.worker,
                  stage->listening);
}

static void close_stage(void *arg)
{
    listener_close(&((struct stage *)arg)->listener);
}

static void stage_init(struct stage *stage, void (*answer)(struct inbound *in, str text))
{
    str why;
    *stage = (struct stage){.answer = answer};
    arena_init(&stage->arena, 4096, 64 << 20);
    char *text = arena_bytes(&stage->arena, LONG_BYTES);
    for (size_t i = 0; i < LONG_BYTES; i++)
        text[i] = (char)('a' + i / 1000 % 26);
    stage->text = str_of(text, LONG_BYTES);
    server_init(&stage->server);
    stage->listener.on_request = on_request;
    stage->listener.arg = stage;
    assert_true(server_bind(&stage->arena, STR("127.0.0.1:0"), 1, &stage->listening,
                            &stage->port, &why));
    live_loop_start(&stage->loop, 0);
    live_loop_do(&stage->loop, open_stage, stage);
}

static void stage_fini(struct stage *stage)
{
    live_loop_do(&stage->loop, close_stage, stage);
    live_loop_stop(&stage->loop);
    arena_fini(&stage->arena);
}

/* A connection on which a request was sent. */
static int ask(const struct stage *stage)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(stage->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
    return fd;
}

/* Reads to the end; false when that is a reset. */
static bool read_all(int fd, struct buf *ret)
{
    char bytes[65536];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        buf_put(ret, bytes, (size_t)n);
    close(fd);
    return n == 0;
}

static void answer_at_once(struct inbound *in, str text)
{
    struct headers none = {0};
    inbound_answer(in, 200, &none, text);
}

static void test_a_long_answer_in_one_reaches_a_slow_reader(void **state)
{
    struct stage stage;
    struct buf heard;
    (void)state;
    stage_init(&stage, answer_at_once);
    buf_init(&heard, LONG_BYTES + 4096);
    int fd = ask(&stage);
    int left = ask(&stage);
    assert_int_equal(read(left, (char[1]){0}, 1), 1);
    close(left);
    assert_true(read_all(fd, &heard));
    assert_true(str_ends(buf_peek(&heard), stage.text));
    buf_fini(&heard);
    stage_fini(&stage);
}

static void write_too_much(struct inbound *in, str text)
{
    struct headers none = {0};
    struct reply reply = {200, &none, (int64_t)text.n};
    inbound_reply(in, &reply);
    inbound_write(in, text);
    inbound_write(in, STR(""));
}

static void test_who_writes_past_the_limit_loses_the_connection_alone(void **state)
{
    struct stage stage;
    struct buf heard;
    (void)state;
    stage_init(&stage, write_too_much);
    buf_init(&heard, LONG_BYTES + 4096);
    int fd = ask(&stage);
    assert_false(read_all(fd, &heard));
    assert_true(heard.n < LONG_BYTES);
    buf_fini(&heard);
    stage_fini(&stage);
}

static void inform_for_long(struct inbound *in, str text)
{
    struct headers headers;
    headers_init(&headers, in->arena, 1);
    header_add_name(&headers, STR("X-Long"), str_of(text.p, 60000));
    for (int i = 0; i < 1000; i++)
        inbound_inform(in, 103, &headers);
    inbound_answer(in, 200, &headers, STR("good\n"));
}

static void test_interim_answers_do_not_pile_up(void **state)
{
    struct stage stage;
    struct buf heard;
    (void)state;
    stage_init(&stage, inform_for_long);
    buf_init(&heard, LONG_BYTES);
    assert_true(read_all(ask(&stage), &heard));
    assert_true(heard.n < 300000);
    assert_true(str_ends(buf_peek(&heard), STR("good\n")));
    buf_fini(&heard);
    stage_fini(&stage);
}

int test_inbound(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_answer_in_one_reaches_a_slow_reader),
        cmocka_unit_test(test_who_writes_past_the_limit_loses_the_connection_alone),
        cmocka_unit_test(test_interim_answers_do_not_pile_up),
    };
    return cmocka_run_group_tests_name("inbound", tests, NULL, NULL);
}
