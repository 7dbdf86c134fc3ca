/*
 * The operations on the store, by themselves: no queue looks at what is done here.
 */
#include "groups.h"
#include "yard.h"

#include "writes/write_upkeep.h"

static void on_claimed(struct write_claim *claim)
{
    *(bool *)claim->owner = true;
}

static struct write_claim claim(struct yard *yard, str account, uint32_t max)
{
    bool done = false;
    struct write_claim claim = {.store = yard->store,
                                .worker = yard_worker(yard),
                                .arena = &yard->arena,
                                .done = on_claimed,
                                .owner = &done,
                                .account = account,
                                .max = max,
                                .wall = yard_wall(yard)};
    write_claim(&claim);
    while (!done)
        worker_turn(claim.worker);
    assert_int_equal(claim.err, ERR_NONE);
    return claim;
}

static void on_finished(struct write_finish *finish)
{
    *(bool *)finish->owner = true;
}

static struct write_finish finish(struct yard *yard, const struct write_row *row,
                                  enum write_state state, usec delay, bool strict)
{
    bool done = false;
    struct write_finish finish = {.store = yard->store,
                                  .worker = yard_worker(yard),
                                  .done = on_finished,
                                  .owner = &done,
                                  .row = *row,
                                  .strict = strict,
                                  .wall = yard_wall(yard)};
    finish.row.state = state;
    finish.row.due = state == WRITE_QUEUED ? finish.wall + delay : 0;
    finish.row.reason = STR("a reason");
    write_finish(&finish);
    while (!done)
        worker_turn(finish.worker);
    return finish;
}

static void on_frozen(struct write_freeze *freeze)
{
    *(bool *)freeze->owner = true;
}

static enum err freeze(struct yard *yard, str id, int64_t lease)
{
    bool done = false;
    struct write_freeze freeze = {.store = yard->store,
                                  .worker = yard_worker(yard),
                                  .done = on_frozen,
                                  .owner = &done,
                                  .id = id,
                                  .lease = lease,
                                  .frozen = STR("frozen"),
                                  .vendor_key = STR("k"),
                                  .wall = yard_wall(yard)};
    write_freeze(&freeze);
    while (!done)
        worker_turn(freeze.worker);
    return freeze.err;
}

/* The scene: a queue that drains, so that nobody else claims. */
static const char *kind;

static int setup(void **state)
{
    struct yard *yard = yard_create_in(7, kind);
    *state = yard;
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_drain(yard->writes, false_loop_worker(&yard->loop, i));
    return 0;
}

static struct write_row put(struct yard *yard, str account, const char *lane, unsigned n)
{
    struct write_row row = yard_row(yard, account, lane, n);
    assert_int_equal(yard_open_write(yard, &row, true).end, WRITE_ACCEPTED);
    return row;
}

static struct write_row keyed_row(struct yard *yard, str account, const char *key)
{
    struct write_row row = yard_row(yard, account, "", 1);
    row.key_digest = str_z(key);
    row.first_sent = yard_wall(yard);
    return row;
}

/* --- opening --- */

static void a_new_key_is_taken_and_its_write_stands_there(void **state)
{
    struct yard *yard = *state;
    struct write_row row = keyed_row(yard, yard_account(yard, "keyed"), "k1");
    assert_int_equal(yard_open_write(yard, &row, false).end, WRITE_OPENED);
    struct write_row found = yard_get(yard, row.id);
    assert_int_equal(found.state, WRITE_SENDING);
    assert_false(found.promised);
    assert_false(str_absent(found.parts[WRITE_PART_REQUEST]));
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write_lane"), 0);
}

