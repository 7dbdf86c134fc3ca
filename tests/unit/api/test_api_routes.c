#include "groups.h"
#include "house.h"

#include "api/api_route.h"

#define ROUTES_PAGE "docs/reference/routes.md"

/* --- the list --- */

static void test_each_route_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++) {
        const struct api_route *route = &api_routes[i];
        const struct api_handler *handler = route->handler;
        bool body = handler->body_kind == API_BODY_OBJECT ||
                    handler->body_kind == API_BODY_OPTION;
        assert_true(str_ends(str_z(route->doc), STR(".")));
        assert_non_null(handler->run);
        assert_true(handler->status >= 200 && handler->status < 300);
        assert_true(body == (handler->body != NULL));
        assert_true(handler->status != 204 || !handler->answer);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(api_routes[k].name, route->name);
    }
}

static void test_each_parameter_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++) {
        const struct api_param *param = api_routes[i].handler->params;
        for (; param && param->name; param++) {
            assert_true(str_ends(str_z(param->doc), STR(".")));
            assert_true((param->kind == API_PARAM_WORD) == (param->words != NULL));
            bool sized = param->kind == API_PARAM_TEXT || param->kind == API_PARAM_UINT;
            assert_true(!sized || param->max > 0);
        }
    }
}

static void test_each_name_in_a_path_is_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++) {
        str rest = str_z(api_routes[i].pattern);
        for (size_t open; (open = str_find(rest, '{')) < rest.n;) {
            rest = str_from(rest, open + 1);
            assert_non_null(api_path_doc(str_of(rest.p, str_find(rest, '}'))));
        }
    }
}

/* What changes something asks for more than reading; what is free of keys changes
 * nothing. */
static void test_changes_ask_for_more_than_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++) {
        const struct api_route *route = &api_routes[i];
        bool reads = strcmp(route->verb, "GET") == 0 ||
                     strcmp(route->name, "integrations_check") == 0 ||
                     str_ends(str_z(route->name), STR("_override_explain"));
        if (!reads && (route->permission == PERMISSION_NONE ||
                       route->permission == PERMISSION_READ))
            fail_msg("%s is too easy", route->name);
    }
}

static void test_the_page_of_routes_is_up_to_date(void **state)
{
    struct house *house = *state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    api_routes_page(&buf);
    str page = arena_str(&house->arena, buf_peek(&buf));
    buf_fini(&buf);
    str file = given_file(&house->arena, ROUTES_PAGE);
    if (str_absent(file) || !str_eq(file, page))
        fail_msg("%s is old: run tools/write-reference", ROUTES_PAGE);
}

/* --- the OpenAPI document --- */

static const struct json *member(const struct json *value, const char *name)
{
    const struct json *found = json_member(value, str_z(name));
    if (!found)
        fail_msg("there is no %s", name);
    return found;
}

static const struct json *operation_of(const struct json *document,
                                       const struct api_route *route)
{
    char verb[16] = {0};
    for (size_t i = 0; route->verb[i]; i++)
        verb[i] = str_lower(route->verb[i]);
    return member(member(member(document, "paths"), route->pattern), verb);
}

static bool has_param(const struct json *operation, str name, const char *in)
{
    const struct json *params = member(operation, "parameters");
    for (uint32_t i = 0; i < params->n; i++) {
        const struct json *param = &params->u.items[i];
        if (str_eq(json_member_text(param, STR("name")), name) &&
            str_eq(json_member_text(param, STR("in")), str_z(in)))
            return json_member_text(param, STR("description")).n > 0 &&
                   json_is(member(param, "schema"), JSON_OBJECT);
    }
    return false;
}

