#include "groups.h"
#include "support/false_world.h"
#include "support/unit.h"

#include "loop/space.h"

struct disk {
    uint64_t free, all;
    unsigned looks;
    int err;
};

static int look(void *arg, const char *dir, uint64_t *ret_free, uint64_t *ret_all)
{
    struct disk *disk = arg;
    assert_string_equal(dir, "/data");
    disk->looks++;
    *ret_free = disk->free;
    *ret_all = disk->all;
    return disk->err;
}

struct scene {
    struct false_world world;
    struct disk disk;
    struct space *space;
};

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.disk = {.free = 500, .all = 1000}};
    false_world_init(&scene.world, 1);
    scene.space = space_create(&(struct space_config){.dir = STR("/data"),
                                                      .reserve = 5,
                                                      .world = &scene.world.world,
                                                      .look = look,
                                                      .arg = &scene.disk});
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    space_destroy(&scene->space);
    assert_null(scene->space);
    return 0;
}

static struct space_stats stats_of(struct scene *scene)
{
    struct space_stats stats;
    space_stats(scene->space, &stats);
    return stats;
}

static void the_reserve_is_kept_for_others(void **state)
{
    struct scene *scene = *state;
    assert_true(space_has_room(scene->space, 450));
    assert_false(space_has_room(scene->space, 451));
    assert_false(space_has_room(scene->space, UINT64_MAX));
    assert_int_equal(stats_of(scene).refused, 2);
    assert_int_equal(stats_of(scene).free, 500);
    assert_int_equal(stats_of(scene).all, 1000);
    assert_false(stats_of(scene).low);
}

static void the_file_system_is_asked_once_a_second(void **state)
{
    struct scene *scene = *state;
    assert_true(space_has_room(scene->space, 1));
    scene->disk.free = 49;
    assert_true(space_has_room(scene->space, 1));
    assert_int_equal(scene->disk.looks, 1);
    false_world_advance(&scene->world, USEC_S);
    assert_false(space_has_room(scene->space, 0));
    assert_true(stats_of(scene).low);
    assert_int_equal(scene->disk.looks, 2);
}

/* Whoever writes there is told. */
static void a_file_system_that_does_not_answer_refuses_nobody(void **state)
{
    struct scene *scene = *state;
    scene->disk.err = 5;
    assert_true(space_has_room(scene->space, UINT64_MAX));
    false_world_advance(&scene->world, USEC_S);
    scene->disk.err = 0;
    scene->disk.free = 0;
    assert_false(space_has_room(scene->space, 1));
}

static void without_a_reserve_there_is_always_room(void **state)
{
    struct scene *scene = *state;
    struct space *none = space_create(&(struct space_config){.dir = STR("/data"),
                                                             .world = &scene->world.world,
                                                             .look = look,
                                                             .arg = &scene->disk});
    assert_true(space_has_room(none, UINT64_MAX));
    assert_true(space_has_room(NULL, UINT64_MAX));
    assert_int_equal(scene->disk.looks, 0);
    space_destroy(&none);
}

static void the_system_knows_its_file_systems(void **state)
{
    uint64_t free = 0, all = 0;
    (void)state;
    assert_int_equal(space_of("/", &free, &all), 0);
    assert_true(all > 0 && free <= all);
    assert_int_not_equal(space_of("/is/not/there", &free, &all), 0);
}

int test_space(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_reserve_is_kept_for_others, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_system_is_asked_once_a_second, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_system_that_does_not_answer_refuses_nobody,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_reserve_there_is_always_room, setup,
                                        teardown),
        cmocka_unit_test(the_system_knows_its_file_systems),
    };
    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