static void a_key_that_is_taken_finds_its_write_and_changes_nothing(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "keyed");
    struct write_row first = keyed_row(yard, account, "k1");
    struct write_row again = keyed_row(yard, account, "k1");
    yard_open_write(yard, &first, false);
    first.state = WRITE_DELIVERED;
    first.parts[WRITE_PART_ANSWER] = STR("sealed answer");
    assert_int_equal(yard_close_write(yard, &first, WRITE_CLOSE_END, true), ERR_NONE);
    struct write_open open = yard_open_write(yard, &again, false);
    assert_int_equal(open.end, WRITE_FOUND);
    assert_str(open.found.id, first.id);
    assert_str(open.found.parts[WRITE_PART_ANSWER], STR("sealed answer"));
    assert_true(str_absent(yard_get(yard, again.id).id));
}

static void an_undecided_write_is_its_callers_again_where_repeats_are_known(void **state)
{
    struct yard *yard = *state;
    struct write_row first = keyed_row(yard, yard_account(yard, "keyed"), "k1");
    yard_open_write(yard, &first, false);
    yard_close_write(yard, &first, WRITE_CLOSE_DECIDE, true);
    struct write_row other = first;
    other.fingerprint = STR("another print");
    assert_int_equal(yard_open_write(yard, &other, false).end, WRITE_FOUND);
    struct write_open open = yard_open_write(yard, &first, false);
    assert_int_equal(open.end, WRITE_TAKEN);
    assert_int_equal(yard_get(yard, first.id).state, WRITE_SENDING);
    assert_true(yard_get(yard, first.id).unsure);
}

static void an_undecided_write_stays_so_when_its_key_is_forgotten(void **state)
{
    struct yard *yard = *state;
    struct write_row first = keyed_row(yard, yard_account(yard, "keyed"), "k1");
    yard_open_write(yard, &first, false);
    yard_close_write(yard, &first, WRITE_CLOSE_DECIDE, true);
    false_world_advance(&yard->world, USEC_DAY);
    assert_int_equal(yard_open_write(yard, &first, false).end, WRITE_FOUND);
    assert_int_equal(yard_get(yard, first.id).state, WRITE_NEEDS_DECISION);
}

static void behind_queued_ones_of_its_lane_a_write_is_queued_too(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    put(yard, account, "", 1);
    struct write_row behind = yard_row(yard, account, "", 2);
    struct write_row beside = yard_row(yard, account, "key a", 3);
    assert_int_equal(yard_open_write(yard, &behind, false).end, WRITE_ACCEPTED);
    assert_int_equal(yard_open_write(yard, &beside, false).end, WRITE_OPENED);
}

static void on_opened(struct write_open *open)
{
    *(bool *)open->owner = true;
}

static void who_may_not_wait_is_told_that_the_lane_is_busy(void **state)
{
    struct yard *yard = *state;
    bool done = false;
    str account = yard_account(yard, "bare");
    put(yard, account, "", 1);
    struct write_open open = {.store = yard->store,
                              .worker = yard_worker(yard),
                              .arena = &yard->arena,
                              .done = on_opened,
                              .owner = &done,
                              .row = yard_row(yard, account, "", 2),
                              .refuse_if_busy = true,
                              .wall = yard_wall(yard)};
    write_open(&open);
    while (!done)
        worker_turn(open.worker);
    assert_int_equal(open.end, WRITE_BUSY);
    assert_true(str_absent(yard_get(yard, open.row.id).id));
}

/* --- closing --- */

static void what_is_parked_is_promised_and_in_the_schedule(void **state)
{
    struct yard *yard = *state;
    struct write_row row = yard_row(yard, yard_account(yard, "bare"), "", 1);
    assert_int_equal(yard_close_write(yard, &row, WRITE_CLOSE_PARK, false), ERR_NONE);
    struct write_row found = yard_get(yard, row.id);
    assert_int_equal(found.state, WRITE_QUEUED);
    assert_true(found.promised);
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write_lane"), 1);
}

