/*
 * Credentials that a person has entered, tried before they are stored: the auth block's
 * check, then the requests that fill the context. A vendor that cannot be asked at
 * present keeps nobody from connecting, as long as no context hangs on it.
 */
#ifndef CONNECT_TRIAL_H
#define CONNECT_TRIAL_H

#include "connect/code.h"

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct trial {
    const struct code_env *env;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    struct account *account;
    str way_name; /* by which it is connected; absent: the only one, without a name */
    const struct credential *credentials; /* all that the account will have */
    uint32_t credential_n;
    struct json context;               /* OBJECT: the account's, with what was entered */
    void (*done)(struct trial *trial); /* may run from inside trial_start */
    void *owner;

    /* the answer; `context` has what was learned */
    enum errand_end end;
    enum err err; /* as struct errand; TOKEN_UNAVAILABLE: the daemon stops */
    str fault;

    /* private */
    struct desk_work work;
    struct pin *pin;
    struct errand errand;
    bool checked;
};

void trial_start(struct trial *trial);

#endif
