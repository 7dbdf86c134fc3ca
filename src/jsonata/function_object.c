/* Built-in functions on objects, and on values of any type. */
#include "jsonata/function.h"
#include "jsonata/members.h"
#include "picture/number_text.h"
#include "jsonata/result.h"

struct json builtin_type(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    if (is_missing(args, 0))
        return eval_nothing();
    if (is_function(args->items[0]))
        return json_of_text(STR("function"));
    return json_of_text(json_type_name(&args->items[0]));
}

struct json builtin_exists(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    return json_of_bool(!is_missing(args, 0));
}

struct json builtin_boolean(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return json_of_bool(eval_truth(eval, args->items[0]));
}

struct json builtin_not(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return json_of_bool(!eval_truth(eval, args->items[0]));
}

static _Noreturn void fail_with(struct eval *eval, enum jsonata_code code,
                                const struct call_args *args, uint32_t i, str otherwise)
{
    bool said = !is_missing(args, i) && args->items[i].n;
    eval_fail_value(eval, code, said ? args->items[i] : json_of_text(otherwise));
}

struct json builtin_error(struct eval *eval, const struct call_args *args)
{
    fail_with(eval, JSONATA_D3137, args, 0, STR("$error() function evaluated"));
}

struct json builtin_assert(struct eval *eval, const struct call_args *args)
{
    if (arg(args, 0).type != JSON_TRUE)
        fail_with(eval, JSONATA_D3141, args, 1, STR("$assert() statement failed"));
    return eval_nothing();
}

/* --- members --- */

struct json builtin_lookup(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 1))
        return eval_nothing();
    return eval_look_up(eval, arg(args, 0), arg_text(args, 1));
}

struct json builtin_merge(struct eval *eval, const struct call_args *args)
{
    struct members merged = members_in(eval);
    struct json array = arg(args, 0);
    if (eval_is_nothing(array))
        return array;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json object = eval_item(array, i);
        eval_charge(eval, object.n);
        for (uint32_t k = 0; k < object.n; k++) {
            const struct json_member *member = &object.u.members[k];
            uint32_t place = members_place(&merged, json_key(member));
            merged.items[place].value = member->value; /* the last one wins */
        }
    }
    return members_object(&merged);
}

static void gather_keys(struct members *keys, struct json value)
{
    eval_check_stack(keys->eval);
    eval_charge(keys->eval, value.n);
    if (value.type == JSON_ARRAY)
        for (uint32_t i = 0; i < value.n; i++)
            gather_keys(keys, eval_item(value, i));
    else if (value.type == JSON_OBJECT)
        for (uint32_t i = 0; i < value.n; i++)
            members_place(keys, json_key(&value.u.members[i]));
}

struct json builtin_keys(struct eval *eval, const struct call_args *args)
{
    struct members keys = members_in(eval);
    uint32_t base = eval->stack_n;
    gather_keys(&keys, arg(args, 0));
    for (uint32_t i = 0; i < keys.index.n; i++)
        eval_push(eval, json_of_text(json_key(&keys.items[i])));
    return eval_gather(eval, base, MARK_SEQUENCE);
}

static struct json object_of_one(struct eval *eval, const struct json_member *member)
{
    struct json_member *copy = arena_alloc(&eval->arena, sizeof(*copy));
    *copy = *member;
    return (struct json){.type = JSON_OBJECT, .n = 1, .u.members = copy};
}

static void push_spread(struct eval *eval, struct json value)
{
    eval_check_stack(eval);
    eval_charge(eval, value.n);
    if (value.type == JSON_ARRAY)
        for (uint32_t i = 0; i < value.n; i++)
            push_spread(eval, eval_item(value, i));
    else if (value.type == JSON_OBJECT)
        for (uint32_t i = 0; i < value.n; i++)
            eval_push(eval, object_of_one(eval, &value.u.members[i]));
    else if (!eval_is_nothing(value))
        eval_push(eval, value);
}

struct json builtin_spread(struct eval *eval, const struct call_args *args)
{
    struct json value = arg(args, 0);
    uint32_t base = eval->stack_n;
    if (value.type != JSON_ARRAY && value.type != JSON_OBJECT)
        return value;
    push_spread(eval, value);
    bool sequence = value.type == JSON_OBJECT || value.n == 0;
    return eval_gather(eval, base, sequence ? MARK_SEQUENCE : 0);
}

/* --- copies --- */

/* As through text: numbers lose what $string does not print, functions become "". */
static struct json clone(struct eval *eval, struct json value)
{
    char text[32];
    eval_check_stack(eval);
    eval_charge(eval, 1 + (uint64_t)value.n / 8);
    if (is_function(value))
        return json_of_text(STR(""));
    if (value.type == JSON_NUMBER) {
        double number = eval_double(value);
        if (number - number != 0)
            return json_of_null();
        number_text_parse(str_of(text, number_text_15(number, text)), &number);
        return json_of_number(number);
    }
    if (value.type == JSON_ARRAY) {
        struct json *items = arena_alloc(&eval->arena, (value.n + 1) * sizeof(*items));
        for (uint32_t i = 0; i < value.n; i++)
            items[i] = clone(eval, eval_item(value, i));
        return (struct json){.type = JSON_ARRAY, .n = value.n, .u.items = items};
    }
    if (value.type == JSON_OBJECT) {
        struct json_member *members =
            arena_alloc(&eval->arena, (value.n + 1) * sizeof(*members));
        for (uint32_t i = 0; i < value.n; i++) {
            members[i] = value.u.members[i];
            members[i].value = clone(eval, value.u.members[i].value);
        }
        value.u.members = members;
    }
    return value;
}

