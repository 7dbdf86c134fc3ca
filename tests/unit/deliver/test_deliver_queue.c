#include "depot.h"
#include "groups.h"

static void every_event_arrives_once(void **state)
{
    struct depot *depot = *state;
    unsigned one = depot_endpoint(depot, NULL), other = depot_endpoint(depot, NULL);
    for (unsigned i = 0; i < 200; i++)
        depot_event(depot, NULL);
    depot_run(depot, 5 * USEC_MIN);
    assert_int_equal(depot->endpoints[one].order_n, 200);
    assert_int_equal(depot->endpoints[one].asked, 200);
    assert_int_equal(depot->endpoints[other].asked, 200);
    assert_int_equal(depot_count(depot, one, "delivered"), 200);
    assert_int_equal(deliver_waiting(depot->deliver, depot->endpoints[one].id).pending,
                     0);
    assert_int_equal(deliver_waiting(depot->deliver, depot->endpoints[one].id).bytes, 0);
}

static void events_from_before_an_endpoint_do_not_reach_it(void **state)
{
    struct depot *depot = *state;
    depot_event(depot, NULL);
    depot_run(depot, USEC_S);
    unsigned late = depot_endpoint(depot, NULL);
    depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot->endpoints[late].asked, 1);
    assert_int_equal(depot->endpoints[late].good[1], 1);
}

static void nine_attempts_then_dead(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    unsigned bad = depot_endpoint(depot, NULL);
    spec.types = (struct bind_texts){(const str[]){STR("delivery.*")}, 1};
    unsigned told = depot_endpoint(depot, &spec);
    depot->endpoints[bad].fate = FATE_ERROR;
    depot_event(depot, NULL);
    depot_run(depot, 30 * USEC_H);
    assert_int_equal(depot_count(depot, bad, "pending"), 1);
    depot_run(depot, 30 * USEC_H);
    assert_int_equal(depot_count(depot, bad, "dead"), 1);
    assert_int_equal(depot->endpoints[bad].asked, 9);
    assert_int_equal(depot_events(depot, "delivery.dead"), 1);
    assert_int_equal(depot->endpoints[told].asked, 1);
}

/* Two that are told of each other's dead deliveries, and refuse all: no echo. */
static void the_death_of_an_alert_is_told_nobody(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.alerts = true;
    for (unsigned i = 0; i < 2; i++)
        depot->endpoints[depot_endpoint(depot, &spec)].fate = FATE_ERROR;
    depot_event(depot, NULL);
    depot_run(depot, 6 * USEC_DAY);
    assert_int_equal(depot_events(depot, "delivery.dead"), 2);
    assert_int_equal(depot_count(depot, 0, "pending"), 0);
    assert_int_equal(depot_count(depot, 1, "pending"), 0);
}

static void gone_disables_and_buries_what_waits(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.concurrency = 1;
    unsigned gone = depot_endpoint(depot, &spec);
    depot->endpoints[gone].fate = FATE_GONE;
    for (unsigned i = 0; i < 10; i++)
        depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    struct endpoint *endpoint = depot_find(depot, gone);
    assert_int_equal(endpoint->state, ENDPOINT_DISABLED);
    assert_str(endpoint->reason, STR("gone"));
    endpoint_unref(&endpoint);
    assert_int_equal(depot->endpoints[gone].asked, 1);
    assert_int_equal(depot_count(depot, gone, "dead"), 10);
    assert_int_equal(depot_events(depot, "endpoint.disabled"), 1);
    depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot_count(depot, gone, "dead"), 10);
}

static void failures_pause_it_and_one_good_probe_resumes_it(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.pause_on_failures = true;
    unsigned bad = depot_endpoint(depot, &spec);
    depot->endpoints[bad].fate = FATE_ERROR;
    for (unsigned i = 0; i < 40; i++)
        depot_event(depot, NULL);
    depot_run(depot, 2 * USEC_MIN);
    struct endpoint *endpoint = depot_find(depot, bad);
    assert_int_equal(endpoint->state, ENDPOINT_PAUSED);
    assert_str(endpoint->reason, STR("failures"));
    assert_true(endpoint->failing > 0);
    endpoint_unref(&endpoint);
    assert_int_equal(depot_events(depot, "endpoint.failing"), 1);
    unsigned asked = depot->endpoints[bad].asked;
    depot->endpoints[bad].most = 0;
    depot_run(depot, 12 * USEC_H);
    /* single ones, ever more seldom: 30 s, 1 min, … 1 h */
    assert_in_range(depot->endpoints[bad].asked - asked, 10, 25);
    assert_int_equal(depot->endpoints[bad].most, 1);
    assert_int_equal(depot_count(depot, bad, "pending"), 40);
    depot->endpoints[bad].fate = FATE_GOOD;
    depot_run(depot, 70 * USEC_MIN);
    endpoint = depot_find(depot, bad);
    assert_int_equal(endpoint->state, ENDPOINT_ACTIVE);
    assert_int_equal(endpoint->failing, 0);
    endpoint_unref(&endpoint);
    assert_int_equal(depot_events(depot, "endpoint.recovered"), 1);
    assert_int_equal(depot_count(depot, bad, "delivered"), 40);
}

