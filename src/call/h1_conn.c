/*
 * Opening, timing, keeping and ending a connection. Nothing is freed inside a callback,
 * and no owner is called from inside his own call: both wait for `later`.
 */
#include "call/h1_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/tls.h"
#include "policy/retry.h"

enum { H1_CONN_MAGIC = 0x4831434e, IN_BYTES_MAX = 1 << 20, OUT_BYTES_MAX = 1 << 20 };

static void on_stream(struct stream *stream, unsigned ready);

/* --- time ---------------------------------------------------------------------------- */

static void arm(struct h1_conn *conn)
{
    usec due = conn->phase_deadline;
    if (conn->call)
        due = usec_min(due, conn->call->limits.deadline);
    if (due != USEC_NEVER && (!timer_active(&conn->timer) || conn->timer.node.key > due))
        timer_start_at(&conn->timer, due);
}

void h1_conn_phase(struct h1_conn *conn, enum h1_phase phase, usec limit)
{
    conn->phase = phase;
    conn->phase_deadline = usec_add(conn->pool->worker->now, limit);
    arm(conn);
}

void h1_conn_update(struct h1_conn *conn)
{
    unsigned wanted = 0;
    if (stream_closed(&conn->stream))
        return;
    switch (conn->state) {
    case H1_RESOLVE:
    case H1_CLOSED:
        return;
    case H1_CONNECT:
        wanted = POLL_WRITE;
        break;
    case H1_TLS:
    case H1_IDLE:
        wanted = POLL_READ;
        break;
    case H1_BUSY:
        wanted = conn->paused ? 0 : POLL_READ;
        wanted |= conn->out.n ? POLL_WRITE : 0;
        break;
    }
    stream_want(&conn->stream, wanted);
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
        h1_conn_phase(conn, H1_PHASE_SEND, conn->call->limits.idle);
        h1_send_pump(conn);
        return;
    case H1_PHASE_FIRST_BYTE:
        h1_conn_fail(conn, CALL_FAULT_FIRST_BYTE_TIMEOUT,
                     STR("no answer began within the first-byte limit"));
        return;
    case H1_PHASE_SEND:
    case H1_PHASE_BODY:
        h1_conn_fail(conn, CALL_FAULT_IDLE_TIMEOUT,
                     STR("nothing moved within the idle limit"));
        return;
    case H1_PHASE_KEEP:
        h1_conn_close(conn);
        return;
    }
}

static void on_timer(struct timer *timer)
{
    struct h1_conn *conn = CONTAINER_OF(timer, struct h1_conn, timer);
    usec now = conn->pool->worker->now;
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    if (conn->state == H1_CLOSED)
        return;
    if (conn->call && now >= conn->call->limits.deadline)
        h1_conn_fail(conn, CALL_FAULT_TOTAL_TIMEOUT,
                     STR("the time for the whole call is over"));
    else if (now >= conn->phase_deadline)
        on_phase_end(conn);
    arm(conn);
}

/* --- ending -------------------------------------------------------------------------- */

static void free_conn(struct h1_conn *conn)
{
    struct h1_pool *pool = conn->pool;
    struct h1_origin *origin = conn->origin;
    timer_cancel(&conn->timer);
    timer_cancel(&conn->later);
    list_remove(&conn->node);
    buf_fini(&conn->in);
    buf_fini(&conn->out);
    conn->magic = 0;
    mem_free(conn);
    atomic_fetch_sub_explicit(&pool->open, 1, memory_order_relaxed);
    if (--origin->conns == 0)
        h1_origin_drop(pool, origin);
}

/* Out of use; freed, and a failed call told, in the next turn. */
static void shut(struct h1_conn *conn)
{
    if (conn->state == H1_IDLE) {
        list_remove(&conn->idle_node);
        conn->origin->idle_n--;
    }
    conn->state = H1_CLOSED;
    conn->phase_deadline = USEC_NEVER;
    dns_cancel(&conn->query);
    stream_close(&conn->stream);
    timer_start(&conn->later, 0);
}

