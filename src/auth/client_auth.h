/*
 * How a request to a token endpoint says which app it comes from: RFC 6749 §2.3 in the
 * ways vendors have it, and RFC 7523 §2.2. Which way is data of the document; id, secret
 * and key are the app's. What is put where is decided here; what else the request says
 * (grant, code, scopes) is not.
 *
 * Pure: the time and the unique id are arguments; any thread.
 */
#ifndef AUTH_CLIENT_AUTH_H
#define AUTH_CLIENT_AUTH_H

#include "base/crypto_sign.h"
#include "base/err.h"
#include "base/usec.h"
#include "http/form.h"
#include "http/header.h"
#include "json/bind.h"

enum client_auth_kind {
#define X(kind, doc) CLIENT_AUTH_##kind,
#include "auth/client_auth_list.h"
#undef X
    CLIENT_AUTH_KIND_COUNT
};

/* The block of a document; a word alone stands for its kind. */
struct client_auth_rule {
    uint32_t kind;       /* enum client_auth_kind */
    str word;            /* header: before the base64; default "Basic" */
    str header;          /* header: its name; default "Authorization" */
    str id_name;         /* the parameter's; default "client_id" */
    str secret_name;     /* default "client_secret" */
    uint32_t alg;        /* assertion: enum sign_alg; default RS256 */
    str audience;        /* assertion: `aud`; default the token endpoint's URL */
    usec lifetime;       /* assertion: 5 min */
    bool with_id;        /* assertion: client_id goes beside it */
    struct json claims;  /* assertion: OBJECT or UNDEFINED, merged in */
    struct json members; /* the same for the token's header */
};

extern const struct bind_table client_auth_table;

/* One request. Texts are borrowed. */
struct client_auth {
    const struct client_auth_rule *rule;
    str id;
    str secret;                 /* absent: the app has none */
    const struct sign_key *key; /* NULL: none; with HS256 the secret is the key */
    str kid;                    /* of the key; absent: none */
    bool certificate;           /* one is shown on the connection */
    str token_url;              /* as it is called */
    usec wall;
    str jti;                    /* a text that is used once */
    const struct json *claims;  /* OBJECT or NULL: the app's own, over the rule's */
    const struct json *members; /* the same for the token's header */
    struct headers *headers;    /* get a line */
    struct form *form;          /* gets parameters; its arena holds what is made, and is
                                   wiped by its owner */
};

/* ERR_CREDENTIAL_UNUSABLE with a static sentence in *ret_why when the app lacks what the
 * rule wants; nothing has been added then. */
enum err client_auth_put(const struct client_auth *auth, const char **ret_why) MUST_CHECK;

#endif
