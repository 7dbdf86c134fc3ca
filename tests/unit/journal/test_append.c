#include "groups.h"
#include "journal/framing.h"
#include "stage.h"

enum { MANY = 200 };

static void what_is_appended_can_be_read(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    struct journal_entry entry;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("hello"), &ref), ERR_NONE);
    assert_int_equal(stage_read(stage, &ref, &entry), ERR_NONE);
    assert_str(entry.bytes, STR("hello"));
    assert_str(entry.key, STR_NONE);
    assert_int_equal(entry.type, 0);
}

static void parts_stand_one_after_the_other(void **state)
{
    struct stage *stage = *state;
    struct journal_entry entry;
    struct wish wish;
    stage_begin(stage, &wish, JOURNAL_DURABLE, STR("x"));
    stage_await(stage, &wish);
    wish.done = false;
    wish.append.type = 65535;
    wish.append.key = STR("the key");
    wish.append.parts[0] = STR("head;");
    wish.append.parts[1] = STR("body");
    journal_append(stage->journal, &wish.append);
    assert_int_equal(stage_await(stage, &wish), ERR_NONE);
    assert_int_equal(wish.append.ref.bytes, 9);
    assert_int_equal(stage_read(stage, &wish.append.ref, &entry), ERR_NONE);
    assert_str(entry.bytes, STR("head;body"));
    assert_str(entry.key, STR("the key"));
    assert_int_equal(entry.type, 65535);
}

static void a_record_may_be_empty(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    struct journal_entry entry;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR_NONE, &ref), ERR_NONE);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("next"), NULL), ERR_NONE);
    assert_int_equal(stage_read(stage, &ref, &entry), ERR_NONE);
    assert_str(entry.bytes, STR(""));
    assert_str(stage_texts(stage, 0), STR("  next"));
}

static void appends_that_wait_share_a_sync(void **state)
{
    struct stage *stage = *state;
    struct wish wishes[MANY];
    for (int i = 0; i < MANY; i++)
        stage_begin(stage, &wishes[i], JOURNAL_DURABLE, STR("together"));
    for (int i = 0; i < MANY; i++)
        assert_int_equal(stage_await(stage, &wishes[i]), ERR_NONE);
    struct journal_stats stats = stage_stats(stage);
    assert_int_equal(stats.appends, MANY);
    assert_int_equal(stats.batches, stats.syncs);
    assert_true(stats.batches >= 1 && stats.batches <= MANY);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.waiting_bytes, 0);
    uint64_t counted = 0;
    for (size_t i = 0; i <= JOURNAL_SYNC_BOUNDS; i++)
        counted += stats.sync_counts[i];
    assert_int_equal(counted, stats.syncs);
}

/* The first append waits for its segment, and the others for the first. */
static void a_batch_is_all_that_waits(void **state)
{
    struct stage *stage = *state;
    struct wish wishes[3];
    uint64_t before = stage_stats(stage).batches;
    pthread_mutex_lock(&stage->disk.lock); /* the disk stands still */
    for (int i = 0; i < 3; i++)
        stage_begin(stage, &wishes[i], JOURNAL_DURABLE, STR("x"));
    pthread_mutex_unlock(&stage->disk.lock);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stage_await(stage, &wishes[i]), ERR_NONE);
    assert_in_range(stage_stats(stage).batches - before, 1, 2);
}

static void relaxed_records_do_not_sync(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    assert_int_equal(stage_append(stage, JOURNAL_RELAXED, STR("a"), NULL), ERR_NONE);
    assert_int_equal(stage_append(stage, JOURNAL_RELAXED, STR("b"), &ref), ERR_NONE);
    assert_int_equal(stage_stats(stage).syncs, 0);
    assert_int_equal(stage_read(stage, &ref, NULL), ERR_NONE);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("c"), NULL), ERR_NONE);
    assert_int_equal(stage_stats(stage).syncs, 1);
}

