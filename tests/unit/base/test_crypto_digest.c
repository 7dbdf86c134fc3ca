#include "base/crypto_digest.h"

#include "support/unit.h"
#include "tests.h"

static void pieces_have_the_digest_of_the_whole(void **state)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog";
    str whole = str_of(text, sizeof(text) - 1);
    uint8_t want[CRYPTO_SHA256_BYTES];
    (void)state;
    crypto_start();
    crypto_sha256(whole, want);
    for (size_t at = 0; at <= whole.n; at++) {
        struct crypto_digest digest;
        uint8_t found[CRYPTO_SHA256_BYTES];
        crypto_digest_init(&digest);
        crypto_digest_put(&digest, str_of(whole.p, at));
        crypto_digest_put(&digest, str_from(whole, at));
        crypto_digest_fini(&digest, found);
        assert_memory_equal(found, want, sizeof(want));
        assert_null(digest.state);
    }
}

static void what_is_not_wanted_is_thrown_away(void **state)
{
    struct crypto_digest digest;
    (void)state;
    crypto_digest_init(&digest);
    crypto_digest_put(&digest, STR("half a body"));
    crypto_digest_fini(&digest, NULL);
    assert_null(digest.state);
}

int test_crypto_digest(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_have_the_digest_of_the_whole),
        cmocka_unit_test(what_is_not_wanted_is_thrown_away),
    };
    return cmocka_run_group_tests_name("crypto_digest", tests, NULL, NULL);
}
