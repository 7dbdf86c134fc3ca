/*
 * The inside of a flight, for flight*.c only. A flight is its shard's: made, moved and
 * freed by the shard's worker; what others read of its ward is written with the shard's
 * lock. It owns its references (account, pin, credentials) and an arena, in which
 * everything it learns lies, and which is wiped.
 *
 * Each file has the steps of one part; flight.c has the table of all, and says where a
 * flight waits. The functions that move a flight may free it: a caller touches it no
 * more.
 */
#ifndef KEEPER_FLIGHT_STEPS_H
#define KEEPER_FLIGHT_STEPS_H

#include "base/log.h"
#include "keeper/errand.h"
#include "keeper/keeper_state.h"
#include "keeper/token_call.h"

enum flight_step {
    FLIGHT_BEGIN,
    FLIGHT_INTEND,
    FLIGHT_READY,
    FLIGHT_FETCH,
    FLIGHT_PREVIOUS,
    FLIGHT_STORE,
    FLIGHT_AGAIN,
    FLIGHT_ERRAND,
    FLIGHT_FAIL,
    FLIGHT_END,
    FLIGHT_OVER
};

struct flight {
    struct shard *shard;
    struct ward *ward;
    struct list node;  /* among the shard's */
    struct list ready; /* among those that are */
    struct arena arena;
    struct timer timer;
    enum flight_step step;
    struct account *account; /* as it was when it began; credentials are its */
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way; /* of the account */
    const struct credentials *own;
    struct token_change change;
    struct token_call call;
    enum ward_errand errand_kind; /* WARD_NONE: it is an exchange */
    struct errand errand;
    enum token_step last; /* END: what the store is told */
    struct token_previous previous;
    bool previous_tried;
    bool interrupted;
    bool hears_store; /* the store's answer is still to come */
    bool answered;    /* the errand: it need not be made again soon */
    bool suspects;    /* a check is to be made */
    bool vain;        /* it was planned anew while it began: nothing is due */
    bool held;        /* another process is at it: those who wait go on waiting */
    usec again;       /* the last pause before the store was asked again; 0: none */
    /* the end */
    enum keeper_word word;
    struct keeper_reason reason;
    usec hold; /* no exchange for so long; 0: as planned */
};

static inline struct keeper *flight_keeper(const struct flight *flight)
{
    return flight->shard->keeper;
}

static inline struct worker *flight_worker(const struct flight *flight)
{
    return flight->shard->worker;
}

/* --- flight.c: the machine, and how a flight begins --- */

/* To a step that may follow, which is entered. */
void flight_move(struct flight *flight, enum flight_step next);

/* The store makes the change, and is waited for. */
void flight_change(struct flight *flight, enum token_step step);

/* For the flight's requests; all of it is the flight's. */
struct envoy flight_envoy(struct flight *flight);

/* --- flight_exchange.c: one exchange at a token endpoint --- */

void flight_make_call(struct flight *flight, enum token_purpose purpose);
void flight_fetch(struct flight *flight);          /* enters FETCH */
void flight_fetch_previous(struct flight *flight); /* enters PREVIOUS */
void flight_offer_later(struct flight *flight);    /* enters AGAIN */
void flight_offer_again(struct timer *timer);      /* ends it */
void flight_note_stored(struct flight *flight);    /* the answer that STORE waits for */

/* --- flight_errand.c: one errand --- */

/* To ERRAND, or to the end where somebody else has brought what was wanted. */
void flight_begin_errand(struct flight *flight);
void flight_set_out(struct flight *flight); /* enters ERRAND */

/* --- flight_end.c: what follows from it --- */

/* What those who wait are told, and that there is no exchange for `hold`; 0: as planned.
 */
void flight_say(struct flight *flight, enum err err, usec hold, str detail);

void flight_log(const struct flight *flight, enum log_level level, const char *what,
                str detail);

/* To FAIL, for what the call's answer says. */
void flight_fail(struct flight *flight);

/* To END, with that step of the store: RELEASE, PROVE, LEARN. */
void flight_close(struct flight *flight, enum token_step step);

/* To END, since the worker leaves: nothing was sent that matters. */
void flight_give_back(struct flight *flight);

/* Whether the account's context lacks what the rule's requests would bring. */
bool flight_lacks(const struct flight *flight, const struct account *account);

/* Enters OVER: the ward is planned anew, those who wait are told, and the flight freed.
 */
void flight_land(struct flight *flight);

#endif
