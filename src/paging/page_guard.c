#include "paging/page_guard.h"

#include "base/buf.h"
#include "base/hash.h"
#include "json/json.h"

enum { RECORD_BYTES_MAX = 256 << 20 };

static bool same(uint64_t one, uint64_t other)
{
    return one != 0 && one == other;
}

static enum page_guard_verdict compare(const struct page_trace *before,
                                       const struct page_trace *seen)
{
    if (same(before->position, seen->position))
        return PAGE_GUARD_POSITION;
    return same(before->content, seen->content) ? PAGE_GUARD_CONTENT : PAGE_GUARD_GOOD;
}

enum page_guard_verdict page_guard_note(struct page_guard *guard, struct page_trace seen)
{
    enum page_guard_verdict verdict = compare(&guard->last, &seen);
    if (verdict == PAGE_GUARD_GOOD)
        verdict = compare(&guard->mark, &seen);
    guard->last = seen;
    guard->empty = seen.content ? 0 : guard->empty + 1;
    if (++guard->since > guard->reach) {
        guard->mark = seen;
        guard->since = 0;
        guard->reach = guard->reach ? guard->reach * 2 : 1;
    }
    if (verdict == PAGE_GUARD_GOOD && guard->empty > PAGE_GUARD_EMPTY_MAX)
        return PAGE_GUARD_EMPTY;
    return verdict;
}

/* What tells values apart: type and length before everything, so that no two run into
 * one another. Cheaper than their text, and of it no more is needed. */
static void put_value(struct buf *buf, const struct json *value)
{
    bool text = json_is(value, JSON_STRING) || (value->flags & JSON_NUMERAL);
    buf_put(buf, &value->type, sizeof(value->type));
    if (json_is(value, JSON_NUMBER) && !text) {
        buf_put(buf, &value->u.number, sizeof(value->u.number));
        return;
    }
    buf_put(buf, &value->n, sizeof(value->n));
    if (text)
        buf_put(buf, value->u.text, value->n);
    for (uint32_t i = 0; json_is(value, JSON_ARRAY) && i < value->n; i++)
        put_value(buf, &value->u.items[i]);
    for (uint32_t i = 0; json_is(value, JSON_OBJECT) && i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        buf_put(buf, &member->key_n, sizeof(member->key_n));
        buf_put(buf, member->key, member->key_n);
        put_value(buf, &member->value);
    }
}

/* One record at a time, so that a page is never whole beside itself. */
uint64_t page_guard_content(const struct json *records)
{
    uint64_t chain[2] = {0, 0};
    struct buf buf;
    buf_init(&buf, RECORD_BYTES_MAX);
    for (uint32_t i = 0; i < records->n; i++) {
        buf_clear(&buf);
        put_value(&buf, &records->u.items[i]);
        chain[1] = hash_stable(buf_peek(&buf));
        chain[0] = hash_stable(str_of((const char *)chain, sizeof(chain)));
    }
    buf_fini(&buf);
    return records->n && chain[0] == 0 ? 1 : chain[0];
}
