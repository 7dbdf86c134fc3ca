#include "journal/framing.h"

#include "base/mem.h"
#include "groups.h"
#include "journal/segment.h"
#include "support/unit.h"

enum { SEGMENT = 77 };

static void a_block_comes_back(void **state)
{
    (void)state;
    const uint64_t words[FRAMING_BLOCK_WORDS] = {1, 2, UINT64_MAX, 4, 0, 6};
    uint64_t read[FRAMING_BLOCK_WORDS];
    char block[FRAMING_BLOCK_BYTES];
    framing_write_block(FRAMING_HEAD, words, block);
    assert_true(framing_read_block(FRAMING_HEAD, block, read, NULL));
    assert_memory_equal(read, words, sizeof(words));
    assert_false(framing_read_block(FRAMING_CLOSING, block, read, NULL));
}

static void a_block_with_any_bit_turned_is_none(void **state)
{
    (void)state;
    const uint64_t words[FRAMING_BLOCK_WORDS] = {1, 2, 3, 4, 5, 6};
    uint64_t read[FRAMING_BLOCK_WORDS];
    char block[FRAMING_BLOCK_BYTES];
    uint32_t layout;
    framing_write_block(FRAMING_CLOSING, words, block);
    for (size_t bit = 0; bit < 8 * sizeof(block); bit++) {
        block[bit / 8] = (char)(block[bit / 8] ^ 1 << bit % 8);
        assert_false(framing_read_block(FRAMING_CLOSING, block, read, &layout));
        assert_int_equal(layout, 0);
        block[bit / 8] = (char)(block[bit / 8] ^ 1 << bit % 8);
    }
}

static size_t make_record(char *at)
{
    static const char payload[] = "keypayload";
    struct framing_record record = {.sequence = 5,
                                    .type = 9,
                                    .key_bytes = 3,
                                    .bytes = FRAMING_HEAD_BYTES + sizeof(payload)};
    memcpy(at + FRAMING_HEAD_BYTES, payload, sizeof(payload));
    framing_write_record(&record, SEGMENT, at);
    return record.bytes;
}

static void a_record_with_any_bit_turned_is_none(void **state)
{
    (void)state;
    char at[64];
    struct framing_record record;
    size_t n = make_record(at);
    framing_read_record(at, &record);
    assert_int_equal(record.sequence, 5);
    assert_int_equal(record.type, 9);
    assert_int_equal(record.key_bytes, 3);
    assert_int_equal(record.bytes, n);
    assert_true(framing_check_record(at, &record, SEGMENT));
    for (size_t bit = 32; bit < 8 * n;
         bit++) { /* its length is bounded by who reads it */
        at[bit / 8] = (char)(at[bit / 8] ^ 1 << bit % 8);
        framing_read_record(at, &record);
        assert_false(framing_check_record(at, &record, SEGMENT));
        at[bit / 8] = (char)(at[bit / 8] ^ 1 << bit % 8);
    }
}

static void a_record_belongs_to_its_segment_alone(void **state)
{
    (void)state;
    char at[64];
    struct framing_record record;
    make_record(at);
    framing_read_record(at, &record);
    assert_false(framing_check_record(at, &record, SEGMENT + 1));
}

static void names_come_back(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "lock",
                                      "0000000000000001",
                                      "000000000000001.segment",
                                      ".segment",
                                      "000000000000000G.segment",
                                      "0000000000000001.segments",
                                      "0000000000000001.tmp"};
    uint64_t number;
    enum segment_name name;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(segment_parse_name(bad[i], &number, &name));
    char *path = segment_path("d", 0xfedcba9876543210, SEGMENT_SPARE);
    assert_string_equal(path, "d/fedcba9876543210.spare");
    assert_true(segment_parse_name(path + 2, &number, &name));
    assert_true(number == 0xfedcba9876543210 && name == SEGMENT_SPARE);
    mem_free(path);
}

int test_framing(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_comes_back),
        cmocka_unit_test(a_block_with_any_bit_turned_is_none),
        cmocka_unit_test(a_record_with_any_bit_turned_is_none),
        cmocka_unit_test(a_record_belongs_to_its_segment_alone),
        cmocka_unit_test(names_come_back),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
