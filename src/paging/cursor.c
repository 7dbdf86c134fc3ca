/*
 * Numbers are little-endian and of fixed size, texts have their length in front, with one
 * more than it so that 0 is "absent". What was authenticated is nevertheless read as if
 * anybody had written it: an older process with the same key may have.
 */
#include "paging/cursor.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/secret.h"

enum { VERSION = 1, MAC_BYTES = 16, REST_BYTES_MAX = 8900 };

/* --- what it is bound to --- */

struct param {
    str name;
    str value;
};

static int compare(const void *one, const void *other)
{
    const struct param *a = one, *b = other;
    int order = str_cmp(a->name, b->name);
    return order ? order : str_cmp(a->value, b->value);
}

static bool is_named(str name, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (str_eq(name, str_z(names[i])))
            return true;
    return false;
}

str cursor_query(struct arena *arena, str query, const char *const *without)
{
    struct param *params = NULL;
    uint32_t n = 0, room = 0;
    str rest = query, name, value;
    while (url_query_next(&rest, &name, &value)) {
        struct param param = {url_query_decode(arena, name),
                              url_query_decode(arena, value)};
        if (is_named(param.name, without))
            continue;
        params = arena_grow(arena, params, n, &room, sizeof(*params));
        params[n++] = param;
    }
    if (n)
        qsort(params, n, sizeof(*params), compare);
    str sorted = STR("");
    for (uint32_t i = 0; i < n; i++)
        sorted = url_query_with(arena, sorted, params[i].name, params[i].value);
    return sorted;
}

/* --- writing --- */

static void put_u32(struct buf *buf, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        buf_char(buf, (char)(value >> 8 * i & 0xff));
}

static void put_u64(struct buf *buf, uint64_t value)
{
    put_u32(buf, (uint32_t)value);
    put_u32(buf, (uint32_t)(value >> 32));
}

static void put_text(struct buf *buf, str text)
{
    put_u32(buf, str_absent(text) ? 0 : (uint32_t)text.n + 1);
    buf_str(buf, text);
}

static void put_trace(struct buf *buf, const struct page_trace *trace)
{
    put_u64(buf, trace->position);
    put_u64(buf, trace->content);
}

static void put_walk(struct buf *buf, const struct walk *walk)
{
    put_u32(buf, walk->at.form);
    put_u64(buf, walk->at.number);
    put_text(buf, walk->at.text);
    put_u32(buf, walk->size);
    put_u32(buf, walk->skip);
    put_u64(buf, walk->seen);
    put_u32(buf, walk->pages);
    put_u32(buf, walk->expiries);
    put_text(buf, walk->since);
    put_text(buf, walk->filter);
    put_text(buf, walk->mark);
    put_trace(buf, &walk->guard.last);
    put_trace(buf, &walk->guard.mark);
    put_u32(buf, walk->guard.since);
    put_u32(buf, walk->guard.reach);
    put_u32(buf, walk->guard.empty);
}

/* Each part with its length, so that no two lists of parts read alike. */
static uint64_t hash_about(const struct cursor_about *about)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    uint64_t hash = 0;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    put_text(&buf, about->account);
    put_text(&buf, about->resource);
    put_text(&buf, about->query);
    CHECK(buf_ok(&buf));
    crypto_sha256(buf_peek(&buf), digest);
    buf_fini(&buf);
    for (unsigned i = 0; i < 8; i++)
        hash |= (uint64_t)digest[i] << 8 * i;
    return hash;
}

static void authenticate(const uint8_t key[CURSOR_KEY_BYTES], str rest,
                         struct arena *arena, uint8_t ret_mac[CRYPTO_SHA256_BYTES])
{
    str parts[] = {STR("walk:"), rest}; /* the API's cursors have the same key */
    crypto_hmac_sha256(str_of((const char *)key, CURSOR_KEY_BYTES),
                       arena_join(arena, parts, 2), ret_mac);
}

enum err cursor_write(const uint8_t key[CURSOR_KEY_BYTES],
                      const struct cursor_about *about, const struct cursor *cursor,
                      struct arena *arena, str *ret_text, str *ret_detail)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    struct buf buf;
    CHECK(cursor->walk.at.form != POSITION_END);
    buf_init(&buf, REST_BYTES_MAX);
    buf_char(&buf, VERSION);
    put_u64(&buf, hash_about(about));
    put_u64(&buf, cursor->rule);
    put_u32(&buf, cursor->revision);
    put_u64(&buf, (uint64_t)cursor->begun);
    put_walk(&buf, &cursor->walk);
    bool fits = buf_ok(&buf);
    str rest = arena_take(arena, &buf);
    if (!fits) {
        *ret_detail = STR("What the vendor tells of the next page is too long for a "
                          "cursor.");
        return ERR_PAGE_INVALID;
    }
    authenticate(key, rest, arena, mac);
    str parts[] = {str_of((const char *)mac, MAC_BYTES), rest};
    *ret_text = encode_base64url(arena, arena_join(arena, parts, 2));
    return ERR_NONE;
}

