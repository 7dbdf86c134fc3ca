#include "groups.h"
#include "office.h"

#include "json/json_parse.h"

/* Which account a caller means. */

struct town {
    str live, test;     /* stages */
    str a, b, c;        /* environments: two of live, one of test */
    str main_a, main_b; /* accounts called "main", of crm */
    str mail_a;         /* the same name in a, of mail */
    str only_b, only_c; /* names of their own */
};

static struct town build(struct office *office)
{
    struct town t;
    t.live = office_stage(office, "live");
    t.test = office_stage(office, "test");
    t.a = office_environment(office, t.live, "a");
    t.b = office_environment(office, t.live, "b");
    t.c = office_environment(office, t.test, "c");
    t.main_a = office_account(office, t.a, "crm", "main");
    t.main_b = office_account(office, t.b, "crm", "main");
    t.mail_a = office_account(office, t.a, "mail", "main");
    t.only_b = office_account(office, t.b, "crm", "only-b");
    t.only_c = office_account(office, t.c, "crm", "only-c");
    return t;
}

static void assert_means(struct office *office, str key, str ref, const char *integration,
                         str id)
{
    struct tenant_id found;
    assert_int_equal(office_find(office, key, ref, integration, &found), ERR_NONE);
    assert_str(tenant_id_str(&found), id);
}

static void assert_err(struct office *office, str key, str ref, const char *integration,
                       enum err err)
{
    struct tenant_id found;
    assert_int_equal(office_find(office, key, ref, integration, &found), err);
}

static void a_key_sees_its_own_accounts_only(void **state)
{
    struct office *office = *state;
    struct town t = build(office);
    str all = office_key(office, STR_NONE, NULL, -1);
    str live = office_key(office, t.live, NULL, -1);
    str b = office_key(office, t.live, &t.b, 1);
    assert_means(office, all, t.only_c, NULL, t.only_c);
    assert_means(office, all, STR("only-c"), NULL, t.only_c);
    assert_err(office, live, t.only_c, NULL, ERR_ACCOUNT_UNKNOWN);
    assert_err(office, live, STR("only-c"), NULL, ERR_ACCOUNT_UNKNOWN);
    assert_means(office, live, STR("only-b"), NULL, t.only_b);
    assert_means(office, live, t.main_a, NULL, t.main_a);
    assert_means(office, b, t.main_b, NULL, t.main_b);
    assert_err(office, b, t.main_a, NULL, ERR_ACCOUNT_UNKNOWN);
    assert_err(office, b, STR("acc_none"), NULL, ERR_ACCOUNT_UNKNOWN);
    assert_err(office, b, STR(""), NULL, ERR_ACCOUNT_UNKNOWN);
}

static void a_name_that_several_have_is_ambiguous(void **state)
{
    struct office *office = *state;
    struct town t = build(office);
    str live = office_key(office, t.live, NULL, -1);
    str a = office_key(office, t.live, &t.a, 1);
    str b = office_key(office, t.live, &t.b, 1);
    str both = office_key(office, t.live, (str[]){t.a, t.b}, 2);
    assert_err(office, live, STR("main"), NULL, ERR_ACCOUNT_AMBIGUOUS);
    assert_err(office, live, STR("main"), "crm", ERR_ACCOUNT_AMBIGUOUS);
    assert_means(office, live, STR("main"), "mail", t.mail_a);
    assert_err(office, live, STR("main"), "files", ERR_ACCOUNT_UNKNOWN);
    assert_err(office, a, STR("main"), NULL, ERR_ACCOUNT_AMBIGUOUS);
    assert_means(office, a, STR("main"), "crm", t.main_a);
    assert_means(office, b, STR("main"), NULL, t.main_b);
    assert_err(office, both, STR("main"), "crm", ERR_ACCOUNT_AMBIGUOUS);
    assert_means(office, both, STR("only-b"), NULL, t.only_b);
}

static void a_key_of_many_environments_finds_too(void **state)
{
    struct office *office = *state;
    struct town t = build(office);
    str environments[20];
    for (int i = 0; i < 19; i++)
        environments[i] = office_environment(office, t.live, NULL);
    environments[19] = t.b;
    str wide = office_key(office, t.live, environments, 20);
    assert_means(office, wide, STR("main"), NULL, t.main_b);
    assert_err(office, wide, t.main_a, NULL, ERR_ACCOUNT_UNKNOWN);
}

