#include "groups.h"
#include "office.h"

#include "directory/audit.h"

static struct app *app_of(struct office *office, str id)
{
    struct app *app = directory_app(office->directory, id);
    assert_non_null(app);
    return app;
}

static void assert_chosen(struct office *office, str environment, const char *integration,
                          str wanted)
{
    struct app *app =
        directory_app_of(office->directory, environment, str_z(integration), STR_NONE);
    if (str_absent(wanted)) {
        assert_null(app);
        return;
    }
    assert_non_null(app);
    assert_str(tenant_id_str(&app->id), wanted);
    assert_true(directory_app_is_default(office->directory, app));
    app_unref(&app);
}

static void assert_refused(struct office *office, struct change *change, enum err err,
                           const char *part)
{
    assert_int_equal(office_do(office, change), err);
    assert_says(change->detail, part);
}

static void delete (struct office *office, str id)
{
    struct change change = office_change(office, CHANGE_APP_DELETE);
    change.id = id;
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static str new_environment(struct office *office, const char *stage)
{
    return office_environment(office, office_stage(office, stage), NULL);
}

/* --- settings --- */

static void an_app_is_made_and_changed(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_APP_CREATE);
    change.environment_id = new_environment(office, "live");
    change.integration = STR("crm");
    change.name = STR("Ours");
    change.client_id = STR("client");
    change.redirect_uri = STR("https://us.test/cb");
    change.scopes = office_json(office, "[\"read\",\"write\"]");
    change.params = office_json(office, "{\"tenant\":\"t\"}");
    change.return_urls = office_json(office, "[\"https://us.test/\"]");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str id = tenant_id_str(&change.new_id);
    assert_true(str_starts(id, STR("app_")));
    struct change update = office_change(office, CHANGE_APP_UPDATE);
    update.id = id;
    update.name = STR("Theirs");
    update.scopes = office_json(office, "[]");
    false_world_advance(&office->world, USEC_S);
    assert_int_equal(office_do(office, &update), ERR_NONE);
    office_reopen(office);
    struct app *app = app_of(office, id);
    assert_str(app->name, STR("Theirs"));
    assert_str(app->client_id, STR("client"));
    assert_str(app->redirect_uri, STR("https://us.test/cb"));
    assert_int_equal(app->scopes.n, 0);
    assert_true(json_is(&app->scopes, JSON_ARRAY));
    assert_str(json_member_text(&app->params, STR("tenant")), STR("t"));
    assert_str(json_text(&app->return_urls.u.items[0]), STR("https://us.test/"));
    assert_int_equal(app->updated - app->created, USEC_S);
    app_unref(&app);
    update = office_change(office, CHANGE_APP_UPDATE);
    update.id = id;
    update.redirect_uri = STR("");
    update.scopes = json_of_null();
    assert_int_equal(office_do(office, &update), ERR_NONE);
    app = app_of(office, id);
    assert_true(str_absent(app->redirect_uri));
    assert_true(json_is(&app->scopes, JSON_UNDEFINED));
    app_unref(&app);
}

static void what_is_not_there_is_refused(void **state)
{
    struct office *office = *state;
    static const enum change_kind kinds[] = {CHANGE_APP_UPDATE, CHANGE_APP_SECRETS,
                                             CHANGE_APP_DELETE};
    struct change change;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        change = office_change(office, kinds[i]);
        change.id = STR("app_none");
        assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no app of this id");
    }
    change = office_change(office, CHANGE_APP_CREATE);
    change.environment_id = STR("env_none");
    change.integration = STR("crm");
    change.name = STR("x");
    change.client_id = STR("c");
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no environment");
    assert_null(directory_app(office->directory, STR("app_none")));
}

/* --- the default --- */