/* --- reading --- */

struct reader {
    str rest;
    bool bad; /* something did not fit: the rest is not looked at */
};

static uint64_t take(struct reader *reader, unsigned bytes)
{
    uint64_t value = 0;
    if (reader->bad || reader->rest.n < bytes) {
        reader->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)reader->rest.p[i] << 8 * i;
    reader->rest = str_from(reader->rest, bytes);
    return value;
}

static uint32_t take_u32(struct reader *reader)
{
    return (uint32_t)take(reader, 4);
}

static str take_text(struct reader *reader)
{
    uint32_t n = take_u32(reader);
    if (n == 0)
        return STR_NONE;
    if (reader->bad || n - 1 > reader->rest.n) {
        reader->bad = true;
        return STR_NONE;
    }
    str text = str_of(reader->rest.p, n - 1);
    reader->rest = str_from(reader->rest, n - 1);
    return text;
}

static struct page_trace take_trace(struct reader *reader)
{
    uint64_t position = take(reader, 8);
    return (struct page_trace){position, take(reader, 8)};
}

static void take_walk(struct reader *reader, struct walk *walk)
{
    walk->at.form = take_u32(reader);
    walk->at.number = take(reader, 8);
    walk->at.text = take_text(reader);
    walk->size = take_u32(reader);
    walk->skip = take_u32(reader);
    walk->seen = take(reader, 8);
    walk->pages = take_u32(reader);
    walk->expiries = take_u32(reader);
    walk->since = take_text(reader);
    walk->filter = take_text(reader);
    walk->mark = take_text(reader);
    walk->guard.last = take_trace(reader);
    walk->guard.mark = take_trace(reader);
    walk->guard.since = take_u32(reader);
    walk->guard.reach = take_u32(reader);
    walk->guard.empty = take_u32(reader);
}

static bool is_position(const struct page_position *at)
{
    bool text = at->text.n > 0 && at->text.n <= PAGE_TEXT_MAX;
    return at->form != POSITION_END && at->form <= POSITION_BEYOND &&
           (at->form == POSITION_TEXT ? text : at->text.n == 0);
}

static enum err refuse(const char *why, str *ret_detail)
{
    *ret_detail = str_z(why);
    return ERR_CURSOR_INVALID;
}

static bool is_ours(const uint8_t key[CURSOR_KEY_BYTES], str bytes, struct arena *arena)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    authenticate(key, str_from(bytes, MAC_BYTES), arena, mac);
    return secret_eq(str_of(bytes.p, MAC_BYTES), str_of((const char *)mac, MAC_BYTES));
}

enum err cursor_read(const uint8_t key[CURSOR_KEY_BYTES],
                     const struct cursor_about *about, str text, struct arena *arena,
                     struct cursor *ret_cursor, str *ret_detail)
{
    str bytes;
    struct cursor cursor = {0};
    if (text.n > CURSOR_TEXT_MAX || !decode_base64(arena, text, &bytes) ||
        bytes.n <= MAC_BYTES || !is_ours(key, bytes, arena))
        return refuse("It was changed or cut, or was not made here.", ret_detail);
    struct reader reader = {.rest = str_from(bytes, MAC_BYTES)};
    if (take(&reader, 1) != VERSION) {
        *ret_detail = STR("It was made by another version of Breakwater.");
        return ERR_CURSOR_STALE;
    }
    if (take(&reader, 8) != hash_about(about))
        return refuse("It was made for another account, resource or query.", ret_detail);
    cursor.rule = take(&reader, 8);
    cursor.revision = take_u32(&reader);
    cursor.begun = (usec)take(&reader, 8);
    take_walk(&reader, &cursor.walk);
    if (reader.bad || reader.rest.n || !is_position(&cursor.walk.at))
        return refuse("It does not say where the list goes on.", ret_detail);
    *ret_cursor = cursor;
    return ERR_NONE;
}

bool cursor_stays(const struct cursor *cursor, uint32_t revision, usec wall)
{
    bool stored = cursor->revision && revision;
    return stored && cursor->revision != revision &&
           wall < usec_add(usec_max(cursor->begun, 0), USEC_DAY);
}

enum err cursor_check(const struct cursor *cursor, const struct page_rule *rule,
                      str *ret_detail)
{
    if (cursor->rule == rule->hash)
        return ERR_NONE;
    *ret_detail = STR("The integration's `pagination` block is not the one that it was "
                      "made with.");
    return ERR_CURSOR_STALE;
}
