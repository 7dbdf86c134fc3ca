/*
 * Calls. A lambda's body may end in a call (marked as tail when compiled): its node does
 * not call but leaves function and arguments in the run and gives JSONATA_TAIL, and the
 * loop in function_call goes on with them. So recursion in tail position is a loop.
 */
#include "jsonata/eval.h"
#include "jsonata/function.h"
#include "jsonata/result.h"

enum { ARGS_FEW = 6 }; /* kept on the C stack */

struct json function_value(const struct function *function)
{
    return (struct json){.type = JSONATA_FUNCTION, .n = 1, .u.other = function};
}

static struct function *new_function(struct eval *eval, enum function_kind kind)
{
    struct function *function = arena_zalloc(&eval->arena, sizeof(*function));
    function->kind = kind;
    return function;
}

uint32_t function_arity(struct json function)
{
    return function_of(function)->arity;
}

struct json function_each(struct eval *eval, struct json function, struct json value,
                          double position, struct json array)
{
    struct json args[3] = {value, json_of_number(position), array};
    uint32_t arity = function_arity(function);
    uint32_t n = arity > 3 ? 3 : arity < 1 ? 1 : arity;
    return function_call(eval, function, args, n, eval_nothing());
}

/* --- making functions --- */

struct json eval_lambda(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    struct function *lambda = new_function(eval, FUNCTION_LAMBDA);
    lambda->node = node;
    lambda->frame = frame;
    lambda->module = eval->module;
    lambda->input = input;
    lambda->arity = node->n;
    lambda->signature = node->signature;
    return function_value(lambda);
}

struct json eval_regex(struct eval *eval, const struct node *node, struct json input,
                       struct frame *frame)
{
    struct function *regex = new_function(eval, FUNCTION_REGEX);
    (void)input, (void)frame;
    regex->node = node;
    regex->arity = 2;
    return function_value(regex);
}

struct json eval_transform(struct eval *eval, const struct node *node, struct json input,
                           struct frame *frame)
{
    struct function *transform = new_function(eval, FUNCTION_TRANSFORM);
    (void)input;
    transform->node = node;
    transform->frame = frame;
    transform->module = eval->module;
    transform->arity = 1;
    return function_value(transform);
}

static struct json compose(struct eval *eval, struct json first, struct json second)
{
    struct function *both = new_function(eval, FUNCTION_COMPOSED);
    both->first = first;
    both->second = second;
    both->arity = 1;
    return function_value(both);
}

/* --- calling them --- */

static struct json run_builtin(struct eval *eval, const struct function *function,
                               const struct json *items, uint32_t n, struct json context)
{
    struct call_args args = {items, n, context, eval->caller};
    return function->builtin->run(eval, &args);
}

static struct json run_lambda(struct eval *eval, const struct function *lambda,
                              const struct json *args, uint32_t n)
{
    const struct node *node = lambda->node;
    struct frame *frame = lambda->frame;
    if (node->scope)
        frame = eval_frame(eval, frame, node->scope);
    for (uint32_t i = 0; i < node->n; i++)
        frame->slots[node->items[i]->places[0].slot] = i < n ? args[i] : eval_nothing();
    const struct module *module = eval->module;
    eval->module = lambda->module;
    struct json value = eval_node(eval, node->right, lambda->input, frame);
    eval->module = module;
    return value;
}

/* What was bound when it was partly applied, and what comes now in the places left. */
static uint32_t fill_bound(struct eval *eval, const struct function *partial,
                           const struct json *args, uint32_t n, struct json *out)
{
    uint32_t next = 0;
    (void)eval;
    for (uint32_t i = 0; i < partial->bound_n; i++) {
        bool open = partial->bound[i].type == JSONATA_UNBOUND;
        out[i] = !open ? partial->bound[i] : next < n ? args[next] : eval_nothing();
        next += open;
    }
    return partial->bound_n;
}

/* A built-in function that is partly applied takes its arguments as they come. */
static struct json run_partial(struct eval *eval, const struct function *partial,
                               const struct json *args, uint32_t n)
{
    struct json *all = arena_alloc(&eval->arena, (partial->bound_n + 1) * sizeof(*all));
    uint32_t all_n = fill_bound(eval, partial, args, n, all);
    const struct function *inner = function_of(partial->first);
    if (inner->kind == FUNCTION_LAMBDA)
        return run_lambda(eval, inner, all, all_n);
    return function_call(eval, partial->first, all, all_n, eval_nothing());
}

static struct json run_composed(struct eval *eval, const struct function *both,
                                const struct json *args, uint32_t n)
{
    struct json argument = n ? args[0] : eval_nothing();
    struct json between = function_call(eval, both->first, &argument, 1, eval_nothing());
    return function_call(eval, both->second, &between, 1, eval_nothing());
}

static struct json run_transform(struct eval *eval, const struct function *transform,
                                 const struct json *args, uint32_t n)
{
    const struct module *module = eval->module;
    eval->module = transform->module;
    struct json value = function_transform(eval, transform, args, n);
    eval->module = module;
    return value;
}

static struct json run_kind(struct eval *eval, const struct function *function,
                            const struct json *args, uint32_t n, struct json context)
{
    switch (function->kind) {
    case FUNCTION_BUILTIN:
        return run_builtin(eval, function, args, n, context);
    case FUNCTION_LAMBDA:
        return run_lambda(eval, function, args, n);
    case FUNCTION_PARTIAL:
        return run_partial(eval, function, args, n);
    case FUNCTION_COMPOSED:
        return run_composed(eval, function, args, n);
    case FUNCTION_REGEX:
    case FUNCTION_NEXT:
        return function_match(eval, function, args, n);
    case FUNCTION_TRANSFORM:
        return run_transform(eval, function, args, n);
    }
    return eval_nothing();
}

