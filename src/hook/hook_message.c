#include "hook/hook_message.h"

#define MARK STR("bw.hook1")

enum { WORD_BYTES = 4, LONG_BYTES = 8, HEADERS_MAX = 1000 };
static const uint32_t absent_mark = UINT32_MAX;

/* --- writing --- */

static char *put_u32(char *at, uint32_t value)
{
    for (int i = 0; i < WORD_BYTES; i++)
        *at++ = (char)(value >> (8 * i));
    return at;
}

static char *put_i64(char *at, int64_t value)
{
    at = put_u32(at, (uint32_t)value);
    return put_u32(at, (uint32_t)((uint64_t)value >> 32));
}

static char *put_bytes(char *at, str bytes)
{
    if (bytes.n)
        memcpy(at, bytes.p, bytes.n);
    return at + bytes.n;
}

static char *put_text(char *at, str text)
{
    at = put_u32(at, str_absent(text) ? absent_mark : (uint32_t)text.n);
    return put_bytes(at, text);
}

static size_t text_bytes(str text)
{
    return WORD_BYTES + text.n;
}

/* --- reading --- */

/* What is left; after anything that was missing it is bad, and gives nothing. */
struct source {
    str rest;
    bool bad;
};

static str take(struct source *source, size_t n)
{
    if (source->bad || source->rest.n < n) {
        source->bad = true;
        return STR_NONE;
    }
    str bytes = str_of(source->rest.p, n);
    source->rest = str_from(source->rest, n);
    return bytes;
}

static uint32_t take_u32(struct source *source)
{
    str bytes = take(source, WORD_BYTES);
    uint32_t value = 0;
    for (size_t i = 0; i < bytes.n; i++)
        value |= (uint32_t)(uint8_t)bytes.p[i] << (8 * i);
    return value;
}

static int64_t take_i64(struct source *source)
{
    uint64_t low = take_u32(source);
    return (int64_t)(low | (uint64_t)take_u32(source) << 32);
}

static str take_text(struct source *source)
{
    uint32_t n = take_u32(source);
    return n == absent_mark ? STR_NONE : take(source, n);
}

/* --- envelopes --- */

str hook_envelope_head(const struct hook_envelope *envelope, struct arena *arena)
{
    size_t n = MARK.n + 1 + text_bytes(envelope->owner) +
               text_bytes(envelope->reference) + WORD_BYTES;
    char *text = arena_bytes(arena, n), *at = put_bytes(text, MARK);
    *at++ = (char)envelope->frame;
    at = put_text(at, envelope->owner);
    at = put_text(at, envelope->reference);
    at = put_u32(at, (uint32_t)envelope->list.n);
    return str_of(text, (size_t)(at - text));
}

bool hook_envelope_read(str bytes, struct hook_envelope *ret, bool *ret_ours)
{
    struct source source = {.rest = bytes};
    bool ours = str_starts(bytes, MARK);
    if (ret_ours)
        *ret_ours = ours;
    if (!ours)
        return false;
    source.rest = str_from(source.rest, MARK.n);
    str frame = take(&source, 1);
    *ret = (struct hook_envelope){.frame = frame.n ? (enum hook_frame)frame.p[0] : 0};
    ret->owner = take_text(&source);
    ret->reference = take_text(&source);
    ret->list = take(&source, take_u32(&source));
    ret->request = source.rest;
    return !source.bad && ret->frame >= HOOK_WHOLE && ret->frame <= HOOK_LIST;
}

/* --- lists --- */

static size_t event_bytes(const struct hook_event *event)
{
    return WORD_BYTES + LONG_BYTES + text_bytes(event->id) + text_bytes(event->type) +
           text_bytes(event->claim);
}

static char *put_event(char *at, const struct hook_event *event)
{
    at = put_u32(at, event->item);
    at = put_i64(at, event->happened);
    at = put_text(at, event->id);
    at = put_text(at, event->type);
    return put_text(at, event->claim);
}

