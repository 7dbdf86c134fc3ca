#include "loop/thread.h"
#include "policy/limit.h"
#include "support/reply.h"

int test_limit(void);

static void places_are_taken_and_given_back(void **state)
{
    struct limit limit = {0};
    (void)state;
    assert_true(limit_acquire(&limit, 2));
    assert_true(limit_acquire(&limit, 2));
    assert_false(limit_acquire(&limit, 2));
    assert_int_equal(limit_taken(&limit), 2);
    limit_release(&limit);
    assert_true(limit_acquire(&limit, 2));
    assert_true(limit_acquire(&limit, 3));  /* a bound that was raised */
    assert_false(limit_acquire(&limit, 1)); /* and one that was lowered */
    assert_int_equal(limit_taken(&limit), 3);
}

static void a_bound_of_nothing_lets_nothing_pass(void **state)
{
    struct limit limit = {0};
    (void)state;
    assert_false(limit_acquire(&limit, 0));
    assert_int_equal(limit_taken(&limit), 0);
}

struct caller {
    struct limit *limit;
    atomic_uint *inside;
    atomic_uint *most;
    struct thread *thread;
};

static void call(void *arg)
{
    struct caller *caller = arg;
    for (int i = 0; i < 5000; i++) {
        if (!limit_acquire(caller->limit, 2))
            continue;
        unsigned inside = atomic_fetch_add(caller->inside, 1) + 1;
        if (inside > atomic_load(caller->most))
            atomic_store(caller->most, inside);
        atomic_fetch_sub(caller->inside, 1);
        limit_release(caller->limit);
    }
}

static void threads_stay_within_the_bound(void **state)
{
    struct limit limit = {0};
    atomic_uint inside = 0, most = 0;
    struct caller callers[4];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        callers[i] = (struct caller){&limit, &inside, &most, NULL};
        callers[i].thread = thread_start("caller", call, &callers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        thread_join(&callers[i].thread);
    assert_in_range(atomic_load(&most), 1, 2);
    assert_int_equal(limit_taken(&limit), 0);
}

int test_limit(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(places_are_taken_and_given_back),
        GIVEN_TEST(a_bound_of_nothing_lets_nothing_pass),
        GIVEN_TEST(threads_stay_within_the_bound),
    };
    return cmocka_run_group_tests_name("policy: limit", tests, NULL, NULL);
}
