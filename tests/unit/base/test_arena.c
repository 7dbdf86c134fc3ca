#include "support/unit.h"
#include "tests.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define IS_POISONED(p) (__asan_address_is_poisoned(p) == 1)
#else
#define IS_POISONED(p) ((void)(p), true)
#endif

static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    uint64_t seed = 1;
    char *places[500];
    size_t sizes[500];
    arena_init(&arena, 64, 1 << 24);
    for (size_t i = 0; i < 500; i++) {
        sizes[i] = unit_below(&seed, 300);
        bool text = unit_below(&seed, 2);
        places[i] = text ? arena_bytes(&arena, sizes[i]) : arena_alloc(&arena, sizes[i]);
        assert_true(text || (uintptr_t)places[i] % 16 == 0);
        memset(places[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal((unsigned char)places[i][k], i % 251);
    arena_fini(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void no_memory_is_taken_before_it_is_needed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20, 1 << 20);
    assert_int_equal(arena.bytes, 0);
    arena_reset(&arena);
    arena_rewind(&arena, arena_mark(&arena));
    arena_fini(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void large_allocations_get_a_chunk_of_their_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 1 << 24);
    char *p = arena_alloc(&arena, 5 << 20);
    memset(p, 1, 5 << 20);
    arena_fini(&arena);
}

static void arrays_are_zeroed_after_a_rewind_too(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 1 << 20);
    struct arena_mark mark = arena_mark(&arena);
    memset(arena_alloc(&arena, 1000), 0xff, 1000);
    arena_rewind(&arena, mark);
    const unsigned char *p = arena_array(&arena, 100, 10);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    arena_fini(&arena);
}

static void a_rewind_gives_back_what_came_after_the_mark(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 128, 1 << 20);
    char *kept = arena_bytes(&arena, 10);
    memset(kept, 'k', 10);
    struct arena_mark mark = arena_mark(&arena);
    size_t bytes = arena.bytes;
    char *first = arena_bytes(&arena, 20);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(&arena, 100), 'x', 100);
    arena_rewind(&arena, mark);
    assert_int_equal(arena.bytes, bytes);
    assert_str(str_of(kept, 10), STR("kkkkkkkkkk"));
    assert_ptr_equal(arena_bytes(&arena, 20), first);
    arena_fini(&arena);
}

static void marks_nest(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 1 << 20);
    struct arena_mark outer = arena_mark(&arena);
    arena_alloc(&arena, 500);
    struct arena_mark inner = arena_mark(&arena);
    str kept = arena_str(&arena, STR("kept"));
    struct arena_mark innermost = arena_mark(&arena);
    arena_alloc(&arena, 5000);
    arena_rewind(&arena, innermost);
    assert_str(kept, STR("kept"));
    arena_rewind(&arena, inner);
    arena_rewind(&arena, outer);
    arena_fini(&arena);
}

static void a_reset_keeps_the_oldest_chunk(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    char *first = arena_bytes(&arena, 10);
    size_t bytes = arena.bytes;
    arena_alloc(&arena, 100000);
    arena_reset(&arena);
    assert_int_equal(arena.bytes, bytes);
    assert_ptr_equal(arena_bytes(&arena, 10), first);
    arena_fini(&arena);
}

struct endings {
    char told[8];
    size_t n;
};

struct one_ending {
    struct endings *endings;
    char name;
};

static void tell_ending(void *arg)
{
    struct one_ending *one = arg;
    one->endings->told[one->endings->n++] = one->name;
}

static void what_ends_with_it_is_told_newest_first(void **state)
{
    struct endings endings = {0};
    struct one_ending a = {&endings, 'a'}, b = {&endings, 'b'}, c = {&endings, 'c'};
    struct arena arena;
    (void)state;
    arena_init(&arena, 256, 1 << 20);
    arena_at_end(&arena, tell_ending, &a);
    struct arena_mark mark = arena_mark(&arena);
    arena_at_end(&arena, tell_ending, &b);
    arena_alloc(&arena, 4096);
    arena_at_end(&arena, tell_ending, &c);
    arena_rewind(&arena, mark);
    assert_string_equal(endings.told, "cb");
    arena_at_end(&arena, tell_ending, &b);
    arena_wipe(&arena);
    assert_string_equal(endings.told, "cbba");
    arena_reset(&arena);
    arena_at_end(&arena, tell_ending, &c);
    arena_fini(&arena);
    assert_string_equal(endings.told, "cbbac");
}

static void what_is_not_handed_out_is_poisoned(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    struct arena_mark mark;
    arena_bytes(&arena, 16);
    mark = arena_mark(&arena);
    char *p = arena_bytes(&arena, 10);
    assert_true(IS_POISONED(p + 10));
    arena_rewind(&arena, mark);
    assert_true(IS_POISONED(p));
    arena_fini(&arena);
}

static jmp_buf jump;

static void jump_out(struct arena *arena)
{
    (void)arena;
    longjmp(jump, 1);
}

static void the_limit_calls_on_full(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 256, 1000);
    arena.on_full = jump_out;
    volatile int n = 0;
    if (setjmp(jump) == 0)
        for (;; n++)
            arena_bytes(&arena, 100);
    assert_true(n >= 7 && n <= 10);
    assert_true(arena.bytes <= 1000);
    arena_reset(&arena);
    assert_non_null(arena_bytes(&arena, 100));
    arena_fini(&arena);
}

static void pass_the_limit(void)
{
    struct arena arena;
    arena_init(&arena, 64, 1000);
    arena_bytes(&arena, 1001);
}

static void array_overflow(void)
{
    struct arena arena;
    arena_init(&arena, 64, 1000);
    arena_array(&arena, SIZE_MAX / 2, 4);
}

