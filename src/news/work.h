/*
 * Vendors' events made into events of ours (SPEC 8.4, 8.5, 9.1): rows of `hook` that are
 * queued are read, mapped to unified records, which are fetched where the vendor does not
 * send them, put into the one order of their record, and told: rows, events and what is
 * known of the records in one transaction.
 *
 *   queued ──take──► batch: open → normalize → look → fetch → judge → tell ──► done
 *      ▲                                          │                      └──► dead
 *      └──────────── again, held, blocked ────────┘
 *
 * The store is the schedule. In memory there is one queue an account that has rows
 * waiting, on the worker `hash mod N`; of an account one batch is under way at a time, so
 * that no record is worked on twice at once. Nothing is claimed: a process that dies
 * leaves its rows queued, and nothing of its batch is told.
 *
 * In a batch, the records of an account are fetched a few at a time, each once, however
 * many events tell of it. A row that has to wait holds those behind it of its record.
 */
#ifndef NEWS_WORK_H
#define NEWS_WORK_H

#include "exchange/exchange.h"
#include "hook/hook_store.h"
#include "payload/payload.h"

struct cache;
struct echo;
struct hook_keys;
struct keyring;
struct log;
struct models;
struct work;

struct work_config {
    struct store *store;
    struct payloads *payloads;
    struct hook_keys *keys; /* of requests */
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct cache *cache; /* NULL: none */
    struct echo *echo;   /* of our own writes; NULL: nobody remembers them */
    const struct models *models;
    const struct exchange_env *exchange;
    struct world *world;
    const struct log *log;
    unsigned workers;
};

/* On the calling thread: every account with queued rows gets its queue. NULL with a
 * sentence when the store cannot be read. Everything in the config must outlive it. */
struct work *work_open(const struct work_config *config, str *ret_why);
/* All workers have left. */
void work_close(struct work **work);

/* On the worker's own thread; it has joined the catalog. */
void work_join(struct work *work, struct worker *worker);
/* No new batches from here on. */
void work_drain(struct work *work, struct worker *worker);
uint32_t work_busy(struct work *work, struct worker *worker);
/* Ends the fetches that are under way; what came of batches is still stored: a turn must
 * follow until none is busy. */
void work_stop(struct work *work, struct worker *worker);
void work_leave(struct work *work, struct worker *worker);

/* So many rows of the account are queued since, or again; 0: look at it. Any thread. The
 * account may be gone: then its rows end. */
void work_note(struct work *work, str account, uint32_t n);

struct work_stats {
    uint64_t accounts, under_way;
    uint64_t told, ignored, late, superseded, equal,
        dead; /* rows, by what came of them */
    uint64_t tries, holds, fetches;
};
void work_stats(struct work *work, struct work_stats *ret);

#endif
