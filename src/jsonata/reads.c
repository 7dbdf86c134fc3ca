/*
 * Every node is looked at with the set of what its context may be, and gives the set of
 * what its value may be. A name leads from places to places; whatever looks into a value
 * (an operator, a function, the end of the expression) reads its places as a whole.
 *
 * Variables are taken together by name, wherever they are bound: each has one set, which
 * all its bindings add to. So is the context of a lambda, and its result. As sets only
 * grow, the whole tree is looked at again until nothing changes.
 */
#include "jsonata/reads.h"

#include "jsonata/function.h"
#include "jsonata/reads_look.h"

enum { ROUNDS_MAX = 32, STEPS_MAX = 4 * 1000 * 1000 };

static struct set visit(struct look *look, const struct node *node,
                        const struct set *context);

static void visit_and_read(struct look *look, const struct node *node,
                           const struct set *context);

/* --- variables --- */

struct binding *reads_find_binding(struct look *look, str name)
{
    for (struct binding *binding = look->bindings; binding; binding = binding->next) {
        look->places.steps++;
        if (str_eq(binding->name, name))
            return binding;
    }
    return NULL;
}

/* What later looks depend on has grown: they are due again. */
static void grow(struct look *look, struct set *set, const struct set *more)
{
    for (uint32_t i = 0; i < more->n; i++)
        if (set_add(&look->places, set, more->items[i]))
            look->places.changed = true;
}

void reads_bind(struct look *look, str name, const struct set *value)
{
    struct binding *binding = reads_find_binding(look, name);
    if (!binding) {
        binding = arena_zalloc(look->places.arena, sizeof(*binding));
        binding->name = name;
        binding->next = look->bindings;
        look->bindings = binding;
        look->places.changed = true;
    }
    grow(look, &binding->set, value);
}

struct set reads_other(struct look *look)
{
    struct set set = {0};
    set_add(&look->places, &set, &look->places.other);
    return set;
}

struct set reads_closed(struct look *look)
{
    struct set set = {0};
    set_add(&look->places, &set, &look->places.closed);
    return set;
}

static struct set whole(struct look *look)
{
    struct set set = {0};
    set_add(&look->places, &set, &look->places.root);
    return set;
}

static struct set variable(struct look *look, const struct node *node,
                           const struct set *context)
{
    str name = json_text(&node->value);
    if (name.n == 0)
        return *context;
    if (str_eq(name, STR("$")))
        return whole(look);
    struct binding *binding = reads_find_binding(look, name);
    if (binding)
        return binding->set;
    return is_function(function_find(name)) ? reads_other(look) : reads_closed(look);
}

/* --- reading --- */

/* It may be called with anything, and its result may go anywhere. */
static void let_go(struct look *look, struct thing *lambda)
{
    struct set anything = reads_other(look);
    if (lambda->read)
        return;
    place_read(&look->places, lambda);
    for (uint32_t i = 0; i < lambda->node->n; i++)
        reads_bind(look, json_text(&lambda->node->items[i]->value), &anything);
    reads_use(look, &lambda->result);
}

void reads_use(struct look *look, const struct set *set)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (set->items[i]->kind == THING_PLACE)
            place_read(&look->places, set->items[i]);
        else if (set->items[i]->kind == THING_LAMBDA)
            let_go(look, set->items[i]);
}

static void visit_and_read(struct look *look, const struct node *node,
                           const struct set *context)
{
    if (!node)
        return;
    struct set value = visit(look, node, context);
    reads_use(look, &value);
}

static void read_items(struct look *look, const struct node *node,
                       const struct set *context)
{
    for (uint32_t i = 0; i < node->n; i++)
        visit_and_read(look, node->items[i], context);
}

static struct set read_parts(struct look *look, const struct node *node,
                             const struct set *context)
{
    visit_and_read(look, node->left, context);
    visit_and_read(look, node->right, context);
    visit_and_read(look, node->third, context);
    read_items(look, node, context);
    return reads_other(look);
}

/* --- calls --- */

static struct thing *lambda_of(struct look *look, const struct node *node)
{
    for (struct thing *lambda = look->lambdas; lambda; lambda = lambda->next) {
        look->places.steps++;
        if (lambda->node == node)
            return lambda;
    }
    struct thing *lambda = arena_zalloc(look->places.arena, sizeof(*lambda));
    lambda->kind = THING_LAMBDA;
    lambda->node = node;
    lambda->next = look->lambdas;
    look->lambdas = lambda;
    return lambda;
}

static struct set lambda(struct look *look, const struct node *node,
                         const struct set *context)
{
    struct set set = {0};
    struct set nothing = {0};
    struct thing *self = lambda_of(look, node);
    grow(look, &self->context, context);
    for (uint32_t i = 0; i < node->n; i++)
        reads_bind(look, json_text(&node->items[i]->value), &nothing);
    struct set result = visit(look, node->right, &self->context);
    grow(look, &self->result, &result);
    if (self->read)
        reads_use(look, &self->result);
    set_add(&look->places, &set, self);
    return set;
}

