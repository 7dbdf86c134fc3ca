/*
 * Proof key for code exchange (RFC 7636): a secret made for one authorization, of which
 * the vendor first sees the digest and then, with the code, the secret itself. The method
 * is S256; "plain" protects nothing and is not offered. Pure; any thread.
 */
#ifndef AUTH_PKCE_H
#define AUTH_PKCE_H

#include "base/arena.h"

enum { PKCE_CHANCE_BYTES = 32 };

/* code_verifier: 43 characters from bytes that nobody can guess (§4.1). */
str pkce_verifier(struct arena *arena, const uint8_t chance[PKCE_CHANCE_BYTES]);

/* code_challenge of the method S256 (§4.2). */
str pkce_challenge(struct arena *arena, str verifier);

#define PKCE_METHOD STR("S256")

#endif
