/*
 * A request's body between the one who sends it and the call that passes it on. Up to
 * `hold_bytes` it is kept, so that it can be sent again; past that, or when the worker
 * keeps too much already, it only passes through and its sender is held back while
 * `window` bytes wait.
 *
 *   HOLD ──more than hold_bytes──► STREAM
 *
 * One producer, one consumer, both on the body's worker.
 */
#ifndef EXCHANGE_BODY_H
#define EXCHANGE_BODY_H

#include "base/list.h"
#include "base/str.h"
#include "call/call.h"

enum body_mode { BODY_HOLD, BODY_STREAM };

/* How much all bodies of a worker keep together. */
struct body_budget {
    size_t bytes;
    size_t bytes_max;
};

struct body {
    enum body_mode mode;
    struct body_budget *budget;
    size_t hold_bytes;
    struct list chunks;
    size_t kept;     /* bytes in `chunks` */
    size_t unread;   /* of those, not yet taken by the consumer */
    struct list *at; /* the chunk that is being read, or the head of the list */
    size_t offset;   /* in it */
    bool complete;   /* the producer has ended */
    bool broken;     /* the producer cannot go on */
    bool started;    /* the consumer has asked */
    bool held_back;  /* a put answered false */
    void (*on_start)(struct body *body); /* the consumer asks for the first time */
    void (*on_room)(struct body *body);  /* the producer may go on */
    void (*on_data)(struct body *body);  /* the consumer may go on, after WAIT */
    bool waiting;                        /* the consumer was told to wait */
};

/* `length`: as announced, −1 if not. What is longer than hold_bytes streams at once. */
void body_init(struct body *body, struct body_budget *budget, size_t hold_bytes,
               int64_t length);
void body_fini(struct body *body);

/* The producer's: a piece, copied. False: hold back until on_room. */
bool body_put(struct body *body, str piece);
void body_end(struct body *body);
void body_break(struct body *body);

/* The consumer's. After body_break: WAIT for ever; the consumer looks at `broken`. */
enum call_pull body_pull(struct body *body, str *ret_chunk);

/* All that has come was taken, and more is waited for. */
bool body_is_awaited(const struct body *body);

/* Everything that was ever put is still here, so that it can be read again. */
bool body_can_rewind(const struct body *body);
void body_rewind(struct body *body);

#endif