static void check_operation(const struct json *operation, const struct api_route *route)
{
    str rest = str_z(route->pattern);
    const struct json *answers = member(operation, "responses");
    given_same("operationId", json_member_text(operation, STR("operationId")),
               route->name);
    for (size_t open; (open = str_find(rest, '{')) < rest.n;) {
        rest = str_from(rest, open + 1);
        assert_true(has_param(operation, str_of(rest.p, str_find(rest, '}')), "path"));
    }
    assert_true(has_param(operation, STR("cursor"), "query") == route->handler->paged);
    assert_true((json_member(operation, STR("requestBody")) != NULL) ==
                (route->handler->body_kind != API_BODY_NONE));
    assert_int_equal(member(operation, "security")->n, route->permission ? 1 : 0);
    assert_non_null(json_member(answers, STR("default")));
    assert_int_equal(answers->n, route->handler->later ? 3 : 2);
    assert_true((json_member(answers, STR("202")) != NULL) ==
                (route->handler->later || route->handler->status == 202));
}

static void test_openapi_has_every_route(void **state)
{
    struct house *house = *state;
    house->key = NULL; /* it needs none */
    struct heard heard = get(house, "/openapi.json");
    house->key = house->admin;
    assert_status(heard, 200);
    given_same("openapi", json_text(at(heard, "/openapi")), "3.1.0");
    for (size_t i = 0; i < api_route_n; i++)
        check_operation(operation_of(heard.json, &api_routes[i]), &api_routes[i]);
}

static const struct json *follow(const struct json *root, str ref)
{
    str token;
    const struct json *at_value = root;
    assert_true(str_starts(ref, STR("#/")));
    ref = str_from(ref, 2);
    while (at_value && str_next(&ref, '/', &token))
        at_value = json_member(at_value, token);
    return at_value;
}

/* Each reference leads somewhere; `base` is the schema with an $id of its own. */
static void check_refs(const struct json *root, const struct json *base,
                       const struct json *value)
{
    if (json_is(value, JSON_ARRAY))
        for (uint32_t i = 0; i < value->n; i++)
            check_refs(root, base, &value->u.items[i]);
    if (!json_is(value, JSON_OBJECT))
        return;
    if (json_member(value, STR("$id")))
        base = value;
    str ref = json_member_text(value, STR("$ref"));
    if (!str_absent(ref) && !follow(base, ref))
        fail_msg(STR_F " leads nowhere", STR_A(ref));
    for (uint32_t i = 0; i < value->n; i++)
        check_refs(root, base, &value->u.members[i].value);
}

static void test_openapi_refers_to_what_is_there(void **state)
{
    struct house *house = *state;
    struct heard heard = get(house, "/openapi.json");
    check_refs(heard.json, heard.json, heard.json);
}

static void test_the_words_of_permissions_are_those_of_the_directory(void **state)
{
    struct house *house = *state;
    struct heard heard = get(house, "/openapi.json");
    const struct json *words =
        at(heard, "/paths/~1v1~1keys/post/requestBody/content/application~1json/schema/"
                  "properties/permissions/items/enum");
    for (uint32_t i = 0; permission_words[i]; i++)
        given_same("permission", json_text(&words->u.items[i]), permission_words[i]);
    assert_null(permission_words[words->n]);
}

static void test_errors_are_all_listed(void **state)
{
    struct house *house = *state;
    house->key = NULL;
    struct heard heard = get(house, "/v1/errors");
    house->key = house->admin;
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), ERR_COUNT - 1);
}

int test_api_routes(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_says_what_it_is),
        cmocka_unit_test(test_each_parameter_says_what_it_is),
        cmocka_unit_test(test_each_name_in_a_path_is_explained),
        cmocka_unit_test(test_changes_ask_for_more_than_reading),
        cmocka_unit_test(test_the_page_of_routes_is_up_to_date),
        cmocka_unit_test(test_openapi_has_every_route),
        cmocka_unit_test(test_openapi_refers_to_what_is_there),
        cmocka_unit_test(test_the_words_of_permissions_are_those_of_the_directory),
        cmocka_unit_test(test_errors_are_all_listed),
    };
    return cmocka_run_group_tests_name("api: routes", tests, house_setup, house_teardown);
}
