/*
 * The first byte chooses: the rest is a file of the cache, as it is or with its checksums
 * put right; or one of the two parts of an entry. What is found lies inside the file;
 * what is read is the same when it is written and read again, and as it is kept in
 * memory. The part that is sealed stands here as it is once it has been opened.
 */
#include <string.h>

#include "base/mem.h"
#include "cache/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { CHECKSUM_AT = 16, ARENA_BYTES = 4096, ARENA_BYTES_MAX = 32 << 20 };

enum form { FORM_RIGHT, FORM_AS_IT_IS, FORM_CLEAR, FORM_PLAIN, FORM_COUNT };

static bool same(str a, str b)
{
    return str_absent(a) == str_absent(b) && str_eq(a, b);
}

/* --- the part in clear --- */

static void read_clear(str clear)
{
    struct cache_entry entry, again;
    struct record_times times, times_again;
    struct buf buf;
    if (!record_read_clear(clear, &entry, &times))
        return;
    buf_init(&buf, RECORD_BYTES_MAX);
    record_write_clear(&buf, &entry, &times);
    CHECK(buf_ok(&buf) && record_read_clear(buf_peek(&buf), &again, &times_again));
    CHECK(memcmp(&times, &times_again, sizeof(times)) == 0);
    CHECK(memcmp(entry.key.bytes, again.key.bytes, CACHE_KEY_BYTES) == 0);
    CHECK(str_eq(tenant_id_str(&entry.account), tenant_id_str(&again.account)));
    CHECK(str_eq(tenant_id_str(&entry.environment), tenant_id_str(&again.environment)));
    CHECK(same(entry.integration, again.integration));
    CHECK(same(entry.resource, again.resource));
    buf_fini(&buf);
}

/* --- the part that is sealed --- */

static void check_same(const struct cache_entry *a, const struct cache_entry *b)
{
    CHECK(a->status == b->status && a->headers.n == b->headers.n);
    for (uint32_t i = 0; i < a->headers.n; i++) {
        const struct header *one = &a->headers.items[i], *other = &b->headers.items[i];
        CHECK(one->id == other->id && str_eq(one->name, other->name));
        CHECK(same(one->value, other->value));
    }
    CHECK(same(a->method, b->method) && same(a->etag, b->etag));
    CHECK(same(a->last_modified, b->last_modified) && same(a->vary, b->vary));
    CHECK(memcmp(a->variant, b->variant, CACHE_VARIANT_BYTES) == 0);
    CHECK(same(a->body, b->body));
}

static void read_plain(str plain)
{
    struct cache_entry entry = {.kind = CACHE_RAW}, again = {.kind = CACHE_RAW};
    struct arena arena;
    struct buf buf;
    arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX);
    buf_init(&buf, RECORD_BYTES_MAX);
    if (record_read_plain(plain, &arena, &entry)) {
        struct cache_entry *kept = cache_entry_create(&entry);
        check_same(&entry, kept);
        record_write_plain(&buf, kept);
        CHECK(buf_ok(&buf) && record_read_plain(buf_peek(&buf), &arena, &again));
        check_same(&entry, &again);
        cache_entry_unref(&kept);
    }
    buf_fini(&buf);
    arena_fini(&arena);
}

/* --- a file --- */

static void read_texts(str bytes, size_t n)
{
    str texts[4];
    const char *end = bytes.p + bytes.n;
    if (!record_read_texts(&bytes, texts, n))
        return;
    for (size_t i = 0; i < n; i++)
        CHECK(str_absent(texts[i]) || texts[i].p + texts[i].n <= end);
}

static void read_record(const struct record *record)
{
    char frame[RECORD_FRAME_BYTES];
    record_frame(record, frame);
    CHECK(memcmp(frame, record->clear.p - RECORD_FRAME_BYTES, sizeof(frame)) == 0);
    CHECK(record->sealed.p == record->clear.p + record->clear.n);
    if (record->kind == RECORD_ENTRY) {
        read_clear(record->clear);
        read_plain(record->sealed);
    } else {
        read_texts(record->clear, record->kind == RECORD_PURGE ? 4 : 2);
    }
}

/* As if they had been written so. */
static void put_checksums_right(char *bytes, size_t n)
{
    char frame[RECORD_FRAME_BYTES];
    struct record record = {.kind = 0};
    str rest = str_of(bytes, n);
    for (size_t left = n; record_next(&rest, &record), rest.n < left; left = rest.n) {
        record_frame(&record, frame);
        memcpy(bytes + (n - left) + CHECKSUM_AT, frame + CHECKSUM_AT,
               sizeof(frame) - CHECKSUM_AT);
    }
}

static void read_file(str bytes)
{
    const char *end = bytes.p + bytes.n;
    struct record record;
    for (str rest = bytes; record_next(&rest, &record);) {
        CHECK(record.sealed.p + record.sealed.n == rest.p);
        CHECK(rest.p + rest.n == end);
        read_record(&record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    enum form form = bytes[0] % FORM_COUNT;
    char *copy = mem_alloc(n);
    memcpy(copy, bytes + 1, n - 1);
    str text = str_of(copy, n - 1);
    if (form == FORM_RIGHT)
        put_checksums_right(copy, n - 1);
    if (form == FORM_CLEAR)
        read_clear(text);
    else if (form == FORM_PLAIN)
        read_plain(text);
    else
        read_file(text);
    mem_free(copy);
    return 0;
}
