#include "groups.h"
#include "house.h"

static const char *stage;
static const char *environment, *other;
static const char *account, *beside;

/* It has no credentials yet: what is queued for it waits, and goes nowhere. */
static const char *make_waiting(struct house *house, const char *of)
{
    const char *body = format(house,
                              "{'environment':'%s','integration':'acme',"
                              "'context':{'subdomain':'one'}}",
                              of);
    struct heard heard = post(house, body, "/v1/accounts");
    assert_status(heard, 201);
    return text_at(house, heard, "/id");
}

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    stage = make_stage(house, "s");
    environment = make_environment(house, stage, "e");
    other = make_environment(house, stage, "o");
    account = make_waiting(house, environment);
    beside = make_waiting(house, other);
    return failed;
}

/* A key of the first environment alone. */
static const char *own_key(struct house *house, const char *permissions)
{
    return make_key(
        house, permissions,
        format(house, "'stage':'%s','environments':['%s']", stage, environment));
}

static void assert_stands(struct house *house, const char *id, const char *where)
{
    struct heard heard = get(house, "/v1/writes/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), where);
}

/* It is in the queue, which may be looking at it. */
static void assert_waits(struct house *house, const char *id)
{
    struct heard heard = get(house, "/v1/writes/%s", id);
    const char *where = text_at(house, heard, "/state");
    assert_true(strcmp(where, "queued") == 0 || strcmp(where, "sending") == 0);
}

/* The queue has looked at it, which is the head of its lane, and will not for half a
 * minute. */
static void wait_for_look(struct house *house, const char *id)
{
    for (;;) {
        struct heard heard = get(house, "/v1/writes/%s", id);
        assert_status(heard, 200);
        if (strcmp(text_at(house, heard, "/state"), "queued") == 0 &&
            !is_null_at(heard, "/reason"))
            break;
    }
    assert_string_equal(text_at(house, get(house, "/v1/writes/%s", id), "/reason"),
                        "credentials");
}

/* --- looking --- */

static void test_are_listed_newest_first_a_page_at_a_time(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    make_write(house, of, WRITE_DELIVERED, "/things/1");
    make_write(house, of, WRITE_DEAD, "/things/2");
    make_write(house, of, WRITE_NEEDS_DECISION, "/things/3");
    struct heard heard = get(house, "/v1/writes?account=%s&limit=2", of);
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/path"), "/things/3");
    assert_string_equal(text_at(house, heard, "/items/1/state"), "dead");
    heard = get(house, "/v1/writes?account=%s&limit=2&cursor=%s", of,
                text_at(house, heard, "/next_cursor"));
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/path"), "/things/1");
    assert_true(is_null_at(heard, "/next_cursor"));
}

static void test_are_found_by_what_they_are(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    make_write(house, of, WRITE_DEAD, "/things/1");
    make_write(house, of, WRITE_DELIVERED, "/things/2");
    static const char *const finds[] = {"state=dead", "integration=acme&state=dead",
                                        "from=2000-01-01T00:00:00Z&state=dead",
                                        "until=2100-01-01T00:00:00Z&state=dead"};
    static const char *const misses[] = {"state=queued", "integration=zulu",
                                         "from=2100-01-01T00:00:00Z",
                                         "until=2000-01-01T00:00:00Z"};
    for (size_t i = 0; i < COUNT_OF(finds); i++)
        assert_int_equal(
            count_at(get(house, "/v1/writes?account=%s&%s", of, finds[i]), "/items"), 1);
    for (size_t i = 0; i < COUNT_OF(misses); i++)
        assert_int_equal(
            count_at(get(house, "/v1/writes?account=%s&%s", of, misses[i]), "/items"), 0);
    assert_refused(get(house, "/v1/writes?state=lost"), 400, "query_invalid");
}

static void test_one_shows_what_was_asked_and_answered(void **state)
{
    struct house *house = *state;
    const char *id = make_write(house, account, WRITE_DEAD, "/things/9");
    struct heard heard = get(house, "/v1/writes/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/method"), "things.create");
    assert_string_equal(text_at(house, heard, "/request/query"), "q=1");
    assert_string_equal(text_at(house, heard, "/request/body/name"), "asked");
    assert_true(number_at(heard, "/answer/status") == 422);
    assert_string_equal(text_at(house, heard, "/answer/body"), "no, thank you");
    assert_true(number_at(heard, "/vendor_status") == 422);
    assert_true(is_null_at(heard, "/due"));
    assert_refused(get(house, "/v1/writes/wrt_none"), 404, "object_unknown");
}

