/*
 * Opening, timing, keeping and ending a connection. Nothing is freed inside a callback,
 * and no owner is called from inside his own call: both wait for `later`.
 *
 * There is one limit at a time, that of the phase, and the phase follows from the states;
 * so no step has to remember which clock to stop. A phase that is entered, or in which
 * something moves, starts its limit anew.
 */
#include "call/h1_conn.h"

#include <unistd.h>

#include "base/mem.h"
#include "call/dial.h"
#include "http/tls.h"

enum { H1_CONN_MAGIC = 0x4831434e, IN_BYTES_MAX = 1 << 20, OUT_BYTES_MAX = 1 << 20 };
static const usec continue_wait = USEC_S;

static void on_stream(struct stream *stream, unsigned ready);

/* --- time --- */

static enum h1_phase busy_phase(const struct h1_conn *conn)
{
    bool all_sent = conn->send == H1_SEND_DONE || conn->send == H1_SEND_STOPPED;
    if (conn->blocked)
        return H1_PHASE_SEND;
    if (conn->send == H1_SEND_CONTINUE)
        return H1_PHASE_CONTINUE;
    if (conn->receive == H1_RECEIVE_BODY)
        return conn->paused ? H1_PHASE_OWNER : H1_PHASE_RECEIVE;
    if (!all_sent)
        return H1_PHASE_OWNER;
    return conn->heard ? H1_PHASE_RECEIVE : H1_PHASE_FIRST_BYTE;
}

static enum h1_phase phase_of(const struct h1_conn *conn)
{
    switch (conn->state) {
    case H1_DIAL:
    case H1_TLS:
        return H1_PHASE_CONNECT;
    case H1_BUSY:
        return busy_phase(conn);
    case H1_IDLE:
        return H1_PHASE_KEEP;
    case H1_CLOSED:
        break;
    }
    return H1_PHASE_OWNER;
}

static usec limit_of(const struct h1_conn *conn)
{
    switch (conn->phase) {
    case H1_PHASE_CONNECT:
        return conn->call->limits.connect;
    case H1_PHASE_CONTINUE:
        return continue_wait;
    case H1_PHASE_FIRST_BYTE:
        return conn->call->limits.first_byte;
    case H1_PHASE_SEND:
    case H1_PHASE_RECEIVE:
        return conn->call->limits.idle;
    case H1_PHASE_KEEP:
        return conn->keep;
    case H1_PHASE_OWNER:
        break;
    }
    return USEC_NEVER;
}

static void arm(struct h1_conn *conn)
{
    usec due = conn->phase_deadline;
    if (conn->call)
        due = usec_min(due, conn->call->limits.deadline);
    if (due != USEC_NEVER && (!timer_active(&conn->timer) || conn->timer.node.key > due))
        timer_start_at(&conn->timer, due);
}

void h1_conn_progress(struct h1_conn *conn)
{
    conn->phase = phase_of(conn);
    conn->phase_deadline = usec_add(conn->pool->worker->now, limit_of(conn));
    arm(conn);
}

static unsigned wanted_of(const struct h1_conn *conn)
{
    bool hold = conn->paused && conn->receive == H1_RECEIVE_BODY;
    switch (conn->state) {
    case H1_TLS:
    case H1_IDLE:
        return POLL_READ;
    case H1_BUSY:
        return (hold ? 0u : POLL_READ) | (conn->out.n ? POLL_WRITE : 0u);
    case H1_DIAL:
    case H1_CLOSED:
        break;
    }
    return 0;
}

void h1_conn_update(struct h1_conn *conn)
{
    if (conn->state == H1_CLOSED)
        return;
    if (!stream_closed(&conn->stream))
        stream_want(&conn->stream, wanted_of(conn));
    if (phase_of(conn) != conn->phase)
        h1_conn_progress(conn);
    else
        arm(conn);
}

static void on_phase_end(struct h1_conn *conn)
{
    switch (conn->phase) {
    case H1_PHASE_CONNECT:
        h1_conn_fail(conn, CALL_FAULT_CONNECT_TIMEOUT,
                     STR("no connection within the connect limit"));
        return;
    case H1_PHASE_CONTINUE:
        conn->send = H1_SEND_FLOWS; /* RFC 9110 §10.1.1: do not wait for ever */
        h1_send_pump(conn);
        return;
    case H1_PHASE_FIRST_BYTE:
        h1_conn_fail(conn, CALL_FAULT_FIRST_BYTE_TIMEOUT,
                     STR("no answer began within the first-byte limit"));
        return;
    case H1_PHASE_SEND:
        h1_conn_fail(conn, CALL_FAULT_IDLE_TIMEOUT,
                     STR("the request was not taken within the idle limit"));
        return;
    case H1_PHASE_RECEIVE:
        h1_conn_fail(conn, CALL_FAULT_IDLE_TIMEOUT,
                     STR("the answer did not go on within the idle limit"));
        return;
    case H1_PHASE_KEEP:
        h1_conn_close(conn);
        return;
    case H1_PHASE_OWNER:
        return;
    }
}

