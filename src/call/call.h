/*
 * A call: one attempt at one request to a vendor. It knows no account, no integration and
 * no retry; it sends what it is given, streams the answer back, keeps its time limits,
 * and knows exactly whether a byte of the request has left.
 *
 * Life: fill the in-fields → call_start → [pull…] → on_inform… → on_head → on_body… →
 * on_end. on_fault ends it at any point instead. Exactly one of on_end and on_fault
 * comes, unless call_cancel was called, after which nothing comes. No callback runs
 * inside a function of this header, but that call_start and call_body_ready may pull; a
 * callback may start other calls, and cancel or pause any.
 *
 * On the worker that started it.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "call/transport.h"
#include "http/parse.h"
#include "http/url.h"
#include "policy/outcome.h"

struct tls;
struct worker;

enum call_pull {
    CALL_PULL_DATA, /* *ret_chunk is the next piece, valid until the next pull */
    CALL_PULL_WAIT, /* none now: call_body_ready will say when */
    CALL_PULL_END   /* the body is complete */
};

struct call_events {
    /* The next piece of the request's body, at most 64 KiB. */
    enum call_pull (*pull)(struct call *call, str *ret_chunk);
    /* An interim answer other than 100 and 101. */
    void (*on_inform)(struct call *call, const struct message_head *head);
    /* call->head is the final answer's. */
    void (*on_head)(struct call *call);
    void (*on_body)(struct call *call, str chunk);
    /* call->trailers is set if there were any. */
    void (*on_end)(struct call *call);
    /* call->fault and call->fault_text say what happened. */
    void (*on_fault)(struct call *call);
};

/* While the owner is waited for, because he has no more of the body or has paused the
 * answer's, only the deadline counts. */
struct call_limits {
    usec connect;    /* until the connection can be used, name resolution included */
    usec first_byte; /* of the answer, from the last byte sent or the last interim answer
                      */
    usec idle;       /* between two pieces, either way */
    usec deadline;   /* a moment, monotonic; USEC_NEVER = none */
};

enum { CALL_BODY_NONE = 0, CALL_BODY_CHUNKED = -1 };

struct call {
    /* in: set before call_start, borrowed until the end */
    struct worker *worker;
    struct arena *arena; /* heads and faults are kept in it */
    const struct call_events *events;
    void *owner;
    str method;
    struct url url;
    const struct headers *headers; /* end-to-end ones; Host and framing are added here,
                                      and left out where they are given */
    int64_t body_bytes;            /* exact length, CALL_BODY_NONE or CALL_BODY_CHUNKED */
    bool expect_continue;          /* wait (1 s at most) for 100 before the body */
    bool fresh;                    /* not over a connection that was used before */
    bool trailers_wanted;          /* send `TE: trailers` */
    bool h1_only;                  /* no HTTP/2, though the vendor may speak it */
    struct tls *tls;               /* NULL: the transport's own */
    str egress_proxy;              /* URL; absent = none. curl only */
    struct call_limits limits;

    /* out */
    /* False: the vendor cannot have seen a byte of the request. True: it may have. h1 is
     * exact: true from the first byte that the socket took, with TLS the first record.
     * curl: see curl.c. */
    bool sent;
    bool reused;              /* over a connection that was used before */
    struct message_head head; /* of the final answer */
    struct headers *trailers; /* NULL: none came. In the arena, as the head is */
    enum call_fault fault;
    str fault_text;      /* a sentence; never holds a secret */
    usec connected_at;   /* monotonic; 0 = not reached */
    usec sent_at;        /* the last byte of the request */
    usec first_byte_at;  /* of the final answer */
    uint64_t bytes_sent; /* of the body */
    uint64_t bytes_received;

    /* the transport's */
    struct transport *transport;
    void *carrier;
};

/* The connection's own business, which a transport tells anew or not at all. */
static inline bool call_frames(const struct header *header)
{
    return (header_flags(header->id) & HEADER_HOP) || header->id == HEADER_HOST ||
           header->id == HEADER_CONTENT_LENGTH || header->id == HEADER_EXPECT;
}

static inline enum parse_kind call_answer_kind(const struct call *call)
{
    return str_eq(call->method, STR("HEAD")) ? PARSE_RESPONSE_TO_HEAD : PARSE_RESPONSE;
}

static inline void call_start(struct transport *transport, struct call *call)
{
    call->transport = transport;
    transport->ops->start(transport, call);
}

/* Ends it without a callback. Harmless when it has ended already or never began. */
static inline void call_cancel(struct call *call)
{
    if (call->carrier)
        call->transport->ops->cancel(call);
}

/* No on_body until call_resume; what has been read meanwhile waits, at most 64 KiB. */
static inline void call_pause(struct call *call)
{
    if (call->carrier)
        call->transport->ops->pause(call);
}

static inline void call_resume(struct call *call)
{
    if (call->carrier)
        call->transport->ops->resume(call);
}

/* After CALL_PULL_WAIT: there is more, or the end. */
static inline void call_body_ready(struct call *call)
{
    if (call->carrier)
        call->transport->ops->body_ready(call);
}

static inline void call_set_deadline(struct call *call, usec deadline)
{
    call->limits.deadline = deadline;
    if (call->carrier)
        call->transport->ops->set_deadline(call);
}

#endif
