#include "groups.h"
#include "yard.h"

#include "loop/space.h"

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

/* What a claim brings when the queue is to end goes back untried. */
static void what_was_being_claimed_when_it_stopped_is_not_tried(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    yard_run(yard, USEC_S);
    yard_open_write(yard, &row, true);
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        worker_turn(false_loop_worker(&yard->loop, i));
    assert_int_equal(
        yard_number(yard, "SELECT COUNT(*) FROM write WHERE state = 'sending'"), 1);
    for (unsigned i = 0; i < YARD_WORKERS; i++) {
        writes_drain(yard->writes, false_loop_worker(&yard->loop, i));
        writes_stop(yard->writes, false_loop_worker(&yard->loop, i));
    }
    false_loop_idle(&yard->loop);
    assert_int_equal(yard->shop.calls, 0);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_QUEUED);
}

/* An account whose queue is not on the worker that opens writes. */
static str beside(struct yard *yard)
{
    for (;;) {
        str id = yard_account(yard, "bare");
        struct account *account = yard_find(yard, id);
        uint64_t hash = account->hash;
        account_unref(&account);
        if (hash % YARD_WORKERS == 1)
            return id;
    }
}

static void what_comes_while_others_are_claimed_is_not_overlooked(void **state)
{
    struct yard *yard = *state;
    str account = beside(yard);
    struct write_row first = yard_row(yard, account, "", 1);
    struct write_row second = yard_row(yard, account, "key a", 2);
    yard_run(yard, USEC_S);
    yard_open_write(yard, &first, true);
    worker_turn(false_loop_worker(&yard->loop, 1));
    assert_int_equal(
        yard_number(yard, "SELECT COUNT(*) FROM write WHERE state = 'sending'"), 1);
    yard_open_write(yard, &second, true);
    false_loop_idle(&yard->loop);
    assert_int_equal(yard->shop.calls, 2);
}

static enum shop_fate start_slowly(struct shop *shop)
{
    return shop->calls ? SHOP_SLOW : SHOP_BUSY;
}

/* A vendor that gets its queue back one at a time lets the others rest meanwhile. */
static void those_that_wait_for_a_slow_vendor_cost_nothing(void **state)
{
    enum { WAITING = 30 };
    struct yard *yard = *state;
    unsigned looks = 0;
    yard->shop.choose = start_slowly;
    yard_document(yard, "bare", "{'base':'10ms'}");
    for (unsigned i = 0; i < WAITING; i++) {
        struct write_row row = yard_row(yard, yard_account(yard, "bare"), "", i);
        yard_open_write(yard, &row, true);
        if (i == 1)
            yard_run(yard, 100 * USEC_MS);
    }
    for (usec end = yard_now(yard) + USEC_H; yard_now(yard) < end; looks++) {
        usec due = usec_min(false_loop_idle(&yard->loop), end);
        false_world_advance(&yard->world, due - yard_now(yard));
    }
    assert_int_equal(
        yard_number(yard, "SELECT COUNT(*) FROM write WHERE state = 'queued'"), 0);
    assert_in_range(looks, WAITING, 60 + 10 * WAITING);
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

/* What has ended is cancelled only where somebody waits for that. */
static void a_dead_write_is_cancelled_where_its_lane_stands_still(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    struct write_row first = yard_row(yard, account, "", 1);
    struct write_row second = yard_row(yard, account, "", 2);
    yard_document(yard, "bare", "{'strict':true}");
    yard->shop.choose = refuse;
    yard_open_write(yard, &first, true);
    yard_open_write(yard, &second, true);
    yard_run(yard, USEC_H);
    filter.id = first.id;
    assert_int_equal(yard_act(yard, WRITE_CANCEL, &filter, true).n, 1);
    assert_int_equal(yard_get(yard, first.id).state, WRITE_CANCELLED);
    yard_run(yard, USEC_MIN);
    assert_int_equal(yard_get(yard, second.id).state, WRITE_DELIVERED);
    assert_int_equal(pending(yard, account), 0);
    yard->shop.calls = 0;
    struct write_row third = yard_row(yard, account, "", 3);
    yard_open_write(yard, &third, true);
    yard_run(yard, USEC_MIN);
    filter.id = third.id;
    assert_int_equal(yard_get(yard, third.id).state, WRITE_DEAD);
    assert_int_equal(yard_act(yard, WRITE_CANCEL, &filter, true).n, 0);
}

static enum shop_fate break_down(struct shop *shop)
{
    return *(bool *)shop->owner ? SHOP_UNREACHABLE : SHOP_GOOD;
}

/* Its caller's write was done, perhaps; whoever hurries it has not decided that it may be
 * done twice. */
static void who_hurries_a_queued_write_decides_nothing(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "keyed");
    struct write_row row = yard_row(yard, account, "", 1);
    bool down = true;
    yard->shop.choose = break_down;
    yard->shop.owner = &down;
    row.unsure = true;
    row.tries = 1;
    row.first_sent = yard_wall(yard) - 23 * USEC_H;
    yard_close_write(yard, &row, WRITE_CLOSE_PARK, false);
    filter.id = row.id;
    assert_int_equal(yard_act(yard, WRITE_RETRY, &filter, true).n, 1);
    yard_run(yard, 2 * USEC_S);
    struct write_row found = yard_get(yard, row.id);
    assert_int_equal(found.state, WRITE_QUEUED);
    assert_true(found.unsure);
    assert_int_equal(found.tries, 2);
    assert_int_equal(found.first_sent, row.first_sent);
    down = false;
    yard_move(yard, account, ACCOUNT_DISABLED);
    yard_run(yard, 2 * USEC_H);
    yard_move(yard, account, ACCOUNT_ACTIVE);
    yard_run(yard, USEC_H); /* the vendor does not know its key any more */
    assert_int_equal(yard_get(yard, row.id).state, WRITE_NEEDS_DECISION);
    assert_int_equal(yard->shop.writes[1].done, 0);
}

