#include "cache/record.h"

#include "base/hash.h"

enum { MAGIC = 0x31435742, HEADERS_MAX = 1000 }; /* "BWC1" */

struct frame {
    uint32_t magic;
    uint32_t kind;
    uint32_t clear_n;
    uint32_t sealed_n;
    uint64_t checksum;
};
_Static_assert(sizeof(struct frame) == RECORD_FRAME_BYTES, "the frame is as documented");

/* Of each part apart, and bound to kind and lengths. */
static uint64_t checksum(const struct record *record)
{
    uint64_t parts[] = {(uint64_t)record->kind, record->clear.n, record->sealed.n,
                        hash_stable(record->clear), hash_stable(record->sealed)};
    return hash_stable(str_of((const char *)parts, sizeof(parts)));
}

void record_frame(const struct record *record, char ret[RECORD_FRAME_BYTES])
{
    struct frame frame = {MAGIC, (uint32_t)record->kind, (uint32_t)record->clear.n,
                          (uint32_t)record->sealed.n, checksum(record)};
    memcpy(ret, &frame, sizeof(frame));
}

bool record_next(str *bytes, struct record *ret)
{
    struct frame frame;
    if (bytes->n < sizeof(frame))
        return false;
    memcpy(&frame, bytes->p, sizeof(frame));
    size_t n = (size_t)frame.clear_n + frame.sealed_n;
    if (frame.magic != MAGIC || n > RECORD_BYTES_MAX || n > bytes->n - sizeof(frame))
        return false;
    const char *at = bytes->p + sizeof(frame);
    *ret = (struct record){.kind = (enum record_kind)frame.kind,
                           .clear = str_of(at, frame.clear_n),
                           .sealed = str_of(at + frame.clear_n, frame.sealed_n)};
    *bytes = str_from(*bytes, sizeof(frame) + n);
    return checksum(ret) == frame.checksum;
}

/* --- texts and numbers --- */

static bool take(str *bytes, void *ret, size_t n)
{
    if (bytes->n < n)
        return false;
    memcpy(ret, bytes->p, n);
    *bytes = str_from(*bytes, n);
    return true;
}

/* Absent is told apart from empty. */
void record_write_texts(struct buf *buf, const str *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t length = str_absent(texts[i]) ? UINT32_MAX : (uint32_t)texts[i].n;
        buf_put(buf, &length, sizeof(length));
        buf_str(buf, texts[i]);
    }
}

bool record_read_texts(str *bytes, str *ret_texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t length;
        if (!take(bytes, &length, sizeof(length)))
            return false;
        ret_texts[i] = STR_NONE;
        if (length == UINT32_MAX)
            continue;
        if (bytes->n < length)
            return false;
        ret_texts[i] = str_of(bytes->p, length);
        *bytes = str_from(*bytes, length);
    }
    return true;
}

/* --- an entry --- */

void record_write_clear(struct buf *buf, const struct cache_entry *entry,
                        const struct record_times *times)
{
    str texts[] = {tenant_id_str(&entry->account), tenant_id_str(&entry->environment),
                   entry->integration, entry->resource};
    buf_put(buf, entry->key.bytes, CACHE_KEY_BYTES);
    buf_put(buf, times, sizeof(*times));
    record_write_texts(buf, texts, COUNT_OF(texts));
}

bool record_read_clear(str clear, struct cache_entry *ret, struct record_times *ret_times)
{
    str texts[4];
    *ret = (struct cache_entry){.kind = CACHE_RAW};
    if (!take(&clear, ret->key.bytes, CACHE_KEY_BYTES) ||
        !take(&clear, ret_times, sizeof(*ret_times)) ||
        !record_read_texts(&clear, texts, COUNT_OF(texts)) || clear.n)
        return false;
    ret->account = tenant_id_of(texts[0]);
    ret->environment = tenant_id_of(texts[1]);
    ret->integration = texts[2];
    ret->resource = texts[3];
    return true;
}

static str variant_of(const struct cache_entry *entry)
{
    return str_of((const char *)entry->variant, CACHE_VARIANT_BYTES);
}

void record_write_plain(struct buf *buf, const struct cache_entry *entry)
{
    uint32_t head[2] = {(uint32_t)entry->status, entry->headers.n};
    str texts[] = {entry->method, entry->etag,       entry->last_modified,
                   entry->vary,   variant_of(entry), entry->body};
    buf_put(buf, head, sizeof(head));
    for (uint32_t i = 0; i < entry->headers.n; i++) {
        str header[] = {entry->headers.items[i].name, entry->headers.items[i].value};
        record_write_texts(buf, header, 2);
    }
    record_write_texts(buf, texts, COUNT_OF(texts));
}

static bool read_headers(str *plain, uint32_t n, struct headers *headers)
{
    for (uint32_t i = 0; i < n; i++) {
        str header[2];
        if (!record_read_texts(plain, header, 2) || !header_name_valid(header[0]) ||
            str_absent(header[1]) || !header_value_valid(header[1]))
            return false;
        header_add_name(headers, header[0], header[1]);
    }
    return true;
}

bool record_read_plain(str plain, struct arena *arena, struct cache_entry *ret)
{
    uint32_t head[2];
    str texts[6];
    if (!take(&plain, head, sizeof(head)) || head[0] < 200 || head[0] > 599 ||
        head[1] > HEADERS_MAX)
        return false;
    headers_init(&ret->headers, arena, head[1]);
    if (!read_headers(&plain, head[1], &ret->headers) ||
        !record_read_texts(&plain, texts, COUNT_OF(texts)) || plain.n ||
        texts[4].n != CACHE_VARIANT_BYTES || str_absent(texts[5]))
        return false;
    ret->status = (int)head[0];
    ret->method = texts[0];
    ret->etag = texts[1];
    ret->last_modified = texts[2];
    ret->vary = texts[3];
    memcpy(ret->variant, texts[4].p, CACHE_VARIANT_BYTES);
    ret->body = texts[5];
    return true;
}
