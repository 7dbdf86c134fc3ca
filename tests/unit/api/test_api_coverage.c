/*
 * The last group: what the others have driven.
 */
#include "groups.h"
#include "house.h"

#include "api/api_route.h"

static void test_each_route_was_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++)
        if (!house_was_answered(api_routes[i].name))
            fail_msg("no test has driven %s", api_routes[i].name);
}

static void test_each_route_that_wants_a_key_was_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_route_n; i++)
        if (api_routes[i].permission && !house_was_refused(api_routes[i].name))
            fail_msg("no test was refused at %s", api_routes[i].name);
}

int test_api_coverage(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_was_answered),
        cmocka_unit_test(test_each_route_that_wants_a_key_was_refused),
    };
    return cmocka_run_group_tests_name("api: coverage", tests, NULL, NULL);
}
