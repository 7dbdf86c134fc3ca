#include "base/list.h"
#include "support/unit.h"
#include "tests.h"

struct item {
    int value;
    struct list node;
};

static int value_of(const struct list *node)
{
    return CONTAINER_OF(node, const struct item, node)->value;
}

/* The values in the ring as decimal digits. */
static int digits(const struct list *head)
{
    int all = 0;
    for (const struct list *node = head->next; node != head; node = node->next) {
        assert_ptr_equal(node->next->prev, node);
        all = all * 10 + value_of(node);
    }
    return all;
}

static void nodes_stand_in_the_order_they_were_put(void **state)
{
    (void)state;
    struct list head;
    struct item items[] = {{1, {0}}, {2, {0}}, {3, {0}}, {4, {0}}};
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    assert_null(list_last(&head));
    list_push_back(&head, &items[0].node);
    list_push_back(&head, &items[1].node);
    list_push_front(&head, &items[2].node);
    list_insert_after(&items[0].node, &items[3].node);
    assert_int_equal(digits(&head), 3142);
    assert_ptr_equal(list_first(&head), &items[2].node);
    assert_ptr_equal(list_last(&head), &items[1].node);
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    struct list head;
    struct item items[] = {{1, {0}}, {2, {0}}, {3, {0}}};
    list_init(&head);
    for (size_t i = 0; i < 3; i++)
        list_push_back(&head, &items[i].node);
    list_remove(&items[1].node);
    list_remove(&items[1].node);
    assert_true(list_empty(&items[1].node));
    assert_int_equal(digits(&head), 13);
}

static void the_front_is_taken_until_nothing_is_left(void **state)
{
    (void)state;
    struct list head;
    struct item items[] = {{1, {0}}, {2, {0}}};
    list_init(&head);
    list_push_back(&head, &items[0].node);
    list_push_back(&head, &items[1].node);
    assert_int_equal(value_of(list_pop_front(&head)), 1);
    assert_int_equal(value_of(list_pop_front(&head)), 2);
    assert_null(list_pop_front(&head));
}

static void a_walk_may_remove_its_node(void **state)
{
    (void)state;
    struct list head;
    struct item items[6];
    list_init(&head);
    for (int i = 0; i < 6; i++) {
        items[i].value = i + 1;
        list_push_back(&head, &items[i].node);
    }
    int seen = 0;
    LIST_EACH(node, &head)
    {
        seen++;
        if (value_of(node) % 2)
            list_remove(node);
    }
    assert_int_equal(seen, 6);
    assert_int_equal(digits(&head), 246);
}

int test_list(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_stand_in_the_order_they_were_put),
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(the_front_is_taken_until_nothing_is_left),
        cmocka_unit_test(a_walk_may_remove_its_node),
    };
    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
