/*
 * Object constructors and group-by, which are one thing: each pair's key is evaluated for
 * each item, items of equal keys are put together, and the pair's value is evaluated once
 * for each key with what was put together as its context. Keys keep the order in which
 * they first came.
 *
 * The keys are the members of the object to be; each has its group at the same place.
 */
#include "jsonata/eval.h"
#include "jsonata/members.h"

struct group {
    uint32_t pair;
    uint32_t n; /* items, linked: the newest first */
    uint32_t last;
    struct json alone; /* the item, while there is one */
};

struct entry {
    struct json item;
    uint32_t before; /* of the same group; UINT32_MAX: none */
};

struct grouping {
    struct eval *eval;
    const struct node *object;
    struct members members;
    struct group *groups;
    uint32_t group_n, group_room;
    struct entry *entries;
    uint32_t entry_n, entry_room;
};

static void *grown(struct eval *eval, const void *items, uint32_t n, uint32_t *room,
                   size_t each)
{
    if (n == *room)
        eval_charge(eval, n / 2);
    return arena_grow(&eval->arena, items, n, room, each);
}

static struct group *group_for(struct grouping *g, str key, uint32_t pair)
{
    uint32_t place = members_place(&g->members, key);
    if (place < g->group_n) {
        struct group *group = &g->groups[place];
        if (group->pair != pair)
            eval_throw(g->eval, &(struct jsonata_fault){
                                    .code = JSONATA_D1009,
                                    .position = g->object->items[pair]->position,
                                    .value = json_of_text(key)});
        return group;
    }
    g->groups = grown(g->eval, g->groups, g->group_n, &g->group_room, sizeof(*g->groups));
    struct group *group = &g->groups[g->group_n++];
    *group = (struct group){.pair = pair, .last = UINT32_MAX};
    return group;
}

static void add(struct grouping *g, struct group *group, struct json item)
{
    g->entries =
        grown(g->eval, g->entries, g->entry_n, &g->entry_room, sizeof(*g->entries));
    g->entries[g->entry_n] = (struct entry){item, group->last};
    group->last = g->entry_n++;
    group->alone = item;
    group->n++;
}

static bool read_key(struct eval *eval, const struct node *node, struct json context,
                     struct frame *frame, str *ret_key)
{
    struct json key = eval_node(eval, node, context, frame);
    if (eval_is_nothing(key))
        return false;
    if (key.type != JSON_STRING)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T1003,
                                                 .position = node->position,
                                                 .value = key});
    *ret_key = json_text(&key);
    return true;
}

static void sort_item(struct grouping *g, struct json item, bool tuples,
                      struct frame *frame)
{
    struct json context = item;
    str key;
    if (tuples) {
        frame = eval_tuple_frame(g->eval, frame, item.u.items);
        context = item.u.items[0];
    }
    for (uint32_t i = 0; i < g->object->n; i += 2)
        if (read_key(g->eval, g->object->items[i], context, frame, &key))
            add(g, group_for(g, key, i), item);
}

/* The items of a group one after the other; arrays among them are spread, as everywhere
 * that values are put together. */
static struct json items_of(struct grouping *g, const struct group *group, int64_t slot)
{
    struct eval *eval = g->eval;
    uint32_t base = eval->stack_n;
    struct json *order = arena_alloc(&eval->arena, group->n * sizeof(*order));
    uint32_t at = group->last;
    for (uint32_t i = group->n; i-- > 0; at = g->entries[at].before) {
        struct json item = g->entries[at].item;
        order[i] = slot < 0 ? item : item.u.items[slot];
    }
    if (group->n == 1)
        return order[0];
    for (uint32_t i = 0; i < group->n; i++) {
        if (order[i].type == JSONATA_UNBOUND || eval_is_nothing(order[i]))
            continue;
        if (eval_is_array(order[i]))
            eval_push_items(eval, order[i]);
        else
            eval_push(eval, order[i]);
    }
    return eval_gather(eval, base, 0);
}

/* One tuple for a group: each slot holds what its tuples had there. */
static struct json reduced(struct grouping *g, const struct group *group)
{
    struct eval *eval = g->eval;
    uint32_t n = eval->module->program->tuple_slots + 1;
    struct json *tuple = arena_alloc(&eval->arena, n * sizeof(*tuple));
    for (uint32_t i = 0; i < n; i++) {
        tuple[i] = items_of(g, group, i);
        bool bound = g->entries[group->last].item.u.items[i].type != JSONATA_UNBOUND;
        if (!bound)
            tuple[i] = (struct json){.type = JSONATA_UNBOUND};
    }
    return (struct json){.type = JSON_ARRAY, .n = n, .u.items = tuple};
}

static struct json value_of(struct grouping *g, const struct group *group, bool tuples,
                            struct frame *frame)
{
    const struct node *node = g->object->items[group->pair + 1];
    if (!tuples)
        return eval_node(g->eval, node,
                         group->n == 1 ? group->alone : items_of(g, group, -1), frame);
    struct json tuple = reduced(g, group);
    frame = eval_tuple_frame(g->eval, frame, tuple.u.items);
    return eval_node(g->eval, node, tuple.u.items[0], frame);
}

static struct json object_of(struct json_member *members, uint32_t n)
{
    return (struct json){.type = JSON_OBJECT, .n = n, .u.members = members};
}

static struct json_member member_of(str key, struct json value)
{
    return (struct json_member){key.p, (uint32_t)key.n, 0, value};
}

struct json eval_group(struct eval *eval, const struct node *object, struct json input,
                       struct frame *frame)
{
    struct grouping g = {.eval = eval, .object = object, .members = members_in(eval)};
    bool tuples = input.mark & MARK_TUPLES;
    bool empty = eval_is_array(input) && input.n == 0;
    if (!eval_is_array(input) || (empty && !tuples))
        input = eval_single(eval, empty ? eval_nothing() : input, 0);
    for (uint32_t i = 0; i < input.n; i++)
        sort_item(&g, eval_item(input, i), tuples, frame);
    struct json_member *members = g.members.items;
    uint32_t n = 0;
    for (uint32_t i = 0; i < g.group_n; i++) {
        struct json value = value_of(&g, &g.groups[i], tuples, frame);
        if (!eval_is_nothing(value))
            members[n++] = member_of(json_key(&members[i]), value);
    }
    return object_of(members, n);
}

/* Its keys are strings that differ, and its context is one item: nothing to group. */
static bool is_plain(const struct node *node, struct json input)
{
    return (node->flags & NODE_PLAIN_KEYS) && (!eval_is_array(input) || input.n == 1);
}

static struct json plain_object(struct eval *eval, const struct node *node,
                                struct json context, struct frame *frame)
{
    struct json_member *members =
        arena_alloc(&eval->arena, (node->n / 2 + 1) * sizeof(*members));
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->n; i += 2) {
        struct json value = eval_node(eval, node->items[i + 1], context, frame);
        if (!eval_is_nothing(value))
            members[n++] = member_of(json_text(&node->items[i]->value), value);
    }
    return object_of(members, n);
}

struct json eval_object(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    if (!is_plain(node, input))
        return eval_group(eval, node, input, frame);
    if (eval_is_array(input))
        input = eval_item(input, 0);
    return plain_object(eval, node, input, frame);
}
