/*
 * The end of an account at its vendor: its refresh token is revoked (RFC 7009) under the
 * account's lease, so that no renewal makes a new one meanwhile. Tried once: an account
 * can be deleted whatever its vendor says, and what was not revoked is told.
 */
#ifndef CONNECT_PARTING_H
#define CONNECT_PARTING_H

#include "connect/code.h"

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct parting {
    const struct code_env *env;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    str account;
    void (*done)(struct parting *parting); /* may run from inside parting_start */
    void *owner;

    /* the answer */
    bool asked;   /* the vendor was asked to revoke, */
    bool revoked; /* and says that it has */
    str detail;   /* why not, in a sentence; absent: there was nothing to revoke */

    /* private */
    struct desk_work work;
    struct lease lease;
    struct pin *pin;
    struct token_call call;
    enum { PARTING_LEASE, PARTING_CALL, PARTING_STORE } awaits;
};

void parting_start(struct parting *parting);

#endif
