#include "auth/jwt.h"

#include "base/encode.h"
#include "vectors.h"

int test_jwt(void);

#define KEYS "tests/cases/keys/"

static struct sign_key *key_of(struct arena *arena, const char *file)
{
    const char *why = NULL;
    struct sign_key *key = sign_key_read(given_file(arena, file), &why);
    if (!key)
        fail_msg("%s", why);
    return key;
}

static void check_json(struct arena *arena, const char *about, str got, const char *want)
{
    if (!json_equal(given_json(arena, got), given_json(arena, str_z(want))))
        fail_msg("%s: got " STR_F ", want %s", about, STR_A(got), want);
}

/* The part's JSON: 0 the header, 1 the claims. */
static str part_of(struct arena *arena, str token, int part)
{
    str piece = STR_NONE, text;
    for (int i = 0; i <= part; i++)
        assert_true(str_next(&token, '.', &piece));
    assert_true(decode_base64(arena, piece, &text));
    return text;
}

/* What another program makes of the same key and text. */
static void a_token_is_made_byte_for_byte(void **state)
{
    struct sign_key *key = key_of(*state, KEYS "rsa.pem");
    const struct jwt jwt = {
        .alg = SIGN_RS256,
        .typ = STR("JWT"),
        .kid = STR("k1"),
        .claims = given_json(*state, STR("{\"iss\":\"a/b\",\"exp\":1760000180}"))};
    str token;
    assert_true(jwt_make(&jwt, key, *state, &token));
    given_same(
        "token", token,
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJhL2IiLCJleHAi"
        "OjE3NjAwMDAxODB9.Q1sy8Nv0fU5c_SGEtaR0O6RHRocRMMUyIy9Tt1jKtOKNP_iEa3ts3r_OKtt"
        "95v5oqCPIeIGGHB1-x0fwrRYWEsFuzNp2zOhtV1r-ST1rqjar2EPzWHTVIwGnrjA2e7xi_xgHOoY"
        "jrEsi00AR_e35UjeF_h24qUq08RbPZKXe_tjI6TSYDeN0Tzueg65kJsQw-1ffB_j2UydZY4g-0EM"
        "vB_SVmj4GnpiLlmZiaBMQ11RYLI7Fb8CRKELa4e_ZRw9sY8DTVtybvXJzDYmnlMWoVq0WFivxJpt"
        "Y6PfdbSNDJVQP3OJdxUbZIRBRIEujAJwfpKd84CxKgzXBob-1wnBxlA");
    sign_key_destroy(&key);
}

