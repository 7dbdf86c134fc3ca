/*
 *   connect (blocking, bounded) → write all → read until the end → parse
 *
 * The server is asked to close behind its answer, so that its end is the end of the
 * connection; its length is checked all the same.
 */
#include "cli/cli_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/parse.h"
#include "http/stream.h"
#include "http/tls.h"
#include "http/url.h"
#include "loop/driver.h"
#include "loop/world.h"

enum { CONNECT_S = 10, ANSWER_BYTES_MAX = 64 << 20, REQUEST_BYTES_MAX = 16 << 20 };

static const usec time_limit = 10 * USEC_MIN;

struct exchange_of {
    struct worker worker;
    struct driver *driver;
    struct stream stream;
    struct timer timer;
    struct buf out;
    struct buf in;
    bool ended;      /* the server has closed */
    const char *why; /* it failed */
};

/* --- the socket --- */

static int connect_one(const struct addrinfo *address)
{
    struct timeval limit = {.tv_sec = CONNECT_S};
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool connect_any(struct cli_call *call, const struct url *url, int *ret_fd,
                        str *ret_why)
{
    char port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    snprintf(port, sizeof(port), "%u", url->port);
    int unknown = getaddrinfo(arena_z(call->arena, url->host), port, &hints, &found);
    if (unknown) {
        *ret_why =
            arena_printf(call->arena, "the name \"" STR_F "\" does not resolve: %s",
                         STR_A(url->host), gai_strerror(unknown));
        return false;
    }
    *ret_fd = -1;
    for (const struct addrinfo *address = found; address && *ret_fd < 0;
         address = address->ai_next)
        *ret_fd = connect_one(address);
    freeaddrinfo(found);
    if (*ret_fd >= 0)
        return true;
    *ret_why = arena_printf(call->arena, "nothing answers at " STR_F ": %s",
                            STR_A(url_authority(call->arena, url)), strerror(errno));
    return false;
}

/* --- the exchange --- */

static void stop(struct exchange_of *exchange, const char *why)
{
    exchange->why = why;
    timer_cancel(&exchange->timer);
    stream_want(&exchange->stream, 0);
    driver_stop(exchange->driver);
}

static void send_more(struct exchange_of *exchange)
{
    struct iovec part = {exchange->out.p, exchange->out.n};
    long n = stream_write(&exchange->stream, &part, 1);
    if (n == STREAM_FAILED)
        stop(exchange, "");
    else if (n > 0)
        buf_drop(&exchange->out, (size_t)n);
}

static void receive_more(struct exchange_of *exchange)
{
    long n =
        stream_read(&exchange->stream, exchange->worker.scratch, WORKER_SCRATCH_BYTES);
    if (n == STREAM_FAILED) {
        stop(exchange, "");
    } else if (n == STREAM_EOF) {
        exchange->ended = true;
        stop(exchange, NULL);
    } else if (n > 0) {
        buf_put(&exchange->in, exchange->worker.scratch, (size_t)n);
        if (!buf_ok(&exchange->in))
            stop(exchange, "the answer is larger than 64 MiB");
    }
}

static void on_stream(struct stream *stream, unsigned ready)
{
    struct exchange_of *exchange = CONTAINER_OF(stream, struct exchange_of, stream);
    if ((ready & POLL_WRITE) && exchange->out.n)
        send_more(exchange);
    else if (ready & POLL_READ)
        receive_more(exchange);
    if (!exchange->ended && !exchange->why)
        stream_want(stream, exchange->out.n ? POLL_WRITE : POLL_READ);
}

static void on_timer(struct timer *timer)
{
    stop(CONTAINER_OF(timer, struct exchange_of, timer),
         "there was no answer within 10 minutes");
}

static void put_request(struct buf *out, const struct cli_call *call,
                        const struct url *url)
{
    str authority = url_authority(call->arena, url);
    buf_printf(out, STR_F " " STR_F, STR_A(call->method), STR_A(url->path));
    if (!str_absent(url->query))
        buf_printf(out, "?" STR_F, STR_A(url->query));
    buf_printf(out, " HTTP/1.1\r\nHost: " STR_F "\r\nConnection: close\r\n",
               STR_A(authority));
    buf_str(out, STR("User-Agent: breakwater-cli\r\nAccept: application/json\r\n"));
    if (!str_absent(call->key))
        buf_printf(out, "Authorization: Bearer " STR_F "\r\n", STR_A(call->key));
    if (!str_absent(call->body))
        buf_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   call->body.n);
    buf_str(out, STR("\r\n"));
    buf_str(out, call->body);
}

