/*
 * The inside of a keeper. A shard is a worker's part of the wards; its lock is held for a
 * look-up or a plan, never over a change of the store or an exchange.
 *
 *            hook (store thread) ──plan──┐
 *   keeper_ask (any worker) ──hurry──► ward ◄──plan── the end of a flight (its worker)
 *                                        │
 *                    shard's timer ──due──► flight
 *
 * Inside of src/keeper only.
 */
#ifndef KEEPER_KEEPER_STATE_H
#define KEEPER_KEEPER_STATE_H

#include <pthread.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "directory/token_change.h"
#include "keeper/keeper.h"
#include "loop/world.h"

struct flight;

/* What is asked of a vendor's API for an account, beside its token. */
enum ward_errand {
    WARD_NONE,
    WARD_CHECK,  /* whether the vendor still takes what nothing renews */
    WARD_CONTEXT /* what the account's context lacks */
};

enum { WARD_ERRANDS = WARD_CONTEXT + 1 };

/* What is known of one account's token. Times are monotonic. */
struct ward {
    struct heap_node node; /* among those that are due some day */
    struct tenant_id id;
    struct list waits; /* struct waiter */
    uint32_t wait_n;
    uint64_t version;
    usec issued;        /* 0: not known; may be negative */
    usec until;         /* its end; USEC_NEVER: not known, or never; 0: there is none */
    usec lifetime;      /* USEC_NEVER: not known, or never */
    usec refused;       /* when a 401 last led to an exchange; 0: none has */
    usec hold;          /* no exchange before; 0: no matter */
    usec learned;       /* a lifetime that a 401 has shown; 0: none */
    usec facts_issued;  /* wall times, as the store has them: */
    usec facts_expires; /* a plan is made anew when they change */
    uint64_t lease;     /* the fence under which another process is at it; 0: none is */
    usec lease_seen;    /* since when */
    uint32_t failures;  /* since the last exchange that gave a token */
    usec token_due;     /* the next exchange; USEC_NEVER: none */
    enum ward_errand errand;
    usec errand_due; /* the next errand; USEC_NEVER: none */
    struct {
        uint32_t failures; /* since the last that was answered */
        usec hold;         /* none before; 0: no matter */
    } errands[WARD_ERRANDS];
    enum account_state state;
    bool planned;   /* `due` is as everything above wants it */
    bool busy;      /* a flight is about it */
    bool on_errand; /* the flight is no exchange */
    bool tokenless; /* its integration has no token block */
    bool fixed;     /* it has one, and yet nothing renews what is stored */
    bool suspect;   /* calls were refused: a check is to be made */
    bool gone;      /* the account is no longer there */
    /* as the shard's tally has it */
    struct list failing;
    bool counted_reauth, counted_fixed;
};

/* What a shard's wards are, kept as they change: looking at each of a hundred thousand
 * would hold up a worker for milliseconds. */
struct tally {
    uint32_t waiting; /* calls */
    uint32_t busy, needs_reauth, fixed;
    struct list failing; /* wards, by `failing` */
};

struct shard {
    struct keeper *keeper;
    pthread_mutex_t lock;
    struct map wards; /* by id */
    struct heap due;
    struct tally tally;
    struct worker *worker; /* NULL: has not joined */
    struct post poke;
    bool poked;
    bool leaving; /* its worker begins nothing any more */
    /* the worker's own */
    struct timer timer;
    struct list flights;
    struct list ready; /* of these, those whose intent is on disk */
    uint32_t flight_n;
    bool draining; /* only what somebody waits for is begun */
};

struct keeper {
    uint32_t magic;
    struct keeper_config config;
    char holder[32];
    struct shard *shards;
    _Atomic uint64_t exchanges[TOKEN_TRANSIENT + 1];
};

enum { KEEPER_MAGIC = 0x6b656570 };

/* --- wards; with the shard's lock --- */

/* Makes or changes the ward of an account as the account and the auth rule of its
 * integration want it; without a rule (NULL) none is made, and one that is there stays as
 * it is. Says in the account until when calls may take its token. */
void ward_plan(struct shard *shard, struct account *account,
               const struct auth_rule *rule);

struct ward *ward_find(struct shard *shard, const struct tenant_id *id);
void ward_remove(struct shard *shard, struct ward *ward);

/* It is no longer counted, or as nothing: it is about to be freed. */
void ward_uncount(struct shard *shard, struct ward *ward);

/* It has a flight from now on. */
void ward_take(struct shard *shard, struct ward *ward);

/* Its next exchange; USEC_NEVER: none. */
void ward_due(struct shard *shard, struct ward *ward, usec due);

/* Its flight is over: it may have the next. */
void ward_release(struct shard *shard, struct ward *ward);

/* A check of an account's credentials as soon as may be, if nothing renews them and there
 * is one. `asked`: by a person, whom no pause keeps waiting. */
void ward_suspect(struct shard *shard, struct account *account,
                  const struct auth_rule *rule, bool asked);

/* An errand is over; `pause`: none of its kind before; 0: it was answered. */
void ward_end_errand(struct ward *ward, enum ward_errand errand, usec pause, usec now);

/* Whether there is something that the rule's requests would bring. */
bool ward_lacks_context(const struct account *account, const struct auth_rule *rule);

/* Its integration is not there; it may come back. */
void ward_wait_for_document(struct ward *ward);

/* After so many failures in a row. `slow`: asking again is of little use. */
usec ward_backoff(uint32_t failures, bool slow, double chance);

/* Until when calls may take the token. */
usec ward_good(const struct ward *ward);

/* Whether what is there is still good. */
static inline bool ward_alive(const struct ward *ward, usec now)
{
    return ward->until > now;
}

/* Nothing renews what it has. */
void ward_fix(struct shard *shard, struct ward *ward);

/* Tells everybody who waits. */
void ward_tell(struct ward *ward, enum keeper_word word,
               const struct keeper_reason *reason);

/* Sees to it that the shard's worker looks at what is due. */
void shard_poke(struct shard *shard);

/* --- flights; on the shard's worker --- */

/* The ward is busy and in no heap. */
void flight_start(struct shard *shard, struct ward *ward);
void flight_abandon(struct flight *flight); /* of a worker that leaves */
struct flight *flight_of(struct list *node);

/* The next that is ready asks its vendor. False: none is. */
bool flight_go_on(struct shard *shard);

/* A flight has ended: the next one may start, once its caller is through. */
void shard_pump_soon(struct shard *shard);

#endif
