/*
 * Writing. The head of an answer and small pieces of its body are gathered in `out` and
 * leave together, at the end of the answer or of the turn; large pieces go straight to
 * the socket. What it does not take waits in `out`, and the owner is told to hold on.
 */
#include "http/inbound.h"

#include <stdio.h>

#include "http/conn.h"
#include "http/date.h"
#include "http/field.h"
#include "loop/world.h"

enum {
    INBOUND_MAGIC = 0x494e4244,
    GATHER_BYTES = 16 * 1024,
    PIECE_BYTES = 64 * 1024,      /* of an answer that is given out as it is taken */
    INFORM_BYTES_MAX = 64 * 1024, /* waiting: interim answers are left out from then on */
};

static const char *reason_of(int status)
{
    switch (status) {
    case 100:
        return "Continue";
    case 103:
        return "Early Hints";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 409:
        return "Conflict";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "";
    }
}

static void put_status(struct buf *out, int status)
{
    buf_str(out, STR("HTTP/1.1 "));
    buf_put_int(out, status);
    buf_char(out, ' ');
    buf_str(out, str_z(reason_of(status)));
    buf_str(out, STR("\r\n"));
}

static void put_header(struct buf *out, str name, str value)
{
    if (!buf_reserve(out, name.n + value.n + 4))
        return;
    buf_str(out, name);
    buf_str(out, STR(": "));
    buf_str(out, value);
    buf_str(out, STR("\r\n"));
}

static void put_headers(struct buf *out, const struct headers *headers)
{
    for (uint32_t i = 0; headers && i < headers->n; i++)
        put_header(out, headers->items[i].name, headers->items[i].value);
}

/* More than may wait was written: it is the caller who is lost then, not the process. */
static bool fits(struct conn *conn)
{
    bool output_overflows = !buf_ok(&conn->out);
    ODD(output_overflows);
    if (!output_overflows)
        return true;
    buf_fini(&conn->out);
    conn_kill(conn);
    return false;
}

void inbound_read_body(struct inbound *in)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->body_state != INBOUND_BODY_UNASKED)
        return;
    if (in->expects) {
        in->expects = false;
        put_status(&in->conn->out, 100);
        buf_str(&in->conn->out, STR("\r\n"));
        conn_flush(in->conn);
    }
    in->body_state = INBOUND_BODY_FLOWS;
    conn_resume(in->conn);
}

void inbound_pause(struct inbound *in)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->body_state == INBOUND_BODY_FLOWS)
        in->body_state = INBOUND_BODY_PAUSED;
}

void inbound_resume(struct inbound *in)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->body_state != INBOUND_BODY_PAUSED)
        return;
    in->body_state = INBOUND_BODY_FLOWS;
    conn_resume(in->conn);
}

void inbound_inform(struct inbound *in, int status, const struct headers *headers)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->head.minor == 0 || in->answer_state != INBOUND_ANSWER_DUE ||
        in->conn->out.n > INFORM_BYTES_MAX)
        return;
    put_status(&in->conn->out, status);
    put_headers(&in->conn->out, headers);
    buf_str(&in->conn->out, STR("\r\n"));
    if (fits(in->conn))
        conn_resume(in->conn);
}

/* RFC 9112 §6: how the end of the answer is told. */
static void put_framing(struct inbound *in, const struct reply *reply)
{
    struct buf *out = &in->conn->out;
    bool never_length = reply->status == 204 || reply->status < 200;
    if (reply->content_length >= 0 && !never_length) {
        buf_str(out, STR("Content-Length: "));
        buf_put_int(out, reply->content_length);
        buf_str(out, STR("\r\n"));
    } else if (!in->bodiless && in->head.minor > 0) {
        in->chunked = true;
        buf_str(out, STR("Transfer-Encoding: chunked\r\n"));
    } else if (!in->bodiless) {
        in->conn->close_after = true; /* HTTP/1.0: the end of the connection */
    }
    if (in->conn->close_after)
        buf_str(out, STR("Connection: close\r\n"));
    else if (in->head.minor == 0)
        buf_str(out, STR("Connection: keep-alive\r\n"));
}

/* The Date of this second; written anew once a second on each thread. */
static str date_now(struct worker *worker)
{
    static _Thread_local char text[DATE_HTTP_CHARS + 1];
    static _Thread_local usec second;
    usec now = world_wall(worker->world) / USEC_S;
    if (now != second) {
        second = now;
        date_format_http(now * USEC_S, text);
    }
    return str_of(text, DATE_HTTP_CHARS);
}

void inbound_reply(struct inbound *in, const struct reply *reply)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->answer_state == INBOUND_ANSWER_LOST)
        return;
    CHECK(in->answer_state == INBOUND_ANSWER_DUE);
    struct buf *out = &in->conn->out;
    in->answer_state = INBOUND_ANSWER_FLOWS;
    in->bodiless = str_eq(in->head.method, STR("HEAD")) || reply->status == 204 ||
                   reply->status == 304;
    in->answer_left = in->bodiless ? -1 : reply->content_length;
    in->conn->close_after = conn_will_end(in->conn);
    put_status(out, reply->status);
    put_headers(out, reply->headers);
    if (!reply->headers || !header_find(reply->headers, HEADER_DATE))
        put_header(out, STR("Date"), date_now(in->worker));
    put_framing(in, reply);
    buf_str(out, STR("\r\n"));
    if (fits(in->conn))
        conn_resume(in->conn); /* sends the head alone when no body comes in this turn */
}

