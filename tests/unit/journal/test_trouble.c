#include "groups.h"
#include "stage.h"

static void set(struct stage *stage, unsigned *fault, unsigned in)
{
    pthread_mutex_lock(&stage->disk.lock);
    *fault = in;
    pthread_mutex_unlock(&stage->disk.lock);
}

static void await_spare(struct stage *stage)
{
    while (stage_stats(stage).spare == 0)
        usleep(100);
}

/* --- a sync that fails --- */

static void a_failed_sync_is_never_repeated(void **state)
{
    struct stage *stage = *state;
    struct journal_ref before, after;
    stage_append(stage, JOURNAL_DURABLE, STR("before"), &before);
    await_spare(stage);
    set(stage, &stage->disk.syncs_fail_in, 1);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("lost"), NULL),
                     ERR_JOURNAL_UNAVAILABLE);
    assert_int_equal(stage_stats(stage).state, JOURNAL_SEALED);
    assert_int_equal(stage_stats(stage).abandoned, 1);
    assert_int_equal(stage->told_err, ERR_JOURNAL_UNAVAILABLE);
    stage_assert_told(stage, "syncing segment");
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("after"), &after),
                     ERR_NONE);
    assert_true(after.segment > before.segment);
    assert_int_equal(stage_stats(stage).state, JOURNAL_WORKING);
    assert_str(stage_texts(stage, 0), STR(" before after"));
    stage_lose_power(stage);
    stage_open(stage);
    assert_str(stage_texts(stage, 0), STR(" before after"));
    assert_int_equal(stage_read(stage, &before, NULL), ERR_NONE);
    assert_int_equal(stage_read(stage, &after, NULL), ERR_NONE);
}

static void a_failed_write_seals_the_segment_too(void **state)
{
    struct stage *stage = *state;
    struct journal_ref before;
    stage_append(stage, JOURNAL_DURABLE, STR("before"), &before);
    await_spare(stage);
    set(stage, &stage->disk.writes_fail_in, 1);
    assert_int_equal(stage_append(stage, JOURNAL_RELAXED, STR("lost"), NULL),
                     ERR_JOURNAL_UNAVAILABLE);
    stage_assert_told(stage, "writing segment");
    assert_int_equal(stage_append(stage, JOURNAL_RELAXED, STR("after"), NULL), ERR_NONE);
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" before after"));
}

/* Nothing that a sealed segment's end hangs on may go before it. */
static void the_segment_behind_an_abandoned_one_stays(void **state)
{
    struct stage *stage = *state;
    struct journal_segment segments[4];
    struct journal_ref before, after;
    stage_append(stage, JOURNAL_DURABLE, STR("before"), &before);
    await_spare(stage);
    set(stage, &stage->disk.syncs_fail_in, 1);
    stage_append(stage, JOURNAL_DURABLE, STR("lost"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("after"), &after);
    stage_fill(stage, 5000, 1);
    assert_int_equal(journal_candidates(stage->journal, 0, 0, segments, 4), 1);
    assert_int_equal(segments[0].segment, before.segment);
    assert_int_equal(segments[0].records, 1);
    assert_int_equal(stage_drop(stage, after.segment), ERR_STATE_CONFLICT);
    stage_reopen(stage); /* it is told its own end */
    assert_int_equal(stage_drop(stage, after.segment), ERR_NONE);
    stage_reopen(stage);
    assert_int_equal(stage_read(stage, &before, NULL), ERR_NONE);
}

static void a_dead_disk_is_tried_again_after_a_while(void **state)
{
    struct stage *stage = *state;
    stage_append(stage, JOURNAL_DURABLE, STR("before"), NULL);
    await_spare(stage);
    stage->disk.dead = true;
    for (int i = 0; i < 3; i++)
        assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("no"), NULL),
                         ERR_JOURNAL_UNAVAILABLE);
    uint64_t faults = stage_stats(stage).faults;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("no"), NULL),
                     ERR_JOURNAL_UNAVAILABLE);
    assert_int_equal(stage_stats(stage).faults, faults); /* it was not asked */
    assert_int_equal(stage_stats(stage).state, JOURNAL_SEALED);
    stage->disk.dead = false;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("no"), NULL),
                     ERR_JOURNAL_UNAVAILABLE);
    false_world_advance(&stage->world, 2 * USEC_S);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("again"), NULL), ERR_NONE);
    assert_int_equal(stage_stats(stage).state, JOURNAL_WORKING);
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" before again"));
}

static void a_segment_that_cannot_be_closed_is_abandoned(void **state)
{
    struct stage *stage = *state;
    static char half[JOURNAL_SEGMENT_BYTES_MIN / 2];
    struct journal_ref last;
    memset(half, 'h', sizeof(half));
    stage_append(stage, JOURNAL_DURABLE, STR("a"), NULL);
    stage_append(stage, JOURNAL_DURABLE, str_of(half, sizeof(half)), NULL);
    await_spare(stage);
    set(stage, &stage->disk.syncs_fail_in, 1);
    assert_int_equal(
        stage_append(stage, JOURNAL_DURABLE, str_of(half, sizeof(half)), &last),
        ERR_NONE);
    assert_int_equal(stage_stats(stage).abandoned, 1);
    stage_assert_told(stage, "closing segment");
    stage_lose_power(stage);
    stage_open(stage);
    assert_int_equal(stage_texts(stage, 0).n, 2 + 2 * (1 + sizeof(half)));
}

/* The sync of its closing fails, the next process finds the closing in the kernel's
 * memory, and then the segment behind it goes. */
