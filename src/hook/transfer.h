/*
 * From the journal to rows: records in their order, at most 512 a transaction, in which
 * what was seen before is left out, rows are put in, and the position in the journal
 * moves on; so each is taken exactly once, whatever dies in between.
 *
 * Whose an event is the URL says, or its claim: each account that has the value in its
 * context, and is connected with an app of the URL, gets a row. Where none is known the
 * row is `unmatched`; it is bound when such an account comes.
 *
 * One thread calls everything here but the notes. The commits are RELAXED: what a crash
 * of the machine takes back is taken from the journal once more.
 */
#ifndef HOOK_TRANSFER_H
#define HOOK_TRANSFER_H

#include "base/log.h"
#include "hook/hook_key.h"
#include "journal/journal.h"

struct transfer;

enum { TRANSFER_BATCH = 512 }; /* records a transaction */

struct transfer_config {
    struct store *store;
    struct directory *directory;
    struct journal *journal;
    struct hook_keys *keys;
    struct world *world;
    const struct log *log;
    uint64_t environment_bytes_max; /* of payloads that an environment keeps; 0: any */
    void (*on_stored)(void *arg, str account, uint32_t n); /* may be NULL */
    void *arg;
};

/* On the calling thread: finds the position. NULL with a sentence. Everything in the
 * config must outlive it. */
struct transfer *transfer_open(const struct transfer_config *config, str *ret_why);
void transfer_close(struct transfer **transfer);

/* Takes what there is, one transaction; *ret_n: how many records. An error leaves all as
 * it was; the log has said so. */
enum err transfer_some(struct transfer *transfer, uint32_t *ret_n) MUST_CHECK;

/* Binds rows of accounts that came since, and at first of all that are known. */
enum err transfer_bind(struct transfer *transfer) MUST_CHECK;

/* Takes away what is over; a bounded number of rows. *ret_more: there may be more. */
enum err transfer_expire(struct transfer *transfer, bool *ret_more) MUST_CHECK;

/* Whether the environment keeps as much as it may. Any thread. */
bool transfer_is_full(struct transfer *transfer, str environment);
/* Tells of environments that have become full. */
enum err transfer_tell_full(struct transfer *transfer) MUST_CHECK;

/* An account was published. Any thread. */
void transfer_note_account(struct transfer *transfer, const struct account *account);
bool transfer_has_notes(struct transfer *transfer); /* any thread */

struct transfer_stats {
    uint64_t events, duplicates, unmatched, bound, erased;
    uint64_t sequence; /* the last record that was taken */
    bool stuck;
};
void transfer_stats(struct transfer *transfer, struct transfer_stats *ret);

/* The sequence up to which records are rows, as the store has it: journal_config's
 * `position`. On the calling thread. */
enum err transfer_position(struct store *store, uint64_t *ret_sequence) MUST_CHECK;

#endif
