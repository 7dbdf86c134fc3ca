#include "base/crypto_pem.h"
#include "base/encode.h"
#include "signature/signature_scheme.h"

struct verify_key *public_key_read(struct arena *arena, str text)
{
    str bytes;
    const char *why;
    if (str_find_str(text, STR("-----BEGIN")) < text.n)
        return crypto_pem_public(arena, text, &bytes, &why) ? verify_key_of_der(bytes)
                                                            : NULL;
    if (!decode_base64(arena, str_trim(text), &bytes))
        return NULL;
    struct verify_key *key = verify_key_of_ed25519(bytes);
    return key ? key : verify_key_of_der(bytes);
}

static bool take_bytes(struct arena *arena, const struct json *jwk, str name, str *ret)
{
    str text = json_member_text(jwk, name);
    return !str_absent(text) && decode_base64(arena, text, ret);
}

struct verify_key *public_key_of_jwk(struct arena *arena, const struct json *jwk)
{
    str a, b;
    str kind = json_member_text(jwk, STR("kty"));
    str curve = json_member_text(jwk, STR("crv"));
    str use = json_member_text(jwk, STR("use"));
    if (!str_absent(use) && !str_eq(use, STR("sig")))
        return NULL;
    if (str_eq(kind, STR("RSA")))
        return take_bytes(arena, jwk, STR("n"), &a) &&
                       take_bytes(arena, jwk, STR("e"), &b)
                   ? verify_key_of_rsa(a, b)
                   : NULL;
    if (str_eq(kind, STR("EC")) && str_eq(curve, STR("P-256")))
        return take_bytes(arena, jwk, STR("x"), &a) &&
                       take_bytes(arena, jwk, STR("y"), &b)
                   ? verify_key_of_p256(a, b)
                   : NULL;
    if (str_eq(kind, STR("OKP")) && str_eq(curve, STR("Ed25519")))
        return take_bytes(arena, jwk, STR("x"), &a) ? verify_key_of_ed25519(a) : NULL;
    return NULL;
}

bool public_key_holds(struct signed_try *try, enum verify_alg alg)
{
    struct arena *arena = try->view->arena;
    const str *pieces = signed_content(try);
    struct verify_key *key = public_key_read(arena, try->source.secret);
    bool good = false;
    uint32_t n = try->signatures->n;
    for (uint32_t i = 0; key && pieces && i < n && i < SIGNATURES_BY_KEY_MAX && !good;
         i++)
        good = verify_pieces(key, alg, arena, pieces, try->rule->content.n,
                             try->signatures->items[i]);
    verify_key_destroy(&key);
    return good;
}
