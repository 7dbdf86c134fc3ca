/*
 * Open addressing with linear probing over 32-bit places, at most half full. The hash is
 * keyed per process (hash.h), as the names come from peers. Up to SMALL members a linear
 * search is faster than hashing and takes no memory.
 */
#include "json/member_index.h"

#include "base/hash.h"

enum { SMALL = 16 };

void member_index_init(struct member_index *index, struct arena *arena,
                       const struct json_member *members, uint32_t room)
{
    *index = (struct member_index){.members = members};
    if (room <= SMALL)
        return;
    size_t slots = 4 * (size_t)SMALL;
    while (slots < 2 * (size_t)room)
        slots *= 2;
    CHECK(slots - 1 <= UINT32_MAX);
    index->mask = (uint32_t)(slots - 1);
    index->slots = arena_array(arena, slots, sizeof(index->slots[0]));
}

static bool has_name(const struct json_member *m, str key)
{
    return str_eq(json_key(m), key);
}

/* The place of the first member of this name, or n. */
static uint32_t find_linear(const struct member_index *index, str key)
{
    uint32_t i = 0;
    while (i < index->n && !has_name(&index->members[i], key))
        i++;
    return i;
}

/* The slot of this name, or the free slot where it would stand. */
static uint32_t *probe(const struct member_index *index, str key)
{
    uint32_t at = (uint32_t)hash_str(key) & index->mask;
    for (;; at = (at + 1) & index->mask) {
        uint32_t place = index->slots[at];
        if (!place || has_name(&index->members[place - 1], key))
            return &index->slots[at];
    }
}

uint32_t member_index_put(struct member_index *index)
{
    str key = json_key(&index->members[index->n]);
    if (!index->mask) {
        uint32_t place = find_linear(index, key);
        index->n += place == index->n;
        return place;
    }
    uint32_t *slot = probe(index, key);
    if (!*slot)
        *slot = ++index->n;
    return *slot - 1;
}

void member_index_move(struct member_index *index, struct arena *arena,
                       const struct json_member *members, uint32_t room)
{
    uint32_t n = index->n;
    member_index_init(index, arena, members, room);
    if (!index->mask)
        index->n = n;
    while (index->n < n) {
        uint32_t *slot = probe(index, json_key(&members[index->n]));
        *slot = ++index->n;
    }
}

void member_index_all(struct member_index *index, struct arena *arena,
                      const struct json *object)
{
    bool is_object = json_is(object, JSON_OBJECT);
    uint32_t n = is_object ? object->n : 0;
    const struct json_member *members = is_object ? object->u.members : NULL;
    member_index_init(index, arena, members, n);
    if (!index->mask) {
        index->n = n;
        return;
    }
    for (; index->n < n; index->n++) {
        uint32_t *slot = probe(index, json_key(&members[index->n]));
        if (!*slot)
            *slot = index->n + 1;
    }
}

const struct json_member *member_index_find(const struct member_index *index, str key)
{
    uint32_t place = index->mask ? *probe(index, key) - 1 : find_linear(index, key);
    return place < index->n ? &index->members[place] : NULL;
}
