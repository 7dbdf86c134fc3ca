/*
 * Each name has one entry for as long as it is remembered, with those who wait for it. A
 * name whose query has ended goes to `late` and its waiting are told in the next turn, so
 * that nobody is called from inside c-ares, or from inside his own question when the
 * hosts file answers it. A failure is not remembered past that: the next question asks
 * again.
 */
#include "call/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "loop/poll.h"
#include "loop/worker.h"

enum { SOCKETS_MAX = 16, NAMES_MAX = 4096, HOST_BYTES_MAX = 255 };
static const usec ttl_min = 5 * USEC_S;
static const usec ttl_max = 5 * USEC_MIN;
static const usec tick = 200 * USEC_MS; /* how often c-ares looks at its time limits */

struct dns_socket {
    struct poll poll;
    struct dns *dns;
    int fd; /* −1: free */
};

struct dns_name {
    str host;
    struct dns *dns;
    bool asking;
    const char *why;     /* n = 0: why there are no addresses */
    struct list waiting; /* struct dns_query */
    struct list late;    /* in dns->late */
    usec expires;
    unsigned n;
    struct dns_address addresses[DNS_ADDRESSES_MAX];
    char text[HOST_BYTES_MAX + 1];
};

struct dns {
    struct worker *worker;
    ares_channel channel;
    struct timer timer;
    unsigned asking;  /* queries under way */
    struct list late; /* struct dns_name: ended, to be told */
    struct timer late_timer;
    struct map names;
    struct dns_socket sockets[SOCKETS_MAX];
};

static void on_socket(struct poll *poll, unsigned ready)
{
    struct dns_socket *socket = CONTAINER_OF(poll, struct dns_socket, poll);
    ares_process_fd(socket->dns->channel,
                    ready & POLL_READ ? socket->fd : ARES_SOCKET_BAD,
                    ready & POLL_WRITE ? socket->fd : ARES_SOCKET_BAD);
}

static struct dns_socket *socket_of(struct dns *dns, int fd)
{
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (dns->sockets[i].fd == fd)
            return &dns->sockets[i];
    return NULL;
}