static void test_bodies_are_for_keys_that_may_see_them(void **state)
{
    struct house *house = *state;
    const char *id = make_write(house, account, WRITE_DEAD, "/things/9");
    house->key = make_key(house, "['read']", NULL);
    struct heard heard = get(house, "/v1/writes/%s", id);
    assert_status(heard, 200);
    assert_true(is_null_at(heard, "/request"));
    assert_true(is_null_at(heard, "/answer"));
    house->key = house->admin;
    house->key = own_key(house, "['call']");
    heard = get(house, "/v1/writes/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/request/body/name"), "asked");
    assert_refused(get(house, "/v1/writes"), 403, "key_forbidden");
    assert_refused(post(house, NULL, "/v1/writes/%s/retry", id), 403, "key_forbidden");
    house->key = house->admin;
}

static void test_a_key_of_one_environment_sees_and_moves_its_own_alone(void **state)
{
    struct house *house = *state;
    const char *theirs = make_write(house, beside, WRITE_DEAD, "/theirs");
    const char *own = make_write(house, account, WRITE_DEAD, "/own");
    house->key = own_key(house, "['read','call','replay']");
    struct heard heard = get(house, "/v1/writes?state=dead&limit=200");
    for (uint32_t i = 0; i < count_at(heard, "/items"); i++)
        assert_string_equal(
            text_at(house, heard, format(house, "/items/%u/environment", i)),
            environment);
    assert_int_equal(count_at(get(house, "/v1/writes?account=%s", beside), "/items"), 0);
    assert_refused(get(house, "/v1/writes/%s", theirs), 404, "object_unknown");
    assert_refused(post(house, NULL, "/v1/writes/%s/retry", theirs), 404,
                   "object_unknown");
    assert_refused(post(house, NULL, "/v1/writes/%s/cancel", theirs), 404,
                   "object_unknown");
    assert_refused(post(house, "{}", "/v1/writes/retry"), 422, "body_invalid");
    assert_refused(
        post(house, format(house, "{'environment':'%s'}", other), "/v1/writes/retry"),
        404, "object_unknown");
    const char *body =
        format(house, "{'environment':'%s','account':'%s'}", environment, beside);
    heard = post(house, body, "/v1/writes/retry");
    assert_int_equal(count_at(heard, "/writes"), 0);
    body = format(house, "{'environment':'%s','state':'dead'}", environment);
    assert_status(post(house, body, "/v1/writes/retry"), 200);
    house->key = house->admin;
    assert_waits(house, own);
    assert_stands(house, theirs, "dead");
}

/* --- acting --- */

static void test_what_was_given_up_is_queued_again(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    const char *id = make_write(house, of, WRITE_DEAD, "/things/9");
    struct heard heard = post(house, NULL, "/v1/writes/%s/retry", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/id"), id);
    wait_for_look(house, id);
    heard = get(house, "/v1/audit?object=%s", id);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "write.retry");
    assert_string_equal(text_at(house, heard, "/items/0/detail/was"), "dead");
    assert_string_equal(text_at(house, heard, "/items/0/environment"), environment);
}

