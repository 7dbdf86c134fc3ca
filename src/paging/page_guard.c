#include "paging/page_guard.h"

#include "base/hash.h"
#include "json/json_write.h"

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

/* One record at a time, so that the text of a page is never whole beside it. */
uint64_t page_guard_content(const struct json *records)
{
    uint64_t chain[2] = {0, 0};
    struct buf buf;
    buf_init(&buf, RECORD_BYTES_MAX);
    for (uint32_t i = 0; i < records->n; i++) {
        buf_clear(&buf);
        json_write(&buf, &records->u.items[i], JSON_COMPACT);
        chain[1] = hash_stable(buf_peek(&buf));
        chain[0] = hash_stable(str_of((const char *)chain, sizeof(chain)));
    }
    buf_fini(&buf);
    return records->n && chain[0] == 0 ? 1 : chain[0];
}
