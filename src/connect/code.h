/*
 * The exchange of a code that a vendor sent back with the browser, under the account's
 * lease, so that it and a renewal do not meet: intend, fetch, fill the context, store. It
 * is made once; a person who is told that it failed begins again. Without a code the
 * token is obtained by what account and app have themselves.
 */
#ifndef CONNECT_CODE_H
#define CONNECT_CODE_H

#include "connect/desk.h"
#include "keeper/errand.h"
#include "keeper/lease.h"

struct code_env {
    struct directory *directory;
    struct catalog *catalog;
    const struct keeper_ops *ops; /* how token endpoints are asked */
    void *ops_arg;
    const char *holder; /* of leases: one name a process, not the keeper's */
    struct desk *desks; /* one a worker */
};

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct code {
    const struct code_env *env;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    str account;
    str way_name; /* of the integration; absent: the only one, without a name */
    str code;     /* absent: there is none */
    str verifier, redirect_uri;
    struct json context; /* OBJECT: what the redirect brought */
    struct login login;  /* whoever sent it */
    bool force;          /* another identity is taken */
    void (*done)(struct code *code);
    void *owner;

    /* the answer */
    enum err err; /* CONNECT_REFUSED: the vendor's no; IDENTITY_CHANGED; others */
    str detail;

    /* private */
    struct desk_work work;
    struct lease lease;
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way;
    struct token_call call;
    struct errand errand; /* its context: the account's, and over it all that came */
    enum { CODE_LEASE, CODE_CALL, CODE_ERRAND, CODE_STORE } awaits;
};

void code_exchange(struct code *code);

#endif
