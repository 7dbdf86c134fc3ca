#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

enum { ROOM_MIN = 8 };

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_fini(struct map *map)
{
    mem_free(map->slots);
    map_init(map);
}

/* The slot of the key, or the free slot where it would stand. room > 0. */
static struct map_slot *probe(const struct map *map, str key, uint64_t hash)
{
    size_t mask = map->room - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct map_slot *slot = &map->slots[at];
        if (!slot->value || (slot->hash == hash && str_eq(slot->key, key)))
            return slot;
    }
}

void *map_find_hashed(const struct map *map, str key, uint64_t hash)
{
    return map->room ? probe(map, key, hash)->value : NULL;
}

void *map_find(const struct map *map, str key)
{
    return map->n ? map_find_hashed(map, key, hash_str(key)) : NULL;
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->room = old.room ? old.room * 2 : ROOM_MIN;
    map->slots = mem_array(map->room, sizeof(map->slots[0]));
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].value)
            *probe(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    mem_free(old.slots);
}

void *map_put(struct map *map, str key, void *value)
{
    if ((map->n + 1) * 4 > map->room * 3)
        grow(map);
    uint64_t hash = hash_str(key);
    struct map_slot *slot = probe(map, key, hash);
    void *before = slot->value;
    *slot = (struct map_slot){hash, key, value};
    map->n += before == NULL;
    return before;
}

/* Moves later members of the probe run into the hole, so that no search ends early
 * (Knuth, The Art of Computer Programming vol. 3, 6.4, algorithm R). */
static void close_hole(struct map *map, size_t hole)
{
    size_t mask = map->room - 1;
    for (size_t at = (hole + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        map->slots[hole] = map->slots[at];
        hole = at;
    }
    map->slots[hole] = (struct map_slot){0};
}

void *map_remove(struct map *map, str key)
{
    if (!map->n)
        return NULL;
    struct map_slot *slot = probe(map, key, hash_str(key));
    void *value = slot->value;
    if (!value)
        return NULL;
    map->n--;
    close_hole(map, (size_t)(slot - map->slots));
    return value;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->room) {
        void *value = map->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
