/*
 *   token = base64url(header) "." base64url(claims) "." base64url(signature)
 *
 * The signature is over the text of the first two (RFC 7515 §5.1).
 */
#include "auth/jwt.h"

#include "base/encode.h"
#include "json/json_write.h"
#include "json/merge.h"

enum { JWT_PART_BYTES_MAX = 64 * 1024 };

static void put_text(struct json_build *build, str name, str text)
{
    if (!str_absent(text))
        json_build_member(build, name, json_of_text(text));
}

/* `alg` says how it is signed in truth, whatever stands among the further members. */
static struct json header_of(const struct jwt *jwt, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    put_text(&build, STR("alg"), sign_alg_word(jwt->alg));
    put_text(&build, STR("typ"), jwt->typ);
    put_text(&build, STR("kid"), jwt->kid);
    struct json header = json_build_object(&build);
    if (!jwt->header)
        return header;
    CHECK(json_is(jwt->header, JSON_OBJECT));
    struct json merged = merge_patch(arena, &header, jwt->header);
    json_build_init(&build, arena);
    put_text(&build, STR("alg"), sign_alg_word(jwt->alg));
    for (uint32_t i = 0; i < merged.n; i++)
        if (!str_eq(json_key(&merged.u.members[i]), STR("alg")))
            json_build_member(&build, json_key(&merged.u.members[i]),
                              merged.u.members[i].value);
    return json_build_object(&build);
}

static bool encode_part(const struct json *part, struct arena *arena, str *ret_text)
{
    struct buf buf;
    buf_init(&buf, JWT_PART_BYTES_MAX);
    json_write(&buf, part, JSON_COMPACT);
    bool fits = buf_ok(&buf);
    if (fits)
        *ret_text = encode_base64url(arena, buf_peek(&buf));
    buf_fini(&buf);
    return fits;
}

bool jwt_make(const struct jwt *jwt, const struct sign_key *key, struct arena *arena,
              str *ret_token)
{
    str header, claims, signature;
    CHECK(json_is(jwt->claims, JSON_OBJECT));
    struct json members = header_of(jwt, arena);
    if (!encode_part(&members, arena, &header) ||
        !encode_part(jwt->claims, arena, &claims))
        return false;
    str input[] = {header, STR("."), claims};
    str signed_text = arena_join(arena, input, COUNT_OF(input));
    if (!sign_bytes(key, jwt->alg, arena, signed_text, &signature))
        return false;
    str parts[] = {signed_text, STR("."), encode_base64url(arena, signature)};
    *ret_token = arena_join(arena, parts, COUNT_OF(parts));
    return true;
}

static void put_time(struct json_build *build, str name, usec wall)
{
    json_build_member(build, name, json_of_number((double)(wall / USEC_S)));
}

struct json jwt_claims_of(const struct jwt_claims *claims, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    put_text(&build, STR("iss"), claims->iss);
    put_text(&build, STR("sub"), claims->sub);
    put_text(&build, STR("aud"), claims->aud);
    put_text(&build, STR("jti"), claims->jti);
    put_time(&build, STR("iat"), claims->wall - claims->early);
    put_time(&build, STR("exp"), claims->wall + claims->lifetime);
    struct json object = json_build_object(&build);
    CHECK(!claims->more || json_is(claims->more, JSON_OBJECT));
    return claims->more ? merge_patch(arena, &object, claims->more) : object;
}