/* --- room --- */

static int tell_room(void *arg, const char *dir, uint64_t *ret_free, uint64_t *ret_all)
{
    (void)dir;
    *ret_free = *(uint64_t *)arg;
    *ret_all = 1000000;
    return 0;
}

static enum err admit(struct yard *yard, str id, uint64_t bytes)
{
    struct account *account = yard_find(yard, id);
    enum err err = writes_admit(yard->writes, account, bytes);
    account_unref(&account);
    return err;
}

static void what_is_left_of_the_disk_is_not_for_the_queue(void **state)
{
    struct yard *yard = *state;
    uint64_t free = 60000;
    struct space_config config = {.dir = STR("/data"),
                                  .reserve = 5,
                                  .world = &yard->world.world,
                                  .look = tell_room,
                                  .arg = &free};
    str account = yard_account(yard, "bare");
    yard_stop(yard);
    yard->space = space_create(&config);
    yard_open(yard);
    assert_int_equal(admit(yard, account, 10000), ERR_NONE);
    assert_int_equal(admit(yard, account, 10001), ERR_DISK_RESERVED);
    free = 40000;
    yard_run(yard, 2 * USEC_S);
    assert_int_equal(admit(yard, account, 1), ERR_DISK_RESERVED);
    yard_stop(yard);
    space_destroy(&yard->space);
}

static uint64_t queued_bytes(struct yard *yard)
{
    struct writes_stats stats;
    writes_stats(yard->writes, &stats);
    return stats.queued_bytes;
}

/* However they leave the queue, and over a restart. */
static void an_environments_writes_take_what_they_may(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    yard_move(yard, account, ACCOUNT_DISABLED);
    struct write_row first = yard_row(yard, account, "", 1);
    struct write_row second = yard_row(yard, account, "", 2);
    uint64_t bytes = first.parts[WRITE_PART_REQUEST].n;
    yard_stop(yard);
    yard->environment_bytes_max = 2 * bytes + 10;
    yard_open(yard);
    yard_open_write(yard, &first, true);
    assert_int_equal(admit(yard, account, bytes), ERR_NONE);
    yard_open_write(yard, &second, true);
    assert_int_equal(queued_bytes(yard), 2 * bytes);
    assert_int_equal(admit(yard, account, bytes), ERR_QUEUE_QUOTA);
    yard_stop(yard);
    yard_open(yard);
    assert_int_equal(queued_bytes(yard), 2 * bytes);
    filter.id = first.id;
    yard_act(yard, WRITE_CANCEL, &filter, true);
    assert_int_equal(queued_bytes(yard), bytes);
    assert_int_equal(admit(yard, account, bytes), ERR_NONE);
    yard_act(yard, WRITE_RETRY, &filter, true);
    assert_int_equal(queued_bytes(yard), 2 * bytes);
    yard_move(yard, account, ACCOUNT_ACTIVE);
    yard_run(yard, USEC_H);
    assert_int_equal(yard_get(yard, second.id).state, WRITE_DELIVERED);
    assert_int_equal(queued_bytes(yard), 0);
}

/* --- asking before it is sent again --- */

static enum shop_fate lose_the_first(struct shop *shop)
{
    return shop->calls ? SHOP_GOOD : *(enum shop_fate *)shop->owner;
}