static void numbers_rise_in_the_order_of_appends(void **state)
{
    struct stage *stage = *state;
    struct wish wishes[MANY];
    for (int i = 0; i < MANY; i++)
        stage_begin(stage, &wishes[i], JOURNAL_RELAXED, STR("in turn"));
    for (int i = 0; i < MANY; i++)
        stage_await(stage, &wishes[i]);
    for (int i = 1; i < MANY; i++)
        assert_true(wishes[i].append.ref.sequence > wishes[i - 1].append.ref.sequence);
    assert_int_equal(stage_stats(stage).last_sequence,
                     wishes[MANY - 1].append.ref.sequence);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct stage *stage = *state;
    static char bytes[JOURNAL_SEGMENT_BYTES_MIN / 2 + 1];
    static char key[JOURNAL_KEY_BYTES_MAX + 1];
    struct wish wish;
    str all = str_of(bytes, sizeof(bytes));
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, all, NULL), ERR_BODY_TOO_LARGE);
    all.n--;
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, all, NULL), ERR_NONE);
    stage_begin(stage, &wish, JOURNAL_DURABLE, STR("x"));
    stage_await(stage, &wish);
    wish.done = false;
    wish.append.key = str_of(key, sizeof(key));
    journal_append(stage->journal, &wish.append);
    assert_int_equal(stage_await(stage, &wish), ERR_BODY_TOO_LARGE);
    wish.done = false;
    wish.append.key.n--;
    journal_append(stage->journal, &wish.append);
    assert_int_equal(stage_await(stage, &wish), ERR_NONE);
    assert_int_equal(stage_stats(stage).refused, 2);
}

static void too_much_that_waits_is_refused(void **state)
{
    struct stage *stage = *state;
    struct wish wishes[3];
    static char bytes[1000];
    journal_close(&stage->journal);
    stage->config.waiting_bytes_max = 1500;
    stage_open(stage);
    pthread_mutex_lock(&stage->disk.lock);
    for (int i = 0; i < 3; i++)
        stage_begin(stage, &wishes[i], JOURNAL_DURABLE,
                    str_of(bytes, i == 2 ? 500 : sizeof(bytes)));
    pthread_mutex_unlock(&stage->disk.lock);
    assert_int_equal(stage_await(stage, &wishes[0]), ERR_NONE);
    assert_int_equal(stage_await(stage, &wishes[1]), ERR_JOURNAL_BUSY);
    assert_int_equal(stage_await(stage, &wishes[2]), ERR_NONE);
    assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("x"), NULL), ERR_NONE);
}

static void a_full_segment_is_followed_by_another(void **state)
{
    struct stage *stage = *state;
    stage_fill(stage, 5000, 3);
    struct journal_stats stats = stage_stats(stage);
    assert_int_equal(stats.segments, 4);
    assert_int_equal(stats.faults, 0);
    assert_int_equal(stage->told, 0);
}

/* A torn write must not reach the sector of what was answered before it. */
static void a_batch_has_sectors_of_its_own(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(stage_append(stage, JOURNAL_DURABLE, STR("x"), &ref), ERR_NONE);
        assert_int_equal(ref.offset % FRAMING_SECTOR, 0);
    }
}

static void short_writes_are_gone_on_with(void **state)
{
    struct stage *stage = *state;
    stage->disk.short_writes = true;
    stage_append(stage, JOURNAL_DURABLE, STR("one two three four five"), NULL);
    stage_append(stage, JOURNAL_DURABLE, STR("six"), NULL);
    stage_reopen(stage);
    assert_str(stage_texts(stage, 0), STR(" one two three four five six"));
}

int test_append(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(what_is_appended_can_be_read),
        STAGE_TEST(parts_stand_one_after_the_other),
        STAGE_TEST(a_record_may_be_empty),
        STAGE_TEST(appends_that_wait_share_a_sync),
        STAGE_TEST(a_batch_is_all_that_waits),
        STAGE_TEST(relaxed_records_do_not_sync),
        STAGE_TEST(numbers_rise_in_the_order_of_appends),
        STAGE_TEST(what_does_not_fit_is_refused),
        STAGE_TEST(too_much_that_waits_is_refused),
        STAGE_TEST(a_full_segment_is_followed_by_another),
        STAGE_TEST(a_batch_has_sectors_of_its_own),
        STAGE_TEST(short_writes_are_gone_on_with),
    };
    return cmocka_run_group_tests_name("append", tests, NULL, NULL);
}
