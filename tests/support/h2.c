#include "tests/support/h2.h"

#include <string.h>

enum {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_RESET = 3,
    FRAME_GOAWAY = 7,
    FRAME_WINDOW = 8,
    END_STREAM = 1,
    END_HEADERS = 4,
    PIECE_BYTES = 16384
};

static void put_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(out, (char)(value >> shift));
}

static void put_frame(struct buf *out, int type, int flags, uint32_t stream, str payload)
{
    put_u32(out, (uint32_t)payload.n << 8 | (uint32_t)type);
    buf_char(out, (char)flags);
    put_u32(out, stream);
    buf_str(out, payload);
}

/* A length with a prefix of seven bits, up to 254. */
static void put_text(struct buf *out, str text)
{
    if (text.n < 127) {
        buf_char(out, (char)text.n);
    } else {
        buf_char(out, 127);
        buf_char(out, (char)(text.n - 127));
    }
    buf_str(out, text);
}

void h2_headers(struct buf *out, uint32_t stream, const char *lines, bool last)
{
    struct buf block;
    str rest = str_z(lines), line;
    buf_init(&block, 65536);
    while (str_next(&rest, '\n', &line)) {
        size_t at = str_find_str(line, STR(": "));
        if (at == line.n)
            continue;
        buf_char(&block, 0);
        put_text(&block, str_of(line.p, at));
        put_text(&block, str_from(line, at + 2));
    }
    put_frame(out, FRAME_HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream,
              buf_peek(&block));
    buf_fini(&block);
}

void h2_data(struct buf *out, uint32_t stream, const char *text, bool last)
{
    put_frame(out, FRAME_DATA, last ? END_STREAM : 0, stream, str_z(text));
}

void h2_flood(struct buf *out, uint32_t stream, size_t n, bool last)
{
    static char letters[PIECE_BYTES];
    memset(letters, 'x', sizeof(letters));
    while (n) {
        size_t piece = n < sizeof(letters) ? n : sizeof(letters);
        n -= piece;
        put_frame(out, FRAME_DATA, last && !n ? END_STREAM : 0, stream,
                  str_of(letters, piece));
    }
}

static void put_number_frame(struct buf *out, int type, uint32_t stream, uint32_t value)
{
    struct buf payload;
    buf_init(&payload, 16);
    put_u32(&payload, value);
    put_frame(out, type, 0, stream, buf_peek(&payload));
    buf_fini(&payload);
}

void h2_reset(struct buf *out, uint32_t stream, enum h2_error error)
{
    put_number_frame(out, FRAME_RESET, stream, error);
}

void h2_window(struct buf *out, uint32_t stream, uint32_t bytes)
{
    put_number_frame(out, FRAME_WINDOW, stream, bytes);
}

void h2_goaway(struct buf *out, uint32_t last_stream, enum h2_error error)
{
    struct buf payload;
    buf_init(&payload, 16);
    put_u32(&payload, last_stream);
    put_u32(&payload, error);
    put_frame(out, FRAME_GOAWAY, 0, 0, buf_peek(&payload));
    buf_fini(&payload);
}
