/*
 * Events that reach the product (SPEC 9): each event of the outbox becomes a delivery for
 * every endpoint that wants it, exactly once; each delivery is posted, signed, at least
 * once, until the endpoint has taken it or the schedule is over.
 *
 *   event_put ─commit─► fan-out ─► delivery rows ─due─► attempt ─verdict─► delivered
 *             announced  (worker 0)      ▲                 │ └► dead, superseded
 *                                        └──── again ◄─────┘
 *
 * The store is the schedule. In memory there is one queue for each endpoint that has
 * deliveries waiting, on the worker `hash mod N`, and of its deliveries only those that
 * are under way and a few that come next.
 */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include "base/log.h"
#include "deliver/delivery_store.h"
#include "deliver/guard.h"

struct deliver;
struct payloads;
struct transport;

struct deliver_config {
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct payloads *payloads;   /* of events with large data; NULL: there are none */
    struct transport *transport; /* with a guard (guard.h); nobody else's */
    struct world *world;
    const struct log *log;
    unsigned workers;
};

/* On the calling thread: endpoints and what waits for them are read. NULL with a sentence
 * when the store cannot be read. Everything in the config must outlive it. */
struct deliver *deliver_open(const struct deliver_config *config, str *ret_why);
/* All workers have left. */
void deliver_close(struct deliver **deliver);

/* On the worker's own thread. */
void deliver_join(struct deliver *deliver, struct worker *worker);
/* No new attempts from here on. */
void deliver_drain(struct deliver *deliver, struct worker *worker);
uint32_t deliver_busy(struct deliver *deliver, struct worker *worker);
/* Ends the attempts that are under way; a turn must follow until none is busy. What they
 * were about is tried again by the next life. */
void deliver_stop(struct deliver *deliver, struct worker *worker);
void deliver_leave(struct deliver *deliver, struct worker *worker);

/* --- any thread --- */

struct endpoints *deliver_endpoints(struct deliver *deliver);

/* The endpoint has changed, or some of its deliveries are due again: `n` more of `bytes`
 * wait for it. */
void deliver_look(struct deliver *deliver, str endpoint, int64_t n, int64_t bytes);
/* It was resumed: what waits for a retry is due now. */
void deliver_resume(struct deliver *deliver, str endpoint);

/* How much waits for it. */
struct deliver_load {
    uint64_t pending, bytes;
};
struct deliver_load deliver_waiting(struct deliver *deliver, str endpoint);

/* The data that an event brings, opened: a JSON object in the arena. False: there is
 * none, or its key is gone. What is in a payload is not read. */
bool deliver_open_data(const struct deliver *deliver, const struct event_row *row,
                       str sealed, struct arena *arena, str *ret_data) MUST_CHECK;

/* Where large data are. NULL: there are none. */
struct payloads *deliver_payloads(const struct deliver *deliver);

/* What an attempt has left (the answer's head and the start of its body), opened: JSON
 * text in the arena. */
bool deliver_open_attempt(const struct deliver *deliver, const struct delivery_row *row,
                          const struct endpoint_sealed *keys, str sealed,
                          struct arena *arena, str *ret_text) MUST_CHECK;

struct deliver_stats {
    uint64_t endpoints, pending, queues, under_way, failing;
    uint64_t events;                             /* fanned out */
    uint64_t delivered, again, dead, superseded; /* what came of attempts */
};
void deliver_stats(struct deliver *deliver, struct deliver_stats *ret);

#endif
