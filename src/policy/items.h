/*
 * Answers that are several: those of a batch, of which each item was done or was not,
 * whatever the status of the whole (207 Multi-Status, RFC 4918 §13, or plain 200). Where
 * the items stand and what one of them says is the `items` block of a method. Pure; any
 * thread.
 */
#ifndef POLICY_ITEMS_H
#define POLICY_ITEMS_H

#include "policy/outcome.h"

struct item_rule {
    struct bind_list at;      /* struct pointer: lists of items in the body */
    struct signal status;     /* of an item: its HTTP status; else it is 200 */
    struct error_rule errors; /* the same as of an answer, of an item */
    struct bind_list index;   /* struct signal: which of the request's items it is about,
                               * from 0; none: its place in the list */
    uint64_t max;             /* items of a request */
};

extern const struct bind_table item_table;

struct item_failure {
    enum outcome_class class;  /* of the item, as if it were an answer */
    struct vendor_error error; /* what it says; its own status, 200 where it has none */
};

/* What became of one item of the request. */
struct batch_item {
    const struct json *value; /* what the answer has of it; NULL: nothing */
    bool failed;
    struct item_failure failure; /* if it failed */
};

/* All of them, by the request's order; texts as below. */
void items_read(const struct item_rule *rule, const struct answer *answer,
                struct arena *arena, struct batch_item *ret_items, uint32_t n);

/* The first item of a good answer that was not done; false: all were, or there are none.
 * Texts stand in the arena or the answer. */
bool items_failed(const struct item_rule *rule, const struct answer *answer,
                  struct arena *arena, struct item_failure *ret_failure);

#endif
