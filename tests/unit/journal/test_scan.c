#include "groups.h"
#include "stage.h"

struct seen {
    uint64_t n, last;
    bool rising;
    uint64_t stop_at; /* 0: at none */
};

static bool see(void *arg, const struct journal_entry *entry)
{
    struct seen *seen = arg;
    seen->rising = seen->rising && entry->ref.sequence > seen->last;
    seen->last = entry->ref.sequence;
    return ++seen->n != seen->stop_at;
}

static void append_numbers(struct stage *stage, int n)
{
    char text[16];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(stage_append(stage, JOURNAL_DURABLE, str_z(text), NULL),
                         ERR_NONE);
    }
}

static void an_empty_journal_has_no_records(void **state)
{
    struct stage *stage = *state;
    assert_str(stage_texts(stage, 0), STR(""));
}

static void records_come_in_order_over_segments(void **state)
{
    struct stage *stage = *state;
    struct seen seen = {.rising = true};
    struct journal_cursor cursor;
    size_t n;
    stage_fill(stage, 3000, 3);
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                     ERR_NONE);
    assert_true(seen.rising);
    assert_int_equal(n, stage_stats(stage).appends);
    assert_int_equal(seen.n, n);
    assert_int_equal(seen.last, stage_stats(stage).last_sequence);
}

static void a_cursor_goes_on_where_it_stood(void **state)
{
    struct stage *stage = *state;
    struct journal_cursor cursor;
    struct seen seen = {.rising = true};
    size_t n, total = 0;
    stage_fill(stage, 3000, 2);
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    do {
        assert_int_equal(journal_scan(stage->journal, &cursor, 7, see, &seen, &n),
                         ERR_NONE);
        total += n;
    } while (n == 7);
    assert_true(seen.rising);
    assert_int_equal(total, stage_stats(stage).appends);
    append_numbers(stage, 2);
    assert_int_equal(journal_scan(stage->journal, &cursor, 7, see, &seen, &n), ERR_NONE);
    assert_int_equal(n, 2);
    stage_fill(stage, 3000, 1);
    assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                     ERR_NONE);
    assert_true(seen.rising);
    assert_int_equal(total + 2 + n, stage_stats(stage).appends);
}

static void a_cursor_of_before_the_first_record_sees_it(void **state)
{
    struct stage *stage = *state;
    struct journal_cursor cursor;
    struct seen seen = {.rising = true};
    size_t n;
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    append_numbers(stage, 1);
    assert_int_equal(journal_scan(stage->journal, &cursor, 9, see, &seen, &n), ERR_NONE);
    assert_int_equal(n, 1);
}

static void seeking_finds_what_is_above(void **state)
{
    struct stage *stage = *state;
    struct journal_ref ref;
    append_numbers(stage, 3);
    stage_append(stage, JOURNAL_DURABLE, STR("here"), &ref);
    stage_append(stage, JOURNAL_DURABLE, STR("there"), NULL);
    assert_str(stage_texts(stage, ref.sequence - 1), STR(" here there"));
    assert_str(stage_texts(stage, ref.sequence), STR(" there"));
    assert_str(stage_texts(stage, ref.sequence + 1), STR(""));
    assert_str(stage_texts(stage, ref.sequence + 1000), STR(""));
    stage_reopen(stage);
    stage_append(stage, JOURNAL_DURABLE, STR("later"), NULL);
    assert_str(stage_texts(stage, ref.sequence), STR(" there later"));
    assert_str(stage_texts(stage, ref.sequence + 1), STR(" later"));
}

static void a_scan_stops_when_it_is_told(void **state)
{
    struct stage *stage = *state;
    struct journal_cursor cursor;
    struct seen seen = {.rising = true, .stop_at = 2};
    size_t n;
    append_numbers(stage, 5);
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                     ERR_NONE);
    assert_int_equal(n, 2);
    assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                     ERR_NONE);
    assert_int_equal(n, 3);
}

static void a_scan_says_that_a_record_is_damaged(void **state)
{
    struct stage *stage = *state;
    struct journal_cursor cursor;
    struct journal_ref ref;
    struct seen seen = {.rising = true};
    size_t n;
    uint64_t bytes_n;
    append_numbers(stage, 2);
    stage_append(stage, JOURNAL_DURABLE, STR("spoilt"), &ref);
    append_numbers(stage, 2);
    char *bytes = false_disk_bytes(&stage->disk, stage_segment_path(stage, 0), &bytes_n);
    bytes[ref.offset + 25] ^= 1;
    assert_int_equal(journal_seek(stage->journal, 0, &cursor), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                         ERR_PAYLOAD_DAMAGED);
        assert_int_equal(n, i == 0 ? 2 : 0);
    }
    bytes[ref.offset + 25] ^= 1;
    assert_int_equal(journal_scan(stage->journal, &cursor, SIZE_MAX, see, &seen, &n),
                     ERR_NONE);
    assert_int_equal(n, 3);
}

int test_scan(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(an_empty_journal_has_no_records),
        STAGE_TEST(records_come_in_order_over_segments),
        STAGE_TEST(a_cursor_goes_on_where_it_stood),
        STAGE_TEST(a_cursor_of_before_the_first_record_sees_it),
        STAGE_TEST(seeking_finds_what_is_above),
        STAGE_TEST(a_scan_stops_when_it_is_told),
        STAGE_TEST(a_scan_says_that_a_record_is_damaged),
    };
    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