static void an_own_app_comes_before_the_platforms(void **state)
{
    struct office *office = *state;
    str mine = new_environment(office, "live"), other = new_environment(office, "test");
    assert_chosen(office, mine, "crm", STR_NONE);
    str platform = office_app(office, STR_NONE, "crm", "p");
    str own = office_app(office, mine, "crm", "o");
    assert_chosen(office, mine, "crm", own);
    assert_chosen(office, other, "crm", platform);
    assert_chosen(office, STR_NONE, "crm", platform);
    assert_chosen(office, mine, "mail", STR_NONE);
    assert_chosen(office, STR("env_none"), "crm", platform);
    delete (office, own);
    assert_chosen(office, mine, "crm", platform);
}

static void of_several_one_is_the_default(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office, "live");
    str apps[4];
    for (int i = 0; i < 3; i++) {
        apps[i] = office_app(office, environment, "crm", "c");
        false_world_advance(&office->world, USEC_S);
    }
    assert_chosen(office, environment, "crm", apps[0]); /* the oldest */
    struct change change = office_change(office, CHANGE_APP_UPDATE);
    change.app_default = true;
    change.id = apps[2];
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_chosen(office, environment, "crm", apps[2]);
    change.id = apps[1];
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_chosen(office, environment, "crm", apps[1]);
    struct app *before = app_of(office, apps[2]);
    assert_false(directory_app_is_default(office->directory, before));
    app_unref(&before);
    change = office_change(office, CHANGE_APP_CREATE);
    change.environment_id = environment;
    change.integration = STR("crm");
    change.name = STR("x");
    change.client_id = STR("c");
    change.app_default = true;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    apps[3] = arena_str(&office->arena, tenant_id_str(&change.new_id));
    office_reopen(office);
    assert_chosen(office, environment, "crm", apps[3]);
    static const int back[] = {3, 1, 2, 0}; /* to the one that was chosen before */
    for (int i = 0; i < 3; i++) {
        delete (office, apps[back[i]]);
        assert_chosen(office, environment, "crm", apps[back[i + 1]]);
    }
}

static void defaults_of_others_do_not_matter(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office, "live");
    str crm = office_app(office, environment, "crm", "c");
    str mail = office_app(office, environment, "mail", "c");
    str platform = office_app(office, STR_NONE, "crm", "c");
    str ids[] = {mail, platform};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct change change = office_change(office, CHANGE_APP_UPDATE);
        change.app_default = true;
        change.id = ids[i];
        assert_int_equal(office_do(office, &change), ERR_NONE);
    }
    assert_chosen(office, environment, "crm", crm);
}

static void an_app_follows_its_environment(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office, "live");
    str ids[150];
    for (int i = 0; i < 150; i++)
        ids[i] = office_app(office, environment, "crm", "c");
    str platform = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_store_secret(office, ids[7], "client_secret", "hush"),
                     ERR_NONE);
    struct change change = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    change.id = environment;
    change.name = STR("Renamed");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    for (int i = 0; i < 150; i++) {
        struct app *app = app_of(office, ids[i]);
        assert_str(app->environment->name, STR("Renamed"));
        app_unref(&app);
    }
    assert_str(office_secret(office, ids[7], "client_secret"), STR("hush"));
    assert_chosen(office, STR_NONE, "crm", platform);
    change = office_change(office, CHANGE_ENVIRONMENT_DELETE);
    change.id = environment;
    assert_refused(office, &change, ERR_OBJECT_IN_USE, "still has apps (150)");
}

/* --- accounts --- */

static enum err set_app(struct office *office, str account, str app)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = account;
    change.app_id = app;
    return office_do(office, &change);
}