/* --- the answer --- */

static bool take_body(struct cli_call *call, struct body_parser *body, str bytes)
{
    struct buf text;
    str chunk;
    enum body_step step;
    buf_init(&text, ANSWER_BYTES_MAX);
    while ((step = parse_body(body, &bytes, &chunk)) == BODY_CHUNK)
        buf_str(&text, chunk);
    if (step == BODY_MORE)
        step = parse_body_eof(body);
    call->text = arena_str(call->arena, text.n ? buf_peek(&text) : STR(""));
    buf_fini(&text);
    return step == BODY_END;
}

/* Interim answers are passed over. */
static bool take_answer(struct cli_call *call, str bytes)
{
    size_t n;
    const char *why;
    struct message_head head;
    struct body_parser body;
    do {
        struct head_scan scan = {0};
        if (parse_scan(&scan, bytes, &n, &why) != PARSE_DONE ||
            parse_head(PARSE_RESPONSE, call->arena,
                       arena_str(call->arena, str_of(bytes.p, n)), &head, &body,
                       &why) != PARSE_DONE)
            return false;
        bytes = str_from(bytes, n);
    } while (head.status < 200);
    call->status = head.status;
    call->type = header_value(&head.headers, HEADER_CONTENT_TYPE);
    return take_body(call, &body, bytes);
}

static bool run(struct exchange_of *exchange, struct cli_call *call, int fd,
                struct ssl_st *ssl, str *ret_why)
{
    if (!stream_open(&exchange->stream, &exchange->worker, fd, ssl, on_stream)) {
        *ret_why = STR("the socket cannot be watched");
        return false;
    }
    stream_want(&exchange->stream, POLL_WRITE);
    timer_init(&exchange->timer, &exchange->worker, on_timer);
    timer_start(&exchange->timer, time_limit);
    driver_run(exchange->driver);
    bool whole = exchange->ended && take_answer(call, buf_peek(&exchange->in));
    if (!exchange->ended && exchange->why[0])
        *ret_why = str_z(exchange->why);
    else if (!exchange->ended)
        *ret_why = stream_error(&exchange->stream, call->arena);
    else if (!whole)
        *ret_why = STR("the answer is cut, or no HTTP");
    stream_close(&exchange->stream);
    return whole;
}

static bool exchange_over(struct cli_call *call, const struct url *url, int fd,
                          struct tls *tls, str *ret_why)
{
    struct exchange_of exchange = {.ended = false};
    struct ssl_st *ssl = tls ? tls_connect(tls, url->host, NULL) : NULL;
    worker_init(&exchange.worker, 0, world_real());
    exchange.driver = driver_create(&exchange.worker);
    buf_init(&exchange.out, REQUEST_BYTES_MAX);
    buf_init(&exchange.in, ANSWER_BYTES_MAX);
    put_request(&exchange.out, call, url);
    bool good = run(&exchange, call, fd, ssl, ret_why);
    buf_fini(&exchange.out);
    buf_fini(&exchange.in);
    driver_destroy(&exchange.driver);
    worker_fini(&exchange.worker);
    return good;
}

bool cli_call(struct cli_call *call, str *ret_why)
{
    struct url url;
    struct tls *tls = NULL;
    const char *why = "it is no URL";
    int fd;
    if (!url_parse(call->arena, call->url, &url, &why)) {
        *ret_why =
            arena_printf(call->arena, "the URL \"" STR_F "\": %s", STR_A(call->url), why);
        return false;
    }
    if (url.tls) {
        tls = tls_create_client(call->arena, call->ca_file, STR_NONE, STR_NONE, ret_why);
        if (!tls)
            return false;
    }
    bool good = connect_any(call, &url, &fd, ret_why) &&
                exchange_over(call, &url, fd, tls, ret_why);
    tls_unref(&tls);
    return good;
}
