/*
 * From what the text says to what is evaluated:
 *
 *   a.b.c          one PATH with steps, instead of dots within dots
 *   a[x]           x becomes a stage of the step a
 *   a{k: v}        the object becomes the group of a
 *   a^(t)          a step of its own in the path
 *   a@$v  a#$i     bindings of the step a, which makes it carry tuples
 *   %              is followed back along the steps to the one whose input it means;
 *                  that step keeps its input in a slot of the tuples
 *   f(…) as the value of a lambda is a tail call
 *
 * A `%` that has not found its step yet is `seeking` in the node that holds it, and goes
 * outwards until a path can answer it; the outermost node may have none (S0217).
 */
#include "jsonata/node.h"

struct shape {
    struct program *program;
    struct arena *arena;
    struct jsonata_fault *fault;
};

static struct node *shape(struct shape *s, struct node *node);

static struct node *fail(struct shape *s, enum jsonata_code code, const struct node *at)
{
    *s->fault = (struct jsonata_fault){
        .code = code, .position = at->position, .token = json_text(&at->value)};
    return NULL;
}

/* --- parents --- */

static void seek(struct shape *s, struct node *node, struct ancestor *ancestor)
{
    struct ancestors *list = &node->seeking;
    list->items =
        arena_grow(s->arena, list->items, list->n, &list->room, sizeof(list->items[0]));
    list->items[list->n++] = ancestor;
}

/* What `part` seeks its holder seeks too. */
static void pass_on(struct shape *s, struct node *holder, const struct node *part)
{
    for (uint32_t i = 0; i < part->seeking.n; i++)
        seek(s, holder, part->seeking.items[i]);
    if (part->type == NODE_PARENT)
        seek(s, holder, part->ancestor);
}

/* The input of this step is what was sought; steps that are found twice share the slot.
 */
static void answer(struct node *step, struct ancestor *ancestor)
{
    if (step->ancestor)
        ancestor->label = step->ancestor->label;
    step->ancestor = ancestor;
    step->parent_slot = ancestor->label;
    step->flags |= NODE_TUPLE;
}

/* One node further back. False: no `%` can pass it. */
static bool seek_in(struct shape *s, struct node *node, struct ancestor *ancestor)
{
    switch ((int)node->type) {
    case NODE_NAME:
    case NODE_WILDCARD:
        if (--ancestor->level == 0)
            answer(node, ancestor);
        return true;
    case NODE_PARENT:
        ancestor->level++;
        return true;
    case NODE_BLOCK:
        if (node->n == 0)
            return true;
        node->flags |= NODE_TUPLE;
        return seek_in(s, node->items[node->n - 1], ancestor);
    case NODE_PATH:
        node->flags |= NODE_TUPLE;
        for (uint32_t i = node->n; i-- > 0;) {
            if (!seek_in(s, node->items[i], ancestor))
                return false;
            if (ancestor->level <= 0)
                break;
        }
        return true;
    default:
        fail(s, JSONATA_S0217, node);
        return false;
    }
}

/* From the last step but one backwards. Steps that bind their focus one after another
 * all start from the same input, and count once. */
static bool find_ancestor(struct shape *s, struct node *path, struct ancestor *ancestor)
{
    int64_t at = (int64_t)path->n - 2;
    while (ancestor->level > 0) {
        if (at < 0) {
            seek(s, path, ancestor);
            return true;
        }
        struct node *step = path->items[at--];
        while (at >= 0 && step->focus.p && path->items[at]->focus.p)
            step = path->items[at--];
        if (!seek_in(s, step, ancestor))
            return false;
    }
    return true;
}

static bool find_ancestors(struct shape *s, struct node *path)
{
    struct node *last = path->items[path->n - 1];
    struct ancestors sought = last->seeking;
    if (last->type == NODE_PARENT) {
        struct node holder = {.seeking = sought};
        seek(s, &holder, last->ancestor);
        sought = holder.seeking;
    }
    for (uint32_t i = 0; i < sought.n; i++)
        if (!find_ancestor(s, path, sought.items[i]))
            return false;
    return true;
}

