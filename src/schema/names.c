/*
 * Open addressing. A slot is told by length, head and tail, each mixed with a factor that
 * nobody outside knows, multiplied, and folded (Wang Yi, wyhash); some factors are tried,
 * and the one under which the longest run is shortest is kept. Small sets get a perfect
 * hash in this way. The factors start at the process's key, so that nobody can choose
 * names that meet. Where two names differ in their middle only, which hardly any set has,
 * all bytes are hashed under that key instead.
 */
#include "schema/names.h"

enum { TRIES = 64, TRIED_NAMES = 64 * TRIES };

uint32_t names_find(const struct names *names, str name)
{
    uint64_t head, tail;
    name_words(name.p, name.n, &head, &tail);
    return names_find_words(names, name.p, name.n, head, tail);
}

static bool same_ends(const struct name *a, const struct name *b)
{
    return a->n == b->n && a->head == b->head && a->tail == b->tail;
}

static bool same(const struct name *a, const struct name *b)
{
    return same_ends(a, b) && memcmp(a->p, b->p, a->n) == 0;
}

/* Puts one in. Answers how many slots were passed. */
static uint32_t put(struct names *names, const struct name *name)
{
    uint32_t passed = 0;
    uint64_t at = names_hash(names, name->p, name->n, name->head, name->tail);
    struct name *slot = &names->slots[at & names->mask];
    for (; slot->place && !same(slot, name); passed++) {
        names->whole = names->whole || same_ends(slot, name);
        slot = &names->slots[++at & names->mask];
    }
    if (!slot->place)
        *slot = *name;
    return passed;
}

/* Puts all in. Stops where it finds out that all bytes count. */
static void fill(struct names *names, const struct name *list, uint32_t n)
{
    bool whole = names->whole;
    names->longest = 0;
    memset(names->slots, 0, ((size_t)names->mask + 1) * sizeof(names->slots[0]));
    for (uint32_t i = 0; i < n && names->whole == whole; i++) {
        uint32_t passed = put(names, &list[i]);
        names->longest = passed > names->longest ? passed : names->longest;
    }
}

/* The work is bounded: a large set has few tries. */
static void find_factor(struct names *names, const struct name *list, uint32_t n)
{
    uint32_t tries = n <= TRIED_NAMES / TRIES ? TRIES : 1 + TRIED_NAMES / n;
    uint64_t best = names->factor;
    uint32_t shortest = UINT32_MAX;
    uint64_t factor = names->factor;
    for (uint32_t i = 0; i < tries && shortest && !names->whole; i++) {
        names->factor = factor;
        fill(names, list, n);
        best = names->longest < shortest ? factor : best;
        shortest = names->longest < shortest ? names->longest : shortest;
        factor = factor * 0x9e3779b97f4a7c15u + 2;
    }
    names->factor = best;
    fill(names, list, n);
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
    uint64_t room = 4;
    while (room < 2 * (uint64_t)n)
        room *= 2;
    names->mask = (uint32_t)(room - 1);
    names->factor = hash_str(STR("names")) | 1;
    names->slots = arena_array(arena, room, sizeof(names->slots[0]));
    struct name *all = arena_array(arena, n, sizeof(all[0]));
    for (uint32_t i = 0; i < n; i++)
        all[i] = name_of(list[i], i);
    find_factor(names, all, n);
    return names;
}
