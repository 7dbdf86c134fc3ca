#include "groups.h"
#include "journal/framing.h"
#include "stage.h"

static void references_outlive_the_process(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    struct journal_entry entry;
    stage_append(stage, JOURNAL_DURABLE, STR("before"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("kept"), &ref);
    stage_reopen(stage);
    assert_int_equal(stage_read(stage, &ref, &entry), ERR_NONE);
    assert_str(entry.bytes, STR("kept"));
    assert_true(entry.ref.sequence == ref.sequence);
}

static void a_reference_to_nothing_has_expired(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &ref);
    ref.segment++;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_EXPIRED);
    ref.segment = 0;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_EXPIRED);
}

/* Any reference but the one that was answered gets an error, never bytes. */
static void a_wrong_reference_gets_no_bytes(void **state)
{
    struct stage *stage = *state;
    struct journal_ref good[2], ref;
    stage_append(stage, JOURNAL_DURABLE, STR("the first record"), &good[0]);
    stage_append(stage, JOURNAL_DURABLE, STR("the second one"), &good[1]);
    for (uint32_t offset = 0; offset < FRAMING_RECORDS_AT + 2048; offset += 8) {
        ref = good[0];
        ref.offset = offset;
        enum err wanted = offset == good[0].offset ? ERR_NONE : ERR_PAYLOAD_DAMAGED;
        assert_int_equal(stage_read(stage, &ref, NULL), wanted);
    }
    for (uint32_t bytes = 0; bytes < 40; bytes++) {
        ref = good[1];
        ref.bytes = bytes;
        enum err wanted = bytes == good[1].bytes ? ERR_NONE : ERR_PAYLOAD_DAMAGED;
        assert_int_equal(stage_read(stage, &ref, NULL), wanted);
    }
    ref = good[0];
    ref.sequence++;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_DAMAGED);
    ref = good[0];
    ref.bytes = UINT32_MAX;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_DAMAGED);
    ref = good[0];
    ref.offset = UINT32_MAX - 7;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_DAMAGED);
}

static void a_turned_bit_is_found(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    uint64_t n;
    stage_append(stage, JOURNAL_DURABLE, STR("seven"), &ref);
    char *bytes = false_disk_bytes(&stage->disk, stage_segment_path(stage, 0), &n);
    for (uint32_t i = 0; i < FRAMING_HEAD_BYTES + ref.bytes; i++) {
        bytes[ref.offset + i] ^= 4;
        assert_int_equal(stage_read(stage, &ref, NULL), ERR_PAYLOAD_DAMAGED);
        bytes[ref.offset + i] ^= 4;
    }
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_NONE);
}

static void a_disk_that_does_not_read_is_said(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &ref);
    stage->disk.dead = true;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_JOURNAL_UNAVAILABLE);
    stage_assert_told(stage, "reading segment");
    stage->disk.dead = false;
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_NONE);
}

int test_read(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(references_outlive_the_process),
        STAGE_TEST(a_reference_to_nothing_has_expired),
        STAGE_TEST(a_wrong_reference_gets_no_bytes),
        STAGE_TEST(a_turned_bit_is_found),
        STAGE_TEST(a_disk_that_does_not_read_is_said),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
