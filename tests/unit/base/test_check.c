#include "base/check.h"
#include "support/unit.h"
#include "tests.h"

static void broken(void)
{
    CHECK(1 + 1 == 3);
}

static void fine(void)
{
    CHECK(1 + 1 == 2);
}

static void a_broken_check_ends_the_process(void **state)
{
    (void)state;
    assert_true(unit_dies(broken));
    assert_false(unit_dies(fine));
}

static struct {
    uint32_t magic;
} thing = {0x7e57};

static void wrong_magic(void)
{
    CHECK_MAGIC(&thing, 0x7e58);
}

static void a_wrong_magic_ends_the_process(void **state)
{
    (void)state;
    CHECK_MAGIC(&thing, 0x7e57);
    assert_true(unit_dies(wrong_magic));
}

static void be_odd(bool odd)
{
    ODD(odd);
}

static void oddities_are_counted(void **state)
{
    (void)state;
    uint64_t before = check_odd_count();
    be_odd(false);
    assert_true(check_odd_count() == before);
    be_odd(true);
    be_odd(true);
    assert_true(check_odd_count() == before + 2);
}

struct inner {
    int value;
};

struct outer {
    int front;
    struct inner inner;
};

static void the_container_of_a_member_is_found(void **state)
{
    (void)state;
    struct outer outer = {1, {2}};
    struct inner *inner = &outer.inner;
    assert_ptr_equal(CONTAINER_OF(inner, struct outer, inner), &outer);
}

int test_check(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_check_ends_the_process),
        cmocka_unit_test(a_wrong_magic_ends_the_process),
        cmocka_unit_test(oddities_are_counted),
        cmocka_unit_test(the_container_of_a_member_is_found),
    };
    return cmocka_run_group_tests_name("base/check", tests, NULL, NULL);
}
