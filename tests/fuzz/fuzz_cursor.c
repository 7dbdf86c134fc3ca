/*
 * The first byte chooses: the rest is what a caller sent as a cursor, or what stands
 * behind the binding of one that is authentic. The first is never one of ours; the second
 * is refused, or is a walk that is written and read again as it is.
 */
#include "base/crypto.h"
#include "base/encode.h"
#include "paging/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROOM = 64 << 20, MAC_BYTES = 16, BOUND_BYTES = 1 + 8 };

static const uint8_t key[CURSOR_KEY_BYTES] = "a key that is used in tests only";
static const struct cursor_about about = {STR("acc_1"), STR("crm/contacts"), STR("a=1")};

static str bytes_of(struct arena *arena, const struct cursor *cursor)
{
    str text, detail, bytes;
    CHECK(cursor_write(key, &about, cursor, arena, &text, &detail) == ERR_NONE);
    CHECK(text.n <= CURSOR_TEXT_MAX);
    CHECK(decode_base64(arena, text, &bytes));
    return bytes;
}

/* The version and the binding of a good one, with `rest` behind them. */
static str authentic(struct arena *arena, str rest)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    struct cursor cursor = {.walk = {.at = {.form = POSITION_START}}};
    str bound = str_of(str_from(bytes_of(arena, &cursor), MAC_BYTES).p, BOUND_BYTES);
    str signed_parts[] = {STR("walk:"), bound, rest};
    crypto_hmac_sha256(str_of((const char *)key, sizeof(key)),
                       arena_join(arena, signed_parts, 3), mac);
    str parts[] = {str_of((const char *)mac, MAC_BYTES), bound, rest};
    return encode_base64url(arena, arena_join(arena, parts, 3));
}

static void check_walk(struct arena *arena, const struct cursor *cursor, str text)
{
    const struct page_position *at = &cursor->walk.at;
    str bytes;
    CHECK(at->form != POSITION_END && at->form <= POSITION_BEYOND);
    CHECK(at->text.n <= PAGE_TEXT_MAX);
    CHECK(decode_base64(arena, text, &bytes));
    CHECK(str_eq(bytes_of(arena, cursor), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool started;
    struct arena arena;
    struct cursor cursor;
    str detail = STR_NONE;
    if (n < 1 || n > CURSOR_TEXT_MAX)
        return 0;
    if (!started)
        crypto_start();
    started = true;
    arena_init(&arena, 4096, ROOM);
    str rest = str_of((const char *)bytes + 1, n - 1);
    bool ours = bytes[0] & 1;
    str text = ours ? authentic(&arena, rest) : rest;
    enum err err = cursor_read(key, &about, text, &arena, &cursor, &detail);
    CHECK(err == ERR_NONE || err == ERR_CURSOR_INVALID);
    CHECK(err == ERR_NONE || detail.n > 0);
    CHECK(ours || err == ERR_CURSOR_INVALID);
    if (err == ERR_NONE)
        check_walk(&arena, &cursor, text);
    arena_fini(&arena);
    return 0;
}
