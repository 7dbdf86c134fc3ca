#include "dock.h"
#include "groups.h"

#include "hook/dedupe.h"

static const usec start = 1735689600 * USEC_S;

struct step {
    struct store_op op;
    struct dedupe *dedupe;
    struct dedupe_key key;
    usec at;
    bool put, found;
    struct dedupe_seen seen;
    int64_t n;
};

static enum err run_step(struct tx *tx, struct store_op *op)
{
    struct step *step = CONTAINER_OF(op, struct step, op);
    struct dedupe_seen seen = {dedupe_slot(step->at), step->at, 7};
    enum err err =
        dedupe_look(step->dedupe, tx, &step->key, step->at, &step->found, &step->seen);
    return err == ERR_NONE && step->put ? dedupe_put(tx, &step->key, &seen) : err;
}

static enum err run_expire(struct tx *tx, struct store_op *op)
{
    struct step *step = CONTAINER_OF(op, struct step, op);
    return dedupe_expire(tx, step->at, 3, &step->n);
}

static struct dedupe_key key_of(int64_t i)
{
    uint64_t n = (uint64_t)i;
    return (struct dedupe_key){(int64_t)(n * 0x123456789abcdef + 1),
                               (int64_t)(n * 77777777777 + 3)};
}

static bool saw(struct dock *dock, struct dedupe *dedupe, int64_t i, usec at)
{
    struct step step = {.op = {.kind = STORE_READ, .run = run_step},
                        .dedupe = dedupe,
                        .key = key_of(i),
                        .at = at};
    assert_int_equal(store_run(dock->store, &step.op), ERR_NONE);
    return step.found;
}

static void see(struct dock *dock, struct dedupe *dedupe, int64_t i, usec at)
{
    struct step step = {.op = {.kind = STORE_RELAXED, .run = run_step},
                        .dedupe = dedupe,
                        .key = key_of(i),
                        .at = at,
                        .put = true};
    assert_int_equal(store_run(dock->store, &step.op), ERR_NONE);
    dedupe_note(dedupe, &step.key, at);
}

static void what_was_seen_is_known_for_seven_days(void **state)
{
    struct dock *dock = *state;
    struct dedupe *dedupe = dedupe_open(dock->store, start);
    assert_false(saw(dock, dedupe, 1, start));
    see(dock, dedupe, 1, start);
    assert_true(saw(dock, dedupe, 1, start));
    assert_false(saw(dock, dedupe, 2, start));
    assert_true(saw(dock, dedupe, 1, start + DEDUPE_KEPT));
    assert_false(saw(dock, dedupe, 1, start + DEDUPE_KEPT + USEC_S));
    dedupe_close(&dedupe);
}

static void it_is_known_after_a_start(void **state)
{
    struct dock *dock = *state;
    struct dedupe *dedupe = dedupe_open(dock->store, start);
    for (int64_t i = 0; i < 200; i++)
        see(dock, dedupe, i, start + i * USEC_H / 2);
    dedupe_close(&dedupe);
    dedupe = dedupe_open(dock->store, start + 100 * USEC_H);
    for (int64_t i = 0; i < 200; i++)
        assert_true(saw(dock, dedupe, i, start + 100 * USEC_H));
    assert_false(saw(dock, dedupe, 200, start + 100 * USEC_H));
    dedupe_close(&dedupe);
    dedupe = dedupe_open(dock->store, start - USEC_DAY); /* the clock was put back */
    assert_true(saw(dock, dedupe, 150, start + 80 * USEC_H));
    dedupe_close(&dedupe);
}

static void an_hour_of_more_than_a_filter_takes_is_known(void **state)
{
    struct dock *dock = *state;
    struct dedupe *dedupe = dedupe_open(dock->store, start);
    see(dock, dedupe, 1, start);
    for (int64_t i = 2; i < 250000; i++) {
        struct dedupe_key key = key_of(i);
        dedupe_note(dedupe, &key, start);
    }
    see(dock, dedupe, 250000, start);
    assert_true(saw(dock, dedupe, 1, start));
    assert_true(saw(dock, dedupe, 250000, start));
    assert_false(saw(dock, dedupe, 3, start)); /* the filter is not the table */
    dedupe_close(&dedupe);
}

static void what_is_old_goes_a_little_at_a_time(void **state)
{
    struct dock *dock = *state;
    struct dedupe *dedupe = dedupe_open(dock->store, start);
    struct step step = {.op = {.kind = STORE_RELAXED, .run = run_expire}, .at = start};
    int64_t gone = 0;
    for (int64_t i = 0; i < 10; i++)
        see(dock, dedupe, i, start + i / 5 * USEC_H);
    assert_int_equal(store_run(dock->store, &step.op), ERR_NONE);
    assert_int_equal(step.n, 0);
    step.at = start + DEDUPE_KEPT + USEC_H;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(store_run(dock->store, &step.op), ERR_NONE);
        assert_true(step.n <= 3);
        gone += step.n;
    }
    assert_int_equal(gone, 5);
    dedupe_forget(dedupe, step.at);
    assert_true(saw(dock, dedupe, 7, start + 2 * USEC_H));
    dedupe_close(&dedupe);
}

int test_dedupe(void)
{
    const struct CMUnitTest tests[] = {
        DOCK_TEST(what_was_seen_is_known_for_seven_days),
        DOCK_TEST(it_is_known_after_a_start),
        DOCK_TEST(an_hour_of_more_than_a_filter_takes_is_known),
        DOCK_TEST(what_is_old_goes_a_little_at_a_time),
    };
    return cmocka_run_group_tests_name("hook: dedupe", tests, NULL, NULL);
}
