#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

#include <stdio.h>

#include "news/echo.h"

static const struct order_record one = {{"acc_1", 5}, {"crm/contacts", 12}, {"42", 2}};

static void a_write_is_remembered_for_five_minutes(void **state)
{
    static const uint8_t content[CRYPTO_SHA256_BYTES] = {1}, other[CRYPTO_SHA256_BYTES];
    struct false_world world;
    (void)state;
    crypto_start();
    false_world_init(&world, 1);
    struct echo *echo = echo_create(&world.world);
    assert_false(echo_is(echo, &one, content));
    echo_note(echo, &one, content);
    assert_true(echo_is(echo, &one, content));
    assert_false(echo_is(echo, &one, other));
    assert_false(echo_is(echo, &one, NULL));
    false_world_advance(&world, ECHO_KEPT - 1);
    assert_true(echo_is(echo, &one, content));
    echo_note(echo, &one, content);
    false_world_advance(&world, ECHO_KEPT - 1);
    assert_true(echo_is(echo, &one, content));
    false_world_advance(&world, 1);
    assert_false(echo_is(echo, &one, content));
    echo_destroy(&echo);
}

static void the_oldest_go_first(void **state)
{
    struct false_world world;
    (void)state;
    crypto_start();
    false_world_init(&world, 1);
    struct echo *echo = echo_create(&world.world);
    for (unsigned i = 0; i <= ECHO_WRITES_MAX; i++) {
        char id[16];
        struct order_record record = one;
        snprintf(id, sizeof(id), "%u", i);
        record.id = str_z(id);
        echo_note(echo, &record, NULL);
    }
    struct order_record first = one, second = one;
    first.id = STR("0");
    second.id = STR("1");
    assert_false(echo_is(echo, &first, NULL));
    assert_true(echo_is(echo, &second, NULL));
    echo_destroy(&echo);
}

int test_echo(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_is_remembered_for_five_minutes),
        cmocka_unit_test(the_oldest_go_first),
    };
    return cmocka_run_group_tests_name("hook: echo", tests, NULL, NULL);
}
