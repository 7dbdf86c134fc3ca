/*
 * Reading. Bytes are read into the worker's scratch and used from there when that is
 * possible; only what cannot be used yet is kept in `in`, which is bounded by one head
 * and one scratch. A connection in BUSY is read on even if nobody wants its body, because
 * that is how the caller's leaving is seen.
 *
 * Nothing is freed inside a callback: a closed connection frees itself in the next turn.
 */
#include "http/conn.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http/problem.h"
#include "http/tls.h"

enum {
    CONN_MAGIC = 0x434f4e4e,
    INBOUND_MAGIC = 0x494e4244,
    IN_BYTES_MAX = PARSE_HEAD_BYTES_MAX + 2 * WORKER_SCRATCH_BYTES,
    READ_AHEAD_BYTES = 64 * 1024, /* kept of what nobody wants yet */
    OUT_BYTES_MAX = 4 << 20,
    DISCARD_BYTES_MAX = 256 * 1024,
    LINGER_BYTES_MAX =
        16 << 20, /* who is cut while he still sends may not see his answer */
};
static const usec linger_time = 2 * USEC_S;

static usec from_now(const struct conn *conn, usec time)
{
    return usec_add(conn->listener->worker->now, time);
}

static void set_deadline(struct conn *conn, usec deadline)
{
    conn->deadline = deadline;
    if (deadline != USEC_NEVER &&
        (!timer_active(&conn->timer) || conn->timer.node.key > deadline))
        timer_start_at(&conn->timer, deadline);
}

static void close_conn(struct conn *conn)
{
    stream_close(&conn->stream);
    conn->state = CONN_CLOSED;
    timer_start(&conn->resume, 0);
}

static void free_conn(struct conn *conn)
{
    timer_cancel(&conn->timer);
    timer_cancel(&conn->resume);
    list_remove(&conn->node);
    buf_fini(&conn->in);
    buf_fini(&conn->out);
    atomic_fetch_sub_explicit(&conn->listener->server->connections, 1,
                              memory_order_relaxed);
    conn->magic = 0;
    mem_free(conn);
}

void conn_lost(struct conn *conn)
{
    stream_close(&conn->stream);
    if (conn->state == CONN_BUSY)
        conn_resume(conn);
    else
        close_conn(conn);
}

void conn_kill(struct conn *conn)
{
    stream_reset(&conn->stream);
    conn_lost(conn);
}

void conn_resume(struct conn *conn)
{
    timer_start(&conn->resume, 0);
}

/* The clocks of the two directions run while something is waited for, and begin anew
 * (USEC_NEVER) whenever it has moved. */
static void run_clocks(struct conn *conn)
{
    usec now = conn->listener->worker->now;
    bool reads =
        conn->state == CONN_BUSY && conn->inbound->body_state == INBOUND_BODY_FLOWS;
    if (!reads)
        conn->read_from = USEC_NEVER;
    else if (conn->read_from == USEC_NEVER)
        conn->read_from = now;
    if (conn->out.n == 0)
        conn->write_from = USEC_NEVER;
    else if (conn->write_from == USEC_NEVER)
        conn->write_from = now;
}

static usec next_deadline(const struct conn *conn)
{
    const struct server *server = conn->listener->server;
    usec write = usec_add(conn->write_from, server->write_timeout);
    if (conn->state == CONN_BUSY)
        return usec_min(write, usec_add(conn->read_from, server->body_timeout));
    return conn->out.n ? write : conn->until;
}

void conn_update(struct conn *conn)
{
    if (stream_closed(&conn->stream) || conn->state == CONN_CLOSED)
        return;
    bool full = conn->state == CONN_BUSY && conn->in.n >= READ_AHEAD_BYTES;
    stream_want(&conn->stream, (full ? 0 : POLL_READ) | (conn->out.n ? POLL_WRITE : 0));
    run_clocks(conn);
    set_deadline(conn, next_deadline(conn));
}

/* --- the end of a connection --- */