static void what_is_released_is_gone_with_its_key(void **state)
{
    struct yard *yard = *state;
    struct write_row row = keyed_row(yard, yard_account(yard, "bare"), "k1");
    yard_open_write(yard, &row, false);
    assert_int_equal(yard_close_write(yard, &row, WRITE_CLOSE_RELEASE, true), ERR_NONE);
    assert_true(str_absent(yard_get(yard, row.id).id));
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write_part"), 0);
    struct write_row again = keyed_row(yard, row.account, "k1");
    assert_int_equal(yard_open_write(yard, &again, false).end, WRITE_OPENED);
}

static void what_is_sending_no_more_is_not_closed(void **state)
{
    struct yard *yard = *state;
    struct write_row row = yard_row(yard, yard_account(yard, "bare"), "", 1);
    yard_open_write(yard, &row, false);
    yard_close_write(yard, &row, WRITE_CLOSE_DECIDE, true);
    assert_int_equal(yard_close_write(yard, &row, WRITE_CLOSE_PARK, true),
                     ERR_STATE_CONFLICT);
    assert_int_equal(yard_get(yard, row.id).state, WRITE_NEEDS_DECISION);
}

/* --- claiming --- */

static void of_a_lane_only_the_head_is_claimed(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row first = put(yard, account, "", 1);
    struct write_row second = put(yard, account, "", 2);
    struct write_claim got = claim(yard, account, 10);
    assert_int_equal(got.n, 1);
    assert_str(got.rows[0].id, first.id);
    assert_int_equal(got.next, USEC_NEVER);
    assert_int_equal(claim(yard, account, 10).n, 0); /* it is leased */
    struct write_finish end = finish(yard, &got.rows[0], WRITE_DELIVERED, 0, false);
    assert_int_equal(end.err, ERR_NONE);
    assert_true(end.next <= yard_wall(yard));
    got = claim(yard, account, 10);
    assert_str(got.rows[0].id, second.id);
}

static void lanes_are_claimed_side_by_side_up_to_the_most(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    put(yard, account, "", 1);
    put(yard, account, "key a", 2);
    put(yard, account, "key b", 3);
    struct write_claim got = claim(yard, account, 2);
    assert_int_equal(got.n, 2);
    assert_true(got.next <= yard_wall(yard));
    assert_int_equal(claim(yard, account, 2).n, 1);
    assert_int_equal(claim(yard, yard_account(yard, "bare"), 2).n, 0);
}

static void what_is_due_later_is_not_claimed_before(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    put(yard, account, "", 1);
    struct write_claim got = claim(yard, account, 1);
    finish(yard, &got.rows[0], WRITE_QUEUED, USEC_MIN, false);
    got = claim(yard, account, 1);
    assert_int_equal(got.n, 0);
    assert_int_equal(got.next, yard_wall(yard) + USEC_MIN);
    false_world_advance(&yard->world, USEC_MIN);
    got = claim(yard, account, 1);
    assert_int_equal(got.n, 1);
    assert_str(got.rows[0].reason, STR("a reason"));
}

static void who_has_lost_its_lease_changes_nothing(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    uint64_t n;
    put(yard, account, "", 1);
    struct write_row old = claim(yard, account, 1).rows[0];
    assert_int_equal(freeze(yard, old.id, old.lease), ERR_NONE);
    assert_int_equal(write_recover(yard->store, yard_wall(yard), &n), ERR_NONE);
    assert_int_equal(n, 1);
    assert_int_equal(freeze(yard, old.id, old.lease), ERR_STATE_CONFLICT);
    assert_int_equal(finish(yard, &old, WRITE_DELIVERED, 0, false).err,
                     ERR_STATE_CONFLICT);
    struct write_row now = claim(yard, account, 1).rows[0];
    assert_str(now.parts[WRITE_PART_FROZEN], STR("frozen"));
    assert_int_equal(freeze(yard, old.id, old.lease), ERR_STATE_CONFLICT);
    assert_int_equal(finish(yard, &old, WRITE_DEAD, 0, false).err, ERR_STATE_CONFLICT);
    assert_int_equal(yard_get(yard, old.id).state, WRITE_SENDING);
}

