/*
 * A worker of the daemon: its thread, what is opened and closed on it, and how it ends.
 *
 *   DELAY ──drain_delay──► DRAIN ──all done──────────────► over
 *   not ready, serving       │ no new connections            ▲
 *                            └─drain_timeout──► CUT ─────────┘
 *                                               each is told
 */
#ifndef MAIN_CREW_H
#define MAIN_CREW_H

#include <stdatomic.h>

#include "api/api_leavers.h"
#include "gate/gate.h"
#include "loop/driver.h"
#include "loop/thread.h"
#include "main/breaker_events.h"
#include "main/delivering.h"
#include "main/hooking.h"
#include "main/listening.h"
#include "main/tokens.h"
#include "writes/writes.h"

/* What all of them use. Borrowed. */
struct crew_parts {
    struct catalog *catalog;
    struct transport *h1, *curl;
    struct gate *gate;
    struct tokens *tokens;
    struct writes *writes;
    struct hooking *hooking;
    struct breaker_events *breaker_events;
    struct delivering *delivering;
    struct leavers *leavers; /* the first one looks for them */
    struct server *server;
    struct listen_plan *plan;
    struct tls *server_tls; /* NULL: none */
    bool watch_folder;      /* the first one watches the integrations folder */
    usec drain_delay, drain_timeout;
    _Atomic unsigned running;
};

struct crew {
    struct crew_parts *parts;
    struct worker worker;
    struct driver *driver; /* NULL: it was not started */
    struct thread *thread;
    struct listening listening;
    struct post drain;
    struct post reload_tls;
    _Atomic(struct tls *) next_tls; /* for the listeners; reload_tls is pending until it
                                       is taken */
    struct timer drain_timer;
    usec drain_until;
};

/* All of them; returns when each is running. */
void crews_start(struct crew *crews, unsigned n, struct crew_parts *parts);

/* Any thread. It ends by itself: crew_join. */
void crew_drain(struct crew *crew);
void crew_join(struct crew *crew);

/* Any thread: a certificate for the connections that come from now on. */
void crew_give_tls(struct crew *crew, struct tls *tls);

/* Ends it if it still runs, and frees it. */
void crew_stop(struct crew *crew);

#endif
