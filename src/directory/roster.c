/*
 * A B-tree of two levels: blocks of at most BLOCK_MAX sorted items, and one array of the
 * blocks. A place is found by two binary searches; an insertion moves half a block
 * (1.5 KiB), and the array of blocks only when one splits. 100,000 objects are some 1,200
 * blocks, a million 12,000, so that a third level would not pay; a page of a list reads
 * neighbours.
 *
 * An item carries its key's number and the first eight bytes of its text, so that a
 * search seldom touches the objects, each of which would be a cache miss.
 */
#include "directory/roster.h"

#include "base/mem.h"

enum { BLOCK_MAX = 128, ROOM_MIN = 8 };

struct item {
    uint64_t major;
    uint64_t rank; /* of the text: see rank_of */
    void *object;
};

struct roster_block {
    size_t n; /* 1 … BLOCK_MAX */
    struct item items[BLOCK_MAX];
};

/* A key with its rank, for a search. */
struct wanted {
    struct roster_key key;
    uint64_t rank;
};

void roster_init(struct roster *roster, struct roster_key (*key)(const void *object))
{
    *roster = (struct roster){.key = key};
}

void roster_fini(struct roster *roster)
{
    for (size_t i = 0; i < roster->block_n; i++)
        mem_free(roster->blocks[i]);
    mem_free(roster->blocks);
    roster_init(roster, roster->key);
}

/* The first eight bytes as a number: in the order of the texts, as far as they tell. */
static uint64_t rank_of(str text)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < sizeof(rank); i++)
        rank = rank << 8 | (i < text.n ? (unsigned char)text.p[i] : 0);
    return rank;
}

static struct wanted wanted_of(struct roster_key key)
{
    return (struct wanted){key, rank_of(key.minor)};
}

static int compare(const struct roster *roster, const struct item *item,
                   const struct wanted *wanted)
{
    if (item->major != wanted->key.major)
        return item->major < wanted->key.major ? -1 : 1;
    if (item->rank != wanted->rank)
        return item->rank < wanted->rank ? -1 : 1;
    return str_cmp(roster->key(item->object).minor, wanted->key.minor);
}

/* How many blocks begin at or before the key. */
static size_t blocks_upto(const struct roster *roster, const struct wanted *wanted)
{
    size_t low = 0, high = roster->block_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(roster, &roster->blocks[middle]->items[0], wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many items of the block stand before the key; `*ret_hit`: the next has it. */
static size_t items_before(const struct roster *roster, const struct roster_block *block,
                           const struct wanted *wanted, bool *ret_hit)
{
    size_t low = 0, high = block->n;
    *ret_hit = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(roster, &block->items[middle], wanted);
        if (order == 0)
            *ret_hit = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_block(struct roster *roster, size_t at, struct roster_block *block)
{
    if (roster->block_n == roster->room) {
        roster->room = roster->room ? roster->room * 2 : ROOM_MIN;
        roster->blocks =
            mem_grow(roster->blocks, roster->room * sizeof(roster->blocks[0]));
    }
    struct roster_block **place = &roster->blocks[at];
    memmove(place + 1, place, (roster->block_n - at) * sizeof(*place));
    *place = block;
    roster->block_n++;
}

static void remove_block(struct roster *roster, size_t at)
{
    struct roster_block **place = &roster->blocks[at];
    mem_free(*place);
    roster->block_n--;
    memmove(place, place + 1, (roster->block_n - at) * sizeof(*place));
}

/* A full block gives its upper half to a new one behind it; at the end of the order,
 * where objects that come sorted are put, it stays full. */
static void split(struct roster *roster, size_t at, size_t item)
{
    struct roster_block *low = roster->blocks[at];
    struct roster_block *high = mem_alloc(sizeof(*high));
    size_t keep =
        item == BLOCK_MAX && at + 1 == roster->block_n ? BLOCK_MAX - 1 : BLOCK_MAX / 2;
    high->n = low->n - keep;
    memcpy(high->items, low->items + keep, high->n * sizeof(high->items[0]));
    low->n = keep;
    insert_block(roster, at + 1, high);
}

static void insert_item(struct roster_block *block, size_t at, struct item item)
{
    memmove(block->items + at + 1, block->items + at,
            (block->n - at) * sizeof(block->items[0]));
    block->items[at] = item;
    block->n++;
}

/* The block where the key belongs, made if there is none. */
static size_t block_for(struct roster *roster, const struct wanted *wanted)
{
    if (roster->block_n == 0) {
        struct roster_block *block = mem_alloc(sizeof(*block));
        block->n = 0;
        insert_block(roster, 0, block);
        return 0;
    }
    size_t upto = blocks_upto(roster, wanted);
    return upto ? upto - 1 : 0;
}

void *roster_put(struct roster *roster, void *object)
{
    struct wanted wanted = wanted_of(roster->key(object));
    struct item new = {wanted.key.major, wanted.rank, object};
    size_t block = block_for(roster, &wanted);
    bool hit;
    size_t at = items_before(roster, roster->blocks[block], &wanted, &hit);
    if (hit) {
        void *before = roster->blocks[block]->items[at].object;
        roster->blocks[block]->items[at] = new;
        return before;
    }
    if (roster->blocks[block]->n == BLOCK_MAX) {
        split(roster, block, at);
        size_t low = roster->blocks[block]->n;
        if (at > low) {
            block++;
            at -= low;
        }
    }
    insert_item(roster->blocks[block], at, new);
    roster->count++;
    return NULL;
}

/* Joins a block with the next when both would fill but half a block. */
static void join(struct roster *roster, size_t at)
{
    if (at + 1 >= roster->block_n)
        return;
    struct roster_block *low = roster->blocks[at];
    struct roster_block *high = roster->blocks[at + 1];
    if (low->n + high->n > BLOCK_MAX / 2)
        return;
    memcpy(low->items + low->n, high->items, high->n * sizeof(low->items[0]));
    low->n += high->n;
    remove_block(roster, at + 1);
}

void *roster_remove(struct roster *roster, struct roster_key key)
{
    struct wanted wanted = wanted_of(key);
    bool hit;
    size_t upto = blocks_upto(roster, &wanted);
    if (upto == 0)
        return NULL;
    struct roster_block *block = roster->blocks[upto - 1];
    size_t at = items_before(roster, block, &wanted, &hit);
    if (!hit)
        return NULL;
    void *object = block->items[at].object;
    block->n--;
    memmove(block->items + at, block->items + at + 1,
            (block->n - at) * sizeof(block->items[0]));
    roster->count--;
    if (block->n == 0)
        remove_block(roster, upto - 1);
    else
        join(roster, upto - 1);
    return object;
}

struct roster_place roster_after(const struct roster *roster, struct roster_key key)
{
    struct wanted wanted = wanted_of(key);
    bool hit;
    size_t upto = blocks_upto(roster, &wanted);
    if (upto == 0)
        return (struct roster_place){0, 0};
    size_t at = items_before(roster, roster->blocks[upto - 1], &wanted, &hit);
    return (struct roster_place){upto - 1, at + hit};
}

void *roster_next(const struct roster *roster, struct roster_place *place)
{
    while (place->block < roster->block_n) {
        const struct roster_block *block = roster->blocks[place->block];
        if (place->item < block->n)
            return block->items[place->item++].object;
        place->block++;
        place->item = 0;
    }
    return NULL;
}