static void a_name_follows_its_account(void **state)
{
    struct office *office = *state;
    struct town t = build(office);
    str live = office_key(office, t.live, NULL, -1);
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = t.only_b;
    change.external_id = STR("renamed");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_err(office, live, STR("only-b"), NULL, ERR_ACCOUNT_UNKNOWN);
    assert_means(office, live, STR("renamed"), NULL, t.only_b);
    change.name = STR("again"); /* the same name, another object */
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_means(office, live, STR("renamed"), NULL, t.only_b);
    change.external_id = STR("");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_err(office, live, STR("renamed"), NULL, ERR_ACCOUNT_UNKNOWN);
    change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = t.main_a;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_means(office, live, STR("main"), "crm", t.main_b);
}

static void many_names_are_told_apart(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str key = office_key(office, stage, NULL, -1);
    str environment = office_environment(office, stage, NULL);
    str ids[500];
    for (int i = 0; i < 500; i++)
        ids[i] = office_account(office, environment, "crm",
                                arena_printf(&office->arena, "n%d", i).p);
    for (int i = 0; i < 500; i++)
        assert_means(office, key, arena_printf(&office->arena, "n%d", i), NULL, ids[i]);
    for (int i = 0; i < 500; i += 2) {
        struct change change = office_change(office, CHANGE_ACCOUNT_DELETE);
        change.id = ids[i];
        assert_int_equal(office_do(office, &change), ERR_NONE);
    }
    for (int i = 0; i < 500; i++) {
        str name = arena_printf(&office->arena, "n%d", i);
        if (i % 2)
            assert_means(office, key, name, NULL, ids[i]);
        else
            assert_err(office, key, name, NULL, ERR_ACCOUNT_UNKNOWN);
    }
}

/* --- beside changes --- */

enum { READERS = 3 };

struct reader {
    struct office *office;
    pthread_t thread;
    str key_text;
    str environment;
    atomic_bool *stop;
    uint64_t found;
    uint64_t wrong;
};

/* There is an app for the integration "mail" at all times, and its secret opens. */
static bool finds_app(struct directory *directory, str environment)
{
    enum err err = ERR_NONE;
    struct app *app = directory_app_of(directory, environment, STR("mail"), STR_NONE);
    bool good = app && app->environment->stage != NULL;
    if (good && app->secret_version > 0)
        good = directory_app_credentials(directory, app, &err) != NULL;
    app_unref(&app);
    return good;
}

/* The account "steady" is found at all times, by name and in lists, whatever happens to
 * it and around it. */
static void *read_on(void *arg)
{
    struct reader *reader = arg;
    struct directory *directory = reader->office->directory;
    while (!atomic_load(reader->stop)) {
        struct account *account = NULL, *page[50];
        struct account_page wanted = {.max = 50};
        struct api_key *key = directory_find_key(directory, reader->key_text);
        enum err err =
            directory_find_account(directory, key, STR("steady"), STR_NONE, &account);
        reader->wrong += err != ERR_NONE;
        if (account && account->credential_version > 0)
            reader->wrong += !directory_credentials(directory, account, &err);
        account_unref(&account);
        api_key_unref(&key);
        uint32_t n =
            directory_list_members(directory, reader->environment, &wanted, page);
        for (uint32_t i = 0; i < n; i++) {
            reader->wrong += page[i]->environment->stage == NULL;
            account_unref(&page[i]);
        }
        reader->wrong += !finds_app(directory, reader->environment);
        reader->found++;
    }
    return NULL;
}

