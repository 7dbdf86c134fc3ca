#include "base/hash.h"
#include "base/map.h"
#include "support/unit.h"
#include "tests.h"

enum { KEYS = 200 };

struct model {
    char names[KEYS][8];
    str keys[KEYS];
    int values[KEYS];
    bool held[KEYS];
    size_t n;
};

static void model_init(struct model *model)
{
    *model = (struct model){0};
    for (int i = 0; i < KEYS; i++) {
        int n = snprintf(model->names[i], sizeof(model->names[i]), "%d", i);
        model->keys[i] = str_of(model->names[i], i ? (size_t)n : 0);
    }
}

static void compare_all(const struct map *map, const struct model *model)
{
    size_t at = 0;
    size_t walked = 0;
    for (size_t i = 0; i < KEYS; i++) {
        const void *expected = model->held[i] ? &model->values[i] : NULL;
        assert_ptr_equal(map_find(map, model->keys[i]), expected);
        uint64_t hash = hash_str(model->keys[i]);
        assert_ptr_equal(map_find_hashed(map, model->keys[i], hash), expected);
    }
    while (map_next(map, &at))
        walked++;
    assert_int_equal(walked, model->n);
    assert_int_equal(map->n, model->n);
}

static void one_change(struct map *map, struct model *model, size_t i, bool put)
{
    void *before = model->held[i] ? &model->values[i] : NULL;
    if (put)
        assert_ptr_equal(map_put(map, model->keys[i], &model->values[i]), before);
    else
        assert_ptr_equal(map_remove(map, model->keys[i]), before);
    model->n += (size_t)put - model->held[i];
    model->held[i] = put;
}

static void a_map_is_what_was_put_and_not_removed(void **state)
{
    (void)state;
    struct map map;
    struct model model;
    uint64_t seed = 1;
    model_init(&model);
    map_init(&map);
    compare_all(&map, &model);
    for (int round = 0; round < 20000; round++) {
        /* Long times of growing and of shrinking. */
        bool put = unit_below(&seed, 10) < (round / 500 % 2 ? 2u : 8u);
        one_change(&map, &model, unit_below(&seed, KEYS), put);
        if (round % 50 == 0)
            compare_all(&map, &model);
    }
    compare_all(&map, &model);
    map_fini(&map);
    assert_int_equal(map.room, 0);
}

static void a_second_put_answers_the_first_value(void **state)
{
    (void)state;
    struct map map;
    int one = 1;
    int two = 2;
    map_init(&map);
    assert_null(map_put(&map, STR("key"), &one));
    assert_ptr_equal(map_put(&map, STR("key"), &two), &one);
    assert_ptr_equal(map_find(&map, STR("key")), &two);
    assert_int_equal(map.n, 1);
    assert_ptr_equal(map_remove(&map, STR("key")), &two);
    assert_null(map_remove(&map, STR("key")));
    map_fini(&map);
}

static void an_empty_map_takes_no_memory(void **state)
{
    (void)state;
    struct map map;
    size_t at = 0;
    map_init(&map);
    assert_null(map_find(&map, STR("key")));
    assert_null(map_remove(&map, STR("key")));
    assert_null(map_next(&map, &at));
    assert_null(map.slots);
    map_fini(&map);
}

int test_map(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_what_was_put_and_not_removed),
        cmocka_unit_test(a_second_put_answers_the_first_value),
        cmocka_unit_test(an_empty_map_takes_no_memory),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
