/*
 * Frames are made by the expression as a whole, by blocks and lambdas that bind a name,
 * and around what is evaluated for a tuple. A variable may live in any of them that binds
 * its name, in the innermost that has a value when it is asked: a block that assigns a
 * name later reads the outer one until then. What no frame binds comes from outside.
 */
#include "jsonata/function.h"
#include "jsonata/node.h"

struct walk {
    struct program *program;
    struct arena *arena;
    struct scope *tuples; /* the names of tuple slots, the same for all paths */
};

static void visit(struct walk *w, struct node *node, struct scope *scope);

static uint32_t add_name(struct arena *arena, struct scope *scope, str name)
{
    for (uint32_t i = 0; i < scope->n; i++)
        if (str_eq(scope->names[i], name))
            return i;
    scope->names = arena_grow(arena, scope->names, scope->n, &scope->room, sizeof(str));
    scope->names[scope->n] = name;
    return scope->n++;
}

/* --- what a frame binds --- */

static void find_binds(struct walk *w, const struct node *node, struct scope *scope)
{
    if (!node || node->type == NODE_BLOCK || node->type == NODE_LAMBDA)
        return;
    if (node->type == NODE_BIND)
        add_name(w->arena, scope, json_text(&node->value));
    find_binds(w, node->left, scope);
    find_binds(w, node->right, scope);
    find_binds(w, node->third, scope);
    find_binds(w, node->group, scope);
    for (uint32_t i = 0; i < node->n; i++)
        find_binds(w, node->items[i], scope);
    for (uint32_t i = 0; i < node->stage_n; i++)
        find_binds(w, node->stages[i].filter, scope);
}

static struct scope *new_scope(struct walk *w, struct scope *up)
{
    struct scope *scope = arena_zalloc(w->arena, sizeof(*scope));
    scope->up = up;
    return scope;
}

/* --- where a name lives --- */

static void add_place(struct walk *w, struct node *node, uint32_t hops, uint32_t slot)
{
    struct place *places = arena_array(w->arena, node->place_n + 1, sizeof(*places));
    if (node->place_n)
        memcpy(places, node->places, node->place_n * sizeof(*places));
    places[node->place_n++] = (struct place){(uint16_t)hops, (uint16_t)slot};
    node->places = places;
}

static void find_places(struct walk *w, struct node *node, const struct scope *scope,
                        str name)
{
    uint32_t hops = 0;
    for (; scope; scope = scope->up, hops++) {
        const struct scope *names = scope->tuple ? w->tuples : scope;
        for (uint32_t i = 0; i < names->n; i++)
            if (str_eq(names->names[i], name))
                add_place(w, node, hops, i);
    }
}

static uint32_t free_name(struct walk *w, str name)
{
    struct program *program = w->program;
    for (uint32_t i = 0; i < program->free_n; i++)
        if (str_eq(program->free_names[i], name))
            return i;
    program->free_names = arena_grow(w->arena, program->free_names, program->free_n,
                                     &program->free_room, sizeof(str));
    program->free_names[program->free_n] = name;
    return program->free_n++;
}

static void variable(struct walk *w, struct node *node, const struct scope *scope)
{
    str name = json_text(&node->value);
    if (name.n == 0)
        return;
    find_places(w, node, scope, name);
    node->free = free_name(w, name);
}

static void bind(struct walk *w, struct node *node, struct scope *scope)
{
    uint32_t hops = 0;
    str name = json_text(&node->value);
    while (scope->tuple) {
        scope = scope->up;
        hops++;
    }
    /* a lambda's own frame may be missing its names only if it has none */
    add_place(w, node, hops, add_name(w->arena, scope, name));
}

static void parent(struct walk *w, struct node *node, const struct scope *scope)
{
    uint32_t hops = 0;
    for (; scope; scope = scope->up, hops++)
        if (scope->tuple)
            add_place(w, node, hops, node->ancestor->label);
}

/* --- what makes frames --- */

static void visit_parts(struct walk *w, struct node *node, struct scope *scope)
{
    visit(w, node->left, scope);
    visit(w, node->right, scope);
    visit(w, node->third, scope);
    for (uint32_t i = 0; i < node->n; i++)
        visit(w, node->items[i], scope);
}

