/*
 * The exchange of a code that a vendor sent back with the browser, under the account's
 * lease, so that it and a renewal do not meet: intend, fetch, store. It is made once; a
 * person who is told that it failed begins again.
 */
#ifndef CONNECT_CODE_H
#define CONNECT_CODE_H

#include "directory/token_change.h"
#include "keeper/keeper.h"

struct code_env {
    struct directory *directory;
    struct catalog *catalog;
    const struct keeper_ops *ops; /* how token endpoints are asked */
    void *ops_arg;
    const char *holder; /* of leases: one name a process, not the keeper's */
};

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct code {
    const struct code_env *env;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    str account;
    str code, verifier, redirect_uri;
    struct json context; /* OBJECT: what the redirect brought */
    bool force;          /* another identity is taken */
    void (*done)(struct code *code);
    void *owner;

    /* the answer */
    enum err err; /* CONNECT_REFUSED: the vendor's no; IDENTITY_CHANGED; others */
    str detail;

    /* private */
    struct account *found;
    struct pin *pin;
    const struct integration *integration;
    struct token_change change;
    struct token_fetch fetch;
    struct token_answer answer;
    struct timer timer;
    unsigned tries;
    uint64_t seen_fence;  /* of a lease in the way, */
    usec seen_since;      /* and since when */
    bool has_next_secret; /* the app has, and it has not been tried */
    bool next_secret;     /* it is being tried */
};

void code_exchange(struct code *code);

#endif
