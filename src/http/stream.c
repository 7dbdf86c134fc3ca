/*
 * OpenSSL works on the descriptor itself. It may hold bytes of which the poll knows
 * nothing; when reading is wanted and such bytes are there, the owner is told in the next
 * turn, unless the last read has shown that they are only part of a record. Small writes
 * of several parts are gathered into one TLS record.
 *
 * OpenSSL keeps its errors in a queue of the thread, which whoever used it before may
 * have left full; it is emptied before each operation, or SSL_get_error reads it wrong.
 */
#include "http/stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "http/tls.h"

enum { GATHER_BYTES = 16 * 1024 };

static void apply_want(struct stream *stream)
{
    unsigned wanted = stream->wanted;
    if ((wanted & POLL_READ) && stream->read_needs_write)
        wanted |= POLL_WRITE;
    if ((wanted & POLL_WRITE) && stream->write_needs_read)
        wanted |= POLL_READ;
    poll_want(&stream->poll, wanted);
}

static void on_poll(struct poll *poll, unsigned ready)
{
    struct stream *stream = CONTAINER_OF(poll, struct stream, poll);
    unsigned told = ready & stream->wanted;
    if (ready & POLL_READ)
        stream->drained = false;
    if ((ready & POLL_WRITE) && stream->read_needs_write)
        told |= POLL_READ;
    if ((ready & POLL_READ) && stream->write_needs_read)
        told |= POLL_WRITE;
    told &= stream->wanted;
    if (told)
        stream->fn(stream, told);
}

static void on_pending(struct timer *timer)
{
    struct stream *stream = CONTAINER_OF(timer, struct stream, pending);
    if (stream->wanted & POLL_READ)
        stream->fn(stream, POLL_READ);
}

bool stream_open(struct stream *stream, struct worker *worker, int fd, SSL *ssl,
                 void (*fn)(struct stream *, unsigned ready))
{
    *stream = (struct stream){.fd = fd, .ssl = ssl, .fn = fn};
    timer_init(&stream->pending, worker, on_pending);
    if (!poll_open(&stream->poll, worker, fd, on_poll)) {
        stream_close(stream);
        return false;
    }
    if (ssl)
        CHECK(SSL_set_fd(ssl, fd) == 1);
    return true;
}

void stream_want(struct stream *stream, unsigned wanted)
{
    stream->wanted = wanted;
    apply_want(stream);
    if ((wanted & POLL_READ) && stream->ssl && !stream->drained &&
        SSL_has_pending(stream->ssl))
        timer_start(&stream->pending, 0);
}

static long fail(struct stream *stream, const char *error)
{
    stream->error = error;
    return STREAM_FAILED;
}

static long system_failure(struct stream *stream)
{
    switch (errno) {
    case EAGAIN:
    case EINTR:
        return STREAM_WAIT;
    case ECONNRESET:
    case EPIPE:
        return fail(stream, "the peer reset the connection");
    case ECONNREFUSED:
        return fail(stream, "the connection was refused");
    case ENETUNREACH:
    case EHOSTUNREACH:
        return fail(stream, "there is no route to the host");
    case ETIMEDOUT:
        return fail(stream, "the connection timed out");
    default:
        return fail(stream, "the connection failed");
    }
}

/* What OpenSSL means; `*needs` is the flag for "wants the other direction". */
static long tls_failure(struct stream *stream, int result, bool reading)
{
    stream->read_needs_write = stream->write_needs_read = false;
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        stream->write_needs_read = !reading;
        stream->drained = true;
        break;
    case SSL_ERROR_WANT_WRITE:
        stream->read_needs_write = reading;
        break;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_EOF;
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return errno ? system_failure(stream) : STREAM_EOF;
    default:
        stream->tls_error = ERR_get_error();
        ERR_clear_error();
        return fail(stream, "TLS failed");
    }
    apply_want(stream);
    return STREAM_WAIT;
}

static void forget_errors(void)
{
    ERR_clear_error();
    errno = 0;
}

/* A TLS operation got through: the crossed waits of an earlier try are over. */
static long tls_success(struct stream *stream, long n)
{
    if (stream->read_needs_write || stream->write_needs_read) {
        stream->read_needs_write = stream->write_needs_read = false;
        apply_want(stream);
    }
    return n;
}