/* c-ares tells what it wants to know of a socket; nothing means it closes it. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns *dns = arg;
    struct dns_socket *socket = socket_of(dns, fd);
    if (!socket) {
        if (!readable && !writable)
            return;
        socket = socket_of(dns, -1);
        ODD(socket == NULL);
        if (!socket || !poll_open(&socket->poll, dns->worker, fd, on_socket))
            return;
        socket->fd = fd;
    }
    if (readable || writable) {
        poll_want(&socket->poll,
                  (readable ? POLL_READ : 0u) | (writable ? POLL_WRITE : 0u));
        return;
    }
    poll_close(&socket->poll);
    socket->fd = -1;
}

static void on_tick(struct timer *timer)
{
    struct dns *dns = CONTAINER_OF(timer, struct dns, timer);
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    if (dns->asking)
        timer_start(&dns->timer, tick);
}

static void tell_waiting(struct dns_name *name)
{
    struct list *node;
    while ((node = list_pop_front(&name->waiting))) {
        struct dns_query *query = CONTAINER_OF(node, struct dns_query, node);
        query->done(query, name->addresses, name->n, name->why);
    }
}

static void on_late(struct timer *timer)
{
    struct dns *dns = CONTAINER_OF(timer, struct dns, late_timer);
    struct list *node;
    while ((node = list_pop_front(&dns->late)))
        tell_waiting(CONTAINER_OF(node, struct dns_name, late));
}

static void start_library(void)
{
    CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
}

struct dns *dns_create(struct worker *worker, const char *servers)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    struct dns *dns = mem_zalloc(sizeof(*dns));
    struct ares_options options = {.timeout = 1500,
                                   .tries = 3,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = dns};
    CHECK(pthread_once(&started, start_library) == 0);
    dns->worker = worker;
    map_init(&dns->names);
    list_init(&dns->late);
    timer_init(&dns->timer, worker, on_tick);
    timer_init(&dns->late_timer, worker, on_late);
    for (int i = 0; i < SOCKETS_MAX; i++) {
        dns->sockets[i].dns = dns;
        dns->sockets[i].fd = -1;
    }
    CHECK(ares_init_options(&dns->channel, &options,
                            ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                ARES_OPT_SOCK_STATE_CB) == ARES_SUCCESS);
    if (servers)
        ODD(ares_set_servers_ports_csv(dns->channel, servers) != ARES_SUCCESS);
    return dns;
}

void dns_destroy(struct dns **dns)
{
    size_t at = 0;
    if (!*dns)
        return;
    for (struct dns_name *name; (name = map_next(&(*dns)->names, &at));)
        LIST_EACH(node, &name->waiting)
        {
            list_remove(node);
        }
    ares_destroy((*dns)->channel);
    timer_cancel(&(*dns)->timer);
    timer_cancel(&(*dns)->late_timer);
    at = 0;
    for (struct dns_name *name; (name = map_next(&(*dns)->names, &at));)
        mem_free(name);
    map_fini(&(*dns)->names);
    mem_free(*dns);
    *dns = NULL;
}

static bool parse_address(str host, struct dns_address *ret)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ret->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ret->address;
    if (host.n >= sizeof(text))
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = 0;
    *ret = (struct dns_address){.n = sizeof(*v4)};
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return true;
    }
    ret->n = sizeof(*v6);
    v6->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static const char *why_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
        return "there is no such name";
    case ARES_ETIMEOUT:
        return "the name server did not answer";
    case ARES_ECONNREFUSED:
        return "the name server cannot be reached";
    case ARES_EBADNAME:
        return "it is not a name";
    default:
        return "the name server failed";
    }
}

static void keep_addresses(struct dns_name *name, const struct ares_addrinfo *found)
{
    usec ttl = ttl_max;
    name->n = 0;
    for (const struct ares_addrinfo_node *node = found->nodes;
         node && name->n < DNS_ADDRESSES_MAX; node = node->ai_next) {
        struct dns_address *address = &name->addresses[name->n++];
        *address = (struct dns_address){.n = node->ai_addrlen};
        memcpy(&address->address, node->ai_addr, node->ai_addrlen);
        ttl = usec_min(ttl, node->ai_ttl * USEC_S);
    }
    name->expires = name->dns->worker->now + usec_max(ttl, ttl_min);
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
    struct dns_name *name = arg;
    (void)timeouts;
    name->dns->asking--;
    name->asking = false;
    name->n = 0;
    name->why = why_of(status);
    if (status == ARES_SUCCESS)
        keep_addresses(name, found);
    if (found)
        ares_freeaddrinfo(found);
    list_push_back(&name->dns->late, &name->late);
    timer_start(&name->dns->late_timer, 0);
}

static bool in_use(const struct dns_name *name)
{
    return name->asking || !list_empty(&name->waiting) || !list_empty(&name->late);
}

/* Forgets any name that nobody waits for when there are many. */
static void make_room(struct dns *dns)
{
    size_t at = 0;
    struct dns_name *name = NULL;
    if (dns->names.n < NAMES_MAX)
        return;
    while ((name = map_next(&dns->names, &at)) && in_use(name))
        ;
    if (!name)
        return;
    map_remove(&dns->names, name->host);
    mem_free(name);
}

static struct dns_name *name_of(struct dns *dns, str host)
{
    struct dns_name *name = map_find(&dns->names, host);
    if (name)
        return name;
    make_room(dns);
    name = mem_zalloc(sizeof(*name));
    memcpy(name->text, host.p, host.n);
    name->host = str_of(name->text, host.n);
    name->dns = dns;
    list_init(&name->waiting);
    list_init(&name->late);
    map_put(&dns->names, name->host, name);
    return name;
}

static void ask(struct dns_name *name)
{
    struct dns *dns = name->dns;
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                        .ai_socktype = SOCK_STREAM};
    name->asking = true;
    dns->asking++;
    if (!timer_active(&dns->timer))
        timer_start(&dns->timer, tick);
    ares_getaddrinfo(dns->channel, name->text, NULL, &hints, on_answer, name);
}

unsigned dns_resolve(struct dns *dns, str host, struct dns_query *query,
                     struct dns_address ret[DNS_ADDRESSES_MAX])
{
    CHECK(host.n <= HOST_BYTES_MAX);
    list_init(&query->node);
    if (parse_address(host, &ret[0]))
        return 1;
    struct dns_name *name = name_of(dns, host);
    bool known = name->n && name->expires > dns->worker->now;
    if (!known && !name->asking && list_empty(&name->late))
        ask(name);
    if (!name->asking && name->n && name->expires > dns->worker->now) {
        memcpy(ret, name->addresses, name->n * sizeof(ret[0]));
        return name->n;
    }
    list_push_back(&name->waiting, &query->node);
    return 0;
}

void dns_cancel(struct dns_query *query)
{
    if (query->node.next)
        list_remove(&query->node);
}
