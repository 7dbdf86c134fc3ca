/*
 * A growing run of bytes with a limit: for text under construction and for bytes that
 * wait to be written. Owns its memory. A write that would pass `bytes_max` stores
 * nothing and marks the buffer full; writers need not look at each step, whoever sends
 * the result asks buf_ok() once.
 *
 * Not thread-safe.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/str.h"

struct buf {
    char *p;
    size_t n;    /* bytes stored */
    size_t room; /* bytes allocated */
    size_t bytes_max;
    bool full; /* a write did not fit: the content is not to be used */
};

void buf_init(struct buf *buf, size_t bytes_max);
void buf_fini(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */

/* Takes away all behind the first n bytes, which had fit: n <= buf->n. */
void buf_truncate(struct buf *buf, size_t n);

bool buf_reserve(struct buf *buf, size_t more); /* false when it would pass the limit */
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *fmt, va_list args);
void buf_put_int(struct buf *buf, int64_t value); /* decimal */

/* Takes away the first n bytes; n <= buf->n. */
void buf_drop(struct buf *buf, size_t n);

static inline void buf_put(struct buf *buf, const void *p, size_t n)
{
    if (n == 0 || (n > buf->room - buf->n && !buf_reserve(buf, n)))
        return;
    memcpy(buf->p + buf->n, p, n);
    buf->n += n;
}

static inline void buf_str(struct buf *buf, str s)
{
    buf_put(buf, s.p, s.n);
}

static inline void buf_char(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

static inline bool buf_ok(const struct buf *buf)
{
    return !buf->full;
}

/* What is stored; valid until the next write. */
static inline str buf_peek(const struct buf *buf)
{
    return str_of(buf->p, buf->n);
}

#endif
