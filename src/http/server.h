/*
 * Listening sockets and the connections that come in by them. Each worker has its own
 * socket on the shared address (SO_REUSEPORT); a connection stays with its worker.
 *
 * Bounds: connections in all (an idle one makes room for a new one, on another worker if
 * this one has none, otherwise the new one hears 503; so it does where descriptors run
 * out, but a new one waits until there is one), head bytes and lines, seconds for a head,
 * for a pause in a body, for an answer that nobody takes, for an idle connection. An idle
 * connection holds no buffers.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/str.h"
#include "base/usec.h"
#include "loop/poll.h"
#include "loop/worker.h"

struct arena;
struct inbound;
struct tls;

/* What all listeners of a process share. Set up before the first, then constant but for
 * the counters and the list. Stays where it was set up. */
struct server {
    uint32_t connections_max;
    usec head_timeout;  /* from the first byte of a head to its last */
    usec idle_timeout;  /* between requests */
    usec body_timeout;  /* between two pieces of a body */
    usec write_timeout; /* between two pieces of an answer taken */
    _Atomic uint32_t connections;
    _Atomic uint64_t accepted;
    _Atomic uint64_t refused;  /* over connections_max */
    _Atomic uint64_t rejected; /* requests that were no HTTP */
    _Atomic uint64_t starved;  /* times that there was no descriptor for a connection */
    _Atomic usec starved_told;
    /* That happened; once a minute at most, on the listener's thread. May be NULL. */
    void (*on_starved)(void *arg);
    void *arg;
    pthread_mutex_t lock;
    struct list listeners; /* all; under the lock, not to be held for long */
};

void server_init(struct server *server); /* the defaults */

struct listener {
    struct server *server;
    struct worker *worker;
    int fd;
    struct poll poll;
    struct list node;        /* in server->listeners */
    struct timer again;      /* accepts again after a pause for want of room */
    bool asked;              /* for room, of the other listeners, just now */
    struct post room;        /* others want room */
    _Atomic bool room_asked; /* it is pending */
    struct tls *tls;         /* NULL: plain. Replace with listener_set_tls. */
    bool draining;           /* answers say `Connection: close` */
    struct list idle;        /* connections between requests, longest idle first */
    struct list busy;
    struct arena *arenas[64]; /* of ended requests, to be used again */
    unsigned arena_n;
    void (*on_request)(struct inbound *in);
    void *arg;
};

/*
 * Binds ADDR:PORT ([ADDR]:PORT for IPv6; port 0 takes a free one) for `n` workers.
 * ret_fds receives n sockets, *ret_port the port. False with a sentence in *ret_why.
 */
bool server_bind(struct arena *arena, str address, unsigned n, int *ret_fds,
                 uint16_t *ret_port, str *ret_why);

/* Starts to accept on `fd` (taken). On the worker's thread, as are the others. */
void listener_open(struct listener *listener, struct server *server,
                   struct worker *worker, int fd);

/* Takes a reference to `tls`; connections that exist keep theirs. */
void listener_set_tls(struct listener *listener, struct tls *tls);

/* From now on each answer is its connection's last; new ones are still accepted. */
void listener_foretell(struct listener *listener);

/* Stops to accept, closes idle connections, lets busy ones finish with
 * `Connection: close`. */
void listener_drain(struct listener *listener);

/* Whether connections are left; those that linger for their peer do not count. */
bool listener_busy(const struct listener *listener);

/* Closes everything at once. Requests that are under way hear on_gone. A turn of the
 * worker must follow before the memory goes. */
void listener_close(struct listener *listener);

#endif