static void an_account_names_an_app_in_its_reach(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office, "live");
    str other = new_environment(office, "test");
    str account = office_account(office, environment, "crm", "main");
    str good[] = {office_app(office, STR_NONE, "crm", "c"),
                  office_app(office, environment, "crm", "c")};
    str bad[] = {office_app(office, other, "crm", "c"),
                 office_app(office, environment, "mail", "c"), STR("app_none")};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(set_app(office, account, bad[i]), ERR_OBJECT_UNKNOWN);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_int_equal(set_app(office, account, good[i]), ERR_NONE);
        struct account *found = directory_account(office->directory, account);
        assert_str(tenant_id_str(&found->app), good[i]);
        account_unref(&found);
        struct change change = office_change(office, CHANGE_APP_DELETE);
        change.id = good[i];
        assert_refused(office, &change, ERR_OBJECT_IN_USE,
                       "still has accounts connected with it (1)");
    }
    assert_int_equal(set_app(office, account, STR("")), ERR_NONE);
    struct account *found = directory_account(office->directory, account);
    assert_int_equal(found->app.text[0], 0);
    account_unref(&found);
    delete (office, good[1]);
}

static void an_account_is_made_with_an_app(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.environment_id = new_environment(office, "live");
    change.integration = STR("crm");
    change.app_id = office_app(office, STR_NONE, "mail", "c");
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN,
                   "an app of this id for its integration");
    change.app_id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    office_reopen(office);
    struct account *found =
        directory_account(office->directory, tenant_id_str(&change.new_id));
    assert_str(tenant_id_str(&found->app), change.app_id);
    account_unref(&found);
}

/* --- secrets --- */

static void assert_names(struct office *office, str id, uint64_t version,
                         const char *names)
{
    struct buf text;
    struct app *app = app_of(office, id);
    buf_init(&text, 1024);
    for (uint32_t i = 0; i < app->secret_names.n; i++)
        buf_printf(&text, "%s" STR_F, i ? " " : "",
                   STR_A(json_text(&app->secret_names.u.items[i])));
    assert_str(text.n ? buf_peek(&text) : STR(""), str_z(names));
    assert_int_equal(app->secret_version, version);
    buf_fini(&text);
    app_unref(&app);
}

static void a_client_secret_is_changed_in_two_steps(void **state)
{
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    enum err err = ERR_INTERNAL;
    struct app *app = app_of(office, id);
    assert_null(directory_app_credentials(office->directory, app, &err));
    assert_int_equal(err, ERR_NONE); /* a public client */
    app_unref(&app);
    assert_names(office, id, 0, "");
    assert_int_equal(office_store_secret(office, id, "client_secret", "old"), ERR_NONE);
    assert_int_equal(office_store_secret(office, id, "client_secret_next", "new"),
                     ERR_NONE);
    assert_names(office, id, 2, "client_secret client_secret_next");
    assert_str(office_secret(office, id, "client_secret"), STR("old"));
    assert_str(office_secret(office, id, "client_secret_next"), STR("new"));
    assert_int_equal(office_store_secret(office, id, "client_secret", NULL), ERR_NONE);
    office_reopen(office);
    assert_names(office, id, 3, "client_secret");
    assert_str(office_secret(office, id, "client_secret"), STR("new"));
    assert_true(str_absent(office_secret(office, id, "client_secret_next")));
    assert_int_equal(office_store_secret(office, id, "client_secret", NULL), ERR_NONE);
    assert_names(office, id, 4, "");
    app = app_of(office, id);
    assert_true(str_absent(app->sealed));
    app_unref(&app);
    assert_int_equal(office_store_secret(office, id, "private_key", NULL), ERR_NONE);
}

static void a_whole_set_replaces_the_one_before(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_APP_CREATE);
    struct credential first[] = {
        office_credential("client_secret", "one"),
        office_credential("private_key", "-----BEGIN PRIVATE KEY-----\nx\n")};
    change.integration = STR("crm");
    change.name = STR("x");
    change.client_id = STR("c");
    change.credentials = first;
    change.credential_n = 2;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str id = arena_str(&office->arena, tenant_id_str(&change.new_id));
    assert_names(office, id, 1, "client_secret private_key");
    struct credential second = office_credential("client_secret_next", "two");
    change = office_change(office, CHANGE_APP_SECRETS);
    change.id = id;
    change.credentials = &second;
    change.credential_n = 1;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_names(office, id, 2, "client_secret");
    assert_str(office_secret(office, id, "client_secret"), STR("two"));
    change.credential_version = 1;
    assert_refused(office, &change, ERR_STATE_CONFLICT, "have version 2, not 1");
    secret_fini(&first[0].value);
    secret_fini(&first[1].value);
    secret_fini(&second.value);
}