static void header_members_are_merged_but_alg(void **state)
{
    static const struct {
        const char *more;
        const char *want;
    } rows[] = {
        {NULL, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}"},
        {"{}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}"},
        {"{\"x5t\":\"t\"}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\","
                            "\"x5t\":\"t\"}"},
        {"{\"typ\":null,\"kid\":\"other\"}", "{\"alg\":\"HS256\",\"kid\":\"other\"}"},
        {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}"},
        {"{\"alg\":null}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}"},
    };
    struct sign_key *key = sign_key_of_bytes(STR("secret"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct jwt jwt = {
            .alg = SIGN_HS256,
            .typ = STR("JWT"),
            .kid = STR("k"),
            .header = rows[i].more ? given_json(*state, str_z(rows[i].more)) : NULL,
            .claims = given_json(*state, STR("{}"))};
        str token;
        assert_true(jwt_make(&jwt, key, *state, &token));
        check_json(*state, rows[i].more, part_of(*state, token, 0), rows[i].want);
    }
    sign_key_destroy(&key);
}

static void claims_are_whole_seconds_and_what_is_given(void **state)
{
    static const struct {
        struct jwt_claims claims;
        const char *more;
        const char *want;
    } rows[] = {
        {{.wall = 1760000000 * USEC_S + 999999, .lifetime = USEC_MIN},
         NULL,
         "{\"iat\":1760000000,\"exp\":1760000060}"},
        {{.iss = {"i", 1},
          .sub = {"s", 1},
          .aud = {"a", 1},
          .jti = {"j", 1},
          .wall = 10 * USEC_S,
          .lifetime = 5 * USEC_S,
          .early = 2 * USEC_S},
         NULL,
         "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"jti\":\"j\",\"iat\":8,\"exp\":"
         "15}"},
        {{.iss = {"i", 1}, .sub = {"s", 1}, .wall = 10 * USEC_S, .lifetime = USEC_S},
         "{\"sub\":null,\"iat\":null,\"scope\":[\"x\"],\"aud\":[\"a\",\"b\"]}",
         "{\"iss\":\"i\",\"exp\":11,\"scope\":[\"x\"],\"aud\":[\"a\",\"b\"]}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct jwt_claims claims = rows[i].claims;
        claims.more = rows[i].more ? given_json(*state, str_z(rows[i].more)) : NULL;
        struct json got = jwt_claims_of(&claims, *state);
        const struct json *want = given_json(*state, str_z(rows[i].want));
        if (!json_equal(&got, want))
            fail_msg("row %zu", i);
    }
}

/* Each token of tests/cases/auth-vectors.json, by its claims and time. */
static void the_vendors_tokens_can_be_made(void **state)
{
    struct sign_key *key = key_of(*state, KEYS "rsa.pem");
    const struct json *vectors = vectors_all(*state);
    int made = 0;
    for (uint32_t i = 0; i < vectors->n; i++) {
        const struct json *vector = &vectors->u.items[i];
        const struct json *header = json_member(vector, STR("header"));
        const struct json *claims = json_member(vector, STR("claims"));
        str token;
        if (!header || !claims)
            continue;
        const struct jwt jwt = {.alg = SIGN_RS256,
                                .typ = json_member_text(header, STR("typ")),
                                .kid = json_member_text(header, STR("kid")),
                                .claims = claims};
        assert_true(jwt_make(&jwt, key, *state, &token));
        assert_true(json_equal(header, given_json(*state, part_of(*state, token, 0))));
        assert_true(json_equal(claims, given_json(*state, part_of(*state, token, 1))));
        made++;
    }
    assert_int_equal(made, 5);
    sign_key_destroy(&key);
}

/* `iat` a minute early, ten minutes in all. */
static void a_vector_for_slow_clocks_is_made_from_now(void **state)
{
    const struct json *vector = vectors_get(*state, "github_app_jwt");
    const struct jwt_claims claims = {.iss = STR("Iv1.8a61f9b3a7aba766"),
                                      .wall = VECTORS_WALL,
                                      .early = USEC_MIN,
                                      .lifetime = 9 * USEC_MIN};
    struct json got = jwt_claims_of(&claims, *state);
    assert_true(json_equal(&got, json_member(vector, STR("claims"))));
}

static void a_key_that_does_not_fit_makes_no_token(void **state)
{
    struct sign_key *key = key_of(*state, KEYS "ec.pem");
    struct jwt jwt = {.alg = SIGN_RS256, .claims = given_json(*state, STR("{}"))};
    str token = STR("kept");
    assert_false(jwt_make(&jwt, key, *state, &token));
    given_same("token", token, "kept");
    jwt.alg = SIGN_ES256;
    assert_true(jwt_make(&jwt, key, *state, &token));
    sign_key_destroy(&key);
}

static void claims_without_end_make_no_token(void **state)
{
    static char text[64 * 1024 + 1];
    struct sign_key *key = sign_key_of_bytes(STR("k"));
    struct json_build build;
    str token;
    memset(text, 'x', sizeof(text));
    json_build_init(&build, *state);
    json_build_member(&build, STR("a"), json_of_text(str_of(text, sizeof(text))));
    struct json claims = json_build_object(&build);
    const struct jwt jwt = {.alg = SIGN_HS256, .claims = &claims};
    assert_false(jwt_make(&jwt, key, *state, &token));
    sign_key_destroy(&key);
}

int test_jwt(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_token_is_made_byte_for_byte),
        GIVEN_TEST(header_members_are_merged_but_alg),
        GIVEN_TEST(claims_are_whole_seconds_and_what_is_given),
        GIVEN_TEST(the_vendors_tokens_can_be_made),
        GIVEN_TEST(a_vector_for_slow_clocks_is_made_from_now),
        GIVEN_TEST(a_key_that_does_not_fit_makes_no_token),
        GIVEN_TEST(claims_without_end_make_no_token),
    };
    return cmocka_run_group_tests_name("auth: jwt", tests, NULL, NULL);
}
