/*
 * Secrets of an endpoint and the signatures made with them, as Standard Webhooks has them
 * (version 1.0): what is signed is
 * ID.TIMESTAMP.BODY; `v1` by HMAC-SHA-256 with a `whsec_` secret, `v1a` by Ed25519, whose
 * public key is told as `whpk_`. The header has one signature for each secret that is
 * active, parted by blanks, so that a receiver knows the next secret before the last one
 * ends.
 */
#ifndef DELIVER_SIGNING_H
#define DELIVER_SIGNING_H

#include "base/arena.h"
#include "base/usec.h"
#include "json/json_write.h"

struct world;

enum { SIGNING_SECRETS_MAX = 2, SIGNING_SECRET_BYTES = 32, SIGNING_HEADERS_MAX = 20 };

/* Texts live in the owner's arena, which is wiped when it goes. */
struct signing {
    struct {
        str key;                    /* 24 to 64 bytes */
        usec until;                 /* wall; USEC_NEVER: the newest */
    } secrets[SIGNING_SECRETS_MAX]; /* the newest first */
    uint32_t n;
    str seed;            /* of the Ed25519 key: 32 bytes; absent: none */
    struct json headers; /* OBJECT of texts: lines that each delivery has */
};

/* A new secret; it is 32 bytes. */
str signing_new_secret(struct arena *arena);
/* "whsec_…" of a key, and back: false when it is none of 24 to 64 bytes. */
str signing_secret_text(str key, struct arena *arena);
bool signing_secret_parse(str text, struct arena *arena, str *ret_key);

/* "whpk_…" of a seed; absent for an absent seed. */
str signing_public_text(str seed, struct arena *arena);

/* A new secret in front; the one before ends at `until`, the others end now. */
void signing_rotate(struct signing *signing, str key, usec until);

/* All of it as JSON text, to be sealed; and back. */
str signing_print(const struct signing *signing, struct arena *arena);
bool signing_read(struct signing *signing, str text, struct arena *arena);

/* The value of `webhook-signature` at this wall time. */
str signing_sign(const struct signing *signing, str id, int64_t timestamp, str body,
                 usec wall, struct arena *arena);

#endif
