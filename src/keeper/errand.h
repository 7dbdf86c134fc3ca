/*
 * An errand: requests that the auth block describes (auth/own_request.h), made one after
 * the other with credentials that need not be stored yet. What they keep is added to a
 * context; the errand is over at the first that fails.
 *
 * Like calls of the API they count on its breaker and its limits.
 */
#ifndef KEEPER_ERRAND_H
#define KEEPER_ERRAND_H

#include "auth/own_request.h"
#include "keeper/envoy.h"

/* What all requests of an errand may take together. */
extern const usec errand_deadline;

enum errand_end {
    ERRAND_DONE,
    ERRAND_REFUSED, /* the vendor does not take the credentials */
    ERRAND_FAILED   /* it could not be asked, or what it answered will not do */
};

/* The caller embeds it, fills the first part, and keeps it and what it lends until
 * `heard`, which runs on the envoy's worker. */
struct errand {
    struct envoy envoy;
    const struct own_request *requests;
    uint32_t n;
    bool lenient; /* an error that says nothing about the credentials is DONE, too */
    const struct credentials *credentials;
    struct json context; /* OBJECT: what URLs and headers are made of; grows */
    bool fills;          /* members that the context has already stay as they are */
    void (*heard)(struct errand *errand);

    /* the answer */
    enum errand_end end;
    enum err err;     /* FAILED: CREDENTIAL_UNUSABLE, HOST_FORBIDDEN: nothing was sent;
                         UPSTREAM…, BREAKER_OPEN, …: no answer; NONE: the vendor's answer */
    str fault;        /* a sentence for all but DONE */
    usec retry_after; /* −1: not said */

    /* private */
    uint32_t at;
    usec until;
    struct token_fetch fetch;
};

/* n > 0. False: it is over, nothing was sent, and `heard` is not called. */
bool errand_start(struct errand *errand);

/* Ends it now, whatever was sent; `heard` is not called. */
void errand_abandon(struct errand *errand);

/* The auth rule's requests for its context, or its check. False: it has none. */
bool errand_take_context(struct errand *errand, const struct auth_rule *rule);
bool errand_take_check(struct errand *errand, const struct auth_rule *rule);

/* A set that is not stored, for `credentials`; in the arena. */
const struct credentials *errand_credentials(const struct credential *set, uint32_t n,
                                             struct arena *arena);

#endif