/* Puts what the socket did not take behind what waits already. */
static void keep_rest(struct buf *out, const struct iovec *parts, int n, size_t taken)
{
    for (int i = 0; i < n; i++) {
        size_t skip = taken < parts[i].iov_len ? taken : parts[i].iov_len;
        taken -= skip;
        buf_put(out, (char *)parts[i].iov_base + skip, parts[i].iov_len - skip);
    }
}

/* parts[0] is free: it becomes what waits in `out`. */
static bool send_parts(struct conn *conn, struct iovec *parts, int n)
{
    struct buf *out = &conn->out;
    size_t waiting = out->n;
    parts[0] = (struct iovec){out->p, waiting};
    long put = stream_write(&conn->stream, parts, n);
    if (put == STREAM_FAILED) {
        buf_fini(out);
        conn_lost(conn);
        return true;
    }
    size_t taken = put > 0 ? (size_t)put : 0;
    if (taken)
        conn->write_from = USEC_NEVER;
    size_t of_out = taken < waiting ? taken : waiting;
    if (of_out < waiting) {
        buf_drop(out, of_out);
        keep_rest(out, parts + 1, n - 1, 0);
    } else {
        buf_clear(out);
        keep_rest(out, parts + 1, n - 1, taken - of_out);
    }
    return !fits(conn) || out->n == 0;
}

static void count_down(struct inbound *in, size_t n)
{
    if (in->answer_left < 0)
        return;
    CHECK((uint64_t)in->answer_left >= n);
    in->answer_left -= (int64_t)n;
}

bool inbound_write(struct inbound *in, str chunk)
{
    char size[24];
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->answer_state == INBOUND_ANSWER_LOST || stream_closed(&in->conn->stream) ||
        in->bodiless || chunk.n == 0)
        return true;
    CHECK(in->answer_state != INBOUND_ANSWER_DUE);
    count_down(in, chunk.n);
    struct iovec body = {(void *)(uintptr_t)chunk.p, chunk.n};
    struct iovec parts[4] = {{0}, body};
    int n = 2;
    if (in->chunked) {
        int length = snprintf(size, sizeof(size), "%zx\r\n", chunk.n);
        parts[1] = (struct iovec){size, (size_t)length};
        parts[2] = body;
        parts[3] = (struct iovec){(void *)(uintptr_t) "\r\n", 2};
        n = 4;
    }
    if (in->answer_state == INBOUND_ANSWER_FLOWS &&
        in->conn->out.n + chunk.n <= GATHER_BYTES) {
        keep_rest(&in->conn->out, parts + 1, n - 1, 0);
        conn_resume(in->conn);
        return true;
    }
    bool all = send_parts(in->conn, parts, n);
    in->answer_state = all ? INBOUND_ANSWER_FLOWS : INBOUND_ANSWER_STALLED;
    if (!all)
        conn_update(in->conn);
    return all;
}

void inbound_end(struct inbound *in, const struct headers *trailers)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    struct conn *conn = in->conn;
    if (!stream_closed(&conn->stream)) {
        CHECK(in->answer_state != INBOUND_ANSWER_DUE && in->answer_left <= 0);
        if (in->chunked) {
            buf_str(&conn->out, STR("0\r\n"));
            put_headers(&conn->out, trailers);
            buf_str(&conn->out, STR("\r\n"));
        }
        if (fits(conn))
            conn_flush(conn);
    }
    conn_next(conn);
}

void inbound_abort(struct inbound *in)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    struct conn *conn = in->conn;
    conn->close_after = true;
    stream_reset(&conn->stream);
    conn_next(conn);
}

bool inbound_raw(struct inbound *in, str bytes)
{
    CHECK_MAGIC(in, INBOUND_MAGIC);
    if (in->answer_state == INBOUND_ANSWER_DUE)
        in->answer_state = INBOUND_ANSWER_FLOWS;
    in->bodiless = in->chunked = false;
    in->answer_left = -1;
    return inbound_write(in, bytes);
}

/* --- an answer in one --- */

/* Writes what the caller takes now; false when some of it is left. */
static bool put_rest(struct inbound *in, str *rest)
{
    while (rest->n) {
        str piece = str_of(rest->p, rest->n < PIECE_BYTES ? rest->n : PIECE_BYTES);
        *rest = str_from(*rest, piece.n);
        if (!inbound_write(in, piece) && rest->n)
            return false;
    }
    return true;
}

static void ignore_body(struct inbound *in, str chunk)
{
    (void)in;
    (void)chunk;
}

static void ignore(struct inbound *in)
{
    (void)in;
}

static void on_rest_drained(struct inbound *in)
{
    if (put_rest(in, in->owner))
        inbound_end(in, NULL);
}

static void on_rest_gone(struct inbound *in)
{
    inbound_end(in, NULL);
}

void inbound_answer(struct inbound *in, int status, const struct headers *headers,
                    str body)
{
    static const struct inbound_ops ops = {ignore_body, ignore, on_rest_drained,
                                           on_rest_gone};
    struct reply reply = {status, headers, (int64_t)body.n};
    inbound_reply(in, &reply);
    if (put_rest(in, &body)) {
        inbound_end(in, NULL);
        return;
    }
    str *rest = arena_alloc(in->arena, sizeof(*rest));
    *rest = arena_str(in->arena, body);
    in->ops = &ops;
    in->owner = rest;
}

void inbound_close_after(struct inbound *in)
{
    in->conn->close_after = true;
}

str inbound_peer(const struct inbound *in)
{
    return str_z(in->conn->peer);
}

bool inbound_tls(const struct inbound *in)
{
    return in->conn->stream.ssl != NULL;
}

uint64_t inbound_connection(const struct inbound *in)
{
    return in->conn->number;
}

void *inbound_listener_arg(const struct inbound *in)
{
    return in->conn->listener->arg;
}
