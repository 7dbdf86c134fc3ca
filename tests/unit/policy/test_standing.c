#include "policy/standing.h"

#include "policy/resilience.h"
#include "support/reply.h"

int test_standing(void);

static void everyone_begins_in_good_standing(void **state)
{
    struct boards boards;
    (void)state;
    boards_open(&boards);
    struct standing *standing = board_acquire(boards.standings, STR("acc_1"), 0);
    struct circuit *circuit = board_acquire(boards.circuits, STR("acme"), 0);
    struct places *places = board_acquire(boards.places, STR("env_1"), 0);
    struct host *host = board_acquire(boards.hosts, STR("api.acme.test:443"), 0);
    assert_true(breaker_at_rest(&standing->breaker) &&
                breaker_at_rest(&circuit->breaker));
    assert_int_equal(quota_wait(&standing->quota, 0), 0);
    assert_int_equal(limit_taken(&places->calls), 0);
    assert_true(retry_budget_take(&host->budget, 0));
    board_release(boards.standings, standing, 0);
    board_release(boards.circuits, circuit, 0);
    board_release(boards.places, places, 0);
    board_release(boards.hosts, host, 0);
    boards_close(&boards);
}

/* An integration's breaker guards many accounts, an account's only itself. */
static void a_circuit_is_shared_and_a_standing_is_not(void **state)
{
    struct boards boards;
    struct resilience r;
    reply_rule(*state, &resilience_table, NULL, &r);
    boards_open(&boards);
    struct standing *standing = board_acquire(boards.standings, STR("acc_1"), 0);
    struct circuit *circuit = board_acquire(boards.circuits, STR("acme"), 0);
    assert_false(atomic_load(&standing->breaker.shared));
    assert_true(atomic_load(&circuit->breaker.shared));
    board_release(boards.standings, standing, 0);
    board_release(boards.circuits, circuit, 0);
    boards_close(&boards);
}

static void what_is_broken_is_not_forgotten(void **state)
{
    struct boards boards;
    struct resilience r;
    char name[32];
    reply_rule(*state, &resilience_table, NULL, &r);
    boards_open(&boards);
    struct standing *standing = board_acquire(boards.standings, STR("acc_1"), 0);
    breaker_force(&standing->breaker, BREAKER_FORCED_OPEN, 0);
    board_release(boards.standings, standing, 0);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "other %u", i);
        void *other = board_acquire(boards.standings, str_z(name), USEC_H * i);
        board_release(boards.standings, other, USEC_H * i);
    }
    standing = board_find(boards.standings, STR("acc_1"));
    assert_non_null(standing);
    assert_int_equal(breaker_ask(&standing->breaker, &r.account_breaker, USEC_DAY).answer,
                     BREAKER_REFUSE);
    board_release(boards.standings, standing, 0);
    boards_close(&boards);
}

/* Idle for longer than an entry is kept, and still throttled. */
static void a_long_throttle_is_not_forgotten(void **state)
{
    struct boards boards;
    char name[32];
    const struct throttle_rule rule = {0};
    const struct throttle told = {.throttled = true, .wait = USEC_H};
    (void)state;
    boards_open(&boards);
    struct standing *standing = board_acquire(boards.standings, STR("acc_1"), 0);
    assert_int_equal(quota_note(&standing->quota, &rule, &told, 0, 0), USEC_H);
    board_release(boards.standings, standing, 0);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "other %u", i);
        void *other = board_acquire(boards.standings, str_z(name), USEC_S * i);
        board_release(boards.standings, other, USEC_S * i);
    }
    standing = board_find(boards.standings, STR("acc_1"));
    assert_non_null(standing);
    assert_int_equal(quota_wait(&standing->quota, 3000 * USEC_S), 600 * USEC_S);
    board_release(boards.standings, standing, 0);
    boards_close(&boards);
}

int test_standing(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(everyone_begins_in_good_standing),
        GIVEN_TEST(a_circuit_is_shared_and_a_standing_is_not),
        GIVEN_TEST(what_is_broken_is_not_forgotten),
        GIVEN_TEST(a_long_throttle_is_not_forgotten),
    };
    return cmocka_run_group_tests_name("policy: standing", tests, NULL, NULL);
}
