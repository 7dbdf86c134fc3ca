/*
 * HMAC (RFC 2104) of the content. The digest is made once for each secret and form of the
 * URL, and held against every signature of the request.
 */
#include "signature/signature_scheme.h"

static void check(struct binder *binder, struct signature_rule *rule)
{
    signed_check(binder, rule, false);
}

static bool holds(struct signed_try *try)
{
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    const str *pieces = signed_content(try);
    if (!pieces)
        return false;
    size_t n = crypto_hmac_pieces(try->rule->digest, try->source.secret, pieces,
                                  try->rule->content.n, digest);
    return signed_has(try->signatures, str_of((char *)digest, n));
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    return signed_verify(rule, view, false, holds);
}

const struct signature_ops signature_hmac = {.members = SIGNATURE_MEMBERS_SIGNED |
                                                        SIGNATURE_MEMBER_DIGEST,
                                             .check = check,
                                             .is_there = signed_is_there,
                                             .verify = verify};
