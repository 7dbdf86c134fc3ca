#include "groups.h"
#include "house.h"

#include "directory/directory_app.h"

#define ALL "['call','read','write','payloads','replay','secrets','admin']"

static const char *environment, *other;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    environment = make_environment(house, make_stage(house, "s"), "e");
    other = make_environment(house, "s", "other");
    return failed;
}

static struct heard make(struct house *house, const char *of, const char *more)
{
    const char *place = of ? format(house, "'environment':'%s',", of) : "";
    return post(house,
                format(house,
                       "{%s'integration':'acme','name':'An app','client_id':'client'%s}",
                       place, more),
                "/v1/apps");
}

static const char *make_app(struct house *house, const char *of)
{
    struct heard heard = make(house, of, "");
    assert_status(heard, 201);
    return text_at(house, heard, "/id");
}

static void test_makes_changes_and_deletes(void **state)
{
    struct house *house = *state;
    struct heard heard = make(house, environment,
                              ",'redirect_uri':'https://us.test/cb','scopes':['a','b'],"
                              "'params':{'tenant':'t'},"
                              "'return_urls':['https://us.test/'],"
                              "'secrets':{'client_secret':'hush'}");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_string_equal(text_at(house, heard, "/environment"), environment);
    assert_string_equal(text_at(house, heard, "/scopes/1"), "b");
    assert_string_equal(text_at(house, heard, "/secrets/0"), "client_secret");
    assert_true(number_at(heard, "/secret_version") == 1);
    assert_true(json_is(at(heard, "/default"), JSON_TRUE));
    assert_int_equal(str_find_str(heard.body, STR("hush")), heard.body.n);
    heard = patch(house,
                  "{'name':'Other','redirect_uri':null,'scopes':null,'return_urls':[]}",
                  "/v1/apps/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/name"), "Other");
    assert_string_equal(text_at(house, heard, "/params/tenant"), "t");
    assert_true(is_null_at(heard, "/redirect_uri") && is_null_at(heard, "/scopes"));
    assert_int_equal(count_at(heard, "/return_urls"), 0);
    heard = get(house, "/v1/apps/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/client_id"), "client");
    assert_status(del(house, "/v1/apps/%s", id), 204);
    assert_refused(get(house, "/v1/apps/%s", id), 404, "object_unknown");
    assert_refused(patch(house, "{}", "/v1/apps/%s", id), 404, "object_unknown");
    assert_refused(del(house, "/v1/apps/%s", id), 404, "object_unknown");
}

static void test_an_app_of_the_platform_belongs_to_no_stage(void **state)
{
    struct house *house = *state;
    struct heard heard = make(house, NULL, "");
    assert_status(heard, 201);
    assert_true(is_null_at(heard, "/environment") && is_null_at(heard, "/stage"));
    assert_true(is_null_at(heard, "/scopes"));
    assert_int_equal(count_at(heard, "/secrets"), 0);
    assert_status(del(house, "/v1/apps/%s", text_at(house, heard, "/id")), 204);
}

static void test_lists_by_environment_integration_and_platform(void **state)
{
    struct house *house = *state;
    const char *ids[] = {make_app(house, environment), make_app(house, other),
                         make_app(house, NULL)};
    assert_int_equal(count_at(get(house, "/v1/apps"), "/items"), 3);
    struct heard heard = get(house, "/v1/apps?environment=%s", other);
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/id"), ids[1]);
    heard = get(house, "/v1/apps?platform=true&integration=acme");
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/id"), ids[2]);
    assert_int_equal(count_at(get(house, "/v1/apps?integration=none"), "/items"), 0);
    assert_int_equal(count_at(get(house, "/v1/apps?limit=2"), "/items"), 2);
    assert_refused(get(house, "/v1/apps?environment=env_none"), 404, "object_unknown");
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        assert_status(del(house, "/v1/apps/%s", ids[i]), 204);
}

static bool is_default(struct house *house, const char *id)
{
    return json_is(at(get(house, "/v1/apps/%s", id), "/default"), JSON_TRUE);
}

static void test_one_of_several_is_the_default(void **state)
{
    struct house *house = *state;
    const char *first = make_app(house, other), *second = make_app(house, other);
    const char *platform = make_app(house, NULL);
    assert_true(is_default(house, first) && !is_default(house, second));
    assert_status(patch(house, "{'default':true}", "/v1/apps/%s", second), 200);
    assert_true(!is_default(house, first) && is_default(house, second));
    assert_true(is_default(house, platform));
    struct heard heard = patch(house, "{'default':false}", "/v1/apps/%s", second);
    assert_refused(heard, 422, "body_invalid");
    assert_says(heard, "make another app the default");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/default");
    assert_status(del(house, "/v1/apps/%s", second), 204);
    assert_true(is_default(house, first));
    assert_status(del(house, "/v1/apps/%s", first), 204);
    assert_status(del(house, "/v1/apps/%s", platform), 204);
}

