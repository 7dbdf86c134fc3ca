/*
 * One request as a server connection receives it, and the answer as it leaves. The owner
 * (a visit, an API handler, the simulator) is found once, when the head is complete;
 * from then on the request is his until he ends it with inbound_end or inbound_abort.
 *
 * Life: on_request → set ops and owner → [read body] → reply → write… → end. The
 * callbacks come in this order, never from inside a function of this header: on_body any
 * number of times, then on_body_end once; on_drained after a write that answered false;
 * on_gone at most once, after which nothing else is called and writes go nowhere, but the
 * request still has to be ended.
 *
 * On the worker of the connection.
 */
#ifndef HTTP_INBOUND_H
#define HTTP_INBOUND_H

#include "base/usec.h"
#include "http/parse.h"

struct conn;
struct inbound;
struct worker;

struct inbound_ops {
    /* A piece of the body; valid during the call. May pause. */
    void (*on_body)(struct inbound *in, str chunk);
    /* The body is complete; trailers, if any, are in in->body.trailers. */
    void (*on_body_end)(struct inbound *in);
    /* The output that made a write answer false has left. */
    void (*on_drained)(struct inbound *in);
    /* The caller has left, or the body will never be whole (INBOUND_BODY_BROKEN), which
     * the caller has been told if his answer had not begun. */
    void (*on_gone)(struct inbound *in);
};

enum inbound_body {
    INBOUND_BODY_UNASKED, /* nobody has asked for it */
    INBOUND_BODY_FLOWS,
    INBOUND_BODY_PAUSED,
    INBOUND_BODY_ENDED,
    INBOUND_BODY_BROKEN /* its framing was wrong, or it stopped half way */
};

enum inbound_answer {
    INBOUND_ANSWER_DUE,
    INBOUND_ANSWER_FLOWS,   /* its head was written */
    INBOUND_ANSWER_BEHIND,  /* output waits, but its owner was not told so */
    INBOUND_ANSWER_STALLED, /* a write answered false */
    INBOUND_ANSWER_LOST     /* the caller is gone */
};

struct inbound {
    uint32_t magic;
    struct conn *conn;
    struct worker *worker;
    struct arena *arena; /* lives until the request ends */
    struct message_head head;
    str path;                      /* the target up to "?" */
    str query;                     /* after "?"; absent when there is none */
    usec began;                    /* when its head was complete */
    const struct inbound_ops *ops; /* the owner's, as is `owner` */
    void *owner;

    enum inbound_body body_state;
    struct body_parser body;
    bool expects; /* sent Expect: 100-continue and waits for it */

    enum inbound_answer answer_state;
    bool bodiless;       /* the answer has no body: HEAD, 204, 304 */
    bool chunked;        /* the answer is chunked */
    int64_t answer_left; /* counted answer: bytes still to come; −1 otherwise */
};

/* What the answer starts with. */
struct reply {
    int status;
    const struct headers *headers; /* without framing and connection headers */
    int64_t content_length;        /* −1: not known yet; the answer is chunked */
};

/* Asks for the body; sends 100 (Continue) when the caller waits for it. */
void inbound_read_body(struct inbound *in);
void inbound_pause(struct inbound *in); /* no on_body until the next resume */
void inbound_resume(struct inbound *in);

/* Sends an interim answer (RFC 9110 §15.2) other than 100 and 101 to HTTP/1.1 callers. */
void inbound_inform(struct inbound *in, int status, const struct headers *headers);

/* Starts the answer; once. Date is added when it is missing. */
void inbound_reply(struct inbound *in, const struct reply *reply);

/* A piece of the answer's body. False when output waits: hold your source until
 * on_drained. The bytes are taken in either case; but what does not fit into the 4 MiB
 * that may wait costs the connection, which is reset. */
bool inbound_write(struct inbound *in, str chunk);

/* The answer is complete. `trailers` may be NULL. The request is gone afterwards. */
void inbound_end(struct inbound *in, const struct headers *trailers);

/* The answer cannot be completed: the connection is reset, so that the caller sees it
 * is not whole. The request is gone afterwards. */
void inbound_abort(struct inbound *in);

/*
 * For simulators of broken servers: the bytes go out as they are. From the first call on
 * the framing of the answer is the owner's affair: nothing is added, counted or checked.
 * Stands in place of inbound_reply, or in the middle of an answer; `bytes` may be empty.
 * Answers as inbound_write does. Then comes inbound_end, with inbound_close_after if the
 * connection is to end, or inbound_abort.
 */
bool inbound_raw(struct inbound *in, str bytes);

/* The whole answer in one. Ends the request; what the caller does not take at once is
 * copied, and given out as he takes it. */
void inbound_answer(struct inbound *in, int status, const struct headers *headers,
                    str body);

/* The connection closes after this answer. */
void inbound_close_after(struct inbound *in);

/* The address of the peer as text (no port), and whether it speaks TLS with us. */
str inbound_peer(const struct inbound *in);
bool inbound_tls(const struct inbound *in);

/* The number of its connection: from 1, in the order in which the server took them. */
uint64_t inbound_connection(const struct inbound *in);

/* The request's listener's `arg`. */
void *inbound_listener_arg(const struct inbound *in);

#endif