static void a_strict_lane_stops_behind_what_was_not_done(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    struct write_row first = put(yard, account, "", 1);
    put(yard, account, "", 2);
    struct write_claim got = claim(yard, account, 1);
    struct write_finish end = finish(yard, &got.rows[0], WRITE_DEAD, 0, true);
    assert_int_equal(end.next, USEC_NEVER);
    assert_true(end.stopped);
    put(yard, account, "", 3);
    assert_int_equal(claim(yard, account, 1).n, 0);
    filter.id = first.id;
    assert_int_equal(yard_act(yard, WRITE_RETRY, &filter, false).n, 1);
    got = claim(yard, account, 1);
    assert_str(got.rows[0].id, first.id);
    end = finish(yard, &got.rows[0], WRITE_DEAD, 0, false);
    assert_false(end.stopped);
    assert_int_equal(claim(yard, account, 1).n, 1);
}

/* --- people --- */

static void a_filter_is_worked_through_a_page_at_a_time(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    for (unsigned i = 0; i < 130; i++)
        put(yard, account, "", i);
    put(yard, yard_account(yard, "bare"), "", 200);
    filter.account = account;
    struct write_act act = yard_act(yard, WRITE_CANCEL, &filter, false);
    assert_int_equal(act.n, 100);
    assert_true(act.more);
    act = yard_act(yard, WRITE_CANCEL, &filter, false);
    assert_int_equal(act.n, 30);
    assert_false(act.more);
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write_lane"), 1);
    act = yard_act(yard, WRITE_RETRY, &filter, false);
    assert_int_equal(act.n, 100);
    act = yard_act(yard, WRITE_RETRY, &filter, false);
    assert_int_equal(act.n, 30);
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write_lane"), 2);
}

static void what_is_under_way_is_not_cancelled(void **state)
{
    struct yard *yard = *state;
    struct write_filter filter = WRITE_FILTER_ANY;
    str account = yard_account(yard, "bare");
    struct write_row first = put(yard, account, "", 1);
    struct write_row second = put(yard, account, "", 2);
    struct write_row head = claim(yard, account, 1).rows[0];
    filter.account = account;
    struct write_act act = yard_act(yard, WRITE_CANCEL, &filter, false);
    assert_int_equal(act.n, 1);
    assert_str(act.rows[0].id, second.id);
    assert_int_equal(yard_get(yard, first.id).state, WRITE_SENDING);
    assert_int_equal(finish(yard, &head, WRITE_QUEUED, 0, false).err, ERR_NONE);
    assert_int_equal(claim(yard, account, 1).n, 1);
}

/* --- upkeep --- */

static void a_start_queues_what_was_promised_and_asks_about_the_rest(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    struct write_row promised = put(yard, account, "", 1);
    struct write_row direct = yard_row(yard, account, "key a", 2);
    uint64_t n;
    yard_open_write(yard, &direct, false);
    claim(yard, account, 1);
    assert_int_equal(write_recover(yard->store, yard_wall(yard), &n), ERR_NONE);
    assert_int_equal(n, 2);
    struct write_row found = yard_get(yard, promised.id);
    assert_int_equal(found.state, WRITE_QUEUED);
    assert_true(found.unsure);
    assert_int_equal(yard_get(yard, direct.id).state, WRITE_NEEDS_DECISION);
    assert_int_equal(write_recover(yard->store, yard_wall(yard), &n), ERR_NONE);
    assert_int_equal(n, 0);
    assert_str(claim(yard, account, 1).rows[0].id, promised.id);
}

static void a_start_finds_any_number_under_way(void **state)
{
    struct yard *yard = *state;
    str account = yard_account(yard, "bare");
    uint64_t n;
    for (unsigned i = 0; i < 300; i++) {
        struct write_row row = yard_row(yard, account, "", i);
        yard_open_write(yard, &row, false);
    }
    assert_int_equal(write_recover(yard->store, yard_wall(yard), &n), ERR_NONE);
    assert_int_equal(n, 300);
    assert_int_equal(yard_number(yard, "SELECT COUNT(*) FROM write WHERE state = "
                                       "'sending'"),
                     0);
}

