#include "groups.h"
#include "support/unit.h"

#include "news/silence.h"

static struct habit hourly(unsigned n)
{
    struct habit habit = {0};
    for (unsigned i = 0; i < n; i++)
        habit_note(&habit, USEC_DAY + i * USEC_H);
    return habit;
}

static void a_habit_takes_events_and_time(void **state)
{
    struct habit few = {0}, young = {0};
    (void)state;
    for (unsigned i = 0; i < 19; i++)
        habit_note(&few, USEC_DAY + i * USEC_DAY);
    assert_int_equal(habit_due(&few), USEC_NEVER);
    for (unsigned i = 0; i < 1000; i++)
        habit_note(&young, USEC_DAY + i * USEC_MIN);
    assert_int_equal(habit_due(&young), USEC_NEVER);
}

static void twice_the_longest_pause_is_silence(void **state)
{
    struct habit young = hourly(100), known = hourly(300);
    (void)state;
    assert_int_equal(habit_due(&young), young.last + 3 * USEC_DAY);
    assert_int_equal(habit_due(&known), known.last + 2 * USEC_H);
    habit_note(&known, known.last + 10 * USEC_H);
    assert_int_equal(habit_due(&known), known.last + 20 * USEC_H);
}

static void a_pause_is_remembered_for_two_to_four_weeks(void **state)
{
    struct habit habit = hourly(300); /* 12.5 days */
    (void)state;
    habit_note(&habit, habit.last + 20 * USEC_H);
    for (unsigned i = 0; i < 14 * 24; i++)
        habit_note(&habit, habit.last + USEC_H);
    assert_int_equal(habit_due(&habit), habit.last + 40 * USEC_H);
    for (unsigned i = 0; i < 3 * 24; i++)
        habit_note(&habit, habit.last + USEC_H);
    assert_int_equal(habit_due(&habit), habit.last + 2 * USEC_H);
}

static void what_was_silence_is_no_habit(void **state)
{
    struct habit habit = hourly(300);
    (void)state;
    habit.silent = true;
    habit_note(&habit, habit.last + 5 * USEC_DAY);
    assert_false(habit.silent);
    assert_int_equal(habit_due(&habit), habit.last + 2 * USEC_H);
}

static void late_events_change_no_pause_and_rare_ones_are_not_watched(void **state)
{
    struct habit habit = hourly(300), rare = hourly(300);
    (void)state;
    habit_note(&habit, habit.last - 90 * USEC_H);
    assert_int_equal(habit.n, 301);
    assert_int_equal(habit_due(&habit), habit.last + 2 * USEC_H);
    habit_note(&rare, rare.last + 16 * USEC_DAY);
    assert_int_equal(habit_due(&rare), USEC_NEVER);
}

int test_silence(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_habit_takes_events_and_time),
        cmocka_unit_test(twice_the_longest_pause_is_silence),
        cmocka_unit_test(a_pause_is_remembered_for_two_to_four_weeks),
        cmocka_unit_test(what_was_silence_is_no_habit),
        cmocka_unit_test(late_events_change_no_pause_and_rare_ones_are_not_watched),
    };
    return cmocka_run_group_tests_name("hook: silence", tests, NULL, NULL);
}
