#include "dock.h"
#include "groups.h"

#include "hook/dedupe.h"

#define ANY STR_NONE

static struct transfer_stats stats_of(struct dock *dock)
{
    struct transfer_stats stats;
    transfer_stats(dock->transfer, &stats);
    return stats;
}

static void a_record_is_a_row_once(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL);
    for (int i = 0; i < 1200; i++)
        dock_receive(
            dock, &(struct dock_event){
                      .account = account,
                      .id = arena_z(&dock->arena, arena_printf(&dock->arena, "e%d", i))});
    assert_int_equal(dock_transfer(dock), 1200);
    assert_int_equal(dock_count(dock, "queued", account, NULL), 1200);
    assert_int_equal(dock->told, 1200);
    assert_int_equal(dock_transfer(dock), 0);
    dock_close(dock);
    dock_open(dock);
    assert_int_equal(dock_transfer(dock), 0);
    dock_receive(dock, &(struct dock_event){.account = account, .id = "last"});
    assert_int_equal(dock_transfer(dock), 1);
    assert_int_equal(dock_count(dock, NULL, account, NULL), 1201);
}

static void what_comes_again_is_no_row(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL), other = dock_account(dock, NULL);
    struct dock_event event = {.account = account, .id = "e1"};
    dock_receive(dock, &event);
    dock_receive(dock, &event); /* in one batch */
    dock_transfer(dock);
    dock_receive(dock, &event);
    event.account = other; /* is another event */
    dock_receive(dock, &event);
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, account, "e1"), 1);
    assert_int_equal(dock_count(dock, NULL, other, "e1"), 1);
    assert_int_equal(stats_of(dock).duplicates, 2);
    false_world_advance(&dock->world, DEDUPE_KEPT + USEC_H);
    event.account = account;
    dock_receive(dock, &event);
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, account, "e1"), 2);
}

struct finish_op {
    struct store_op op;
};

static enum err run_finish(struct tx *tx, struct store_op *op)
{
    static const struct statement all = {"UPDATE hook SET state = 'done', ended = 1, "
                                         "keep = 2"};
    (void)op;
    return tx_exec(tx, &all, NULL, 0, NULL);
}

static void finish_all(struct dock *dock)
{
    struct finish_op self = {.op = {.kind = STORE_RELAXED, .run = run_finish}};
    assert_int_equal(store_run(dock->store, &self.op), ERR_NONE);
}

static void without_an_id_the_same_bytes_are_one_while_it_waits(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL);
    struct dock_event event = {.account = account, .body = "{\"a\":1}"};
    dock_receive(dock, &event);
    dock_transfer(dock);
    false_world_advance(&dock->world, USEC_H);
    dock_receive(dock, &event); /* it waits still */
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, account, NULL), 1);
    finish_all(dock);
    dock_receive(dock, &event);
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, account, NULL), 2);
    finish_all(dock);
    false_world_advance(&dock->world, DEDUPE_REPEAT - USEC_S);
    dock_receive(dock, &event); /* done, but just now */
    event.body = "{\"a\":2}";
    dock_receive(dock, &event);
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, account, NULL), 3);
}

static void an_event_goes_to_each_account_that_has_its_value(void **state)
{
    struct dock *dock = *state;
    str one = dock_account(dock, "T1"), two = dock_account(dock, "T1");
    str other = dock_account(dock, "T2");
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e1", .team = "T1"});
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, "queued", one, "e1"), 1);
    assert_int_equal(dock_count(dock, "queued", two, "e1"), 1);
    assert_int_equal(dock_count(dock, NULL, other, NULL), 0);
    assert_int_equal(dock->told, 2);
}

static void what_nobody_has_waits_and_is_bound(void **state)
{
    struct dock *dock = *state;
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e1", .team = "T9"});
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e2"});
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, "unmatched", ANY, NULL), 2);
    assert_int_equal(stats_of(dock).unmatched, 2);
    str late = dock_account(dock, "T9");
    assert_true(transfer_has_notes(dock->transfer));
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, "queued", late, "e1"), 1);
    assert_int_equal(dock_count(dock, "unmatched", ANY, "e2"), 1);
    assert_int_equal(dock->told, 1);
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e1", .team = "T9"});
    dock_transfer(dock);
    assert_int_equal(dock_count(dock, NULL, ANY, "e1"), 1);
}

static void a_start_binds_who_came_while_nobody_looked(void **state)
{
    struct dock *dock = *state;
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e1", .team = "T9"});
    dock_transfer(dock);
    str late = dock_account(dock, "T9");
    dock_close(dock); /* what was noted is lost with the process */
    dock_open(dock);
    assert_int_equal(dock_count(dock, "queued", late, "e1"), 1);
}

