#include "deliver/signing.h"

#include "base/crypto.h"
#include "base/crypto_sign.h"
#include "base/encode.h"
#include "json/json_parse.h"

enum { KEY_BYTES_MIN = 24, KEY_BYTES_MAX = 64, PRINT_BYTES_MAX = 256 * 1024 };

#define SECRET_PREFIX STR("whsec_")
#define PUBLIC_PREFIX STR("whpk_")

/* --- secrets --- */

str signing_new_secret(struct arena *arena)
{
    char *bytes = arena_bytes(arena, SIGNING_SECRET_BYTES);
    crypto_random(bytes, SIGNING_SECRET_BYTES);
    return str_of(bytes, SIGNING_SECRET_BYTES);
}

str signing_secret_text(str key, struct arena *arena)
{
    str parts[] = {SECRET_PREFIX, encode_base64(arena, key)};
    return arena_join(arena, parts, COUNT_OF(parts));
}

bool signing_secret_parse(str text, struct arena *arena, str *ret_key)
{
    str key;
    if (!str_starts(text, SECRET_PREFIX) ||
        !decode_base64(arena, str_from(text, SECRET_PREFIX.n), &key) ||
        key.n < KEY_BYTES_MIN || key.n > KEY_BYTES_MAX)
        return false;
    *ret_key = key;
    return true;
}

str signing_public_text(str seed, struct arena *arena)
{
    uint8_t point[CRYPTO_ED25519_BYTES];
    if (str_absent(seed))
        return STR_NONE;
    crypto_ed25519_public((const uint8_t *)seed.p, point);
    str parts[] = {PUBLIC_PREFIX,
                   encode_base64(arena, str_of((const char *)point, sizeof(point)))};
    return arena_join(arena, parts, COUNT_OF(parts));
}

void signing_rotate(struct signing *signing, str key, usec until)
{
    signing->secrets[1] = signing->secrets[0];
    signing->secrets[1].until = until;
    signing->secrets[0].key = key;
    signing->secrets[0].until = USEC_NEVER;
    signing->n = signing->n ? 2 : 1;
}

/* --- as text --- */

str signing_print(const struct signing *signing, struct arena *arena)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, PRINT_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_name(&out, STR("secrets"));
    json_out_array(&out);
    for (uint32_t i = 0; i < signing->n; i++) {
        json_out_object(&out);
        json_out_member_text(&out, STR("key"),
                             encode_base64(arena, signing->secrets[i].key));
        if (signing->secrets[i].until != USEC_NEVER)
            json_out_member_int(&out, STR("until"), signing->secrets[i].until);
        json_out_end(&out);
    }
    json_out_end(&out);
    if (!str_absent(signing->seed))
        json_out_member_text(&out, STR("seed"), encode_base64(arena, signing->seed));
    json_out_name(&out, STR("headers"));
    json_out_value(&out, &signing->headers);
    json_out_end(&out);
    CHECK(buf_ok(&text)); /* headers are bounded where they are read */
    return arena_take(arena, &text);
}

static bool read_secret(struct signing *signing, const struct json *item,
                        struct arena *arena)
{
    uint64_t until = USEC_NEVER;
    const struct json *given = json_member(item, STR("until"));
    str key;
    if (signing->n == SIGNING_SECRETS_MAX ||
        !decode_base64(arena, json_member_text(item, STR("key")), &key) ||
        key.n < KEY_BYTES_MIN || (given && !json_to_u64(given, INT64_MAX, &until)))
        return false;
    signing->secrets[signing->n].key = key;
    signing->secrets[signing->n++].until = (usec)until;
    return true;
}

bool signing_read(struct signing *signing, str text, struct arena *arena)
{
    struct json value;
    *signing = (struct signing){.seed = STR_NONE};
    if (!json_parse(arena, arena_str(arena, text), NULL, &value, NULL))
        return false;
    const struct json *secrets = json_member(&value, STR("secrets"));
    const struct json *headers = json_member(&value, STR("headers"));
    str seed = json_member_text(&value, STR("seed"));
    if (!secrets || !json_is(secrets, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < secrets->n; i++)
        if (!read_secret(signing, &secrets->u.items[i], arena))
            return false;
    if (headers)
        signing->headers = *headers;
    return str_absent(seed) || (decode_base64(arena, seed, &signing->seed) &&
                                signing->seed.n == CRYPTO_ED25519_BYTES);
}

/* --- signing --- */

str signing_sign(const struct signing *signing, str id, int64_t timestamp, str body,
                 usec wall, struct arena *arena)
{
    str before = arena_printf(arena, STR_F ".%lld.", STR_A(id), (long long)timestamp);
    str pieces[] = {before, body};
    str parts[2 * SIGNING_SECRETS_MAX + 2];
    uint8_t code[CRYPTO_HASH_BYTES_MAX];
    unsigned n = 0;
    for (uint32_t i = 0; i < signing->n; i++) {
        if (signing->secrets[i].until < wall)
            continue;
        size_t bytes =
            crypto_hmac_pieces(CRYPTO_SHA256, signing->secrets[i].key, pieces, 2, code);
        parts[n] = n ? STR(" v1,") : STR("v1,");
        parts[n + 1] = encode_base64(arena, str_of((const char *)code, bytes));
        n += 2;
    }
    if (!str_absent(signing->seed)) {
        str whole = arena_join(arena, pieces, COUNT_OF(pieces));
        crypto_ed25519_sign((const uint8_t *)signing->seed.p, whole, code);
        parts[n] = n ? STR(" v1a,") : STR("v1a,");
        parts[n + 1] =
            encode_base64(arena, str_of((const char *)code, CRYPTO_ED25519_SIGN_BYTES));
        n += 2;
    }
    return arena_join(arena, parts, n);
}
