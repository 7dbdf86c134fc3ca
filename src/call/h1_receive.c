/*
 * The answer comes in: bytes are read into the worker's scratch and used from there; what
 * cannot be used yet (part of a head, pieces while the owner pauses) is kept in `in`.
 * After every call of the owner the connection may have lost its call.
 */
#include "call/h1_conn.h"

enum { INTERIM_MAX = 32 };

#define MAYBE_REFUSED                                                                    \
    STR("the connection ended without an answer, right after the vendor had asked for "  \
        "a client certificate; perhaps it refused it")

static void bad_answer(struct h1_conn *conn, const char *why)
{
    struct call *call = conn->call;
    h1_conn_fail(conn, CALL_FAULT_INVALID,
                 arena_printf(call->arena, "the answer is not valid HTTP: %s", why));
}

/* RFC 9112 §9.3; Keep-Alive: timeout=N is what servers say in practice. */
static void note_keep(struct h1_conn *conn)
{
    str value = header_value(&conn->call->head.headers, HEADER_KEEP_ALIVE);
    str rest = value, item;
    uint64_t seconds;
    conn->keep = conn->pool->h1->transport.settings.idle;
    while (!str_absent(value) && str_next(&rest, ',', &item)) {
        item = str_trim(item);
        if (str_starts_nocase(item, STR("timeout=")) &&
            str_to_u64(str_from(item, 8), 86400, &seconds))
            conn->keep =
                usec_min(conn->keep, seconds > 1 ? (usec)(seconds - 1) * USEC_S : 0);
    }
}

/* 1xx (RFC 9110 §15.2): not the answer yet. */
static void take_interim(struct h1_conn *conn, const struct message_head *head)
{
    struct call *call = conn->call;
    conn->scan = (struct head_scan){0};
    conn->heard = false;
    if (head->status == 101) {
        bad_answer(conn, "it switches to a protocol that nobody asked for");
    } else if (++conn->interim_n > INTERIM_MAX) {
        bad_answer(conn, "it has too many interim answers before it");
    } else if (head->status != 100) {
        call->events->on_inform(call, head);
    } else if (conn->send == H1_SEND_CONTINUE) {
        conn->send = H1_SEND_FLOWS;
        h1_send_pump(conn);
    }
}

static void take_final(struct h1_conn *conn, const struct message_head *head)
{
    struct call *call = conn->call;
    call->head = *head;
    conn->receive = H1_RECEIVE_BODY;
    conn->body.trailers_arena = call->arena;
    if (conn->send == H1_SEND_CONTINUE)
        conn->send = H1_SEND_STOPPED; /* the answer came instead of 100 */
    note_keep(conn);
    call->events->on_head(call);
}

/* A peer that speaks another protocol is known by its first bytes; a line end before the
 * status line is let pass, as http-parser does. */
static bool may_be_http(str bytes)
{
    static const char begin[] = "HTTP/1.";
    while (bytes.n && (bytes.p[0] == '\r' || bytes.p[0] == '\n'))
        bytes = str_from(bytes, 1);
    size_t n = bytes.n < sizeof(begin) - 1 ? bytes.n : sizeof(begin) - 1;
    return n == 0 || memcmp(bytes.p, begin, n) == 0;
}

static enum parse_result parse(struct h1_conn *conn, str bytes, size_t *ret_n,
                               struct message_head *ret_head, const char **ret_why)
{
    struct call *call = conn->call;
    *ret_why = "it does not begin with HTTP/1.";
    if (!may_be_http(bytes))
        return PARSE_BAD;
    enum parse_result result = parse_scan(&conn->scan, bytes, ret_n, ret_why);
    if (result != PARSE_DONE)
        return result;
    return parse_head(call_answer_kind(call), call->arena,
                      arena_str(call->arena, str_of(bytes.p, *ret_n)), ret_head,
                      &conn->body, ret_why);
}

/* Takes a head off *bytes. False when nothing more can be done with them. */
static bool take_head(struct h1_conn *conn, str *bytes)
{
    struct call *call = conn->call;
    struct message_head head;
    const char *why;
    size_t n;
    if (bytes->n && !conn->heard) {
        conn->heard = true;
        call->first_byte_at = conn->pool->worker->now;
    }
    enum parse_result result = parse(conn, *bytes, &n, &head, &why);
    if (result == PARSE_MORE)
        return false;
    if (result == PARSE_LONG_HEAD || result == PARSE_LONG_TARGET)
        why = "its head is larger than 64 KiB or has more than 256 lines";
    if (result != PARSE_DONE) {
        bad_answer(conn, why);
        return false;
    }
    *bytes = str_from(*bytes, n);
    if (head.status < 200)
        take_interim(conn, &head);
    else
        take_final(conn, &head);
    return conn->call == call;
}

