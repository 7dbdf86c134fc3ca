#include "base/crypto.h"
#include "base/encode.h"
#include "support/unit.h"
#include "tests.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1024, 1 << 20);
    crypto_start();
    crypto_start();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static str from_hex(const char *text)
{
    str bytes;
    assert_true(decode_hex(&arena, str_z(text), &bytes));
    return bytes;
}

static str digest_hex(const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    return encode_hex(&arena, str_of((const char *)digest, CRYPTO_SHA256_BYTES));
}

static str sha1_hex(const uint8_t digest[CRYPTO_SHA1_BYTES])
{
    return encode_hex(&arena, str_of((const char *)digest, CRYPTO_SHA1_BYTES));
}

/* FIPS 180-4 examples. */
static void sha256_gives_the_known_digests(void **state)
{
    (void)state;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(STR("abc"), digest);
    assert_str(digest_hex(digest),
               STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    crypto_sha256(STR_NONE, digest);
    assert_str(digest_hex(digest),
               STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    crypto_sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  digest);
    assert_str(digest_hex(digest),
               STR("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
}

/* RFC 4231 §4.2, §4.3, §4.7 (a key longer than a block), and the empty key. */
static void hmac_gives_the_known_codes(void **state)
{
    (void)state;
    uint8_t code[CRYPTO_SHA256_BYTES];
    crypto_hmac_sha256(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                       STR("Hi There"), code);
    assert_str(digest_hex(code),
               STR("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
    crypto_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), code);
    assert_str(digest_hex(code),
               STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    char key[131];
    memset(key, 0xaa, sizeof(key));
    crypto_hmac_sha256(str_of(key, sizeof(key)),
                       STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                       code);
    assert_str(digest_hex(code),
               STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    crypto_hmac_sha256(STR_NONE, STR_NONE, code);
    assert_str(digest_hex(code),
               STR("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

/* FIPS 180-4 examples; RFC 2202 §3, cases 1, 2 and 6. */
static void sha1_gives_the_known_digests_and_codes(void **state)
{
    (void)state;
    uint8_t digest[CRYPTO_SHA1_BYTES];
    char key[80];
    crypto_sha1(STR("abc"), digest);
    assert_str(sha1_hex(digest), STR("a9993e364706816aba3e25717850c26c9cd0d89d"));
    crypto_sha1(STR_NONE, digest);
    assert_str(sha1_hex(digest), STR("da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    crypto_hmac_sha1(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                     STR("Hi There"), digest);
    assert_str(sha1_hex(digest), STR("b617318655057264e28bc0b6fb378c8ef146be00"));
    crypto_hmac_sha1(STR("Jefe"), STR("what do ya want for nothing?"), digest);
    assert_str(sha1_hex(digest), STR("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    memset(key, 0xaa, sizeof(key));
    crypto_hmac_sha1(str_of(key, sizeof(key)),
                     STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                     digest);
    assert_str(sha1_hex(digest), STR("aa4ae5e15272d00e95705637ce8a3b55ed402112"));
    crypto_hmac_sha1(STR_NONE, STR_NONE, digest);
    assert_str(sha1_hex(digest), STR("fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"));
}

/* McGrew, Viega: "The Galois/Counter Mode of Operation", test cases 13, 14 and 16. */
static void sealed_bytes_are_aes_256_gcm(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *nonce;
        const char *about;
        const char *plain;
        const char *sealed;
        const char *tag;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "000000000000000000000000", "", "00000000000000000000000000000000",
         "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
        {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
         "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
         "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
         "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
         "76fc6ece0f4e1768cddf8853bb2d551b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const str parts[] = {from_hex(rows[i].nonce), from_hex(rows[i].sealed),
                             from_hex(rows[i].tag)};
        str sealed = arena_join(&arena, parts, COUNT_OF(parts));
        str plain = from_hex(rows[i].plain);
        char *opened = arena_bytes(&arena, plain.n);
        const uint8_t *key = (const uint8_t *)from_hex(rows[i].key).p;
        assert_true(crypto_open(key, from_hex(rows[i].about), sealed, opened));
        assert_str(str_of(opened, plain.n), plain);
    }
}

static const uint8_t key_a[CRYPTO_KEY_BYTES] = {1, 2, 3};

static str seal(str about, str plain)
{
    char *sealed = arena_bytes(&arena, plain.n + CRYPTO_SEAL_BYTES);
    crypto_seal(key_a, about, plain, sealed);
    return str_of(sealed, plain.n + CRYPTO_SEAL_BYTES);
}

static void what_is_sealed_can_be_opened(void **state)
{
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        char plain[100];
        char opened[100];
        memset(plain, (int)n, sizeof(plain));
        str sealed = seal(n % 2 ? STR("about") : STR_NONE, str_of(plain, n));
        assert_true(crypto_open(key_a, n % 2 ? STR("about") : STR(""), sealed, opened));
        assert_str(str_of(opened, n), str_of(plain, n));
    }
}

static void a_single_wrong_bit_is_noticed(void **state)
{
    (void)state;
    str sealed = seal(STR("account 7"), STR("refresh token"));
    char bytes[64];
    char opened[64];
    for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
        memcpy(bytes, sealed.p, sealed.n);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_false(
            crypto_open(key_a, STR("account 7"), str_of(bytes, sealed.n), opened));
    }
    assert_true(crypto_open(key_a, STR("account 7"), sealed, opened));
}

static void what_cannot_be_opened_leaves_nothing_behind(void **state)
{
    (void)state;
    str sealed = seal(STR("account 7"), STR("refresh token"));
    char opened[13];
    memset(opened, 'x', sizeof(opened));
    assert_false(crypto_open(key_a, STR("account 8"), sealed, opened));
    for (size_t i = 0; i < sizeof(opened); i++)
        assert_int_equal(opened[i], 0);
}

static void another_key_or_place_cannot_open(void **state)
{
    (void)state;
    uint8_t key_b[CRYPTO_KEY_BYTES] = {1, 2, 4};
    char opened[64];
    str sealed = seal(STR("account 7"), STR("refresh token"));
    assert_false(crypto_open(key_b, STR("account 7"), sealed, opened));
    assert_false(crypto_open(key_a, STR("account 8"), sealed, opened));
    assert_false(crypto_open(key_a, STR_NONE, sealed, opened));
}

static void cut_bytes_cannot_be_opened(void **state)
{
    (void)state;
    char opened[64];
    str sealed = seal(STR("a"), STR("refresh token"));
    for (size_t n = 0; n < sealed.n; n++)
        assert_false(crypto_open(key_a, STR("a"), str_of(sealed.p, n), opened));
    assert_false(crypto_open(key_a, STR("a"), STR_NONE, opened));
}

static void sealing_twice_gives_other_bytes(void **state)
{
    (void)state;
    str a = seal(STR("x"), STR("same"));
    str b = seal(STR("x"), STR("same"));
    assert_false(str_eq(a, b));
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[600] = {0};
    uint8_t b[600] = {0};
    crypto_random(a, sizeof(a));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, a + 300, 300);
    crypto_random(a, 0);
}

static str pieces_hex(enum crypto_hash hash, const char *key, const str *pieces, size_t n)
{
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    size_t bytes = key ? crypto_hmac_pieces(hash, str_z(key), pieces, n, digest)
                       : crypto_hash_pieces(hash, pieces, n, digest);
    return encode_hex(&arena, str_of((const char *)digest, bytes));
}

/* FIPS 180 and RFC 4231, RFC 2202 case 2, however the text is cut. */
static void digests_of_pieces_are_those_of_the_whole(void **state)
{
    (void)state;
    static const str abc[] = {STR("abc")},
                     cut[] = {STR("a"), STR(""), {NULL, 0}, STR("bc")};
    static const str what[] = {STR("what do ya want "), STR("for nothing?")};
    static const char sha512_abc[] =
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    assert_str(pieces_hex(CRYPTO_SHA1, NULL, abc, 1),
               STR("a9993e364706816aba3e25717850c26c9cd0d89d"));
    assert_str(pieces_hex(CRYPTO_SHA512, NULL, abc, 1), str_z(sha512_abc));
    assert_str(pieces_hex(CRYPTO_SHA512, NULL, cut, 4), str_z(sha512_abc));
    assert_str(pieces_hex(CRYPTO_SHA256, NULL, NULL, 0),
               STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assert_str(pieces_hex(CRYPTO_SHA1, "Jefe", what, 2),
               STR("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    assert_str(pieces_hex(CRYPTO_SHA256, "Jefe", what, 2),
               STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    assert_str(pieces_hex(CRYPTO_SHA512, "Jefe", what, 2),
               STR("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                   "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"));
    assert_str(pieces_hex(CRYPTO_SHA256, "", NULL, 0),
               STR("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

int test_crypto(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(sha256_gives_the_known_digests),
        T(hmac_gives_the_known_codes),
        T(sha1_gives_the_known_digests_and_codes),
        T(sealed_bytes_are_aes_256_gcm),
        T(what_is_sealed_can_be_opened),
        T(a_single_wrong_bit_is_noticed),
        T(what_cannot_be_opened_leaves_nothing_behind),
        T(another_key_or_place_cannot_open),
        T(cut_bytes_cannot_be_opened),
        T(sealing_twice_gives_other_bytes),
        T(digests_of_pieces_are_those_of_the_whole),
        T(random_bytes_differ),
    };
    return cmocka_run_group_tests_name("base/crypto", tests, NULL, NULL);
}
