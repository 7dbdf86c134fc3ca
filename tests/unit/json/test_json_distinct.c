#include "json/json_distinct.h"
#include "read.h"
#include "tests.h"

enum { NAMES_MAX = 400 };

struct model {
    str names[NAMES_MAX];
    double values[NAMES_MAX];
    uint32_t n;
};

/* As json_distinct does it, but one by one. Answers the place. */
static uint32_t model_put(struct model *model, str name, double value)
{
    uint32_t i = 0;
    while (i < model->n && !str_eq(model->names[i], name))
        i++;
    model->names[i] = name;
    model->values[i] = value;
    model->n += i == model->n;
    return i;
}

static str random_name(struct arena *arena, uint64_t *seed, size_t kinds)
{
    size_t kind = unit_below(seed, kinds);
    size_t n = kind % 23;
    char *name = arena_bytes(arena, n + 8);
    memset(name, 'n', n);
    int more = snprintf(name + n, 8, "%zu", kind);
    return str_of(name, n + (size_t)more);
}

static void one_round(struct arena *arena, uint64_t *seed, uint32_t n, size_t kinds)
{
    struct json_member members[NAMES_MAX];
    struct model model = {.n = 0};
    uint32_t expected_again = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        str name = random_name(arena, seed, kinds);
        members[i] = (struct json_member){name.p, (uint32_t)name.n, 0, json_of_number(i)};
        if (model_put(&model, name, i) < i && expected_again == UINT32_MAX)
            expected_again = i;
    }
    uint32_t again = UINT32_MAX;
    bool distinct = json_distinct(arena, members, &n, &again);
    assert_int_equal(distinct, expected_again == UINT32_MAX);
    assert_int_equal(again, expected_again);
    assert_int_equal(n, model.n);
    for (uint32_t i = 0; i < n; i++) {
        assert_str(json_key(&members[i]), model.names[i]);
        assert_true(json_number(&members[i].value) == model.values[i]);
    }
}

static void few_and_many_members_keep_each_name_once(void **state)
{
    struct arena *arena = *state;
    uint64_t seed = 6;
    for (int round = 0; round < 300; round++) {
        struct arena_mark mark = arena_mark(arena);
        uint32_t n = (uint32_t)unit_below(&seed, NAMES_MAX);
        one_round(arena, &seed, n, 1 + unit_below(&seed, 3000));
        one_round(arena, &seed, n % 64, 1 + unit_below(&seed, 3000));
        arena_rewind(arena, mark);
    }
}

/* Same length, same first and last bytes: the cheap hash cannot tell them apart. */
static void names_that_look_alike_are_told_apart(void **state)
{
    struct arena *arena = *state;
    struct json_member members[60];
    uint32_t n = COUNT_OF(members);
    uint32_t again;
    for (uint32_t i = 0; i < n; i++) {
        str name = arena_printf(arena, "first---%04u----last", i);
        members[i] = (struct json_member){name.p, (uint32_t)name.n, 0, json_of_number(i)};
    }
    assert_true(json_distinct(arena, members, &n, &again));
    assert_int_equal(n, 60);
}

int test_json_distinct(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(few_and_many_members_keep_each_name_once,
                                        read_setup, read_teardown),
        cmocka_unit_test_setup_teardown(names_that_look_alike_are_told_apart, read_setup,
                                        read_teardown),
    };
    return cmocka_run_group_tests_name("json/json_distinct", tests, NULL, NULL);
}
