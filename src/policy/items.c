/*
 * An item is judged as an answer of its own, by the same table: its body is the item.
 */
#include "policy/items.h"

enum {
    LISTS_MAX = 4,
    ITEMS_USUAL = 100,
    ITEMS_MAX = 1000,
    STATUS_OF_ITEMS = 200,
    STATUS_MIN = 100,
    STATUS_MAX = 599
};

/* --- reading the document --- */

static void read_lists(struct binder *binder, const struct json *value, void *field)
{
    bool many = json_is(value, JSON_ARRAY);
    uint32_t n = many ? value->n : 1;
    if (n == 0 || n > LISTS_MAX) {
        bind_fault(binder, "must have 1 to %d JSON pointers.", LISTS_MAX);
        return;
    }
    struct pointer *pointers = arena_array(binder->arena, n, sizeof(*pointers));
    for (uint32_t i = 0; i < n; i++) {
        const struct json *one = many ? &value->u.items[i] : value;
        if (!json_is(one, JSON_STRING) ||
            !pointer_parse(binder->arena, json_text(one), POINTER_RFC6901, &pointers[i]))
            bind_fault(binder, "must be a JSON pointer to a list, such as \"/results\"; "
                               "\"\" is the whole body.");
    }
    *(struct bind_list *)field = (struct bind_list){pointers, n};
}

static const struct bind_row rows[] = {
    {.name = "at",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct item_rule, at),
     .required = true,
     .custom = read_lists,
     .custom_schema = "{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^(/|$)\"},"
                      "{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
                      "\"minItems\":1,\"maxItems\":4}]}",
     .doc = "Where the items stand, as a JSON pointer to a list of them; or several, "
            "where those that failed have a list of their own."},
    {.name = "status",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct item_rule, status),
     .table = &signal_table,
     .doc = "Where an item has its HTTP status; without one it is 200."},
    {.name = "errors",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct item_rule, errors),
     .table = &error_table,
     .doc = "What an item says, as the errors block has it of an answer: pointers are "
            "those of the item."},
    {.name = "index",
     .kind = BIND_LIST,
     .offset = offsetof(struct item_rule, index),
     .max = 4,
     .table = &signal_table,
     .doc = "Where an item says which of the request's it is about, from 0; the first "
            "that is there counts. Its place in the list unless given."},
    {.name = "max",
     .kind = BIND_UINT,
     .offset = offsetof(struct item_rule, max),
     .min = 1,
     .max = ITEMS_MAX,
     .doc = "How many the vendor takes in a request; 100."},
};

static void init_rule(void *obj)
{
    struct item_rule *rule = obj;
    rule->max = ITEMS_USUAL;
}

const struct bind_table item_table = {
    .name = "items block",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct item_rule),
    .init = init_rule,
};

/* --- judging --- */

static int status_of(const struct item_rule *rule, const struct answer *item,
                     struct arena *arena)
{
    double status;
    bool told = rule->status.source != SIGNAL_NONE &&
                signal_number(&rule->status, item, arena, &status) &&
                status >= STATUS_MIN && status <= STATUS_MAX;
    return told ? (int)status : STATUS_OF_ITEMS;
}

static struct answer answer_of(const struct answer *answer, const struct json *value)
{
    struct answer item = *answer;
    item.text = STR("");
    item.body = value;
    item.status = STATUS_OF_ITEMS;
    return item;
}

static bool is_failed(const struct item_rule *rule, const struct answer *answer,
                      const struct json *value, struct arena *arena,
                      struct item_failure *ret_failure)
{
    struct answer item = answer_of(answer, value);
    item.status = status_of(rule, &item, arena);
    enum outcome_class class = outcome_of_answer(&rule->errors, &item, false, arena);
    if (class == OUTCOME_OK)
        return false;
    ret_failure->class = class;
    outcome_vendor_error(&rule->errors, &item, arena, &ret_failure->error);
    return true;
}

bool items_failed(const struct item_rule *rule, const struct answer *answer,
                  struct arena *arena, struct item_failure *ret_failure)
{
    const struct pointer *lists = rule->at.items;
    for (uint32_t i = 0; answer->body && i < rule->at.n; i++) {
        const struct json *list = pointer_find(&lists[i], answer->body);
        for (uint32_t k = 0; list && json_is(list, JSON_ARRAY) && k < list->n; k++)
            if (is_failed(rule, answer, &list->u.items[k], arena, ret_failure))
                return true;
    }
    return false;
}

/* Of which item of the request it is; `n`: of none of them. */
static uint32_t index_of(const struct item_rule *rule, const struct answer *answer,
                         const struct json *value, uint32_t place, struct arena *arena,
                         uint32_t n)
{
    const struct signal *signals = rule->index.items;
    struct answer item = answer_of(answer, value);
    double index;
    if (rule->index.n == 0)
        return rule->at.n == 1 && place < n ? place : n;
    for (uint32_t i = 0; i < rule->index.n; i++)
        if (signal_number(&signals[i], &item, arena, &index))
            return index >= 0 && index < n ? (uint32_t)index : n;
    return n;
}

void items_read(const struct item_rule *rule, const struct answer *answer,
                struct arena *arena, struct batch_item *ret_items, uint32_t n)
{
    const struct pointer *lists = rule->at.items;
    memset(ret_items, 0, n * sizeof(ret_items[0]));
    for (uint32_t i = 0; answer->body && i < rule->at.n; i++) {
        const struct json *list = pointer_find(&lists[i], answer->body);
        for (uint32_t k = 0; list && json_is(list, JSON_ARRAY) && k < list->n; k++) {
            const struct json *value = &list->u.items[k];
            uint32_t index = index_of(rule, answer, value, k, arena, n);
            if (index == n)
                continue;
            struct batch_item *item = &ret_items[index];
            item->value = value;
            item->failed = is_failed(rule, answer, value, arena, &item->failure);
        }
    }
}
