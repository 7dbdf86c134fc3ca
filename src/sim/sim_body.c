/*
 * zlib's memory comes from the request's arena, so that there is nothing to free when a
 * caller leaves in the middle.
 */
#include "sim/sim_body.h"

#include <zlib.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    OUT_BYTES = 16 * 1024,
    READ_BYTES_MAX = 256 * 1024, /* at a time, however little comes of it */
    GZIP_WINDOW_BITS = 15 + 16
};

void sim_body_init(struct sim_body *body, struct arena *arena, str piece, uint64_t repeat)
{
    bool endless = repeat == UINT64_MAX;
    if (endless && piece.n == 0)
        piece = STR("without end\n");
    *body = (struct sim_body){piece, endless ? UINT64_MAX : piece.n * repeat};
    size_t times = piece.n ? BLOCK_BYTES / piece.n : 1;
    if (times > repeat)
        times = (size_t)repeat;
    if (times <= 1)
        return;
    char *block = arena_bytes(arena, times * piece.n);
    for (size_t i = 0; i < times; i++)
        memcpy(block + i * piece.n, piece.p, piece.n);
    body->block = str_of(block, times * piece.n);
}

str sim_body_slice(const struct sim_body *body, uint64_t at, size_t max)
{
    if (at >= body->total || body->block.n == 0)
        return STR("");
    str rest = str_from(body->block, (size_t)(at % body->block.n));
    uint64_t n = body->total - at;
    if (n > rest.n)
        n = rest.n;
    if (n > max)
        n = max;
    return str_of(rest.p, (size_t)n);
}

/* --- gzip --- */

struct sim_gzip {
    z_stream z;
    uint64_t at; /* bytes of the body read */
    bool ended;
    unsigned char out[OUT_BYTES];
};

static void *take_memory(void *arena, unsigned count, unsigned each)
{
    return arena_array(arena, count, each);
}

static void leave_memory(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

struct sim_gzip *sim_gzip_create(struct arena *arena)
{
    struct sim_gzip *gzip = arena_zalloc(arena, sizeof(*gzip));
    gzip->z.zalloc = take_memory;
    gzip->z.zfree = leave_memory;
    gzip->z.opaque = arena;
    CHECK(deflateInit2(&gzip->z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    return gzip;
}

bool sim_gzip_next(struct sim_gzip *gzip, const struct sim_body *body, str *ret_piece)
{
    z_stream *z = &gzip->z;
    if (gzip->ended)
        return false;
    z->next_out = gzip->out;
    z->avail_out = OUT_BYTES;
    for (uint64_t end = gzip->at + READ_BYTES_MAX; z->avail_out && !gzip->ended;) {
        str slice = sim_body_slice(body, gzip->at, OUT_BYTES);
        z->next_in = (unsigned char *)(uintptr_t)slice.p;
        z->avail_in = (unsigned)slice.n;
        int result = deflate(z, slice.n ? Z_NO_FLUSH : Z_FINISH);
        CHECK(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
        gzip->ended = result == Z_STREAM_END;
        gzip->at += slice.n - z->avail_in;
        if (gzip->at >= end)
            break;
    }
    *ret_piece = str_of((char *)gzip->out, OUT_BYTES - z->avail_out);
    return true;
}
