#include "base/heap.h"

#include "base/check.h"
#include "base/mem.h"

enum { ARITY = 4, ROOM_MIN = 16 };

void heap_init(struct heap *heap)
{
    *heap = (struct heap){0};
}

void heap_fini(struct heap *heap)
{
    mem_free(heap->nodes);
    heap_init(heap);
}

static void place(struct heap *heap, size_t at, struct heap_node *node)
{
    heap->nodes[at] = node;
    node->at = at + 1;
}

static void sift_up(struct heap *heap, size_t at, struct heap_node *node)
{
    while (at > 0) {
        size_t parent = (at - 1) / ARITY;
        if (heap->nodes[parent]->key <= node->key)
            break;
        place(heap, at, heap->nodes[parent]);
        at = parent;
    }
    place(heap, at, node);
}

static size_t least_child(const struct heap *heap, size_t at)
{
    size_t first = at * ARITY + 1;
    size_t end = first + ARITY < heap->n ? first + ARITY : heap->n;
    size_t least = first;
    for (size_t i = first + 1; i < end; i++)
        if (heap->nodes[i]->key < heap->nodes[least]->key)
            least = i;
    return least;
}

static void sift_down(struct heap *heap, size_t at, struct heap_node *node)
{
    while (at * ARITY + 1 < heap->n) {
        size_t child = least_child(heap, at);
        if (heap->nodes[child]->key >= node->key)
            break;
        place(heap, at, heap->nodes[child]);
        at = child;
    }
    place(heap, at, node);
}

void heap_push(struct heap *heap, struct heap_node *node, int64_t key)
{
    CHECK(node->at == 0);
    if (heap->n == heap->room) {
        heap->room = heap->room ? heap->room * 2 : ROOM_MIN;
        heap->nodes = mem_grow(heap->nodes, heap->room * sizeof(heap->nodes[0]));
    }
    node->key = key;
    sift_up(heap, heap->n++, node);
}

void heap_change(struct heap *heap, struct heap_node *node, int64_t key)
{
    CHECK(node->at != 0);
    bool later = key > node->key;
    node->key = key;
    if (later)
        sift_down(heap, node->at - 1, node);
    else
        sift_up(heap, node->at - 1, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    CHECK(node->at != 0);
    size_t at = node->at - 1;
    struct heap_node *last = heap->nodes[--heap->n];
    node->at = 0;
    if (last == node)
        return;
    if (last->key > node->key)
        sift_down(heap, at, last);
    else
        sift_up(heap, at, last);
}
