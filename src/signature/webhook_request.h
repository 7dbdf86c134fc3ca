/*
 * A vendor's request as it came, to the byte, with the secrets that it may be verified
 * with; and how signals look at it (policy/signal.h). Its body is JSON, or a form, whose
 * parameters are then the members of an object: texts, the first of a name.
 *
 * Everything is borrowed. Pure; any thread.
 */
#ifndef SIGNATURE_WEBHOOK_REQUEST_H
#define SIGNATURE_WEBHOOK_REQUEST_H

#include "policy/answer.h"

/* Whose the secret is that a document names. */
enum secret_owner {
    SECRET_OF_HOOK,    /* kept for this webhook: entered, or brought by a handshake */
    SECRET_OF_APP,     /* of the app with which the account is connected, by name */
    SECRET_OF_ACCOUNT, /* a credential of the account, by name */
    SECRET_OF_CONTEXT, /* a member of the account's context, by name */
    SECRET_OF_URL,     /* a set of public keys (RFC 7517) behind a URL, which is `name` */
    SECRET_OF_ANYONE   /* of a given secret: it may be any of them */
};

struct webhook_secret {
    enum secret_owner owner;
    str name; /* absent with HOOK and ANYONE */
    str text; /* as it was shown to a person, sent, or fetched */
};

struct webhook_request {
    str method;
    str url; /* absolute, as the vendor calls it: through proxies the public one */
    const struct headers *headers;
    str body;
    usec wall; /* when it came */
    const struct webhook_secret *secrets;
    uint32_t secret_n;
    const str *certificate_names; /* of a client certificate that TLS has verified */
    uint32_t certificate_name_n;
};

/* The request as signals see it. */
struct webhook_view {
    const struct webhook_request *request;
    struct arena *arena;
    struct asked asked;
    struct answer answer;
    bool form;      /* the body is one, by its type */
    bool verified;  /* whoever made it is known */
    bool body_read; /* answer.body has been looked for */
    str form_json;  /* the form's parameter that holds JSON; absent: none */
    struct json body;
};

enum {
    WEBHOOK_BODY_DEPTH_MAX = 64,
    WEBHOOK_UNKNOWN_BYTES_MAX = 1 << 20 /* of a body that anybody may have sent */
};

/* Nothing of the body is read. The view keeps pointers to itself: it is not copied. */
void webhook_view_init(struct webhook_view *view, const struct webhook_request *request,
                       str form_json, struct arena *arena);

/* Reads the body, once: JSON, a form, or neither. A request that was not verified has
 * none that is longer than WEBHOOK_UNKNOWN_BYTES_MAX. */
void webhook_view_read(struct webhook_view *view);

/* How many lines the header has. */
uint32_t webhook_header_lines(const struct webhook_request *request, str name);

#endif
