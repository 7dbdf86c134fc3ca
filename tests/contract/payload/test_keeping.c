#include "groups.h"
#include "scene.h"

enum { MANY = 64, K = 1024 };

static const size_t sizes[] = {
    0,           1,    100,      64 * K,   256 * K - 1,      256 * K,
    256 * K + 1, K *K, K *K + 1, 5 * K *K, PAYLOAD_BYTES_MAX};

static void assert_kept(struct scene *scene, str reference, str bytes)
{
    str got = STR_NONE;
    assert_int_equal(scene_get(scene, reference, &got), ERR_NONE);
    assert_int_equal(got.n, bytes.n);
    assert_true(str_eq(got, bytes));
}

static void what_is_put_can_be_got(void **state)
{
    struct scene *scene = *state;
    str references[COUNT_OF(sizes)];
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        assert_int_equal(scene_put(scene, str_of(scene->bytes, sizes[i]), &references[i]),
                         ERR_NONE);
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            struct arena_mark mark = arena_mark(&scene->arena);
            assert_kept(scene, references[i], str_of(scene->bytes, sizes[i]));
            arena_rewind(&scene->arena, mark);
        }
        scene_close(scene);
        scene_open(scene);
    }
}

static void parts_stand_one_after_the_other(void **state)
{
    struct scene *scene = *state;
    struct deposit deposit;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t cut = sizes[i] / 3;
        scene_begin(scene, &deposit, str_of(scene->bytes, cut),
                    str_of(scene->bytes + cut, sizes[i] - cut));
        assert_int_equal(scene_await(scene, &deposit), ERR_NONE);
        assert_kept(scene, str_z(deposit.put.reference), str_of(scene->bytes, sizes[i]));
    }
}

static void more_than_the_limit_is_refused(void **state)
{
    struct scene *scene = *state;
    str reference;
    assert_int_equal(
        scene_put(scene, str_of(scene->bytes, PAYLOAD_BYTES_MAX + 1), &reference),
        ERR_BODY_TOO_LARGE);
}

/* They stand in rows, URLs and logs. */
static void references_are_plain_and_short(void **state)
{
    struct scene *scene = *state;
    str references[COUNT_OF(sizes)];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_int_equal(scene_put(scene, str_of(scene->bytes, sizes[i]), &references[i]),
                         ERR_NONE);
        assert_in_range(references[i].n, 1, PAYLOAD_REFERENCE_BYTES - 1);
        for (size_t k = 0; k < references[i].n; k++) {
            char c = references[i].p[k];
            assert_true(str_is_digit(c) || (c >= 'a' && c <= 'z') ||
                        memchr("._-/:", c, 5) != NULL);
        }
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(references[i], references[k]));
    }
}

static void equal_bytes_are_two_payloads(void **state)
{
    struct scene *scene = *state;
    str first, second;
    scene_put(scene, STR("the same"), &first);
    scene_put(scene, STR("the same"), &second);
    assert_false(str_eq(first, second));
}

/* Any other text: an error, never somebody's bytes. */
static void a_wrong_reference_gets_no_bytes(void **state)
{
    struct scene *scene = *state;
    static const char *const wrong[] = {
        "", "x", "j", "f", "jj", "f.", "../../etc/passwd"};
    const size_t lengths[] = {10, 300 * K};
    str got = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(scene_get(scene, str_z(wrong[i]), &got), ERR_PAYLOAD_EXPIRED);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        str good;
        scene_put(scene, str_of(scene->bytes, lengths[i]), &good);
        for (size_t k = 0; k < good.n; k++) {
            char *bad = arena_bytes(&scene->arena, good.n);
            memcpy(bad, good.p, good.n);
            bad[k] = bad[k] == '0' ? '1' : '0';
            enum err err = scene_get(scene, str_of(bad, good.n), &got);
            assert_true(err == ERR_PAYLOAD_EXPIRED || err == ERR_PAYLOAD_DAMAGED);
            err = scene_get(scene, str_of(good.p, k), &got);
            assert_int_equal(err, ERR_PAYLOAD_EXPIRED);
        }
        assert_int_equal(
            scene_get(scene, arena_printf(&scene->arena, STR_F "0", STR_A(good)), &got),
            ERR_PAYLOAD_EXPIRED);
        assert_kept(scene, good, str_of(scene->bytes, lengths[i]));
    }
}

static void many_at_once_are_all_kept(void **state)
{
    struct scene *scene = *state;
    struct deposit deposits[MANY];
    for (size_t i = 0; i < MANY; i++)
        scene_begin(scene, &deposits[i], str_of(scene->bytes + i, (i % 8) * 50 * K),
                    STR_NONE);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(scene_await(scene, &deposits[i]), ERR_NONE);
    for (size_t i = 0; i < MANY; i++)
        assert_kept(scene, str_z(deposits[i].put.reference),
                    str_of(scene->bytes + i, (i % 8) * 50 * K));
}

static void what_is_forgotten_is_gone_or_whole(void **state)
{
    struct scene *scene = *state;
    const size_t lengths[] = {10, 300 * K};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        str kept, forgotten, got;
        str bytes = str_of(scene->bytes, lengths[i]);
        scene_put(scene, bytes, &kept);
        scene_put(scene, bytes, &forgotten);
        assert_int_equal(scene_forget(scene, forgotten), ERR_NONE);
        assert_int_equal(scene_forget(scene, forgotten), ERR_NONE);
        enum err err = scene_get(scene, forgotten, &got);
        assert_true(err == ERR_PAYLOAD_EXPIRED ||
                    (err == ERR_NONE && str_eq(got, bytes)));
        assert_kept(scene, kept, bytes);
    }
    assert_int_equal(scene_forget(scene, STR("no reference")), ERR_NONE);
}

static void an_unknown_name_is_refused(void **state)
{
    struct scene *scene = *state;
    struct payload_config config = {0};
    str why = STR_NONE;
    assert_null(payload_open(STR("paper"), &config, &scene->arena, &why));
    assert_str(why, STR("There are no payloads named \"paper\"."));
}

int test_keeping(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_is_put_can_be_got),
        SCENE_TEST(parts_stand_one_after_the_other),
        SCENE_TEST(more_than_the_limit_is_refused),
        SCENE_TEST(references_are_plain_and_short),
        SCENE_TEST(equal_bytes_are_two_payloads),
        SCENE_TEST(a_wrong_reference_gets_no_bytes),
        SCENE_TEST(many_at_once_are_all_kept),
        SCENE_TEST(what_is_forgotten_is_gone_or_whole),
        SCENE_TEST(an_unknown_name_is_refused),
    };
    return cmocka_run_group_tests_name("keeping", tests, NULL, NULL);
}
