/*
 * One block of memory: the struct, the list of headers, the texts, the body.
 */
#include "cache/entry.h"

#include "base/mem.h"

/* Texts behind each other in the block. */
struct pen {
    char *at;
};

static str put(struct pen *pen, str text)
{
    if (str_absent(text))
        return STR_NONE;
    char *start = pen->at;
    if (text.n)
        memcpy(start, text.p, text.n);
    pen->at += text.n;
    return str_of(start, text.n);
}

static size_t text_bytes(const struct cache_entry *like)
{
    const str texts[] = {like->integration, like->resource, like->method,
                         like->tag,         like->etag,     like->last_modified,
                         like->vary,        like->body};
    size_t bytes = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        bytes += texts[i].n;
    for (uint32_t i = 0; i < like->headers.n; i++)
        bytes += like->headers.items[i].name.n + like->headers.items[i].value.n;
    return bytes;
}

struct cache_entry *cache_entry_create(const struct cache_entry *like)
{
    const struct headers *from = &like->headers;
    size_t list = from->n * sizeof(struct header);
    size_t bytes = sizeof(struct cache_entry) + list + text_bytes(like);
    struct cache_entry *entry = mem_alloc(bytes);
    struct header *items = (struct header *)(void *)(entry + 1);
    struct pen pen = {(char *)(items + from->n)};
    *entry = *like;
    atomic_init(&entry->refs, 1);
    atomic_init(&entry->hold_until, 0);
    atomic_init(&entry->refresh_due, 0);
    atomic_init(&entry->visited, false);
    atomic_init(&entry->linked, false);
    atomic_init(&entry->segment, 0);
    list_init(&entry->node);
    for (uint32_t i = 0; i < from->n; i++) {
        items[i].id = from->items[i].id;
        items[i].name = put(&pen, from->items[i].name);
        items[i].value = put(&pen, from->items[i].value);
    }
    entry->headers = (struct headers){.items = items, .n = from->n, .room = from->n};
    entry->integration = put(&pen, like->integration);
    entry->resource = put(&pen, like->resource);
    entry->method = put(&pen, like->method);
    entry->tag = put(&pen, like->tag);
    entry->etag = put(&pen, like->etag);
    entry->last_modified = put(&pen, like->last_modified);
    entry->vary = put(&pen, like->vary);
    entry->body = put(&pen, like->body);
    entry->bytes = bytes;
    return entry;
}

struct cache_entry *cache_entry_ref(struct cache_entry *entry)
{
    atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
    return entry;
}

void cache_entry_unref(struct cache_entry **ptr)
{
    struct cache_entry *entry = *ptr;
    *ptr = NULL;
    if (!entry || atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) != 1)
        return;
    CHECK(!atomic_load(&entry->linked));
    mem_free(entry);
}

usec cache_entry_age(const struct cache_entry *entry, usec now)
{
    return entry->age + usec_max(now - entry->stored, 0);
}

bool cache_entry_claim(struct cache_entry *entry, usec now, usec until)
{
    usec due = atomic_load_explicit(&entry->refresh_due, memory_order_relaxed);
    return due <= now && atomic_compare_exchange_strong(&entry->refresh_due, &due, until);
}

void cache_entry_release(struct cache_entry *entry)
{
    atomic_store_explicit(&entry->refresh_due, 0, memory_order_relaxed);
}
