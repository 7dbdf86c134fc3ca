/*
 * A board: shared things found by name, made at the first look and forgotten when nobody
 * uses them and nothing in them is worth remembering. Breakers, standings and hosts live
 * on boards, keyed by stable names, so that they outlive changes of the catalog.
 *
 * Sharded, with a lock a shard that is held for one look-up. Any thread.
 */
#ifndef POLICY_BOARD_H
#define POLICY_BOARD_H

#include "base/str.h"
#include "base/usec.h"

struct board;

/* First member of everything on a board. */
struct board_entry {
    str name; /* the entry's own copy */
    uint32_t users;
    usec idle_since;
};

struct board_kind {
    size_t bytes; /* of the whole entry */
    void (*init)(void *entry);
    void (*fini)(void *entry);
    /* Whether an unused entry may be forgotten. */
    bool (*at_rest)(void *entry, usec now);
};

/* Entries that nobody has used for `idle` and that are at rest are forgotten. */
struct board *board_create(const struct board_kind *kind, usec idle);
void board_destroy(struct board **board); /* no entry may be in use */

/* The entry of that name, made if need be; give it back with board_release. */
void *board_acquire(struct board *board, str name, usec now);
void board_release(struct board *board, void *entry, usec now);

/* The entry if it exists, or NULL; to be released. */
void *board_find(struct board *board, str name);

/* Calls `fn` for each entry, with its shard locked: `fn` must not wait nor use the
 * board. */
void board_each(struct board *board, void (*fn)(void *entry, void *arg), void *arg);

uint64_t board_count(struct board *board);

#endif
