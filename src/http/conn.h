/*
 * A server connection, for the files of http/ only: conn.c reads and times it, inbound.c
 * writes its answers, server.c accepts it and ends it.
 *
 *   accept → HEAD ──head complete──► BUSY ──ended, body read──► HEAD
 *              │                      │ └───ended, body unread► DRAIN ──► HEAD
 *              │ error answer         │ abort                     │
 *              ▼                      ▼                           ▼
 *            LINGER ──────────────► CLOSED ◄──────────────────────┘
 *
 * HEAD waits for and collects a head; an idle connection is one in HEAD without bytes.
 * BUSY has an inbound that belongs to its owner; when the peer leaves meanwhile the
 * socket closes and the connection waits in BUSY for its owner. DRAIN throws away what is
 * left of a request's body so that the next head is found. LINGER has said its last and
 * reads on for a while, lest a reset overtakes the answer.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "base/buf.h"
#include "base/list.h"
#include "http/inbound.h"
#include "http/server.h"
#include "http/stream.h"

enum conn_state { CONN_HEAD, CONN_BUSY, CONN_DRAIN, CONN_LINGER, CONN_CLOSED };

struct conn {
    uint32_t magic;
    enum conn_state state;
    struct listener *listener;
    struct list node; /* in the listener's idle or busy */
    struct stream stream;
    struct timer timer;  /* fires at or before `deadline`, then looks again */
    struct timer resume; /* goes on with bytes that are here already */
    usec deadline;
    usec until;      /* HEAD, DRAIN, LINGER: the state's own limit */
    usec read_from;  /* since then a wanted body has not moved; NEVER: none is wanted */
    usec write_from; /* since then `out` has not moved; NEVER: nothing waits in it */
    struct head_scan scan;
    struct buf in;           /* bytes read and not used yet */
    struct buf out;          /* bytes written and not taken yet */
    struct body_parser rest; /* DRAIN: of the body that nobody wanted */
    uint64_t discarded;      /* DRAIN, LINGER: bytes thrown away */
    bool head_began;         /* HEAD: the clock for this head is running */
    bool close_after;        /* no further request on this connection */
    bool gone_told;          /* BUSY: the owner knows that the caller is gone */
    struct inbound *inbound; /* BUSY */
    uint64_t number;         /* from 1, of all that the server took */
    char peer[48];
};

/* Takes `fd`; `peer` is its address as text. */
void conn_open(struct listener *listener, int fd, const char *peer, uint64_t number);

/* The end, at once: the peer sees a reset, an owner hears on_gone. */
void conn_kill(struct conn *conn);

/* An idle connection: no further request. What waits in `out` still leaves. */
void conn_retire(struct conn *conn);

/* Sends what waits in `out`; true when nothing is left (or the socket is dead). */
bool conn_flush(struct conn *conn);

/* The socket is dead. An owner is told in a later turn. */
void conn_lost(struct conn *conn);

/* Whether the connection ends with this answer, as far as that is known: also because of
 * a body that nobody asked for and that is too much to be thrown away. */
bool conn_will_end(const struct conn *conn);

/* The inbound has ended: on to the next request, or to the end. */
void conn_next(struct conn *conn);

/* In the next turn: goes on with bytes that are here already. */
void conn_resume(struct conn *conn);

/* What is to be waited for now, and how long. After each change. */
void conn_update(struct conn *conn);

/* A request's memory, from a small store of used ones. */
struct arena *listener_arena_take(struct listener *listener);
void listener_arena_give(struct listener *listener, struct arena *arena);

#endif
