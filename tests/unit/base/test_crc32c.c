#include "base/crc32c.h"
#include "support/unit.h"
#include "tests.h"

/* RFC 3720 appendix B.4, and the check value of the CRC catalogues. */
static void the_sums_are_those_of_the_standard(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0}, ones[32], rising[32], falling[32];
    for (unsigned i = 0; i < 32; i++) {
        ones[i] = 0xff;
        rising[i] = (uint8_t)i;
        falling[i] = (uint8_t)(31 - i);
    }
    uint32_t (*const sums[])(uint32_t, const void *, size_t) = {crc32c, crc32c_portable};
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        assert_int_equal(sums[i](0, zeros, 32), 0x8a9136aa);
        assert_int_equal(sums[i](0, ones, 32), 0x62a8ab43);
        assert_int_equal(sums[i](0, rising, 32), 0x46dd794e);
        assert_int_equal(sums[i](0, falling, 32), 0x113fdb5c);
        assert_int_equal(sums[i](0, "123456789", 9), 0xe3069283);
        assert_int_equal(sums[i](0, "", 0), 0);
    }
}

static void instruction_and_table_agree(void **state)
{
    (void)state;
    uint64_t seed = 1;
    uint8_t bytes[512];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)unit_random(&seed);
    for (int i = 0; i < 2000; i++) {
        size_t at = unit_below(&seed, sizeof(bytes));
        size_t n = unit_below(&seed, sizeof(bytes) - at + 1);
        uint32_t begun = (uint32_t)unit_random(&seed);
        assert_int_equal(crc32c(begun, bytes + at, n),
                         crc32c_portable(begun, bytes + at, n));
    }
}

static void a_sum_of_pieces_is_that_of_the_whole(void **state)
{
    (void)state;
    static const char text[] = "what a disk has torn or turned";
    uint32_t whole = crc32c(0, text, sizeof(text));
    for (size_t cut = 0; cut <= sizeof(text); cut++)
        assert_int_equal(crc32c(crc32c(0, text, cut), text + cut, sizeof(text) - cut),
                         whole);
}

int test_crc32c(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sums_are_those_of_the_standard),
        cmocka_unit_test(instruction_and_table_agree),
        cmocka_unit_test(a_sum_of_pieces_is_that_of_the_whole),
    };
    return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
