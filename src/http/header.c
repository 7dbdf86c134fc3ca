/*
 * Ids are found through a table of 256 short chains, keyed by length, first and last
 * letter: two of the three differ for nearly all of our words, so that a miss usually
 * ends at the first comparison. The table is filled before main() runs and never changes.
 */
#include "http/header.h"

#include "base/check.h"
#include "base/encode.h"

struct known {
    str name;
    unsigned flags;
};

#define HOP   HEADER_HOP
#define OURS  HEADER_OURS
#define TAKEN HEADER_TAKEN
static const struct known known[HEADER_ID_COUNT] = {
#define X(symbol, text, bits) [HEADER_##symbol] = {STR(text), bits},
#include "http/header_list.h"
#undef X
};

static uint8_t chain_head[256];
static uint8_t chain_next[HEADER_ID_COUNT];

static unsigned slot_of(str name)
{
    unsigned first = (unsigned char)name.p[0] | 0x20;
    unsigned last = (unsigned char)name.p[name.n - 1] | 0x20;
    return (unsigned)(name.n * 37 + first * 7 + last * 3) & 255;
}

__attribute__((constructor)) static void fill_chains(void)
{
    for (unsigned id = 1; id < HEADER_ID_COUNT; id++) {
        unsigned slot = slot_of(known[id].name);
        chain_next[id] = chain_head[slot];
        chain_head[slot] = (uint8_t)id;
    }
}

enum header_id header_id_of(str name)
{
    if (name.n == 0)
        return HEADER_OTHER;
    for (unsigned id = chain_head[slot_of(name)]; id; id = chain_next[id])
        if (str_eq_nocase(known[id].name, name))
            return (enum header_id)id;
    return HEADER_OTHER;
}

str header_name(enum header_id id)
{
    CHECK(id > HEADER_OTHER && id < HEADER_ID_COUNT);
    return known[id].name;
}

unsigned header_flags(enum header_id id)
{
    return known[id].flags;
}

bool header_name_valid(str name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c);
        if (!letter && (c == 0 || !strchr(marks, c)))
            return false;
    }
    return name.n > 0;
}

bool header_value_valid(str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

void headers_init(struct headers *headers, struct arena *arena, uint32_t room)
{
    *headers = (struct headers){.arena = arena, .room = room};
    headers->items = arena_alloc(arena, room * sizeof(headers->items[0]));
}

static void put(struct headers *headers, struct header header)
{
    headers->items = arena_grow(headers->arena, headers->items, headers->n,
                                &headers->room, sizeof(headers->items[0]));
    headers->items[headers->n++] = header;
}

void header_add(struct headers *headers, enum header_id id, str value)
{
    CHECK(header_value_valid(value));
    put(headers, (struct header){header_name(id), value, id});
}

void header_add_name(struct headers *headers, str name, str value)
{
    CHECK(header_name_valid(name) && header_value_valid(value));
    put(headers, (struct header){name, value, header_id_of(name)});
}

void header_copy(struct headers *headers, const struct header *header)
{
    put(headers, *header);
}

void header_add_int(struct headers *headers, enum header_id id, int64_t value)
{
    char *text = arena_bytes(headers->arena, 24);
    put(headers,
        (struct header){header_name(id), str_of(text, encode_decimal(value, text)), id});
}

const struct header *header_find(const struct headers *headers, enum header_id id)
{
    for (uint32_t i = 0; i < headers->n; i++)
        if (headers->items[i].id == id)
            return &headers->items[i];
    return NULL;
}

const struct header *header_find_name(const struct headers *headers, str name)
{
    enum header_id id = header_id_of(name);
    if (id != HEADER_OTHER)
        return header_find(headers, id);
    for (uint32_t i = 0; i < headers->n; i++)
        if (headers->items[i].id == HEADER_OTHER &&
            str_eq_nocase(headers->items[i].name, name))
            return &headers->items[i];
    return NULL;
}

str header_value(const struct headers *headers, enum header_id id)
{
    const struct header *header = header_find(headers, id);
    return header ? header->value : STR_NONE;
}

str header_value_name(const struct headers *headers, str name)
{
    const struct header *header = header_find_name(headers, name);
    return header ? header->value : STR_NONE;
}

uint32_t header_count(const struct headers *headers, enum header_id id)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < headers->n; i++)
        count += headers->items[i].id == id;
    return count;
}

static bool same_name(const struct header *header, enum header_id id, str name)
{
    return header->id == id && (id != HEADER_OTHER || str_eq_nocase(header->name, name));
}

static str joined(struct arena *arena, const struct headers *headers, enum header_id id,
                  str name)
{
    str joined = STR_NONE;
    for (uint32_t i = 0; i < headers->n; i++) {
        if (!same_name(&headers->items[i], id, name))
            continue;
        str parts[] = {joined, STR(", "), headers->items[i].value};
        joined = str_absent(joined) ? parts[2] : arena_join(arena, parts, 3);
    }
    return joined;
}

str header_joined(const struct headers *headers, enum header_id id)
{
    CHECK(id != HEADER_OTHER);
    return joined(headers->arena, headers, id, STR_NONE);
}

str header_joined_name(struct arena *arena, const struct headers *headers, str name)
{
    return joined(arena, headers, header_id_of(name), name);
}

bool header_has_token(const struct headers *headers, enum header_id id, str token)
{
    for (uint32_t i = 0; i < headers->n; i++) {
        if (headers->items[i].id != id)
            continue;
        str rest = headers->items[i].value, item;
        while (str_next(&rest, ',', &item))
            if (str_eq_nocase(str_trim(item), token))
                return true;
    }
    return false;
}

static void drop(struct headers *headers, enum header_id id, str name)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < headers->n; i++)
        if (!same_name(&headers->items[i], id, name))
            headers->items[kept++] = headers->items[i];
    headers->n = kept;
}

void header_remove(struct headers *headers, enum header_id id)
{
    CHECK(id != HEADER_OTHER);
    drop(headers, id, STR_NONE);
}

void header_remove_name(struct headers *headers, str name)
{
    drop(headers, header_id_of(name), name);
}

void header_set(struct headers *headers, enum header_id id, str value)
{
    header_remove(headers, id);
    header_add(headers, id, value);
}

void header_set_name(struct headers *headers, str name, str value)
{
    header_remove_name(headers, name);
    header_add_name(headers, name, value);
}
