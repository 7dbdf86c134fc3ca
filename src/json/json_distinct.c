/*
 * A bit for each of 256 values of a cheap hash says whether a name can have been met at
 * all; only then the names before it are compared. Collisions can be made at will, so
 * this serves objects of few members, where the search is short; large ones get an index
 * under a secret key.
 */
#include "json/json_distinct.h"

#include "json/member_index.h"

enum { FEW_MEMBERS = 64 };

struct met {
    struct member_index index; /* for many members */
    uint64_t bits[4];          /* for few */
    bool many;
};

static uint64_t load(const char *p, size_t n)
{
    uint64_t x = 0;
    memcpy(&x, p, n);
    return x;
}

/* Eight bits of a name that tell most names of one object apart: from its length, its
 * first and its last bytes. */
static unsigned name_bits(str name)
{
    const char *p = name.p;
    uint64_t n = name.n;
    uint64_t a = 0;
    uint64_t b = 0;
    if (n >= 8) {
        a = load(p, 8);
        b = load(p + n - 8, 8);
    } else if (n >= 4) {
        a = load(p, 4);
        b = load(p + n - 4, 4);
    } else if (n) {
        a = load(p, 1) << 16 | load(p + n / 2, 1) << 8 | load(p + n - 1, 1);
    }
    return (unsigned)(((a ^ (b + n) * 0x9e3779b97f4a7c15u) * 0xc2b2ae3d27d4eb4fu) >> 56);
}

/* The place of a member with the name of members[kept] among those before it, or kept. */
static uint32_t find_before(struct met *met, const struct json_member *members,
                            uint32_t kept)
{
    if (met->many)
        return member_index_put(&met->index);
    str name = json_key(&members[kept]);
    unsigned bits = name_bits(name);
    uint64_t *word = &met->bits[bits >> 6];
    uint64_t bit = (uint64_t)1 << (bits & 63);
    uint32_t place = *word & bit ? 0 : kept;
    *word |= bit;
    while (place < kept && !str_eq(json_key(&members[place]), name))
        place++;
    return place;
}

bool json_distinct(struct arena *arena, struct json_member *members, uint32_t *n,
                   uint32_t *ret_again)
{
    struct arena_mark mark = arena_mark(arena);
    struct met met = {.many = *n > FEW_MEMBERS};
    uint32_t kept = 0;
    uint32_t again = 0;
    if (met.many)
        member_index_init(&met.index, arena, members, *n);
    for (uint32_t i = 0; i < *n; i++) {
        if (kept != i)
            members[kept] = members[i];
        uint32_t place = find_before(&met, members, kept);
        if (place == kept) {
            kept++;
            continue;
        }
        again = kept == i ? i : again;
        members[place].value = members[i].value;
    }
    if (met.many)
        arena_rewind(arena, mark);
    bool distinct = kept == *n;
    if (!distinct)
        *ret_again = again;
    *n = kept;
    return distinct;
}