static void say_last(struct conn *conn)
{
    if (!conn_flush(conn) || stream_closed(&conn->stream))
        return;
    shutdown(conn->stream.fd, SHUT_WR);
    conn->until = from_now(conn, linger_time);
}

static void enter_linger(struct conn *conn)
{
    conn->state = CONN_LINGER;
    conn->discarded = 0;
    buf_clear(&conn->in);
    list_remove(&conn->node);
    list_push_back(&conn->listener->idle, &conn->node);
    say_last(conn);
    conn_update(conn);
}

void conn_retire(struct conn *conn)
{
    CHECK_MAGIC(conn, CONN_MAGIC);
    if (conn->state == CONN_HEAD && !conn->head_began && conn->out.n)
        enter_linger(conn);
    else if (conn->state == CONN_HEAD && !conn->head_began)
        conn_lost(conn);
}

static void put_refusal(struct conn *conn, enum err err, const char *why)
{
    struct problem problem = {.err = err, .detail = str_z(why), .retry_after_s = -1};
    struct buf body;
    buf_init(&body, 8192);
    problem_write(&problem, &body);
    buf_printf(&conn->out,
               "HTTP/1.1 %d Refused\r\nContent-Type: application/problem+json\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               problem_status(&problem), body.n);
    buf_str(&conn->out, buf_peek(&body));
    buf_fini(&body);
    atomic_fetch_add_explicit(&conn->listener->server->rejected, 1, memory_order_relaxed);
}

static void refuse(struct conn *conn, enum err err, const char *why)
{
    put_refusal(conn, err, why);
    enter_linger(conn);
}

/* --- heads --- */

static void enter_head(struct conn *conn)
{
    conn->state = CONN_HEAD;
    conn->scan = (struct head_scan){0};
    conn->head_began = false;
    list_remove(&conn->node);
    list_push_back(&conn->listener->idle, &conn->node);
    conn->until = from_now(conn, conn->listener->server->idle_timeout);
}

static void split_target(struct inbound *in)
{
    size_t at = str_find(in->head.target, '?');
    in->path = str_of(in->head.target.p, at);
    in->query = at < in->head.target.n ? str_from(in->head.target, at + 1) : STR_NONE;
}

static enum err check_expect(struct inbound *in)
{
    str expect = header_value(&in->head.headers, HEADER_EXPECT);
    if (str_absent(expect))
        return ERR_NONE;
    if (!str_eq_nocase(expect, STR("100-continue")))
        return ERR_EXPECTATION_FAILED;
    in->expects = in->head.minor > 0 && !parse_body_empty(&in->body);
    return ERR_NONE;
}

static enum err err_of(enum parse_result result)
{
    switch (result) {
    case PARSE_DONE:
    case PARSE_MORE:
        return ERR_NONE;
    case PARSE_BAD:
        return ERR_REQUEST_MALFORMED;
    case PARSE_LONG_HEAD:
        return ERR_HEADERS_TOO_LARGE;
    case PARSE_LONG_TARGET:
        return ERR_URI_TOO_LONG;
    }
    return ERR_INTERNAL;
}

static void begin(struct conn *conn, str bytes)
{
    struct listener *listener = conn->listener;
    struct arena *arena = listener_arena_take(listener);
    struct inbound *in = arena_zalloc(arena, sizeof(*in));
    const char *why = NULL;
    *in = (struct inbound){.magic = INBOUND_MAGIC,
                           .conn = conn,
                           .worker = listener->worker,
                           .arena = arena,
                           .began = listener->worker->now,
                           .answer_left = -1};
    enum err err = err_of(parse_head(PARSE_REQUEST, arena, arena_str(arena, bytes),
                                     &in->head, &in->body, &why));
    if (!err)
        err = check_expect(in);
    if (err) {
        refuse(conn, err, why);
        listener_arena_give(listener, arena);
        return;
    }
    split_target(in);
    in->body.trailers_arena = arena;
    in->body_state =
        parse_body_empty(&in->body) ? INBOUND_BODY_ENDED : INBOUND_BODY_UNASKED;
    conn->inbound = in;
    conn->state = CONN_BUSY;
    conn->gone_told = false;
    conn->close_after = !in->head.keep_alive || listener->draining;
    list_remove(&conn->node);
    list_push_back(&listener->busy, &conn->node);
    listener->on_request(in);
}

/* Takes a head off *bytes. False when there is nothing more to do with them now. */
static bool take_head(struct conn *conn, str *bytes)
{
    size_t n;
    const char *why = NULL;
    if (bytes->n == 0 || conn->out.n)
        return false;
    if (!conn->head_began) {
        conn->head_began = true;
        conn->until = from_now(conn, conn->listener->server->head_timeout);
    }
    enum parse_result result = parse_scan(&conn->scan, *bytes, &n, &why);
    if (result == PARSE_MORE)
        return false;
    if (result != PARSE_DONE) {
        refuse(conn, err_of(result), why);
        return false;
    }
    begin(conn, str_of(bytes->p, n));
    *bytes = str_from(*bytes, n);
    return true;
}

/* --- bodies --- */

/* The rest of the body will not come. The peer hears why, unless its answer has begun;
 * the owner is told in the next turn that his caller is gone. */
static void break_body(struct conn *conn, enum err err, const char *why)
{
    struct inbound *in = conn->inbound;
    in->body_state = INBOUND_BODY_BROKEN;
    conn->close_after = true;
    if (in->answer_state != INBOUND_ANSWER_DUE) {
        conn_lost(conn);
        return;
    }
    in->answer_state = INBOUND_ANSWER_LOST;
    put_refusal(conn, err, why);
    conn_resume(conn);
}

static bool is_body_broken(const struct conn *conn)
{
    return conn->state == CONN_BUSY && conn->inbound->body_state == INBOUND_BODY_BROKEN;
}

/* Hands out pieces of the body until its owner pauses. False when no more can be done
 * with *bytes now. */
static bool feed_body(struct conn *conn, str *bytes)
{
    struct inbound *in = conn->inbound;
    str chunk;
    while (in->body_state == INBOUND_BODY_FLOWS) {
        switch (parse_body(&in->body, bytes, &chunk)) {
        case BODY_CHUNK:
            conn->read_from = USEC_NEVER;
            in->ops->on_body(in, chunk);
            break;
        case BODY_MORE:
            return false;
        case BODY_END:
            in->body_state = INBOUND_BODY_ENDED;
            in->ops->on_body_end(in);
            break;
        case BODY_BAD:
            break_body(conn, ERR_REQUEST_MALFORMED,
                       "the chunks of the body are malformed");
            return false;
        }
        if (conn->inbound != in)
            return true;
    }
    return false;
}

static bool drain_body(struct conn *conn, str *bytes)
{
    str chunk;
    for (;;) {
        switch (parse_body(&conn->rest, bytes, &chunk)) {
        case BODY_CHUNK:
            conn->discarded += chunk.n;
            if (conn->discarded <= DISCARD_BYTES_MAX)
                break;
            enter_linger(conn);
            return false;
        case BODY_MORE:
            return false;
        case BODY_END:
            enter_head(conn);
            return true;
        case BODY_BAD:
            enter_linger(conn);
            return false;
        }
    }
}

static void enter_drain(struct conn *conn, const struct body_parser *rest)
{
    conn->state = CONN_DRAIN;
    conn->rest = *rest;
    conn->rest.trailers_arena = NULL;
    conn->discarded = 0;
    conn->until = from_now(conn, conn->listener->server->body_timeout);
}

bool conn_will_end(const struct conn *conn)
{
    const struct inbound *in = conn->inbound;
    bool unread = in->body_state == INBOUND_BODY_UNASKED &&
                  (in->expects || in->body.left > DISCARD_BYTES_MAX);
    return conn->close_after || conn->listener->draining || unread;
}

void conn_next(struct conn *conn)
{
    struct inbound *in = conn->inbound;
    struct body_parser rest = in->body;
    bool unread = in->body_state != INBOUND_BODY_ENDED;
    bool last = conn->close_after || conn->listener->draining || (unread && in->expects);
    conn->inbound = NULL;
    in->magic = 0;
    listener_arena_give(conn->listener, in->arena);
    if (stream_closed(&conn->stream)) {
        close_conn(conn);
        return;
    }
    if (last && !unread && conn->in.n == 0 && conn_flush(conn))
        close_conn(conn);
    else if (last || rest.left > DISCARD_BYTES_MAX)
        enter_linger(conn);
    else if (unread)
        enter_drain(conn, &rest);
    else
        enter_head(conn);
    if (conn->in.n && conn->state != CONN_CLOSED)
        conn_resume(conn);
    conn_update(conn);
}

/* --- what happens on the socket --- */

/* Remembers what could not be used: `rest` is the tail of `in` or of the scratch. */
static void keep(struct conn *conn, str rest)
{
    bool inside = conn->in.n && rest.p >= conn->in.p && rest.p <= conn->in.p + conn->in.n;
    if (conn->state == CONN_LINGER || conn->state == CONN_CLOSED)
        buf_clear(&conn->in);
    else if (inside)
        buf_drop(&conn->in, conn->in.n - rest.n);
    else
        buf_str(&conn->in, rest);
    if (conn->in.n == 0)
        buf_fini(&conn->in);
}

static void consume(struct conn *conn, str bytes)
{
    bool more = true;
    while (more) {
        switch (conn->state) {
        case CONN_HEAD:
            more = take_head(conn, &bytes);
            break;
        case CONN_BUSY:
            more = feed_body(conn, &bytes);
            break;
        case CONN_DRAIN:
            more = drain_body(conn, &bytes);
            break;
        case CONN_LINGER:
        case CONN_CLOSED:
            more = false;
            break;
        }
    }
    keep(conn, bytes);
    conn_update(conn);
}

static void on_eof(struct conn *conn)
{
    if (conn->state != CONN_BUSY) {
        close_conn(conn);
        return;
    }
    struct inbound *in = conn->inbound;
    if (in->body_state != INBOUND_BODY_ENDED && !parse_body_empty(&in->body))
        in->body_state = INBOUND_BODY_BROKEN;
    conn_lost(conn);
}

static void on_readable(struct conn *conn)
{
    char *scratch = conn->listener->worker->scratch;
    long n = stream_read(&conn->stream, scratch, WORKER_SCRATCH_BYTES);
    if (n == STREAM_WAIT)
        return;
    if (n == STREAM_FAILED) {
        conn_lost(conn);
        return;
    }
    if (n == STREAM_EOF) {
        on_eof(conn);
        return;
    }
    if (conn->state == CONN_LINGER) {
        conn->discarded += (uint64_t)n;
        if (conn->discarded > LINGER_BYTES_MAX)
            close_conn(conn);
        return;
    }
    str bytes = str_of(scratch, (size_t)n);
    if (conn->in.n) {
        buf_str(&conn->in, bytes);
        bytes = buf_peek(&conn->in);
    }
    consume(conn, bytes);
}

bool conn_flush(struct conn *conn)
{
    while (conn->out.n && !stream_closed(&conn->stream)) {
        struct iovec part = {conn->out.p, conn->out.n};
        long n = stream_write(&conn->stream, &part, 1);
        if (n == STREAM_WAIT)
            return false;
        if (n == STREAM_FAILED) {
            conn_lost(conn);
            break;
        }
        buf_drop(&conn->out, (size_t)n);
        conn->write_from = USEC_NEVER;
    }
    buf_fini(&conn->out);
    return true;
}

/* Nothing waits to be written any more: whoever held on for that may go on. */
static void tell_drained(struct conn *conn)
{
    struct inbound *in = conn->inbound;
    if (conn->state == CONN_BUSY && in->answer_state == INBOUND_ANSWER_STALLED) {
        in->answer_state = INBOUND_ANSWER_FLOWS;
        in->ops->on_drained(in);
    } else if (conn->state == CONN_BUSY && in->answer_state == INBOUND_ANSWER_BEHIND) {
        in->answer_state = INBOUND_ANSWER_FLOWS;
    } else if (conn->state == CONN_LINGER) {
        say_last(conn);
    }
}

static void on_writable(struct conn *conn)
{
    if (!conn_flush(conn))
        return;
    tell_drained(conn);
    if (conn->state != CONN_HEAD)
        return;
    conn->until = from_now(conn, conn->listener->server->idle_timeout);
    if (conn->in.n)
        conn_resume(conn);
}

static void on_stream(struct stream *stream, unsigned ready)
{
    struct conn *conn = CONTAINER_OF(stream, struct conn, stream);
    CHECK_MAGIC(conn, CONN_MAGIC);
    if (ready & POLL_WRITE)
        on_writable(conn);
    if ((ready & POLL_READ) && !stream_closed(&conn->stream))
        on_readable(conn);
    conn_update(conn);
}

static void tell_gone(struct conn *conn)
{
    struct inbound *in = conn->inbound;
    if (conn->gone_told)
        return;
    conn->gone_told = true;
    in->answer_state = INBOUND_ANSWER_LOST;
    in->ops->on_gone(in);
}

/* What was gathered did not all leave: the owner learns it at his next write. */
static void stall(struct conn *conn)
{
    if (conn->state == CONN_BUSY && conn->inbound->answer_state == INBOUND_ANSWER_FLOWS)
        conn->inbound->answer_state = INBOUND_ANSWER_BEHIND;
    conn_update(conn);
}

static void on_resume(struct timer *timer)
{
    struct conn *conn = CONTAINER_OF(timer, struct conn, resume);
    CHECK_MAGIC(conn, CONN_MAGIC);
    if (conn->state == CONN_CLOSED) {
        free_conn(conn);
    } else if (stream_closed(&conn->stream) || is_body_broken(conn)) {
        tell_gone(conn);
    } else if (conn->out.n && !conn_flush(conn)) {
        stall(conn);
    } else {
        tell_drained(conn);
        consume(conn, buf_peek(&conn->in));
    }
}

static void on_timer(struct timer *timer)
{
    struct conn *conn = CONTAINER_OF(timer, struct conn, timer);
    CHECK_MAGIC(conn, CONN_MAGIC);
    if (conn->deadline > conn->listener->worker->now) {
        set_deadline(conn, conn->deadline);
        return;
    }
    if (conn->state == CONN_HEAD && conn->head_began)
        refuse(conn, ERR_REQUEST_TIMEOUT, "the head took too long");
    else if (conn->state == CONN_BUSY && conn->out.n == 0)
        break_body(conn, ERR_REQUEST_TIMEOUT, "the body made too long a pause");
    else
        conn_lost(conn);
}

void conn_open(struct listener *listener, int fd, const char *peer, uint64_t number)
{
    struct conn *conn = mem_zalloc(sizeof(*conn));
    conn->magic = CONN_MAGIC;
    conn->listener = listener;
    conn->number = number;
    conn->deadline = USEC_NEVER;
    list_init(&conn->node);
    snprintf(conn->peer, sizeof(conn->peer), "%s", peer);
    buf_init(&conn->in, IN_BYTES_MAX);
    buf_init(&conn->out, OUT_BYTES_MAX);
    timer_init(&conn->timer, listener->worker, on_timer);
    timer_init(&conn->resume, listener->worker, on_resume);
    struct ssl_st *ssl = listener->tls ? tls_accept(listener->tls) : NULL;
    enter_head(conn);
    if (!stream_open(&conn->stream, listener->worker, fd, ssl, on_stream))
        close_conn(conn);
    conn_update(conn);
}