void reads_use_given(struct look *look, const struct given *given)
{
    for (uint32_t i = 0; i < given->n; i++)
        reads_use(look, &given->args[i]);
}

static void call_lambda(struct look *look, const struct thing *lambda,
                        const struct given *given, struct set *result)
{
    const struct node *node = lambda->node;
    bool short_of = node->signature && given->n < node->n; /* the context may fill in */
    for (uint32_t i = 0; i < node->n; i++) {
        str name = json_text(&node->items[i]->value);
        if (i < given->n)
            reads_bind(look, name, &given->args[i]);
        if (short_of && i && i <= given->n)
            reads_bind(look, name, &given->args[i - 1]);
        if (short_of)
            reads_bind(look, name, &given->context);
    }
    set_add_all(&look->places, result, &lambda->result);
}

static struct set call_set(struct look *look, const struct set *callee,
                           const struct given *given)
{
    struct set result = {0};
    for (uint32_t i = 0; i < callee->n; i++)
        if (callee->items[i]->kind == THING_LAMBDA)
            call_lambda(look, callee->items[i], given, &result);
    if (set_has(callee, THING_LAMBDA) && !set_has(callee, THING_OTHER))
        return result;
    reads_use_given(look, given);
    bool closed = true;
    for (uint32_t i = 0; i < callee->n; i++)
        closed = closed && callee->items[i] != &look->places.other;
    if (!closed)
        reads_use(look, &given->context);
    set_add(&look->places, &result, closed ? &look->places.closed : &look->places.other);
    return result;
}

static struct set call_node(struct look *look, const struct node *callee,
                            const struct node *call, struct given *given)
{
    const struct builtin *builtin = reads_builtin(look, callee);
    if (builtin)
        return reads_call(look, builtin, call, given);
    struct set set = visit(look, callee, &given->context);
    return call_set(look, &set, given);
}

static void add_args(struct look *look, const struct node *call,
                     const struct set *context, struct given *given)
{
    given->context = *context;
    for (uint32_t i = 0; i < call->n; i++) {
        struct set arg = visit(look, call->items[i], context);
        if (given->n < READS_ARGS_MAX)
            given->args[given->n++] = arg;
        else
            reads_use(look, &arg);
    }
}

static struct set call(struct look *look, const struct node *node,
                       const struct set *context)
{
    struct given given = {.n = 0};
    add_args(look, node, context, &given);
    return call_node(look, node->left, node, &given);
}

static struct set apply(struct look *look, const struct node *node,
                        const struct set *context)
{
    struct given given = {.n = 1, .context = *context};
    given.args[0] = visit(look, node->left, context);
    if (set_has(&given.args[0], THING_LAMBDA)) { /* two functions made one */
        reads_use_given(look, &given);
        visit_and_read(look, node->right, context);
        return reads_closed(look);
    }
    if (node->right->type != NODE_CALL)
        return call_node(look, node->right, NULL, &given);
    add_args(look, node->right, context, &given);
    return call_node(look, node->right->left, node->right, &given);
}

/* --- paths --- */

/* Positions lead nowhere. */
static void bind_indexes(struct look *look, const struct node *step)
{
    const struct set nowhere = {0};
    if (step->index.p)
        reads_bind(look, step->index, &nowhere);
    for (uint32_t i = 0; i < step->stage_n; i++)
        if (!step->stages[i].filter)
            reads_bind(look, step->stages[i].name, &nowhere);
}

static struct set path(struct look *look, const struct node *node,
                       const struct set *context)
{
    struct set at = *context;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct node *step = node->items[i];
        struct set before = at;
        if (step->parent_slot != SLOT_NONE)
            grow(look, &look->parents[step->parent_slot], &before);
        at = visit(look, step, &before);
        bind_indexes(look, step);
        if (step->focus.p) {
            reads_bind(look, step->focus, &at);
            at = before;
        }
    }
    return at;
}

static struct set parent(struct look *look, const struct node *node)
{
    return look->parents[node->ancestor->label];
}

/* --- nodes --- */

static struct set condition(struct look *look, const struct node *node,
                            const struct set *context)
{
    struct set set = {0};
    visit_and_read(look, node->left, context);
    struct set value = visit(look, node->right, context);
    set_add_all(&look->places, &set, &value);
    if (node->third) {
        value = visit(look, node->third, context);
        set_add_all(&look->places, &set, &value);
    }
    return set;
}

static struct set otherwise(struct look *look, const struct node *node,
                            const struct set *context)
{
    struct set set = {0};
    struct set value = visit(look, node->left, context);
    if (node->type == NODE_ELVIS) /* whether it is true is looked at */
        reads_use(look, &value);
    set_add_all(&look->places, &set, &value);
    value = visit(look, node->right, context);
    set_add_all(&look->places, &set, &value);
    return set;
}

