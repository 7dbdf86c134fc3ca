#include "directory/keyring.h"

#include "base/crypto.h"
#include "groups.h"
#include "office.h"

#define K1       "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define K1_OTHER "k1 AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define K2       "k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"

static int setup(void **state)
{
    static struct arena arena;
    crypto_start();
    arena_init(&arena, 1024, 1 << 20);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_fini(*state);
    return 0;
}

static struct keyring *ring_of(struct arena *arena, const char *text)
{
    str why = STR_NONE;
    struct keyring *keyring = keyring_create(str_z(text), arena, &why);
    if (!keyring)
        fail_msg(STR_F, STR_A(why));
    return keyring;
}

static void keys_are_read_from_lines(void **state)
{
    struct arena *arena = *state;
    struct keyring *keyring = ring_of(arena, "# mine\r\n\n  " K1 "\n" K2 "# end");
    assert_true(keyring_has(keyring, STR("k1")) && keyring_has(keyring, STR("k2")));
    assert_false(keyring_has(keyring, STR("k3")) || keyring_has(keyring, STR("")));
    assert_str(keyring_sealing_id(keyring, arena), STR("k2"));
    assert_true(keyring_seal_with(keyring, STR("k1")));
    assert_false(keyring_seal_with(keyring, STR("k3")));
    assert_str(keyring_sealing_id(keyring, arena), STR("k1"));
    keyring_destroy(&keyring);
    keyring_destroy(&keyring);
}

static void bad_lines_are_refused_without_showing_keys(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "There is no master key."},
        {"# only\n\n", "There is no master key."},
        {"k1\n", "Line 1 of the master keys: the key must be 32 bytes"},
        {K2 "k1 c2VjcmV0\n", "Line 2 of the master keys: the key must be 32 bytes"},
        {"k1 secret!secret!\n", "the key must be 32 bytes in base64"},
        {"k/1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "the id must be"},
        {"01234567890123456789012345678901 AAECAwQF", "the id must be 1 to 31"},
        {K1 K1, "Line 2 of the master keys: this id has occurred before"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str why = STR_NONE;
        assert_null(keyring_create(str_z(rows[i].text), *state, &why));
        assert_says(why, rows[i].says);
        assert_int_equal(str_find_str(why, STR("ecret")), why.n);
    }
}

static void a_fresh_line_can_be_read(void **state)
{
    struct arena *arena = *state;
    str one = keyring_new_line(arena), two = keyring_new_line(arena);
    assert_false(str_eq(one, two));
    struct keyring *keyring =
        ring_of(arena, arena_printf(arena, STR_F STR_F, STR_A(one), STR_A(two)).p);
    assert_true(keyring_has(keyring, str_of(two.p, str_find(two, ' '))));
    keyring_destroy(&keyring);
}

static void what_is_sealed_can_be_opened(void **state)
{
    struct arena *arena = *state;
    struct keyring *keyring = ring_of(arena, K1);
    static const str plains[] = {{"", 0}, {"x", 1}, {"a\0b", 3}};
    struct data_key key = {STR("acc_1"),
                           keyring_new_data_key(keyring, STR("acc_1"), arena)};
    assert_str(keyring_id_of(key.sealed), STR("k1"));
    for (size_t i = 0; i < COUNT_OF(plains); i++) {
        str sealed, again, plain;
        assert_true(keyring_seal(keyring, &key, STR("v 1"), plains[i], arena, &sealed));
        assert_true(keyring_seal(keyring, &key, STR("v 1"), plains[i], arena, &again));
        assert_false(str_eq(sealed, again)); /* a nonce each */
        assert_true(keyring_open(keyring, &key, STR("v 1"), sealed, arena, &plain));
        assert_str(plain, plains[i]);
    }
    keyring_destroy(&keyring);
}

