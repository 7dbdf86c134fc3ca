#include "base/err.h"
#include "support/unit.h"
#include "tests.h"

static void every_row_has_its_own_code(void **state)
{
    (void)state;
    for (int a = ERR_NONE + 1; a < ERR_COUNT; a++)
        for (int b = a + 1; b < ERR_COUNT; b++)
            if (str_eq(err_code((enum err)a), err_code((enum err)b)))
                fail_msg(STR_F " twice", STR_A(err_code((enum err)a)));
}

static void codes_are_words_that_never_need_escaping(void **state)
{
    (void)state;
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
        str code = err_code((enum err)i);
        assert_true(code.n > 0);
        for (size_t k = 0; k < code.n; k++)
            assert_true((code.p[k] >= 'a' && code.p[k] <= 'z') || code.p[k] == '_' ||
                        str_is_digit(code.p[k]));
    }
}

static void every_row_says_what_happened_and_how_to_mend_it(void **state)
{
    (void)state;
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
        const struct err_row *row = err_row((enum err)i);
        bool good = row->title.n && !str_ends(row->title, STR(".")) &&
                    str_ends(row->mend, STR("."));
        if (!good)
            fail_msg(STR_F, STR_A(row->code));
    }
}

static void every_status_is_a_failure(void **state)
{
    (void)state;
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) {
        int status = err_row((enum err)i)->status;
        assert_true(status >= 400 && status <= 599);
    }
}

static void success_is_ok(void **state)
{
    (void)state;
    assert_str(err_code(ERR_NONE), STR("ok"));
}

static void row_of_success(void)
{
    err_row(ERR_NONE);
}

static void row_beyond_the_list(void)
{
    err_row(ERR_COUNT);
}

static void there_is_no_row_for_success(void **state)
{
    (void)state;
    assert_true(unit_dies(row_of_success));
    assert_true(unit_dies(row_beyond_the_list));
}

int test_err(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_its_own_code),
        cmocka_unit_test(codes_are_words_that_never_need_escaping),
        cmocka_unit_test(every_row_says_what_happened_and_how_to_mend_it),
        cmocka_unit_test(every_status_is_a_failure),
        cmocka_unit_test(success_is_ok),
        cmocka_unit_test(there_is_no_row_for_success),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