static void test_what_waits_is_taken_back(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    const char *id = make_write(house, of, WRITE_QUEUED, "/things/9");
    struct account *object = directory_account(house->directory, str_z(of));
    assert_int_equal(writes_pending(house->writes, object), 1);
    struct heard heard = post(house, NULL, "/v1/writes/%s/cancel", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/state"), "cancelled");
    assert_int_equal(writes_pending(house->writes, object), 0);
    account_unref(&object);
    assert_int_equal(count_at(get(house, "/v1/audit?object=%s", id), "/items"), 1);
    heard = get(house, "/v1/events?account=%s&type=write.cancelled", of);
    assert_string_equal(text_at(house, heard, "/items/0/detail/write"), id);
}

static void test_what_is_done_is_neither_retried_nor_cancelled(void **state)
{
    struct house *house = *state;
    const char *done = make_write(house, account, WRITE_DELIVERED, "/things/9");
    const char *dead = make_write(house, account, WRITE_DEAD, "/things/9");
    assert_refused(post(house, NULL, "/v1/writes/%s/retry", done), 409, "state_conflict");
    assert_refused(post(house, NULL, "/v1/writes/%s/cancel", done), 409,
                   "state_conflict");
    assert_refused(post(house, NULL, "/v1/writes/%s/cancel", dead), 409,
                   "state_conflict");
    assert_int_equal(count_at(get(house, "/v1/audit?object=%s", done), "/items"), 0);
    assert_refused(post(house, NULL, "/v1/writes/wrt_none/retry"), 404, "object_unknown");
}

static void test_a_dry_run_says_which_and_does_nothing(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    const char *id = make_write(house, of, WRITE_NEEDS_DECISION, "/things/1");
    make_write(house, of, WRITE_DELIVERED, "/things/2");
    const char *body = format(house, "{'account':'%s','dry_run':true}", of);
    struct heard heard = post(house, body, "/v1/writes/cancel");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/writes"), 1);
    assert_string_equal(text_at(house, heard, "/writes/0"), id);
    assert_true(json_is(at(heard, "/dry_run"), JSON_TRUE));
    assert_true(number_at(heard, "/count") == 1);
    heard = post(house, body, "/v1/writes/retry");
    assert_int_equal(count_at(heard, "/writes"), 1);
    assert_stands(house, id, "needs_decision");
    assert_int_equal(count_at(get(house, "/v1/audit?object=%s", id), "/items"), 0);
}

static void test_all_that_a_filter_finds_are_moved(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    const char *dead = make_write(house, of, WRITE_DEAD, "/things/1");
    const char *open = make_write(house, of, WRITE_NEEDS_DECISION, "/things/2");
    const char *body = format(house, "{'account':'%s','state':'dead'}", of);
    struct heard heard = post(house, body, "/v1/writes/retry");
    assert_int_equal(count_at(heard, "/writes"), 1);
    assert_true(json_is(at(heard, "/more"), JSON_FALSE));
    wait_for_look(house, dead);
    assert_stands(house, open, "needs_decision");
    body = format(house, "{'account':'%s','integration':'acme'}", of);
    heard = post(house, body, "/v1/writes/cancel");
    assert_int_equal(count_at(heard, "/writes"), 2);
    assert_stands(house, dead, "cancelled");
    assert_stands(house, open, "cancelled");
    assert_refused(post(house, "{'state':'lost'}", "/v1/writes/retry"), 422,
                   "body_invalid");
}

/* Those that have ended do not stand before those that wait. */
static void test_more_than_one_page_of_ended_ones_hides_nobody(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    for (int i = 0; i < 210; i++)
        make_write(house, of, WRITE_DELIVERED, "/things/1");
    const char *id = make_write(house, of, WRITE_NEEDS_DECISION, "/things/2");
    const char *body = format(house, "{'account':'%s'}", of);
    struct heard heard = post(house, body, "/v1/writes/cancel");
    assert_int_equal(count_at(heard, "/writes"), 1);
    assert_true(json_is(at(heard, "/more"), JSON_FALSE));
    assert_stands(house, id, "cancelled");
    heard = post(house, body, "/v1/writes/retry");
    assert_int_equal(count_at(heard, "/writes"), 1);
    assert_waits(house, id);
}

static void test_a_retry_of_many_comes_to_an_end(void **state)
{
    struct house *house = *state;
    const char *of = make_waiting(house, environment);
    const char *after = "";
    unsigned asked = 0, moved = 0;
    bool more = true;
    for (int i = 0; i < 210; i++)
        make_write(house, of, WRITE_DEAD, "/things/1");
    while (more && asked++ < 5) {
        struct heard heard = post(house, format(house, "{'account':'%s'%s}", of, after),
                                  "/v1/writes/retry");
        unsigned n = count_at(heard, "/writes");
        moved += n;
        more = json_is(at(heard, "/more"), JSON_TRUE);
        after = format(house, ",'after':'%s'",
                       text_at(house, heard, format(house, "/writes/%u", n - 1)));
    }
    assert_false(more);
    assert_int_equal(moved, 210);
}

int test_api_writes(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_are_listed_newest_first_a_page_at_a_time),
        cmocka_unit_test(test_are_found_by_what_they_are),
        cmocka_unit_test(test_one_shows_what_was_asked_and_answered),
        cmocka_unit_test(test_bodies_are_for_keys_that_may_see_them),
        cmocka_unit_test(test_a_key_of_one_environment_sees_and_moves_its_own_alone),
        cmocka_unit_test(test_what_was_given_up_is_queued_again),
        cmocka_unit_test(test_what_waits_is_taken_back),
        cmocka_unit_test(test_what_is_done_is_neither_retried_nor_cancelled),
        cmocka_unit_test(test_a_dry_run_says_which_and_does_nothing),
        cmocka_unit_test(test_all_that_a_filter_finds_are_moved),
        cmocka_unit_test(test_more_than_one_page_of_ended_ones_hides_nobody),
        cmocka_unit_test(test_a_retry_of_many_comes_to_an_end),
    };
    return cmocka_run_group_tests_name("api: writes", tests, setup, house_teardown);
}