static void no_secret_of_an_app_is_on_disk(void **state)
{
    struct office *office = *state;
    static const char *const files[] = {"breakwater.db", "breakwater.db-wal"};
    str id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_store_secret(office, id, "client_secret", "hush-hush-hush"),
                     ERR_NONE);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_false(office_stores(office, files[i], STR("hush-hush-hush")));
    assert_true(office_stores(office, files[1], STR("app.secrets")));
}

static void a_deleted_app_leaves_no_data_key(void **state)
{
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_store_secret(office, id, "client_secret", "hush"), ERR_NONE);
    struct app *app = app_of(office, id);
    str data_key = arena_str(&office->arena, app->data_key);
    app_unref(&app);
    office_reopen(office); /* moves everything from the log into the file */
    assert_true(office_stores(office, "breakwater.db", data_key));
    delete (office, id);
    assert_null(directory_app(office->directory, id));
    office_reopen(office);
    assert_false(office_stores(office, "breakwater.db", data_key));
}

struct damage {
    struct store_op op;
    const struct statement *statement;
    str app;
    str bytes;
};

static enum err run_damage(struct tx *tx, struct store_op *op)
{
    struct damage *damage = CONTAINER_OF(op, struct damage, op);
    struct value params[] = {V_TEXT(damage->app), V_BLOB(damage->bytes)};
    return tx_exec(tx, damage->statement, params, 2, NULL);
}

static void damage(struct office *office, const struct statement *statement, str app,
                   str bytes)
{
    struct damage damage = {
        {.kind = STORE_FULL, .run = run_damage}, statement, app, bytes};
    assert_int_equal(store_run(office->store, &damage.op), ERR_NONE);
    office_reopen(office);
}

static void assert_closed(struct office *office, str id)
{
    enum err err = ERR_NONE;
    struct app *app = app_of(office, id);
    assert_null(directory_app_credentials(office->directory, app, &err));
    assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
    app_unref(&app);
}

static void what_cannot_be_opened_can_be_replaced(void **state)
{
    static const struct statement spoil = {"UPDATE app SET sealed = $2 WHERE id = $1"};
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_store_secret(office, id, "client_secret", "hush"), ERR_NONE);
    struct app *app = app_of(office, id);
    str older = arena_str(&office->arena, app->sealed);
    app_unref(&app);
    assert_int_equal(office_store_secret(office, id, "client_secret", "new"), ERR_NONE);
    damage(office, &spoil, id, older); /* an older set cannot be put back */
    assert_closed(office, id);
    assert_int_equal(office_store_secret(office, id, "client_secret", "x"),
                     ERR_CREDENTIAL_UNUSABLE);
    struct credential secret = office_credential("client_secret", "again");
    struct change change = office_change(office, CHANGE_APP_SECRETS);
    change.id = id;
    change.credentials = &secret;
    change.credential_n = 1;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_str(office_secret(office, id, "client_secret"), STR("again"));
    secret_fini(&secret.value);
}

static void a_damaged_data_key_takes_no_secrets(void **state)
{
    static const struct statement spoil = {
        "UPDATE data_key SET sealed = $2 WHERE owner = $1"};
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(office_store_secret(office, id, "client_secret", "hush"), ERR_NONE);
    damage(office, &spoil, id, STR("\1rubbish"));
    assert_closed(office, id);
    assert_int_equal(office_store_secret(office, id, "client_secret", "x"),
                     ERR_CREDENTIAL_UNUSABLE);
    delete (office, id);
}

/* --- the audit log --- */

static bool answered;

