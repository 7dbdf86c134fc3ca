/*
 * The request goes out: its head waits in `out` for the first piece of the body, so that
 * both leave in one system call. A piece that the socket does not take whole is kept in
 * `out`, and no further piece is asked for until it has left.
 */
#include <stdio.h>

#include "call/h1_conn.h"

static void put_line(struct buf *out, str name, str value)
{
    buf_str(out, name);
    buf_str(out, STR(": "));
    buf_str(out, value);
    buf_str(out, STR("\r\n"));
}

static bool has_content_by_nature(str method)
{
    return str_eq(method, STR("POST")) || str_eq(method, STR("PUT")) ||
           str_eq(method, STR("PATCH"));
}

static void put_framing(struct buf *out, const struct call *call)
{
    if (call->body_bytes > 0 ||
        (call->body_bytes == CALL_BODY_NONE && has_content_by_nature(call->method))) {
        buf_str(out, STR("Content-Length: "));
        buf_put_int(out, call->body_bytes);
        buf_str(out, STR("\r\n"));
    } else if (call->body_bytes == CALL_BODY_CHUNKED) {
        buf_str(out, STR("Transfer-Encoding: chunked\r\n"));
    }
    if (call->expect_continue && call->body_bytes != CALL_BODY_NONE)
        buf_str(out, STR("Expect: 100-continue\r\n"));
    if (call->trailers_wanted)
        buf_str(out, STR("TE: trailers\r\nConnection: TE\r\n"));
}

static void put_head(struct buf *out, const struct call *call)
{
    buf_str(out, call->method);
    buf_char(out, ' ');
    buf_str(out, call->url.path);
    if (!str_absent(call->url.query)) {
        buf_char(out, '?');
        buf_str(out, call->url.query);
    }
    buf_str(out, STR(" HTTP/1.1\r\n"));
    put_line(out, STR("Host"), url_authority(call->arena, &call->url));
    for (uint32_t i = 0; i < call->headers->n; i++)
        if (!call_frames(&call->headers->items[i]))
            put_line(out, call->headers->items[i].name, call->headers->items[i].value);
    put_framing(out, call);
    buf_str(out, STR("\r\n"));
    CHECK(buf_ok(out));
}

/* The connection takes nothing more. What has come back, if anything, decides; but to a
 * request that was never sent there is no answer. */
static void on_write_failed(struct h1_conn *conn)
{
    if (!conn->call->sent) {
        h1_receive_refusal(conn);
        return;
    }
    conn->broken = true;
    conn->blocked = false;
    conn->send = H1_SEND_STOPPED;
    buf_clear(&conn->out);
}

/* Puts what was not taken of `parts` (from `taken` bytes on) behind `out`. */
static void keep_rest(struct buf *out, const struct iovec *parts, int n, size_t taken)
{
    for (int i = 0; i < n; i++) {
        size_t skip = taken < parts[i].iov_len ? taken : parts[i].iov_len;
        taken -= skip;
        buf_put(out, (char *)parts[i].iov_base + skip, parts[i].iov_len - skip);
    }
    CHECK(buf_ok(out));
}

/* Sends `out` and then parts[1…]; parts[0] is free for `out`. True when all has left. */
static bool send_parts(struct h1_conn *conn, struct iovec *parts, int n)
{
    struct buf *out = &conn->out;
    size_t waiting = out->n;
    parts[0] = (struct iovec){out->p, waiting};
    long put = stream_write(&conn->stream, parts, n);
    if (put == STREAM_FAILED) {
        on_write_failed(conn);
        return false;
    }
    size_t taken = put > 0 ? (size_t)put : 0;
    if (taken) {
        conn->call->sent = true;
        h1_conn_progress(conn);
    }
    size_t of_out = taken < waiting ? taken : waiting;
    buf_drop(out, of_out);
    keep_rest(out, parts + 1, n - 1, taken - of_out);
    conn->blocked = out->n > 0;
    return !conn->blocked;
}

static void send_chunk(struct h1_conn *conn, str chunk)
{
    char size[24];
    struct iovec body = {(void *)(uintptr_t)chunk.p, chunk.n};
    struct iovec parts[4] = {{0}, body};
    conn->call->bytes_sent += chunk.n;
    if (conn->call->body_bytes != CALL_BODY_CHUNKED) {
        send_parts(conn, parts, 2);
        return;
    }
    int n = snprintf(size, sizeof(size), "%zx\r\n", chunk.n);
    parts[1] = (struct iovec){size, (size_t)n};
    parts[2] = body;
    parts[3] = (struct iovec){(void *)(uintptr_t) "\r\n", 2};
    send_parts(conn, parts, 4);
}

/* A length was announced; another would make the rest the head of a next request. */
static bool fits(const struct call *call, size_t more)
{
    return call->body_bytes == CALL_BODY_CHUNKED ||
           more <= (uint64_t)call->body_bytes - call->bytes_sent;
}

static void end_body(struct h1_conn *conn)
{
    struct call *call = conn->call;
    conn->send = H1_SEND_ENDS;
    if (call->body_bytes == CALL_BODY_CHUNKED)
        buf_str(&conn->out, STR("0\r\n\r\n"));
    else if (call->bytes_sent != (uint64_t)call->body_bytes)
        h1_conn_fail(conn, CALL_FAULT_BODY,
                     STR("the request's body is shorter than announced"));
}

/* Asks for pieces of the body until there are none, or the socket is full. The owner may
 * cancel while he is asked. */
static void pull_body(struct h1_conn *conn)
{
    struct call *call = conn->call;
    str chunk = STR_NONE;
    while (conn->state == H1_BUSY && conn->send == H1_SEND_FLOWS && !conn->blocked) {
        enum call_pull pull = call->events->pull(call, &chunk);
        if (conn->state != H1_BUSY)
            return;
        if (pull == CALL_PULL_WAIT)
            conn->send = H1_SEND_WAITS;
        else if (pull == CALL_PULL_END)
            end_body(conn);
        else if (!fits(call, chunk.n))
            h1_conn_fail(conn, CALL_FAULT_BODY,
                         STR("the request's body is longer than announced"));
        else if (chunk.n)
            send_chunk(conn, chunk);
    }
}

static bool flush(struct h1_conn *conn)
{
    struct iovec part;
    return conn->out.n == 0 || send_parts(conn, &part, 1);
}

void h1_send_pump(struct h1_conn *conn)
{
    if (!conn->blocked || flush(conn))
        pull_body(conn);
    if (conn->state == H1_BUSY && !conn->blocked && flush(conn) &&
        conn->send == H1_SEND_ENDS) {
        conn->send = H1_SEND_DONE;
        conn->call->sent_at = conn->pool->worker->now;
        CRASH_POINT("call.sent");
        buf_fini(&conn->out);
    }
    h1_conn_update(conn);
}

void h1_send_start(struct h1_conn *conn)
{
    struct call *call = conn->call;
    conn->receive = H1_RECEIVE_HEAD;
    conn->scan = (struct head_scan){0};
    conn->heard = conn->paused = conn->blocked = conn->broken = false;
    conn->interim_n = 0;
    put_head(&conn->out, call);
    conn->send = call->body_bytes == CALL_BODY_NONE ? H1_SEND_ENDS : H1_SEND_FLOWS;
    if (call->expect_continue && conn->send == H1_SEND_FLOWS)
        conn->send = H1_SEND_CONTINUE;
    h1_send_pump(conn);
}
