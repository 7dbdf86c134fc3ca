/*
 * The UsernameToken of WS-Security in a header, as X-WSSE has it: user name, nonce, time,
 * and a digest of the password with both, so that the password itself does not travel.
 *
 *   UsernameToken Username="u", PasswordDigest="…", Nonce="…", Created="…"
 *
 * Pure: nonce and time are arguments; any thread.
 */
#ifndef AUTH_WSSE_H
#define AUTH_WSSE_H

#include "base/arena.h"
#include "base/usec.h"

enum wsse_digest {
    WSSE_BYTES, /* base64(sha1(nonce bytes ‖ created ‖ password)), nonce in base64:
                   OASIS Web Services Security UsernameToken Profile 1.1 §3.1 */
    WSSE_TEXT,  /* over the nonce's text, in hexadecimal: Atom authentication */
    WSSE_HEX,   /* the same; base64 of the digest in hexadecimal */
    WSSE_NONE   /* PasswordText: no digest */
};

/* "bytes", … in enum order, NULL-terminated. */
extern const char *const wsse_digest_words[];

struct wsse {
    enum wsse_digest digest;
    str username; /* must fit on a header line; so must the password with WSSE_NONE */
    str password;
    str nonce; /* bytes */
    usec wall; /* Created, to the second */
};

/* The header's value, in the arena, which its owner wipes. */
str wsse_token(const struct wsse *wsse, struct arena *arena);

#endif
