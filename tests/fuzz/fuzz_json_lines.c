/*
 * The first byte seeds the cuts, the rest is lines. In one piece, byte by byte and in
 * random pieces they give the same values and faults.
 */
#include "base/buf.h"
#include "base/check.h"
#include "json/json_lines.h"
#include "json/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_BYTES_MAX = 4096, LINE_BYTES_MAX = 200, OUT_BYTES_MAX = 1 << 24 };

static void put_fault(struct buf *out, const struct json_lines_fault *fault)
{
    buf_printf(out, "%u,%u at %u: %s\n", (unsigned)fault->line, fault->column,
               (unsigned)fault->offset, fault->what);
}

/* Pieces of up to `step` bytes; each a copy of exactly these bytes. */
static str read_lines(struct arena *arena, str text, uint32_t seed, size_t step)
{
    static const struct json_limits limits = {.bytes_max = LINE_BYTES_MAX};
    struct json_lines lines;
    struct arena room;
    struct buf out;
    enum json_lines_result result = JSON_LINES_MORE;
    arena_init(&room, 256, 8 * LINE_BYTES_MAX);
    buf_init(&out, OUT_BYTES_MAX);
    json_lines_init(&lines, &room, &limits);
    while (result != JSON_LINES_END) {
        struct json value;
        result = json_lines_next(&lines, arena, &value);
        if (result == JSON_LINES_MORE && !text.n) {
            json_lines_end(&lines);
        } else if (result == JSON_LINES_MORE) {
            seed = seed * 1664525 + 1013904223;
            size_t n = 1 + (seed >> 16) % step;
            n = n < text.n ? n : text.n;
            json_lines_feed(&lines, arena_str(arena, str_of(text.p, n)));
            text = str_from(text, n);
        } else if (result == JSON_LINES_VALUE) {
            buf_printf(&out, "%u: ", (unsigned)lines.line);
            json_write(&out, &value, JSON_COMPACT);
            buf_char(&out, '\n');
        } else if (result == JSON_LINES_FAULT) {
            put_fault(&out, &lines.fault);
        }
    }
    arena_fini(&room);
    return arena_take(arena, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    if (n < 1 || n > INPUT_BYTES_MAX)
        return 0;
    str text = str_of((const char *)bytes + 1, n - 1);
    arena_init(&arena, 65536, (size_t)256 << 20);
    str whole = read_lines(&arena, text, 0, 1);
    CHECK(str_eq(whole, read_lines(&arena, text, bytes[0], 40)));
    CHECK(str_eq(whole, read_lines(&arena, text, bytes[0], INPUT_BYTES_MAX)));
    arena_fini(&arena);
    return 0;
}
