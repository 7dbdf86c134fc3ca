#include "groups.h"
#include "house.h"

#include "api/api_route.h"

/* The pattern with `value` in the place of each name. */
static str path_with(struct house *house, const char *pattern, const char *value)
{
    struct buf path;
    str rest = str_z(pattern);
    buf_init(&path, 4096);
    while (rest.n) {
        size_t open = str_find(rest, '{');
        buf_str(&path, str_of(rest.p, open));
        if (open == rest.n)
            break;
        buf_str(&path, str_z(value));
        rest = str_from(rest, str_find(rest, '}') + 1);
    }
    str text = arena_str(&house->arena, buf_peek(&path));
    buf_fini(&path);
    return text;
}

static bool takes_body(const struct api_route *route)
{
    return route->handler->body_kind != API_BODY_NONE;
}

static struct heard ask_route(struct house *house, const struct api_route *route,
                              const char *value)
{
    return ask_raw(house, route->verb, path_with(house, route->pattern, value),
                   takes_body(route) ? STR("{}") : STR_NONE);
}

static void check_cell(struct house *house, const struct api_route *route, unsigned i)
{
    struct heard heard = ask_route(house, route, "x");
    bool allowed = route->permission == PERMISSION_NONE || (route->permission & 1u << i);
    if (allowed && (heard.status == 401 || heard.status == 403))
        fail_msg("%s with %s: " STR_F, route->name, permission_words[i],
                 STR_A(heard.body));
    if (allowed)
        return;
    assert_refused(heard, 403, "key_forbidden");
    assert_says(heard, format(house, "It needs the permission \\\"%s\\\".",
                              permission_word((enum permission)route->permission).p));
}

static void test_each_permission_with_each_route(void **state)
{
    struct house *house = *state;
    for (unsigned i = 0; permission_words[i]; i++) {
        house->key = make_key(house, format(house, "['%s']", permission_words[i]), NULL);
        for (size_t k = 0; k < api_route_n; k++)
            check_cell(house, &api_routes[k], i);
        house->key = house->admin;
    }
}

static void test_each_route_asks_for_a_key(void **state)
{
    struct house *house = *state;
    house->key = NULL;
    for (size_t k = 0; k < api_route_n; k++) {
        struct heard heard = ask_route(house, &api_routes[k], "x");
        if (api_routes[k].permission == PERMISSION_NONE)
            assert_status(heard, 200);
        else
            assert_refused(heard, 401, "key_missing");
    }
    house->key = house->admin;
}

/* --- what is out of reach --- */

struct things {
    const char *stage;
    const char *environment;
    const char *account;
    const char *app;
    const char *key;
};

static struct things make_things(struct house *house, const char *name)
{
    struct things things;
    make_acme(house);
    things.stage = make_stage(house, name);
    things.environment = make_environment(house, things.stage, name);
    things.account = make_account(house, things.environment, name);
    const char *app = format(house,
                             "{'environment':'%s','integration':'acme','name':'x',"
                             "'client_id':'c'}",
                             things.environment);
    things.app = text_at(house, post(house, app, "/v1/apps"), "/id");
    const char *text =
        make_key(house, "['read']", format(house, "'stage':'%s'", things.stage));
    struct api_key *key = directory_find_key(house->directory, str_z(text));
    things.key = format(house, "%s", key->id.text);
    api_key_unref(&key);
    return things;
}

/* The id of theirs that the path of a route wants; NULL: of none. */
static const char *theirs(const struct api_route *route, const struct things *things)
{
    if (strstr(route->pattern, "{stage}"))
        return things->stage;
    if (strstr(route->pattern, "{environment}"))
        return things->environment;
    if (strstr(route->pattern, "{account}") || strstr(route->pattern, "{breaker}"))
        return things->account;
    if (strstr(route->pattern, "{app}"))
        return things->app;
    return strstr(route->pattern, "{key}") ? things->key : NULL;
}

/* Good bodies, so that nothing but the reach can be refused. */
static str body_for(const struct api_route *route)
{
    if (strcmp(route->name, "accounts_credentials") == 0)
        return STR("{\"credentials\":{\"token\":\"x\"}}");
    if (strstr(route->pattern, "{app}/secrets"))
        return STR("{\"secrets\":{}}");
    if (strcmp(route->name, "breakers_force") == 0)
        return STR("{\"state\":\"open\",\"reason\":\"x\"}");
    return takes_body(route) ? STR("{}") : STR_NONE;
}

static void check_out_of_reach(struct house *house, const struct things *things)
{
    for (size_t k = 0; k < api_route_n; k++) {
        const struct api_route *route = &api_routes[k];
        const char *id = theirs(route, things);
        if (!id)
            continue;
        struct heard heard = ask_raw(
            house, route->verb, path_with(house, route->pattern, id), body_for(route));
        bool platform = strcmp(route->name, "stages_delete") == 0;
        if (heard.status != (platform ? 403 : 404))
            fail_msg("%s: %d " STR_F, route->name, heard.status, STR_A(heard.body));
    }
}

