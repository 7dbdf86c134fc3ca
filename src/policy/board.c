/*
 * Forgetting happens in passing: each acquire that makes a new entry looks at a few old
 * ones of its shard, so that a board never grows past what was used within `idle` by more
 * than a constant factor, and no sweep ever stops the world.
 */
#include "policy/board.h"

#include <pthread.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"

enum { SHARDS = 16, SWEEP = 4 };

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct map entries;
    size_t swept; /* where the sweep goes on */
};

struct board {
    const struct board_kind *kind;
    usec idle;
    struct shard shards[SHARDS];
};

struct board *board_create(const struct board_kind *kind, usec idle)
{
    struct board *board = mem_lines(sizeof(*board));
    board->kind = kind;
    board->idle = idle;
    for (int i = 0; i < SHARDS; i++) {
        CHECK(pthread_mutex_init(&board->shards[i].lock, NULL) == 0);
        map_init(&board->shards[i].entries);
    }
    return board;
}

static void free_entry(struct board *board, struct board_entry *entry)
{
    if (board->kind->fini)
        board->kind->fini(entry);
    mem_free(entry);
}

void board_destroy(struct board **board)
{
    if (!*board)
        return;
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &(*board)->shards[i];
        size_t at = 0;
        for (struct board_entry *entry; (entry = map_next(&shard->entries, &at));) {
            CHECK(entry->users == 0);
            free_entry(*board, entry);
        }
        map_fini(&shard->entries);
        pthread_mutex_destroy(&shard->lock);
    }
    mem_free(*board);
    *board = NULL;
}

static struct board_entry *make_entry(struct board *board, str name)
{
    struct board_entry *entry = mem_zalloc(board->kind->bytes + name.n);
    char *copy = (char *)entry + board->kind->bytes;
    if (board->kind->init)
        board->kind->init(entry);
    memcpy(copy, name.p, name.n);
    *entry = (struct board_entry){.name = str_of(copy, name.n)};
    return entry;
}

static bool forgettable(struct board *board, struct board_entry *entry, usec now)
{
    return entry->users == 0 && now - entry->idle_since > board->idle &&
           (!board->kind->at_rest || board->kind->at_rest(entry, now));
}

static void sweep(struct board *board, struct shard *shard, usec now)
{
    for (int i = 0; i < SWEEP; i++) {
        struct board_entry *entry = map_next(&shard->entries, &shard->swept);
        if (!entry) {
            shard->swept = 0;
            return;
        }
        if (!forgettable(board, entry, now))
            continue;
        map_remove(&shard->entries, entry->name);
        free_entry(board, entry);
    }
}

static struct shard *shard_of(struct board *board, uint64_t hash)
{
    return &board->shards[hash >> 60 & (SHARDS - 1)];
}

void *board_acquire(struct board *board, str name, usec now)
{
    uint64_t hash = hash_str(name);
    struct shard *shard = shard_of(board, hash);
    pthread_mutex_lock(&shard->lock);
    struct board_entry *entry = map_find_hashed(&shard->entries, name, hash);
    if (!entry) {
        sweep(board, shard, now);
        entry = make_entry(board, name);
        map_put(&shard->entries, entry->name, entry);
    }
    entry->users++;
    pthread_mutex_unlock(&shard->lock);
    return entry;
}

void *board_find(struct board *board, str name)
{
    uint64_t hash = hash_str(name);
    struct shard *shard = shard_of(board, hash);
    pthread_mutex_lock(&shard->lock);
    struct board_entry *entry = map_find_hashed(&shard->entries, name, hash);
    if (entry)
        entry->users++;
    pthread_mutex_unlock(&shard->lock);
    return entry;
}

void board_release(struct board *board, void *ptr, usec now)
{
    struct board_entry *entry = ptr;
    struct shard *shard = shard_of(board, hash_str(entry->name));
    pthread_mutex_lock(&shard->lock);
    CHECK(entry->users > 0);
    entry->users--;
    entry->idle_since = now;
    pthread_mutex_unlock(&shard->lock);
}

void board_each(struct board *board, void (*fn)(void *entry, void *arg), void *arg)
{
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &board->shards[i];
        size_t at = 0;
        pthread_mutex_lock(&shard->lock);
        for (void *entry; (entry = map_next(&shard->entries, &at));)
            fn(entry, arg);
        pthread_mutex_unlock(&shard->lock);
    }
}

uint64_t board_count(struct board *board)
{
    uint64_t count = 0;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&board->shards[i].lock);
        count += board->shards[i].entries.n;
        pthread_mutex_unlock(&board->shards[i].lock);
    }
    return count;
}