static struct write_row lose_one(struct yard *yard, enum shop_fate *fate)
{
    struct write_row row = yard_row(yard, yard_account(yard, "searched"), "", 1);
    yard->shop.choose = lose_the_first;
    yard->shop.owner = fate;
    yard_open_write(yard, &row, true);
    return row;
}

static void a_write_that_was_done_is_found_and_not_done_again(void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_LOST;
    struct write_row row = lose_one(yard, &fate);
    yard_run(yard, 10 * USEC_MIN);
    struct write_row found = yard_get(yard, row.id);
    assert_int_equal(found.state, WRITE_DELIVERED);
    assert_str(found.reason, STR("found"));
    assert_int_equal(found.tries, 2);
    assert_int_equal(yard->shop.writes[1].done, 1);
    struct write_message answer;
    struct account *account = yard_find(yard, row.account);
    assert_true(writes_unseal(yard->writes, account, &found, WRITE_PART_ANSWER,
                              &yard->arena, &answer));
    account_unref(&account);
    assert_int_equal(answer.status, 200);
    assert_str(answer.body, STR("{\"n\":1,\"id\":\"thing-0\"}"));
}

/* Its vendor's search lags behind: only what it does not find after that was not done. */
static void a_write_that_is_not_found_is_sent_again_when_the_search_has_settled(
    void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_UNHEARD;
    struct write_row row = lose_one(yard, &fate);
    yard_run(yard, 2 * USEC_MIN);
    struct write_row held = yard_get(yard, row.id);
    assert_int_equal(held.state, WRITE_QUEUED);
    assert_str(held.reason, STR("settling"));
    assert_int_equal(held.tries, 1);
    assert_true(held.unsure);
    assert_int_equal(yard->shop.writes[1].done, 0);
    yard_run(yard, 2 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
    assert_str(yard_get(yard, row.id).reason, STR("delivered"));
    assert_int_equal(yard->shop.writes[1].done, 1);
    assert_int_equal(yard->shop.searches, 2);
}

static void what_several_could_be_waits_for_a_decision(void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_LOST;
    shop_do(&yard->shop, 1, false);
    struct write_row row = lose_one(yard, &fate);
    yard_run(yard, 10 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_NEEDS_DECISION);
    assert_str(yard_get(yard, row.id).reason, STR("several"));
}

static enum shop_fate lose_and_hide(struct shop *shop)
{
    return shop->calls ? SHOP_REFUSED : SHOP_LOST;
}

static void a_vendor_that_refuses_to_say_leaves_it_to_somebody(void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_LOST;
    struct write_row row = lose_one(yard, &fate);
    yard->shop.choose = lose_and_hide;
    yard_run(yard, 10 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_NEEDS_DECISION);
    assert_str(yard_get(yard, row.id).reason, STR("search"));
    assert_int_equal(yard->shop.writes[1].done, 1);
}

static enum shop_fate lose_and_break_down(struct shop *shop)
{
    if (!shop->calls)
        return SHOP_UNHEARD;
    return shop->calls < 4 ? SHOP_BROKEN : SHOP_GOOD;
}

/* Asking is no try. */
static void a_vendor_that_cannot_say_is_asked_again(void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_UNHEARD;
    yard_document(yard, "searched", "{'tries':2}");
    struct write_row row = lose_one(yard, &fate);
    yard->shop.choose = lose_and_break_down;
    yard_run(yard, 2 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).tries, 1);
    yard_run(yard, 10 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
    assert_int_equal(yard->shop.writes[1].done, 1);
}

/* The search lags behind by time that passes, not by what a clock says. */
static void a_clock_that_jumps_does_not_settle_a_search(void **state)
{
    struct yard *yard = *state;
    enum shop_fate fate = SHOP_UNHEARD;
    struct write_row row = lose_one(yard, &fate);
    yard_run(yard, 30 * USEC_S);
    false_world_jump(&yard->world, 10 * USEC_H);
    yard_run(yard, 2 * USEC_MIN);
    assert_str(yard_get(yard, row.id).reason, STR("settling"));
    assert_int_equal(yard_get(yard, row.id).state, WRITE_QUEUED);
    false_world_jump(&yard->world, -20 * USEC_H);
    yard_run(yard, 5 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
    assert_int_equal(yard->shop.writes[1].done, 1);
}

/* --- a clock that jumps --- */

static void a_clock_that_jumps_ahead_lets_nothing_grow_old(void **state)
{
    struct yard *yard = *state;
    bool down = true;
    str account = yard_account(yard, "bare");
    struct write_row done = yard_row(yard, account, "", 1);
    struct write_row row = yard_row(yard, account, "", 2);
    yard_open_write(yard, &done, true);
    yard_run(yard, USEC_MIN);
    yard->shop.choose = break_down;
    yard->shop.owner = &down;
    yard_open_write(yard, &row, true);
    yard_run(yard, USEC_S);
    false_world_jump(&yard->world, 30 * USEC_DAY);
    yard_run(yard, 10 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_QUEUED);
    assert_int_equal(yard_get(yard, done.id).state, WRITE_DELIVERED);
    down = false;
    yard_run(yard, 2 * USEC_H);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
    yard_run(yard, 8 * USEC_DAY);
    assert_true(str_absent(yard_get(yard, done.id).id));
}

static void a_write_that_waits_too_long_grows_old_by_the_time_that_passes(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    yard_move(yard, account, ACCOUNT_DISABLED);
    yard_open_write(yard, &row, true);
    false_world_jump(&yard->world, -40 * USEC_DAY);
    yard_run(yard, 70 * USEC_H);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_QUEUED);
    yard_run(yard, 4 * USEC_H);
    struct write_row found = yard_get(yard, row.id);
    assert_int_equal(found.state, WRITE_DEAD);
    assert_str(found.reason, STR("age"));
}

static void a_clock_that_jumps_back_holds_nothing_up(void **state)
{
    struct yard *yard = *state;
    bool down = true;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    yard->shop.choose = break_down;
    yard->shop.owner = &down;
    yard_open_write(yard, &row, true);
    yard_run(yard, USEC_S);
    false_world_jump(&yard->world, -30 * USEC_DAY);
    down = false;
    yard_run(yard, 2 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
}

static void a_clock_that_jumps_back_makes_no_window_longer(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "keyed");
    struct write_row row = yard_row(yard, account, "", 1);
    yard_move(yard, account, ACCOUNT_DISABLED);
    row.unsure = true;
    row.first_sent = yard_wall(yard);
    shop_do(&yard->shop, 1, true);
    yard_close_write(yard, &row, WRITE_CLOSE_PARK, false);
    yard_run(yard, 20 * USEC_H);
    false_world_jump(&yard->world, -10 * USEC_H);
    yard_run(yard, 5 * USEC_H);
    yard_move(yard, account, ACCOUNT_ACTIVE);
    yard_run(yard, USEC_H);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_NEEDS_DECISION);
    assert_int_equal(yard->shop.writes[1].done, 1);
}

