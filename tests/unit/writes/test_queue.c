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

static enum shop_fate refuse(struct shop *shop)
{
    return shop->calls ? SHOP_GOOD : SHOP_REFUSED;
}

static uint32_t pending(struct yard *yard, str id)
{
    struct account *account = yard_find(yard, id);
    uint32_t n = writes_pending(yard->writes, account);
    account_unref(&account);
    return n;
}

/* A gate that is told of none would send the next one past them. */
static void those_behind_a_stopped_lane_are_known_to_wait(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row first = yard_row(yard, account, "", 1);
    struct write_row second = yard_row(yard, account, "", 2);
    yard_document(yard, "bare", "{'strict':true}");
    yard->shop.choose = refuse;
    yard_open_write(yard, &first, true);
    yard_open_write(yard, &second, true);
    yard_run(yard, USEC_H);
    assert_int_equal(yard_get(yard, first.id).state, WRITE_DEAD);
    assert_int_equal(yard_get(yard, second.id).state, WRITE_QUEUED);
    assert_int_equal(pending(yard, account), 1);
    yard_stop(yard);
    yard_open(yard);
    yard_run(yard, USEC_H);
    assert_int_equal(pending(yard, account), 1);
}

static void a_lane_goes_on_when_what_stopped_it_is_cancelled(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    struct write_row first = yard_row(yard, account, "", 1);
    struct write_row second = yard_row(yard, account, "", 2);
    struct write_row third = yard_row(yard, account, "", 3);
    yard_document(yard, "bare", "{'strict':true}");
    yard->shop.choose = refuse;
    yard_open_write(yard, &first, true);
    yard_open_write(yard, &second, true);
    yard_open_write(yard, &third, true);
    yard_run(yard, USEC_H);
    filter.id = second.id;
    assert_int_equal(yard_act(yard, WRITE_CANCEL, &filter, true).n, 1);
    yard_run(yard, USEC_MIN);
    assert_int_equal(yard_get(yard, third.id).state, WRITE_DELIVERED);
    assert_int_equal(pending(yard, account), 0);
}

int test_queue(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(a_queued_write_is_done_once),
        YARD_TEST(a_draining_queue_rests),
        YARD_TEST(those_behind_a_stopped_lane_are_known_to_wait),
        YARD_TEST(a_lane_goes_on_when_what_stopped_it_is_cancelled),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
