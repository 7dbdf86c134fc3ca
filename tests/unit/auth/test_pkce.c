#include "auth/pkce.h"

#include "base/crypto.h"
#include "vectors.h"

int test_pkce(void);

/* RFC 7636 appendix B; the bytes of its verifier are there too. */
static void the_published_pair_is_made(void **state)
{
    static const uint8_t chance[PKCE_CHANCE_BYTES] = {
        116, 24,  223, 180, 151, 153, 224, 37,  79, 250, 96, 125, 216, 173, 187, 186,
        22,  212, 37,  77,  105, 214, 191, 240, 91, 88,  5,  88,  83,  132, 141, 121};
    const struct json *vector = vectors_get(*state, "pkce_s256");
    str verifier = pkce_verifier(*state, chance);
    assert_str(verifier, json_member_text(vector, STR("code_verifier")));
    assert_str(pkce_challenge(*state, verifier),
               json_member_text(vector, STR("code_challenge")));
    assert_str(PKCE_METHOD, json_member_text(vector, STR("code_challenge_method")));
}

int test_pkce(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(the_published_pair_is_made),
    };
    return cmocka_run_group_tests_name("auth: pkce", tests, NULL, NULL);
}