static void what_was_a_deleted_accounts_is_let_go(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL), other = dock_account(dock, NULL);
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e1"});
    dock_receive(dock, &(struct dock_event){.account = other, .id = "e2"});
    dock_delete(dock, account);
    assert_int_equal(dock_transfer(dock), 2);
    assert_int_equal(dock_count(dock, NULL, account, NULL), 0);
    assert_int_equal(dock_count(dock, NULL, other, "e2"), 1);
    assert_int_equal(stats_of(dock).erased, 1);
}

static void records_of_others_are_passed_over_and_broken_ones_are_not(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL);
    uint32_t n;
    dock_append(dock, HOOK_RECORD_PAYLOAD, STR("sealed by somebody else"));
    dock_append(dock, 99, STR("bw.hook1 of another type"));
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e1"});
    assert_int_equal(dock_transfer(dock), 3);
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e2"});
    dock_append(dock, HOOK_RECORD_LIST, STR("bw.hook1 that is cut"));
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e3"});
    assert_int_equal(transfer_some(dock->transfer, &n), ERR_NONE);
    assert_int_equal(n, 1);
    assert_int_equal(transfer_some(dock->transfer, &n), ERR_PAYLOAD_DAMAGED);
    assert_true(stats_of(dock).stuck);
    assert_int_equal(dock_count(dock, NULL, account, "e2"), 1);
    assert_int_equal(dock_count(dock, NULL, account, "e3"), 0);
}

static void ended_rows_go_after_their_time(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL);
    bool more;
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e1"});
    dock_receive(dock, &(struct dock_event){.account = ANY, .id = "e2"});
    dock_transfer(dock);
    assert_int_equal(transfer_expire(dock->transfer, &more), ERR_NONE);
    assert_int_equal(dock_count(dock, NULL, ANY, NULL), 2);
    false_world_advance(&dock->world, HOOK_KEPT + USEC_S);
    assert_int_equal(transfer_expire(dock->transfer, &more), ERR_NONE);
    assert_int_equal(dock_count(dock, "unmatched", ANY, NULL), 0);
    assert_int_equal(dock_count(dock, "queued", account, NULL), 1);
    finish_all(dock);
    assert_int_equal(transfer_expire(dock->transfer, &more), ERR_NONE);
    assert_int_equal(dock_count(dock, NULL, ANY, NULL), 0);
}

struct events_op {
    struct store_op op;
    int64_t n;
};

static enum err run_events(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT count(*) FROM event WHERE type = 'webhooks.quota'"};
    return tx_number(tx, &query, NULL, 0, &CONTAINER_OF(op, struct events_op, op)->n);
}

static int64_t quotas_told(struct dock *dock)
{
    struct events_op self = {.op = {.kind = STORE_READ, .run = run_events}};
    assert_int_equal(transfer_tell_full(dock->transfer), ERR_NONE);
    assert_int_equal(store_run(dock->store, &self.op), ERR_NONE);
    return self.n;
}

static void an_environment_that_keeps_too_much_is_full_and_told_once(void **state)
{
    struct dock *dock = *state;
    str account = dock_account(dock, NULL);
    bool more;
    dock_close(dock);
    dock->quota = 1000;
    dock_open(dock);
    dock_receive(dock, &(struct dock_event){.account = account, .id = "e1"});
    dock_transfer(dock);
    assert_false(transfer_is_full(dock->transfer, dock->environment));
    assert_int_equal(quotas_told(dock), 0);
    for (int i = 0; i < 9; i++)
        dock_receive(dock, &(struct dock_event){.account = account,
                                                .id = (char[]){(char)('a' + i), 0}});
    dock_transfer(dock);
    assert_true(transfer_is_full(dock->transfer, dock->environment));
    assert_int_equal(quotas_told(dock), 1);
    assert_int_equal(quotas_told(dock), 1);
    dock_close(dock);
    dock_open(dock);
    assert_true(transfer_is_full(dock->transfer, dock->environment));
    finish_all(dock);
    assert_int_equal(transfer_expire(dock->transfer, &more), ERR_NONE);
    assert_false(transfer_is_full(dock->transfer, dock->environment));
}

int test_transfer(void)
{
    const struct CMUnitTest tests[] = {
        DOCK_TEST(a_record_is_a_row_once),
        DOCK_TEST(what_comes_again_is_no_row),
        DOCK_TEST(without_an_id_the_same_bytes_are_one_while_it_waits),
        DOCK_TEST(an_event_goes_to_each_account_that_has_its_value),
        DOCK_TEST(what_nobody_has_waits_and_is_bound),
        DOCK_TEST(a_start_binds_who_came_while_nobody_looked),
        DOCK_TEST(what_was_a_deleted_accounts_is_let_go),
        DOCK_TEST(records_of_others_are_passed_over_and_broken_ones_are_not),
        DOCK_TEST(ended_rows_go_after_their_time),
        DOCK_TEST(an_environment_that_keeps_too_much_is_full_and_told_once),
    };
    return cmocka_run_group_tests_name("hook: transfer", tests, NULL, NULL);
}