/* It says nothing of jumps that it has not stored. */
static void a_jump_waits_for_the_store(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row row = yard_row(yard, account, "", 1);
    yard_move(yard, account, ACCOUNT_DISABLED);
    yard_open_write(yard, &row, true);
    yard_run(yard, USEC_MIN);
    yard_store_fails(yard, true);
    false_world_jump(&yard->world, 30 * USEC_DAY);
    yard_move(yard, account, ACCOUNT_ACTIVE);
    yard_run(yard, USEC_H);
    yard_store_fails(yard, false);
    yard_run(yard, 2 * USEC_MIN);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_DELIVERED);
}

int test_queue(void)
{
    const struct CMUnitTest tests[] = {
        YARD_TEST(a_queued_write_is_done_once),
        YARD_TEST(a_draining_queue_rests),
        YARD_TEST(what_was_being_claimed_when_it_stopped_is_not_tried),
        YARD_TEST(what_comes_while_others_are_claimed_is_not_overlooked),
        YARD_TEST(those_that_wait_for_a_slow_vendor_cost_nothing),
        YARD_TEST(those_behind_a_stopped_lane_are_known_to_wait),
        YARD_TEST(a_lane_goes_on_when_what_stopped_it_is_cancelled),
        YARD_TEST(a_dead_write_is_cancelled_where_its_lane_stands_still),
        YARD_TEST(who_hurries_a_queued_write_decides_nothing),
        YARD_TEST(what_is_left_of_the_disk_is_not_for_the_queue),
        YARD_TEST(an_environments_writes_take_what_they_may),
        YARD_TEST(a_write_that_was_done_is_found_and_not_done_again),
        YARD_TEST(a_write_that_is_not_found_is_sent_again_when_the_search_has_settled),
        YARD_TEST(what_several_could_be_waits_for_a_decision),
        YARD_TEST(a_vendor_that_refuses_to_say_leaves_it_to_somebody),
        YARD_TEST(a_vendor_that_cannot_say_is_asked_again),
        YARD_TEST(a_clock_that_jumps_does_not_settle_a_search),
        YARD_TEST(a_clock_that_jumps_ahead_lets_nothing_grow_old),
        YARD_TEST(a_write_that_waits_too_long_grows_old_by_the_time_that_passes),
        YARD_TEST(a_clock_that_jumps_back_holds_nothing_up),
        YARD_TEST(a_clock_that_jumps_back_makes_no_window_longer),
        YARD_TEST(a_jump_waits_for_the_store),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