static const char *stored(struct house *house, const char *id, const char *name)
{
    enum err err = ERR_NONE;
    const char *value = NULL;
    struct app *app = directory_app(house->directory, str_z(id));
    const struct credentials *opened =
        directory_app_credentials(house->directory, app, &err);
    for (uint32_t i = 0; opened && i < opened->n; i++)
        if (str_eq(opened->items[i].name, str_z(name)))
            value = format(house, STR_F, STR_A(secret_peek(&opened->items[i].value)));
    app_unref(&app);
    return value;
}

static void test_a_client_secret_changes_in_two_steps(void **state)
{
    struct house *house = *state;
    const char *id = make_app(house, environment);
    assert_status(
        put(house, "{'secrets':{'client_secret':'old'}}", "/v1/apps/%s/secrets", id),
        200);
    struct heard heard = patch(house, "{'secrets':{'client_secret_next':'new'}}",
                               "/v1/apps/%s/secrets", id);
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/secrets"), 2);
    assert_string_equal(stored(house, id, "client_secret"), "old");
    heard = patch(house, "{'secrets':{'client_secret':null},'version':2}",
                  "/v1/apps/%s/secrets", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/secrets/0"), "client_secret");
    assert_string_equal(stored(house, id, "client_secret"), "new");
    heard = patch(house, "{'secrets':{'client_secret':'late'},'version':2}",
                  "/v1/apps/%s/secrets", id);
    assert_refused(heard, 409, "state_conflict");
    heard = put(house, "{'secrets':{}}", "/v1/apps/%s/secrets", id);
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/secrets"), 0);
    assert_status(del(house, "/v1/apps/%s", id), 204);
}

static void test_what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *more;
        const char *pointer;
        const char *says;
    } rows[] = {
        {",'client_id':''", "/client_id", "client_id"},
        {",'redirect_uri':'http://us.test/cb'", "/redirect_uri", "https URL"},
        {",'redirect_uri':5", "/redirect_uri", "string"},
        {",'scopes':'read'", "/scopes", "list of strings"},
        {",'scopes':['read',7]", "/scopes/1", "wants a string"},
        {",'scopes':['a b']", "/scopes", "without blanks"},
        {",'params':{'Tenant':'x'}", "/params", "letters a-z"},
        {",'params':[]", "/params", "object"},
        {",'return_urls':null", "/return_urls", "list of strings"},
        {",'return_urls':['https://us.test']", "/return_urls", "behind its host"},
        {",'secrets':{'token':'t0p-hush'}", "/secrets/token", "there are client_secret"},
        {",'secrets':{'client_secret':5}", "/secrets/client_secret", "wants a string"},
        {",'secrets':{'client_secret':''}", "/secrets/client_secret", "1 to 4096"},
        {",'secrets':{'client_secret':null}", "/secrets/client_secret", "1 to 4096"},
        {",'secrets':{'private_key':'t0p-hush'}", "/secrets/private_key", "PEM"},
        {",'secrets':'t0p-hush'", "/secrets", "object of names"},
        {",'default':1", "/default", "wants true"},
        {",'redirect':'x'", "/redirect", "redirect_uri"},
    };
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool own_id = strstr(rows[i].more, "client_id") != NULL;
        struct heard heard =
            own_id ? post(house, "{'integration':'acme','name':'x','client_id':''}",
                          "/v1/apps")
                   : make(house, environment, rows[i].more);
        assert_refused(heard, 422, "body_invalid");
        assert_string_equal(text_at(house, heard, "/faults/0/pointer"), rows[i].pointer);
        assert_says(heard, rows[i].says);
        assert_int_equal(str_find_str(heard.body, STR("t0p-hush")), heard.body.n);
    }
    struct heard heard = post(house, "{}", "/v1/apps");
    assert_refused(heard, 422, "body_invalid");
    assert_int_equal(count_at(heard, "/faults"), 3);
    heard = post(house, "{'integration':'none','name':'x','client_id':'c'}", "/v1/apps");
    assert_refused(heard, 404, "integration_unknown");
    assert_refused(make(house, "env_none", ""), 404, "object_unknown");
    const char *id = make_app(house, environment);
    assert_refused(put(house, "{}", "/v1/apps/%s/secrets", id), 422, "body_invalid");
    assert_refused(patch(house, "{'integration':'x'}", "/v1/apps/%s", id), 422,
                   "body_invalid");
    assert_status(del(house, "/v1/apps/%s", id), 204);
}

static void test_an_account_names_its_app(void **state)
{
    struct house *house = *state;
    const char *own = make_app(house, environment), *theirs = make_app(house, other);
    const char *platform = make_app(house, NULL);
    const char *body = format(house,
                              "{'environment':'%s','integration':'acme','app':'%s',"
                              "'external_id':'with-app'}",
                              environment, own);
    struct heard heard = post(house, body, "/v1/accounts");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/app"), own);
    heard =
        patch(house, format(house, "{'app':'%s'}", platform), "/v1/accounts/with-app");
    assert_string_equal(text_at(house, heard, "/app"), platform);
    heard = patch(house, format(house, "{'app':'%s'}", theirs), "/v1/accounts/with-app");
    assert_refused(heard, 404, "object_unknown");
    heard = patch(house, "{'name':'x'}", "/v1/accounts/with-app");
    assert_string_equal(text_at(house, heard, "/app"), platform);
    assert_refused(del(house, "/v1/apps/%s", platform), 409, "object_in_use");
    heard = patch(house, "{'app':null}", "/v1/accounts/with-app");
    assert_true(is_null_at(heard, "/app"));
    assert_status(del(house, "/v1/apps/%s", platform), 204);
    assert_status(del(house, "/v1/apps/%s", theirs), 204);
    assert_status(del(house, "/v1/apps/%s", own), 204);
}