static struct node *parent(struct shape *s, struct node *node)
{
    struct ancestor *ancestor = arena_zalloc(s->arena, sizeof(*ancestor));
    *ancestor = (struct ancestor){s->program->tuple_slots++, 1};
    node->ancestor = ancestor;
    return node;
}

/* --- paths --- */

static struct node *new_path(struct shape *s, struct node *first)
{
    struct node *path = arena_zalloc(s->arena, sizeof(*path));
    path->type = NODE_PATH;
    path->position = first->position;
    path->focus_slot = path->index_slot = path->parent_slot = path->free = SLOT_NONE;
    path->items = arena_array(s->arena, 4, sizeof(struct node *));
    path->stage_room = 4; /* of a PATH: room for steps */
    path->items[path->n++] = first;
    if (first->stage_n == 0)
        first->flags |= NODE_STEP;
    return path;
}

static void add_step(struct shape *s, struct node *path, struct node *step)
{
    path->items = arena_grow(s->arena, path->items, path->n, &path->stage_room,
                             sizeof(struct node *));
    path->items[path->n++] = step;
    step->flags |= NODE_STEP;
}

static bool is_step(struct shape *s, struct node *step)
{
    if (step->type != NODE_LITERAL)
        return true;
    if (step->value.type == JSON_STRING) {
        step->type = NODE_NAME;
        return true;
    }
    fail(s, JSONATA_S0213, step);
    s->fault->value = step->value;
    return false;
}

/* What the steps say about the path as a whole. */
static bool finish_path(struct shape *s, struct node *path)
{
    for (uint32_t i = 0; i < path->n; i++) {
        if (!is_step(s, path->items[i]))
            return false;
        if (path->items[i]->flags & NODE_KEEP_ARRAY)
            path->flags |= NODE_KEEP_SINGLETON;
    }
    struct node *ends[] = {path->items[0], path->items[path->n - 1]};
    for (int i = 0; i < 2; i++)
        if (ends[i]->type == NODE_ARRAY)
            ends[i]->flags |= NODE_CONS;
    return find_ancestors(s, path);
}

static struct node *dot(struct shape *s, struct node *node)
{
    struct node *left = shape(s, node->left);
    if (!left)
        return NULL;
    struct node *path = left->type == NODE_PATH ? left : new_path(s, left);
    if (left->type == NODE_PARENT)
        seek(s, path, left->ancestor);
    struct node *right = shape(s, node->right);
    if (!right)
        return NULL;
    if (right->type == NODE_PATH)
        for (uint32_t i = 0; i < right->n; i++)
            add_step(s, path, right->items[i]);
    else
        add_step(s, path, right);
    return finish_path(s, path) ? path : NULL;
}

static struct node *last_step(struct node *node)
{
    return node->type == NODE_PATH ? node->items[node->n - 1] : node;
}

static void add_stage(struct shape *s, struct node *step, struct stage stage)
{
    step->stages = arena_grow(s->arena, step->stages, step->stage_n, &step->stage_room,
                              sizeof(struct stage));
    step->stages[step->stage_n++] = stage;
}

static struct node *filter(struct shape *s, struct node *node)
{
    struct node *result = shape(s, node->left);
    if (!result)
        return NULL;
    struct node *step = last_step(result);
    if (step->group && step == result && result->type != NODE_PATH)
        return fail(s, JSONATA_S0209, node);
    struct node *filter = shape(s, node->right);
    if (!filter)
        return NULL;
    struct node holder = {.flags = 0};
    pass_on(s, &holder, filter);
    for (uint32_t i = 0; i < holder.seeking.n; i++) {
        struct ancestor *ancestor = holder.seeking.items[i];
        if (ancestor->level != 1)
            ancestor->level--;
        else if (!seek_in(s, step, ancestor))
            return NULL;
    }
    pass_on(s, step, filter);
    add_stage(s, step, (struct stage){.filter = filter, .slot = SLOT_NONE});
    return result;
}