long stream_read(struct stream *stream, void *ret, size_t n)
{
    if (stream->ssl) {
        forget_errors();
        int got = SSL_read(stream->ssl, ret, n > INT32_MAX ? INT32_MAX : (int)n);
        return got > 0 ? tls_success(stream, got) : tls_failure(stream, got, true);
    }
    long got = read(stream->fd, ret, n);
    return got >= 0 ? got : system_failure(stream);
}

static long tls_write(struct stream *stream, const void *p, size_t n)
{
    forget_errors();
    int put = SSL_write(stream->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n);
    if (put > 0)
        return tls_success(stream, put);
    long result = tls_failure(stream, put, false);
    return result == STREAM_EOF ? fail(stream, "the peer closed the connection") : result;
}

static long tls_gather(struct stream *stream, const struct iovec *parts, int n)
{
    char room[GATHER_BYTES];
    size_t used = 0;
    if (n == 1 || parts[0].iov_len >= sizeof(room))
        return tls_write(stream, parts[0].iov_base, parts[0].iov_len);
    for (int i = 0; i < n && used < sizeof(room); i++) {
        size_t take = parts[i].iov_len;
        if (take > sizeof(room) - used)
            take = sizeof(room) - used;
        memcpy(room + used, parts[i].iov_base, take);
        used += take;
    }
    return tls_write(stream, room, used);
}

long stream_write(struct stream *stream, const struct iovec *parts, int n)
{
    while (n > 1 && parts[0].iov_len == 0) {
        parts++;
        n--;
    }
    if (stream->ssl)
        return tls_gather(stream, parts, n);
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)n};
    long put = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    return put >= 0 ? put : system_failure(stream);
}

long stream_handshake(struct stream *stream)
{
    if (!stream->ssl || SSL_is_init_finished(stream->ssl))
        return 1;
    forget_errors();
    int result = SSL_do_handshake(stream->ssl);
    if (result == 1)
        return tls_success(stream, 1);
    long failure = tls_failure(stream, result, true);
    return failure == STREAM_EOF ? fail(stream, "the peer broke off the TLS handshake")
                                 : failure;
}

/* The TLS profile lets an end without alert count as one with; the socket's own end has
 * then been read too. */
bool stream_cut(const struct stream *stream)
{
    return stream->ssl && BIO_eof(SSL_get_rbio(stream->ssl));
}

bool stream_asked(const struct stream *stream)
{
    return stream->ssl && tls_was_asked(stream->ssl);
}

static const char *refusal_of(const struct stream *stream)
{
    if (!stream->ssl || !stream->tls_error)
        return NULL;
    return tls_refusal(stream->tls_error, tls_was_asked(stream->ssl),
                       tls_has_certificate(stream->ssl));
}

bool stream_refused(const struct stream *stream)
{
    return refusal_of(stream) != NULL;
}

str stream_error(const struct stream *stream, struct arena *arena)
{
    char text[256];
    long verdict = stream->ssl ? SSL_get_verify_result(stream->ssl) : X509_V_OK;
    if (verdict != X509_V_OK)
        return arena_printf(arena, "the certificate does not verify: %s",
                            X509_verify_cert_error_string(verdict));
    const char *refusal = refusal_of(stream);
    if (refusal)
        return str_z(refusal);
    if (stream->tls_error) {
        ERR_error_string_n(stream->tls_error, text, sizeof(text));
        return arena_printf(arena, "TLS failed: %s", text);
    }
    return str_z(stream->error ? stream->error : "the connection failed");
}

static void close_fd(struct stream *stream)
{
    poll_close(&stream->poll);
    timer_cancel(&stream->pending);
    if (stream->ssl)
        SSL_free(stream->ssl);
    stream->ssl = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

void stream_close(struct stream *stream)
{
    if (stream->ssl && stream->poll.watcher && SSL_is_init_finished(stream->ssl) &&
        !stream->error)
        SSL_shutdown(stream->ssl);
    ERR_clear_error();
    close_fd(stream);
}

void stream_reset(struct stream *stream)
{
    struct linger linger = {.l_onoff = 1};
    if (stream->fd >= 0)
        setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close_fd(stream);
}
