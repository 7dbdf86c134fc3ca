#include "base/utf8.h"
#include "picture/text_case.h"
#include "picture/text_units.h"
#include "rows.h"
#include "support/given.h"
#include "tests.h"

static void texts_are_treated_as_the_reference_treats_them(void **state)
{
    int failed;
    assert_true(rows_check(*state, UNIT_CASES "jsonata-text.jsonl", &failed) > 1000);
    assert_int_equal(failed, 0);
}

static void code_points_survive_writing_and_reading(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char p[4];
        size_t at = 0;
        str text = str_of(p, utf8_put(p, c));
        assert_int_equal(utf8_next(text, &at), c);
        assert_int_equal(at, text.n);
        assert_int_equal(text_unit_of(text, text.n), c < 0x10000 ? 1 : 2);
    }
}

/* Both ways, each code point by itself: nothing is longer than its room. */
static void case_of_every_code_point(void **state)
{
    struct arena *arena = *state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char p[4];
        str text = str_of(p, utf8_put(p, c));
        struct arena_mark mark = arena_mark(arena);
        str up = text_upper(arena, text);
        assert_true(up.n <= 3 * text.n);
        assert_str(text_upper(arena, up), up);
        assert_true(text_lower(arena, text).n <= 3 * text.n);
        arena_rewind(arena, mark);
    }
}

static void a_pad_without_measure_is_refused(void **state)
{
    rows_expect(*state,
                "{\"call\":\"pad\",\"args\":[\"a\",1e9,\"\"],\"code\":\"U1002\"}");
    rows_expect(*state,
                "{\"call\":\"pad\",\"args\":[\"a\",-1e300,\"b\"],\"code\":\"U1002\"}");
}

int test_text(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(texts_are_treated_as_the_reference_treats_them),
        cmocka_unit_test(code_points_survive_writing_and_reading),
        GIVEN_TEST(case_of_every_code_point),
        GIVEN_TEST(a_pad_without_measure_is_refused),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
