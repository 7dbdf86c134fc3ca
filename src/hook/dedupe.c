#include "hook/dedupe.h"

#include "base/mem.h"

enum {
    SLOTS = 7 * 24 + 2,   /* the hour begun, and one of a clock that was put back */
    BLOCK_BITS = 1 << 20, /* 128 KiB */
    BLOCK_KEYS = 100000,  /* so that one in 140 is looked up in vain */
    PROBES = 7,
    BLOCKS_MAX = 512,       /* of all hours: 64 MiB */
    SLOT_BLOCKS_MAX = 64,   /* of one */
    LOAD_KEYS_MAX = 4000000 /* at the start */
};

struct block {
    uint64_t bits[BLOCK_BITS / 64];
};

/* An hour. */
struct slot {
    int64_t hour;
    bool unknown; /* there may be keys that no filter has */
    uint32_t block_n;
    uint32_t in_last; /* keys in the last block */
    struct block *blocks[SLOT_BLOCKS_MAX];
};

struct dedupe {
    struct slot slots[SLOTS]; /* by hour modulo their number */
    uint32_t blocks;
};

int64_t dedupe_slot(usec wall)
{
    return wall / USEC_H;
}

int dedupe_order(const struct dedupe_key *a, const struct dedupe_key *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->rest < b->rest ? -1 : a->rest > b->rest;
}

/* --- filters --- */

static void clear(struct dedupe *dedupe, struct slot *slot, int64_t hour)
{
    for (uint32_t i = 0; i < slot->block_n; i++)
        mem_free(slot->blocks[i]);
    dedupe->blocks -= slot->block_n;
    *slot = (struct slot){.hour = hour};
}

static struct slot *slot_of(struct dedupe *dedupe, int64_t hour)
{
    return &dedupe->slots[(uint64_t)hour % SLOTS];
}

/* Two hashes make all probes (Kirsch, Mitzenmacher: "Less Hashing, Same Performance",
 * 2006). */
static uint32_t probe_of(const struct dedupe_key *key, uint32_t i)
{
    return (uint32_t)((uint64_t)key->hash + i * ((uint64_t)key->rest | 1)) % BLOCK_BITS;
}

static bool block_has(const struct block *block, const struct dedupe_key *key)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t bit = probe_of(key, i);
        if (!(block->bits[bit / 64] & (uint64_t)1 << bit % 64))
            return false;
    }
    return true;
}

static bool may_have(const struct slot *slot, const struct dedupe_key *key)
{
    for (uint32_t i = 0; i < slot->block_n; i++)
        if (block_has(slot->blocks[i], key))
            return true;
    return slot->unknown;
}

/* The block that takes the next key, or NULL: there is no room. */
static struct block *last_block(struct dedupe *dedupe, struct slot *slot)
{
    if (slot->block_n && slot->in_last < BLOCK_KEYS)
        return slot->blocks[slot->block_n - 1];
    if (slot->block_n == SLOT_BLOCKS_MAX || dedupe->blocks == BLOCKS_MAX)
        return NULL;
    dedupe->blocks++;
    slot->in_last = 0;
    return slot->blocks[slot->block_n++] = mem_zalloc(sizeof(struct block));
}

static void add(struct dedupe *dedupe, struct slot *slot, const struct dedupe_key *key)
{
    struct block *block = slot->unknown ? NULL : last_block(dedupe, slot);
    slot->unknown = block == NULL;
    slot->in_last++;
    for (uint32_t i = 0; i < PROBES && block; i++) {
        uint32_t bit = probe_of(key, i);
        block->bits[bit / 64] |= (uint64_t)1 << bit % 64;
    }
}

void dedupe_note(struct dedupe *dedupe, const struct dedupe_key *key, usec received)
{
    int64_t hour = dedupe_slot(received);
    struct slot *slot = slot_of(dedupe, hour);
    if (slot->hour > hour)
        return; /* older than any that is looked for */
    if (slot->hour < hour)
        clear(dedupe, slot, hour);
    add(dedupe, slot, key);
}

void dedupe_forget(struct dedupe *dedupe, usec wall)
{
    int64_t oldest = dedupe_slot(wall - DEDUPE_KEPT);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (dedupe->slots[i].block_n && dedupe->slots[i].hour < oldest)
            clear(dedupe, &dedupe->slots[i], 0);
}

/* --- the table --- */

struct load_op {
    struct store_op op;
    struct dedupe *dedupe;
    int64_t hour;
    uint32_t left;
};

