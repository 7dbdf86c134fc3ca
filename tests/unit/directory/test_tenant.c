#include "directory/tenant.h"

#include "groups.h"
#include "support/unit.h"

static void words_are_those_of_the_api(void **state)
{
    (void)state;
    assert_str(stage_kind_word(STAGE_PRODUCTION), STR("production"));
    assert_str(account_state_word(ACCOUNT_CONNECTING), STR("connecting"));
    assert_str(account_state_word(ACCOUNT_DELETING), STR("deleting"));
    assert_str(permission_word(PERMISSION_CALL), STR("call"));
    assert_str(permission_word(PERMISSION_PAYLOADS), STR("payloads"));
    assert_str(permission_word(PERMISSION_ADMIN), STR("admin"));
    assert_null(account_state_words[ACCOUNT_DELETING + 1]);
    assert_null(permission_words[7]);
}

static void an_id_that_is_too_long_is_none(void **state)
{
    (void)state;
    struct tenant_id id = tenant_id_of(STR("0123456789012345678901234567890"));
    assert_int_equal(strlen(id.text), 31);
    id = tenant_id_of(STR("01234567890123456789012345678901"));
    assert_int_equal(id.text[0], 0);
    id = tenant_id_of(STR_NONE);
    assert_int_equal(id.text[0], 0);
}

static struct stage *stage_of(const char *id)
{
    return stage_create(&(struct stage){.id = tenant_id_of(str_z(id)), .name = STR("n")});
}

static struct environment *environment_of(struct stage *stage, const char *id)
{
    return environment_create(&(struct environment){
        .id = tenant_id_of(str_z(id)), .stage = stage, .name = STR("n")});
}

static void an_account_keeps_its_environment_alive(void **state)
{
    (void)state;
    char text[] = "hubspot";
    struct stage *stage = stage_of("s1");
    struct environment *environment = environment_of(stage, "e1");
    struct account *account =
        account_create(&(struct account){.id = tenant_id_of(STR("a1")),
                                         .environment = environment,
                                         .integration = str_z(text),
                                         .external_id = STR_NONE,
                                         .name = STR("")});
    memset(text, 'x', sizeof(text) - 1); /* copies were made */
    stage_unref(&stage);
    environment_unref(&environment);
    assert_null(environment);
    assert_str(account->integration, STR("hubspot"));
    assert_str(account->environment->stage->name, STR("n"));
    assert_true(str_absent(account->external_id));
    assert_false(str_absent(account->name));
    struct account *again = account_ref(account);
    account_unref(&again);
    account_unref(&account);
    account_unref(&account); /* NULL by now */
}

static void an_app_keeps_copies_and_its_environment(void **state)
{
    (void)state;
    struct stage *stage = stage_of("s1");
    struct environment *environment = environment_of(stage, "e1");
    struct json scope = json_of_text(STR("read"));
    struct json scopes = {.type = JSON_ARRAY, .n = 1, .u.items = &scope};
    struct app *app = app_create(&(struct app){.id = tenant_id_of(STR("p1")),
                                               .environment = environment,
                                               .client_id = STR("client"),
                                               .scopes = scopes});
    scope = json_of_text(STR("gone"));
    stage_unref(&stage);
    environment_unref(&environment);
    assert_str(json_text(&app->scopes.u.items[0]), STR("read"));
    assert_true(json_is(&app->params, JSON_UNDEFINED));
    assert_true(str_absent(app->redirect_uri));
    assert_str(app->environment->stage->name, STR("n"));
    struct app *again = app_ref(app);
    app_unref(&again);
    app_unref(&app);
    app_unref(&app); /* NULL by now */
    app = app_create(&(struct app){.client_id = STR("of the platform")});
    assert_null(app->environment);
    app_unref(&app);
}

static void a_key_covers_its_stage_or_some_environments(void **state)
{
    (void)state;
    struct stage *stages[] = {stage_of("s1"), stage_of("s2")};
    struct environment *one = environment_of(stages[0], "e1");
    struct environment *two = environment_of(stages[0], "e2");
    struct environment *other = environment_of(stages[1], "e3");
    struct tenant_id only = one->id;
    struct api_key *all = api_key_create(&(struct api_key){.label = STR("all")});
    struct api_key *wide = api_key_create(&(struct api_key){.stage = stages[0]});
    struct api_key *narrow = api_key_create(
        &(struct api_key){.stage = stages[0], .environments = &only, .environment_n = 1});
    assert_true(api_key_covers(all, one) && api_key_covers(all, other));
    assert_true(api_key_covers(wide, one) && api_key_covers(wide, two));
    assert_false(api_key_covers(wide, other));
    assert_true(api_key_covers(narrow, one));
    assert_false(api_key_covers(narrow, two) || api_key_covers(narrow, other));
    api_key_unref(&all);
    api_key_unref(&wide);
    api_key_unref(&narrow);
    environment_unref(&one);
    environment_unref(&two);
    environment_unref(&other);
    stage_unref(&stages[0]);
    stage_unref(&stages[1]);
}

int test_tenant(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_api),
        cmocka_unit_test(an_id_that_is_too_long_is_none),
        cmocka_unit_test(an_account_keeps_its_environment_alive),
        cmocka_unit_test(an_app_keeps_copies_and_its_environment),
        cmocka_unit_test(a_key_covers_its_stage_or_some_environments),
    };
    return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
