#include "groups.h"
#include "house.h"

static void test_what_happens_is_told_newest_first(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *stage = make_stage(house, "here");
    const char *environment = make_environment(house, stage, "here");
    const char *account = make_account(house, environment, "told");
    assert_status(put(house, "{'credentials':{'token':'hush'}}",
                      "/v1/accounts/%s/credentials", account),
                  200);
    struct heard heard = get(house, "/v1/events?account=%s", account);
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/type"), "account.connected");
    assert_string_equal(text_at(house, heard, "/items/0/account"), account);
    assert_string_equal(text_at(house, heard, "/items/0/environment"), environment);
    assert_string_equal(text_at(house, heard, "/items/0/detail/from"), "connecting");
    assert_string_equal(text_at(house, heard, "/items/0/detail/to"), "active");
    assert_true(number_at(heard, "/items/0/sequence") >= 1);
    assert_true(is_null_at(heard, "/next_cursor"));
    heard = get(house, "/v1/events?environment=%s", environment);
    assert_int_equal(count_at(heard, "/items"), 1);
    heard = get(house, "/v1/events?account=%s&type=account.degraded", account);
    assert_int_equal(count_at(heard, "/items"), 0);
    heard = get(house, "/v1/events?account=%s&type=account.connected", account);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_refused(get(house, "/v1/events?type=account.exploded"), 400, "query_invalid");
}

/* Accounts of the environment that were connected. */
static void connect_some(struct house *house, const char *environment, int n)
{
    for (int i = 0; i < n; i++) {
        const char *account =
            make_account(house, environment, format(house, "%.20s-%d", environment, i));
        assert_status(put(house, "{'credentials':{'token':'x'}}",
                          "/v1/accounts/%s/credentials", account),
                      200);
    }
}

static void test_pages_by_number(void **state)
{
    struct house *house = *state;
    const char *environment =
        make_environment(house, make_stage(house, "pages"), "pages");
    connect_some(house, environment, 25);
    double last = 1e9;
    unsigned n = 0;
    const char *cursor = "";
    for (;;) {
        struct heard heard =
            get(house, "/v1/events?environment=%s&limit=7%s", environment, cursor);
        assert_status(heard, 200);
        for (unsigned i = 0; i < count_at(heard, "/items"); i++, n++) {
            double sequence = number_at(heard, format(house, "/items/%u/sequence", i));
            assert_true(sequence < last);
            last = sequence;
        }
        if (is_null_at(heard, "/next_cursor"))
            break;
        cursor = format(house, "&cursor=%s", text_at(house, heard, "/next_cursor"));
    }
    assert_int_equal(n, 25);
    assert_refused(get(house, "/v1/events?cursor=nonsense"), 400, "cursor_invalid");
}

static void test_a_key_sees_the_events_of_its_environments(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "scope");
    const char *mine = make_environment(house, stage, "mine");
    const char *other = make_environment(house, stage, "other");
    connect_some(house, mine, 2);
    connect_some(house, other, 130);
    const char *reach = format(house, "'stage':'scope','environments':['%s']", mine);
    house->key = make_key(house, "['read']", reach);
    struct heard heard = get(house, "/v1/events");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/environment"), mine);
    assert_refused(get(house, "/v1/events?environment=%s", other), 404, "object_unknown");
    house->key = house->admin;
    house->key = make_key(house, "['call']", reach);
    assert_refused(get(house, "/v1/events"), 403, "key_forbidden");
    house->key = house->admin;
}

int test_api_events(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_happens_is_told_newest_first),
        cmocka_unit_test(test_pages_by_number),
        cmocka_unit_test(test_a_key_sees_the_events_of_its_environments),
    };
    return cmocka_run_group_tests_name("api: events", tests, house_setup, house_teardown);
}