static enum err run_load(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT hash, rest FROM hook_seen WHERE slot = $1 LIMIT $2"};
    struct load_op *self = CONTAINER_OF(op, struct load_op, op);
    struct slot *slot = slot_of(self->dedupe, self->hour);
    struct value params[] = {V_INT(self->hour), V_INT((int64_t)self->left + 1)};
    clear(self->dedupe, slot, self->hour);
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct dedupe_key key = {tx_int(tx, 0), tx_int(tx, 1)};
        if (self->left == 0) {
            slot->unknown = true;
            break;
        }
        add(self->dedupe, slot, &key);
        self->left--;
    }
    return err;
}

struct newest_op {
    struct store_op op;
    int64_t hour;
};

static enum err run_newest(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {"SELECT max(slot) FROM hook_seen"};
    struct newest_op *self = CONTAINER_OF(op, struct newest_op, op);
    return tx_number(tx, &query, NULL, 0, &self->hour);
}

/* The newest hours first: they are asked for most. Which is the newest the table says as
 * well: the clock may have been put back. */
struct dedupe *dedupe_open(struct store *store, usec wall)
{
    struct newest_op newest = {.op = {.kind = STORE_READ, .run = run_newest}};
    if (store_run(store, &newest.op) != ERR_NONE)
        return NULL;
    if (newest.hour < dedupe_slot(wall))
        newest.hour = dedupe_slot(wall);
    struct dedupe *dedupe = mem_zalloc(sizeof(*dedupe));
    struct load_op self = {.op = {.kind = STORE_READ, .run = run_load},
                           .dedupe = dedupe,
                           .left = LOAD_KEYS_MAX};
    for (int64_t i = 0; i < SLOTS && dedupe; i++) {
        self.hour = newest.hour - i;
        if (store_run(store, &self.op) != ERR_NONE)
            dedupe_close(&dedupe);
    }
    return dedupe;
}

void dedupe_close(struct dedupe **dedupe)
{
    struct dedupe *gone = *dedupe;
    *dedupe = NULL;
    if (!gone)
        return;
    for (uint32_t i = 0; i < SLOTS; i++)
        clear(gone, &gone->slots[i], 0);
    mem_free(gone);
}

static enum err look_in(struct tx *tx, int64_t hour, const struct dedupe_key *key,
                        bool *ret_found, struct dedupe_seen *ret_seen)
{
    static const struct statement query = {
        "SELECT received, sequence FROM hook_seen WHERE slot = $1 AND hash = $2 AND "
        "rest = $3"};
    struct value params[] = {V_INT(hour), V_INT(key->hash), V_INT(key->rest)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    if (err == ERR_NONE && tx_next(tx, &err)) {
        *ret_found = true;
        *ret_seen = (struct dedupe_seen){hour, tx_int(tx, 0), tx_int(tx, 1)};
    }
    return err;
}

enum err dedupe_look(struct dedupe *dedupe, struct tx *tx, const struct dedupe_key *key,
                     usec received, bool *ret_found, struct dedupe_seen *ret_seen)
{
    int64_t newest = dedupe_slot(received) + 1; /* a clock may have been put back */
    enum err err = ERR_NONE;
    *ret_found = false;
    for (int64_t i = 0; i < SLOTS && err == ERR_NONE && !*ret_found; i++) {
        const struct slot *slot = slot_of(dedupe, newest - i);
        if (slot->hour == newest - i && may_have(slot, key))
            err = look_in(tx, slot->hour, key, ret_found, ret_seen);
    }
    if (*ret_found && received - ret_seen->received > DEDUPE_KEPT)
        *ret_found = false;
    return err;
}

enum err dedupe_put(struct tx *tx, const struct dedupe_key *key,
                    const struct dedupe_seen *seen)
{
    static const struct statement insert = {
        "INSERT INTO hook_seen (slot, hash, rest, received, sequence) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (slot, hash, rest) DO UPDATE SET "
        "received = excluded.received, sequence = excluded.sequence"};
    struct value params[] = {V_INT(seen->slot), V_INT(key->hash), V_INT(key->rest),
                             V_INT(seen->received), V_INT(seen->sequence)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

enum err dedupe_expire(struct tx *tx, usec wall, uint32_t max, int64_t *ret_n)
{
    static const struct statement oldest = {"SELECT min(slot) FROM hook_seen"};
    static const struct statement delete = {
        "DELETE FROM hook_seen WHERE slot = $1 AND hash <= (SELECT max(hash) FROM "
        "(SELECT hash FROM hook_seen WHERE slot = $1 ORDER BY slot, hash LIMIT $2) "
        "AS first)"};
    int64_t slot;
    *ret_n = 0;
    enum err err = tx_number(tx, &oldest, NULL, 0, &slot);
    if (err != ERR_NONE || slot == 0 || slot >= dedupe_slot(wall - DEDUPE_KEPT))
        return err;
    struct value params[] = {V_INT(slot), V_INT(max)};
    return tx_exec(tx, &delete, params, COUNT_OF(params), ret_n);
}
