/*
 * Records as bytes: what comes back is what was written, and nothing is made of garbage.
 */
#include "larder.h"

#include "cache/record.h"

static void texts_come_back_absent_ones_too(void **state)
{
    str texts[] = {STR("one"), STR_NONE, STR("")}, back[3], more;
    struct buf buf;
    (void)state;
    buf_init(&buf, 1000);
    record_write_texts(&buf, texts, 3);
    str bytes = buf_peek(&buf);
    assert_true(record_read_texts(&bytes, back, 3));
    for (int i = 0; i < 3; i++)
        assert_str(back[i], texts[i]);
    assert_false(record_read_texts(&bytes, &more, 1));
    buf_fini(&buf);
}

static void garbage_is_no_record(void **state)
{
    char bytes[256];
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct record record;
        struct record_times times;
        struct cache_entry entry;
        struct arena arena;
        size_t n = unit_below(&seed, sizeof(bytes));
        for (size_t k = 0; k < n; k++)
            bytes[k] = (char)(unit_below(&seed, 4) ? 0 : unit_random(&seed));
        str rest = str_of(bytes, n);
        assert_false(record_next(&rest, &record));
        arena_init(&arena, 512, 1 << 20);
        (void)record_read_clear(str_of(bytes, n), &entry, &times);
        (void)record_read_plain(str_of(bytes, n), &arena, &entry);
        arena_fini(&arena);
    }
}

int test_record(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_absent_ones_too),
        cmocka_unit_test(garbage_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
