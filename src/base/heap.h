/*
 * An intrusive 4-ary min-heap over int64 keys: schedules. The heap holds pointers to
 * nodes that stand inside their objects; push, remove and change cost O(log n), the
 * least is read in O(1). Equal keys come out in no particular order. Not thread-safe.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    size_t at; /* place in the heap + 1; 0 = in none. Zero-initialize. */
};

struct heap {
    struct heap_node **nodes;
    size_t n;
    size_t room;
};

void heap_init(struct heap *heap);
void heap_fini(struct heap *heap); /* the nodes belong to others */

void heap_push(struct heap *heap, struct heap_node *node, int64_t key);
void heap_change(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node);

static inline struct heap_node *heap_least(const struct heap *heap)
{
    return heap->n ? heap->nodes[0] : NULL;
}

static inline bool heap_holds(const struct heap_node *node)
{
    return node->at != 0;
}

#endif