static void each_account_with_queued_writes_is_known(void **state)
{
    struct yard *yard = *state;
    struct write_account *items;
    uint32_t n;
    str account = yard_account(yard, "bare");
    yard_account(yard, "bare");
    struct write_row first = put(yard, account, "", 1);
    put(yard, account, "key a", 2);
    assert_int_equal(write_accounts(yard->store, &yard->arena, &items, &n), ERR_NONE);
    assert_int_equal(n, 1);
    assert_str(items[0].account, account);
    assert_int_equal(items[0].queued, 2);
    assert_int_equal(items[0].due, first.due);
}

static void on_expired(struct write_expire *expire)
{
    *(bool *)expire->owner = true;
}

static void what_has_ended_goes_when_its_time_has_passed(void **state)
{
    struct yard *yard = *state;
    bool done = false;
    struct write_row row = keyed_row(yard, yard_account(yard, "bare"), "k1");
    struct write_row kept = put(yard, row.account, "", 2);
    row.state = WRITE_DELIVERED;
    row.keep = yard_wall(yard) + USEC_H;
    yard_close_write(yard, &row, WRITE_CLOSE_END, false);
    for (int i = 0; i < 2; i++) {
        struct write_expire expire = {.store = yard->store,
                                      .worker = yard_worker(yard),
                                      .done = on_expired,
                                      .owner = &done,
                                      .wall = yard_wall(yard)};
        done = false;
        write_expire(&expire);
        while (!done)
            worker_turn(expire.worker);
        assert_int_equal(expire.gone, i);
        false_world_advance(&yard->world, 2 * USEC_H);
    }
    assert_true(str_absent(yard_get(yard, row.id).id));
    assert_int_equal(yard_get(yard, kept.id).state, WRITE_QUEUED);
    struct write_row again = keyed_row(yard, row.account, "k1");
    assert_int_equal(yard_open_write(yard, &again, true).end, WRITE_ACCEPTED);
}

#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, yard_teardown)

static int test_kind(const char *name)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_key_is_taken_and_its_write_stands_there),
        STORE_TEST(a_key_that_is_taken_finds_its_write_and_changes_nothing),
        STORE_TEST(an_undecided_write_is_its_callers_again_where_repeats_are_known),
        STORE_TEST(an_undecided_write_stays_so_when_its_key_is_forgotten),
        STORE_TEST(behind_queued_ones_of_its_lane_a_write_is_queued_too),
        STORE_TEST(who_may_not_wait_is_told_that_the_lane_is_busy),
        STORE_TEST(what_is_parked_is_promised_and_in_the_schedule),
        STORE_TEST(what_is_released_is_gone_with_its_key),
        STORE_TEST(what_is_sending_no_more_is_not_closed),
        STORE_TEST(of_a_lane_only_the_head_is_claimed),
        STORE_TEST(lanes_are_claimed_side_by_side_up_to_the_most),
        STORE_TEST(what_is_due_later_is_not_claimed_before),
        STORE_TEST(who_has_lost_its_lease_changes_nothing),
        STORE_TEST(a_strict_lane_stops_behind_what_was_not_done),
        STORE_TEST(a_filter_is_worked_through_a_page_at_a_time),
        STORE_TEST(what_is_under_way_is_not_cancelled),
        STORE_TEST(a_start_queues_what_was_promised_and_asks_about_the_rest),
        STORE_TEST(a_start_finds_any_number_under_way),
        STORE_TEST(each_account_with_queued_writes_is_known),
        STORE_TEST(what_has_ended_goes_when_its_time_has_passed),
    };
    kind = name;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int test_store(void)
{
    return test_kind("mem") + test_kind("sqlite");
}
