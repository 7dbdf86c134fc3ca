#include "groups.h"
#include "house.h"

static void test_the_text_is_shown_once(void **state)
{
    struct house *house = *state;
    struct heard heard =
        post(house, "{'label':'ci','permissions':['read','call']}", "/v1/keys");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    const char *text = text_at(house, heard, "/key");
    assert_true(str_starts(str_z(text), STR("bw_")) && strlen(text) == 43);
    assert_true(is_null_at(heard, "/stage"));
    assert_true(is_null_at(heard, "/expires"));
    assert_true(is_null_at(heard, "/last_used"));
    heard = get(house, "/v1/keys/%s", id);
    assert_status(heard, 200);
    assert_false(has_at(heard, "/key"));
    assert_int_equal(str_find_str(heard.body, str_z(text)), heard.body.n);
    heard = get(house, "/v1/keys");
    assert_int_equal(str_find_str(heard.body, str_z(text)), heard.body.n);
    house->key = text;
    assert_status(get(house, "/v1/stages"), 200);
    house->key = house->admin;
    assert_false(is_null_at(get(house, "/v1/keys/%s", id), "/last_used"));
    assert_status(del(house, "/v1/keys/%s", id), 204);
    house->key = text;
    assert_refused(get(house, "/v1/stages"), 401, "key_unknown");
    house->key = house->admin;
}

static void test_is_changed_member_by_member(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "k");
    const char *one = make_environment(house, stage, "one");
    const char *two = make_environment(house, stage, "two");
    struct heard heard = post(
        house,
        format(house,
               "{'label':'l','permissions':['read'],'stage':'k','environments':['%s']"
               ",'expires':'2100-01-01T00:00:00Z'}",
               one),
        "/v1/keys");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_string_equal(text_at(house, heard, "/expires"), "2100-01-01T00:00:00.000Z");
    heard = patch(house, "{'label':'m'}", "/v1/keys/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/label"), "m");
    assert_string_equal(text_at(house, heard, "/environments/0"), one);
    assert_string_equal(text_at(house, heard, "/expires"), "2100-01-01T00:00:00.000Z");
    heard = patch(house,
                  format(house,
                         "{'environments':['%s','%s'],'expires':null,"
                         "'permissions':['write']}",
                         one, two),
                  "/v1/keys/%s", id);
    assert_int_equal(count_at(heard, "/environments"), 2);
    assert_true(is_null_at(heard, "/expires"));
    assert_string_equal(text_at(house, heard, "/permissions/0"), "write");
    heard = patch(house, "{'environments':[]}", "/v1/keys/%s", id);
    assert_int_equal(count_at(heard, "/environments"), 0);
}

static void test_what_cannot_be_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{'permissions':['read']}",
        "{'label':'','permissions':['read']}",
        "{'label':'x'}",
        "{'label':'x','permissions':[]}",
        "{'label':'x','permissions':['reed']}",
        "{'label':'x','permissions':'read'}",
        "{'label':'x','permissions':['read'],'expires':'2001-01-01T00:00:00Z'}",
        "{'label':'x','permissions':['read'],'expires':'soon'}",
        "{'label':'x','permissions':['read'],'environments':['env_1']}",
    };
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        assert_refused(post(house, bodies[i], "/v1/keys"), 422, "body_invalid");
    assert_refused(
        post(house, "{'label':'x','permissions':['read'],'stage':'no'}", "/v1/keys"), 404,
        "object_unknown");
    make_stage(house, "real");
    assert_refused(post(house,
                        "{'label':'x','permissions':['read'],'stage':'real',"
                        "'environments':['env_1']}",
                        "/v1/keys"),
                   404, "object_unknown");
    assert_refused(get(house, "/v1/keys/key_unknown"), 404, "object_unknown");
}

/* --- nobody gives more than he has --- */

static void test_nobody_gives_a_permission_that_he_has_not(void **state)
{
    struct house *house = *state;
    house->key = make_key(house, "['admin','read']", NULL);
    struct heard heard =
        post(house, "{'label':'x','permissions':['read','secrets']}", "/v1/keys");
    assert_refused(heard, 403, "key_forbidden");
    assert_says(heard, "\\\"secrets\\\"");
    heard = post(house, "{'label':'x','permissions':['read']}", "/v1/keys");
    assert_status(heard, 201);
    assert_refused(patch(house, "{'permissions':['call']}", "/v1/keys/%s",
                         text_at(house, heard, "/id")),
                   403, "key_forbidden");
    house->key = house->admin;
}

static void test_nobody_changes_a_key_that_may_more(void **state)
{
    struct house *house = *state;
    struct heard strong =
        post(house, "{'label':'strong','permissions':['admin','secrets']}", "/v1/keys");
    const char *id = text_at(house, strong, "/id");
    house->key = make_key(house, "['admin','read']", NULL);
    assert_status(get(house, "/v1/keys/%s", id), 200);
    assert_refused(patch(house, "{'label':'weak'}", "/v1/keys/%s", id), 403,
                   "key_forbidden");
    assert_refused(del(house, "/v1/keys/%s", id), 403, "key_forbidden");
    house->key = house->admin;
}

static void test_a_key_of_a_stage_makes_keys_of_it(void **state)
{
    struct house *house = *state;
    const char *mine = make_stage(house, "mine");
    make_stage(house, "theirs");
    const char *other = make_key(house, "['read']", "'stage':'theirs'");
    house->key = make_key(house, "['admin','read']", "'stage':'mine'");
    struct heard heard = post(house, "{'label':'x','permissions':['read']}", "/v1/keys");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/stage"), mine);
    assert_refused(
        post(house, "{'label':'x','permissions':['read'],'stage':'theirs'}", "/v1/keys"),
        404, "object_unknown");
    heard = get(house, "/v1/keys");
    assert_int_equal(count_at(heard, "/items"), 2);
    struct api_key *key = directory_find_key(house->directory, str_z(other));
    assert_refused(get(house, "/v1/keys/%s", key->id.text), 404, "object_unknown");
    api_key_unref(&key);
    house->key = house->admin;
}

static void test_a_key_of_environments_makes_keys_of_these(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "parts");
    const char *one = make_environment(house, stage, "one");
    const char *two = make_environment(house, stage, "two");
    const char *reach = format(house, "'stage':'parts','environments':['%s']", one);
    house->key = make_key(house, "['admin','read']", reach);
    struct heard heard = post(house, "{'label':'x','permissions':['read']}", "/v1/keys");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/environments/0"), one);
    const char *id = text_at(house, heard, "/id");
    assert_refused(patch(house, "{'environments':[]}", "/v1/keys/%s", id), 403,
                   "key_forbidden");
    assert_refused(
        patch(house, format(house, "{'environments':['%s']}", two), "/v1/keys/%s", id),
        404, "object_unknown");
    assert_refused(
        post(house, "{'label':'x','permissions':['read'],'environments':[]}", "/v1/keys"),
        403, "key_forbidden");
    assert_int_equal(count_at(get(house, "/v1/keys"), "/items"), 2);
    house->key = house->admin;
}

int test_api_keys(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_text_is_shown_once),
        cmocka_unit_test(test_is_changed_member_by_member),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_nobody_gives_a_permission_that_he_has_not),
        cmocka_unit_test(test_nobody_changes_a_key_that_may_more),
        cmocka_unit_test(test_a_key_of_a_stage_makes_keys_of_it),
        cmocka_unit_test(test_a_key_of_environments_makes_keys_of_these),
    };
    return cmocka_run_group_tests_name("api: keys", tests, house_setup, house_teardown);
}
