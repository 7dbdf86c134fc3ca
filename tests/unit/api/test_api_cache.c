#include "groups.h"
#include "house.h"

#include "base/crypto.h"
#include "loop/world.h"

static const char *stage;
static const char *environment;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    stage = make_stage(house, "s");
    environment = make_environment(house, stage, "e");
    return failed;
}

/* An answer of that account, under a key of its own. */
static void keep(struct house *house, const char *id, const char *resource, int n)
{
    struct account *account = directory_account(house->directory, str_z(id));
    usec now = world_now(world_real());
    struct cache_entry like = {.kind = CACHE_RAW,
                               .stamp =
                                   cache_stamp(house->cache, account, str_z(resource)),
                               .account = account->id,
                               .environment = account->environment->id,
                               .integration = STR("acme"),
                               .resource = str_z(resource),
                               .method = STR("things.get"),
                               .status = 200,
                               .body = STR("a customer's secret"),
                               .stored = now,
                               .stored_wall = world_wall(world_real()),
                               .fresh_until = now + USEC_H,
                               .stale_until = now + USEC_DAY};
    str name = arena_printf(&house->arena, "%s %s %d", id, resource, n);
    crypto_sha256(name, like.key.bytes);
    cache_put(house->cache, cache_entry_create(&like), account);
    account_unref(&account);
}

static void test_what_is_kept_is_listed_without_what_it_says(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "listed");
    const char *other = make_account(house, environment, "other");
    for (int i = 0; i < 5; i++)
        keep(house, id, "things", i);
    keep(house, id, "deals", 0);
    keep(house, other, "things", 0);
    struct heard heard = get(house, "/v1/cache/entries?account=listed&resource=things");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 5);
    assert_string_equal(text_at(house, heard, "/items/0/account"), id);
    assert_string_equal(text_at(house, heard, "/items/0/method"), "things.get");
    assert_true(number_at(heard, "/items/0/fresh_s") > 3000);
    assert_true(number_at(heard, "/items/0/held_s") == 0);
    assert_int_equal(str_find_str(heard.body, STR("secret")), heard.body.n);
    heard = get(house, "/v1/cache/entries?account=listed&limit=4");
    assert_int_equal(count_at(heard, "/items"), 4);
    heard = get(house, "/v1/cache/entries?account=listed&limit=4&cursor=%s",
                text_at(house, heard, "/next_cursor"));
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_true(is_null_at(heard, "/next_cursor"));
    assert_refused(get(house, "/v1/cache/entries"), 400, "query_invalid");
    assert_refused(get(house, "/v1/cache/entries?account=nobody"), 404,
                   "account_unknown");
}

static void test_how_much_is_told_of_all_and_of_one(void **state)
{
    struct house *house = *state;
    const char *apart = make_environment(house, stage, "apart");
    keep(house, make_account(house, apart, "one"), "things", 0);
    struct heard heard = get(house, "/v1/cache?environment=%s", apart);
    assert_status(heard, 200);
    assert_true(number_at(heard, "/entries") == 1);
    assert_true(number_at(heard, "/bytes_max") == 1 << 20);
    assert_true(is_null_at(heard, "/stored"));
    heard = get(house, "/v1/cache");
    assert_true(number_at(heard, "/entries") > 1);
    assert_true(number_at(heard, "/stored") > 1);
}

static void test_answers_are_forgotten_with_a_line_in_the_audit_log(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "forgotten");
    keep(house, id, "things", 0);
    keep(house, id, "deals", 0);
    struct heard heard = del(house, "/v1/cache?account=forgotten&resource=deals");
    assert_status(heard, 200);
    assert_true(number_at(heard, "/entries") == 1);
    assert_int_equal(
        count_at(get(house, "/v1/cache/entries?account=forgotten"), "/items"), 1);
    heard = get(house, "/v1/audit?object=%s", id);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "cache.purge");
    assert_true(number_at(del(house, "/v1/cache?integration=other"), "/entries") == 0);
    heard = del(house, "/v1/cache?environment=%s", environment);
    assert_true(number_at(heard, "/entries") > 0);
    assert_true(
        number_at(get(house, "/v1/cache?environment=%s", environment), "/entries") == 0);
    assert_refused(del(house, "/v1/cache"), 400, "query_invalid");
    assert_refused(del(house, "/v1/cache?resource=things"), 400, "query_invalid");
    assert_refused(del(house, "/v1/cache?account=forgotten&environment=%s", environment),
                   400, "query_invalid");
}

static void test_a_key_of_a_stage_reaches_no_further(void **state)
{
    struct house *house = *state;
    const char *elsewhere = make_stage(house, "elsewhere");
    house->key =
        make_key(house, "['read','write']", format(house, "'stage':'%s'", elsewhere));
    assert_refused(get(house, "/v1/cache"), 403, "key_forbidden");
    assert_refused(get(house, "/v1/cache?environment=%s", environment), 404,
                   "object_unknown");
    assert_refused(get(house, "/v1/cache/entries?account=listed"), 404,
                   "account_unknown");
    assert_refused(del(house, "/v1/cache?account=listed"), 404, "account_unknown");
    assert_refused(del(house, "/v1/cache?integration=acme"), 403, "key_forbidden");
    house->key = house->admin;
}

static void test_without_a_cache_that_is_said(void **state)
{
    struct house *house = *state;
    house->gate.exchange.cache = NULL;
    assert_refused(get(house, "/v1/cache"), 404, "object_unknown");
    assert_refused(get(house, "/v1/cache/entries?account=listed"), 404, "object_unknown");
    assert_refused(del(house, "/v1/cache?account=listed"), 404, "object_unknown");
    house->gate.exchange.cache = house->cache;
}

int test_api_cache(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept_is_listed_without_what_it_says),
        cmocka_unit_test(test_how_much_is_told_of_all_and_of_one),
        cmocka_unit_test(test_answers_are_forgotten_with_a_line_in_the_audit_log),
        cmocka_unit_test(test_a_key_of_a_stage_reaches_no_further),
        cmocka_unit_test(test_without_a_cache_that_is_said),
    };
    return cmocka_run_group_tests_name("api: cache", tests, setup, house_teardown);
}
