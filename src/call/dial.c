/*
 * The timer stands for whatever comes next without an event of a socket: another address,
 * or, when no attempt is left, the failure.
 */
#include "call/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "call/dns.h"
#include "loop/poll.h"
#include "loop/worker.h"

static const usec patience = 250 * USEC_MS;

struct attempt {
    struct dial *dial;
    struct poll poll;
    int fd; /* −1: not under way */
};

struct dial {
    struct dial_order order;
    struct dns_query query;
    struct timer timer;
    struct dns_address addresses[DNS_ADDRESSES_MAX]; /* in the order of trying */
    unsigned n;
    unsigned next;
    struct attempt attempts[DNS_ADDRESSES_MAX];
    unsigned under_way;
    enum call_fault fault; /* when none is left */
    const char *why;       /* what was wrong with the last address that failed */
};

static void end_attempt(struct attempt *attempt)
{
    poll_close(&attempt->poll);
    close(attempt->fd);
    attempt->fd = -1;
    attempt->dial->under_way--;
}

void dial_cancel(struct dial **dial)
{
    struct dial *it = *dial;
    if (!it)
        return;
    for (unsigned i = 0; i < it->next; i++)
        if (it->attempts[i].fd >= 0)
            end_attempt(&it->attempts[i]);
    dns_cancel(&it->query);
    timer_cancel(&it->timer);
    mem_free(it);
    *dial = NULL;
}

static void finish(struct dial *dial, int fd, enum call_fault fault)
{
    struct dial_order order = dial->order;
    const char *why = dial->why;
    dial_cancel(&dial);
    order.done(order.arg, fd, fault, why);
}

static int open_socket(const struct dial *dial, struct dns_address *address)
{
    int on = 1;
    uint16_t port = htons(dial->order.port);
    if (address->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)&address->address)->sin6_port = port;
    else
        ((struct sockaddr_in *)(void *)&address->address)->sin_port = port;
    int fd =
        socket(address->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
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

static void on_attempt(struct poll *poll, unsigned ready);

static bool start_attempt(struct dial *dial, struct attempt *attempt,
                          struct dns_address *address)
{
    attempt->dial = dial;
    attempt->fd = open_socket(dial, address);
    if (attempt->fd < 0) {
        dial->why = strerror(errno);
        return false;
    }
    dial->under_way++;
    if (!poll_open(&attempt->poll, dial->order.worker, attempt->fd, on_attempt)) {
        dial->why = "the socket cannot be watched";
        end_attempt(attempt);
        return false;
    }
    poll_want(&attempt->poll, POLL_WRITE);
    return true;
}

/* Starts the next address that can be started; the timer takes it from there. */
static void go_on(struct dial *dial)
{
    bool started = false;
    while (!started && dial->next < dial->n) {
        unsigned at = dial->next++;
        started = start_attempt(dial, &dial->attempts[at], &dial->addresses[at]);
    }
    if (started && dial->next < dial->n)
        timer_start(&dial->timer, patience);
    else if (!dial->under_way)
        timer_start(&dial->timer, 0);
    else
        timer_cancel(&dial->timer);
}

static void on_timer(struct timer *timer)
{
    struct dial *dial = CONTAINER_OF(timer, struct dial, timer);
    if (dial->next < dial->n)
        go_on(dial);
    else
        finish(dial, -1, dial->fault);
}

static void on_attempt(struct poll *poll, unsigned ready)
{
    struct attempt *attempt = CONTAINER_OF(poll, struct attempt, poll);
    struct dial *dial = attempt->dial;
    int why = 0;
    socklen_t n = sizeof(why);
    (void)ready;
    CHECK(getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0);
    if (why) {
        dial->why = strerror(why);
        end_attempt(attempt);
        go_on(dial);
        return;
    }
    int fd = attempt->fd;
    poll_close(&attempt->poll);
    attempt->fd = -1;
    dial->under_way--;
    finish(dial, fd, CALL_FAULT_NONE);
}

/* Those that may be connected to; in place of all. */
static unsigned keep_allowed(struct dial *dial, struct dns_address *found, unsigned n)
{
    const struct transport_guard *guard = &dial->order.guard;
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (!guard->allows ||
            guard->allows(guard->arg, (const struct sockaddr *)&found[i].address))
            found[kept++] = found[i];
    if (kept == 0) {
        dial->fault = CALL_FAULT_REFUSED;
        dial->why = "the host has no address that may be connected to";
    }
    return kept;
}

/* From `at` on, the first that is of this family, or of the other; n = none. */
static unsigned next_of(const struct dns_address *found, unsigned n, unsigned at,
                        bool same)
{
    while (at < n && (found[at].address.ss_family == found[0].address.ss_family) != same)
        at++;
    return at;
}

/* The families take turns; within one the resolver's order holds. */
static void alternate(struct dial *dial, const struct dns_address *all, unsigned n)
{
    struct dns_address found[DNS_ADDRESSES_MAX];
    unsigned one = 0;
    unsigned other = 0;
    memcpy(found, all, n * sizeof(found[0]));
    n = keep_allowed(dial, found, n);
    while (dial->n < n) {
        one = next_of(found, n, one, true);
        if (one < n)
            dial->addresses[dial->n++] = found[one++];
        other = next_of(found, n, other, false);
        if (other < n)
            dial->addresses[dial->n++] = found[other++];
    }
}

static void on_resolved(struct dns_query *query, const struct dns_address *addresses,
                        unsigned n, const char *why)
{
    struct dial *dial = CONTAINER_OF(query, struct dial, query);
    if (n == 0) {
        dial->why = why;
        finish(dial, -1, CALL_FAULT_DNS);
        return;
    }
    alternate(dial, addresses, n);
    go_on(dial);
}

struct dial *dial_start(const struct dial_order *order)
{
    struct dns_address found[DNS_ADDRESSES_MAX];
    struct dial *dial = mem_zalloc(sizeof(*dial));
    dial->order = *order;
    dial->fault = CALL_FAULT_CONNECT;
    dial->why = "no address";
    dial->query.done = on_resolved;
    timer_init(&dial->timer, order->worker, on_timer);
    unsigned n = dns_resolve(order->dns, order->host, &dial->query, found);
    if (n) {
        alternate(dial, found, n);
        go_on(dial);
    }
    return dial;
}
