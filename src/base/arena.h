/*
 * Memory with a lifetime instead of frees: allocations come from chunks and go all at
 * once, by arena_reset (the arena is used again) or arena_fini (it is over).
 *
 * One arena belongs to one owner on one thread: an exchange, a snapshot under
 * construction, an evaluation. Nothing allocated here is freed alone. An allocation never
 * answers NULL: at the limit `on_full` is called and must not come back (an evaluator
 * jumps out of its run there); without one, reaching the limit is a bug of ours, since
 * whatever a peer sends is bounded before it is copied.
 *
 * Under AddressSanitizer everything not handed out is poisoned, also after a rewind.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/check.h"
#include "base/str.h"

struct arena_chunk;
struct buf;
struct arena_ending;

struct arena {
    char *at;                  /* next free byte of the newest chunk */
    char *end;                 /* its end */
    struct arena_chunk *chunk; /* newest; each points to the one before */
    size_t chunk_bytes;        /* size of the next chunk, doubling up to 1 MiB */
    size_t bytes;              /* all chunks together */
    size_t bytes_max;
    void (*on_full)(struct arena *arena);
    struct arena_ending *endings; /* newest first */
};

struct arena_mark {
    struct arena_chunk *chunk;
    char *at;
    struct arena_ending *endings;
};

/* No memory is taken before the first allocation. */
void arena_init(struct arena *arena, size_t chunk_bytes, size_t bytes_max);

/* Frees all chunks but the oldest, which is used again. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);

/* For what has memory of its own but lives as long as what is allocated now: `fn` is
 * called with `arg` when that goes, the newest first. It must not allocate here. */
void arena_at_end(struct arena *arena, void (*fn)(void *arg), void *arg);

/* Overwrites everything that was handed out: for arenas that have held secrets, before
 * they are reset or ended. */
void arena_wipe(struct arena *arena);

/* n bytes, 16-aligned, not zeroed. */
void *arena_alloc(struct arena *arena, size_t n);
void *arena_zalloc(struct arena *arena, size_t n);
void *arena_array(struct arena *arena, size_t count, size_t each); /* zeroed */

/*
 * `items`, an array of *room places of `each` bytes of which `n` are taken, with a free
 * place behind them: as it is while n < *room, else twice as long. It grows where it
 * stands if nothing was allocated after it; otherwise it moves, and the old place is lost
 * until a rewind. The first room is ARENA_ROOM_MIN; new places are not zeroed. `items`
 * may also stand outside of the arena, and be NULL while *room is 0. A list of more than
 * 2^32 - 1 items is a bug of ours.
 */
enum { ARENA_ROOM_MIN = 8 };

void *arena_double(struct arena *arena, const void *items, uint32_t *room, size_t each);

static inline void *arena_grow(struct arena *arena, const void *items, uint32_t n,
                               uint32_t *room, size_t each)
{
    return n < *room ? (void *)(uintptr_t)items : arena_double(arena, items, room, each);
}

/* `n` unaligned bytes: for text. */
char *arena_bytes(struct arena *arena, size_t n);

str arena_str(struct arena *arena, str s);       /* a copy; absent stays absent */
const char *arena_z(struct arena *arena, str s); /* a zero-terminated copy */
str arena_lower(struct arena *arena, str s);     /* ASCII letters in lower case */

/* What the buffer holds, "" if that is nothing; the buffer is ended, also when on_full
 * does not come back. */
str arena_take(struct arena *arena, struct buf *buf);
str arena_join(struct arena *arena, const str *parts, size_t n);
str arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
str arena_vprintf(struct arena *arena, const char *fmt, va_list args);

/*
 * Everything allocated after a mark is given back by the rewind to it. Marks nest; a
 * rewind makes the marks taken after it invalid.
 */
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
