/*
 * The daemon's listeners: which addresses there are and what each serves (the plan, made
 * once), and each worker's sockets on them.
 */
#ifndef MAIN_LISTENING_H
#define MAIN_LISTENING_H

#include "http/server.h"
#include "main/front.h"
#include "main/settings.h"

enum { LISTENING_MAX = 64 };

struct listen_item {
    struct front front;
    const char *word; /* what it is announced as */
    str address;      /* as given */
    str host;         /* its part before the port */
    uint16_t port;
    int *fds; /* one a worker; −1 once its worker has taken it */
};

struct listen_plan {
    struct listen_item items[LISTENING_MAX];
    unsigned n;
    unsigned workers;
};

struct listening {
    struct listener listeners[LISTENING_MAX];
    unsigned n;
};

/* Binds everything. False with a sentence. */
bool listening_plan(struct listen_plan *plan, struct daemon *daemon,
                    const struct settings *settings, unsigned workers,
                    struct arena *arena, str *ret_why);

/* Closes sockets that no worker has taken. */
void listening_forget(struct listen_plan *plan);

/* A line for each on standard output, in words or as JSON. */
void listening_announce(const struct listen_plan *plan, bool json);

/* On the worker's thread. */
void listening_open(struct listening *listening, struct listen_plan *plan,
                    struct server *server, struct worker *worker, struct tls *tls);
void listening_set_tls(struct listening *listening, struct tls *tls);
void listening_foretell(struct listening *listening);
void listening_drain(struct listening *listening);
bool listening_busy(const struct listening *listening);
void listening_close(struct listening *listening);

#endif