static bool shape_items(struct shape *s, struct node *node);

static struct node *group(struct shape *s, struct node *node)
{
    struct node *result = shape(s, node->left);
    if (!result)
        return NULL;
    if (result->group)
        return fail(s, JSONATA_S0210, node);
    if (!shape_items(s, node->right))
        return NULL;
    result->group = node->right;
    return result;
}

static struct node *sort(struct shape *s, struct node *node)
{
    struct node *path = shape(s, node->left);
    if (!path)
        return NULL;
    if (path->type != NODE_PATH)
        path = new_path(s, path);
    struct node *step = node->right;
    for (uint32_t i = 0; i < step->n; i++) {
        uint16_t descending = step->items[i]->flags & NODE_DESCENDING;
        step->items[i]->flags &= (uint16_t)~NODE_DESCENDING;
        struct node *term = shape(s, step->items[i]);
        if (!term)
            return NULL;
        if (descending)
            term->flags |= NODE_DESCENDING;
        step->items[i] = term;
        pass_on(s, step, term);
    }
    add_step(s, path, step);
    return find_ancestors(s, path) ? path : NULL;
}

static struct node *focus(struct shape *s, struct node *node)
{
    struct node *result = shape(s, node->left);
    if (!result)
        return NULL;
    struct node *step = last_step(result);
    if (step->stage_n)
        return fail(s, JSONATA_S0215, node);
    if (step->type == NODE_SORT)
        return fail(s, JSONATA_S0216, node);
    step->flags |= NODE_TUPLE | (node->flags & NODE_KEEP_ARRAY);
    step->focus = json_text(&node->right->value);
    return result;
}

static struct node *index_of(struct shape *s, struct node *node)
{
    struct node *result = shape(s, node->left);
    if (!result)
        return NULL;
    struct node *step = last_step(result);
    str name = json_text(&node->right->value);
    if (result->type != NODE_PATH) {
        result = new_path(s, result);
        step->flags |= NODE_STEP;
    }
    if (step->stage_n == 0)
        step->index = name;
    else
        add_stage(s, step, (struct stage){.name = name, .slot = SLOT_NONE});
    step->flags |= NODE_TUPLE;
    return result;
}

static struct node *name(struct shape *s, struct node *node)
{
    uint16_t keep = node->flags & NODE_KEEP_ARRAY;
    struct node *path = new_path(s, node);
    if (keep)
        path->flags |= NODE_KEEP_SINGLETON;
    return path;
}

/* --- the others --- */

/* The value of a lambda may be a call: it is made when the lambda has ended. */
static void mark_tail(struct node *node)
{
    if (node->type == NODE_CALL && node->stage_n == 0 && !node->group) {
        node->flags |= NODE_TAIL;
    } else if (node->type == NODE_CONDITION) {
        mark_tail(node->right);
        if (node->third)
            mark_tail(node->third);
    } else if (node->type == NODE_COALESCE || node->type == NODE_ELVIS) {
        mark_tail(node->right);
    } else if (node->type == NODE_BLOCK && node->n) {
        mark_tail(node->items[node->n - 1]);
    }
}

static bool shape_part(struct shape *s, struct node *holder, struct node **part)
{
    if (!*part)
        return true;
    *part = shape(s, *part);
    if (*part)
        pass_on(s, holder, *part);
    return *part != NULL;
}

static bool shape_items(struct shape *s, struct node *node)
{
    for (uint32_t i = 0; i < node->n; i++)
        if (!shape_part(s, node, &node->items[i]))
            return false;
    return true;
}

/* The function of a call is no part of what is looked at. */
static bool shape_callee(struct shape *s, struct node *node)
{
    node->left = shape(s, node->left);
    return node->left && shape_part(s, node, &node->third) && shape_items(s, node);
}

