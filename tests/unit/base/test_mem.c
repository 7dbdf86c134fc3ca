#include "base/mem.h"
#include "support/unit.h"
#include "tests.h"

static int refuse_all(size_t n)
{
    (void)n;
    return 0;
}

static void alloc_refused(void)
{
    mem_set_gate(refuse_all);
    mem_free(mem_alloc(1));
}

static void zalloc_refused(void)
{
    mem_set_gate(refuse_all);
    mem_free(mem_zalloc(1));
}

static void grow_refused(void)
{
    mem_set_gate(refuse_all);
    mem_free(mem_grow(NULL, 1));
}

static void array_overflows(void)
{
    mem_free(mem_array(SIZE_MAX / 2, 3));
}

static void lines_refused(void)
{
    mem_set_gate(refuse_all);
    mem_free(mem_lines(1));
}

static void the_process_ends_when_memory_does(void **state)
{
    (void)state;
    assert_true(unit_dies(alloc_refused));
    assert_true(unit_dies(zalloc_refused));
    assert_true(unit_dies(grow_refused));
    assert_true(unit_dies(lines_refused));
    assert_true(unit_dies(array_overflows));
}

static void nothing_may_be_asked_for(void **state)
{
    (void)state;
    void *p = mem_alloc(0);
    void *q = mem_array(0, 8);
    assert_non_null(p);
    assert_non_null(q);
    mem_free(mem_grow(p, 0));
    mem_free(q);
    mem_free(NULL);
}

static void lines_begin_on_a_cache_line_and_are_zeroed(void **state)
{
    (void)state;
    for (size_t n = 1; n < 300; n += 37) {
        unsigned char *p = mem_lines(n);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        mem_free(p);
    }
}

static void arrays_are_zeroed(void **state)
{
    (void)state;
    unsigned char *p = mem_array(100, 3);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(p[i], 0);
    mem_free(p);
}

static void copies_are_terminated(void **state)
{
    (void)state;
    char *z = mem_copy_z("abcd", 3);
    assert_string_equal(z, "abc");
    mem_free(z);
    z = mem_copy_z(NULL, 0);
    assert_string_equal(z, "");
    mem_free(z);
}

static void wiped_memory_is_zero(void **state)
{
    (void)state;
    char bytes[] = "secret";
    mem_wipe(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], 0);
    mem_wipe(NULL, 0);
}

int test_mem(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_process_ends_when_memory_does),
        cmocka_unit_test(nothing_may_be_asked_for),
        cmocka_unit_test(arrays_are_zeroed),
        cmocka_unit_test(lines_begin_on_a_cache_line_and_are_zeroed),
        cmocka_unit_test(copies_are_terminated),
        cmocka_unit_test(wiped_memory_is_zero),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
