/*
 * A visit without a connection: as much of it as the pure parts of the gate look at.
 */
#ifndef SUPPORT_GUEST_H
#define SUPPORT_GUEST_H

#include "support/unit.h"

#include "gate/visit.h"
#include "http/conn.h"

struct guest {
    struct arena arena;
    struct conn conn;
    struct inbound in;
    struct gate gate;
    struct visit visit;
};

/* `headers` are "Name: value" lines, ended by NULL. */
void guest_init(struct guest *guest, const char *peer, const char *const *headers);
void guest_fini(struct guest *guest);

#endif