static bool shape_parts(struct shape *s, struct node *node)
{
    return shape_part(s, node, &node->left) && shape_part(s, node, &node->right) &&
           shape_part(s, node, &node->third) && shape_items(s, node);
}

static struct node *lambda(struct shape *s, struct node *node)
{
    node->right = shape(s, node->right);
    if (!node->right)
        return NULL;
    mark_tail(node->right);
    return node;
}

/* A block that ends in an array constructor is one, for the path that it is a step of. */
static struct node *block(struct shape *s, struct node *node)
{
    if (!shape_items(s, node))
        return NULL;
    for (uint32_t i = 0; i < node->n; i++) {
        struct node *item = node->items[i];
        bool path = item->type == NODE_PATH;
        if ((path ? item->items[0] : item)->flags & NODE_CONS)
            node->flags |= NODE_CONS;
    }
    return node;
}

/* `f(x)` where `$f(x)` was meant: to tell the one from the other, the variable is kept.
 */
static struct node *call(struct shape *s, struct node *node)
{
    struct node *left = node->left;
    if (left->type == NODE_NAME) {
        node->third = arena_zalloc(s->arena, sizeof(*node->third));
        *node->third = *left;
        node->third->type = NODE_VARIABLE;
        node->third->flags = 0;
    }
    return shape_callee(s, node) ? node : NULL;
}

static struct node *negate(struct shape *s, struct node *node)
{
    if (!shape_parts(s, node))
        return NULL;
    if (node->left->type != NODE_LITERAL || node->left->value.type != JSON_NUMBER)
        return node;
    node->left->value = json_of_number(-json_number(&node->left->value));
    return node->left;
}

static struct node *apply(struct shape *s, struct node *node)
{
    node->type = NODE_APPLY; /* which no `%` looks out of */
    node->left = shape(s, node->left);
    node->right = node->left ? shape(s, node->right) : NULL;
    if (!node->right)
        return NULL;
    node->flags |= (node->left->flags | node->right->flags) & NODE_KEEP_ARRAY;
    return node;
}

static struct node *operator_node(struct shape *s, struct node *node)
{
    switch ((int)node->op) {
    case OP_DOT:
        return dot(s, node);
    case OP_LEFT_BRACKET:
        return filter(s, node);
    case OP_LEFT_BRACE:
        return group(s, node);
    case OP_CARET:
        return sort(s, node);
    case OP_AT:
        return focus(s, node);
    case OP_HASH:
        return index_of(s, node);
    case OP_CHAIN:
        return apply(s, node);
    default:
        return shape_parts(s, node) ? node : NULL;
    }
}

static struct node *by_type(struct shape *s, struct node *node)
{
    switch ((int)node->type) {
    case NODE_BINARY:
        return operator_node(s, node);
    case NODE_NAME:
        return name(s, node);
    case NODE_PARENT:
        return parent(s, node);
    case NODE_LAMBDA:
        return lambda(s, node);
    case NODE_BLOCK:
        return block(s, node);
    case NODE_NEGATE:
        return negate(s, node);
    case NODE_CALL:
    case NODE_PARTIAL:
        return call(s, node);
    default:
        return shape_parts(s, node) ? node : NULL;
    }
}

static struct node *shape(struct shape *s, struct node *node)
{
    uint16_t keep = node->flags & NODE_KEEP_ARRAY;
    struct node *result = by_type(s, node);
    if (result)
        result->flags |= keep;
    return result;
}

struct node *shape_tree(struct program *program, struct node *tree,
                        struct jsonata_fault *fault)
{
    struct shape s = {program, program->arena, fault};
    struct node *result = shape(&s, tree);
    if (result && (result->type == NODE_PARENT || result->seeking.n))
        return fail(&s, JSONATA_S0217, result);
    return result;
}
