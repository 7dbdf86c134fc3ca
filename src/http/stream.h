/*
 * Bytes over a connected socket, plain or TLS, without blocking. The owner embeds the
 * stream, reads and writes when it wants to, and is told when it is worth trying again.
 * A TLS handshake happens inside the first reads and writes. The same code carries the
 * caller's connections and ours to vendors.
 *
 * Own thread only. `fn` is never called from inside a function of this header.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include <sys/uio.h>

#include "base/str.h"
#include "loop/poll.h"
#include "loop/worker.h"

struct arena;
struct ssl_st;

struct stream {
    struct poll poll;
    int fd; /* −1: closed */
    struct ssl_st *ssl;
    unsigned wanted;       /* POLL_READ | POLL_WRITE, as the owner asked */
    bool read_needs_write; /* TLS: a read waits for the socket to take bytes */
    bool write_needs_read; /* and the other way round */
    bool drained; /* TLS: what it has read is no whole record; wait for the socket */
    struct timer pending; /* tells, next turn, of bytes that TLS has decrypted already */
    const char *error;    /* after STREAM_FAILED: a static sentence */
    unsigned long tls_error;
    void (*fn)(struct stream *stream, unsigned ready); /* POLL_READ | POLL_WRITE */
};

enum {
    STREAM_EOF = 0,
    STREAM_WAIT = -1,  /* nothing now: wait until `fn` says so */
    STREAM_FAILED = -2 /* the connection is dead; see error */
};

/* Takes `fd` (non-blocking) and `ssl` (NULL for plain). False when the descriptor cannot
 * be watched; both are then closed. */
bool stream_open(struct stream *stream, struct worker *worker, int fd, struct ssl_st *ssl,
                 void (*fn)(struct stream *, unsigned ready));

/* What `fn` is to be told about; POLL_READ | POLL_WRITE. */
void stream_want(struct stream *stream, unsigned wanted);

/* Bytes read (> 0), STREAM_EOF, STREAM_WAIT or STREAM_FAILED. */
long stream_read(struct stream *stream, void *ret, size_t n);

/* Bytes taken (> 0, perhaps not all), STREAM_WAIT or STREAM_FAILED. At most 8 parts. */
long stream_write(struct stream *stream, const struct iovec *parts, int n);

/* Goes on with the TLS handshake: 1 when it is done (always, for plain), STREAM_WAIT or
 * STREAM_FAILED. */
long stream_handshake(struct stream *stream);

/* After STREAM_EOF: TLS ended without its closure alert, so that the end proves nothing
 * about what was to come (RFC 9112 §9.8). Plain connections cannot tell: false. */
bool stream_cut(const struct stream *stream);

/* After STREAM_FAILED: the peer does not take our certificate, or wants one. */
bool stream_refused(const struct stream *stream);

/* Whether the peer has asked for our certificate, in a handshake of its own. */
bool stream_asked(const struct stream *stream);

/* Why it failed, as a sentence for people; with TLS the verification's own words. */
str stream_error(const struct stream *stream, struct arena *arena);

/* Closes; no more calls of `fn`. Harmless when it is closed already. */
void stream_close(struct stream *stream);

/* Closes so that the peer sees a reset instead of an end: what was sent is not whole. */
void stream_reset(struct stream *stream);

static inline bool stream_closed(const struct stream *stream)
{
    return stream->fd < 0;
}

#endif
