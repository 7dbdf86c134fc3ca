#include "groups.h"
#include "scene.h"

enum { K = 1024, GROUPS_MAX = 64, AN_HOUR_HAS = 12, HOURS = 4 };

/* Small ones and large ones over several hours. */
static void put_hours(struct scene *scene, str references[HOURS][AN_HOUR_HAS])
{
    for (size_t hour = 0; hour < HOURS; hour++) {
        for (size_t i = 0; i < AN_HOUR_HAS; i++) {
            str bytes = str_of(scene->bytes + hour, (i % 3 ? 200 : 300) * K);
            assert_int_equal(scene_put(scene, bytes, &references[hour][i]), ERR_NONE);
        }
        false_world_advance(&scene->world, USEC_H);
    }
}

static size_t groups(struct scene *scene, usec before, uint64_t bytes,
                     struct payload_group *ret)
{
    return payload_groups(scene->payloads, before, bytes, ret, GROUPS_MAX);
}

/* As the owner's store asks. */
static bool has(const struct payload_group *group, str reference)
{
    char end[PAYLOAD_REFERENCE_BYTES];
    payload_range_end(group->prefix, end);
    bool in = str_cmp(reference, str_z(group->prefix)) >= 0 &&
              str_cmp(reference, str_z(end)) < 0;
    assert_true(in == str_starts(reference, str_z(group->prefix)));
    return in;
}

static void groups_are_oldest_first_and_do_not_overlap(void **state)
{
    struct scene *scene = *state;
    str references[HOURS][AN_HOUR_HAS];
    struct payload_group found[GROUPS_MAX];
    put_hours(scene, references);
    size_t n = groups(scene, USEC_NEVER, UINT64_MAX, found);
    assert_true(n > 2);
    for (size_t i = 1; i < n; i++)
        assert_true(found[i - 1].newest <= found[i].newest);
    for (size_t hour = 0; hour < HOURS; hour++)
        for (size_t k = 0; k < AN_HOUR_HAS; k++) {
            size_t in = 0;
            for (size_t i = 0; i < n; i++)
                in += has(&found[i], references[hour][k]);
            assert_in_range(in, hour == HOURS - 1 ? 0 : 1, 1);
        }
}

static void a_dropped_group_is_gone_and_no_other(void **state)
{
    struct scene *scene = *state;
    str references[HOURS][AN_HOUR_HAS];
    struct payload_group found[GROUPS_MAX];
    put_hours(scene, references);
    size_t n = groups(scene, USEC_NEVER, UINT64_MAX, found);
    for (size_t i = 0; i < n; i += 2)
        assert_int_equal(scene_drop(scene, found[i].prefix), ERR_NONE);
    for (int again = 0; again < 2; again++) {
        for (size_t hour = 0; hour < HOURS; hour++)
            for (size_t k = 0; k < AN_HOUR_HAS; k++) {
                bool gone = false;
                str got = STR_NONE;
                for (size_t i = 0; i < n; i += 2)
                    gone = gone || has(&found[i], references[hour][k]);
                enum err err = scene_get(scene, references[hour][k], &got);
                assert_int_equal(err, gone ? ERR_PAYLOAD_EXPIRED : ERR_NONE);
            }
        scene_close(scene);
        scene_open(scene);
    }
    assert_int_equal(scene_drop(scene, found[0].prefix), ERR_PAYLOAD_EXPIRED);
}

static void age_and_bytes_choose_groups(void **state)
{
    struct scene *scene = *state;
    str references[HOURS][AN_HOUR_HAS];
    struct payload_group all[GROUPS_MAX], found[GROUPS_MAX];
    put_hours(scene, references);
    size_t n = groups(scene, USEC_NEVER, UINT64_MAX, all);
    assert_int_equal(groups(scene, 0, UINT64_MAX, found), 0);
    assert_int_equal(groups(scene, 0, 0, found), n);
    size_t half = groups(scene, all[n / 2].newest, UINT64_MAX, found);
    assert_in_range(half, 1, n / 2);
    for (size_t i = 0; i < half; i++)
        assert_string_equal(found[i].prefix, all[i].prefix);
    assert_int_equal(payload_groups(scene->payloads, USEC_NEVER, 0, found, 1), 1);
    assert_string_equal(found[0].prefix, all[0].prefix);
}

static void what_is_no_group_is_not_dropped(void **state)
{
    struct scene *scene = *state;
    static const char *const wrong[] = {"",
                                        "j",
                                        "f",
                                        ".",
                                        "j.",
                                        "f.",
                                        "jf.",
                                        "x0.",
                                        "j0000000000000001",
                                        "f0000000000000001"};
    str reference, got;
    scene_put(scene, str_of(scene->bytes, 300 * K), &reference);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(scene_drop(scene, wrong[i]), ERR_PAYLOAD_EXPIRED);
    assert_int_equal(scene_get(scene, reference, &got), ERR_NONE);
}

int test_groups(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(groups_are_oldest_first_and_do_not_overlap),
        SCENE_TEST(a_dropped_group_is_gone_and_no_other),
        SCENE_TEST(age_and_bytes_choose_groups),
        SCENE_TEST(what_is_no_group_is_not_dropped),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
