#include "json/bind.h"
#include "support/unit.h"
#include "tests.h"

static const char *const words[] = {"timeout",  "attempts", "backoff",
                                    "retry_on", "if",       NULL};

static void mistyped_words_find_their_neighbour(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"timout", "timeout"},   {"timeouts", "timeout"}, {"tiemout", "timeout"},
        {"temeot", "timeout"},   {"attemps", "attempts"}, {"bakcoff", "backoff"},
        {"retryon", "retry_on"}, {"timeout", "timeout"},  {"fi", "if"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(bind_nearest(str_z(rows[i][0]), words), str_z(rows[i][1]));
}

static void other_words_have_no_neighbour(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "x", "ab", "tmt", "timing", "retries", "something entirely different"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(bind_nearest(str_z(rows[i]), words), STR_NONE);
    assert_str(bind_nearest(STR_NONE, words), STR_NONE);
}

static void the_nearest_of_several_wins(void **state)
{
    (void)state;
    static const char *const alike[] = {"hosts", "host", "ghost", NULL};
    assert_str(bind_nearest(STR("hots"), alike), STR("hosts"));
    assert_str(bind_nearest(STR("hst"), alike), STR("host"));
    assert_str(bind_nearest(STR("ghosts"), alike), STR("hosts"));
}

static void long_words_do_no_harm(void **state)
{
    (void)state;
    char a[200];
    char b[67];
    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));
    b[64] = 0;
    const char *const one[] = {b, NULL};
    assert_str(bind_nearest(str_of(a, 64), one), str_z(b));
    assert_str(bind_nearest(str_of(a, 62), one), str_z(b));
    assert_str(bind_nearest(str_of(a, 65), one), STR_NONE);
    assert_str(bind_nearest(str_of(a, 200), one), STR_NONE);
}

int test_bind_nearest(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistyped_words_find_their_neighbour),
        cmocka_unit_test(other_words_have_no_neighbour),
        cmocka_unit_test(the_nearest_of_several_wins),
        cmocka_unit_test(long_words_do_no_harm),
    };
    return cmocka_run_group_tests_name("json/bind_nearest", tests, NULL, NULL);
}
