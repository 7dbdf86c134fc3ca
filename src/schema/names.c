/*
 * Open addressing. A slot is the upper bits of the words times a factor (multiplicative
 * hashing, Knuth vol. 3 §6.4); some factors are tried, and the one under which the
 * longest run is shortest is kept. Small sets get a perfect hash in this way. The factors
 * start at the process's key, so that nobody can choose names that meet under all.
 */
#include "schema/names.h"

#include "base/hash.h"

enum { TRIES = 64, TRIED_NAMES_MAX = 4096, SHORT_BYTES_MAX = 16 };

static uint64_t hash_of(const struct names *names, str name, uint64_t *ret_head,
                        uint64_t *ret_tail)
{
    name_words(name.p, name.n, ret_head, ret_tail);
    if (name.n > SHORT_BYTES_MAX)
        return hash_str(name);
    uint64_t tail = *ret_tail << 32 | *ret_tail >> 32;
    return (*ret_head ^ tail ^ (uint64_t)name.n << 56) * names->factor;
}

static bool slot_is(const struct name_slot *slot, str name)
{
    return slot->n == name.n && memcmp(slot->p, name.p, name.n) == 0;
}

/* Puts all in. Answers the longest run that a search walks. */
static uint32_t fill(struct names *names, const str *list, uint32_t n)
{
    uint32_t longest = 0;
    memset(names->slots, 0, ((size_t)names->mask + 1) * sizeof(names->slots[0]));
    for (uint32_t i = 0; i < n; i++) {
        uint64_t head, tail;
        uint32_t run = 0;
        uint32_t at = (uint32_t)(hash_of(names, list[i], &head, &tail) >> names->shift);
        struct name_slot *slot = &names->slots[at & names->mask];
        while (slot->place && !slot_is(slot, list[i])) {
            slot = &names->slots[++at & names->mask];
            run++;
        }
        longest = run > longest ? run : longest;
        if (!slot->place)
            *slot = (struct name_slot){head, tail, list[i].p, (uint32_t)list[i].n, i + 1};
    }
    return longest;
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
    uint64_t factor = hash_str(STR("names")) | 1;
    uint64_t best = factor;
    uint32_t shortest = UINT32_MAX;
    for (unsigned i = 0; i < TRIES && shortest && n <= TRIED_NAMES_MAX; i++) {
        names->factor = factor;
        uint32_t longest = fill(names, list, n);
        best = longest < shortest ? factor : best;
        shortest = longest < shortest ? longest : shortest;
        factor = factor * 0x9e3779b97f4a7c15u + 2;
    }
    names->factor = best;
    fill(names, list, n);
    return names;
}

uint32_t names_find_long(const struct names *names, str name)
{
    for (uint32_t at = (uint32_t)(hash_str(name) >> names->shift);; at++) {
        const struct name_slot *slot = &names->slots[at & names->mask];
        if (!slot->place || slot_is(slot, name))
            return slot->place - 1;
    }
}
