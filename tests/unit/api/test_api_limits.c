#include "groups.h"
#include "house.h"

#include "loop/world.h"

static const char *environment;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    environment = make_environment(house, make_stage(house, "s"), "e");
    return failed;
}

/* What a vendor's answer has told. */
static void tell(struct house *house, const char *name, const struct throttle *throttle)
{
    static const struct throttle_rule rule = {.backoff_base = USEC_S,
                                              .backoff_max = 10 * USEC_S};
    usec now = world_now(world_real());
    struct standing *standing = board_acquire(house->boards.standings, str_z(name), now);
    quota_note(&standing->quota, &rule, throttle, now, 0);
    board_release(house->boards.standings, standing, now);
}

static void test_what_vendors_have_told_is_shown(void **state)
{
    struct house *house = *state;
    const char *quiet = make_account(house, environment, "quiet");
    const char *id = make_account(house, environment, "told");
    tell(house, id,
         &(struct throttle){.throttled = true,
                            .wait = 20 * USEC_S,
                            .n = 1,
                            .windows = {{.name = STR("burst"),
                                         .limit = 100,
                                         .remaining = 40,
                                         .reset = 60 * USEC_S,
                                         .window = -1}}});
    tell(house, format(house, "%s search", id),
         &(struct throttle){.wait = -1,
                            .n = 1,
                            .windows = {{.name = STR("s"),
                                         .limit = 5,
                                         .remaining = -1,
                                         .reset = -1,
                                         .window = USEC_S}}});
    struct heard heard = get(house, "/v1/limits");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/account"), id);
    double wait = number_at(heard, "/items/0/standing/throttled_s");
    assert_true(wait > 10 && wait <= 20);
    assert_string_equal(text_at(house, heard, "/items/0/standing/windows/0/name"),
                        "burst");
    assert_true(number_at(heard, "/items/0/standing/windows/0/remaining") == 40);
    assert_true(is_null_at(heard, "/items/0/standing/windows/0/window_s"));
    assert_string_equal(text_at(house, heard, "/items/0/standing/groups/0/group"),
                        "search");
    assert_true(is_null_at(heard, "/items/0/standing/groups/0/windows/0/remaining"));
    heard = get(house, "/v1/accounts/%s", id);
    assert_true(number_at(heard, "/standing/throttled_s") > 10);
    heard = get(house, "/v1/accounts/%s", quiet);
    assert_true(number_at(heard, "/standing/throttled_s") == 0);
    assert_int_equal(count_at(heard, "/standing/windows"), 0);
    assert_int_equal(
        count_at(get(house, "/v1/limits?integration=other&environment=%s", environment),
                 "/items"),
        0);
}

int test_api_limits(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_vendors_have_told_is_shown),
    };
    return cmocka_run_group_tests_name("api: limits", tests, setup, house_teardown);
}
