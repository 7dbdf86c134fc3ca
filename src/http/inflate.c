/*
 * Two decoders with one shape: bytes in, text into a buffer whose limit is the caller's.
 * The text moves to the arena once, when its length is known. zlib takes its memory from
 * mem.h, so it cannot be refused there; zstd's window is held to the 8 MiB that
 * RFC 9659 §3 allows a sender to ask for.
 *
 * "deflate" means zlib's format (RFC 9110 §8.4.1.2), but some send the bare stream. The
 * two cannot be mistaken: a bare stream whose first byte looks like zlib's would begin
 * with a stored block and padding that is not zero, which no encoder writes.
 */
#include "http/inflate.h"

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
    CHUNK_BYTES = 16 * 1024,
    BITS_RAW = -MAX_WBITS,
    BITS_ZLIB = MAX_WBITS,
    BITS_GZIP = MAX_WBITS + 16,
    ZSTD_WINDOW_LOG_MAX = 23
};

static void *take_memory(void *opaque, unsigned count, unsigned each)
{
    (void)opaque;
    return mem_array(count, each);
}

static void free_memory(void *opaque, void *p)
{
    (void)opaque;
    mem_free(p);
}

/* Decodes one stream to its end, its input (Z_BUF_ERROR: nothing moved), or the limit. */
static enum inflate_result run_zlib(z_stream *z, struct buf *out)
{
    unsigned char chunk[CHUNK_BYTES];
    int code;
    do {
        z->next_out = chunk;
        z->avail_out = sizeof(chunk);
        code = inflate(z, Z_NO_FLUSH);
        buf_put(out, chunk, sizeof(chunk) - z->avail_out);
        if (!buf_ok(out))
            return INFLATE_TOO_LARGE;
    } while (code == Z_OK);
    return code == Z_STREAM_END ? INFLATE_OK : INFLATE_BROKEN;
}

static enum inflate_result decode_zlib(str body, int window_bits, struct buf *out)
{
    z_stream z = {.zalloc = take_memory, .zfree = free_memory};
    CHECK(inflateInit2(&z, window_bits) == Z_OK);
    z.next_in = (const unsigned char *)body.p;
    z.avail_in = (unsigned)body.n;
    enum inflate_result result = run_zlib(&z, out);
    /* RFC 1952 §2.2: a gzip file is a series of members. */
    while (result == INFLATE_OK && z.avail_in > 0 && window_bits == BITS_GZIP) {
        CHECK(inflateReset(&z) == Z_OK);
        result = run_zlib(&z, out);
    }
    if (result == INFLATE_OK && z.avail_in > 0)
        result = INFLATE_BROKEN;
    inflateEnd(&z);
    return result;
}

static enum inflate_result decode_gzip(str body, struct buf *out)
{
    return decode_zlib(body, BITS_GZIP, out);
}

/* RFC 1950 §2.2: method 8, a window of at most 32 KiB, a check that divides by 31. */
static bool is_zlib(str body)
{
    if (body.n < 2)
        return false;
    unsigned method = (unsigned char)body.p[0];
    unsigned flags = (unsigned char)body.p[1];
    return (method & 15) == 8 && method >> 4 <= 7 && (method << 8 | flags) % 31 == 0;
}

static enum inflate_result decode_deflate(str body, struct buf *out)
{
    return decode_zlib(body, is_zlib(body) ? BITS_ZLIB : BITS_RAW, out);
}

/* A body may be several frames (RFC 8878 §3). Zero is wanted at the end of each; asking
 * again there, without input, would begin another. */
static enum inflate_result decode_zstd(str body, struct buf *out)
{
    char chunk[CHUNK_BYTES];
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    CHECK(zstd != NULL);
    ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    ZSTD_inBuffer in = {body.p, body.n, 0};
    ZSTD_outBuffer piece;
    size_t wanted;
    do {
        piece = (ZSTD_outBuffer){chunk, sizeof(chunk), 0};
        wanted = ZSTD_decompressStream(zstd, &piece, &in);
        buf_put(out, chunk, piece.pos);
    } while (!ZSTD_isError(wanted) && buf_ok(out) &&
             (in.pos < in.size || (wanted && piece.pos == piece.size)));
    ZSTD_freeDCtx(zstd);
    if (!buf_ok(out))
        return INFLATE_TOO_LARGE;
    return wanted == 0 ? INFLATE_OK : INFLATE_BROKEN;
}

struct decoder {
    const char *coding;
    enum inflate_result (*decode)(str body, struct buf *out); /* NULL: it is the text */
};

static const struct decoder decoders[] = {
    {"", NULL},
    {"identity", NULL},
    {"gzip", decode_gzip},
    {"x-gzip", decode_gzip},
    {"deflate", decode_deflate},
    {"zstd", decode_zstd},
};

static const struct decoder *find_decoder(str coding)
{
    for (size_t i = 0; i < COUNT_OF(decoders); i++)
        if (str_eq_nocase(coding, str_z(decoders[i].coding)))
            return &decoders[i];
    return NULL;
}

/* An answer to HEAD names the coding and has no body: empty is not broken. */
enum inflate_result inflate_body(struct arena *arena, str coding, str body,
                                 size_t bytes_max, str *ret_text)
{
    const struct decoder *decoder = find_decoder(str_trim(coding));
    *ret_text = STR_NONE;
    if (!decoder)
        return INFLATE_UNKNOWN;
    if (!decoder->decode || body.n == 0) {
        *ret_text = body;
        return INFLATE_OK;
    }
    if (body.n > UINT32_MAX)
        return INFLATE_TOO_LARGE;
    struct buf out;
    buf_init(&out, bytes_max);
    enum inflate_result result = decoder->decode(body, &out);
    if (result != INFLATE_TOO_LARGE)
        *ret_text = out.n ? arena_str(arena, buf_peek(&out)) : STR("");
    buf_fini(&out);
    return result;
}