static void on_timer(struct timer *timer)
{
    struct h1_conn *conn = CONTAINER_OF(timer, struct h1_conn, timer);
    usec now = conn->pool->worker->now;
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    if (conn->call && now >= conn->call->limits.deadline)
        h1_conn_fail(conn, CALL_FAULT_TOTAL_TIMEOUT,
                     STR("the time for the whole call is over"));
    else if (now >= conn->phase_deadline)
        on_phase_end(conn);
    if (conn->state != H1_CLOSED)
        arm(conn);
}

/* --- ending --- */

static void free_conn(struct h1_conn *conn)
{
    struct h1_pool *pool = conn->pool;
    struct h1_origin *origin = conn->origin;
    timer_cancel(&conn->later);
    list_remove(&conn->node);
    buf_fini(&conn->in);
    buf_fini(&conn->out);
    conn->magic = 0;
    mem_free(conn);
    transport_uncount(&pool->part->open);
    if (--origin->conns == 0)
        h1_origin_unused(pool, origin);
}

/* Out of use; freed, and a failed call told, in the next turn. */
static void shut(struct h1_conn *conn)
{
    if (conn->state == H1_IDLE) {
        list_remove(&conn->idle_node);
        conn->origin->idle_n--;
    }
    conn->state = H1_CLOSED;
    timer_cancel(&conn->timer);
    dial_cancel(&conn->dial);
    stream_close(&conn->stream);
    timer_start(&conn->later, 0);
}

static void drop_call(struct h1_conn *conn)
{
    if (conn->call)
        conn->call->carrier = NULL;
    conn->call = NULL;
}

void h1_conn_close(struct h1_conn *conn)
{
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    drop_call(conn);
    shut(conn);
}

void h1_conn_destroy(struct h1_conn *conn)
{
    h1_conn_close(conn);
    free_conn(conn);
}

void h1_conn_fail(struct h1_conn *conn, enum call_fault fault, str text)
{
    if (conn->state == H1_CLOSED)
        return;
    conn->call->fault = fault;
    conn->call->fault_text = text;
    shut(conn);
}

/* A server that ends the handshake over our certificate has looked at nothing that came
 * behind it (RFC 8446 §4.4.2.4, appendix A.2). */
void h1_conn_fail_tls(struct h1_conn *conn)
{
    struct call *call = conn->call;
    bool refused = stream_refused(&conn->stream);
    if (refused && !conn->used && !conn->interim_n)
        call->sent = false;
    h1_conn_fail(conn, refused ? CALL_FAULT_CERTIFICATE : CALL_FAULT_TLS,
                 stream_error(&conn->stream, call->arena));
}

static void on_later(struct timer *timer)
{
    struct h1_conn *conn = CONTAINER_OF(timer, struct h1_conn, later);
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    if (conn->state != H1_CLOSED) {
        h1_receive_again(conn);
        return;
    }
    struct call *call = conn->call;
    drop_call(conn);
    free_conn(conn);
    if (call)
        call->events->on_fault(call);
}

/* TLS 1.3 sends its tickets after the handshake: the answer comes behind them. */
static void keep_session(struct h1_conn *conn)
{
    struct ssl_session_st *session =
        conn->stream.ssl ? tls_session(conn->stream.ssl) : NULL;
    if (!session)
        return;
    tls_session_free(conn->origin->session);
    conn->origin->session = session;
}

static bool may_keep(const struct h1_conn *conn, const struct call *call)
{
    return call->head.keep_alive && conn->send == H1_SEND_DONE && conn->in.n == 0 &&
           conn->keep > 0 &&
           conn->origin->idle_n < conn->pool->h1->transport.settings.idle_per_origin;
}

void h1_conn_finish(struct h1_conn *conn)
{
    struct call *call = conn->call;
    bool keep = may_keep(conn, call);
    if (!conn->used)
        keep_session(conn);
    drop_call(conn);
    buf_fini(&conn->out);
    if (keep) {
        conn->state = H1_IDLE;
        conn->used = true;
        list_push_front(&conn->origin->idle, &conn->idle_node);
        conn->origin->idle_n++;
        h1_conn_update(conn);
    } else {
        shut(conn);
    }
    call->events->on_end(call);
}