void h1_conn_close(struct h1_conn *conn)
{
    if (conn->call)
        conn->call->carrier = NULL;
    conn->call = NULL;
    shut(conn);
}

void h1_conn_fail(struct h1_conn *conn, enum call_fault fault, str text)
{
    if (conn->state == H1_CLOSED)
        return;
    conn->call->fault = fault;
    conn->call->fault_text = text;
    shut(conn);
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
    free_conn(conn);
    if (!call)
        return;
    call->carrier = NULL;
    call->events->on_fault(call);
}

void h1_conn_finish(struct h1_conn *conn)
{
    struct call *call = conn->call;
    bool keep = call->head.keep_alive && conn->send == H1_SEND_DONE && conn->in.n == 0 &&
                conn->origin->idle_n < conn->pool->h1->settings.idle_per_origin;
    conn->call = NULL;
    call->carrier = NULL;
    buf_fini(&conn->out);
    if (keep) {
        conn->state = H1_IDLE;
        conn->used = true;
        list_push_front(&conn->origin->idle, &conn->idle_node);
        conn->origin->idle_n++;
        h1_conn_phase(conn, H1_PHASE_KEEP, conn->keep);
        h1_conn_update(conn);
    } else {
        shut(conn);
    }
    call->events->on_end(call);
}

/* --- opening ------------------------------------------------------------------------- */

static void ready(struct h1_conn *conn)
{
    conn->state = H1_BUSY;
    conn->call->connected_at = conn->pool->worker->now;
    h1_send_start(conn);
    h1_conn_update(conn);
}

static void keep_session(struct h1_conn *conn)
{
    struct ssl_session_st *session =
        conn->stream.ssl ? tls_session(conn->stream.ssl) : NULL;
    if (!session)
        return;
    tls_session_free(conn->origin->session);
    conn->origin->session = session;
}

static void shake_hands(struct h1_conn *conn)
{
    long result = stream_handshake(&conn->stream);
    if (result == STREAM_FAILED)
        h1_conn_fail(conn, CALL_FAULT_TLS,
                     stream_error(&conn->stream, conn->call->arena));
    else if (result == 1)
        ready(conn);
    else
        h1_conn_update(conn);
}

static void connect_next(struct h1_conn *conn, const char *why);

static void on_connected(struct h1_conn *conn)
{
    int why = 0;
    socklen_t n = sizeof(why);
    CHECK(getsockopt(conn->stream.fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0);
    if (why) {
        stream_close(&conn->stream);
        connect_next(conn, strerror(why));
        return;
    }
    conn->state = H1_TLS;
    shake_hands(conn);
}

static int start_connect(struct h1_conn *conn, struct dns_address *address)
{
    int on = 1;
    uint16_t port = htons(conn->call->url.port);
    if (address->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)&address->address)->sin6_port = port;
    else
        ((struct sockaddr_in *)(void *)&address->address)->sin_port = port;
    int fd = socket(address->address.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&address->address, address->n) == 0 ||
        errno == EINPROGRESS)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static struct tls *tls_of(const struct h1_conn *conn)
{
    return conn->call->tls ? conn->call->tls : conn->pool->h1->settings.tls;
}

/* Tries the next address; `why` is what was wrong with the one before. */
static void connect_next(struct h1_conn *conn, const char *why)
{
    struct call *call = conn->call;
    while (conn->address_at < conn->address_n) {
        int fd = start_connect(conn, &conn->addresses[conn->address_at++]);
        if (fd < 0) {
            why = strerror(errno);
            continue;
        }
        struct ssl_st *ssl = NULL;
        if (call->url.tls)
            ssl = tls_connect(tls_of(conn), call->url.host, conn->origin->session);
        conn->state = H1_CONNECT;
        if (stream_open(&conn->stream, conn->pool->worker, fd, ssl, on_stream)) {
            h1_conn_update(conn);
            return;
        }
    }
    h1_conn_fail(conn, CALL_FAULT_CONNECT,
                 arena_printf(call->arena, "no connection to " STR_F ":%u: %s",
                              STR_A(call->url.host), call->url.port, why));
}

