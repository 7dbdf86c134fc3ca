/*
 * One lock for everything. Sockets block; peer_stop wakes whoever is inside one by
 * shutting it down, and whoever waits by `stopping`. Only the connection's own thread
 * closes its socket.
 */
#include "tests/support/peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { CONNS_MAX = 64, HEARD_BYTES_MAX = 64 << 20, FILLERS = 8, WAIT_S_MAX = 30 };

struct wire {
    struct peer *peer;
    unsigned n;
    int fd;
    SSL *ssl;
    pthread_t thread;
    struct buf heard;
    size_t read_from; /* start of what the present reading step looks at */
    size_t h2_at;     /* start of the next frame */
    bool greeted;     /* h2: the settings are sent */
    bool resumed;
    bool over;
};

struct peer {
    struct peer_plan plan;
    int fd;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    unsigned go; /* peer_go calls not used up */
    unsigned n;
    struct wire wires[CONNS_MAX];
    int fillers[FILLERS]; /* deaf: what fills its queue */
};

static void lock(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
}

static void unlock(struct peer *peer)
{
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
}

/* --- bytes --- */

static bool send_all(struct wire *wire, const char *p, size_t n)
{
    while (n) {
        long put = wire->ssl ? SSL_write(wire->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n)
                             : send(wire->fd, p, n, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

/* False at the end or an error. */
static bool read_some(struct wire *wire)
{
    char bytes[16384];
    long n = wire->ssl ? SSL_read(wire->ssl, bytes, sizeof(bytes))
                       : recv(wire->fd, bytes, sizeof(bytes), 0);
    if (n <= 0)
        return false;
    lock(wire->peer);
    buf_put(&wire->heard, bytes, (size_t)n);
    unlock(wire->peer);
    return true;
}

static bool read_until(struct wire *wire, str text)
{
    for (;;) {
        str heard = str_from(buf_peek(&wire->heard), wire->read_from);
        size_t at = str_find_str(heard, text);
        if (at < heard.n) {
            wire->read_from += at + text.n;
            return true;
        }
        if (!read_some(wire))
            return false;
    }
}

static bool read_bytes(struct wire *wire, size_t n)
{
    while (wire->heard.n < wire->read_from + n)
        if (!read_some(wire))
            return false;
    wire->read_from += n;
    return true;
}

static bool drip(struct wire *wire, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!send_all(wire, text.p + i, 1))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000}, NULL);
    }
    return true;
}

static bool flood(struct wire *wire, size_t n)
{
    char letters[8192];
    bool endless = n == 0;
    memset(letters, 'x', sizeof(letters));
    while (endless || n) {
        size_t piece = endless || n > sizeof(letters) ? sizeof(letters) : n;
        if (!send_all(wire, letters, piece))
            return false;
        n -= endless ? 0 : piece;
    }
    return true;
}

static bool wait_go(struct peer *peer)
{
    lock(peer);
    while (!peer->go && !peer->stopping)
        pthread_cond_wait(&peer->changed, &peer->lock);
    bool went = peer->go > 0;
    peer->go -= went;
    unlock(peer);
    return went;
}

/* --- HTTP/2, just enough to be asked --- */

enum { H2_PREFACE_BYTES = 24, H2_FRAME_BYTES = 9, H2_HEADERS = 1, H2_SETTINGS = 4 };

static bool await_bytes(struct wire *wire, size_t n)
{
    while (wire->heard.n < n)
        if (!read_some(wire))
            return false;
    return true;
}

static bool read_h2(struct wire *wire)
{
    static const char settings[] = "\0\0\0\x04\0\0\0\0\0";
    static const char settings_ack[] = "\0\0\0\x04\x01\0\0\0\0";
    if (!wire->greeted) {
        if (!await_bytes(wire, H2_PREFACE_BYTES) ||
            !send_all(wire, settings, H2_FRAME_BYTES))
            return false;
        wire->h2_at = H2_PREFACE_BYTES;
        wire->greeted = true;
    }
    for (;;) {
        if (!await_bytes(wire, wire->h2_at + H2_FRAME_BYTES))
            return false;
        const unsigned char *frame = (const unsigned char *)wire->heard.p + wire->h2_at;
        size_t n = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
        unsigned type = frame[3], flags = frame[4];
        if (!await_bytes(wire, wire->h2_at + H2_FRAME_BYTES + n))
            return false;
        wire->h2_at += H2_FRAME_BYTES + n;
        if (type == H2_SETTINGS && !(flags & 1) &&
            !send_all(wire, settings_ack, H2_FRAME_BYTES))
            return false;
        if (type == H2_HEADERS)
            return true;
    }
}

