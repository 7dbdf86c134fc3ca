/*
 * A call to a token endpoint: the request that account, app and rule make, sent where it
 * may go, and what its answer says. An app that is not believed is tried once more by its
 * next secret (RFC 6749 has one secret an app; vendors that rotate them take the new one
 * only, from some moment on).
 *
 * It changes nothing: whoever calls holds the lease, and stores what comes.
 */
#ifndef KEEPER_TOKEN_CALL_H
#define KEEPER_TOKEN_CALL_H

#include "keeper/envoy.h"

/* How long a lease must be: two exchanges and an errand, each within its deadline, and
 * the store. */
extern const usec token_call_lease;
/* How long to wait before a lease that another has is asked for again. */
extern const usec token_call_held_poll;

/* The caller embeds it, fills the first part, and keeps it and what it lends until
 * `heard`, which runs on the envoy's worker. */
struct token_call {
    struct envoy envoy;
    enum token_purpose purpose;
    const struct json *context;       /* NULL: the account's */
    str refresh_token;                /* REFRESH, REVOKE */
    str code, verifier, redirect_uri; /* FOR_CODE */
    void (*heard)(struct token_call *call);

    /* the answer */
    enum err err; /* NONE: the vendor has answered; TOKEN_UNAVAILABLE: it has not;
                     CREDENTIAL_UNUSABLE, HOST_FORBIDDEN: nothing was sent */
    struct token_answer answer; /* with any `err`: verdict, fault, retry_after */
    bool unanswered;            /* the vendor may have acted, and nobody has its answer */
    bool next_secret;           /* it was the app's next secret */

    /* private */
    bool has_next_secret;
    struct token_fetch fetch;
};

/* May be called again for another try, with what is to be different changed. False: it
 * was not sent; the answer says why, and `heard` is not called. */
bool token_call_start(struct token_call *call);

/* Ends it now, whatever was sent; `heard` is not called. */
void token_call_abandon(struct token_call *call);

#endif
