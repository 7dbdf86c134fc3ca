#include "directory/roster.h"

#include "groups.h"
#include "support/unit.h"

#include <stdlib.h>

enum { ITEMS = 3000, ROUNDS = 60000 };

struct item {
    uint64_t major;
    char minor[32];
    bool in;
};

static struct item items[ITEMS];

static struct roster_key key_of(const void *object)
{
    const struct item *item = object;
    return (struct roster_key){item->major, str_z(item->minor)};
}

static int by_key(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->major != y->major)
        return x->major < y->major ? -1 : 1;
    return strcmp(x->minor, y->minor);
}

/* Sorted, so that the order of the array is the order of the keys. */
static void make_items(void)
{
    for (int i = 0; i < ITEMS; i++) {
        items[i].major = (uint64_t)(i % 7) << 60;
        snprintf(items[i].minor, sizeof(items[i].minor), "%s%d",
                 i % 3 ? "the same start " : "", i);
        items[i].in = false;
    }
    qsort(items, ITEMS, sizeof(items[0]), by_key);
}

/* The walk from behind item `from` (-1: from the start) meets what is in, in order. */
static void assert_walk(const struct roster *roster, int from)
{
    struct roster_key after = from < 0 ? (struct roster_key){0} : key_of(&items[from]);
    struct roster_place place = roster_after(roster, after);
    for (int i = from + 1; i < ITEMS; i++)
        if (items[i].in)
            assert_ptr_equal(roster_next(roster, &place), &items[i]);
    assert_null(roster_next(roster, &place));
}

static void change_one(struct roster *roster, struct item *item, size_t *count)
{
    if (item->in) {
        assert_ptr_equal(roster_remove(roster, key_of(item)), item);
        assert_null(roster_remove(roster, key_of(item)));
        --*count;
    } else {
        assert_null(roster_put(roster, item));
        assert_ptr_equal(roster_put(roster, item), item);
        ++*count;
    }
    item->in = !item->in;
    assert_int_equal(roster->count, *count);
}

static void any_order_of_changes_keeps_the_order(void **state)
{
    struct roster roster;
    uint64_t seed = 1;
    size_t count = 0;
    (void)state;
    make_items();
    roster_init(&roster, key_of);
    for (int round = 0; round < ROUNDS; round++) {
        change_one(&roster, &items[unit_below(&seed, ITEMS)], &count);
        if (round % 1000 == 0)
            assert_walk(&roster, (int)unit_below(&seed, ITEMS + 1) - 1);
    }
    for (int i = 0; i < ITEMS; i++)
        if (items[i].in)
            change_one(&roster, &items[i], &count);
    assert_int_equal(roster.block_n, 0);
    roster_fini(&roster);
}

static void sorted_and_reversed_arrivals_are_kept(void **state)
{
    (void)state;
    make_items();
    for (int backwards = 0; backwards < 2; backwards++) {
        struct roster roster;
        size_t count = 0;
        roster_init(&roster, key_of);
        for (int i = 0; i < ITEMS; i++)
            change_one(&roster, &items[backwards ? ITEMS - 1 - i : i], &count);
        assert_walk(&roster, -1);
        assert_walk(&roster, ITEMS / 2);
        if (!backwards) /* blocks that come sorted stay full */
            assert_true(roster.block_n <= ITEMS / 127 + 1);
        for (int i = 0; i < ITEMS; i++)
            change_one(&roster, &items[i], &count);
        roster_fini(&roster);
    }
}

static void an_equal_key_takes_the_place(void **state)
{
    struct item first = {1, "1", true}, second = {1, "1", true};
    struct roster roster;
    struct roster_place place = {0};
    (void)state;
    roster_init(&roster, key_of);
    assert_null(roster_put(&roster, &first));
    assert_ptr_equal(roster_put(&roster, &second), &first);
    assert_ptr_equal(roster_next(&roster, &place), &second);
    assert_null(roster_remove(&roster, (struct roster_key){1, STR("0")}));
    assert_null(roster_remove(&roster, (struct roster_key){2, STR("")}));
    roster_fini(&roster);
}

int test_roster(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_changes_keeps_the_order),
        cmocka_unit_test(sorted_and_reversed_arrivals_are_kept),
        cmocka_unit_test(an_equal_key_takes_the_place),
    };
    return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