/* Each bit of the sealed bytes and of the sealed data key counts. */
static void a_single_wrong_bit_is_noticed(void **state)
{
    struct arena *arena = *state;
    struct keyring *keyring = ring_of(arena, K1);
    struct data_key key = {STR("acc_1"),
                           keyring_new_data_key(keyring, STR("acc_1"), arena)};
    str sealed, plain;
    assert_true(keyring_seal(keyring, &key, STR("v"), STR("text"), arena, &sealed));
    char *at = (char *)(uintptr_t)sealed.p;
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        at[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(keyring_open(keyring, &key, STR("v"), sealed, arena, &plain));
        at[bit / 8] ^= (char)(1 << bit % 8);
    }
    at = (char *)(uintptr_t)key.sealed.p;
    for (size_t bit = 0; bit < key.sealed.n * 8; bit++) {
        at[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(keyring_open(keyring, &key, STR("v"), sealed, arena, &plain));
        at[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(keyring_open(keyring, &key, STR("v"), sealed, arena, &plain));
    for (size_t n = 0; n < sealed.n; n++)
        assert_false(
            keyring_open(keyring, &key, STR("v"), str_of(sealed.p, n), arena, &plain));
    for (size_t n = 0; n < key.sealed.n; n++)
        assert_true(str_absent(keyring_id_of(str_of(key.sealed.p, n))));
    keyring_destroy(&keyring);
}

static void sealed_bytes_are_bound_to_their_place(void **state)
{
    struct arena *arena = *state;
    struct keyring *keyring = ring_of(arena, K1);
    struct data_key mine = {STR("acc_1"),
                            keyring_new_data_key(keyring, STR("acc_1"), arena)};
    struct data_key stolen = {STR("acc_2"), mine.sealed};
    str sealed, plain;
    assert_true(keyring_seal(keyring, &mine, STR("v 1"), STR("text"), arena, &sealed));
    assert_false(keyring_open(keyring, &mine, STR("v 2"), sealed, arena, &plain));
    assert_false(keyring_open(keyring, &stolen, STR("v 1"), sealed, arena, &plain));
    assert_false(keyring_seal(keyring, &stolen, STR("v 1"), STR("x"), arena, &sealed));
    keyring_destroy(&keyring);
}

static void resealing_changes_the_master_key_alone(void **state)
{
    struct arena *arena = *state;
    struct keyring *both = ring_of(arena, K1 K2);
    struct keyring *old = ring_of(arena, K1), *new = ring_of(arena, K2);
    str sealed, plain, resealed;
    assert_true(keyring_seal_with(both, STR("k1")));
    struct data_key key = {STR("acc_1"), keyring_new_data_key(both, STR("acc_1"), arena)};
    assert_true(keyring_seal(both, &key, STR("v"), STR("text"), arena, &sealed));
    assert_true(keyring_seal_with(both, STR("k2")));
    assert_true(keyring_reseal(both, &key, arena, &resealed));
    assert_str(keyring_id_of(resealed), STR("k2"));
    struct data_key again = {STR("acc_1"), resealed};
    assert_true(keyring_open(new, &again, STR("v"), sealed, arena, &plain));
    assert_str(plain, STR("text"));
    assert_false(keyring_open(old, &again, STR("v"), sealed, arena, &plain));
    assert_false(keyring_reseal(new, &key, arena, &resealed));
    keyring_destroy(&both);
    keyring_destroy(&old);
    keyring_destroy(&new);
}

static void another_key_of_the_same_id_opens_nothing(void **state)
{
    struct arena *arena = *state;
    struct keyring *one = ring_of(arena, K1), *other = ring_of(arena, K1_OTHER);
    struct data_key key = {STR("acc_1"), keyring_new_data_key(one, STR("acc_1"), arena)};
    str sealed, plain;
    assert_true(keyring_seal(one, &key, STR("v"), STR("text"), arena, &sealed));
    assert_false(keyring_open(other, &key, STR("v"), sealed, arena, &plain));
    keyring_destroy(&one);
    keyring_destroy(&other);
}

static void reloading_adds_and_forgets(void **state)
{
    struct arena *arena = *state;
    struct keyring *keyring = ring_of(arena, K1);
    str why = STR_NONE;
    assert_true(keyring_reload(keyring, STR(K1 K2), arena, &why));
    assert_str(keyring_sealing_id(keyring, arena), STR("k1"));
    assert_true(keyring_has(keyring, STR("k2")));
    assert_false(keyring_reload(keyring, STR(K2), arena, &why));
    assert_says(why, "\"k1\" is missing, and it is the one that seals");
    assert_false(keyring_reload(keyring, STR(K1_OTHER), arena, &why));
    assert_says(why, "\"k1\" has changed");
    assert_false(keyring_reload(keyring, STR("rubbish"), arena, &why));
    assert_true(keyring_has(keyring, STR("k1")) && keyring_has(keyring, STR("k2")));
    assert_true(keyring_seal_with(keyring, STR("k2")));
    assert_true(keyring_reload(keyring, STR(K2), arena, &why));
    assert_false(keyring_has(keyring, STR("k1")));
    keyring_destroy(&keyring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_keyring(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_read_from_lines),
        TEST(bad_lines_are_refused_without_showing_keys),
        TEST(a_fresh_line_can_be_read),
        TEST(what_is_sealed_can_be_opened),
        TEST(a_single_wrong_bit_is_noticed),
        TEST(sealed_bytes_are_bound_to_their_place),
        TEST(resealing_changes_the_master_key_alone),
        TEST(another_key_of_the_same_id_opens_nothing),
        TEST(reloading_adds_and_forgets),
    };
    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