static void lose_a_closing(uint64_t seed)
{
    struct stage *stage = stage_create(seed);
    static char half[JOURNAL_SEGMENT_BYTES_MIN / 2];
    struct journal_ref after;
    stage_open(stage);
    stage_append(stage, JOURNAL_DURABLE, STR("kept"), NULL);
    stage_append(stage, JOURNAL_DURABLE, str_of(half, sizeof(half)), NULL);
    await_spare(stage);
    set(stage, &stage->disk.syncs_fail_in, 1);
    stage_append(stage, JOURNAL_DURABLE, str_of(half, sizeof(half)), &after);
    assert_int_equal(stage_stats(stage).abandoned, 1);
    stage_reopen(stage);
    stage_fill(stage, 5000, 1);
    assert_int_equal(stage_drop(stage, after.segment), ERR_NONE);
    stage_lose_power(stage);
    stage_open(stage);
    assert_true(str_starts(stage_texts(stage, 0), STR(" kept")));
    stage_destroy(stage);
}

static void a_closing_that_was_never_synced_is_not_built_upon(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        lose_a_closing(seed);
}

/* --- a full disk --- */

static void a_full_disk_is_said_before_it_is_written(void **state)
{
    struct stage *stage = *state;
    static char bytes[5000];
    str record = str_of(bytes, sizeof(bytes));
    enum err err;
    pthread_mutex_lock(&stage->disk.lock);
    stage->disk.bytes_max = 2 * JOURNAL_SEGMENT_BYTES_MIN;
    pthread_mutex_unlock(&stage->disk.lock);
    unsigned n = 0;
    while ((err = stage_append(stage, JOURNAL_DURABLE, record, NULL)) == ERR_NONE)
        n++;
    assert_int_equal(err, ERR_JOURNAL_FULL);
    assert_int_equal(n, 22); /* eleven fit into a segment, and there was a reserve */
    assert_int_equal(stage_stats(stage).state, JOURNAL_NO_SPACE);
    assert_int_equal(stage_stats(stage).abandoned, 0);
    assert_int_equal(stage->told_err, ERR_JOURNAL_FULL);
    stage_assert_told(stage, "making a file for segment");
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("small"), NULL), ERR_NONE);
    stage->disk.bytes_max = 0;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, record, NULL),
                     ERR_JOURNAL_FULL);
    false_world_advance(&stage->world, 2 * USEC_S);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, record, NULL), ERR_NONE);
    assert_int_equal(stage_stats(stage).state, JOURNAL_WORKING);
}

/* Of ten segments' room, three stay with others. */
static void a_reserve_is_left_to_others(void **state)
{
    struct stage *stage = *state;
    static char bytes[5000];
    enum err err;
    journal_close(&stage->journal);
    stage->config.reserve = 30;
    stage->disk.bytes_max = 10 * JOURNAL_SEGMENT_BYTES_MIN;
    stage_open(stage);
    while ((err = stage_append(stage, JOURNAL_DURABLE, str_of(bytes, sizeof(bytes)),
                               NULL)) == ERR_NONE)
        ;
    assert_int_equal(err, ERR_JOURNAL_FULL);
    assert_true(false_disk_used(&stage->disk) == 7 * JOURNAL_SEGMENT_BYTES_MIN);
    assert_int_equal(stage_stats(stage).state, JOURNAL_NO_SPACE);
}

static void a_limit_of_bytes_is_held(void **state)
{
    struct stage *stage = *state;
    static char bytes[5000];
    str record = str_of(bytes, sizeof(bytes));
    struct journal_ref first, last;
    journal_close(&stage->journal);
    stage->config.bytes_max = 3 * JOURNAL_SEGMENT_BYTES_MIN;
    stage_open(stage);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, record, &first), ERR_NONE);
    while (stage_append(stage, JOURNAL_DURABLE, record, &last) == ERR_NONE)
        ;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, record, NULL),
                     ERR_JOURNAL_FULL);
    assert_int_equal(stage_stats(stage).appends, 33);
    assert_int_equal(stage_stats(stage).state, JOURNAL_NO_SPACE);
    assert_true(false_disk_used(&stage->disk) == 3 * JOURNAL_SEGMENT_BYTES_MIN);
    assert_int_equal(stage_drop(stage, first.segment), ERR_NONE);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, record, &last), ERR_NONE);
    assert_int_equal(stage_stats(stage).state, JOURNAL_WORKING);
    assert_true(false_disk_used(&stage->disk) == 3 * JOURNAL_SEGMENT_BYTES_MIN);
}

static void a_segment_that_cannot_be_begun_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    await_spare(stage);
    set(stage, &stage->disk.renames_fail_in, 1);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("no"), NULL),
                     ERR_JOURNAL_UNAVAILABLE);
    stage_assert_told(stage, "beginning segment");
    assert_int_equal(stage_stats(stage).segments, 0);
    false_world_advance(&stage->world, 2 * USEC_S);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("yes"), NULL), ERR_NONE);
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" yes"));
    assert_in_range(false_disk_used(&stage->disk), JOURNAL_SEGMENT_BYTES_MIN,
                    2 * JOURNAL_SEGMENT_BYTES_MIN);
}

int test_trouble(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(a_failed_sync_is_never_repeated),
        STAGE_TEST(a_failed_write_seals_the_segment_too),
        STAGE_TEST(the_segment_behind_an_abandoned_one_stays),
        STAGE_TEST(a_dead_disk_is_tried_again_after_a_while),
        STAGE_TEST(a_segment_that_cannot_be_closed_is_abandoned),
        cmocka_unit_test(a_closing_that_was_never_synced_is_not_built_upon),
        STAGE_TEST(a_full_disk_is_said_before_it_is_written),
        STAGE_TEST(a_reserve_is_left_to_others),
        STAGE_TEST(a_limit_of_bytes_is_held),
        STAGE_TEST(a_segment_that_cannot_be_begun_leaves_nothing),
    };
    return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