static void the_limit_without_on_full_ends_the_process(void **state)
{
    (void)state;
    assert_true(unit_dies(pass_the_limit));
    assert_true(unit_dies(array_overflow));
}

static void the_limit_itself_can_be_used(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 1000);
    memset(arena_bytes(&arena, 1000), 1, 1000);
    arena_fini(&arena);
}

static void texts_are_made(void **state)
{
    (void)state;
    struct arena arena;
    const str parts[] = {STR("a"), STR_NONE, STR(""), STR("bc")};
    arena_init(&arena, 64, 1 << 20);
    assert_str(arena_str(&arena, STR("text")), STR("text"));
    assert_str(arena_str(&arena, STR("")), STR(""));
    assert_str(arena_str(&arena, STR_NONE), STR_NONE);
    assert_string_equal(arena_z(&arena, STR("zero")), "zero");
    assert_string_equal(arena_z(&arena, STR_NONE), "");
    assert_str(arena_lower(&arena, STR("aZ[\xc3\x84")), STR("az[\xc3\x84"));
    assert_str(arena_lower(&arena, STR("")), STR(""));
    assert_str(arena_join(&arena, parts, COUNT_OF(parts)), STR("abc"));
    assert_str(arena_join(&arena, parts, 0), STR(""));
    assert_str(arena_printf(&arena, "%d-%s", 7, "x"), STR("7-x"));
    assert_int_equal(arena_printf(&arena, "%500d", 1).n, 500);
    arena_fini(&arena);
}

static void a_wiped_arena_holds_nothing_of_what_it_held(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 64, 1 << 20);
    str secrets[40];
    for (int i = 0; i < 40; i++)
        secrets[i] = arena_str(&arena, STR("a secret of thirty bytes or so"));
    arena_wipe(&arena);
    for (int i = 0; i < 40; i++)
        for (size_t k = 0; k < secrets[i].n; k++)
            assert_int_equal(secrets[i].p[k], 0);
    arena_fini(&arena);
}

static uint32_t *list_put(struct arena *arena, uint32_t *list, uint32_t n, uint32_t *room)
{
    list = arena_grow(arena, list, n, room, sizeof(list[0]));
    assert_true(n < *room);
    list[n] = n;
    return list;
}

static void assert_counts(const uint32_t *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(list[i], i);
}

static void a_list_alone_grows_where_it_stands(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16, 1 << 20);
    uint32_t room = 0;
    uint32_t *list = list_put(&arena, NULL, 0, &room);
    uint32_t *first = list;
    assert_int_equal(room, ARENA_ROOM_MIN);
    for (uint32_t i = 1; i < 1000; i++)
        list = list_put(&arena, list, i, &room);
    assert_ptr_equal(list, first);
    assert_int_equal(room, 1024);
    assert_ptr_equal(arena_bytes(&arena, 1), list + room);
    assert_counts(list, 1000);
    arena_fini(&arena);
}

static void a_list_with_a_neighbour_moves(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 1 << 24);
    uint32_t room = 0, other_room = 0;
    uint32_t *list = NULL, *other = NULL;
    for (uint32_t i = 0; i < 10000; i++) {
        list = list_put(&arena, list, i, &room);
        other = list_put(&arena, other, i, &other_room);
    }
    assert_counts(list, 10000);
    assert_counts(other, 10000);
    arena_fini(&arena);
}

static void a_list_may_begin_outside_of_the_arena(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 1 << 20);
    uint32_t first[3];
    uint32_t room = COUNT_OF(first);
    uint32_t *list = first;
    for (uint32_t i = 0; i < 3; i++)
        list = list_put(&arena, list, i, &room);
    assert_ptr_equal(list, first);
    list = list_put(&arena, list, 3, &room);
    assert_ptr_not_equal(list, first);
    assert_int_equal(room, 6);
    assert_counts(list, 4);
    arena_fini(&arena);
}

static void a_list_that_grew_past_a_mark_is_cut_by_the_rewind(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 12, 1 << 20);
    uint32_t room = 0;
    char *list = arena_grow(&arena, NULL, 0, &room, 16);
    struct arena_mark mark = arena_mark(&arena);
    list = arena_grow(&arena, list, room, &room, 16);
    arena_rewind(&arena, mark);
    assert_true(IS_POISONED(list + ARENA_ROOM_MIN * 16));
    assert_ptr_equal(arena_alloc(&arena, 16), list + ARENA_ROOM_MIN * 16);
    arena_fini(&arena);
}

int test_arena(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(no_memory_is_taken_before_it_is_needed),
        cmocka_unit_test(large_allocations_get_a_chunk_of_their_own),
        cmocka_unit_test(arrays_are_zeroed_after_a_rewind_too),
        cmocka_unit_test(a_rewind_gives_back_what_came_after_the_mark),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(a_reset_keeps_the_oldest_chunk),
        cmocka_unit_test(what_ends_with_it_is_told_newest_first),
        cmocka_unit_test(what_is_not_handed_out_is_poisoned),
        cmocka_unit_test(the_limit_calls_on_full),
        cmocka_unit_test(the_limit_without_on_full_ends_the_process),
        cmocka_unit_test(the_limit_itself_can_be_used),
        cmocka_unit_test(texts_are_made),
        cmocka_unit_test(a_wiped_arena_holds_nothing_of_what_it_held),
        cmocka_unit_test(a_list_alone_grows_where_it_stands),
        cmocka_unit_test(a_list_with_a_neighbour_moves),
        cmocka_unit_test(a_list_may_begin_outside_of_the_arena),
        cmocka_unit_test(a_list_that_grew_past_a_mark_is_cut_by_the_rewind),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