/* --- reach --- */

static void refuse_all(struct house *house, const char *id, int status, const char *code)
{
    assert_refused(patch(house, "{}", "/v1/apps/%s", id), status, code);
    assert_refused(put(house, "{'secrets':{}}", "/v1/apps/%s/secrets", id), status, code);
    assert_refused(patch(house, "{'secrets':{}}", "/v1/apps/%s/secrets", id), status,
                   code);
    assert_refused(del(house, "/v1/apps/%s", id), status, code);
}

static void test_apps_of_the_platform_are_there_to_be_read(void **state)
{
    struct house *house = *state;
    const char *platform = make_app(house, NULL), *own = make_app(house, environment);
    const char *theirs = make_app(house, other);
    const char *reach = format(house, "'stage':'s','environments':['%s']", environment);
    house->key = make_key(house, ALL, reach);
    assert_status(get(house, "/v1/apps/%s", platform), 200);
    assert_int_equal(count_at(get(house, "/v1/apps"), "/items"), 2);
    refuse_all(house, platform, 403, "key_forbidden");
    refuse_all(house, theirs, 404, "object_unknown");
    assert_refused(make(house, NULL, ""), 403, "key_forbidden");
    assert_refused(make(house, other, ""), 404, "object_unknown");
    assert_status(patch(house, "{'name':'mine'}", "/v1/apps/%s", own), 200);
    assert_refused(get(house, "/v1/apps?environment=%s", other), 404, "object_unknown");
    house->key = house->admin;
    house->key = make_key(house, "['read','write','secrets']", NULL);
    refuse_all(house, platform, 403, "key_forbidden");
    assert_status(patch(house, "{}", "/v1/apps/%s", theirs), 200);
    house->key = house->admin;
    house->key = make_key(house, "['write','admin']", NULL);
    assert_status(patch(house, "{}", "/v1/apps/%s", platform), 200);
    assert_refused(make(house, NULL, ",'secrets':{'client_secret':'x'}"), 403,
                   "key_forbidden");
    house->key = house->admin;
}

static void test_secrets_have_their_ends(void **state)
{
    struct house *house = *state;
    struct heard heard = make(house, environment,
                              ",'secrets':{'client_secret':'hush'},"
                              "'ends':{'client_secret':'2020-01-31'}");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_string_equal(text_at(house, heard, "/ends/client_secret"),
                        "2020-01-31T00:00:00.000Z");
    assert_string_equal(text_at(house, heard, "/warnings/0"),
                        "The client_secret of the app ended 2020-01-31T00:00:00.000Z; "
                        "store the next one.");
    heard = patch(house,
                  "{'secrets':{'client_secret_next':'new'},"
                  "'ends':{'client_secret_next':'9000-01-31'}}",
                  "/v1/apps/%s/secrets", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/ends/client_secret_next"),
                        "9000-01-31T00:00:00.000Z");
    heard = patch(house, "{'secrets':{'client_secret':null}}", "/v1/apps/%s/secrets", id);
    assert_string_equal(text_at(house, heard, "/ends/client_secret"),
                        "9000-01-31T00:00:00.000Z");
    assert_int_equal(count_at(heard, "/warnings"), 0);
    heard = patch(house, "{'secrets':{},'ends':{'client_secret_next':'9000-01-31'}}",
                  "/v1/apps/%s/secrets", id);
    assert_refused(heard, 422, "body_invalid");
    heard = patch(house, "{'secrets':{},'ends':{'certificate':'9000-01-31'}}",
                  "/v1/apps/%s/secrets", id);
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/ends/certificate");
    heard = patch(house, "{'secrets':{},'ends':{'client_secret':'soon'}}",
                  "/v1/apps/%s/secrets", id);
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"),
                        "/ends/client_secret");
    assert_status(del(house, "/v1/apps/%s", id), 204);
}

int test_api_apps(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_changes_and_deletes),
        cmocka_unit_test(test_an_app_of_the_platform_belongs_to_no_stage),
        cmocka_unit_test(test_lists_by_environment_integration_and_platform),
        cmocka_unit_test(test_one_of_several_is_the_default),
        cmocka_unit_test(test_a_client_secret_changes_in_two_steps),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_an_account_names_its_app),
        cmocka_unit_test(test_apps_of_the_platform_are_there_to_be_read),
        cmocka_unit_test(test_secrets_have_their_ends),
    };
    return cmocka_run_group_tests_name("api: apps", tests, setup, house_teardown);
}