static void a_paused_one_is_not_asked_and_drains_in_order(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.concurrency = 1;
    unsigned it = depot_endpoint(depot, &spec);
    depot->endpoints[it].fate = FATE_ERROR;
    for (unsigned i = 0; i < 5; i++)
        depot_event(depot, NULL);
    depot_run(depot, 10 * USEC_MIN); /* retries are spread by now */
    assert_int_equal(depot_change(depot, ENDPOINT_PAUSE, it).err, ERR_NONE);
    depot_run(depot, 30 * USEC_S); /* what was under way has ended */
    unsigned asked = depot->endpoints[it].asked;
    depot->endpoints[it].fate = FATE_GOOD;
    for (unsigned i = 0; i < 100; i++)
        depot_event(depot, NULL);
    depot_run(depot, 10 * USEC_DAY);
    assert_int_equal(depot->endpoints[it].asked, asked);
    assert_int_equal(depot_change(depot, ENDPOINT_RESUME, it).err, ERR_NONE);
    depot_run(depot, 10 * USEC_MIN);
    assert_int_equal(depot->endpoints[it].order_n, 105);
    for (unsigned i = 0; i < 104; i++)
        assert_true(depot->endpoints[it].order[i] < depot->endpoints[it].order[i + 1]);
}

static void past_its_quota_the_oldest_are_dead(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.pending_max = 50;
    unsigned it = depot_endpoint(depot, &spec);
    depot_change(depot, ENDPOINT_PAUSE, it);
    for (unsigned i = 0; i < 170; i++)
        depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot_count(depot, it, "pending"), 50);
    assert_int_equal(depot_count(depot, it, "dead"), 120);
    assert_int_equal(depot_events(depot, "endpoint.overflowing"), 1);
    depot_change(depot, ENDPOINT_RESUME, it);
    depot_run(depot, 5 * USEC_MIN);
    assert_int_equal(depot->endpoints[it].order_n, 50);
    for (unsigned n = 0; n < 170; n++)
        assert_int_equal(depot->endpoints[it].good[n], n >= 120);
}

static void later_events_of_a_record_take_the_place_of_those_that_wait(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.ordering = ORDERING_LATEST;
    unsigned it = depot_endpoint(depot, &spec);
    depot_change(depot, ENDPOINT_PAUSE, it);
    for (unsigned i = 0; i < 30; i++)
        depot_event(depot, i % 2 ? "crm/contacts/1" : "crm/contacts/2");
    depot_run(depot, USEC_MIN);
    depot_change(depot, ENDPOINT_RESUME, it);
    depot_run(depot, 5 * USEC_MIN);
    assert_int_equal(depot_count(depot, it, "delivered"), 2);
    assert_int_equal(depot_count(depot, it, "superseded"), 28);
    assert_int_equal(depot->endpoints[it].good[28], 1);
    assert_int_equal(depot->endpoints[it].good[29], 1);
    assert_int_equal(deliver_waiting(depot->deliver, depot->endpoints[it].id).pending, 0);
}

/* An endpoint that hangs has every place of its own class, and no other's. */
static void those_that_hang_hold_up_nobody(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.concurrency = 64;
    spec.timeout = 60 * USEC_S;
    for (unsigned i = 0; i < 10; i++)
        depot->endpoints[depot_endpoint(depot, &spec)].fate = FATE_GOOD;
    unsigned good = depot_endpoint(depot, NULL);
    for (unsigned i = 0; i < 100; i++) /* all are known as good and quick */
        depot_event(depot, NULL);
    depot_run(depot, 10 * USEC_MIN);
    for (unsigned i = 0; i < 10; i++)
        depot->endpoints[i].fate = FATE_HANGS;
    unsigned before = depot->endpoints[good].order_n;
    for (unsigned i = 0; i < 300; i++)
        depot_event(depot, NULL);
    depot_run(depot, 59 * USEC_S);
    assert_int_equal(before, 100);
    assert_true(depot->endpoints[good].order_n >
                350); /* its 8 at a time, a second each */
    assert_true(depot->endpoints[0].most > 8);
}

