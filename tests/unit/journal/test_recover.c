#include "base/crc32c.h"
#include "groups.h"
#include "journal/framing.h"
#include "journal/segment.h"
#include "stage.h"

static char *bytes_of_segment(struct stage *stage, unsigned i, uint64_t *ret_n)
{
    return false_disk_bytes(&stage->disk, stage_segment_path(stage, i), ret_n);
}

static void a_clean_end_is_found_clean(void **state)
{
    struct stage *stage = *state;
    stage_append(stage, JOURNAL_DURABLE, STR("a"), NULL);
    stage_append(stage, JOURNAL_RELAXED, STR("b"), NULL);
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" a b"));
    assert_int_equal(stage_stats(stage).torn, 0);
    assert_int_equal(stage->told, 0);
}

/* Power goes in the middle of a batch: here, at each byte that a write may have ended. */
static void a_torn_tail_is_cut(void **state)
{
    struct stage *stage = *state;
    struct journal_ref last;
    char was[256];
    uint64_t n;
    stage_append(stage, JOURNAL_DURABLE, STR("safe"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("torn somewhere"), &last);
    unsigned size = FRAMING_HEAD_BYTES + last.bytes;
    stage_lose_power(stage);
    char *bytes = bytes_of_segment(stage, 0, &n);
    memcpy(was, bytes + last.offset, size);
    for (unsigned kept = 0; kept <= size; kept++) {
        bytes = bytes_of_segment(stage, 0, &n);
        memset(bytes + FRAMING_CLOSING_AT, 0, FRAMING_BLOCK_BYTES);
        memcpy(bytes + last.offset, was, kept);
        memset(bytes + last.offset + kept, 0, size - kept);
        stage->told = 0;
        stage_open(stage);
        assert_str(stage_texts(stage, 0),
                   kept == size ? STR(" safe torn somewhere") : STR(" safe"));
        if (kept >= 16 && kept < size) { /* its sequence shows that it began */
            assert_int_equal(stage_stats(stage).torn, 1);
            assert_int_equal(stage->told, 1);
            assert_int_equal(stage->told_err, ERR_NONE);
            stage_assert_told(stage, "was torn at offset");
        }
        journal_close(&stage->journal);
    }
    stage_open(stage);
}

static void what_is_cut_stays_cut(void **state)
{
    struct stage *stage = *state;
    struct journal_ref torn, next;
    uint64_t n;
    stage_append(stage, JOURNAL_DURABLE, STR("safe"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("torn"), &torn);
    stage_lose_power(stage);
    bytes_of_segment(stage, 0, &n)[torn.offset + FRAMING_HEAD_BYTES] ^= 1;
    stage_open(stage);
    assert_int_equal(stage_read(stage, &torn, NULL), ERR_PAYLOAD_DAMAGED);
    stage_append(stage, JOURNAL_DURABLE, STR("next"), &next);
    assert_true(next.sequence > torn.sequence); /* no number is given twice */
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" safe next"));
    assert_int_equal(stage_stats(stage).torn, 0);
}

/* A bad record in any but the newest segment, or before a clean end. */
static void damage_elsewhere_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    uint64_t n;
    struct journal_ref ref;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("spoilt"), &ref);
    stage_fill(stage, 5000, 2);
    stage_lose_power(stage);
    char *byte = bytes_of_segment(stage, 0, &n) + ref.offset + FRAMING_HEAD_BYTES;
    *byte ^= 1;
    str why = stage_refusal(stage);
    assert_says(why, stage_segment_path(stage, 0));
    assert_says(why,
                arena_printf(&stage->arena, "is damaged at offset %u", ref.offset).p);
    stage->config.position = ref.sequence + 100; /* the owner has all of it */
    stage_open(stage);
    journal_close(&stage->journal);
    stage->config.position = 0;
    *byte ^= 1;
    stage_open(stage);
}

static void a_damaged_newest_that_was_closed_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    uint64_t n;
    struct journal_ref ref;
    stage_append(stage, JOURNAL_DURABLE, STR("spoilt"), &ref);
    stage_append(stage, JOURNAL_DURABLE, STR("x"), NULL);
    journal_close(&stage->journal);
    char *byte = bytes_of_segment(stage, 0, &n) + ref.offset + FRAMING_HEAD_BYTES;
    *byte ^= 1;
    assert_says(stage_refusal(stage), "is damaged at offset 8192");
    *byte ^= 1;
    stage_open(stage);
}

static void a_damaged_head_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    uint64_t n;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), NULL);
    journal_close(&stage->journal);
    char *bytes = bytes_of_segment(stage, 0, &n);
    bytes[20] ^= 1;
    assert_says(stage_refusal(stage), "is damaged at offset 0");
    bytes[20] ^= 1;
    stage_open(stage);
}

