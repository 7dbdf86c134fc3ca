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
#include "base/hash.h"
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
    uint32_t longest; /* slots that a search passes at most */
    bool whole;       /* some differ in their middle only: all bytes are hashed */
};

enum { NAMES_NONE = UINT32_MAX };

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

/* Whether the bytes between head and tail are the same; n > 16. */
NAMES_HOT bool name_middle_is(const struct name *name, const char *p, size_t n)
{
    uint64_t a[2], b[2];
    if (n > 32)
        return memcmp(name->p + 8, p + 8, n - 16) == 0;
    memcpy(&a[0], name->p + 8, 8);
    memcpy(&a[1], name->p + n - 16, 8);
    memcpy(&b[0], p + 8, 8);
    memcpy(&b[1], p + n - 16, 8);
    return !((a[0] ^ b[0]) | (a[1] ^ b[1]));
}

NAMES_HOT bool name_is(const struct name *name, const char *p, size_t n, uint64_t head,
                       uint64_t tail)
{
    return name->n == n && !((name->head ^ head) | (name->tail ^ tail)) &&
           (n <= 16 || name_middle_is(name, p, n));
}

/* The same, where the words are not known yet; most names differ in length. */
NAMES_HOT bool name_is_text(const struct name *name, const char *p, size_t n)
{
    uint64_t head, tail;
    if (name->n != n)
        return false;
    name_words(p, n, &head, &tail);
    return name_is(name, p, n, head, tail);
}

NAMES_HOT uint64_t names_hash(const struct names *names, const char *p, size_t n,
                              uint64_t head, uint64_t tail)
{
    if (__builtin_expect(names->whole, 0))
        return hash_str(str_of(p, n));
    unsigned __int128 product = (unsigned __int128)(head ^ names->factor) *
                                (tail ^ names->factor * (n | 1u << 31));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The place of a name in the list, or NAMES_NONE. */
NAMES_HOT uint32_t names_find_words(const struct names *names, const char *p, size_t n,
                                    uint64_t head, uint64_t tail)
{
    for (uint64_t at = names_hash(names, p, n, head, tail);; at++) {
        const struct name *slot = &names->slots[at & names->mask];
        if (!slot->place || name_is(slot, p, n, head, tail))
            return slot->place - 1; /* NAMES_NONE where it is free */
    }
}

uint32_t names_find(const struct names *names, str name);

#endif