static struct set block(struct look *look, const struct node *node,
                        const struct set *context, bool all)
{
    struct set set = {0};
    for (uint32_t i = 0; i < node->n; i++) {
        struct set value = visit(look, node->items[i], context);
        if (all || i + 1 == node->n)
            set_add_all(&look->places, &set, &value);
    }
    return set;
}

static struct set assignment(struct look *look, const struct node *node,
                             const struct set *context)
{
    struct set value = visit(look, node->right, context);
    reads_bind(look, json_text(&node->value), &value);
    return value;
}

/* The pattern and what follows look at a copy, which is read as a whole when the
 * transform is applied. */
static struct set transform(struct look *look, const struct node *node)
{
    struct set anything = reads_other(look);
    read_parts(look, node, &anything);
    return reads_closed(look);
}

static struct set value_of(struct look *look, const struct node *node,
                           const struct set *context)
{
    switch ((int)node->type) {
    case NODE_LITERAL:
    case NODE_HOLE:
        return (struct set){0};
    case NODE_NAME:
        return place_step(&look->places, context, json_text(&node->value), true);
    case NODE_WILDCARD:
        return place_step(&look->places, context, STR("*"), false);
    case NODE_DESCENDANT:
        return place_step(&look->places, context, STR("**"), false);
    case NODE_VARIABLE:
        return variable(look, node, context);
    case NODE_PARENT:
        return parent(look, node);
    case NODE_PATH:
        return path(look, node, context);
    case NODE_SORT:
        read_items(look, node, context);
        return *context;
    case NODE_ARRAY:
    case NODE_BLOCK:
        return block(look, node, context, node->type == NODE_ARRAY);
    case NODE_BIND:
        return assignment(look, node, context);
    case NODE_CONDITION:
        return condition(look, node, context);
    case NODE_COALESCE:
    case NODE_ELVIS:
        return otherwise(look, node, context);
    case NODE_CALL:
        return call(look, node, context);
    case NODE_APPLY:
        return apply(look, node, context);
    case NODE_LAMBDA:
        return lambda(look, node, context);
    case NODE_TRANSFORM:
        return transform(look, node);
    case NODE_PARTIAL:
    case NODE_REGEX:
        read_parts(look, node, context);
        return reads_closed(look);
    default:
        return read_parts(look, node, context);
    }
}

/* `@` leaves the context as it was; predicates behind it may look at either. */
static struct set visit(struct look *look, const struct node *node,
                        const struct set *context)
{
    if (++look->places.steps > STEPS_MAX)
        return (struct set){0};
    struct set value = value_of(look, node, context);
    struct set inside = value;
    if (node->stage_n && node->focus.p) {
        inside = (struct set){0};
        set_add_all(&look->places, &inside, &value);
        set_add_all(&look->places, &inside, context);
    }
    for (uint32_t i = 0; i < node->stage_n; i++)
        if (node->stages[i].filter)
            visit_and_read(look, node->stages[i].filter, &inside);
    if (!node->group)
        return value;
    read_items(look, node->group, &value);
    return reads_other(look);
}

static void visit_tree(struct look *look)
{
    struct set input = whole(look);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        look->places.changed = false;
        visit_and_read(look, look->program->tree, &input);
        if (!look->places.changed && look->places.steps <= STEPS_MAX)
            return;
    }
    place_read(&look->places, &look->places.root);
}

/* Names that nothing inside binds: built-in functions, or not. */
static const str *free_names(struct look *look, bool builtin, uint32_t *ret_n)
{
    const struct program *program = look->program;
    str *names = arena_array(look->places.arena, program->free_n + 1, sizeof(str));
    uint32_t n = 0;
    for (uint32_t i = 0; i < program->free_n; i++)
        if (is_function(program->builtins[i]) == builtin &&
            !str_eq(program->free_names[i], STR("$")) &&
            !reads_find_binding(look, program->free_names[i]))
            names[n++] = program->free_names[i];
    *ret_n = n;
    return names;
}

void jsonata_reads(const struct jsonata *expression, struct arena *arena,
                   struct jsonata_reads *ret_reads)
{
    const struct program *program = jsonata_program(expression);
    struct look look = {
        .places.arena = arena,
        .places.other.kind = THING_OTHER,
        .places.closed.kind = THING_OTHER,
        .program = program,
        .parents = arena_array(arena, program->tuple_slots + 1, sizeof(struct set))};
    visit_tree(&look);
    *ret_reads = (struct jsonata_reads){0};
    ret_reads->paths = place_paths(&look.places, &ret_reads->path_n);
    ret_reads->functions = free_names(&look, true, &ret_reads->function_n);
    ret_reads->variables = free_names(&look, false, &ret_reads->variable_n);
}
