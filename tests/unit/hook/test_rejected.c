#include "dock.h"
#include "groups.h"

#include "hook/rejected.h"

struct spikes_op {
    struct store_op op;
    int64_t spikes, rows;
};

static enum err run_spikes(struct tx *tx, struct store_op *op)
{
    static const struct statement spikes = {
        "SELECT count(*) FROM event WHERE type = 'webhooks.rejected_spike'"};
    static const struct statement rows = {"SELECT count(*) FROM hook_rejected"};
    struct spikes_op *self = CONTAINER_OF(op, struct spikes_op, op);
    enum err err = tx_number(tx, &spikes, NULL, 0, &self->spikes);
    return err == ERR_NONE ? tx_number(tx, &rows, NULL, 0, &self->rows) : err;
}

static struct spikes_op look(struct dock *dock, struct rejected *rejected)
{
    struct spikes_op self = {.op = {.kind = STORE_READ, .run = run_spikes}};
    while (rejected_waits(rejected))
        assert_int_equal(rejected_store(rejected), ERR_NONE);
    assert_int_equal(store_run(dock->store, &self.op), ERR_NONE);
    return self;
}

static void note(struct dock *dock, struct rejected *rejected, unsigned n)
{
    struct hook_message message = {.integration = STR("acme"),
                                   .account = STR_NONE,
                                   .method = STR("POST"),
                                   .url = STR("http://a.test/"),
                                   .body = STR("{}"),
                                   .received = dock_wall(dock)};
    struct rejection rejection = {.reason = REASON_signature_wrong,
                                  .environment = STR_NONE,
                                  .account = STR_NONE,
                                  .peer = STR("192.0.2.1"),
                                  .message = &message};
    headers_init(&message.headers, &dock->arena, 1);
    for (unsigned i = 0; i < n; i++)
        rejected_note(rejected, &rejection);
}

static void a_flood_is_counted_and_a_bound_of_it_kept(void **state)
{
    struct dock *dock = *state;
    struct rejected *rejected =
        rejected_create(dock->store, dock->keys, &dock->world.world);
    struct rejected_stats stats;
    note(dock, rejected, 500);
    rejected_stats(rejected, &stats);
    assert_int_equal(stats.by_reason[REASON_signature_wrong], 500);
    assert_true(stats.unkept > 400);
    assert_in_range(look(dock, rejected).rows, 1, 100);
    for (int i = 0; i < 20; i++) {
        note(dock, rejected, 20);
        look(dock, rejected);
    }
    assert_int_equal(look(dock, rejected).rows, 100);
    rejected_destroy(&rejected);
}

static void a_spike_is_told_once_an_hour(void **state)
{
    struct dock *dock = *state;
    struct rejected *rejected =
        rejected_create(dock->store, dock->keys, &dock->world.world);
    note(dock, rejected, 19);
    assert_int_equal(look(dock, rejected).spikes, 0);
    note(dock, rejected, 1);
    assert_int_equal(look(dock, rejected).spikes, 1);
    note(dock, rejected, 100);
    assert_int_equal(look(dock, rejected).spikes, 1);
    false_world_advance(&dock->world, USEC_H + USEC_S);
    note(dock, rejected, 200);
    assert_int_equal(look(dock, rejected).spikes, 2);
    rejected_destroy(&rejected);
}

/* Who always sends what is rejected is usual. */
static void what_is_usual_is_no_spike(void **state)
{
    struct dock *dock = *state;
    struct rejected *rejected =
        rejected_create(dock->store, dock->keys, &dock->world.world);
    for (int i = 0; i < 2000; i++) {
        note(dock, rejected, 10);
        false_world_advance(&dock->world, 5 * USEC_MIN);
        look(dock, rejected);
    }
    int64_t before = look(dock, rejected).spikes;
    note(dock, rejected, 60); /* six times as many */
    assert_int_equal(look(dock, rejected).spikes, before);
    note(dock, rejected, 60);
    assert_int_equal(look(dock, rejected).spikes, before + 1);
    rejected_destroy(&rejected);
}

int test_rejected(void)
{
    const struct CMUnitTest tests[] = {
        DOCK_TEST(a_flood_is_counted_and_a_bound_of_it_kept),
        DOCK_TEST(a_spike_is_told_once_an_hour),
        DOCK_TEST(what_is_usual_is_no_spike),
    };
    return cmocka_run_group_tests_name("hook: rejected", tests, NULL, NULL);
}
