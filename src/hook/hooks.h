/*
 * Vendors' webhooks, received (SPEC 8): a request is verified, made durable and answered,
 * in this order; what is in it becomes rows (hook_store.h) behind that.
 *
 *   POST /hooks/{integration}/{account}   events of one account
 *   POST /hooks/{integration}/{app}       of the accounts connected with an app, as each
 *                                         event says whose it is
 *   POST /hooks/{integration}             of those connected with the platform's
 *
 *   receive ─► journal ─► 200          the caller's side (receive.h)
 *                └─► transfer ─► rows  (transfer.h): dedupe, accounts, order
 *
 * What was answered with 200 is on the disk. Nothing is answered with 200 that is not.
 */
#ifndef HOOK_HOOKS_H
#define HOOK_HOOKS_H

#include "catalog/catalog.h"
#include "directory/directory.h"
#include "hook/hook_key.h"
#include "hook/rejected.h"
#include "hook/secrets.h"
#include "http/cidr.h"
#include "http/inbound.h"
#include "journal/journal.h"
#include "payload/payload.h"

struct hooks;

/* Records of the journal: payloads (payload_config.record_type), and lists of events in
 * large ones. */
enum { HOOK_RECORD_PAYLOAD = 1, HOOK_RECORD_LIST = 2 };

struct hooks_config {
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct journal *journal;
    struct payloads *payloads;
    const struct exchange_env *exchange; /* fetches key sets by its transports */
    struct world *world;
    const struct log *log;
    str public_url;             /* what vendors call; absent: as each request says */
    const struct cidr *trusted; /* proxies whose X-Forwarded-… are believed */
    uint32_t trusted_n;
    uint64_t bytes_max;             /* of bodies in memory */
    uint64_t environment_bytes_max; /* of payloads that one keeps; 0: any */
    unsigned workers;

    /* Rows of an account are queued: after the commit, on the transfer's thread, or that
     * of who replays. May be NULL. */
    void (*on_stored)(void *arg, str account, uint32_t n);
    void *arg;
};

/* On the calling thread. NULL with a sentence when the store or the journal cannot be
 * read. Everything in the config must outlive it. */
struct hooks *hooks_open(const struct hooks_config *config, str *ret_why);
/* All workers have left. What is in the journal and is no row yet becomes one now, or
 * after the next start. */
void hooks_close(struct hooks **hooks);

/* The transfer goes on by itself from here on. */
void hooks_start(struct hooks *hooks);

/* Requests that wait for the disk, or are being verified; their callers may have left. A
 * worker leaves the catalog only when it has none. Any thread. */
uint32_t hooks_busy(struct hooks *hooks, struct worker *worker);

/* Ends what the worker fetches for requests; on its thread, before it leaves the
 * transports. */
void hooks_stop(struct hooks *hooks, struct worker *worker);

/* Whether a path is one of ours; takes such a request and answers it. */
bool hooks_is_ours(str path);
void hooks_request(struct hooks *hooks, struct inbound *in);

/* The keys that messages are sealed with: for whoever works on rows. */
struct hook_keys *hooks_keys(struct hooks *hooks);
struct hook_secrets *hooks_secrets(struct hooks *hooks);
struct payloads *hooks_payloads(struct hooks *hooks);

/* Rows of an account are queued again: tells `on_stored`. Any thread. */
void hooks_tell(struct hooks *hooks, str account, uint32_t n);

struct hooks_stats {
    uint64_t accepted, shaken, rejected;    /* requests; shaken: handshakes */
    uint64_t refused;                       /* for want of room, or of a disk */
    uint64_t unknown;                       /* no such URL */
    uint64_t bytes;                         /* bodies in memory */
    uint64_t events, duplicates, unmatched; /* of the transfer, since the start */
    uint64_t erased; /* requests whose account was deleted before the transfer */
    uint64_t behind; /* records that the journal has and the rows do not */
    struct rejected_stats reasons;
    bool stuck; /* the transfer cannot go on: the log says why */
};
void hooks_stats(struct hooks *hooks, struct hooks_stats *ret);

#endif
