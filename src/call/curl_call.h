/*
 * The libcurl transport, for curl*.c only.
 *
 *   pool   a worker's part: names, groups
 *   group  a multi, for one TLS profile and choice of protocols: libcurl would give a
 *          connection that was made with one profile to a call with another
 *   ride   one call on its way
 *
 *   ASK → BUSY → OVER     libcurl has a kept connection for it
 *    └→ DIAL → ASK        it has none: dial.h makes one, and libcurl is asked again
 *
 * From any state it may go to OVER.
 *
 * libcurl must not be entered from inside its own callbacks, in which owners start,
 * cancel and resume calls. So nothing is done to a multi but in two places: when the loop
 * says that a socket or a timer is due, and in `work`, in a turn of its own.
 */
#ifndef CALL_CURL_CALL_H
#define CALL_CURL_CALL_H

#include <curl/curl.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "call/dial.h"
#include "call/call.h"
#include "loop/poll.h"
#include "http/tls.h"
#include "loop/worker.h"

struct curl_pool {
    struct curl *curl;
    struct worker *worker;
    struct transport_part *part;
    struct list groups;
    struct map wires;         /* struct curl_wire, by descriptor */
    struct map wires_by_name; /* and by addresses */
};

enum { CURL_SPARES_MAX = 32 };

struct curl_group {
    struct list node; /* in pool->groups */
    struct curl_pool *pool;
    struct tls *tls;
    bool h1_only; /* its calls must not get a connection that speaks HTTP/2 */
    CURLM *multi;
    CURLSH *share;         /* of TLS sessions */
    struct timer timer;    /* libcurl's */
    struct timer work;     /* what waits in `rides` for its turn */
    struct timer idle;     /* without calls for long: the group goes */
    struct list rides;     /* all */
    struct list waiting;   /* struct ride: for `work` */
    struct list asked;     /* struct ride: their request may have begun to leave */
    struct list until_end; /* struct ride: TLS must say that their answer is whole */
    struct tls_listener ends;
    struct list sockets;
    CURL *spares[CURL_SPARES_MAX];
    unsigned spare_n;
};

enum ride_state { RIDE_ASK, RIDE_DIAL, RIDE_BUSY, RIDE_OVER };

enum ride_send {
    RIDE_SEND_FLOWS,
    RIDE_SEND_CONTINUE, /* 100 (Continue) is awaited */
    RIDE_SEND_WAITS,    /* the owner has no more body just now */
    RIDE_SEND_DONE
};

/* What is waited for, with its time limit. It follows from the states. */
enum ride_phase {
    RIDE_PHASE_OWNER,
    RIDE_PHASE_CONNECT,
    RIDE_PHASE_CONTINUE,
    RIDE_PHASE_SEND,
    RIDE_PHASE_FIRST_BYTE,
    RIDE_PHASE_RECEIVE
};

/* To whom a connection is made: the vendor or the egress proxy. */
struct curl_peer {
    str host; /* without brackets */
    uint16_t port;
};

struct ride {
    uint32_t magic;
    enum ride_state state;
    struct curl_group *group;
    struct call *call; /* NULL: its owner has left */
    struct list node;
    struct list waiting_node;
    struct list asked_node;
    struct list until_end_node;
    const struct ssl_st *ssl; /* until_end: to compare with */
    struct curl_peer peer;
    struct dial *dial;
    unsigned dials; /* so far */
    int fd;         /* connected, for libcurl to take; −1: none */
    bool wants_fd;  /* libcurl has asked for one in vain */
    bool fresh;     /* not over a connection that was used before */
    struct timer timer;
    struct timer nudge; /* libcurl has to look again */
    enum ride_phase phase;
    usec phase_deadline;

    CURL *easy;
    bool added; /* to the multi */
    struct curl_slist *lines;
    struct curl_slist *addresses;
    long asked_bytes; /* of requests before ours, to a proxy */
    long left_port;   /* our end of the connection whose stream it left open; 0: none */

    enum ride_send send;
    bool send_held;   /* libcurl waits to be told to read on */
    bool resume;      /* `work` is to tell libcurl to go on */
    str piece;        /* of the body, not yet taken by libcurl */
    int64_t uploaded; /* what libcurl said when it was last asked */

    bool answered; /* the final head has come */
    bool heard;    /* a line of it has */
    bool complete; /* the answer is, whatever libcurl has still to do */
    bool ends;     /* nothing more will come but the end of the stream */
    bool done;     /* libcurl has told its result */
    CURLcode result;
    bool paused;
    unsigned interim_n;
    struct buf head;
    struct head_scan scan;
    struct body_parser body;
    struct buf in; /* of the body, while the owner pauses */
    size_t trailer_bytes;
    char why[CURL_ERROR_SIZE];
};

struct curl {
    struct transport transport;
    struct curl_pool *pools;        /* one a worker */
    struct curl_slist *proxy_lines; /* what egress proxies are not told */
};

enum { RIDE_MAGIC = 0x52494445 };

/* --- curl_group.c: the multi and the loop */
struct curl_group *curl_group_of(struct curl_pool *pool, struct tls *tls, bool h1_only);
void curl_group_drop(struct curl_group *group); /* no ride may be left */
/* The ride's turn comes in `work`. */
void curl_group_queue(struct ride *ride);
/* A ride has gone; when it was the last, and none comes soon, the group goes. */
void curl_group_left(struct curl_group *group);

/* --- curl_wire.c: the sockets that libcurl has */
void curl_wire_add(struct curl_pool *pool, int fd);
void curl_wire_close(struct curl_pool *pool, int fd);
/* Whether nothing, not even an end, has arrived. The socket is known by its addresses. */
bool curl_wire_quiet(struct curl_pool *pool, const char *ip, int port,
                     const char *local_ip, int local_port);

/* --- curl_ride.c: a call's way */
void ride_start(struct curl_group *group, struct call *call);
void ride_drop(struct ride *ride);    /* its owner leaves */
void ride_work(struct ride *ride);    /* its turn in `work` */
void ride_destroy(struct ride *ride); /* at once */
void ride_done(struct ride *ride, CURLcode result);
/* Something has moved. */
void ride_progress(struct ride *ride);
void ride_update(struct ride *ride);
/* The call has failed: told in its turn. */
void ride_fail(struct ride *ride, enum call_fault fault, str text);
/* Whether a byte of the request has left; asked when libcurl has come back. */
void ride_look_sent(struct ride *ride);

/* --- curl_easy.c: a call as options of an easy handle */
void curl_easy_plan(struct ride *ride);
/* False when the proxy's URL cannot be used. */
bool curl_easy_peer(const struct call *call, struct curl_peer *ret_peer);

/* --- curl_carry.c: bytes, as libcurl's callbacks bring them */
int ride_on_ready(void *arg, char *ip, char *local_ip, int port, int local_port);
size_t ride_on_read(char *ret, size_t size, size_t n, void *arg);
size_t ride_on_header(char *line, size_t size, size_t n, void *arg);
size_t ride_on_body(char *bytes, size_t size, size_t n, void *arg);
curl_socket_t ride_on_socket(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *address);
/* Gives the owner what came while he paused. */
void ride_give_body(struct ride *ride);

#endif
