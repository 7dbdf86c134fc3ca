/*
 * One function a kind of node. A node's value is what its function gives, filtered and
 * grouped as the node says, and finished: a sequence of one item is that item.
 */
#include "jsonata/eval.h"

#include "jsonata/function.h"

static struct json literal(struct eval *eval, const struct node *node, struct json input,
                           struct frame *frame)
{
    (void)eval, (void)input, (void)frame;
    return node->value;
}

/* --- variables --- */

struct frame *eval_frame(struct eval *eval, struct frame *up, const struct scope *scope)
{
    uint32_t n = scope ? scope->n : 0;
    struct frame *frame =
        arena_alloc(&eval->arena, sizeof(*frame) + n * sizeof(frame->slots[0]));
    frame->up = up;
    frame->scope = scope;
    for (uint32_t i = 0; i < n; i++)
        frame->slots[i] = (struct json){.type = JSONATA_UNBOUND};
    return frame;
}

static struct json *slot_at(struct frame *frame, struct place place)
{
    for (uint16_t i = 0; i < place.hops; i++)
        frame = frame->up;
    return &frame->slots[place.slot];
}

const struct json *eval_find(const struct module *module, const struct frame *frame,
                             str name)
{
    for (; frame; frame = frame->up) {
        const struct scope *scope = frame->scope ? frame->scope : module->program->tuples;
        for (uint32_t i = 0; i < scope->n; i++)
            if (str_eq(scope->names[i], name) && frame->slots[i].type != JSONATA_UNBOUND)
                return &frame->slots[i];
    }
    return NULL;
}

static struct json from_outside(struct eval *eval, const struct node *node)
{
    str name = json_text(&node->value);
    const struct module *module = eval->module;
    for (; module->caller; module = module->caller) {
        const struct json *bound = eval_find(module->caller, module->caller_frame, name);
        if (bound)
            return *bound;
    }
    for (const struct extra *extra = eval->extras; extra; extra = extra->next)
        if (str_eq(extra->name, name))
            return extra->value;
    return eval->module->free_values[node->free];
}

static struct json variable(struct eval *eval, const struct node *node, struct json input,
                            struct frame *frame)
{
    (void)input;
    for (uint32_t i = 0; i < node->place_n; i++) {
        const struct json *slot = slot_at(frame, node->places[i]);
        if (slot->type != JSONATA_UNBOUND)
            return *slot;
    }
    return from_outside(eval, node);
}

/* $ */
static struct json context(struct eval *eval, const struct node *node, struct json input,
                           struct frame *frame)
{
    (void)eval, (void)node, (void)frame;
    return input.mark & MARK_OUTER ? input.u.items[0] : input;
}

struct json eval_parent(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    (void)eval, (void)input;
    for (uint32_t i = 0; i < node->place_n; i++) {
        const struct json *slot = slot_at(frame, node->places[i]);
        if (slot->type != JSONATA_UNBOUND)
            return *slot;
    }
    return eval_nothing();
}

static struct json bind(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    struct json value = eval_node(eval, node->right, input, frame);
    *slot_at(frame, node->places[0]) = value;
    return value;
}

/* --- blocks and choices --- */

static struct json block(struct eval *eval, const struct node *node, struct json input,
                         struct frame *frame)
{
    struct json value = eval_nothing();
    if (node->scope)
        frame = eval_frame(eval, frame, node->scope);
    for (uint32_t i = 0; i < node->n; i++)
        value = eval_node(eval, node->items[i], input, frame);
    return value;
}

static struct json condition(struct eval *eval, const struct node *node,
                             struct json input, struct frame *frame)
{
    if (eval_truth(eval, eval_node(eval, node->left, input, frame)))
        return eval_node(eval, node->right, input, frame);
    return node->third ? eval_node(eval, node->third, input, frame) : eval_nothing();
}

static struct json coalesce(struct eval *eval, const struct node *node, struct json input,
                            struct frame *frame)
{
    struct json value = eval_node(eval, node->left, input, frame);
    if (!eval_is_nothing(value))
        return value;
    return eval_node(eval, node->right, input, frame);
}

static struct json elvis(struct eval *eval, const struct node *node, struct json input,
                         struct frame *frame)
{
    struct json value = eval_node(eval, node->left, input, frame);
    if (eval_truth(eval, value))
        return value;
    return eval_node(eval, node->right, input, frame);
}

/* --- array constructors --- */

/* What is itself written as an array is one item; the items of others are spread. */
static void add_item(struct eval *eval, const struct node *item, struct json value)
{
    if (eval_is_nothing(value))
        return;
    if (item->type != NODE_ARRAY && eval_is_array(value))
        eval_push_items(eval, value);
    else
        eval_push(eval, value);
}

static struct json array(struct eval *eval, const struct node *node, struct json input,
                         struct frame *frame)
{
    uint32_t base = eval->stack_n;
    uint16_t marks = node->flags & NODE_CONS ? MARK_CONS : 0;
    if (node->n == 1 && node->items[0]->type == NODE_RANGE) {
        struct json range = eval_node(eval, node->items[0], input, frame);
        if (eval_is_nothing(range))
            return eval_array(eval, NULL, 0, marks);
        if (!eval_is_array(range))
            return eval_single(eval, range, marks);
        range.mark = (uint16_t)(marks | MARK_RANGE);
        return range;
    }
    for (uint32_t i = 0; i < node->n; i++)
        add_item(eval, node->items[i], eval_node(eval, node->items[i], input, frame));
    return eval_gather(eval, base, marks);
}

struct json eval_constant(struct eval *eval, const struct node *node, struct json input,
                          struct frame *frame)
{
    (void)input, (void)frame;
    eval_charge(eval, node->n);
    return node->value;
}

/* --- what comes after --- */

struct json eval_after(struct eval *eval, const struct node *node, struct json value,
                       struct frame *frame)
{
    if (!(node->flags & NODE_STEP))
        for (uint32_t i = 0; i < node->stage_n; i++)
            if (node->stages[i].filter)
                value = eval_filter(eval, node->stages[i].filter, value, frame);
    if (node->group && node->type != NODE_PATH)
        value = eval_group(eval, node->group, value, frame);
    return value;
}

/* --- which function for which node --- */

node_fn *eval_run_of(const struct node *node)
{
    static node_fn *const runs[NODE_TYPE_COUNT] = {
        [NODE_LITERAL] = literal,
        [NODE_NAME] = eval_name,
        [NODE_VARIABLE] = variable,
        [NODE_WILDCARD] = eval_wildcard,
        [NODE_DESCENDANT] = eval_descendant,
        [NODE_PARENT] = eval_parent,
        [NODE_REGEX] = eval_regex,
        [NODE_PATH] = eval_path,
        [NODE_BINARY] = eval_binary,
        [NODE_NEGATE] = eval_negate,
        [NODE_ARRAY] = array,
        [NODE_RANGE] = eval_range,
        [NODE_OBJECT] = eval_object,
        [NODE_BLOCK] = block,
        [NODE_BIND] = bind,
        [NODE_CONDITION] = condition,
        [NODE_COALESCE] = coalesce,
        [NODE_ELVIS] = elvis,
        [NODE_CALL] = eval_call,
        [NODE_PARTIAL] = eval_partial,
        [NODE_HOLE] = literal,
        [NODE_APPLY] = eval_apply,
        [NODE_LAMBDA] = eval_lambda,
        [NODE_TRANSFORM] = eval_transform,
        [NODE_SORT] = eval_sort,
    };
    if (node->type == NODE_VARIABLE && node->value.n == 0)
        return context;
    return runs[node->type];
}
