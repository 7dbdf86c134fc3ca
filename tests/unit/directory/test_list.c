#include "groups.h"
#include "office.h"

static bool has_name(const struct account *account, void *arg)
{
    const str *wanted = arg;
    return str_eq(account->external_id, *wanted);
}

static bool is_odd(const struct account *account, void *arg)
{
    ++*(unsigned *)arg;
    return account->external_id.n &&
           account->external_id.p[account->external_id.n - 1] % 2;
}

/* Pages of `max` accounts; answers how many there were in all, in the order of ids. */
static unsigned walk_all(struct office *office, uint32_t max)
{
    struct account *page[100];
    struct tenant_id last = {0};
    unsigned met = 0;
    for (;;) {
        uint32_t n = directory_list_accounts(office->directory, tenant_id_str(&last), max,
                                             NULL, NULL, page);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(strcmp(last.text, page[i]->id.text) < 0);
            last = page[i]->id;
            account_unref(&page[i]);
        }
        met += n;
        if (n < max)
            return met;
    }
}

static void pages_cover_everything_once(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    for (int i = 0; i < 250; i++)
        office_account(office, environment, "crm",
                       arena_printf(&office->arena, "%d", i).p);
    assert_int_equal(walk_all(office, 1), 250);
    assert_int_equal(walk_all(office, 50), 250);
    assert_int_equal(walk_all(office, 99), 250);
    struct account *page[10];
    assert_int_equal(
        directory_list_accounts(office->directory, STR_NONE, 0, NULL, NULL, page), 0);
    assert_int_equal(
        directory_list_accounts(office->directory, STR("zzz"), 10, NULL, NULL, page), 0);
}

static void a_page_holds_what_is_wanted(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    struct account *page[10];
    unsigned asked = 0;
    for (int i = 0; i < 50; i++)
        office_account(office, environment, "crm",
                       arena_printf(&office->arena, "%d", i).p);
    str wanted = STR("17");
    uint32_t n =
        directory_list_accounts(office->directory, STR_NONE, 10, has_name, &wanted, page);
    assert_int_equal(n, 1);
    assert_str(page[0]->external_id, wanted);
    account_unref(&page[0]);
    n = directory_list_accounts(office->directory, STR_NONE, 10, is_odd, &asked, page);
    assert_int_equal(n, 10);
    assert_true(asked < 50); /* it stops when the page is full */
    for (uint32_t i = 0; i < n; i++)
        account_unref(&page[i]);
}

static void members_are_those_of_one_environment(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str environments[5];
    struct account *page[100];
    for (int e = 0; e < 5; e++)
        environments[e] = office_environment(office, stage, NULL);
    for (int i = 0; i < 100; i++)
        office_account(office, environments[i % 4], "crm", NULL);
    for (int e = 0; e < 5; e++) {
        struct account_page wanted = {.max = 100};
        uint32_t n =
            directory_list_members(office->directory, environments[e], &wanted, page);
        assert_int_equal(n, e < 4 ? 25 : 0);
        for (uint32_t i = 0; i < n; i++) {
            assert_str(tenant_id_str(&page[i]->environment->id), environments[e]);
            account_unref(&page[i]);
        }
    }
    assert_int_equal(directory_list_members(office->directory, STR("env_none"),
                                            &(struct account_page){.max = 5}, page),
                     0);
}

/* A walk lets go of its lock now and then, and goes on where it was. */
static void a_long_walk_meets_everything(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    struct account *page[1];
    unsigned asked = 0;
    for (int i = 0; i < 2500; i++)
        office_account(office, environment, "crm", NULL);
    assert_int_equal(
        directory_list_accounts(office->directory, STR_NONE, 1, is_odd, &asked, page), 0);
    assert_int_equal(asked, 2500);
}

static bool of_stage(const struct environment *environment, void *arg)
{
    return str_eq(environment->stage->name, *(str *)arg);
}

static bool has_label(const struct api_key *key, void *arg)
{
    return str_eq(key->label, *(str *)arg);
}

static void stages_environments_and_keys_are_listed(void **state)
{
    struct office *office = *state;
    struct stage *stages[5];
    struct environment *environments[5];
    struct api_key *keys[5];
    str live = office_stage(office, "live"), test = office_stage(office, "test");
    str name = STR("test"), label = STR("A key");
    office_environment(office, live, NULL);
    str wanted = office_environment(office, test, NULL);
    office_key(office, live, NULL, -1);
    assert_int_equal(directory_list_stages(office->directory, STR_NONE, 5, stages), 2);
    assert_true(strcmp(stages[0]->id.text, stages[1]->id.text) < 0);
    assert_int_equal(directory_list_environments(office->directory, STR_NONE, 5, of_stage,
                                                 &name, environments),
                     1);
    assert_str(tenant_id_str(&environments[0]->id), wanted);
    assert_int_equal(
        directory_list_keys(office->directory, STR_NONE, 5, has_label, &label, keys), 1);
    stage_unref(&stages[0]);
    stage_unref(&stages[1]);
    environment_unref(&environments[0]);
    api_key_unref(&keys[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)

int test_list(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pages_cover_everything_once),
        TEST(a_page_holds_what_is_wanted),
        TEST(members_are_those_of_one_environment),
        TEST(a_long_walk_meets_everything),
        TEST(stages_environments_and_keys_are_listed),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
