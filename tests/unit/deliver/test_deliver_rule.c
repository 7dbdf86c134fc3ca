#include "groups.h"
#include "support/unit.h"

#include "deliver/deliver_message.h"
#include "deliver/deliver_rule.h"
#include "deliver/delivery_store.h"

static void statuses_have_their_verdicts(void **state)
{
    static const struct {
        int status;
        enum deliver_verdict verdict;
    } rows[] = {{200, DELIVER_GOOD},  {204, DELIVER_GOOD},  {299, DELIVER_GOOD},
                {100, DELIVER_AGAIN}, {301, DELIVER_AGAIN}, {304, DELIVER_AGAIN},
                {400, DELIVER_AGAIN}, {404, DELIVER_AGAIN}, {410, DELIVER_GONE},
                {429, DELIVER_AGAIN}, {500, DELIVER_AGAIN}, {0, DELIVER_AGAIN}};
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct deliver_result result = {.status = rows[i].status, .tries = 1};
        usec delay;
        assert_int_equal(deliver_judge(&result, &delay), rows[i].verdict);
    }
}

static void the_schedule_is_the_specified_one(void **state)
{
    static const usec delays[] = {5 * USEC_S, 30 * USEC_S, 2 * USEC_MIN, 15 * USEC_MIN,
                                  USEC_H,     4 * USEC_H,  12 * USEC_H,  24 * USEC_H};
    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(delays); i++) {
        assert_int_equal(deliver_delay(i + 1, 0), delays[i] * 8 / 10);
        assert_in_range(deliver_delay(i + 1, 0.999999), delays[i] * 119 / 100,
                        delays[i] * 12 / 10);
    }
    struct deliver_result last = {.status = 500, .tries = DELIVER_RETRIES + 1};
    usec delay;
    assert_int_equal(deliver_judge(&last, &delay), DELIVER_DEAD);
    last.status = 200;
    assert_int_equal(deliver_judge(&last, &delay), DELIVER_GOOD);
}

static void retry_after_counts_within_bounds(void **state)
{
    struct deliver_result result = {.status = 503, .tries = 2, .chance = 0.5};
    usec delay;
    (void)state;
    const struct {
        usec said, wanted;
    } rows[] = {{0, 30 * USEC_S},
                {USEC_S, 30 * USEC_S},
                {40 * USEC_S, 40 * USEC_S},
                {60 * USEC_S, 60 * USEC_S},
                {USEC_DAY, 60 * USEC_S}};
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        result.retry_after = rows[i].said;
        assert_int_equal(deliver_judge(&result, &delay), DELIVER_AGAIN);
        assert_int_equal(delay, rows[i].wanted);
    }
}

static void health_turns_once_either_way(void **state)
{
    struct health health = {0};
    unsigned fails = 0, recovers = 0;
    (void)state;
    for (unsigned i = 0; i < 19; i++)
        assert_int_equal(health_note(&health, false), HEALTH_SAME);
    for (unsigned i = 0; i < 100; i++)
        fails += health_note(&health, false) == HEALTH_FAILS;
    assert_int_equal(fails, 1);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(health_note(&health, true), HEALTH_SAME);
    assert_int_equal(health_note(&health, false), HEALTH_SAME);
    for (unsigned i = 0; i < 30; i++)
        recovers += health_note(&health, true) == HEALTH_RECOVERS;
    assert_int_equal(recovers, 1);
    assert_false(health.failing);
}

static void half_of_the_attempts_is_no_failing(void **state)
{
    struct health health = {0};
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(health_note(&health, i % 2 == 0), HEALTH_SAME);
}

static void ids_are_read_back(void **state)
{
    char id[DELIVERY_ID_BYTES];
    (void)state;
    delivery_id("evt_", 1234, id);
    assert_string_equal(id, "evt_00000000000004d2");
    assert_int_equal(delivery_sequence_of("evt_", str_z(id)), 1234);
    assert_int_equal(delivery_sequence_of("dlv_", str_z(id)), 0);
    assert_int_equal(delivery_sequence_of("evt_", STR("evt_4d2")), 0);
    assert_int_equal(delivery_sequence_of("evt_", STR("evt_00000000000004dg")), 0);
    assert_int_equal(delivery_sequence_of("evt_", STR("evt_ffffffffffffffff")), 0);
}

static void bodies_say_type_time_and_data(void **state)
{
    struct arena arena;
    struct event_row row = {.time = (usec)1763800000 * USEC_S,
                            .type = STR("record.updated"),
                            .environment = STR("env_1"),
                            .account = STR("acc_1"),
                            .integration = STR("shop"),
                            .detail = STR("{\"late\":true}")};
    (void)state;
    arena_init(&arena, 1024, 1 << 20);
    assert_str(deliver_message(&row, STR(" {\"record\":{\"id\":\"7\"}} "), &arena),
               STR("{\"type\":\"record.updated\",\"timestamp\":"
                   "\"2025-11-22T08:26:40.000Z\",\"data\":{\"environment\":\"env_1\","
                   "\"account\":\"acc_1\",\"integration\":\"shop\",\"late\":true,"
                   "\"record\":{\"id\":\"7\"}}}"));
    row = (struct event_row){.type = STR("endpoint.test"), .detail = STR("{}")};
    assert_str(deliver_message(&row, STR_NONE, &arena),
               STR("{\"type\":\"endpoint.test\",\"timestamp\":"
                   "\"1970-01-01T00:00:00.000Z\",\"data\":{}}"));
    assert_str(deliver_resource(STR("crm/contacts/4/2")), STR("crm/contacts"));
    assert_str(deliver_resource(STR("crm/contacts")), STR_NONE);
    assert_str(deliver_resource(STR_NONE), STR_NONE);
    arena_fini(&arena);
}

int test_deliver_rule(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_their_verdicts),
        cmocka_unit_test(the_schedule_is_the_specified_one),
        cmocka_unit_test(retry_after_counts_within_bounds),
        cmocka_unit_test(health_turns_once_either_way),
        cmocka_unit_test(half_of_the_attempts_is_no_failing),
        cmocka_unit_test(ids_are_read_back),
        cmocka_unit_test(bodies_say_type_time_and_data),
    };
    return cmocka_run_group_tests_name("deliver_rule", tests, NULL, NULL);
}
