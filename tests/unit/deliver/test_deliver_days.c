/*
 * Days of trouble, on false time: endpoints that fail in every way, processes that end in
 * good order and by force, clocks that jump. Whatever the seed: each event for an
 * endpoint that wants it is delivered or dead in the end, what the store knows as
 * delivered is never sent again, and where an order is asked for it holds.
 */
#include "depot.h"
#include "groups.h"

enum { SEEDS = 8, PHASES = 30, ENDPOINTS = 6 };

static enum fate moody(struct depot *depot, unsigned endpoint)
{
    static const enum fate fates[] = {
        FATE_GOOD, FATE_GOOD,  FATE_GOOD, FATE_ERROR,     FATE_LATER,
        FATE_SLOW, FATE_HANGS, FATE_LOST, FATE_ELSEWHERE, FATE_UNREACHABLE};
    size_t x = unit_below(&depot->chance, 100);
    if (endpoint == 0)
        return FATE_GOOD;
    if (endpoint == 1)
        return x < 95 ? FATE_ERROR : FATE_GOOD;
    return fates[unit_below(&depot->chance, COUNT_OF(fates))];
}

static enum fate good(struct depot *depot, unsigned endpoint)
{
    (void)depot, (void)endpoint;
    return FATE_GOOD;
}

static void trouble(struct depot *depot)
{
    switch (unit_below(&depot->chance, 8)) {
    case 0:
        depot_crash(depot);
        depot_open(depot);
        break;
    case 1:
        depot_stop(depot);
        false_world_advance(&depot->world, (usec)unit_below(&depot->chance, 5 * USEC_H));
        depot_open(depot);
        break;
    case 2:
        false_world_jump(&depot->world,
                         (usec)unit_below(&depot->chance, USEC_DAY) - 12 * USEC_H);
        break;
    case 3:
        depot_store_fails(depot, true);
        depot_run(depot, (usec)unit_below(&depot->chance, USEC_MIN));
        depot_store_fails(depot, false);
        break;
    default:
        break;
    }
}

static void live_through(struct depot *depot)
{
    static const char *const subjects[] = {NULL, "crm/contacts/1", "crm/contacts/2",
                                           "crm/deals/1"};
    for (unsigned phase = 0; phase < PHASES; phase++) {
        for (size_t n = unit_below(&depot->chance, 12); n > 0; n--)
            depot_event(depot, subjects[unit_below(&depot->chance, COUNT_OF(subjects))]);
        size_t scale = phase % 3 == 0 ? 6 * USEC_H : 3 * USEC_MIN;
        depot_run(depot, (usec)unit_below(&depot->chance, scale));
        trouble(depot);
    }
}

static void check(struct depot *depot, uint64_t seed)
{
    for (unsigned e = 0; e < ENDPOINTS; e++) {
        int64_t ended = depot_count(depot, e, "delivered") +
                        depot_count(depot, e, "dead") +
                        depot_count(depot, e, "superseded");
        if (ended != depot->event_n || depot_count(depot, e, "pending"))
            fail_msg("seed %llu, endpoint %u: %lld of %u have ended",
                     (unsigned long long)seed, e, (long long)ended, depot->event_n);
        assert_in_range(depot_count(depot, e, "delivered"), 0,
                        depot->endpoints[e].order_n);
        struct deliver_load load =
            deliver_waiting(depot->deliver, depot->endpoints[e].id);
        assert_int_equal(load.pending, 0);
        assert_int_equal(load.bytes, 0);
    }
    assert_int_equal(depot->endpoints[0].order_n, depot->event_n);
    assert_int_equal(depot->repeats, 0);
}

static void nothing_is_lost_and_order_holds_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct depot *depot = depot_create(seed);
        for (unsigned e = 0; e < ENDPOINTS; e++) {
            struct endpoint_spec spec = depot_spec();
            spec.ordering = e == 3   ? ORDERING_RECORD
                            : e == 4 ? ORDERING_LATEST
                                     : ORDERING_NONE;
            spec.pause_on_failures = e == 5;
            depot_endpoint(depot, &spec);
        }
        depot->choose = moody;
        live_through(depot);
        depot->choose = good;
        depot_run(depot, 36 * USEC_H);
        check(depot, seed);
        if (depot->early)
            fail_msg("seed %llu: %u came before their time", (unsigned long long)seed,
                     depot->early);
        depot_destroy(&depot);
    }
}

int test_deliver_days(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_order_holds_whatever_happens),
    };
    return cmocka_run_group_tests_name("deliver_days", tests, NULL, NULL);
}
