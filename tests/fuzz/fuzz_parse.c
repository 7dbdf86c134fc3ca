/*
 * The input is what a peer sends: the first byte says whether it is a request, an answer
 * or an answer to HEAD, the second seeds the cuts. Whole, byte by byte and in random
 * pieces it must read the same. What was read obeys the grammar (see reading.h).
 */
#include "tests/support/reading.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_BYTES_MAX = 4096 };

static size_t one_byte(void *arg, size_t left)
{
    (void)arg, (void)left;
    return 1;
}

static size_t any_bytes(void *arg, size_t left)
{
    uint32_t *seed = arg;
    *seed = *seed * 1664525 + 1013904223;
    size_t n = 1 + (*seed >> 24) % 40;
    return n < left ? n : left;
}

static void read_again(struct reading reading, str input, struct buf *whole)
{
    struct arena arena;
    struct buf text;
    arena_init(&arena, 65536, (size_t)256 << 20);
    buf_init(&text, 16 << 20);
    reading_run(&reading, &arena, input, &text);
    CHECK(str_eq(buf_peek(&text), buf_peek(whole)));
    buf_fini(&text);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct buf whole;
    if (n < 2 || n > INPUT_BYTES_MAX)
        return 0;
    uint32_t seed = bytes[1];
    struct reading reading = {.kind = (enum parse_kind)(bytes[0] % 3)};
    str input = str_of((const char *)bytes + 2, n - 2);
    arena_init(&arena, 65536, (size_t)256 << 20);
    buf_init(&whole, 16 << 20);
    reading_run(&reading, &arena, input, &whole);
    arena_fini(&arena);
    reading.cut = one_byte;
    read_again(reading, input, &whole);
    reading.cut = any_bytes;
    reading.arg = &seed;
    read_again(reading, input, &whole);
    buf_fini(&whole);
    return 0;
}
