/*
 * A connection of the HTTP/1.1 transport, for h1*.c only.
 *
 *   DIAL → TLS → BUSY ⇄ IDLE → CLOSED
 *
 * BUSY has a call. Its two directions run on their own: the request is sent (head, body,
 * last chunk) while the answer may already come in. A connection goes to IDLE when both
 * are complete and nothing else is in the pipe; from any state it may go to CLOSED.
 */
#ifndef CALL_H1_CONN_H
#define CALL_H1_CONN_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "call/call.h"
#include "http/stream.h"

struct dial;
struct ssl_session_st;

enum h1_state { H1_DIAL, H1_TLS, H1_BUSY, H1_IDLE, H1_CLOSED };

enum h1_send {
    H1_SEND_FLOWS,    /* there is more to send, or it is being asked for */
    H1_SEND_CONTINUE, /* the head is out; 100 (Continue) is awaited */
    H1_SEND_WAITS,    /* the owner has no more body just now */
    H1_SEND_ENDS,     /* what is in `out` is the last */
    H1_SEND_DONE,
    H1_SEND_STOPPED /* the rest will not be sent: nothing may follow it */
};

enum h1_receive { H1_RECEIVE_HEAD, H1_RECEIVE_BODY };

/* What is waited for, with its time limit. It follows from the states (h1_conn.c). */
enum h1_phase {
    H1_PHASE_OWNER, /* no limit */
    H1_PHASE_CONNECT,
    H1_PHASE_CONTINUE,
    H1_PHASE_SEND,
    H1_PHASE_FIRST_BYTE,
    H1_PHASE_RECEIVE,
    H1_PHASE_KEEP
};

struct h1_origin {
    str key;
    struct list idle; /* struct h1_conn, newest first */
    uint32_t idle_n;
    uint32_t conns;
    struct tls *tls; /* NULL: plain */
    struct ssl_session_st *session;
    struct list unused; /* in pool->unused: without connections, kept for its session */
};

struct h1_pool {
    struct h1 *h1;
    struct worker *worker;
    struct transport_part *part;
    struct map origins;
    struct list conns;  /* all */
    struct list unused; /* struct h1_origin, longest unused first */
    uint32_t unused_n;
};

struct h1 {
    struct transport transport;
    struct h1_pool *pools; /* one a worker */
};

struct h1_conn {
    uint32_t magic;
    enum h1_state state;
    struct h1_pool *pool;
    struct h1_origin *origin;
    struct list node;      /* in pool->conns */
    struct list idle_node; /* in origin->idle */
    struct dial *dial;
    struct stream stream;
    struct timer timer; /* fires at or before the deadlines, then looks again */
    struct timer later; /* goes on, fails or goes away in the next turn */
    enum h1_phase phase;
    usec phase_deadline;
    bool used; /* has carried a call before */

    struct call *call; /* BUSY, and before */
    enum h1_send send;
    bool blocked; /* the socket did not take all of `out` */
    bool broken;  /* sending failed; an answer may have come all the same */
    struct buf out;
    enum h1_receive receive;
    bool paused;
    bool heard;         /* a byte of the final answer has come */
    unsigned interim_n; /* interim answers so far */
    struct head_scan scan;
    struct buf in;
    struct body_parser body;
    usec keep; /* how long the vendor keeps an idle connection */
};

/* A connection for `call`, on its way. */
void h1_conn_open(struct h1_pool *pool, struct h1_origin *origin, struct call *call);

/* A call over an idle connection. False when the connection turns out to be dead. */
bool h1_conn_reuse(struct h1_conn *conn, struct call *call);

/* Ends it; a call is dropped without a word. */
void h1_conn_close(struct h1_conn *conn);

/* The same at once, memory and all: for the end of the pool. */
void h1_conn_destroy(struct h1_conn *conn);

/* The call has failed: told in the next turn. */
void h1_conn_fail(struct h1_conn *conn, enum call_fault fault, str text);

/* The same after TLS has failed, in the handshake or with an alert behind it. */
void h1_conn_fail_tls(struct h1_conn *conn);

/* Sending (h1_send.c): starts a request, goes on with it. */
void h1_send_start(struct h1_conn *conn);
void h1_send_pump(struct h1_conn *conn);

/* Receiving (h1_receive.c): reads what is there, goes on after a pause. */
void h1_receive_ready(struct h1_conn *conn);
void h1_receive_again(struct h1_conn *conn);

/* Sending has failed before a byte has left: the call fails with what TLS says of it. */
void h1_receive_refusal(struct h1_conn *conn);

/* Sets what is waited for, and for how long; after each step. */
void h1_conn_update(struct h1_conn *conn);

/* Something has moved: the present limit starts anew. */
void h1_conn_progress(struct h1_conn *conn);

/* The answer is complete: the call ends, the connection is kept or closed. */
void h1_conn_finish(struct h1_conn *conn);

/* The origin has no connection any more (h1.c). */
void h1_origin_unused(struct h1_pool *pool, struct h1_origin *origin);

#endif