static bool take_body(struct h1_conn *conn, str *bytes)
{
    struct call *call = conn->call;
    str chunk;
    if (conn->paused)
        return false;
    switch (parse_body(&conn->body, bytes, &chunk)) {
    case BODY_CHUNK:
        call->bytes_received += chunk.n;
        call->events->on_body(call, chunk);
        return conn->call == call;
    case BODY_MORE:
        return false;
    case BODY_BAD:
        bad_answer(conn, "the framing of its body is broken");
        return false;
    case BODY_END:
        break;
    }
    if (conn->body.trailers.n) {
        call->trailers = arena_alloc(call->arena, sizeof(*call->trailers));
        *call->trailers = conn->body.trailers;
    }
    if (bytes->n)
        call->head.keep_alive = false; /* more than an answer came */
    buf_fini(&conn->in);
    *bytes = STR_NONE;
    h1_conn_finish(conn);
    return false;
}

/* `rest` is the tail of `in` or of the scratch. */
static void keep(struct h1_conn *conn, str rest)
{
    bool inside = conn->in.n && rest.p >= conn->in.p && rest.p <= conn->in.p + conn->in.n;
    if (conn->state != H1_BUSY || rest.n == 0)
        buf_fini(&conn->in);
    else if (inside)
        buf_drop(&conn->in, conn->in.n - rest.n);
    else
        buf_str(&conn->in, rest);
}

static void consume(struct h1_conn *conn, str bytes)
{
    bool more = true;
    while (more && conn->state == H1_BUSY)
        more = conn->receive == H1_RECEIVE_HEAD ? take_head(conn, &bytes)
                                                : take_body(conn, &bytes);
    keep(conn, bytes);
    h1_conn_update(conn);
}

/* An end that completes a body must be an honest one. */
static bool ends_body(const struct h1_conn *conn)
{
    return conn->receive == H1_RECEIVE_BODY && !conn->broken &&
           parse_body_eof(&conn->body) == BODY_END && !stream_cut(&conn->stream);
}

/* Some servers look at a certificate when the handshake is over, and then say nothing. */
static bool was_asked(const struct h1_conn *conn)
{
    return !conn->heard && !conn->used && stream_asked(&conn->stream);
}

static str end_text(const struct h1_conn *conn)
{
    if (conn->heard)
        return STR("the connection ended in the middle of the answer");
    return was_asked(conn) ? MAYBE_REFUSED
                           : STR("the connection ended without an answer");
}

static void on_eof(struct h1_conn *conn)
{
    if (!ends_body(conn)) {
        h1_conn_fail(conn, CALL_FAULT_RESET, end_text(conn));
        return;
    }
    conn->call->head.keep_alive = false;
    h1_conn_finish(conn);
}

void h1_receive_refusal(struct h1_conn *conn)
{
    char byte;
    if (stream_read(&conn->stream, &byte, 1) == STREAM_FAILED && conn->stream.tls_error)
        h1_conn_fail_tls(conn);
    else
        h1_conn_fail(conn, CALL_FAULT_RESET,
                     STR("the connection broke before anything was sent"));
}

/* With TLS 1.3 a vendor refuses our certificate after the handshake. */
static void on_failed(struct h1_conn *conn)
{
    if (conn->stream.tls_error && !conn->heard)
        h1_conn_fail_tls(conn);
    else
        h1_conn_fail(conn, CALL_FAULT_RESET,
                     was_asked(conn) ? MAYBE_REFUSED
                                     : stream_error(&conn->stream, conn->call->arena));
}

static void on_bytes(struct h1_conn *conn, str bytes)
{
    h1_conn_progress(conn);
    if (conn->in.n) {
        buf_str(&conn->in, bytes);
        CHECK(buf_ok(&conn->in));
        bytes = buf_peek(&conn->in);
    }
    consume(conn, bytes);
}

void h1_receive_ready(struct h1_conn *conn)
{
    char *scratch = conn->pool->worker->scratch;
    bool body_waits = conn->receive == H1_RECEIVE_BODY && conn->in.n > 0;
    if (body_waits || (conn->paused && conn->receive == H1_RECEIVE_BODY))
        return; /* it goes on with what is here first */
    long n = stream_read(&conn->stream, scratch, WORKER_SCRATCH_BYTES);
    if (n > 0)
        on_bytes(conn, str_of(scratch, (size_t)n));
    else if (n == STREAM_EOF)
        on_eof(conn);
    else if (n == STREAM_FAILED)
        on_failed(conn);
}

void h1_receive_again(struct h1_conn *conn)
{
    if (conn->state == H1_BUSY && !conn->paused)
        consume(conn, buf_peek(&conn->in));
}