static void a_test_goes_to_one_alone(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.alerts = true;
    unsigned one = depot_endpoint(depot, &spec), other = depot_endpoint(depot, &spec);
    assert_true(depot_change(depot, ENDPOINT_TEST, one).event > 0);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot->endpoints[one].asked, 1);
    assert_int_equal(depot->endpoints[other].asked, 0);
}

static void what_waits_for_a_deleted_one_is_dead(void **state)
{
    struct depot *depot = *state;
    unsigned it = depot_endpoint(depot, NULL);
    depot->endpoints[it].fate = FATE_ERROR;
    for (unsigned i = 0; i < 5; i++)
        depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot_change(depot, ENDPOINT_DELETE, it).err, ERR_NONE);
    depot_run(depot, USEC_DAY);
    assert_int_equal(depot_count(depot, it, "dead"), 5);
    assert_int_equal(depot_change(depot, ENDPOINT_TEST, it).err, ERR_OBJECT_UNKNOWN);
}

static void what_has_ended_goes_after_a_week(void **state)
{
    static const struct statement attempts = {
        "SELECT COUNT(*) FROM delivery_attempt WHERE $1 IS NOT NULL"};
    struct depot *depot = *state;
    unsigned it = depot_endpoint(depot, NULL), bad = depot_endpoint(depot, NULL);
    depot_event(depot, NULL);
    depot_run(depot, 6 * USEC_DAY);
    assert_int_equal(depot_count(depot, it, "delivered"), 1);
    depot_change(depot, ENDPOINT_PAUSE, bad);
    depot_event(depot, NULL);
    depot_run(depot, 2 * USEC_DAY);
    assert_int_equal(depot_count(depot, it, "delivered"), 1);
    assert_int_equal(depot_events(depot, "account.connected"), 1);
    depot_run(depot, 7 * USEC_DAY);
    assert_int_equal(depot_count(depot, it, "delivered"), 0);
    /* one still waits for the endpoint that is paused */
    assert_int_equal(depot_count(depot, bad, "pending"), 1);
    assert_int_equal(depot_events(depot, "account.connected"), 1);
    assert_int_equal(depot_number(depot, &attempts, it), 0);
}

static void a_store_that_fails_loses_nothing_and_repeats_nothing(void **state)
{
    struct depot *depot = *state;
    unsigned it = depot_endpoint(depot, NULL);
    depot_event(depot, NULL);
    depot_run(depot, 0);
    depot_store_fails(depot, true);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot->endpoints[it].asked, 1);
    assert_int_equal(depot_count(depot, it, "pending"), 1);
    depot_store_fails(depot, false);
    depot_run(depot, USEC_MIN);
    assert_int_equal(depot_count(depot, it, "delivered"), 1);
    assert_int_equal(depot->endpoints[it].asked, 1);
}

static void a_rate_is_kept(void **state)
{
    struct depot *depot = *state;
    struct endpoint_spec spec = depot_spec();
    spec.rate = 2;
    unsigned it = depot_endpoint(depot, &spec);
    for (unsigned i = 0; i < 300; i++)
        depot_event(depot, NULL);
    depot_run(depot, USEC_MIN);
    assert_in_range(depot->endpoints[it].asked, 100, 122);
    depot_run(depot, 3 * USEC_MIN);
    assert_int_equal(depot->endpoints[it].order_n, 300);
}

int test_deliver_queue(void)
{
    const struct CMUnitTest tests[] = {
        DEPOT_TEST(every_event_arrives_once),
        DEPOT_TEST(events_from_before_an_endpoint_do_not_reach_it),
        DEPOT_TEST(nine_attempts_then_dead),
        DEPOT_TEST(the_death_of_an_alert_is_told_nobody),
        DEPOT_TEST(gone_disables_and_buries_what_waits),
        DEPOT_TEST(failures_pause_it_and_one_good_probe_resumes_it),
        DEPOT_TEST(a_paused_one_is_not_asked_and_drains_in_order),
        DEPOT_TEST(past_its_quota_the_oldest_are_dead),
        DEPOT_TEST(later_events_of_a_record_take_the_place_of_those_that_wait),
        DEPOT_TEST(those_that_hang_hold_up_nobody),
        DEPOT_TEST(a_test_goes_to_one_alone),
        DEPOT_TEST(what_waits_for_a_deleted_one_is_dead),
        DEPOT_TEST(what_has_ended_goes_after_a_week),
        DEPOT_TEST(a_store_that_fails_loses_nothing_and_repeats_nothing),
        DEPOT_TEST(a_rate_is_kept),
    };
    return cmocka_run_group_tests_name("deliver_queue", tests, NULL, NULL);
}
