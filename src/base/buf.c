#include "base/buf.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/mem.h"

enum { ROOM_MIN = 256 };

void buf_init(struct buf *buf, size_t bytes_max)
{
    *buf = (struct buf){.bytes_max = bytes_max};
}

void buf_fini(struct buf *buf)
{
    mem_free(buf->p);
    buf_init(buf, buf->bytes_max);
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    buf->full = false;
}

void buf_truncate(struct buf *buf, size_t n)
{
    CHECK(n <= buf->n);
    buf->n = n;
    buf->full = false;
}

bool buf_reserve(struct buf *buf, size_t more)
{
    if (more <= buf->room - buf->n)
        return true;
    if (more > buf->bytes_max - buf->n) {
        buf->full = true;
        return false;
    }
    size_t room = buf->room ? buf->room * 2 : ROOM_MIN;
    while (room < buf->n + more)
        room *= 2;
    if (room > buf->bytes_max)
        room = buf->bytes_max;
    buf->p = mem_grow(buf->p, room);
    buf->room = room;
    return true;
}

/* The text is made elsewhere first: its closing zero may not fit into the buffer. */
void buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), fmt, args);
    CHECK(n >= 0);
    if ((size_t)n < sizeof(small)) {
        buf_put(buf, small, (size_t)n);
    } else {
        char *text = mem_alloc((size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, fmt, again);
        buf_put(buf, text, (size_t)n);
        mem_free(text);
    }
    va_end(again);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vprintf(buf, fmt, args);
    va_end(args);
}

void buf_put_int(struct buf *buf, int64_t value)
{
    char digits[24];
    buf_put(buf, digits, encode_decimal(value, digits));
}

void buf_drop(struct buf *buf, size_t n)
{
    CHECK(n <= buf->n);
    buf->n -= n;
    if (buf->n)
        memmove(buf->p, buf->p + n, buf->n);
}
