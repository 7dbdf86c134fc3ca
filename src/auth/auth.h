/*
 * How an integration's requests carry their credential. A scheme is a pure function from
 * the stored credentials to headers and query parameters; which one an integration uses
 * and under which names is data (`auth_table`).
 *
 * The same rule tells where an unmodified SDK puts its credential, so that a Breakwater
 * key is accepted in exactly that place, taken out, and replaced by the real one.
 *
 * Pure; any thread.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/certificate.h"
#include "base/err.h"
#include "base/usec.h"
#include "http/header.h"
#include "json/bind.h"

struct credential;
struct credentials;
struct url;
struct token_rule;
struct own_request;

enum auth_scheme {
#define X(name, doc) AUTH_##name,
#include "auth/auth_list.h"
#undef X
    AUTH_SCHEME_COUNT
};

/* One field that a connect form or the API asks for. */
struct auth_field {
    str name; /* of the credential: "token", "username", … */
    bool secret;
    bool optional;
    uint32_t text; /* enum auth_text */
};

enum auth_text {
    AUTH_TEXT_LINE,       /* what can stand on a line */
    AUTH_TEXT_SIGN_KEY,   /* PEM: a private key that can sign (base/crypto_sign.h) */
    AUTH_TEXT_CERTIFICATE /* PEM: of a pair that TLS can use, both of it or none */
};

enum { AUTH_FIELDS_MAX = 24, AUTH_CHANCE_BYTES = 20 };

struct auth_rule {
    uint32_t scheme;          /* enum auth_scheme */
    str header;               /* header: its name; bearer: default "Authorization" */
    str prefix;               /* bearer: "Bearer"; header: text before the key */
    str query;                /* query: the parameter's name */
    str username;             /* basic: fixed user name, where the vendor wants one */
    str password;             /* basic: fixed password ("X") */
    str username_suffix;      /* basic: behind the user name ("/token") */
    struct bind_texts accept; /* further words an SDK puts before its token: "token" */
    uint32_t signature;       /* oauth1: enum oauth1_method */
    str realm;                /* oauth1: the same for every account */
    bool two_legged;          /* oauth1: there is no token */
    uint32_t digest;          /* wsse: enum wsse_digest */
    struct auth_tls tls;      /* what is shown on its connections */
    const struct token_rule *token;  /* how it is obtained and renewed; NULL: it is not */
    struct bind_list context;        /* struct own_request: what fills the context of an
                                      * account that has credentials, in turn */
    const struct own_request *check; /* whether the vendor takes them; NULL: none */
    struct bind_list personal;       /* struct personal_sign: that a login is a person's,
                                      * where a service account is wanted */
};

/* A member of an account's context that has this value where its login is a person's. */
struct personal_sign {
    str name;
    str is;
};

/* The first sign that the context shows; NULL: it shows none. */
const struct personal_sign *auth_personal(const struct auth_rule *rule,
                                          const struct json *context);

extern const struct bind_table auth_table;

/* What is being sent: what auth may touch, and what schemes that sign look at. */
struct auth_request {
    struct arena *arena;
    struct headers *headers;
    str query; /* absent: none */

    /* where ops->signs is set: */
    str verb;
    const struct url *url; /* where it goes, without the query; NULL: not known */
    str form; /* the body, where it is a form and is known; absent: it is not */
    usec wall;
    uint8_t chance[AUTH_CHANCE_BYTES]; /* random */
};

struct auth_ops {
    str name;
    bool signs;      /* the credential is made for each request, out of the request */
    bool signs_form; /* and out of its body, where that is a form */
    /* Checks a rule beyond its rows. */
    void (*check)(struct binder *binder, const struct auth_rule *rule);
    /* The credentials an account of this rule needs; answers how many. */
    uint32_t (*fields)(const struct auth_rule *rule, struct auth_field *ret_fields);
    /* Puts the credential in. ERR_CREDENTIAL_UNUSABLE when one is missing or cannot
     * stand in a header. Texts that hold secrets are made in the request's arena, which
     * its owner wipes. */
    enum err (*apply)(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request);
    /* Takes out what the caller put in the credential's place: answers the Breakwater key
     * found there, or absent. What is found is removed in either case. */
    str (*take_key)(const struct auth_rule *rule, struct auth_request *request);
};

const struct auth_ops *auth_ops_of(const struct auth_rule *rule);

/* Whether an account of this rule has nothing to send before credentials are stored. One
 * that only may show a certificate has. */
static inline bool auth_is_stored(const struct auth_rule *rule)
{
    return rule->scheme != AUTH_none ||
           rule->tls.certificate == AUTH_CERTIFICATE_REQUIRED;
}

/* The credentials that an account of this rule needs or may have, with those that get it
 * a token; answers how many, AUTH_FIELDS_MAX at most. */
uint32_t auth_fields(const struct auth_rule *rule, struct auth_field *ret_fields);

/* The credential that a token is kept as: what the scheme sends. */
str auth_token_name(const struct auth_rule *rule);

/* The value of a credential by name, or absent. */
str auth_credential(const struct credentials *credentials, str name);

/*
 * The Breakwater key of a caller's request: X-Breakwater-Key, then Authorization in any
 * of its forms (raw, Bearer, token, a word of `accept`, Basic user or password), then the
 * place of the rule (NULL: none). Absent when there is none. Keys are known by their
 * prefix, `bw_`; what X-Breakwater-Key holds is taken for one whatever it is.
 *
 * Removed from the request: X-Breakwater-Key, every one of these places that held a key
 * of ours, everything in the place of the vendor's own credential, and, unless the scheme
 * is `none`, Authorization: a caller's own credential never reaches the vendor.
 */
str auth_take_key(const struct auth_rule *rule, struct auth_request *request);

#endif
