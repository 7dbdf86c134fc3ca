/*
 * Open addressing. A slot is the upper bits of the words times a factor (multiplicative
 * hashing, Knuth vol. 3 §6.4); some factors are tried, and the one under which the
 * longest run is shortest is kept. Small sets get a perfect hash in this way. The factors
 * start at the process's key, so that nobody can choose names that meet under all; names
 * longer than NAMES_MIXED_MAX are hashed under that key as a whole.
 */
#include "schema/names.h"

#include "base/hash.h"

enum { TRIES = 64, TRIED_NAMES_MAX = 4096 };

static inline uint64_t hash_of(const struct names *names, str name, uint64_t head,
                               uint64_t tail)
{
    uint64_t mixed = head ^ (tail << 32 | tail >> 32) ^ (uint64_t)name.n << 56;
    if (name.n > NAMES_MIXED_MAX)
        return hash_str(name);
    for (size_t i = 8; i + 8 < name.n; i += 8) {
        uint64_t word;
        memcpy(&word, name.p + i, 8);
        mixed = (mixed ^ mixed >> 32) * names->factor ^ word;
    }
    return mixed * names->factor;
}

uint32_t names_find(const struct names *names, str name)
{
    uint64_t head, tail;
    name_words(name.p, name.n, &head, &tail);
    uint64_t hash = hash_of(names, name, head, tail);
    for (uint32_t at = (uint32_t)(hash >> names->shift);; at++) {
        const struct name *slot = &names->slots[at & names->mask];
        if (!slot->place || name_is(slot, name.p, name.n, head, tail))
            return slot->place - 1; /* NAMES_NONE where it is free */
    }
}

/* Puts all in. Answers the longest run that a search walks. */
static uint32_t fill(struct names *names, const struct name *list, uint32_t n)
{
    uint32_t longest = 0;
    memset(names->slots, 0, ((size_t)names->mask + 1) * sizeof(names->slots[0]));
    for (uint32_t i = 0; i < n; i++) {
        const struct name *name = &list[i];
        uint32_t run = 0;
        uint64_t hash = hash_of(names, str_of(name->p, name->n), name->head, name->tail);
        uint32_t at = (uint32_t)(hash >> names->shift);
        struct name *slot = &names->slots[at & names->mask];
        while (slot->place && !name_is(slot, name->p, name->n, name->head, name->tail)) {
            slot = &names->slots[++at & names->mask];
            run++;
        }
        longest = run > longest ? run : longest;
        if (!slot->place)
            *slot = *name;
    }
    return longest;
}

struct name name_of(str text, uint32_t place)
{
    struct name name = {.p = text.p, .n = (uint32_t)text.n, .place = place + 1};
    name_words(text.p, text.n, &name.head, &name.tail);
    return name;
}

const struct names *names_create(struct arena *arena, const str *list, uint32_t n)
{
    struct names *names = arena_zalloc(arena, sizeof(*names));
    unsigned bits = 2;
    while (((uint64_t)1 << bits) < 2 * (uint64_t)n)
        bits++;
    names->shift = (uint8_t)(64 - bits);
    names->mask = (uint32_t)(((uint64_t)1 << bits) - 1);
    names->slots = arena_array(arena, (size_t)names->mask + 1, sizeof(names->slots[0]));
    struct name *all = arena_array(arena, n, sizeof(all[0]));
    for (uint32_t i = 0; i < n; i++)
        all[i] = name_of(list[i], i);
    uint64_t factor = hash_str(STR("names")) | 1;
    uint64_t best = factor;
    uint32_t shortest = UINT32_MAX;
    for (unsigned i = 0; i < TRIES && shortest && n <= TRIED_NAMES_MAX; i++) {
        names->factor = factor;
        uint32_t longest = fill(names, all, n);
        best = longest < shortest ? factor : best;
        shortest = longest < shortest ? longest : shortest;
        factor = factor * 0x9e3779b97f4a7c15u + 2;
    }
    names->factor = best;
    fill(names, all, n);
    return names;
}
