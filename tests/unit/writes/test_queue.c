#include "groups.h"
#include "yard.h"

static void a_queued_write_is_done_once(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    assert_int_equal(yard_open_write(yard, &row, true).end, WRITE_ACCEPTED);
    yard_run(yard, USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
    assert_int_equal(yard->shop.writes[1].done, 1);
}

/* Whoever drains has time to wait: its worker must not turn for nothing. */
static void a_draining_queue_rests(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_drain(yard->writes, false_loop_worker(&yard->loop, i));
    yard_open_write(yard, &row, true);
    usec due = USEC_NEVER;
    for (int turns = 0; turns < 10; turns++) {
        due = USEC_NEVER;
        for (unsigned i = 0; i < YARD_WORKERS; i++)
            due = usec_min(due, worker_turn(false_loop_worker(&yard->loop, i)));
    }
    assert_true(due > yard_now(yard));
    assert_int_equal(yard_get(yard, row.id).state, WRITE_QUEUED);
}

int test_queue(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(a_queued_write_is_done_once),
        YARD_TEST(a_draining_queue_rests),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