static void on_listed(struct audit_query *query)
{
    (void)query;
    answered = true;
}

static void each_change_of_an_app_leaves_its_line(void **state)
{
    static const struct {
        const char *action;
        const char *detail;
    } wanted[] = {
        {"app.delete", "{}"},
        {"app.secrets", "{\"taken_away\":[\"client_secret\"],\"secrets\":[],"
                        "\"secret_version\":2}"},
        {"app.secrets", "{\"given\":[\"client_secret\"],\"secrets\":[\"client_secret\"],"
                        "\"secret_version\":1}"},
        {"app.update", "{\"name\":\"y\",\"scopes\":null,\"default\":true}"},
        {"app.create",
         "{\"integration\":\"crm\",\"name\":\"An app\",\"client_id\":\"c\"}"},
    };
    struct office *office = *state;
    str environment = new_environment(office, "live");
    str id = office_app(office, environment, "crm", "c");
    struct change change = office_change(office, CHANGE_APP_UPDATE);
    change.id = id;
    change.name = STR("y");
    change.scopes = json_of_null();
    change.app_default = true;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(office_store_secret(office, id, "client_secret", "hush"), ERR_NONE);
    assert_int_equal(office_store_secret(office, id, "client_secret", NULL), ERR_NONE);
    delete (office, id);
    struct audit_query query = {.object_id = id,
                                .max = 10,
                                .arena = &office->arena,
                                .worker = false_loop_worker(&office->loop, 0),
                                .done = on_listed};
    answered = false;
    audit_list(office->store, &query);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(query.n, COUNT_OF(wanted));
    for (uint32_t i = 0; i < query.n; i++) {
        assert_str(query.rows[i].entry.action, str_z(wanted[i].action));
        assert_str(query.rows[i].entry.detail, str_z(wanted[i].detail));
        assert_str(query.rows[i].entry.object_kind, STR("app"));
        assert_str(query.rows[i].entry.environment, environment);
    }
}

static bool of_platform(const struct app *app, void *arg)
{
    (void)arg;
    return !app->environment;
}

static void apps_are_listed(void **state)
{
    struct office *office = *state;
    struct app *apps[5];
    struct directory_counts counts;
    str environment = new_environment(office, "live");
    str platform = office_app(office, STR_NONE, "crm", "c");
    for (int i = 0; i < 3; i++)
        office_app(office, environment, "crm", "c");
    directory_counts(office->directory, &counts);
    assert_int_equal(counts.apps, 4);
    uint32_t n =
        directory_list_apps(office->directory, STR_NONE, 5, of_platform, NULL, apps);
    assert_int_equal(n, 1);
    assert_str(tenant_id_str(&apps[0]->id), platform);
    app_unref(&apps[0]);
    n = directory_list_apps(office->directory, STR_NONE, 5, NULL, NULL, apps);
    assert_int_equal(n, 4);
    for (uint32_t i = 0; i < n; i++)
        app_unref(&apps[i]);
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_app(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE(an_app_is_made_and_changed),
        DURABLE(what_is_not_there_is_refused),
        DURABLE(an_own_app_comes_before_the_platforms),
        DURABLE(of_several_one_is_the_default),
        DURABLE(defaults_of_others_do_not_matter),
        DURABLE(an_app_follows_its_environment),
        DURABLE(an_account_names_an_app_in_its_reach),
        DURABLE(an_account_is_made_with_an_app),
        DURABLE(a_client_secret_is_changed_in_two_steps),
        DURABLE(a_whole_set_replaces_the_one_before),
        DURABLE(no_secret_of_an_app_is_on_disk),
        DURABLE(a_deleted_app_leaves_no_data_key),
        DURABLE(what_cannot_be_opened_can_be_replaced),
        DURABLE(a_damaged_data_key_takes_no_secrets),
        DURABLE(each_change_of_an_app_leaves_its_line),
        DURABLE(apps_are_listed),
    };
    return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
