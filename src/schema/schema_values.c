/*
 * Values are hashed so that equal ones have equal hashes: numbers by their nearest
 * double, members in any order. Few are compared with each other; many stand in a table.
 */
#include "schema/schema_values.h"

#include <math.h>

#include "base/hash.h"
#include "schema/names.h"

/* Deeper values count as equal to the hash, and are compared. */
enum { HASH_DEPTH_MAX = 64, COUNT_DEPTH_MAX = 2000, FEW = 12, OTHERS_FEW = 8 };

static uint64_t count_values(const struct json *v, unsigned depth)
{
    uint64_t n = 1;
    if (depth == COUNT_DEPTH_MAX)
        return n;
    if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->n; i++)
            n += count_values(&v->u.items[i], depth + 1);
    if (v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->n; i++)
            n += count_values(&v->u.members[i].value, depth + 1);
    return n;
}

uint64_t values_count(const struct json *value)
{
    return count_values(value, 0);
}

/* Multiplied by a factor that nobody outside knows, and folded: nobody can choose numbers
 * that meet. */
static uint64_t mix(uint64_t x, uint64_t key)
{
    unsigned __int128 product = (unsigned __int128)(x ^ key) * (key << 32 | key >> 32);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_number(const struct json *v)
{
    double d = json_number(v) + 0.0; /* -0 becomes 0 */
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    return bits;
}

static uint64_t hash_key(void)
{
    return hash_str(STR("values")) | 1;
}

static uint64_t hash_value(const struct json *v, unsigned depth, uint64_t key)
{
    uint64_t hash = v->type;
    if (v->type == JSON_NUMBER)
        return mix(hash_number(v), key);
    if (v->type == JSON_STRING)
        return hash_str(json_text(v));
    if (depth == HASH_DEPTH_MAX)
        return hash;
    if (v->type == JSON_ARRAY)
        for (uint32_t i = 0; i < v->n; i++)
            hash = mix(hash * 31 + hash_value(&v->u.items[i], depth + 1, key), key);
    if (v->type == JSON_OBJECT)
        for (uint32_t i = 0; i < v->n; i++) {
            const struct json_member *m = &v->u.members[i];
            uint64_t value = mix(hash_value(&m->value, depth + 1, key), key);
            hash += mix(hash_str(json_key(m)) ^ value, key);
        }
    return mix(hash, key);
}

__attribute__((noinline)) bool values_equal_slowly(const struct json *a,
                                                   const struct json *b)
{
    return json_equal(a, b);
}

static void hash_others(struct arena *arena, struct choice *choice)
{
    uint32_t room = 16;
    while (room < 2 * (uint64_t)choice->n)
        room *= 2;
    choice->mask = room - 1;
    choice->key = hash_key();
    choice->slots = arena_array(arena, room, sizeof(choice->slots[0]));
    for (uint32_t i = 0; i < choice->n; i++) {
        uint64_t at = hash_value(&choice->others[i], 0, choice->key);
        while (choice->slots[at & choice->mask])
            at++;
        choice->slots[at & choice->mask] = i + 1;
    }
}

const struct choice *choice_create(struct arena *arena, const struct json *array)
{
    struct choice *choice = arena_zalloc(arena, sizeof(*choice));
    choice->all = json_copy(arena, array);
    struct json *others = arena_array(arena, array->n, sizeof(others[0]));
    str *texts = arena_array(arena, array->n, sizeof(texts[0]));
    uint32_t texts_n = 0;
    for (uint32_t i = 0; i < array->n; i++) {
        const struct json *value = &choice->all.u.items[i];
        if (json_is(value, JSON_STRING))
            texts[texts_n++] = json_text(value);
        else
            others[choice->n++] = *value;
    }
    choice->others = others;
    choice->size = (uint32_t)values_count(array);
    for (uint32_t i = 0; i < texts_n && i < CHOICE_FEW; i++)
        choice->few[i] = name_of(texts[i], i);
    choice->texts_n = texts_n;
    choice->texts = names_create(arena, texts, texts_n);
    if (choice->n > OTHERS_FEW)
        hash_others(arena, choice);
    return choice;
}

bool choice_has(const struct choice *choice, const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return names_find(choice->texts, json_text(value)) != NAMES_NONE;
    if (!choice->slots) {
        for (uint32_t i = 0; i < choice->n; i++)
            if (values_equal(&choice->others[i], value))
                return true;
        return false;
    }
    for (uint64_t at = hash_value(value, 0, choice->key);; at++) {
        uint32_t place = choice->slots[at & choice->mask];
        if (!place || values_equal(&choice->others[place - 1], value))
            return place != 0;
    }
}

static enum values_result compare_all(const struct json *array, uint32_t *ret_first,
                                      uint32_t *ret_second)
{
    const struct json *items = array->u.items;
    for (uint32_t i = 1; i < array->n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (values_equal(&items[k], &items[i])) {
                *ret_first = k;
                *ret_second = i;
                return VALUES_MEET;
            }
    return VALUES_DIFFER;
}

struct seen_value {
    uint64_t hash;
    uint32_t place; /* + 1; 0 = free */
};

struct search {
    const struct json *items;
    struct seen_value *slots;
    uint64_t mask;
    uint64_t key;
    uint64_t *steps;
};

/* Looks for item `i` among those before it, and puts it in. Answers where an equal one
 * stands, or `i`; UINT32_MAX when it is tired. */
static uint32_t put_value(struct search *search, uint32_t i)
{
    uint64_t hash = hash_value(&search->items[i], 0, search->key);
    for (uint64_t at = hash;; at++) {
        struct seen_value *slot = &search->slots[at & search->mask];
        if (!slot->place) {
            *slot = (struct seen_value){hash, i + 1};
            return i;
        }
        if (!*search->steps)
            return UINT32_MAX;
        --*search->steps;
        if (slot->hash == hash &&
            values_equal(&search->items[slot->place - 1], &search->items[i]))
            return slot->place - 1;
    }
}

__attribute__((noinline)) enum values_result values_differ(struct arena *arena,
                                                           const struct json *array,
                                                           uint64_t *steps,
                                                           uint32_t *ret_first,
                                                           uint32_t *ret_second)
{
    if (array->n <= FEW)
        return compare_all(array, ret_first, ret_second);
    struct arena_mark mark = arena_mark(arena);
    uint64_t room = 64;
    while (room < 2 * (uint64_t)array->n)
        room *= 2;
    struct search search = {
        .items = array->u.items, .mask = room - 1, .key = hash_key(), .steps = steps};
    search.slots = arena_array(arena, room, sizeof(search.slots[0]));
    enum values_result result = VALUES_DIFFER;
    for (uint32_t i = 0; i < array->n && result == VALUES_DIFFER; i++) {
        uint32_t met = put_value(&search, i);
        if (met == i)
            continue;
        result = met == UINT32_MAX ? VALUES_TIRED : VALUES_MEET;
        *ret_first = met;
        *ret_second = i;
    }
    arena_rewind(arena, mark);
    return result;
}
