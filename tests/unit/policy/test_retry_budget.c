#include "loop/thread.h"
#include "policy/retry.h"
#include "support/reply.h"

int test_retry_budget(void);

static const usec period = 10 * USEC_S;

static unsigned take_all(struct retry_budget *budget, usec now)
{
    unsigned taken = 0;
    while (taken < 100000 && retry_budget_take(budget, now))
        taken++;
    return taken;
}

static void a_fifth_of_the_calls_but_three_at_least(void **state)
{
    static const struct {
        unsigned calls, retries;
    } rows[] = {{0, 3},  {1, 3},  {14, 3},   {15, 3},
                {19, 3}, {20, 4}, {100, 20}, {999, 199}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct retry_budget budget = {0};
        for (unsigned k = 0; k < rows[i].calls; k++)
            retry_budget_note_call(&budget, USEC_S);
        assert_int_equal(take_all(&budget, USEC_S), rows[i].retries);
        assert_int_equal(take_all(&budget, period - 1), 0);
    }
}

static void each_period_begins_anew(void **state)
{
    struct retry_budget budget = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        retry_budget_note_call(&budget, 0);
    assert_int_equal(take_all(&budget, 0), 20);
    assert_int_equal(take_all(&budget, period), 3); /* calls of before do not count */
    for (int i = 0; i < 50; i++)
        retry_budget_note_call(&budget, period);
    assert_int_equal(take_all(&budget, period), 7);
    assert_int_equal(take_all(&budget, 100 * period), 3);
}

static void more_calls_make_more_room(void **state)
{
    struct retry_budget budget = {0};
    (void)state;
    assert_int_equal(take_all(&budget, 0), 3);
    for (int i = 0; i < 25; i++)
        retry_budget_note_call(&budget, 0);
    assert_int_equal(take_all(&budget, 0), 2);
}

struct taker {
    struct retry_budget *budget;
    struct thread *thread;
    unsigned taken;
};

static void take_some(void *arg)
{
    struct taker *taker = arg;
    for (int i = 0; i < 1000; i++) {
        retry_budget_note_call(taker->budget, USEC_S);
        taker->taken += retry_budget_take(taker->budget, USEC_S);
    }
}

static void threads_take_no_more_than_there_is(void **state)
{
    struct retry_budget budget = {0};
    struct taker takers[4];
    unsigned taken = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(takers); i++) {
        takers[i] = (struct taker){.budget = &budget};
        takers[i].thread = thread_start("taker", take_some, &takers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(takers); i++) {
        thread_join(&takers[i].thread);
        taken += takers[i].taken;
    }
    taken += take_all(&budget, USEC_S);
    assert_int_equal(taken, 800); /* a fifth of 4,000 calls */
}

int test_retry_budget(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_fifth_of_the_calls_but_three_at_least),
        GIVEN_TEST(each_period_begins_anew),
        GIVEN_TEST(more_calls_make_more_room),
        GIVEN_TEST(threads_take_no_more_than_there_is),
    };
    return cmocka_run_group_tests_name("policy: retry budget", tests, NULL, NULL);
}