/* --- opening --- */

static void ready(struct h1_conn *conn)
{
    conn->state = H1_BUSY;
    conn->call->connected_at = conn->pool->worker->now;
    h1_send_start(conn);
    h1_conn_update(conn);
}

static void shake_hands(struct h1_conn *conn)
{
    long result = stream_handshake(&conn->stream);
    if (result == STREAM_FAILED) {
        h1_conn_fail_tls(conn);
        return;
    }
    if (result != 1) {
        h1_conn_update(conn);
        return;
    }
    transport_count(&conn->pool->part->opened);
    ready(conn);
}

static void on_dialled(void *arg, int fd, enum call_fault fault, const char *why)
{
    struct h1_conn *conn = arg;
    struct call *call = conn->call;
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    conn->dial = NULL;
    if (fault == CALL_FAULT_DNS) {
        h1_conn_fail(conn, fault,
                     arena_printf(call->arena, "the name " STR_F " does not resolve: %s",
                                  STR_A(call->url.host), why));
        return;
    }
    struct h1_origin *origin = conn->origin;
    struct ssl_st *ssl = NULL;
    if (fd >= 0 && origin->tls)
        ssl = tls_connect(origin->tls, call->url.host, origin->session);
    if (fd >= 0 && !stream_open(&conn->stream, conn->pool->worker, fd, ssl, on_stream)) {
        fd = -1;
        why = "the socket cannot be watched";
    }
    if (fd < 0) {
        h1_conn_fail(conn, CALL_FAULT_CONNECT,
                     arena_printf(call->arena, "no connection to " STR_F ":%u: %s",
                                  STR_A(call->url.host), call->url.port, why));
        return;
    }
    conn->state = H1_TLS;
    shake_hands(conn);
}

void h1_conn_open(struct h1_pool *pool, struct h1_origin *origin, struct call *call)
{
    struct h1_conn *conn = mem_zalloc(sizeof(*conn));
    struct dial_order order = {.worker = pool->worker,
                               .dns = pool->part->dns,
                               .host = call->url.host,
                               .port = call->url.port,
                               .guard = pool->h1->transport.settings.guard,
                               .done = on_dialled,
                               .arg = conn};
    *conn = (struct h1_conn){.magic = H1_CONN_MAGIC,
                             .pool = pool,
                             .origin = origin,
                             .call = call,
                             .stream.fd = -1,
                             .keep = pool->h1->transport.settings.idle};
    call->carrier = conn;
    origin->conns++;
    list_push_back(&pool->conns, &conn->node);
    list_init(&conn->idle_node);
    buf_init(&conn->in, IN_BYTES_MAX);
    buf_init(&conn->out, OUT_BYTES_MAX);
    timer_init(&conn->timer, pool->worker, on_timer);
    timer_init(&conn->later, pool->worker, on_later);
    transport_count(&pool->part->open);
    conn->dial = dial_start(&order);
    h1_conn_update(conn);
}

/* --- being used --- */

/* An end that has arrived already makes a kept connection useless, and bytes out of turn
 * would be taken for the next answer; TLS's own messages do no harm. */
static bool is_quiet(struct h1_conn *conn)
{
    char byte;
    return stream_read(&conn->stream, &byte, 1) == STREAM_WAIT;
}

bool h1_conn_reuse(struct h1_conn *conn, struct call *call)
{
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    CHECK(conn->state == H1_IDLE);
    if (!is_quiet(conn)) {
        h1_conn_close(conn);
        return false;
    }
    list_remove(&conn->idle_node);
    conn->origin->idle_n--;
    conn->call = call;
    call->carrier = conn;
    call->reused = true;
    transport_count(&conn->pool->part->reused);
    ready(conn);
    return true;
}

static void on_stream(struct stream *stream, unsigned told)
{
    struct h1_conn *conn = CONTAINER_OF(stream, struct h1_conn, stream);
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    switch (conn->state) {
    case H1_TLS:
        shake_hands(conn);
        return;
    case H1_IDLE:
        if (is_quiet(conn))
            h1_conn_update(conn);
        else
            h1_conn_close(conn);
        return;
    case H1_BUSY:
        if (told & POLL_WRITE)
            h1_send_pump(conn);
        if ((told & POLL_READ) && conn->state == H1_BUSY)
            h1_receive_ready(conn);
        return;
    case H1_DIAL:
    case H1_CLOSED:
        return;
    }
}