static void test_a_key_of_one_stage_reaches_nothing_of_another(void **state)
{
    struct house *house = *state;
    struct things things = make_things(house, "theirs");
    make_stage(house, "ours");
    house->key =
        make_key(house, "['call','read','write','payloads','replay','secrets','admin']",
                 "'stage':'ours'");
    check_out_of_reach(house, &things);
    assert_int_equal(count_at(get(house, "/v1/environments"), "/items"), 0);
    assert_int_equal(count_at(get(house, "/v1/accounts"), "/items"), 0);
    assert_int_equal(count_at(get(house, "/v1/apps"), "/items"), 0);
    assert_int_equal(count_at(get(house, "/v1/stages"), "/items"), 1);
    assert_int_equal(count_at(get(house, "/v1/keys"), "/items"), 1);
    assert_int_equal(count_at(get(house, "/v1/limits"), "/items"), 0);
    assert_int_equal(count_at(get(house, "/v1/audit"), "/items"), 0);
    const char *body = format(house, "{'stage':'%s','name':'x'}", things.stage);
    assert_refused(post(house, body, "/v1/environments"), 404, "object_unknown");
    body = format(house, "{'environment':'%s','integration':'acme'}", things.environment);
    assert_refused(post(house, body, "/v1/accounts"), 404, "object_unknown");
    assert_status(post(house, "{'name':'own'}", "/v1/environments"), 201);
    house->key = house->admin;
}

static void test_a_key_of_one_environment_reaches_no_other(void **state)
{
    struct house *house = *state;
    struct things things = make_things(house, "beside");
    const char *own = make_environment(house, things.stage, "own");
    house->key =
        make_key(house, "['read','write','secrets','admin']",
                 format(house, "'stage':'%s','environments':['%s']", things.stage, own));
    struct things but_stage = things;
    but_stage.stage = "stg_none";
    check_out_of_reach(house, &but_stage);
    assert_status(get(house, "/v1/stages/%s", things.stage), 200);
    assert_refused(post(house, "{'name':'x'}", "/v1/environments"), 403, "key_forbidden");
    assert_status(patch(house, "{'name':'mine'}", "/v1/environments/%s", own), 200);
    make_account(house, own, "mine");
    assert_int_equal(count_at(get(house, "/v1/accounts"), "/items"), 1);
    house->key = house->admin;
}

static void test_what_concerns_every_stage_takes_a_key_of_all(void **state)
{
    static const char *const platform[] = {
        "stages_create",       "stages_delete",      "integrations_put",
        "integrations_delete", "versions_activate",  "integration_rescan",
        "master_keys_get",     "master_keys_rotate",
    };
    struct house *house = *state;
    make_stage(house, "bound");
    house->key =
        make_key(house, "['call','read','write','payloads','replay','secrets','admin']",
                 "'stage':'bound'");
    for (size_t i = 0; i < COUNT_OF(platform); i++)
        for (size_t k = 0; k < api_route_n; k++)
            if (strcmp(api_routes[k].name, platform[i]) == 0)
                assert_refused(ask_route(house, &api_routes[k], "acme"), 403,
                               "key_forbidden");
    house->key = house->admin;
    make_acme(house);
    house->key = make_key(house, "['admin','write']", "'stage':'bound'");
    assert_refused(
        post(house, "{'state':'open','reason':'x'}", "/v1/breakers/acme/force"), 403,
        "key_forbidden");
    house->key = house->admin;
    house->key = make_key(house, "['write']", NULL);
    assert_refused(
        post(house, "{'state':'open','reason':'x'}", "/v1/breakers/acme/force"), 403,
        "key_forbidden");
    house->key = house->admin;
}

static void test_credentials_take_their_own_permission(void **state)
{
    struct house *house = *state;
    struct things things = make_things(house, "secrets");
    house->key = make_key(house, "['read','write']", NULL);
    const char *body = format(house,
                              "{'environment':'%s','integration':'acme',"
                              "'credentials':{'token':'x'}}",
                              things.environment);
    assert_refused(post(house, body, "/v1/accounts"), 403, "key_forbidden");
    body = format(house, "{'environment':'%s','integration':'acme'}", things.environment);
    assert_status(post(house, body, "/v1/accounts"), 201);
    house->key = house->admin;
}

int test_api_scope(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_permission_with_each_route),
        cmocka_unit_test(test_each_route_asks_for_a_key),
        cmocka_unit_test(test_a_key_of_one_stage_reaches_nothing_of_another),
        cmocka_unit_test(test_a_key_of_one_environment_reaches_no_other),
        cmocka_unit_test(test_what_concerns_every_stage_takes_a_key_of_all),
        cmocka_unit_test(test_credentials_take_their_own_permission),
    };
    return cmocka_run_group_tests_name("api: scope", tests, house_setup, house_teardown);
}
