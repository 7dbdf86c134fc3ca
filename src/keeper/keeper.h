/*
 * The keeper of tokens: renews each account's token before it expires, so that in normal
 * running no call waits for one, and answers the calls that must.
 *
 *   due ──► intend ──► fetch ──► store ──► due again
 *            lease      │          the new set, then readers
 *            on disk    └► fail ──► later, more slowly; or a person is asked
 *
 * One exchange at a time an account: in a process by the account's ward, between
 * processes by the lease in the store (directory/token_change.h). Each account has a
 * moment of its own; there is no global tick. Wards belong to the worker `hash mod N`,
 * where their exchanges run; anybody may ask about them.
 *
 * Whatever else fails for a while, a token that is still good is still used.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "auth/token_rule.h"
#include "catalog/catalog.h"
#include "directory/directory.h"
#include "loop/worker.h"

struct keeper;
struct log;
struct token_wait;

/* A request of our own to a vendor, and what came of it: to a token endpoint, or, with
 * `credentials`, to its API. Whoever makes it embeds it. */
struct token_fetch {
    struct worker *worker;
    struct arena *arena;
    struct pin *pin; /* of the catalog: holds the integration */
    const struct integration *integration;
    const struct auth_way *way; /* of the integration */
    struct account *account;
    struct token_request request;
    const struct credentials *credentials;   /* NULL: none are sent along */
    const struct json *context;              /* with them: for the document's headers */
    usec deadline;                           /* monotonic */
    void (*done)(struct token_fetch *fetch); /* once, never from inside `start` */
    void *owner;

    /* the answer */
    enum err err; /* no usable answer: why */
    str detail;
    bool sent;        /* a byte of it has left: the vendor may have acted */
    usec retry_after; /* −1: not said */
    struct answer answer;
    enum outcome_class class; /* by the document's rules of the API */

    void *work; /* of whoever makes it */
};

struct keeper_ops {
    void (*fetch)(void *arg, struct token_fetch *fetch);
    /* Ends it now, whatever was sent; `done` is not called. */
    void (*abandon)(struct token_fetch *fetch);
};

struct keeper_config {
    struct directory *directory;
    struct catalog *catalog;
    struct world *world;
    const struct log *log;
    const struct keeper_ops *ops;
    void *ops_arg; /* of `fetch` */
    unsigned workers;
};

/* The directory is watched from here on; every account that has a token gets its ward.
 * Everything in the config must outlive it. */
struct keeper *keeper_open(const struct keeper_config *config);
/* All workers have left. */
void keeper_close(struct keeper **keeper);

/* On the worker's own thread. It has joined the catalog. What is under way when it leaves
 * is ended: what the store was told of is finished after the next start. Whoever waits is
 * told NO, and so is whoever asks later. */
void keeper_join(struct keeper *keeper, struct worker *worker);
void keeper_leave(struct keeper *keeper, struct worker *worker);
/* No new exchanges from here on but those that somebody waits for. */
void keeper_drain(struct keeper *keeper, struct worker *worker);
uint32_t keeper_busy(struct keeper *keeper, struct worker *worker);

/* --- asking --- */

/* Whether a call may take the account's token as it is, without asking anybody. */
static inline bool keeper_good(const struct account *account, usec now)
{
    return atomic_load_explicit(&account->token_good, memory_order_relaxed) > now;
}

enum keeper_word {
    KEEPER_GO,   /* take what the directory has now: it may be newer */
    KEEPER_WAIT, /* an exchange is under way; the listener will hear of its end */
    KEEPER_NO    /* there is none to be had at present */
};

struct keeper_question {
    struct account *account;
    uint64_t refused; /* the vendor answered 401 to credentials of this version; 0: no */
    struct worker *worker; /* the asker's, where `heard` runs */
    void (*heard)(struct token_wait *wait);
    void *owner;
};

/* What is told to who is sent away since the daemon stops. */
#define KEEPER_STOPPING "Breakwater is stopping."

struct keeper_reason {
    enum err err;
    usec retry_after; /* −1: not known */
    char detail[240];
};

/* What a listener finds in `heard`. The keeper's; it goes when `heard` returns. */
struct token_wait {
    void *owner;
    enum keeper_word word; /* GO or NO */
    struct keeper_reason reason;
};

/* WAIT sets *ret_wait; NO sets *ret_reason. `heard` never runs from inside. */
enum keeper_word keeper_ask(struct keeper *keeper, const struct keeper_question *question,
                            struct token_wait **ret_wait,
                            struct keeper_reason *ret_reason);

/* The listener is no longer interested; `heard` will not run. On the asker's worker. */
void keeper_forget(struct keeper *keeper, struct token_wait **wait);

/* --- looking --- */

struct keeper_view {
    bool kept;     /* it has a ward: something renews its token */
    bool renewing; /* an exchange is under way */
    usec due_in;   /* until the next exchange; USEC_NEVER: none is planned */
    usec good_for; /* until the token ends; USEC_NEVER: not known, or never */
    uint32_t waiters;
};
void keeper_view(struct keeper *keeper, const struct account *account,
                 struct keeper_view *ret);

/* Renews now, whatever the plan; what nothing renews is checked, where the auth block has
 * a check. */
void keeper_hurry(struct keeper *keeper, struct account *account);

/* --- refusals --- */

/* The vendor has refused the account's credentials at that resource (a hash). Those that
 * nothing renews are checked after three in a row at two resources: SPEC 5.5. */
void keeper_note_refusal(struct keeper *keeper, struct account *account,
                         uint64_t resource);

/* The vendor has taken them. */
static inline void keeper_note_success(struct account *account)
{
    struct account_refusals *refusals = &account->refusals;
    if (atomic_load_explicit(&refusals->n, memory_order_relaxed) == 0)
        return;
    atomic_store(&refusals->n, 0);
    atomic_store(&refusals->several, false);
}

struct keeper_stats {
    uint64_t wards, waiting, under_way;
    uint64_t exchanges[TOKEN_TRANSIENT + 1]; /* by verdict */
    uint64_t needs_reauth;
    uint64_t fixed;   /* nothing renews these */
    uint64_t failing; /* the last exchange gave none; they need nobody yet */
    uint64_t ended;   /* those of the failing whose token has ended: calls fail */
    usec life_min; /* of the failing: what is left to the worst; USEC_NEVER: none fails,
                      or no end is known */
};
void keeper_stats(struct keeper *keeper, struct keeper_stats *ret);

#endif
