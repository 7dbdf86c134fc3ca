#include "groups.h"
#include "house.h"

static void test_makes_shows_lists_and_deletes(void **state)
{
    struct house *house = *state;
    struct heard heard = post(house, "{'name':'blue','kind':'production'}", "/v1/stages");
    assert_status(heard, 201);
    const char *id = text_at(house, heard, "/id");
    assert_string_equal(text_at(house, heard, "/kind"), "production");
    assert_true(str_starts(str_z(id), STR("stg_")));
    assert_string_equal(text_at(house, get(house, "/v1/stages/%s", id), "/name"), "blue");
    assert_string_equal(text_at(house, get(house, "/v1/stages/blue"), "/id"), id);
    heard = get(house, "/v1/stages");
    assert_status(heard, 200);
    assert_true(has_at(heard, "/items/0/id"));
    assert_status(del(house, "/v1/stages/blue"), 204);
    assert_refused(get(house, "/v1/stages/%s", id), 404, "object_unknown");
}

static void test_a_name_is_taken_once(void **state)
{
    struct house *house = *state;
    make_stage(house, "once");
    assert_refused(post(house, "{'name':'once','kind':'sandbox'}", "/v1/stages"), 409,
                   "object_exists");
}

static void test_a_stage_in_use_stays(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "used");
    make_environment(house, stage, "in it");
    assert_refused(del(house, "/v1/stages/%s", stage), 409, "object_in_use");
}

static void test_faults_are_told_together(void **state)
{
    struct house *house = *state;
    struct heard heard = post(house, "{'nmae':'x','kind':'sandbx'}", "/v1/stages");
    assert_refused(heard, 422, "body_invalid");
    assert_int_equal(count_at(heard, "/faults"), 3);
    assert_says(heard, "did you mean \\\"name\\\"?");
    assert_says(heard, "did you mean \\\"sandbox\\\"?");
    assert_string_equal(text_at(house, heard, "/faults/1/pointer"), "/kind");
}

int test_api_stages(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_makes_shows_lists_and_deletes),
        cmocka_unit_test(test_a_name_is_taken_once),
        cmocka_unit_test(test_a_stage_in_use_stays),
        cmocka_unit_test(test_faults_are_told_together),
    };
    return cmocka_run_group_tests_name("api: stages", tests, house_setup, house_teardown);
}
