/*
 * Writes that are never lost (SPEC 7): what was accepted stands in the store before its
 * caller hears of it, is tried until the vendor has done it or somebody must decide, in
 * the order of its lane, and is never done twice where the vendor cannot tell a repeat.
 *
 *   parked ──► queued ──claim──► attempt ──verdict──► delivered
 *                ▲                  │ └► dead, needs_decision
 *                └── again, wait ◄──┘
 *
 * The store is the schedule. In memory there is one queue an account that has writes
 * waiting, on the worker `hash mod N`: when it is looked at next, and how many of its
 * lanes are under way. A vendor that fails holds all queues of its integration, and gets
 * them back a few at a time.
 *
 * What the store has of a write is sealed with its account's data key.
 */
#ifndef WRITES_WRITES_H
#define WRITES_WRITES_H

#include "catalog/repeat_search.h"
#include "exchange/exchange.h"
#include "writes/write_message.h"
#include "writes/write_store.h"

struct keyring;
struct log;
struct models;
struct operation;
struct space;
struct writes;

struct writes_config {
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    const struct models *models;
    const struct exchange_env *exchange;
    struct world *world;
    const struct log *log;
    unsigned workers;
    struct space *space;            /* NULL: there is always room on the disk */
    uint64_t environment_bytes_max; /* of queued writes; 0: no bound */
};

/* On the calling thread: what a life before has left under way is undecided or queued
 * again, and every account with queued writes gets its queue. NULL with a sentence when
 * the store cannot be read. Everything in the config must outlive it. */
struct writes *writes_open(const struct writes_config *config, str *ret_why);
/* All workers have left. */
void writes_close(struct writes **writes);

/* On the worker's own thread; it has joined the catalog. */
void writes_join(struct writes *writes, struct worker *worker);
/* No new attempts from here on. */
void writes_drain(struct writes *writes, struct worker *worker);
uint32_t writes_busy(struct writes *writes, struct worker *worker);
/* Ends the attempts that are under way; what comes of them is still stored: a turn must
 * follow until none is busy. */
void writes_stop(struct writes *writes, struct worker *worker);
void writes_leave(struct writes *writes, struct worker *worker);

/* --- what the gate and the API say. Any thread --- */

/* Whether one more write of so many bytes may be queued; DISK_RESERVED, QUEUE_QUOTA. What
 * is accepted at the same moment is not counted. */
enum err writes_admit(struct writes *writes, const struct account *account,
                      uint64_t bytes);

/* An account has one more queued write, of write_row.bytes; or one that is due at once.
 */
void writes_note_queued(struct writes *writes, struct account *account, uint64_t bytes);
void writes_look(struct writes *writes, struct account *account);

/* One that was queued was taken back. */
void writes_note_gone(struct writes *writes, const struct account *account,
                      uint64_t bytes);

/* How many of the account's writes wait; 0 without looking at the store. */
uint32_t writes_pending(struct writes *writes, const struct account *account);

/* --- what is kept of a write --- */

/* A part of a write, sealed; in the arena. Absent: the account's data key cannot be
 * opened. */
str writes_seal(const struct writes *writes, const struct account *account, str id,
                enum write_part part, str text, struct arena *arena);
/* False: it is damaged, or its key is gone. */
bool writes_unseal(const struct writes *writes, const struct account *account,
                   const struct write_row *row, enum write_part part, struct arena *arena,
                   struct write_message *ret_message) MUST_CHECK;

/* The lane of a call: "" for its account's. In the arena. */
str writes_lane(const struct write_rule *rule, str given, str path, struct arena *arena);

/* Whose login at the vendor the account has: a digest of what the document calls its
 * identity; "" where it says nothing of that. In the arena. */
str writes_login(const struct auth_way *way, const struct account *account,
                 struct arena *arena);

/* What is known of an attempt by whoever made it. */
struct write_attempt {
    const struct integration *integration;
    const struct method *method;
    const struct write_row *row;
    const struct outcome *outcome;
    const struct operation *operation; /* of a unified write; NULL: it is proxied */
    bool answered;                     /* the vendor has, if anything was sent */
    bool searchable; /* the vendor can be asked whether it has done it */
    uint32_t tries;  /* this one too */
    usec wall;
    double chance;
};
struct write_facts writes_facts(const struct write_attempt *attempt);

/* A write as it was sent, for a search (catalog/repeat_search.h), which its document has.
 */
struct repeat_write writes_repeat(const struct integration *integration,
                                  const struct method *method,
                                  const struct account *account,
                                  const struct write_message *sent, usec wall);

/* For how long, from the first attempt on, the vendor knows a repeat of this call: 0 not
 * at all, USEC_NEVER always. `keyed`: it has a key where the vendor looks for it. */
usec writes_window(const struct integration *integration, const struct method *method,
                   str verb, bool keyed);

/* Whether the vendor would know a repeat of this write now. */
bool writes_recognised(const struct integration *integration, const struct method *method,
                       const struct write_row *row, usec wall);

struct writes_stats {
    uint64_t queued, accounts, under_way;
    uint64_t queued_bytes;
    uint64_t delivered, dead, undecided, tries, waits;
};
void writes_stats(struct writes *writes, struct writes_stats *ret);

#endif
