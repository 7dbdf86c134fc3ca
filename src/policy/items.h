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
};

extern const struct bind_table item_table;

struct item_failure {
    enum outcome_class class;  /* of the item, as if it were an answer */
    struct vendor_error error; /* what it says; its own status, 200 where it has none */
};

/* The first item of a good answer that was not done; false: all were, or there are none.
 * Texts stand in the arena or the answer. */
bool items_failed(const struct item_rule *rule, const struct answer *answer,
                  struct arena *arena, struct item_failure *ret_failure);

#endif
