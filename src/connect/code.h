/*
 * The exchange of a code that a vendor sent back with the browser, under the account's
 * lease, so that it and a renewal do not meet: intend, fetch, store. It is made once; a
 * person who is told that it failed begins again. Without a code the token is obtained by
 * what account and app have themselves.
 */
#ifndef CONNECT_CODE_H
#define CONNECT_CODE_H

#include "base/list.h"
#include "directory/token_change.h"
#include "keeper/token_call.h"

/* What a worker has under way. */
struct code_desk {
    struct list codes;
    bool stopped; /* nothing is begun any more */
};

struct code_env {
    struct directory *directory;
    struct catalog *catalog;
    const struct keeper_ops *ops; /* how token endpoints are asked */
    void *ops_arg;
    const char *holder;      /* of leases: one name a process, not the keeper's */
    struct code_desk *desks; /* one a worker */
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
    bool force;          /* another identity is taken */
    void (*done)(struct code *code);
    void *owner;

    /* the answer */
    enum err err; /* CONNECT_REFUSED: the vendor's no; IDENTITY_CHANGED; others */
    str detail;

    /* private */
    struct list node; /* of the desk */
    struct account *found;
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way;
    struct token_change change;
    struct token_call call;
    struct json account_context; /* the account's, and over it `context` */
    struct timer timer;          /* armed: a lease stands in the way */
    bool asking;                 /* the vendor's answer is awaited */
    bool stopping;
    unsigned tries;
    uint64_t seen_fence; /* of a lease in the way, */
    usec seen_since;     /* and since when */
};

void code_exchange(struct code *code);

/* Ends what the worker has under way, as soon as the store has answered, and whatever
 * begins later: the daemon stops, and the vendor's answer is not waited for. */
void code_stop(struct code_env *env, struct worker *worker);

#endif
