/*
 * How a vendor signs its requests: an entry of `verify` in the `webhooks` block, as data.
 * A scheme (signature_list.h) is a pure function from the request, its secrets and the
 * time to a reason, or none; where the signature stands, what is signed and how bytes are
 * written is the rule's.
 *
 * Pure; any thread. Rules are immutable once bound.
 */
#ifndef SIGNATURE_SIGNATURE_RULE_H
#define SIGNATURE_SIGNATURE_RULE_H

#include "policy/signal.h"
#include "signature/content.h"
#include "signature/webhook_request.h"

enum signature_scheme {
#define X(name, doc) SIGNATURE_##name,
#include "signature/signature_list.h"
#undef X
    SIGNATURE_SCHEME_COUNT
};

enum webhook_reason {
    REASON_none,
#define X(name, doc) REASON_##name,
#include "signature/reason_list.h"
#undef X
    REASON_COUNT
};

/* "signature_missing", …; absent for none. And its sentence. */
str webhook_reason_word(enum webhook_reason reason);
str webhook_reason_text(enum webhook_reason reason);

enum signature_encoding { ENCODING_HEX, ENCODING_BASE64 };
enum secret_encoding { SECRET_TEXT, SECRET_BASE64, SECRET_HEX };

/* The secret, or public key, that requests are verified with: whose, and how its text
 * becomes bytes. */
struct secret_rule {
    str of_app, of_account, of_context, of_url; /* one of them, or none */
    enum secret_owner owner;                    /* which, and its name */
    str name;
    str prefix;        /* taken off, where it is there: "whsec_" */
    uint32_t encoding; /* enum secret_encoding */
};

/* A digest of the body that the signed part of a request names. */
struct body_digest {
    struct signal value;
    uint32_t digest;   /* enum crypto_hash */
    uint32_t encoding; /* enum signature_encoding */
};

/* A claim that a JSON Web Token must have. */
struct claim_rule {
    str name;
    struct bind_texts is; /* one of them */
};

struct signature_rule {
    uint32_t scheme;              /* enum signature_scheme */
    const struct condition *when; /* NULL: whenever its signature is there */
    struct secret_rule secret;
    struct signal signature;  /* where it stands; SIGNAL_NONE: as the scheme has it */
    bool numbered;            /* in headers of that name with -1, -2, … behind it */
    str separator;            /* between several in one value; absent: there is one */
    struct bind_texts prefix; /* right before it: one of them */
    uint32_t digest;          /* enum crypto_hash */
    uint32_t encoding;        /* enum signature_encoding */
    struct content content;   /* what is signed; with jwt what `claim` is a digest of */
    struct signal timestamp;  /* when it was signed; SIGNAL_NONE: not said */
    usec tolerance;           /* so much earlier or later; with jwt beyond its times */
    const struct body_digest *body_digest; /* NULL: none */
    bool either_port;             /* the URL is taken with and without its port */
    str unescaped;                /* characters of the URL that are signed as such */
    struct bind_texts algorithms; /* jwt: those that are taken */
    str claim;                    /* jwt: that is a digest of the content; absent: none */
    struct bind_list claims;      /* jwt: struct claim_rule */
    struct bind_texts names;      /* certificate: one of them must be its own */
};

extern const struct bind_table signature_table;

/* Whether the rule is for this request: its condition holds, and its signature is there.
 */
bool signature_is_there(const struct signature_rule *rule, struct webhook_view *view);

/* REASON_none: the request is the vendor's. */
enum webhook_reason signature_verify(const struct signature_rule *rule,
                                     struct webhook_view *view) MUST_CHECK;

/* Whether it looks into the body as JSON or a form. */
bool signature_needs_body(const struct signature_rule *rule);

/* Whether a given secret is what a rule asks for. */
bool signature_may_use(const struct secret_rule *rule,
                       const struct webhook_secret *secret);

#endif
