/*
 * An intrusive doubly linked ring. The node stands inside the object; the head is a node
 * of its own. A node that is in no list points to itself, so that removing it twice is
 * harmless. No memory is owned here. Not thread-safe.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *node)
{
    node->next = node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_after(struct list *at, struct list *node)
{
    node->next = at->next;
    node->prev = at;
    at->next->prev = node;
    at->next = node;
}

static inline void list_push_front(struct list *head, struct list *node)
{
    list_insert_after(head, node);
}

static inline void list_push_back(struct list *head, struct list *node)
{
    list_insert_after(head->prev, node);
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
    return list_empty(head) ? NULL : head->prev;
}

static inline struct list *list_pop_front(struct list *head)
{
    struct list *node = list_first(head);
    if (node)
        list_remove(node);
    return node;
}

/* Walks the ring; the body may remove `node` itself and nothing else. */
#define LIST_EACH(node, head)                                                            \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);    \
         node = node##_next, node##_next = node->next)

#endif
