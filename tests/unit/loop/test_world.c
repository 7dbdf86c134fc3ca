#include "loop/world.h"

#include <string.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

static int setup(void **state)
{
    (void)state;
    crypto_start();
    return 0;
}

static void the_real_clocks_go_forward(void **state)
{
    struct world *world = world_real();
    usec before = world_now(world);
    (void)state;
    for (int i = 0; i < 1000; i++) {
        usec now = world_now(world);
        assert_true(now >= before);
        before = now;
    }
    assert_true(world_wall(world) > (usec)1700000000 * USEC_S);
}

static void names_differ_and_are_of_our_alphabet(void **state)
{
    char names[200][32];
    (void)state;
    for (int i = 0; i < 200; i++) {
        world_name(world_real(), "acc_", names[i]);
        assert_int_equal(strlen(names[i]), 4 + WORLD_NAME_CHARS);
        for (char *c = names[i] + 4; *c; c++)
            assert_true(encode_is_unreserved(*c) && *c != '-' && *c != '_');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
    }
}

/* Requests larger than the pool of a thread, and ones that empty it. */
static void real_chance_fills_what_is_asked(void **state)
{
    static uint8_t large[5000];
    unsigned seen[256] = {0};
    (void)state;
    for (int round = 0; round < 20; round++) {
        world_real()->ops->random(world_real(), large, sizeof(large));
        for (size_t i = 0; i < sizeof(large); i++)
            seen[large[i]]++;
    }
    for (int i = 0; i < 256; i++)
        assert_in_range(seen[i], 200, 600); /* 390 expected */
    for (int i = 0; i < 1000; i++)
        assert_true(world_random_u64(world_real()) != world_random_u64(world_real()));
}

static void jitter_stays_below_its_bound(void **state)
{
    bool low = false, high = false;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        usec jitter = world_jitter(world_real(), 100);
        assert_in_range(jitter, 0, 99);
        low = low || jitter < 10;
        high = high || jitter >= 90;
    }
    assert_true(low && high);
    assert_int_equal(world_jitter(world_real(), 1), 0);
}

static void chance_is_from_zero_to_below_one(void **state)
{
    bool low = false, high = false;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        double chance = world_chance(world_real());
        assert_true(chance >= 0 && chance < 1);
        low = low || chance < 0.1;
        high = high || chance >= 0.9;
    }
    assert_true(low && high);
}

/* --- the false world --- */

static void the_same_seed_is_the_same_world(void **state)
{
    struct false_world one, two, other;
    char a[32], b[32], c[32];
    (void)state;
    false_world_init(&one, 42);
    false_world_init(&two, 42);
    false_world_init(&other, 43);
    for (int i = 0; i < 100; i++) {
        world_name(&one.world, "x", a);
        world_name(&two.world, "x", b);
        world_name(&other.world, "x", c);
        assert_string_equal(a, b);
        assert_string_not_equal(a, c);
    }
}

static void false_time_moves_when_told(void **state)
{
    struct false_world world;
    (void)state;
    false_world_init(&world, 1);
    usec now = world_now(&world.world), wall = world_wall(&world.world);
    assert_int_equal(world_now(&world.world), now);
    false_world_advance(&world, USEC_H);
    assert_int_equal(world_now(&world.world), now + USEC_H);
    assert_int_equal(world_wall(&world.world), wall + USEC_H);
    false_world_jump(&world, -USEC_DAY);
    assert_int_equal(world_now(&world.world), now + USEC_H);
    assert_int_equal(world_wall(&world.world), wall + USEC_H - USEC_DAY);
}

struct ring {
    struct timer timer;
    bool rung;
};

static void on_ring(struct timer *timer)
{
    CONTAINER_OF(timer, struct ring, timer)->rung = true;
}

static void a_false_loop_runs_until_a_flag_or_a_time(void **state)
{
    struct false_world world;
    struct false_loop loop;
    struct ring ring = {0};
    (void)state;
    false_world_init(&world, 1);
    false_loop_init(&loop, &world, 3);
    usec start = world_now(&world.world);
    timer_init(&ring.timer, false_loop_worker(&loop, 2), on_ring);
    timer_start(&ring.timer, USEC_DAY);
    assert_false(false_loop_run_until(&loop, &ring.rung, USEC_DAY - 1));
    assert_int_equal(world_now(&world.world), start + USEC_DAY - 1);
    assert_true(false_loop_run_until(&loop, &ring.rung, USEC_DAY));
    assert_int_equal(world_now(&world.world), start + USEC_DAY);
    false_loop_run(&loop, USEC_H); /* also without any timer */
    assert_int_equal(world_now(&world.world), start + USEC_DAY + USEC_H);
    false_loop_fini(&loop);
}

int test_world(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_clocks_go_forward),
        cmocka_unit_test(names_differ_and_are_of_our_alphabet),
        cmocka_unit_test(real_chance_fills_what_is_asked),
        cmocka_unit_test(jitter_stays_below_its_bound),
        cmocka_unit_test(chance_is_from_zero_to_below_one),
        cmocka_unit_test(the_same_seed_is_the_same_world),
        cmocka_unit_test(false_time_moves_when_told),
        cmocka_unit_test(a_false_loop_runs_until_a_flag_or_a_time),
    };
    return cmocka_run_group_tests_name("world", tests, setup, NULL);
}
