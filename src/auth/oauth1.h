/*
 * The signature of OAuth 1.0a (RFC 5849 §3): what of a request is signed, in which form,
 * and the Authorization header that says so. HMAC-SHA1, and HMAC-SHA256 as vendors have
 * added it. Pure: nonce and timestamp are arguments; any thread.
 */
#ifndef AUTH_OAUTH1_H
#define AUTH_OAUTH1_H

#include "http/form.h"

struct url;

enum oauth1_method { OAUTH1_HMAC_SHA1, OAUTH1_HMAC_SHA256 };

struct oauth1 {
    enum oauth1_method method;
    str consumer_key;
    str consumer_secret;
    str token;        /* absent: a request without one */
    str token_secret; /* absent: empty */
    str realm;        /* in the header only, never signed; absent: none */
    str nonce;
    int64_t timestamp;             /* seconds since 1970 */
    const struct form_param *more; /* further oauth_ parameters (oauth_callback, …) */
    uint32_t more_n;

    /* the request */
    str verb;
    const struct url *url; /* scheme, host, port and path count; its query does not */
    str query;             /* absent: none */
    str form; /* the body, where it is a form (§3.4.1.3.1); absent: it is not */
};

/* "HMAC-SHA1", … in enum order, NULL-terminated. */
extern const char *const oauth1_method_words[];

/* verb & URL & sorted parameters, each escaped (§3.4.1). */
str oauth1_base_string(const struct oauth1 *oauth1, struct arena *arena);

/* In base64, not escaped (§3.4.2). */
str oauth1_signature(const struct oauth1 *oauth1, struct arena *arena);

/* The value of Authorization (§3.5.1). `realm` must fit on a header line. */
str oauth1_header(const struct oauth1 *oauth1, struct arena *arena);

/* Whether a name is one of the protocol's own parameters: "oauth_…". */
bool oauth1_is_own(str name);

#endif
