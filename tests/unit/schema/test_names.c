#include "support/given.h"
#include "tests.h"

#include "schema/names.h"

static void names_of_all_lengths_are_found(void **state)
{
    struct arena *arena = *state;
    str list[80];
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        char *p = arena_bytes(arena, i);
        memset(p, 'a' + (char)(i % 26), i);
        list[i] = str_of(p, i);
    }
    const struct names *names = names_create(arena, list, COUNT_OF(list));
    for (uint32_t i = 0; i < COUNT_OF(list); i++) {
        char other[128];
        memcpy(other, list[i].p, list[i].n);
        assert_int_equal(names_find(names, str_of(other, list[i].n)), i);
        if (!i)
            continue;
        other[i / 2] = '-';
        assert_int_equal(names_find(names, str_of(other, list[i].n)), NAMES_NONE);
    }
}

static void the_first_of_equal_names_counts(void **state)
{
    const str list[] = {STR("a"), STR("b"), STR("a")};
    const struct names *names = names_create(*state, list, 3);
    assert_int_equal(names_find(names, str_of("a", 1)), 0);
    assert_int_equal(names_find(names, str_of("b", 1)), 1);
}

static void none_is_in_an_empty_set(void **state)
{
    const struct names *names = names_create(*state, NULL, 0);
    assert_int_equal(names_find(names, str_of("", 0)), NAMES_NONE);
    assert_int_equal(names_find(names, str_of("abc", 3)), NAMES_NONE);
}

/* Of eight letters each, whose two halves differ in the same bits. */
static void names_made_to_meet_do_not(void **state)
{
    enum { N = 20000 };
    struct arena *arena = *state;
    str *list = arena_array(arena, N, sizeof(list[0]));
    for (uint32_t i = 0; i < N; i++) {
        char *p = arena_bytes(arena, 8);
        for (unsigned k = 0; k < 4; k++) {
            p[k] = (char)('@' + (i >> 4 * k & 15));
            p[4 + k] = (char)(p[k] ^ ' ');
        }
        list[i] = str_of(p, 8);
    }
    const struct names *names = names_create(arena, list, N);
    assert_true(names->longest < 64);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(names_find(names, list[i]), i);
}

static void names_that_differ_in_the_middle_only_do_not_meet(void **state)
{
    enum { N = 20000 };
    struct arena *arena = *state;
    str *list = arena_array(arena, N, sizeof(list[0]));
    for (uint32_t i = 0; i < N; i++)
        list[i] = arena_printf(arena, "beginning %05u and the end", i);
    const struct names *names = names_create(arena, list, N);
    assert_true(names->longest < 64);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(names_find(names, list[i]), i);
    assert_int_equal(names_find(names, STR("beginning 20000 and the end")), NAMES_NONE);
}

int test_names(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(names_of_all_lengths_are_found),
        GIVEN_TEST(the_first_of_equal_names_counts),
        GIVEN_TEST(none_is_in_an_empty_set),
        GIVEN_TEST(names_made_to_meet_do_not),
        GIVEN_TEST(names_that_differ_in_the_middle_only_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