static struct json call_once(struct eval *eval, struct json value,
                             const struct json *args, uint32_t n, struct json context)
{
    struct jsonata_fault fault;
    if (!is_function(value))
        eval_fail(eval, JSONATA_T1006, NULL);
    const struct function *function = function_of(value);
    struct signature_call call = {&eval->arena, args, n, context};
    if (function->signature && !signature_apply(function->signature, &call, &fault))
        eval_throw(eval, &fault);
    return run_kind(eval, function, call.args, call.n, context);
}

struct json function_call(struct eval *eval, struct json function,
                          const struct json *args, uint32_t n, struct json context)
{
    eval_check_stack(eval);
    struct json value = call_once(eval, function, args, n, context);
    while (value.type == JSONATA_TAIL) {
        eval_charge(eval, 1);
        eval->at = eval->tail_node;
        value =
            call_once(eval, eval->tail_function, eval->tail_args, eval->tail_n, context);
    }
    return value;
}

/* --- call nodes --- */

static str name_of(const struct node *node)
{
    if (node->type == NODE_PATH && node->n == 1)
        node = node->items[0];
    return json_text(&node->value);
}

str eval_callee_name(const struct node *call)
{
    return name_of(call->left ? call->left : call);
}

static _Noreturn void fail_call(struct eval *eval, enum jsonata_code code,
                                const struct node *node)
{
    eval_throw(eval, &(struct jsonata_fault){.code = code,
                                             .position = node->position,
                                             .token = name_of(node->left)});
}

/* Nothing, where a `$` was forgotten, fails at once; what else is no function, when the
 * arguments are known. */
static struct json callee(struct eval *eval, const struct node *node, struct json input,
                          struct frame *frame)
{
    struct json function = eval_node(eval, node->left, input, frame);
    if (eval_is_nothing(function) && node->third &&
        !eval_is_nothing(eval_node(eval, node->third, input, frame)))
        fail_call(eval, node->type == NODE_PARTIAL ? JSONATA_T1007 : JSONATA_T1005, node);
    return function;
}

/* `first` goes before the written arguments, for `~>`. */
static void arguments(struct eval *eval, const struct node *node,
                      const struct json *first, struct json input, struct frame *frame,
                      struct json *args)
{
    uint32_t n = 0;
    if (first)
        args[n++] = *first;
    for (uint32_t i = 0; i < node->n; i++)
        args[n++] = eval_node(eval, node->items[i], input, frame);
}

static struct json call_with(struct eval *eval, const struct node *node,
                             const struct json *first, struct json input,
                             struct frame *frame)
{
    struct json function = callee(eval, node, input, frame);
    struct json few[ARGS_FEW];
    struct json *args = few;
    uint32_t n = node->n + (first != NULL);
    if (n > ARGS_FEW || (node->flags & NODE_TAIL))
        args = arena_alloc(&eval->arena, n * sizeof(*args));
    arguments(eval, node, first, input, frame, args);
    if (!is_function(function))
        fail_call(eval, JSONATA_T1006, node);
    if ((node->flags & NODE_TAIL) && !first) {
        eval->tail_function = function;
        eval->tail_args = args;
        eval->tail_n = n;
        eval->tail_node = node;
        return (struct json){.type = JSONATA_TAIL};
    }
    const struct node *outer = eval->at;
    struct frame *outer_frame = eval->caller;
    eval->at = node;
    eval->caller = frame;
    struct json context = input.mark & MARK_OUTER ? input.u.items[0] : input;
    struct json value = function_call(eval, function, args, n, context);
    eval->at = outer;
    eval->caller = outer_frame;
    return value;
}

struct json eval_call(struct eval *eval, const struct node *node, struct json input,
                      struct frame *frame)
{
    return call_with(eval, node, NULL, input, frame);
}

struct json eval_partial(struct eval *eval, const struct node *node, struct json input,
                         struct frame *frame)
{
    struct json inner = callee(eval, node, input, frame);
    struct function *partial = new_function(eval, FUNCTION_PARTIAL);
    struct json *bound = arena_alloc(&eval->arena, (node->n + 1) * sizeof(*bound));
    for (uint32_t i = 0; i < node->n; i++) {
        bool open = node->items[i]->type == NODE_HOLE;
        bound[i] = open ? (struct json){.type = JSONATA_UNBOUND}
                        : eval_node(eval, node->items[i], input, frame);
        partial->arity += open;
    }
    if (!is_function(inner))
        fail_call(eval, JSONATA_T1008, node);
    partial->first = inner;
    partial->bound = bound;
    partial->bound_n = node->n;
    return function_value(partial);
}

/* left ~> f(…), left ~> f, f ~> g */
struct json eval_apply(struct eval *eval, const struct node *node, struct json input,
                       struct frame *frame)
{
    struct json left = eval_node(eval, node->left, input, frame);
    if (node->right->type == NODE_CALL) {
        struct json value = call_with(eval, node->right, &left, input, frame);
        if (node->right->stage_n || node->right->group)
            value = eval_after(eval, node->right, value, frame);
        return value;
    }
    struct json function = eval_node(eval, node->right, input, frame);
    if (!is_function(function))
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T2006,
                                                 .position = node->position,
                                                 .value = function});
    if (is_function(left))
        return compose(eval, left, function);
    const struct node *outer = eval->at;
    eval->at = node->right;
    struct json value = function_call(eval, function, &left, 1, json_of_null());
    eval->at = outer;
    return value;
}
