/*
 * What a listener serves: calls, the admin API, what the outside reaches, or one account.
 * Every request of the daemon comes by here and is handed on once.
 */
#ifndef MAIN_FRONT_H
#define MAIN_FRONT_H

#include <stdatomic.h>

#include "api/api.h"
#include "gate/gate.h"

enum front_role {
    FRONT_CALLS = 1,  /* the proxy, by path and by host */
    FRONT_ADMIN = 2,  /* /v1, /metrics */
    FRONT_PUBLIC = 4, /* hooks and connect pages */
};

struct daemon;

/* `arg` of a listener. */
struct front {
    struct daemon *daemon;
    unsigned roles;
    str bound;     /* the account of a bound listener; absent otherwise */
    bool loopback; /* it cannot be reached from elsewhere */
};

/* listener.on_request */
void front_request(struct inbound *in);

#endif
