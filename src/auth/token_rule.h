/*
 * The `token` block of an auth rule: how an account's token is obtained at the vendor's
 * token endpoint, and renewed before it expires. RFC 6749 with what vendors make of it,
 * as data: which grant, how the app says who it is, what is sent beside, where the answer
 * has what.
 *
 * Texts of the block are templates. In URLs they may use the account's context and the
 * app's params; in parameters, headers and claims also `client_id`, the credentials of
 * account and app by their names, and what is made for the exchange: `scope`, the scopes
 * as they are joined; `nonce`, a text that is used once; `jwt`, the token of the `jwt`
 * block (not in its own claims).
 *
 * Pure; any thread. What holds secrets is made in the arena of the call, which its owner
 * wipes.
 */
#ifndef AUTH_TOKEN_RULE_H
#define AUTH_TOKEN_RULE_H

#include "auth/auth.h"
#include "auth/client_auth.h"
#include "http/template.h"
#include "policy/signal.h"

enum token_grant {
#define X(name, doc) TOKEN_GRANT_##name,
#include "auth/token_grant_list.h"
#undef X
    TOKEN_GRANT_COUNT
};

/* A parameter, header or claim with a name. */
struct token_param {
    str name;
    struct template value;
};

/* A JSON Web Token that is made for each exchange (RFC 7523). */
struct token_jwt {
    uint32_t alg;            /* enum sign_alg */
    struct bind_list claims; /* struct token_param; beside iat and exp */
    struct json more;        /* OBJECT or UNDEFINED: claims that are not texts; null
                                leaves one out */
    usec lifetime;           /* until `exp` */
    usec early;              /* `iat` is so much before now */
};

struct token_rule {
    uint32_t grant;                /* enum token_grant */
    struct template authorize_url; /* authorization_code */
    struct template url;
    struct template refresh_url; /* not given: url */
    struct template revoke_url;  /* not given: nothing is revoked */
    struct client_auth_rule client;
    uint32_t encoding; /* enum token_encoding */
    str verb;          /* "POST" */
    bool pkce;         /* true unless switched off */
    struct bind_texts scopes;
    str scope_separator;               /* " " */
    struct bind_list authorize_params; /* struct token_param, as the next four */
    struct bind_list params;           /* with each exchange */
    struct bind_list code_params;      /* only with a code */
    struct bind_list refresh_params;   /* only with a refresh token */
    struct bind_list headers;
    struct bind_list
        redirect; /* struct token_param: context ← parameter of the redirect */
    const struct token_jwt *jwt; /* NULL: none */
    struct signal access_token;  /* not given: /access_token */
    struct signal refresh_token; /* /refresh_token */
    struct signal expires;       /* /expires_in, seconds; 0 or less: never; a moment that
                                    has passed says nothing */
    struct signal refresh_expires;
    struct signal scope;          /* /scope */
    struct signal error;          /* /error */
    struct signal error_text;     /* /error_description */
    struct bind_texts revoked;    /* errors beside invalid_grant that only a person can
                                     mend; not with 408, 429, 5xx */
    struct bind_list dead;        /* struct condition: answers that mean the same; with
                                     408, 429, 5xx only where it names the status */
    struct bind_list keep;        /* struct signal_named: into the account's context */
    struct bind_texts identity;   /* members of the context that say whose login it is */
    struct bind_list keep_secret; /* struct signal_named: into its credentials */
    usec lifetime;                /* when the answer says none; 0: it is learned */
    usec margin;                  /* before its end a token is renewed; 180 s */
    usec idle_max; /* a refresh token dies when it is not used for so long; 0: it does not
                    */
};

enum token_encoding { TOKEN_FORM, TOKEN_JSON };

extern const struct bind_table token_table;

/* What blocks beside it share: struct token_param; whole URLs (none: no fault); headers
 * that a vendor can get; names under which something can be kept. */
extern const struct bind_table token_param_table;
void token_check_url(struct binder *binder, const char *member,
                     const struct template *template);
void token_check_headers(struct binder *binder, const struct bind_list *headers);
void token_check_name(struct binder *binder, const char *member, str name);

/* The credentials that an account of this rule may have; AUTH_FIELDS_MAX at most.
 * `scheme` says where the token goes. */
uint32_t token_fields(const struct token_rule *rule, str token_name,
                      struct auth_field *ret_fields);

/* --- asking --- */

enum token_purpose {
    TOKEN_FOR_CODE, /* with a code that the vendor sent back with the browser */
    TOKEN_OBTAIN,   /* by the account's or the app's own credentials */
    TOKEN_REFRESH,  /* with a refresh token */
    TOKEN_REVOKE    /* the refresh token, for good */
};

