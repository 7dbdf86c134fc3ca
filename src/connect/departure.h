/*
 * The last steps of an account: its grant ends at the vendor (connect/parting.h), which
 * the audit log tells, then the account goes with its data key. What was not revoked
 * keeps no account: its vendor may be gone for good.
 */
#ifndef CONNECT_DEPARTURE_H
#define CONNECT_DEPARTURE_H

#include "connect/parting.h"
#include "directory/audit.h"

/* The caller embeds it, fills the first part, and keeps it until `done`. */
struct departure {
    const struct code_env *env;
    struct store *store;
    struct worker *worker;
    struct arena *arena; /* holds secrets; its owner wipes it */
    const struct account *account;
    struct actor actor;                        /* all absent: the machine */
    void (*done)(struct departure *departure); /* never from inside departure_start */
    void *owner;

    /* the answer */
    enum err err; /* the account is there still; ACCOUNT_UNKNOWN: it was gone before */
    str detail;

    /* private */
    str id, environment;
    struct parting parting;
    struct audit_note note;
    struct change change;
};

void departure_start(struct departure *departure);

#endif