str hook_list_write(const struct hook_list *list, uint32_t from, uint32_t *ret_n,
                    struct arena *arena)
{
    size_t bytes = text_bytes(list->integration) + text_bytes(list->account) +
                   text_bytes(list->app) + LONG_BYTES + HOOK_DIGEST_BYTES + WORD_BYTES;
    uint32_t n = 0;
    for (uint32_t i = from; i < list->n && bytes <= HOOK_LIST_BYTES_MAX; i++, n++)
        bytes += event_bytes(&list->events[i]);
    char *text = arena_bytes(arena, bytes), *at = put_text(text, list->integration);
    at = put_text(at, list->account);
    at = put_text(at, list->app);
    at = put_i64(at, list->received);
    at = put_bytes(at, str_of((const char *)list->digest, HOOK_DIGEST_BYTES));
    at = put_u32(at, n);
    for (uint32_t i = 0; i < n; i++)
        at = put_event(at, &list->events[from + i]);
    *ret_n = n;
    return str_of(text, (size_t)(at - text));
}

static void take_event(struct source *source, struct hook_event *event)
{
    event->item = take_u32(source);
    event->happened = take_i64(source);
    event->id = take_text(source);
    event->type = take_text(source);
    event->claim = take_text(source);
}

bool hook_list_read(str plain, struct arena *arena, struct hook_list *ret)
{
    struct source source = {.rest = plain};
    *ret = (struct hook_list){.integration = take_text(&source)};
    ret->account = take_text(&source);
    ret->app = take_text(&source);
    ret->received = take_i64(&source);
    str digest = take(&source, HOOK_DIGEST_BYTES);
    uint32_t n = take_u32(&source);
    if (source.bad || n > source.rest.n / (WORD_BYTES + LONG_BYTES))
        return false;
    memcpy(ret->digest, digest.p, HOOK_DIGEST_BYTES);
    struct hook_event *events = arena_array(arena, n, sizeof(*events));
    for (uint32_t i = 0; i < n; i++)
        take_event(&source, &events[i]);
    ret->events = events;
    ret->n = n;
    return !source.bad && source.rest.n == 0;
}

/* --- requests --- */

static size_t message_bytes(const struct hook_message *message)
{
    size_t n = text_bytes(message->integration) + text_bytes(message->account) +
               text_bytes(message->method) + text_bytes(message->url) + WORD_BYTES +
               LONG_BYTES + WORD_BYTES + text_bytes(message->body);
    for (uint32_t i = 0; i < message->headers.n; i++)
        n += text_bytes(message->headers.items[i].name) +
             text_bytes(message->headers.items[i].value);
    return n;
}

str hook_message_write(const struct hook_message *message, struct arena *arena)
{
    size_t n = message_bytes(message);
    char *text = arena_bytes(arena, n), *at = put_text(text, message->integration);
    at = put_text(at, message->account);
    at = put_text(at, message->method);
    at = put_text(at, message->url);
    at = put_u32(at, message->verified_by);
    at = put_i64(at, message->received);
    at = put_u32(at, message->headers.n);
    for (uint32_t i = 0; i < message->headers.n; i++) {
        at = put_text(at, message->headers.items[i].name);
        at = put_text(at, message->headers.items[i].value);
    }
    at = put_text(at, message->body);
    return str_of(text, (size_t)(at - text));
}

bool hook_message_read(str plain, struct arena *arena, struct hook_message *ret)
{
    struct source source = {.rest = plain};
    *ret = (struct hook_message){.integration = take_text(&source)};
    ret->account = take_text(&source);
    ret->method = take_text(&source);
    ret->url = take_text(&source);
    ret->verified_by = take_u32(&source);
    ret->received = take_i64(&source);
    uint32_t n = take_u32(&source);
    if (source.bad || n > HEADERS_MAX)
        return false;
    headers_init(&ret->headers, arena, n);
    for (uint32_t i = 0; i < n; i++) {
        str name = take_text(&source);
        struct header header = {name, take_text(&source), header_id_of(name)};
        if (!source.bad)
            header_copy(&ret->headers, &header);
    }
    ret->body = take_text(&source);
    return !source.bad && source.rest.n == 0;
}
