#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "http/conn.h"
#include "http/problem.h"
#include "http/tls.h"

enum {
    REFUSAL_BYTES_MAX = 8192,
    BACKLOG = 4096,
    ACCEPTS_A_TURN = 64,
    REQUEST_CHUNK_BYTES = 8 * 1024,
    REQUEST_BYTES_MAX = 256 << 20
};
static const usec starved_pause = 100 * USEC_MS;
static const usec room_pause = 10 * USEC_MS; /* for others to close what is idle */
static const usec starved_silence = USEC_MIN;

void server_init(struct server *server)
{
    *server = (struct server){
        .connections_max = 20000,
        .head_timeout = 10 * USEC_S,
        .idle_timeout = 75 * USEC_S,
        .body_timeout = 30 * USEC_S,
        .write_timeout = 30 * USEC_S,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    list_init(&server->listeners);
}

/* --- binding --- */

static bool resolve(struct arena *arena, str address, struct sockaddr_storage *ret,
                    socklen_t *ret_n)
{
    size_t colon = str_find_last(address, ':');
    if (colon == address.n)
        return false;
    str host = str_of(address.p, colon), port = str_from(address, colon + 1);
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_of(host.p + 1, host.n - 2);
    if (host.n == 0)
        host = STR("0.0.0.0");
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (str_eq(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (getaddrinfo(arena_z(arena, host), arena_z(arena, port), &hints, &found) != 0)
        return false;
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    *ret_n = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static int bind_one(const struct sockaddr_storage *address, socklen_t n)
{
    int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)address, n) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Writes the port that the socket got into the address, for the sockets after it. */
static uint16_t learn_port(int fd, struct sockaddr_storage *address)
{
    socklen_t n = sizeof(*address);
    CHECK(getsockname(fd, (struct sockaddr *)address, &n) == 0);
    if (address->ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)address)->sin6_port);
    return ntohs(((struct sockaddr_in *)(void *)address)->sin_port);
}

bool server_bind(struct arena *arena, str address, unsigned n, int *ret_fds,
                 uint16_t *ret_port, str *ret_why)
{
    struct sockaddr_storage where = {0};
    socklen_t where_n;
    if (!resolve(arena, address, &where, &where_n)) {
        *ret_why = arena_printf(arena,
                                "%.*s is not an address to listen on; write ADDR:PORT, "
                                "such as 127.0.0.1:8080 or [::]:8080",
                                STR_A(address));
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        ret_fds[i] = bind_one(&where, where_n);
        if (ret_fds[i] < 0) {
            *ret_why = arena_printf(arena, "cannot listen on %.*s: %s", STR_A(address),
                                    strerror(errno));
            while (i--)
                close(ret_fds[i]);
            return false;
        }
        *ret_port = learn_port(ret_fds[i], &where);
    }
    return true;
}

/* --- accepting --- */

static void format_peer(const struct sockaddr_storage *from, char *ret, size_t n)
{
    const void *address = &((const struct sockaddr_in *)(const void *)from)->sin_addr;
    if (from->ss_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
        address = v6;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            inet_ntop(AF_INET, v6->s6_addr + 12, ret, (socklen_t)n);
            return;
        }
    }
    if (!inet_ntop(from->ss_family, address, ret, (socklen_t)n))
        snprintf(ret, n, "unknown");
}

