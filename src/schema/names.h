/*
 * A fixed set of names, asked for often: the members that a schema knows, the strings of
 * an `enum`. A name of up to 16 bytes is two words and its length, compared at once;
 * longer ones are hashed under the process's key (base/hash.h).
 *
 * Immutable once built; any thread.
 */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H

#include "base/arena.h"
#include "base/str.h"

struct name_slot {
    uint64_t head;
    uint64_t tail;
    const char *p;
    uint32_t n;
    uint32_t place; /* + 1; 0 = free */
};

struct names {
    struct name_slot *slots;
    uint64_t factor; /* chosen so that few names meet, best none */
    uint32_t mask;
    uint8_t shift;
};

enum { NAMES_NONE = UINT32_MAX };

/* The names must live as long as the arena. Of equal names the first counts. */
const struct names *names_create(struct arena *arena, const str *list, uint32_t n);

/* A name as two words: all of it up to 16 bytes. */
static inline void name_words(const char *p, size_t n, uint64_t *ret_head,
                              uint64_t *ret_tail)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (n >= 8) {
        memcpy(&head, p, 8);
        memcpy(&tail, p + n - 8, 8);
    } else if (n >= 4) {
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

uint32_t names_find_long(const struct names *names, str name);

/* The place of the name in the list, or NAMES_NONE. */
static inline uint32_t names_find(const struct names *names, const char *p, size_t n)
{
    uint64_t head, tail;
    if (n > 16)
        return names_find_long(names, str_of(p, n));
    name_words(p, n, &head, &tail);
    uint64_t hash = (head ^ (tail << 32 | tail >> 32) ^ n << 56) * names->factor;
    for (uint32_t at = (uint32_t)(hash >> names->shift);; at++) {
        const struct name_slot *slot = &names->slots[at & names->mask];
        if (slot->place && (slot->head != head || slot->tail != tail || slot->n != n))
            continue;
        return slot->place - 1; /* NAMES_NONE where it is free */
    }
}

#endif
