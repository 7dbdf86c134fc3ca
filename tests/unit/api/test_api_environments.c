#include "groups.h"
#include "house.h"

static void test_makes_changes_and_deletes(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "one");
    struct heard heard = post(house,
                              "{'stage':'one','name':'Acme Corp','external_id':'cust-1',"
                              "'labels':{'tier':'gold'},'concurrency_max':7}",
                              "/v1/environments");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_string_equal(text_at(house, heard, "/stage"), stage);
    assert_string_equal(text_at(house, heard, "/labels/tier"), "gold");
    heard = patch(house, "{'name':'Other','external_id':null,'labels':{}}",
                  "/v1/environments/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/name"), "Other");
    assert_true(is_null_at(heard, "/external_id"));
    assert_int_equal(count_at(heard, "/labels"), 0);
    assert_true(number_at(heard, "/concurrency_max") == 7);
    heard = patch(house, "{}", "/v1/environments/%s", id);
    assert_string_equal(text_at(house, heard, "/name"), "Other");
    assert_status(get(house, "/v1/environments/%s", id), 200);
    assert_status(del(house, "/v1/environments/%s", id), 204);
    assert_refused(get(house, "/v1/environments/%s", id), 404, "object_unknown");
    assert_refused(patch(house, "{}", "/v1/environments/%s", id), 404, "object_unknown");
    assert_refused(del(house, "/v1/environments/%s", id), 404, "object_unknown");
}

static void test_lists_by_stage_and_external_id(void **state)
{
    struct house *house = *state;
    make_stage(house, "left");
    make_stage(house, "right");
    post(house, "{'stage':'left','name':'a','external_id':'same'}", "/v1/environments");
    post(house, "{'stage':'right','name':'b','external_id':'same'}", "/v1/environments");
    assert_int_equal(count_at(get(house, "/v1/environments?external_id=same"), "/items"),
                     2);
    struct heard heard = get(house, "/v1/environments?external_id=same&stage=left");
    assert_int_equal(count_at(heard, "/items"), 1);
    assert_string_equal(text_at(house, heard, "/items/0/name"), "a");
    assert_refused(get(house, "/v1/environments?stage=middle"), 404, "object_unknown");
}

static void test_what_cannot_be_is_refused(void **state)
{
    struct house *house = *state;
    make_stage(house, "three");
    assert_refused(post(house, "{'name':'x'}", "/v1/environments"), 422, "body_invalid");
    assert_refused(post(house, "{'stage':'none','name':'x'}", "/v1/environments"), 404,
                   "object_unknown");
    static const char body[] = "{'stage':'three','name':'x','external_id':'e'}";
    assert_status(post(house, body, "/v1/environments"), 201);
    assert_refused(post(house, body, "/v1/environments"), 409, "object_exists");
    struct heard heard = post(house,
                              "{'stage':'three','name':'x','labels':{'a':1},"
                              "'concurrency_max':-1,'external_id':5}",
                              "/v1/environments");
    assert_refused(heard, 422, "body_invalid");
    assert_int_equal(count_at(heard, "/faults"), 3);
}

int test_api_environments(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_changes_and_deletes),
        cmocka_unit_test(test_lists_by_stage_and_external_id),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("api: environments", tests, house_setup,
                                       house_teardown);
}