struct json builtin_clone(struct eval *eval, const struct call_args *args)
{
    return clone(eval, arg(args, 0));
}

/* --- $eval --- */

/* Names that nobody binds in a frame: what the text gets for them is what the caller
 * would get. */
static struct json from_caller(struct eval *eval, str name, struct json otherwise)
{
    const struct module *module = eval->module;
    for (uint32_t i = 0; i < module->program->free_n; i++)
        if (str_eq(module->program->free_names[i], name))
            return module->free_values[i];
    for (uint32_t i = 0; i < eval->order->binding_n; i++)
        if (str_eq(eval->order->bindings[i].name, name))
            return eval->order->bindings[i].value;
    return str_eq(name, STR("$")) ? eval->root : otherwise;
}

static struct json *caller_values(struct eval *eval, const struct program *program)
{
    struct json *values =
        arena_alloc(&eval->arena, (program->free_n + 1) * sizeof(*values));
    for (uint32_t i = 0; i < program->free_n; i++)
        values[i] = from_caller(eval, program->free_names[i], program->builtins[i]);
    return values;
}

/* What the text has bound at its outermost is bound for the caller. */
static void bind_for_caller(struct eval *eval, const struct frame *inner)
{
    for (uint32_t i = 0; i < inner->scope->n; i++) {
        struct extra *extra = arena_alloc(&eval->arena, sizeof(*extra));
        *extra = (struct extra){eval->extras, inner->scope->names[i], inner->slots[i]};
        if (extra->value.type != JSONATA_UNBOUND)
            eval->extras = extra;
    }
}

static struct evaluated *compile(struct eval *eval, str source)
{
    struct jsonata_fault fault;
    struct evaluated *one = arena_zalloc(&eval->arena, sizeof(*one));
    one->program.arena = &eval->arena;
    /* known to the run before it holds anything, which must not be lost */
    one->next = eval->evaluated;
    eval->evaluated = one;
    eval_charge(eval, source.n * 4);
    if (!program_compile(&one->program, source, &fault))
        eval_fail_value(eval, JSONATA_D3120,
                        json_of_text(jsonata_fault_text(&eval->arena, &fault)));
    return one;
}

/* A fault inside is a fault of $eval; but limits are the whole run's. */
static _Noreturn void fail_inside(struct eval *eval)
{
    struct jsonata_fault fault = *eval->fault;
    bool limit = fault.code >= JSONATA_U1001 || fault.code == JSONATA_D1012 ||
                 fault.code == JSONATA_D1011;
    fault.position = 0;
    if (limit)
        eval_throw(eval, &fault);
    eval_fail_value(eval, JSONATA_D3121,
                    json_of_text(jsonata_fault_text(&eval->arena, &fault)));
}

/* What a fault leaves as it was in the middle of the text. */
struct kept {
    const struct module *module;
    const struct node *at;
    struct frame *caller;
    uint32_t stack_n, depth;
    jmp_buf out;
};

static void keep(struct kept *kept, const struct eval *eval)
{
    kept->module = eval->module;
    kept->at = eval->at;
    kept->caller = eval->caller;
    kept->stack_n = eval->stack_n;
    kept->depth = eval->depth;
    memcpy(&kept->out, &eval->out, sizeof(kept->out));
}

static void restore(struct eval *eval, const struct kept *kept)
{
    eval->module = kept->module;
    eval->at = kept->at;
    eval->caller = kept->caller;
    eval->stack_n = kept->stack_n;
    eval->depth = kept->depth;
    memcpy(&eval->out, &kept->out, sizeof(kept->out));
}

static struct json run_text(struct eval *eval, struct evaluated *one, struct json input,
                            struct frame *caller)
{
    struct kept kept;
    struct json *values = caller_values(eval, &one->program);
    struct frame *frame = eval_frame(eval, NULL, one->program.root);
    keep(&kept, eval);
    if (setjmp(eval->out) != 0) {
        restore(eval, &kept);
        fail_inside(eval);
    }
    struct module *module = eval_module(eval, &one->program, values);
    module->caller = kept.module;
    module->caller_frame = caller;
    eval->module = module;
    struct json value = eval_node(eval, one->program.tree, input, frame);
    restore(eval, &kept);
    bind_for_caller(eval, frame);
    return value;
}

struct json builtin_eval(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    if (eval->order->limits.no_eval || args->items[0].n > JSONATA_SOURCE_BYTES_MAX)
        eval_fail_value(eval, JSONATA_D3120, json_of_text(STR("$eval is switched off")));
    struct json input = is_missing(args, 1) ? args->context : args->items[1];
    if (eval_is_array(input) && !(input.mark & MARK_SEQUENCE))
        input = eval_single(eval, input, MARK_SEQUENCE | MARK_OUTER);
    struct evaluated *one = compile(eval, arg_text(args, 0));
    return run_text(eval, one, input, args->frame);
}
