#include "base/hash.h"
#include "support/unit.h"
#include "tests.h"

/* Key 00 01 … 0f and messages 00 01 02 …, as in the paper's test for SipHash-2-4; these
 * values are of a SipHash-1-3 that was checked against that test with its rounds. */
static void the_hash_is_siphash_1_3(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t hash;
    } rows[] = {
        {0, 0xabac0158050fc4dc},  {1, 0xc9f49bf37d57ca93},  {7, 0xd3927d989bb11140},
        {8, 0x369095118d299a8e},  {9, 0x25a48eb36c063de4},  {15, 0xd320d86d2a519956},
        {16, 0xcc4fdd1a7d908b66}, {63, 0x9d199062b7bbb3a8},
    };
    uint8_t key[16];
    char message[64];
    for (size_t i = 0; i < 16; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < 64; i++)
        message[i] = (char)i;
    hash_seed(key);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(hash_str(str_of(message, rows[i].n)) == rows[i].hash);
}

static void another_key_gives_other_hashes(void **state)
{
    (void)state;
    uint8_t key[16] = {1};
    hash_seed(key);
    uint64_t before = hash_str(STR("name"));
    uint64_t stable = hash_stable(STR("name"));
    key[15] = 1;
    hash_seed(key);
    assert_true(hash_str(STR("name")) != before);
    assert_true(hash_stable(STR("name")) == stable);
}

/* Stored and compared between processes: must never change. */
static void the_stable_hash_is_the_same_for_ever(void **state)
{
    (void)state;
    assert_true(hash_stable(STR("")) == 0xb3197294faa82c5a);
    assert_true(hash_stable(STR("account-42")) == 0x477794556b1420b5);
}

static void case_can_be_ignored(void **state)
{
    (void)state;
    assert_true(hash_str_nocase(STR("Content-Type")) ==
                hash_str_nocase(STR("content-tYPE")));
    assert_true(hash_str_nocase(STR("content-type")) == hash_str(STR("content-type")));
    assert_true(hash_str_nocase(STR("content-type")) !=
                hash_str_nocase(STR("content_type")));
}

/* Each bit of the message changes about half of the bits of the hash. */
static void all_bits_of_the_message_count(void **state)
{
    (void)state;
    char message[24] = {0};
    str text = str_of(message, sizeof(message));
    uint64_t before = hash_str(text);
    for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
        message[bit / 8] = (char)(1 << bit % 8);
        int changed = __builtin_popcountll(before ^ hash_str(text));
        assert_true(changed > 10 && changed < 54);
        message[bit / 8] = 0;
    }
}

static void absent_and_empty_hash_alike(void **state)
{
    (void)state;
    assert_true(hash_str(STR_NONE) == hash_str(STR("")));
}

int test_hash(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(another_key_gives_other_hashes),
        cmocka_unit_test(the_stable_hash_is_the_same_for_ever),
        cmocka_unit_test(case_can_be_ignored),
        cmocka_unit_test(all_bits_of_the_message_count),
        cmocka_unit_test(absent_and_empty_hash_alike),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