struct token_inputs {
    const struct token_rule *rule;
    struct arena *arena;
    const struct json *context; /* the account's */
    const struct json *params;  /* the app's; NULL: none */
    str client_id;              /* the app's; absent: the account's own credential */
    const struct credentials *own;
    const struct credentials *apps;   /* NULL: none */
    bool next_secret;                 /* the app's client_secret_next is tried */
    const struct bind_texts *scopes;  /* NULL: the rule's */
    str refresh_token;                /* REFRESH, REVOKE */
    str code, verifier, redirect_uri; /* FOR_CODE */
    str nonce;                        /* a text that is used once */
    usec wall;
};

struct token_request {
    str verb;
    struct url url;
    struct headers headers;
    str body;
    /* What the account or its app has to show on the connection, copied; whether it is
     * shown, the `tls` block of the auth rule says. Absent: nothing. */
    struct certificate certificate;
};

/*
 * ERR_CREDENTIAL_UNUSABLE with a sentence, which shows no secret, when something that the
 * rule wants is missing. Where the URL leads is not checked here.
 */
enum err token_request_make(const struct token_inputs *inputs, enum token_purpose purpose,
                            struct token_request *ret, str *ret_detail);

/* Where such a request goes; empty: nowhere. */
const struct template *token_url(const struct token_rule *rule,
                                 enum token_purpose purpose);

/* Whether an app that is not believed may be by its other secret: the one that is stored
 * beside the first while it is being changed. */
bool token_has_next_secret(const struct token_inputs *inputs);

/* Where the browser is sent for consent. `state` comes back with it. */
enum err token_authorize_url(const struct token_inputs *inputs, str state, str *ret_url,
                             str *ret_detail);

/* Which purpose gives such an account its next token. False: none does, since it has no
 * refresh token (a token that was stored by hand, and is never renewed). */
bool token_renewal(const struct token_rule *rule, const struct credentials *own,
                   enum token_purpose *ret_purpose);

/* --- what came back --- */

enum token_verdict {
    TOKEN_GOOD,
    TOKEN_REVOKED,  /* the grant is gone; only a person can mend it */
    TOKEN_REFUSED,  /* the app, or what it asks for, is wrong; asking again is of no use
                       soon */
    TOKEN_TRANSIENT /* later, perhaps */
};

struct token_answer {
    enum token_verdict verdict;
    str access_token;
    str refresh_token;     /* absent: the one before stays */
    usec lifetime;         /* −1: not said; USEC_NEVER: for ever */
    usec refresh_lifetime; /* −1: not said */
    str scope;             /* what was granted; absent: not said, or too long to keep */
    struct json context;   /* OBJECT: what `keep` found */
    const struct credential *secrets; /* what `keep_secret` found; in the arena */
    uint32_t secret_n;
    str fault;        /* a sentence for all but GOOD */
    bool disbelieved; /* REFUSED, since the app is not who it says it is */
    usec retry_after; /* −1: not said */
};

/* `answer.body` is not looked at: the text is read here, as JSON or as a form. A text
 * made for it takes up to 50 times its size in the arena. */
void token_answer_read(const struct token_rule *rule, const struct answer *answer,
                       struct arena *arena, struct token_answer *ret);

/* What an account had, and over it what a good answer brought: the set to be stored. It
 * borrows from both; answers how many. */
uint32_t token_merge(const struct credentials *own, str token_name,
                     const struct token_answer *answer, struct arena *arena,
                     const struct credential **ret_set);

/* --- when --- */

/* When something with that lifetime, as in struct token_answer, ends: as in struct
 * token_facts. */
static inline usec token_end_of(usec wall, usec lifetime)
{
    if (lifetime < 0)
        return 0;
    return lifetime == USEC_NEVER ? USEC_NEVER : wall + lifetime;
}

/* The end of the refresh token that an account has after an answer: one without a refresh
 * token leaves the one before, with its end `before`. */
static inline usec token_refresh_end(const struct token_answer *answer, usec before,
                                     usec wall)
{
    if (answer->refresh_lifetime >= 0)
        return token_end_of(wall, answer->refresh_lifetime);
    return answer->refresh_token.n ? 0 : before;
}

/* How long before its end a token of that lifetime is renewed: the margin or half of the
 * lifetime, less up to two thirds of it by `chance` of [0, 1). */
usec token_lead(const struct token_rule *rule, usec lifetime, double chance);

/* How long before its end calls wait for the next one: 30 s, or a sixth of its lifetime
 * if that is less. */
usec token_reserve(usec lifetime);

#endif
