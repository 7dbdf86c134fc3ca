/*
 * What the schemes of this folder share: which members a rule may have, where signatures
 * stand, how they and secrets are decoded, and the way of all that sign content. Inside
 * of src/signature only.
 */
#ifndef SIGNATURE_SIGNATURE_SCHEME_H
#define SIGNATURE_SIGNATURE_SCHEME_H

#include "base/crypto_verify.h"
#include "signature/signature_rule.h"

enum signature_member {
    SIGNATURE_MEMBER_SIGNATURE = 1,
    SIGNATURE_MEMBER_LIST = 2, /* numbered, separator */
    SIGNATURE_MEMBER_PREFIX = 4,
    SIGNATURE_MEMBER_DIGEST = 8,
    SIGNATURE_MEMBER_ENCODING = 16,
    SIGNATURE_MEMBER_CONTENT = 32,
    SIGNATURE_MEMBER_TIMESTAMP = 64,
    SIGNATURE_MEMBER_BODY_DIGEST = 128,
    SIGNATURE_MEMBER_URL = 256, /* either_port, unescaped */
    SIGNATURE_MEMBER_JWT = 512, /* algorithms, claim, claims */
    SIGNATURE_MEMBER_NAMES = 1024,
    SIGNATURE_MEMBER_SECRET = 2048,
    SIGNATURE_MEMBER_TOLERANCE = 4096,
    /* of all that sign content */
    SIGNATURE_MEMBERS_SIGNED = SIGNATURE_MEMBER_SIGNATURE | SIGNATURE_MEMBER_LIST |
                               SIGNATURE_MEMBER_PREFIX | SIGNATURE_MEMBER_ENCODING |
                               SIGNATURE_MEMBER_CONTENT | SIGNATURE_MEMBER_TIMESTAMP |
                               SIGNATURE_MEMBER_TOLERANCE | SIGNATURE_MEMBER_BODY_DIGEST |
                               SIGNATURE_MEMBER_URL | SIGNATURE_MEMBER_SECRET
};

struct signature_ops {
    unsigned members; /* enum signature_member: those that a rule may have */
    /* Checks a rule beyond its rows; fills in what the scheme knows. */
    void (*check)(struct binder *binder, struct signature_rule *rule);
    bool (*is_there)(const struct signature_rule *rule, struct webhook_view *view);
    enum webhook_reason (*verify)(const struct signature_rule *rule,
                                  struct webhook_view *view);
};

enum {
    SIGNATURES_MAX = 16,       /* in one request: those behind them are not looked at */
    SIGNATURES_BY_KEY_MAX = 4, /* of public keys: each means to read the body once more */
    SIGNATURE_SECRETS_MAX = 16
};

/* Where a signature is by default: Authorization. */
void signature_default_header(struct signature_rule *rule);

/* The text behind the first of the rule's prefixes that it begins with; the text itself
 * where the rule has none; absent where none fits. */
str signature_behind_prefix(const struct signature_rule *rule, str text);

/* Whether a header that the signal reads is there more than once. */
bool signature_is_repeated(const struct signal *signal, const struct webhook_view *view);

bool signature_decode(enum signature_encoding encoding, struct arena *arena, str text,
                      str *ret_bytes);

/*
 * The bytes of the secrets that the rule may use: fills at most SIGNATURE_SECRETS_MAX,
 * answers how many. Texts that are empty or cannot be decoded are left out; *ret_reason
 * says why none is left, or REASON_none. With `keys` the text itself is answered, without
 * its prefix: it is a key to be read.
 */
uint32_t signature_secrets(const struct signature_rule *rule,
                           const struct webhook_view *view, bool keys, str *ret_secrets,
                           enum webhook_reason *ret_reason);

/* --- content that is signed (signed.c) --- */

/* The signatures of a request. */
struct signature_list {
    str items[SIGNATURES_MAX];
    uint32_t n;
};

/* One secret, and one form of the URL, held against the signatures. */
struct signed_try {
    const struct signature_rule *rule;
    struct webhook_view *view;
    struct content_source source;
    const struct signature_list *signatures;
    bool too_large; /* set by signed_content */
};

/* The pieces of what is signed, or NULL with try->too_large. */
const str *signed_content(struct signed_try *try);

/* Rules of schemes that sign content: what they must have. `secret_in_content`: the
 * content holds the secret itself, and must. */
void signed_check(struct binder *binder, const struct signature_rule *rule,
                  bool secret_in_content);

/* Whether a signature with the rule's prefix stands at its place. */
bool signed_is_there(const struct signature_rule *rule, struct webhook_view *view);

/* Whether a header that the signature depends on, or that is part of the content, is
 * there more than once. */
bool signed_is_repeated(const struct signature_rule *rule,
                        const struct webhook_view *view);

/* The order of things is in signed.c. `keys` as above; `holds` answers whether one of the
 * signatures is by source.secret. */
enum webhook_reason signed_verify(const struct signature_rule *rule,
                                  struct webhook_view *view, bool keys,
                                  bool (*holds)(struct signed_try *try));

/* Whether the digest is one of the signatures; in the same time for all. */
bool signed_has(const struct signature_list *signatures, str digest);

/* --- public keys (public_key.c) --- */

/* Whether one of the signatures is by the key that source.secret is the text of. False
 * also when it is none. */
bool public_key_holds(struct signed_try *try, enum verify_alg alg);

/*
 * A key from its text: PEM, or base64 of a SubjectPublicKeyInfo or, for Ed25519, of the
 * 32 bytes. NULL for anything else.
 */
struct verify_key *public_key_read(struct arena *arena, str text);

/* The key of a JSON Web Key (RFC 7517); NULL when it is of no kind that is known, or not
 * for signatures. */
struct verify_key *public_key_of_jwk(struct arena *arena, const struct json *jwk);

#define X(name, doc) extern const struct signature_ops signature_##name;
#include "signature/signature_list.h"
#undef X

#endif
