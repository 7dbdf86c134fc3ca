#include "groups.h"
#include "stage.h"

enum { SEGMENTS_MAX = 16 };

static size_t candidates(struct stage *stage, usec before, uint64_t bytes,
                         struct journal_segment *ret)
{
    return journal_candidates(stage->journal, before, bytes, ret, SEGMENTS_MAX);
}

static usec wall(struct stage *stage)
{
    return world_wall(&stage->world.world);
}

static void old_segments_may_go(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[SEGMENTS_MAX];
    stage_fill(stage, 5000, 2);
    usec then = wall(stage) + 1;
    false_world_advance(&stage->world, USEC_H);
    stage_fill(stage, 5000, 2);
    assert_int_equal(candidates(stage, 0, UINT64_MAX, segments), 0);
    assert_int_equal(candidates(stage, then, UINT64_MAX, segments), 2);
    assert_true(segments[0].segment < segments[1].segment);
    assert_true(segments[0].end_sequence <= segments[1].first_sequence);
    assert_int_equal(segments[0].records,
                     segments[0].end_sequence - segments[0].first_sequence);
    assert_int_equal(candidates(stage, wall(stage) + 1, UINT64_MAX, segments), 4);
    assert_int_equal(
        journal_candidates(stage->journal, wall(stage) + 1, UINT64_MAX, segments, 3), 3);
}

static void as_many_may_go_as_are_too_many(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[SEGMENTS_MAX];
    stage_fill(stage, 5000, 4);
    while (stage_stats(stage).spare == 0)
        usleep(100); /* it is being made */
    uint64_t bytes = stage_stats(stage).disk_bytes;
    assert_int_equal(bytes, 6 * JOURNAL_SEGMENT_BYTES_MIN); /* the spare is one */
    assert_int_equal(candidates(stage, 0, bytes, segments), 0);
    assert_int_equal(candidates(stage, 0, bytes - 1, segments), 1);
    assert_int_equal(
        candidates(stage, 0, bytes - JOURNAL_SEGMENT_BYTES_MIN - 1, segments), 2);
    assert_int_equal(candidates(stage, 0, 0, segments), 4); /* the newest stays */
}

static void a_dropped_segment_is_gone_for_good(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[SEGMENTS_MAX];
    struct journal_ref first;
    stage_append(stage, JOURNAL_DURABLE, STR("first"), &first);
    stage_fill(stage, 5000, 1);
    assert_int_equal(candidates(stage, 0, 0, segments), 1);
    assert_int_equal(segments[0].segment, first.segment);
    assert_int_equal(stage_drop(stage, first.segment), ERR_NONE);
    assert_int_equal(stage_read(stage, &first, NULL), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(stage_drop(stage, first.segment), ERR_PAYLOAD_EXPIRED);
    stage_reopen(stage);
    assert_int_equal(stage_read(stage, &first, NULL), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(stage_drop(stage, first.segment), ERR_PAYLOAD_EXPIRED);
}

static void the_newest_stays(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &ref);
    assert_int_equal(stage_drop(stage, ref.segment), ERR_STATE_CONFLICT);
    stage_reopen(stage);
    assert_int_equal(stage_drop(stage, ref.segment), ERR_STATE_CONFLICT);
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_NONE);
}

static void an_older_segment_may_stay(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[SEGMENTS_MAX];
    struct journal_ref first, last;
    struct journal_entry entry;
    stage_append(stage, JOURNAL_DURABLE, STR("kept"), &first);
    stage_fill(stage, 5000, 3);
    assert_int_equal(candidates(stage, 0, 0, segments), 3);
    assert_int_equal(stage_drop(stage, segments[1].segment), ERR_NONE);
    assert_int_equal(stage_drop(stage, segments[2].segment), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stage_read(stage, &first, &entry), ERR_NONE);
        assert_str(entry.bytes, STR("kept"));
        stage_reopen(stage);
        stage_append(stage, JOURNAL_DURABLE, STR("last"), &last);
        assert_str(stage_texts(stage, last.sequence - 1), STR(" last"));
    }
}

/* What a recycled file still holds is never taken for a record. */
static void files_are_used_again(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[SEGMENTS_MAX];
    struct journal_ref old, last;
    stage_append(stage, JOURNAL_DURABLE, STR("old"), &old);
    stage_fill(stage, 5000, 2);
    for (int i = 0; i < 20; i++) {
        size_t n = candidates(stage, 0, 0, segments);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(stage_drop(stage, segments[k].segment), ERR_NONE);
        stage_fill(stage, 5000, 2);
    }
    assert_in_range(stage_stats(stage).disk_bytes, 1, 6 * JOURNAL_SEGMENT_BYTES_MIN);
    assert_true(false_disk_used(&stage->disk) <= 6 * JOURNAL_SEGMENT_BYTES_MIN);
    stage_append(stage, JOURNAL_DURABLE, STR("last"), &last);
    assert_int_equal(stage_read(stage, &old, NULL), ERR_PAYLOAD_EXPIRED);
    stage_lose_power(stage);
    stage_open(stage);
    assert_str(stage_texts(stage, last.sequence - 1), STR(" last"));
    assert_int_equal(stage_stats(stage).torn, 0);
}

struct scanning {
    struct stage *stage;
    uint64_t segment;
    enum err err;
};

static bool drop_inside(void *arg, const struct journal_entry *entry)
{
    struct scanning *scanning = arg;
    (void)entry;
    scanning->err = stage_drop(scanning->stage, scanning->segment);
    return false;
}

static void a_segment_that_is_scanned_stays(void **state)
{
    struct stage *stage = *state;
    struct journal_cursor cursor;
    struct journal_ref first;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &first);
    stage_fill(stage, 5000, 1);
    struct scanning scanning = {stage, first.segment, ERR_NONE};
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    assert_int_equal(
        journal_scan(stage->journal, &cursor, 1, drop_inside, &scanning, NULL), ERR_NONE);
    assert_int_equal(scanning.err, ERR_STATE_CONFLICT);
    assert_int_equal(stage_drop(stage, first.segment), ERR_NONE);
}

static void a_drop_that_fails_keeps_it(void **state)
{
    struct stage *stage = *state;
    struct journal_ref first;
    stage_append(stage, JOURNAL_DURABLE, STR("x"), &first);
    stage_fill(stage, 5000, 2);
    while (stage_stats(stage).spare == 0)
        usleep(100);
    stage->disk.renames_fail_in = 1;
    assert_int_equal(stage_drop(stage, first.segment), ERR_JOURNAL_UNAVAILABLE);
    stage_assert_told(stage, "dropping segment");
    assert_int_equal(stage_read(stage, &first, NULL), ERR_NONE);
    assert_str(str_of(stage_texts(stage, 0).p, 2), STR(" x"));
    assert_int_equal(stage_drop(stage, first.segment), ERR_NONE);
}

int test_drop(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(old_segments_may_go),
        STAGE_TEST(as_many_may_go_as_are_too_many),
        STAGE_TEST(a_dropped_segment_is_gone_for_good),
        STAGE_TEST(the_newest_stays),
        STAGE_TEST(an_older_segment_may_stay),
        STAGE_TEST(files_are_used_again),
        STAGE_TEST(a_segment_that_is_scanned_stays),
        STAGE_TEST(a_drop_that_fails_keeps_it),
    };
    return cmocka_run_group_tests_name("drop", tests, NULL, NULL);
}
