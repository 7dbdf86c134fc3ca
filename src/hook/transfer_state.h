/*
 * What the files of the transfer share, and nobody else includes.
 */
#ifndef HOOK_TRANSFER_STATE_H
#define HOOK_TRANSFER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "hook/dedupe.h"
#include "hook/hook_message.h"
#include "hook/hook_store.h"
#include "directory/directory.h"
#include "hook/transfer.h"

enum { ACCOUNTS_MAX = 1000 }; /* that one event is for */

/* A record, opened. */
struct taken {
    struct hook_list list;
    str reference;
    int64_t bytes; /* of the payload */
};

/* One event of a record, with all that its rows need. */
struct found {
    const struct taken *from;
    const struct hook_event *event;
    struct dedupe_key key;
    bool repeated;    /* not stored */
    int64_t sequence; /* of its first row */
};

struct transfer {
    struct transfer_config config;
    struct dedupe *dedupe;
    struct journal_cursor cursor; /* behind the last record that was taken */
    struct arena arena;           /* of the batch */
    struct store_op op;

    /* the batch */
    struct journal_cursor next;
    uint64_t sequence; /* of its last record */
    struct taken *taken;
    uint32_t taken_n;
    size_t taken_bytes, events;
    struct found *found;
    uint32_t found_n;
    int64_t next_sequence, end_sequence; /* reserved for its rows */
    enum err err;                        /* of a record that cannot be opened */
    struct tally {
        uint64_t events, duplicates, unmatched, erased;
    } tally;
    struct told {
        str account;
        uint32_t n;
    } * told; /* accounts with new rows */
    uint32_t told_n, told_room;
    struct planned {
        struct tenant_id environment;
        int64_t bytes;
    } * planned; /* that environments keep more, or less */
    uint32_t planned_n, planned_room;

    pthread_mutex_t lock; /* over the notes and what environments keep */
    struct map usages;    /* struct usage, by environment */
    struct tenant_id *notes;
    uint32_t notes_n, notes_room;
    bool bind_all;

    _Atomic uint64_t stat_events, stat_duplicates, stat_unmatched, stat_bound,
        stat_erased, stat_sequence;
    atomic_bool stuck;
};

/* transfer.c: the accounts that a claim means, of those that events of the URL may be
 * for; each with a reference. */
uint32_t transfer_accounts(struct transfer *transfer, const struct hook_row *row, str app,
                           struct account **ret);

/* An account has a new row; told after the commit. */
void transfer_tell(struct transfer *transfer, str account);
void transfer_tell_all(struct transfer *transfer);

/* transfer_expire.c: what environments keep, in memory. */
enum err transfer_load_usage(struct transfer *transfer) MUST_CHECK;
void transfer_free_usage(struct transfer *transfer);
void transfer_note_usage(struct transfer *transfer, str environment, int64_t bytes);
/* The same, once a transaction has been committed: planned inside it. */
void transfer_plan_usage(struct transfer *transfer, str environment, int64_t bytes);
void transfer_settle_usage(struct transfer *transfer);

/* A new batch: the arena is empty again. */
void transfer_begin(struct transfer *transfer);

#endif
