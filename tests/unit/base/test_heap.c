#include "base/heap.h"
#include "support/unit.h"
#include "tests.h"

enum { NODES = 300 };

/* The least key of the nodes that are in the heap, found one by one. */
static int64_t model_least(const struct heap_node *nodes)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < NODES; i++)
        if (heap_holds(&nodes[i]) && nodes[i].key < least)
            least = nodes[i].key;
    return least;
}

static size_t model_count(const struct heap_node *nodes)
{
    size_t n = 0;
    for (size_t i = 0; i < NODES; i++)
        n += heap_holds(&nodes[i]);
    return n;
}

static int64_t random_key(uint64_t *seed)
{
    int64_t key = (int64_t)unit_below(seed, 100) - 50;
    if (unit_below(seed, 20) == 0)
        key = unit_below(seed, 2) ? INT64_MAX : INT64_MIN;
    return key;
}

static void the_least_is_always_first(void **state)
{
    (void)state;
    struct heap heap;
    struct heap_node nodes[NODES] = {0};
    uint64_t seed = 1;
    heap_init(&heap);
    for (int round = 0; round < 20000; round++) {
        struct heap_node *node = &nodes[unit_below(&seed, NODES)];
        if (!heap_holds(node))
            heap_push(&heap, node, random_key(&seed));
        else if (unit_below(&seed, 3) == 0)
            heap_remove(&heap, node);
        else
            heap_change(&heap, node, random_key(&seed));
        assert_int_equal(heap.n, model_count(nodes));
        if (heap.n)
            assert_true(heap_least(&heap)->key == model_least(nodes));
    }
    heap_fini(&heap);
}

static void nodes_come_out_sorted(void **state)
{
    (void)state;
    struct heap heap;
    struct heap_node nodes[NODES] = {0};
    uint64_t seed = 2;
    heap_init(&heap);
    for (size_t i = 0; i < NODES; i++)
        heap_push(&heap, &nodes[i], random_key(&seed));
    int64_t before = INT64_MIN;
    for (size_t i = 0; i < NODES; i++) {
        struct heap_node *node = heap_least(&heap);
        assert_true(node->key >= before);
        before = node->key;
        heap_remove(&heap, node);
        assert_false(heap_holds(node));
    }
    assert_null(heap_least(&heap));
    heap_fini(&heap);
}

static struct heap death_heap;
static struct heap_node death_node;

static void push_twice(void)
{
    heap_push(&death_heap, &death_node, 1);
    heap_push(&death_heap, &death_node, 2);
}

static void remove_unheld(void)
{
    heap_remove(&death_heap, &death_node);
}

static void change_unheld(void)
{
    heap_change(&death_heap, &death_node, 1);
}

static void a_node_is_in_one_heap_once(void **state)
{
    (void)state;
    heap_init(&death_heap);
    assert_true(unit_dies(push_twice));
    assert_true(unit_dies(remove_unheld));
    assert_true(unit_dies(change_unheld));
}

int test_heap(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_is_always_first),
        cmocka_unit_test(nodes_come_out_sorted),
        cmocka_unit_test(a_node_is_in_one_heap_once),
    };
    return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