static void block(struct walk *w, struct node *node, struct scope *scope)
{
    struct scope *inner = new_scope(w, scope);
    for (uint32_t i = 0; i < node->n; i++)
        find_binds(w, node->items[i], inner);
    node->scope = inner->n ? inner : NULL;
    for (uint32_t i = 0; i < node->n; i++)
        visit(w, node->items[i], inner->n ? inner : scope);
}

static void lambda(struct walk *w, struct node *node, struct scope *scope)
{
    struct scope *inner = new_scope(w, scope);
    for (uint32_t i = 0; i < node->n; i++)
        add_name(w->arena, inner, json_text(&node->items[i]->value));
    uint32_t params = inner->n;
    find_binds(w, node->right, inner);
    node->scope = inner->n ? inner : NULL;
    for (uint32_t i = 0; i < node->n; i++)
        add_place(w, node->items[i], 0,
                  add_name(w->arena, inner, json_text(&node->items[i]->value)));
    (void)params;
    visit(w, node->right, inner->n ? inner : scope);
}

static void stages(struct walk *w, struct node *node, struct scope *scope)
{
    for (uint32_t i = 0; i < node->stage_n; i++) {
        struct stage *stage = &node->stages[i];
        visit(w, stage->filter, scope);
        if (!stage->filter)
            stage->slot = add_name(w->arena, w->tuples, stage->name);
    }
}

/* Names of tuples are known before anything that may use them is visited. */
static void name_tuples(struct walk *w, struct node *node)
{
    if (node->focus.p)
        node->focus_slot = add_name(w->arena, w->tuples, node->focus);
    if (node->index.p)
        node->index_slot = add_name(w->arena, w->tuples, node->index);
    for (uint32_t i = 0; i < node->stage_n; i++)
        if (!node->stages[i].filter)
            node->stages[i].slot = add_name(w->arena, w->tuples, node->stages[i].name);
}

static void path(struct walk *w, struct node *node, struct scope *scope)
{
    struct scope *inner = scope;
    for (uint32_t i = 0; i < node->n; i++) {
        struct node *step = node->items[i];
        name_tuples(w, step);
        if ((step->flags & NODE_TUPLE) && inner == scope) {
            inner = new_scope(w, scope);
            inner->tuple = true;
        }
        visit(w, step, inner);
    }
    visit(w, node->group, inner);
}

static void visit(struct walk *w, struct node *node, struct scope *scope)
{
    if (!node)
        return;
    switch ((int)node->type) {
    case NODE_VARIABLE:
        variable(w, node, scope);
        break;
    case NODE_PARENT:
        parent(w, node, scope);
        break;
    case NODE_BIND:
        visit(w, node->right, scope);
        bind(w, node, scope);
        break;
    case NODE_BLOCK:
        block(w, node, scope);
        break;
    case NODE_LAMBDA:
        lambda(w, node, scope);
        break;
    case NODE_PATH:
        path(w, node, scope);
        break;
    default:
        visit_parts(w, node, scope);
        break;
    }
    stages(w, node, scope);
    if (node->type != NODE_PATH)
        visit(w, node->group, scope);
}

static void find_builtins(struct walk *w)
{
    struct program *program = w->program;
    struct json *values = arena_array(w->arena, program->free_n + 1, sizeof(*values));
    for (uint32_t i = 0; i < program->free_n; i++)
        values[i] = function_find(program->free_names[i]);
    program->builtins = values;
}

/* The slots of `%` have numbers already; their names are none that a text can have. */
static struct scope *new_tuples(struct walk *w)
{
    struct scope *tuples = new_scope(w, NULL);
    for (uint32_t i = 0; i < w->program->tuple_slots; i++)
        add_name(w->arena, tuples, arena_printf(w->arena, " %u", i));
    return tuples;
}

void scope_tree(struct program *program)
{
    struct walk w = {.program = program, .arena = program->arena};
    w.tuples = new_tuples(&w);
    program->root = new_scope(&w, NULL);
    find_binds(&w, program->tree, program->root);
    visit(&w, program->tree, program->root);
    program->tuple_slots = w.tuples->n;
    program->tuples = w.tuples;
    find_builtins(&w);
}