static void change_apps(struct office *office, str environment, str steady)
{
    str passing = office_app(office, environment, "mail", "passing");
    struct change change = office_change(office, CHANGE_APP_UPDATE);
    change.id = passing;
    change.app_default = true;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(office_store_secret(office, steady, "client_secret", "s"), ERR_NONE);
    change = office_change(office, CHANGE_APP_DELETE);
    change.id = passing;
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void change_around(struct office *office, str environment, str steady, int round)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = steady;
    change.name = round % 2 ? STR("one") : STR("other");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    change = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    change.id = environment;
    change.concurrency_max = round;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str passing = office_account(office, environment, "mail", "steady-not");
    assert_int_equal(office_store_credential(office, steady, "token", "t"), ERR_NONE);
    change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = passing;
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void readers_run_beside_changes(void **state)
{
    struct office *office = *state;
    struct reader readers[READERS];
    atomic_bool stop = false;
    str stage = office_stage(office, "live");
    str environment = office_environment(office, stage, NULL);
    str steady = office_account(office, environment, "crm", "steady");
    str app = office_app(office, environment, "mail", "steady");
    str key = office_key(office, stage, NULL, -1);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){
            .office = office, .key_text = key, .environment = environment, .stop = &stop};
        pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
    }
    for (int round = 0; round < 200; round++) {
        change_around(office, environment, steady, round);
        change_apps(office, environment, app);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_true(readers[i].found > 0);
        assert_int_equal(readers[i].wrong, 0);
    }
}

struct watcher {
    struct directory *directory;
    int heard;
    int missed; /* another account than the one it was told of */
};

static void on_account(void *arg, struct account *account, bool there)
{
    struct watcher *watcher = arg;
    struct account *found =
        directory_account(watcher->directory, tenant_id_str(&account->id));
    watcher->heard++;
    watcher->missed += found != (there ? account : NULL);
    account_unref(&found);
}

/* A keeper that knew of a new token before readers find it would send them to the old. */
static void who_watches_hears_of_what_readers_find(void **state)
{
    struct office *office = *state;
    struct watcher watcher = {.directory = office->directory};
    directory_watch_accounts(office->directory, on_account, &watcher);
    struct town t = build(office);
    assert_int_equal(office_store_credential(office, t.main_a, "token", "t1"), ERR_NONE);
    assert_int_equal(office_store_credential(office, t.main_a, "token", "t2"), ERR_NONE);
    struct change change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = t.main_a;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    directory_watch_accounts(office->directory, NULL, &watcher);
    assert_true(watcher.heard >= 8);
    assert_int_equal(watcher.missed, 0);
}

static uint32_t count_with(struct office *office, const char *integration, str value)
{
    struct account *found[4];
    uint32_t n = directory_find_by_context(office->directory, str_z(integration),
                                           STR("team"), value, COUNT_OF(found), found);
    for (uint32_t i = 0; i < n; i++)
        account_unref(&found[i]);
    return n;
}

static void give_team(struct office *office, str account, const char *context)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = account;
    assert_true(json_parse(&office->arena, str_z(context), NULL, &change.context, NULL));
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void accounts_are_found_by_what_their_context_says(void **state)
{
    struct office *office = *state;
    struct town t = build(office);
    assert_int_equal(count_with(office, "crm", STR("T1")), 0);
    give_team(office, t.main_a, "{\"team\":\"T1\",\"other\":\"T1\"}");
    give_team(office, t.main_b, "{\"team\":\"T1\"}");
    give_team(office, t.mail_a, "{\"team\":\"T1\"}");
    assert_int_equal(count_with(office, "crm", STR("T1")), 2);
    assert_int_equal(count_with(office, "mail", STR("T1")), 1);
    give_team(office, t.main_b, "{\"team\":\"T2\"}");
    assert_int_equal(count_with(office, "crm", STR("T1")), 1);
    assert_int_equal(count_with(office, "crm", STR("T2")), 1);
    assert_false(directory_was_deleted(office->directory, t.main_a));
    struct change change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = t.main_a;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(count_with(office, "crm", STR("T1")), 0);
    assert_true(directory_was_deleted(office->directory, t.main_a));
    assert_false(directory_was_deleted(office->directory, STR("acc_never")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_find(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_sees_its_own_accounts_only),
        TEST(a_name_that_several_have_is_ambiguous),
        TEST(a_key_of_many_environments_finds_too),
        TEST(a_name_follows_its_account),
        TEST(many_names_are_told_apart),
        TEST(who_watches_hears_of_what_readers_find),
        TEST(accounts_are_found_by_what_their_context_says),
        DURABLE(readers_run_beside_changes),
    };
    return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