static void refuse_full(struct listener *listener, int fd)
{
    struct problem problem = {.err = ERR_OVERLOADED,
                              .detail = STR("Raise the setting connections_max."),
                              .retry_after_s = 1};
    struct buf body, answer;
    atomic_fetch_add_explicit(&listener->server->refused, 1, memory_order_relaxed);
    if (!listener->tls) {
        buf_init(&body, REFUSAL_BYTES_MAX);
        buf_init(&answer, REFUSAL_BYTES_MAX);
        problem_write(&problem, &body);
        buf_printf(&answer,
                   "HTTP/1.1 503 Service Unavailable\r\n"
                   "Content-Type: application/problem+json\r\nRetry-After: 1\r\n"
                   "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                   body.n);
        buf_str(&answer, buf_peek(&body));
        send(fd, answer.p, answer.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        buf_fini(&answer);
        buf_fini(&body);
    }
    close(fd);
}

/* --- room for a new connection ---
 *
 * A listener closes what is idle on it. Where it has nothing idle, it asks the others to
 * close one each, leaves the new connection in the backlog meanwhile, and accepts it
 * after a pause, whatever came of that.
 */

/* The connection that has been idle longest, or NULL. */
static struct conn *longest_idle(struct listener *listener)
{
    LIST_EACH(node, &listener->idle)
    {
        struct conn *conn = CONTAINER_OF(node, struct conn, node);
        if (conn->state == CONN_HEAD && conn->in.n == 0)
            return conn;
    }
    return NULL;
}

static bool make_room(struct listener *listener)
{
    struct conn *conn = longest_idle(listener);
    if (!conn)
        return false;
    list_remove(&conn->node);
    conn_lost(conn);
    return true;
}

static void on_room_asked(struct post *post)
{
    struct listener *listener = CONTAINER_OF(post, struct listener, room);
    atomic_store(&listener->room_asked, false);
    make_room(listener);
}

static bool has_others(const struct listener *listener)
{
    const struct list *all = &listener->server->listeners;
    return list_first(all) != list_last(all);
}

/* False when there are none. */
static bool ask_others(struct listener *listener)
{
    struct server *server = listener->server;
    pthread_mutex_lock(&server->lock);
    bool others = has_others(listener);
    LIST_EACH(node, &server->listeners)
    {
        struct listener *other = CONTAINER_OF(node, struct listener, node);
        if (other != listener && !atomic_exchange(&other->room_asked, true))
            worker_post(other->worker, &other->room, on_room_asked);
    }
    pthread_mutex_unlock(&server->lock);
    return others;
}

static void pause_accepting(struct listener *listener, usec pause)
{
    poll_want(&listener->poll, 0);
    timer_start(&listener->again, pause);
}

static void on_again(struct timer *timer)
{
    struct listener *listener = CONTAINER_OF(timer, struct listener, again);
    poll_want(&listener->poll, POLL_READ);
}

/* Whether a new connection would be refused, and others were not asked yet. */
static bool lacks_room(struct listener *listener)
{
    struct server *server = listener->server;
    return !listener->asked &&
           atomic_load_explicit(&server->connections, memory_order_relaxed) >=
               server->connections_max &&
           !longest_idle(listener);
}

/* --- taking it --- */

static void take(struct listener *listener, int fd, const struct sockaddr_storage *from)
{
    struct server *server = listener->server;
    char peer[48];
    int on = 1;
    uint32_t before =
        atomic_fetch_add_explicit(&server->connections, 1, memory_order_relaxed);
    if (before >= server->connections_max && !make_room(listener)) {
        atomic_fetch_sub_explicit(&server->connections, 1, memory_order_relaxed);
        refuse_full(listener, fd);
        return;
    }
    uint64_t number =
        1 + atomic_fetch_add_explicit(&server->accepted, 1, memory_order_relaxed);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    format_peer(from, peer, sizeof(peer));
    conn_open(listener, fd, peer, number);
}

static void tell_starved(struct server *server, usec now)
{
    usec told = atomic_load(&server->starved_told);
    if (!server->on_starved || (told && now - told < starved_silence))
        return;
    if (atomic_compare_exchange_strong(&server->starved_told, &told, now))
        server->on_starved(server->arg);
}

/* There is no descriptor for who waits in the backlog, which the loop would go on telling
 * of: it is looked at again after a pause. */
static void starve(struct listener *listener)
{
    atomic_fetch_add_explicit(&listener->server->starved, 1, memory_order_relaxed);
    ask_others(listener);
    pause_accepting(listener, starved_pause);
    tell_starved(listener->server, listener->worker->now);
}

static bool is_starved(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

/* False when no more are to be accepted now. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage from;
    socklen_t n = sizeof(from);
    int fd =
        accept4(listener->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        take(listener, fd, &from);
        return true;
    }
    if (!is_starved(errno))
        return false;
    if (make_room(listener))
        return true;
    starve(listener);
    return false;
}

static void accept_some(struct listener *listener)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++)
        if ((i > 0 && lacks_room(listener)) || !accept_one(listener))
            return; /* and is called again if somebody waits */
}

static void on_listening(struct poll *poll, unsigned ready)
{
    struct listener *listener = CONTAINER_OF(poll, struct listener, poll);
    (void)ready;
    if (lacks_room(listener)) {
        listener->asked = true;
        if (ask_others(listener)) {
            pause_accepting(listener, room_pause);
            return;
        }
    }
    accept_some(listener);
    listener->asked = false;
}

void listener_open(struct listener *listener, struct server *server,
                   struct worker *worker, int fd)
{
    listener->server = server;
    listener->worker = worker;
    listener->fd = fd;
    list_init(&listener->idle);
    list_init(&listener->busy);
    timer_init(&listener->again, worker, on_again);
    atomic_init(&listener->room_asked, false);
    pthread_mutex_lock(&server->lock);
    list_push_back(&server->listeners, &listener->node);
    pthread_mutex_unlock(&server->lock);
    CHECK(poll_open(&listener->poll, worker, fd, on_listening));
    poll_want(&listener->poll, POLL_READ);
}

void listener_set_tls(struct listener *listener, struct tls *tls)
{
    tls_unref(&listener->tls);
    listener->tls = tls ? tls_ref(tls) : NULL;
}

/* --- ending --- */

static void stop_accepting(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    timer_cancel(&listener->again);
    poll_close(&listener->poll);
    close(listener->fd);
    listener->fd = -1;
}

void listener_foretell(struct listener *listener)
{
    listener->draining = true;
}

void listener_drain(struct listener *listener)
{
    listener->draining = true;
    stop_accepting(listener);
    LIST_EACH(node, &listener->idle)
    {
        conn_retire(CONTAINER_OF(node, struct conn, node));
    }
}

bool listener_busy(const struct listener *listener)
{
    LIST_EACH(node, &listener->idle)
    {
        if (CONTAINER_OF(node, struct conn, node)->out.n)
            return true;
    }
    return !list_empty(&listener->busy);
}

void listener_close(struct listener *listener)
{
    stop_accepting(listener);
    pthread_mutex_lock(&listener->server->lock);
    list_remove(&listener->node);
    pthread_mutex_unlock(&listener->server->lock);
    LIST_EACH(node, &listener->idle)
    {
        conn_kill(CONTAINER_OF(node, struct conn, node));
    }
    LIST_EACH(other, &listener->busy)
    {
        conn_kill(CONTAINER_OF(other, struct conn, node));
    }
    tls_unref(&listener->tls);
    while (listener->arena_n) {
        struct arena *arena = listener->arenas[--listener->arena_n];
        arena_fini(arena);
        mem_free(arena);
    }
}

/* --- memory of requests --- */

struct arena *listener_arena_take(struct listener *listener)
{
    if (listener->arena_n)
        return listener->arenas[--listener->arena_n];
    struct arena *arena = mem_alloc(sizeof(*arena));
    arena_init(arena, REQUEST_CHUNK_BYTES, REQUEST_BYTES_MAX);
    return arena;
}

/* A listener that accepts no more keeps none: nobody would free them. */
void listener_arena_give(struct listener *listener, struct arena *arena)
{
    arena_wipe(arena); /* credentials on their way to a vendor stood in it */
    arena_reset(arena);
    arena->chunk_bytes = REQUEST_CHUNK_BYTES;
    if (listener->fd >= 0 && listener->arena_n < COUNT_OF(listener->arenas)) {
        listener->arenas[listener->arena_n++] = arena;
        return;
    }
    arena_fini(arena);
    mem_free(arena);
}
