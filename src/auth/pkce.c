#include "auth/pkce.h"

#include "base/crypto.h"
#include "base/encode.h"

str pkce_verifier(struct arena *arena, const uint8_t chance[PKCE_CHANCE_BYTES])
{
    return encode_base64url(arena, str_of((const char *)chance, PKCE_CHANCE_BYTES));
}

str pkce_challenge(struct arena *arena, str verifier)
{
    char digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(verifier, (uint8_t *)digest);
    return encode_base64url(arena, str_of(digest, sizeof(digest)));
}