static void on_resolved(struct dns_query *query, const struct dns_address *addresses,
                        unsigned n, const char *why)
{
    struct h1_conn *conn = CONTAINER_OF(query, struct h1_conn, query);
    struct call *call = conn->call;
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    if (n == 0) {
        h1_conn_fail(conn, CALL_FAULT_DNS,
                     arena_printf(call->arena, "the name " STR_F " does not resolve: %s",
                                  STR_A(call->url.host), why));
        return;
    }
    memcpy(conn->addresses, addresses, n * sizeof(addresses[0]));
    conn->address_n = n;
    connect_next(conn, "no address");
}

void h1_conn_open(struct h1_pool *pool, struct h1_origin *origin, struct call *call)
{
    struct h1_conn *conn = mem_zalloc(sizeof(*conn));
    conn->magic = H1_CONN_MAGIC;
    conn->pool = pool;
    conn->origin = origin;
    conn->call = call;
    conn->stream.fd = -1;
    conn->keep = pool->h1->settings.idle;
    call->carrier = conn;
    origin->conns++;
    list_push_back(&pool->conns, &conn->node);
    list_init(&conn->idle_node);
    buf_init(&conn->in, IN_BYTES_MAX);
    buf_init(&conn->out, OUT_BYTES_MAX);
    timer_init(&conn->timer, pool->worker, on_timer);
    timer_init(&conn->later, pool->worker, on_later);
    conn->query.done = on_resolved;
    atomic_fetch_add_explicit(&pool->opened, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->open, 1, memory_order_relaxed);
    h1_conn_phase(conn, H1_PHASE_CONNECT, call->limits.connect);
    conn->address_n =
        dns_resolve(pool->dns, call->url.host, &conn->query, conn->addresses);
    if (conn->address_n)
        connect_next(conn, "no address");
}

/* --- being used ----------------------------------------------------------------------- */

/* An end, or bytes out of turn, that have arrived already make a kept connection
 * useless; TLS's own messages do not. */
static bool is_quiet(struct h1_conn *conn)
{
    char byte;
    return stream_read(&conn->stream, &byte, 1) == STREAM_WAIT;
}

bool h1_conn_reuse(struct h1_conn *conn, struct call *call)
{
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    CHECK(conn->state == H1_IDLE);
    if (!retry_method_idempotent(call->method) && !is_quiet(conn)) {
        h1_conn_close(conn);
        return false;
    }
    list_remove(&conn->idle_node);
    conn->origin->idle_n--;
    conn->call = call;
    call->carrier = conn;
    call->reused = true;
    atomic_fetch_add_explicit(&conn->pool->reused, 1, memory_order_relaxed);
    ready(conn);
    return true;
}

static void on_idle_event(struct h1_conn *conn)
{
    if (!is_quiet(conn))
        h1_conn_close(conn);
}

static void on_stream(struct stream *stream, unsigned told)
{
    struct h1_conn *conn = CONTAINER_OF(stream, struct h1_conn, stream);
    CHECK_MAGIC(conn, H1_CONN_MAGIC);
    switch (conn->state) {
    case H1_CONNECT:
        on_connected(conn);
        return;
    case H1_TLS:
        shake_hands(conn);
        return;
    case H1_IDLE:
        on_idle_event(conn);
        return;
    case H1_BUSY:
        if (told & POLL_WRITE)
            h1_send_pump(conn);
        if ((told & POLL_READ) && conn->state == H1_BUSY)
            h1_receive_ready(conn);
        if (conn->state == H1_BUSY && conn->stream.ssl && !conn->used)
            keep_session(conn);
        return;
    case H1_RESOLVE:
    case H1_CLOSED:
        return;
    }
}
