/*
 * Chunks form a stack. The newest serves; when it is too small for a request a new one
 * is pushed (its tail is lost, at most a few per cent, since chunks double). A rewind
 * pops chunks until the mark's one is newest again.
 */
#include "base/arena.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum { CHUNK_BYTES_MAX = 1 << 20, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *older;
    char *end;
    _Alignas(ALIGN) char bytes[];
};

struct arena_ending {
    struct arena_ending *older;
    void (*fn)(void *arg);
    void *arg;
};

void arena_init(struct arena *arena, size_t chunk_bytes, size_t bytes_max)
{
    *arena = (struct arena){.chunk_bytes = chunk_bytes, .bytes_max = bytes_max};
}

static void use_chunk(struct arena *arena, struct arena_chunk *chunk)
{
    arena->chunk = chunk;
    arena->at = chunk ? chunk->bytes : NULL;
    arena->end = chunk ? chunk->end : NULL;
}

static void free_newest(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;
    size_t n = (size_t)(chunk->end - chunk->bytes);
    UNPOISON(chunk->bytes, n);
    arena->bytes -= n;
    use_chunk(arena, chunk->older);
    mem_free(chunk);
}

void arena_at_end(struct arena *arena, void (*fn)(void *arg), void *arg)
{
    struct arena_ending *ending = arena_alloc(arena, sizeof(*ending));
    *ending = (struct arena_ending){arena->endings, fn, arg};
    arena->endings = ending;
}

static void run_endings(struct arena *arena, const struct arena_ending *until)
{
    while (arena->endings != until) {
        struct arena_ending *ending = arena->endings;
        arena->endings = ending->older;
        ending->fn(ending->arg);
    }
}

void arena_reset(struct arena *arena)
{
    run_endings(arena, NULL);
    while (arena->chunk && arena->chunk->older)
        free_newest(arena);
    if (!arena->chunk)
        return;
    arena->at = arena->chunk->bytes;
    POISON(arena->at, (size_t)(arena->end - arena->at));
}

void arena_fini(struct arena *arena)
{
    run_endings(arena, NULL);
    while (arena->chunk)
        free_newest(arena);
}

void arena_wipe(struct arena *arena)
{
    run_endings(arena, NULL);
    char *end = arena->at; /* in older chunks all may have been handed out */
    for (struct arena_chunk *chunk = arena->chunk; chunk; chunk = chunk->older) {
        size_t n = (size_t)((chunk == arena->chunk ? end : chunk->end) - chunk->bytes);
        UNPOISON(chunk->bytes, n);
        mem_wipe(chunk->bytes, n);
    }
}

static void push_chunk(struct arena *arena, size_t n)
{
    size_t bytes = arena->chunk_bytes > n ? arena->chunk_bytes : n;
    if (bytes > arena->bytes_max - arena->bytes)
        bytes = n;
    if (n > arena->bytes_max || arena->bytes > arena->bytes_max - n) {
        if (arena->on_full)
            arena->on_full(arena);
        check_fail(__FILE__, __LINE__, "an arena without on_full stays under its limit");
    }
    struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + bytes);
    chunk->older = arena->chunk;
    chunk->end = chunk->bytes + bytes;
    arena->bytes += bytes;
    use_chunk(arena, chunk);
    POISON(chunk->bytes, bytes);
    if (arena->chunk_bytes < CHUNK_BYTES_MAX)
        arena->chunk_bytes *= 2;
}

static char *aligned(char *p)
{
    return (char *)(((uintptr_t)p + (ALIGN - 1)) & ~(uintptr_t)(ALIGN - 1));
}

void *arena_alloc(struct arena *arena, size_t n)
{
    char *p = aligned(arena->at);
    if (p > arena->end || n > (size_t)(arena->end - p) || !arena->chunk) {
        push_chunk(arena, n + ALIGN);
        p = aligned(arena->at);
    }
    arena->at = p + n;
    UNPOISON(p, n);
    return p;
}

char *arena_bytes(struct arena *arena, size_t n)
{
    if (n > (size_t)(arena->end - arena->at) || !arena->chunk)
        push_chunk(arena, n);
    char *p = arena->at;
    arena->at += n;
    UNPOISON(p, n);
    return p;
}

void *arena_zalloc(struct arena *arena, size_t n)
{
    return memset(arena_alloc(arena, n), 0, n);
}

void *arena_array(struct arena *arena, size_t count, size_t each)
{
    CHECK(each == 0 || count <= SIZE_MAX / each);
    return arena_zalloc(arena, count * each);
}

/* Whether the array whose end is `end` could be made longer by `n` bytes there. */
static bool extend(struct arena *arena, const char *end, size_t n)
{
    if (end != arena->at || n > (size_t)(arena->end - arena->at))
        return false;
    UNPOISON(arena->at, n);
    arena->at += n;
    return true;
}

void *arena_double(struct arena *arena, const void *items, uint32_t *room, size_t each)
{
    uint32_t before = *room;
    CHECK(before < UINT32_MAX);
    uint32_t after = before > UINT32_MAX / 2 ? UINT32_MAX : 2 * before;
    if (!before)
        after = ARENA_ROOM_MIN;
    CHECK(after <= SIZE_MAX / each);
    size_t n = before * each;
    void *grown = (void *)(uintptr_t)items;
    if (!before || !extend(arena, (const char *)items + n, after * each - n)) {
        grown = arena_alloc(arena, after * each);
        if (before)
            memcpy(grown, items, n);
    }
    *room = after;
    return grown;
}

str arena_str(struct arena *arena, str s)
{
    if (str_absent(s))
        return s;
    char *p = arena_bytes(arena, s.n);
    memcpy(p, s.p, s.n);
    return str_of(p, s.n);
}

str arena_take(struct arena *arena, struct buf *buf)
{
    size_t n = buf->n;
    bool fits =
        n <= (size_t)(arena->end - arena->at) || n <= arena->bytes_max - arena->bytes;
    if (!fits)
        buf_fini(buf);
    char *p = arena_bytes(arena, n);
    if (n)
        memcpy(p, buf->p, n);
    buf_fini(buf);
    return str_of(p, n);
}

const char *arena_z(struct arena *arena, str s)
{
    char *p = arena_bytes(arena, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

str arena_lower(struct arena *arena, str s)
{
    char *p = arena_bytes(arena, s.n);
    for (size_t i = 0; i < s.n; i++)
        p[i] = str_lower(s.p[i]);
    return str_of(p, s.n);
}

str arena_join(struct arena *arena, const str *parts, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += parts[i].n;
    char *p = arena_bytes(arena, bytes);
    char *at = p;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n)
            memcpy(at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return str_of(p, bytes);
}

str arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    CHECK(n >= 0);
    char *p = arena_bytes(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return str_of(p, (size_t)n);
}

str arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str s = arena_vprintf(arena, fmt, args);
    va_end(args);
    return s;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->chunk, arena->at, arena->endings};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.chunk) {
        arena_reset(arena);
        return;
    }
    run_endings(arena, mark.endings);
    while (arena->chunk != mark.chunk)
        free_newest(arena);
    arena->at = mark.at;
    arena->end = mark.chunk->end;
    POISON(arena->at, (size_t)(arena->end - arena->at));
}
