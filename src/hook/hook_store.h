/*
 * Vendors' events in the store. A request of a vendor is one payload, sealed; each event
 * in it is one row, which refers to that payload and goes through these states:
 *
 *   transfer ──► queued ──work──► done | dead          retry: dead ► queued
 *       └──────► unmatched ──► queued (its account connects)
 *
 * Rows of one account are worked on by one worker, in their order; those of one lane one
 * after the other. No claim is written: what comes of a row is stored in one transaction
 * that asks for its state, so that a process that dies leaves it queued, and nothing
 * twice.
 */
#ifndef HOOK_HOOK_STORE_H
#define HOOK_HOOK_STORE_H

#include "base/usec.h"
#include "store/store.h"

enum hook_state {
#define X(symbol, word, doc) HOOK_##symbol,
#include "hook/hook_state_list.h"
#undef X
    HOOK_STATE_COUNT
};

str hook_state_word(enum hook_state state);
bool hook_state_of(str word, enum hook_state *ret_state) MUST_CHECK;

enum { HOOK_ID_BYTES = 32 };

/* Ended events, and their payloads, are kept for 7 days (SPEC 8.5). */
#define HOOK_KEPT (7 * USEC_DAY)

struct hook_row {
    int64_t sequence; /* the order of receipt; `hok_` and 16 hex digits are its id */
    str integration;
    str environment, account; /* absent: not known yet */
    str claim;     /* MEMBER=VALUE of the account's context; absent: the URL said it */
    str request;   /* reference of the payload */
    uint32_t item; /* which of the events in it */
    str event_id;  /* the vendor's; absent: it has none */
    str type;      /* the vendor's word; absent: none */
    usec happened; /* wall, as the vendor says; 0: it does not */
    usec received; /* wall */
    enum hook_state state;
    str lane; /* absent: none */
    usec due; /* wall; 0: at once */
    uint32_t tries;
    uint32_t events;  /* that came of it */
    str reason;       /* a word; absent: none */
    str detail;       /* a sentence */
    usec ended, keep; /* wall; 0: not (yet) */
    int64_t bytes;    /* of the payload, in the first row of it for an account */
};

/* "hok_00000000000004d2" of 1234; and back, 0 for what is no such id. */
void hook_id(int64_t sequence, char ret[HOOK_ID_BYTES]);
int64_t hook_sequence_of(str id);

/* Inside a transaction: the columns of a row in the order in which hook_read takes them;
 * texts go into the arena. */
#define HOOK_COLUMNS                                                                     \
    "SELECT sequence, integration, environment, account, claim, request, item, "         \
    "event_id, "                                                                         \
    "type, happened, received, state, lane, due, tries, events, reason, detail, ended, " \
    "keep, bytes FROM hook "
struct hook_row hook_read(struct tx *tx, struct arena *arena);

/* Inside a transaction: adds a row; the sequence is given here. */
enum err hook_insert(struct tx *tx, struct hook_row *row) MUST_CHECK;

/* The same for many: *ret_first is the first of `n` sequences that nobody else gets; what
 * is added with hook_insert_as has its own already. */
enum err hook_reserve(struct tx *tx, uint32_t n, int64_t *ret_first) MUST_CHECK;
enum err hook_insert_as(struct tx *tx, const struct hook_row *row) MUST_CHECK;

#endif