/* --- a tunnel --- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool pass_on(int from, int to)
{
    char bytes[16384];
    ssize_t n = recv(from, bytes, sizeof(bytes), 0);
    return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool tunnel(struct wire *wire, uint16_t port)
{
    struct pollfd ends[] = {{.fd = wire->fd, .events = POLLIN},
                            {.fd = connect_to(port), .events = POLLIN}};
    bool open = ends[1].fd >= 0;
    while (open && poll(ends, 2, -1) > 0) {
        if (ends[0].revents)
            open = pass_on(ends[0].fd, ends[1].fd);
        if (open && ends[1].revents)
            open = pass_on(ends[1].fd, ends[0].fd);
    }
    if (ends[1].fd >= 0)
        close(ends[1].fd);
    return false;
}

/* --- the script --- */

static void reset(struct wire *wire)
{
    struct linger linger = {.l_onoff = 1};
    setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* False when the script is over. */
static bool play(struct wire *wire, const struct peer_step *step)
{
    str text = str_of(step->text, step->n);
    switch (step->act) {
    case PEER_ACT_HEAD:
        return read_until(wire, STR("\r\n\r\n"));
    case PEER_ACT_UNTIL:
        return read_until(wire, text);
    case PEER_ACT_BYTES:
        return read_bytes(wire, step->n);
    case PEER_ACT_SAY:
        return send_all(wire, text.p, text.n);
    case PEER_ACT_DRIP:
        return drip(wire, text);
    case PEER_ACT_FLOOD:
        return flood(wire, step->n);
    case PEER_ACT_WAIT:
        return wait_go(wire->peer);
    case PEER_ACT_MS:
        nanosleep(&(struct timespec){.tv_nsec = (long)step->n * 1000000}, NULL);
        return true;
    case PEER_ACT_GONE:
        while (read_some(wire))
            ;
        return true;
    case PEER_ACT_RESET:
        reset(wire);
        return false;
    case PEER_ACT_H2:
        return read_h2(wire);
    case PEER_ACT_TUNNEL:
        return tunnel(wire, (uint16_t)step->n);
    case PEER_ACT_CUT:
    case PEER_ACT_END:
        break;
    }
    return false;
}

static bool accept_tls(struct wire *wire)
{
    if (!wire->peer->plan.tls)
        return true;
    wire->ssl = SSL_new(wire->peer->plan.tls);
    SSL_set_fd(wire->ssl, wire->fd);
    if (SSL_accept(wire->ssl) != 1)
        return false;
    lock(wire->peer);
    wire->resumed = SSL_session_reused(wire->ssl);
    unlock(wire->peer);
    return true;
}

static void *serve(void *arg)
{
    struct wire *wire = arg;
    struct peer *peer = wire->peer;
    unsigned n = wire->n;
    while (n && !peer->plan.scripts[n < PEER_SCRIPTS_MAX ? n : PEER_SCRIPTS_MAX - 1])
        n--;
    const struct peer_step *step = peer->plan.scripts[n];
    /* a script that begins with a reset or a cut does so before TLS */
    bool open = step->act != PEER_ACT_CUT && (step->act != PEER_ACT_RESET);
    if (!open)
        play(wire, step);
    if (open && accept_tls(wire)) {
        while (play(wire, step))
            step++;
        if (wire->ssl && step->act == PEER_ACT_END)
            SSL_shutdown(wire->ssl);
    }
    lock(peer);
    close(wire->fd);
    wire->fd = -1;
    wire->over = true;
    unlock(peer);
    SSL_free(wire->ssl);
    return NULL;
}

static void *listen_on(void *arg)
{
    struct peer *peer = arg;
    for (;;) {
        int on = 1;
        int fd = accept(peer->fd, NULL, NULL);
        lock(peer);
        if (peer->stopping || fd < 0 || peer->n == CONNS_MAX) {
            unlock(peer);
            close(fd);
            return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct wire *wire = &peer->wires[peer->n];
        wire->peer = peer;
        wire->n = peer->n++;
        wire->fd = fd;
        buf_init(&wire->heard, HEARD_BYTES_MAX);
        CHECK(pthread_create(&wire->thread, NULL, serve, wire) == 0);
        unlock(peer);
    }
}

/* --- the life of a peer --- */

static void open_socket(struct peer *peer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(peer->plan.port)};
    socklen_t n = sizeof(at);
    int on = 1;
    int bytes = (int)peer->plan.receive_bytes;
    const char *address = peer->plan.address ? peer->plan.address : "127.0.0.1";
    CHECK(inet_pton(AF_INET, address, &at.sin_addr) == 1);
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bytes)
        setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    CHECK(bind(peer->fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(listen(peer->fd, peer->plan.deaf ? 0 : 64) == 0);
    CHECK(getsockname(peer->fd, (struct sockaddr *)&at, &n) == 0);
    peer->port = ntohs(at.sin_port);
    for (int i = 0; i < FILLERS && peer->plan.deaf; i++) {
        peer->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(peer->fillers[i], (struct sockaddr *)&at, n);
    }
}

static const struct peer_step *copy_script(const struct peer_step *script)
{
    size_t n = 0;
    while (script[n++].act != PEER_ACT_END)
        ;
    struct peer_step *copy = mem_array(n, sizeof(*copy));
    memcpy(copy, script, n * sizeof(*copy));
    return copy;
}

struct peer *peer_start(const struct peer_plan *plan)
{
    struct peer *peer = mem_zalloc(sizeof(*peer));
    signal(SIGPIPE, SIG_IGN);
    peer->plan = *plan;
    for (int i = 0; i < PEER_SCRIPTS_MAX && plan->scripts[i]; i++)
        peer->plan.scripts[i] = copy_script(plan->scripts[i]);
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    open_socket(peer);
    if (!plan->deaf)
        CHECK(pthread_create(&peer->thread, NULL, listen_on, peer) == 0);
    return peer;
}

static void stop_wire(struct wire *wire)
{
    lock(wire->peer);
    if (wire->fd >= 0)
        shutdown(wire->fd, SHUT_RDWR);
    unlock(wire->peer);
    pthread_join(wire->thread, NULL);
    buf_fini(&wire->heard);
}

void peer_stop(struct peer **peer)
{
    struct peer *it = *peer;
    if (!it)
        return;
    lock(it);
    it->stopping = true;
    shutdown(it->fd, SHUT_RDWR);
    unlock(it);
    if (!it->plan.deaf)
        pthread_join(it->thread, NULL);
    for (int i = 0; i < FILLERS && it->plan.deaf; i++)
        close(it->fillers[i]);
    for (unsigned i = 0; i < it->n; i++)
        stop_wire(&it->wires[i]);
    close(it->fd);
    SSL_CTX_free(it->plan.tls);
    for (int i = 0; i < PEER_SCRIPTS_MAX; i++)
        mem_free((void *)(uintptr_t)it->plan.scripts[i]);
    pthread_cond_destroy(&it->changed);
    pthread_mutex_destroy(&it->lock);
    mem_free(it);
    *peer = NULL;
}

uint16_t peer_port(const struct peer *peer)
{
    return peer->port;
}

void peer_go(struct peer *peer)
{
    lock(peer);
    peer->go++;
    unlock(peer);
}

/* --- questions --- */

unsigned peer_connections(struct peer *peer)
{
    lock(peer);
    unsigned n = peer->n;
    unlock(peer);
    return n;
}

static bool wait_change(struct peer *peer, const struct timespec *end)
{
    return pthread_cond_timedwait(&peer->changed, &peer->lock, end) == 0;
}

static struct timespec end_of_patience(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_S_MAX;
    return end;
}

static bool has_heard(const struct peer *peer, unsigned n, str text)
{
    if (n >= peer->n)
        return false;
    str heard = buf_peek(&peer->wires[n].heard);
    return str_find_str(heard, text) < heard.n;
}

bool peer_hears(struct peer *peer, unsigned n, const char *text)
{
    struct timespec end = end_of_patience();
    lock(peer);
    while (!has_heard(peer, n, str_z(text)) && wait_change(peer, &end))
        ;
    bool heard = has_heard(peer, n, str_z(text));
    unlock(peer);
    return heard;
}

bool peer_over(struct peer *peer, unsigned n)
{
    lock(peer);
    bool over = n < peer->n && peer->wires[n].over;
    unlock(peer);
    return over;
}

static bool all_over(const struct peer *peer)
{
    for (unsigned i = 0; i < peer->n; i++)
        if (!peer->wires[i].over)
            return false;
    return true;
}

bool peer_rests(struct peer *peer)
{
    struct timespec end = end_of_patience();
    lock(peer);
    while (!all_over(peer) && wait_change(peer, &end))
        ;
    bool over = all_over(peer);
    unlock(peer);
    return over;
}

void peer_heard(struct peer *peer, unsigned n, struct buf *ret)
{
    lock(peer);
    CHECK(n < peer->n);
    buf_str(ret, buf_peek(&peer->wires[n].heard));
    unlock(peer);
}

bool peer_resumed(struct peer *peer, unsigned n)
{
    lock(peer);
    bool resumed = n < peer->n && peer->wires[n].resumed;
    unlock(peer);
    return resumed;
}
