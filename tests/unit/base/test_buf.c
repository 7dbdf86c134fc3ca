#include "support/unit.h"
#include "tests.h"

static void bytes_follow_each_other(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_put(&buf, "ab", 2);
    buf_str(&buf, STR("cd"));
    buf_str(&buf, STR_NONE);
    buf_char(&buf, 'e');
    buf_printf(&buf, "%d", 12);
    buf_put_int(&buf, 0);
    buf_put_int(&buf, INT64_MIN);
    assert_str(buf_peek(&buf), STR("abcde120-9223372036854775808"));
    assert_true(buf_ok(&buf));
    buf_fini(&buf);
    assert_null(buf.p);
}

static void a_write_past_the_limit_stores_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_str(&buf, STR("12345678"));
    buf_str(&buf, STR("abc"));
    assert_false(buf_ok(&buf));
    assert_str(buf_peek(&buf), STR("12345678"));
    buf_clear(&buf);
    assert_true(buf_ok(&buf));
    buf_str(&buf, STR("1234567890"));
    assert_true(buf_ok(&buf));
    buf_char(&buf, 'x');
    assert_false(buf_ok(&buf));
    buf_fini(&buf);
}

static void the_limit_is_the_same_for_all_writers(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_printf(&buf, "%s", "1234567890");
    assert_true(buf_ok(&buf));
    assert_str(buf_peek(&buf), STR("1234567890"));
    buf_printf(&buf, "%s", "");
    assert_true(buf_ok(&buf));
    buf_printf(&buf, "%s", "x");
    assert_false(buf_ok(&buf));
    assert_str(buf_peek(&buf), STR("1234567890"));
    buf_fini(&buf);
}

static void long_formats_are_written_whole(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10000);
    for (int n = 0; n < 1200; n += 17) {
        buf_clear(&buf);
        buf_printf(&buf, "<%*s>", n, "");
        assert_int_equal(buf.n, n + 2);
        assert_int_equal(buf.p[n + 1], '>');
    }
    buf_fini(&buf);
}

static void nothing_fits_into_a_limit_of_zero(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    buf_put(&buf, NULL, 0);
    assert_true(buf_ok(&buf));
    buf_char(&buf, 'x');
    assert_false(buf_ok(&buf));
    buf_fini(&buf);
}

static void bytes_are_dropped_from_the_front(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_str(&buf, STR("abcdef"));
    buf_drop(&buf, 0);
    buf_drop(&buf, 2);
    assert_str(buf_peek(&buf), STR("cdef"));
    buf_drop(&buf, 4);
    assert_int_equal(buf.n, 0);
    buf_fini(&buf);
}

static void drop_too_many(void)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_char(&buf, 'x');
    buf_drop(&buf, 2);
}

static void more_than_there_is_cannot_be_dropped(void **state)
{
    (void)state;
    assert_true(unit_dies(drop_too_many));
}

static void what_did_not_fit_is_taken_away_again(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_str(&buf, STR("12345"));
    buf_str(&buf, STR("678"));
    buf_str(&buf, STR("90123"));
    assert_false(buf_ok(&buf));
    buf_truncate(&buf, 5);
    assert_true(buf_ok(&buf));
    buf_str(&buf, STR("abc"));
    assert_true(str_eq(buf_peek(&buf), STR("12345abc")));
    buf_fini(&buf);
}

static void reserved_room_can_be_filled(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_true(buf_reserve(&buf, 900));
    memset(buf.p, 'x', 900);
    buf.n = 900;
    assert_true(buf_reserve(&buf, 100));
    memset(buf.p + 900, 'y', 100);
    assert_false(buf_reserve(&buf, 101));
    buf_fini(&buf);
}

int test_buf(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_follow_each_other),
        cmocka_unit_test(a_write_past_the_limit_stores_nothing),
        cmocka_unit_test(the_limit_is_the_same_for_all_writers),
        cmocka_unit_test(long_formats_are_written_whole),
        cmocka_unit_test(nothing_fits_into_a_limit_of_zero),
        cmocka_unit_test(bytes_are_dropped_from_the_front),
        cmocka_unit_test(more_than_there_is_cannot_be_dropped),
        cmocka_unit_test(what_did_not_fit_is_taken_away_again),
        cmocka_unit_test(reserved_room_can_be_filled),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
