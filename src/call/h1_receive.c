/*
 * The answer comes in: bytes are read into the worker's scratch and used from there; what
 * cannot be used yet (part of a head, pieces while the owner pauses) is kept in `in`.
 * After every call of the owner the connection may have lost its call.
 */
#include "call/h1_conn.h"

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
    conn->keep = conn->pool->h1->settings.idle;
    while (!str_absent(value) && str_next(&rest, ',', &item)) {
        item = str_trim(item);
        if (str_starts_nocase(item, STR("timeout=")) &&
            str_to_u64(str_from(item, 8), 86400, &seconds))
            conn->keep = usec_min(conn->keep,
                                  seconds > 1 ? (usec)(seconds - 1) * USEC_S : 0);
    }
}

/* 1xx (RFC 9110 §15.2): not the answer yet. */
static void take_interim(struct h1_conn *conn, const struct message_head *head)
{
    struct call *call = conn->call;
    conn->scan = (struct head_scan){0};
    if (head->status == 101)
        bad_answer(conn, "it switches to a protocol that nobody asked for");
    else if (head->status != 100)
        call->events->on_inform(call, head);
    else if (conn->send == H1_SEND_CONTINUE) {
        conn->send = H1_SEND_FLOWS;
        h1_send_pump(conn);
    }
}

static void take_final(struct h1_conn *conn, const struct message_head *head)
{
    struct call *call = conn->call;
    call->head = *head;
    call->head.headers.arena = call->arena;
    conn->receive = H1_RECEIVE_BODY;
    conn->body.trailers_arena = call->arena;
    if (conn->send == H1_SEND_CONTINUE || conn->broken)
        call->head.keep_alive = false; /* its body was not sent: nothing may follow it */
    note_keep(conn);
    h1_conn_phase(conn, H1_PHASE_BODY, call->limits.idle);
    call->events->on_head(call);
}

/* Takes a head off *bytes. False when nothing more can be done with them. */
static bool take_head(struct h1_conn *conn, str *bytes)
{
    struct call *call = conn->call;
    struct message_head head;
    const char *why = "";
    size_t n;
    enum parse_result result = parse_scan(&conn->scan, *bytes, &n, &why);
    if (result == PARSE_MORE)
        return false;
    if (result == PARSE_DONE)
        result = parse_head(PARSE_RESPONSE, call->arena,
                            arena_str(call->arena, str_of(bytes->p, n)),
                            str_eq(call->method, STR("HEAD")), &head, &conn->body, &why);
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
    if (conn->body.trailers.n)
        call->trailers = &conn->body.trailers;
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

static void on_eof(struct h1_conn *conn)
{
    struct call *call = conn->call;
    if (conn->receive == H1_RECEIVE_BODY && parse_body_eof(&conn->body) == BODY_END) {
        call->head.keep_alive = false;
        h1_conn_finish(conn);
        return;
    }
    if (conn->receive == H1_RECEIVE_BODY)
        h1_conn_fail(conn, CALL_FAULT_RESET,
                     STR("the connection ended in the middle of the answer"));
    else if (conn->heard)
        h1_conn_fail(conn, CALL_FAULT_INVALID,
                     STR("the connection ended in the middle of the answer's head"));
    else
        h1_conn_fail(conn, CALL_FAULT_RESET,
                     STR("the connection ended without an answer"));
}

static void on_bytes(struct h1_conn *conn, str bytes)
{
    if (!conn->heard) {
        conn->heard = true;
        conn->call->first_byte_at = conn->pool->worker->now;
    }
    h1_conn_phase(conn, H1_PHASE_BODY, conn->call->limits.idle);
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
    if (conn->paused)
        return;
    long n = stream_read(&conn->stream, scratch, WORKER_SCRATCH_BYTES);
    if (n > 0)
        on_bytes(conn, str_of(scratch, (size_t)n));
    else if (n == STREAM_EOF)
        on_eof(conn);
    else if (n == STREAM_FAILED)
        h1_conn_fail(conn, CALL_FAULT_RESET, stream_error(&conn->stream, conn->call->arena));
}

void h1_receive_again(struct h1_conn *conn)
{
    if (conn->state == H1_BUSY && !conn->paused)
        consume(conn, buf_peek(&conn->in));
}
