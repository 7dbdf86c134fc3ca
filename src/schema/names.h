/*
 * A fixed set of names, asked for often: the members that a schema knows, the strings of
 * an `enum`. A name is told by its length, its first and its last eight bytes, which are
 * all of it up to 16 bytes; only of longer ones the middle is compared too.
 *
 * Immutable once built; any thread.
 */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H

#include "base/arena.h"
#include "base/str.h"

struct name {
    uint64_t head;
    uint64_t tail;
    const char *p;
    uint32_t n;
    uint32_t place; /* + 1; 0 = a free slot */
};

static inline str name_text(const struct name *name)
{
    return str_of(name->p, name->n);
}

struct names {
    struct name *slots;
    uint64_t factor; /* chosen so that few names meet, best none */
    uint32_t mask;
    uint8_t shift;
};

enum { NAMES_NONE = UINT32_MAX, NAMES_MIXED_MAX = 64 };

struct name name_of(str text, uint32_t place);

/* The names must live as long as the arena. Of equal names the first counts. */
const struct names *names_create(struct arena *arena, const str *list, uint32_t n);

/* A part of the loop over members. */
#define NAMES_HOT static inline __attribute__((always_inline))

/* Head and tail of up to 7 bytes. */
NAMES_HOT void name_short_words(const char *p, size_t n, uint64_t *ret_head,
                                uint64_t *ret_tail)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (n >= 4) {
        uint32_t a, b;
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
        head = a;
        tail = b;
    } else if (n) {
        head = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8;
        tail = (unsigned char)p[n - 1];
    }
    *ret_head = head;
    *ret_tail = tail;
}

NAMES_HOT void name_words(const char *p, size_t n, uint64_t *ret_head, uint64_t *ret_tail)
{
    if (n >= 8) {
        memcpy(ret_head, p, 8);
        memcpy(ret_tail, p + n - 8, 8);
    } else {
        name_short_words(p, n, ret_head, ret_tail);
    }
}

/* Whether the eight bytes from the ninth on, and so on, are the same; n > 16. */
static inline bool name_middle_is(const struct name *name, const char *p, size_t n)
{
    for (size_t i = 8; i < n - 8; i += 8) {
        uint64_t a, b;
        memcpy(&a, name->p + i, 8);
        memcpy(&b, p + i, 8);
        if (a != b)
            return false;
    }
    return true;
}

NAMES_HOT bool name_is(const struct name *name, const char *p, size_t n, uint64_t head,
                       uint64_t tail)
{
    return name->n == n && name->head == head && name->tail == tail &&
           (n <= 16 || name_middle_is(name, p, n));
}

/* The place of a name in the list, or NAMES_NONE. */
uint32_t names_find(const struct names *names, str name);

#endif