static void a_segment_that_was_cut_short_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    stage_fill(stage, 5000, 1);
    journal_close(&stage->journal);
    false_disk_cut(&stage->disk, stage_segment_path(stage, 0), 20000);
    assert_says(stage_refusal(stage), "it has 20000 bytes and should have records up to");
    false_disk_cut(&stage->disk, stage_segment_path(stage, 0), 0);
    assert_says(stage_refusal(stage), "is damaged at offset 0");
    false_disk_cut(&stage->disk, stage_segment_path(stage, 0), JOURNAL_SEGMENT_BYTES_MIN);
    stage_open(stage);
}

static void a_lost_segment_behind_one_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    uint64_t n;
    stage_fill(stage, 5000, 2);
    journal_close(&stage->journal);
    memset(bytes_of_segment(stage, 0, &n) + FRAMING_CLOSING_AT, 0, FRAMING_BLOCK_BYTES);
    stage_open(stage); /* the next one says where it ends */
    journal_close(&stage->journal);
    memset(bytes_of_segment(stage, 0, &n) + FRAMING_CLOSING_AT, 0, FRAMING_BLOCK_BYTES);
    stage->disk.disk.ops->remove(&stage->disk.disk, stage_segment_path(stage, 1));
    assert_says(stage_refusal(stage), "does not say where it ends");
}

static void another_layout_refuses_to_open(void **state)
{
    struct stage *stage = *state;
    uint64_t n;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), NULL);
    journal_close(&stage->journal);
    char *block = bytes_of_segment(stage, 0, &n);
    block[8]++; /* its layout; its sum is over all but itself (framing.h) */
    uint32_t sum = crc32c(crc32c(0, block, 12), block + 16, FRAMING_BLOCK_BYTES - 16);
    for (int i = 0; i < 4; i++)
        block[12 + i] = (char)(sum >> 8 * i);
    assert_says(stage_refusal(stage), "has layout 2, and this Breakwater knows layout 1");
}

static void a_directory_that_cannot_be_used_is_said(void **state)
{
    struct stage *stage = *state;
    journal_close(&stage->journal);
    stage->disk.dead = true;
    assert_says(stage_refusal(stage), "The journal's directory journal cannot be used");
    stage->disk.dead = false;
    stage_open(stage);
}

static void the_owner_s_position_is_never_given_again(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    journal_close(&stage->journal);
    stage->config.position = 1000000;
    stage_open(stage);
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &ref);
    assert_true(ref.sequence == 1000001);
}

static void spares_are_used_after_a_restart(void **state)
{
    struct stage *stage = *state;
    while (stage_stats(stage).spare == 0)
        usleep(100);
    for (int i = 0; i < 5; i++) {
        stage_reopen(stage);
        assert_int_equal(stage_stats(stage).spare, 1);
        assert_true(false_disk_used(&stage->disk) == JOURNAL_SEGMENT_BYTES_MIN);
    }
}

static void spares_of_another_size_are_removed(void **state)
{
    struct stage *stage = *state;
    while (stage_stats(stage).spare == 0)
        usleep(100);
    journal_close(&stage->journal);
    stage->config.segment_bytes = 2 * JOURNAL_SEGMENT_BYTES_MIN;
    stage_open(stage);
    while (stage_stats(stage).spare == 0)
        usleep(100);
    assert_true(false_disk_used(&stage->disk) == 2 * JOURNAL_SEGMENT_BYTES_MIN);
}

/* A process died of a failed sync; the kernel holds what it could not write for written.
 * The next one builds on it only after it has been written again. */
static void what_is_found_good_is_written_again(void **state)
{
    struct stage *stage = *state;
    stage_append(stage, JOURNAL_DURABLE, STR("safe"), NULL);
    stage_append(stage, JOURNAL_RELAXED, STR("in memory alone"), NULL);
    stage->disk.dead = true; /* for this process */
    journal_close(&stage->journal);
    stage->disk.dead = false;
    false_disk_forget(&stage->disk, stage_segment_path(stage, 0));
    stage_open(stage);
    assert_str(stage_texts(stage, 0), STR(" safe in memory alone"));
    stage_append(stage, JOURNAL_DURABLE, STR("later"), NULL);
    stage_lose_power(stage);
    stage_open(stage);
    assert_str(stage_texts(stage, 0), STR(" safe in memory alone later"));
}

int test_recover(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(a_clean_end_is_found_clean),
        STAGE_TEST(a_torn_tail_is_cut),
        STAGE_TEST(what_is_cut_stays_cut),
        STAGE_TEST(damage_elsewhere_refuses_to_open),
        STAGE_TEST(a_damaged_newest_that_was_closed_refuses_to_open),
        STAGE_TEST(a_damaged_head_refuses_to_open),
        STAGE_TEST(a_segment_that_was_cut_short_refuses_to_open),
        STAGE_TEST(a_lost_segment_behind_one_refuses_to_open),
        STAGE_TEST(another_layout_refuses_to_open),
        STAGE_TEST(a_directory_that_cannot_be_used_is_said),
        STAGE_TEST(the_owner_s_position_is_never_given_again),
        STAGE_TEST(spares_are_used_after_a_restart),
        STAGE_TEST(spares_of_another_size_are_removed),
        STAGE_TEST(what_is_found_good_is_written_again),
    };
    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
