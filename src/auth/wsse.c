#include "auth/wsse.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "http/date.h"
#include "http/field.h"

enum { SECONDS_CHARS = 19 }; /* of 2026-11-22T08:15:00.000Z */

const char *const wsse_digest_words[] = {"bytes", "text", "hex", "none", NULL};

static str created_of(const struct wsse *wsse, struct arena *arena)
{
    char text[DATE_ISO_CHARS + 1];
    date_format_iso(wsse->wall, text);
    str parts[] = {str_of(text, SECONDS_CHARS), STR("Z")};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static str digest_of(const struct wsse *wsse, struct arena *arena, str nonce, str created)
{
    char digest[CRYPTO_SHA1_BYTES];
    str parts[] = {wsse->digest == WSSE_BYTES ? wsse->nonce : nonce, created,
                   wsse->password};
    crypto_sha1(arena_join(arena, parts, COUNT_OF(parts)), (uint8_t *)digest);
    str bytes = str_of(digest, sizeof(digest));
    return encode_base64(arena,
                         wsse->digest == WSSE_HEX ? encode_hex(arena, bytes) : bytes);
}

str wsse_token(const struct wsse *wsse, struct arena *arena)
{
    bool plain = wsse->digest == WSSE_NONE;
    bool base64 = plain || wsse->digest == WSSE_BYTES;
    str nonce =
        base64 ? encode_base64(arena, wsse->nonce) : encode_hex(arena, wsse->nonce);
    str created = created_of(wsse, arena);
    str parts[] = {STR("UsernameToken Username="),
                   field_quote(arena, wsse->username),
                   plain ? STR(", PasswordText=") : STR(", PasswordDigest="),
                   field_quote(arena, plain ? wsse->password
                                            : digest_of(wsse, arena, nonce, created)),
                   STR(", Nonce=\""),
                   nonce,
                   STR("\", Created=\""),
                   created,
                   STR("\"")};
    return arena_join(arena, parts, COUNT_OF(parts));
}
