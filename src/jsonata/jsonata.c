/*
 * Compiling and running. A run works in the caller's arena, moved into the run for its
 * time, so that reaching the limit of memory can end the run from inside an allocation.
 */
#include "jsonata/jsonata.h"

#include "base/mem.h"
#include "jsonata/eval.h"
#include "jsonata/excerpt.h"
#include "jsonata/function.h"
#include "jsonata/result.h"
#include "regex/regex.h"

enum {
    CHUNK_BYTES = 4096,
    COMPILED_BYTES_MAX = 256 << 20,
    FAULT_BYTES = 4 * EXCERPT_BYTES_MAX,
    FUEL = 4096, /* steps between two looks at the meter */
    DEPTH_MAX = 5000,
    SEQUENCE_MAX = 10 * 1000 * 1000,
    C_STACK_BYTES = 1 << 20 /* of the calling thread's stack */
};
static const uint64_t steps_max = 20 * 1000 * 1000;
static const size_t bytes_max = (size_t)64 << 20;

struct jsonata {
    struct arena arena;
    struct program program;
};

static void forget_regexes(struct program *program)
{
    for (struct kept_regex *kept = program->regexes; kept; kept = kept->next)
        regex_destroy(&kept->regex);
    program->regexes = NULL;
}

/* What a fault carries must outlive what it was found in. */
static void keep_fault(struct arena *arena, struct jsonata_fault *fault)
{
    fault->token = excerpt_text(arena, fault->token);
    fault->value = excerpt_value(arena, fault->value);
    fault->value2 = excerpt_value(arena, fault->value2);
}

bool program_compile(struct program *program, str source, struct jsonata_fault *fault)
{
    *fault = (struct jsonata_fault){.code = JSONATA_OK};
    struct node *tree = grammar_read(program, source, fault);
    if (tree)
        tree = shape_tree(program, tree, fault);
    if (!tree) {
        forget_regexes(program);
        return false;
    }
    program->tree = tree;
    scope_tree(program);
    prepare_tree(program);
    return true;
}

struct jsonata *jsonata_compile(struct arena *arena, str source,
                                struct jsonata_fault *ret_fault)
{
    struct jsonata *expression = mem_zalloc(sizeof(*expression));
    arena_init(&expression->arena, CHUNK_BYTES, COMPILED_BYTES_MAX);
    expression->program.arena = &expression->arena;
    bool good = source.n <= JSONATA_SOURCE_BYTES_MAX;
    if (!good)
        *ret_fault = (struct jsonata_fault){.code = JSONATA_D1011};
    source = arena_str(&expression->arena, source);
    good = good && program_compile(&expression->program, source, ret_fault);
    if (good)
        return expression;
    keep_fault(arena, ret_fault);
    jsonata_destroy(&expression);
    return NULL;
}

void jsonata_destroy(struct jsonata **ptr)
{
    struct jsonata *expression = *ptr;
    if (!expression)
        return;
    forget_regexes(&expression->program);
    arena_fini(&expression->arena);
    mem_free(expression);
    *ptr = NULL;
}

const struct program *jsonata_program(const struct jsonata *expression)
{
    return &expression->program;
}

/* --- the meter --- */

/* What a function found wrong is told where it was called. */
void eval_throw(struct eval *eval, const struct jsonata_fault *fault)
{
    *eval->fault = *fault;
    if (!fault->position && eval->at)
        eval->fault->position = eval->at->position;
    if (eval->module && eval->module->caller) /* the place is in another text */
        eval->fault->position = 0;
    if (str_absent(fault->token) && eval->at)
        eval->fault->token = eval_callee_name(eval->at);
    longjmp(eval->out, 1);
}

void eval_fail(struct eval *eval, enum jsonata_code code, const struct node *node)
{
    struct jsonata_fault fault = {.code = code};
    if (node) {
        fault.position = node->position;
        fault.token = json_text(&node->value);
    }
    eval_throw(eval, &fault);
}

void eval_fail_value(struct eval *eval, enum jsonata_code code, struct json value)
{
    eval_throw(eval, &(struct jsonata_fault){.code = code, .value = value});
}

void eval_too_deep(struct eval *eval)
{
    eval_fail(eval, JSONATA_U1001, NULL);
}

static void on_full(struct arena *arena)
{
    struct eval *eval = CONTAINER_OF(arena, struct eval, arena);
    eval_fail_value(eval, JSONATA_U1002, json_of_number((double)arena->bytes_max));
}

void eval_refuel(struct eval *eval)
{
    const struct jsonata_run *order = eval->order;
    uint64_t max = order->limits.steps_max ? order->limits.steps_max : steps_max;
    eval->steps += (uint64_t)(FUEL - eval->fuel);
    eval->fuel = FUEL;
    if (eval->steps > max)
        eval_fail(eval, JSONATA_D1012, NULL);
    if (order->stop && order->stop(order->stop_arg))
        eval_fail(eval, JSONATA_U1001, NULL);
}

void eval_check_stack(struct eval *eval)
{
    char here;
    if ((uintptr_t)&here < eval->stack_floor)
        eval_fail(eval, JSONATA_D1011, NULL);
}

/* --- running --- */

static struct json binding_of(const struct jsonata_run *run, str name,
                              struct json otherwise)
{
    for (uint32_t i = 0; i < run->binding_n; i++)
        if (str_eq(run->bindings[i].name, name))
            return run->bindings[i].value;
    return otherwise;
}

static struct json *free_values(struct eval *eval, const struct program *program)
{
    struct json *values =
        arena_alloc(&eval->arena, (program->free_n + 1) * sizeof(*values));
    for (uint32_t i = 0; i < program->free_n; i++) {
        str name = program->free_names[i];
        struct json value = program->builtins[i];
        if (str_eq(name, STR("$")))
            value = eval->root;
        values[i] = eval->order->binding_n ? binding_of(eval->order, name, value) : value;
    }
    return values;
}

struct module *eval_module(struct eval *eval, const struct program *program,
                           struct json *values)
{
    struct module *module = arena_alloc(&eval->arena, sizeof(*module));
    size_t hints = (program->hints + 1) * sizeof(uint32_t);
    *module = (struct module){.program = program,
                              .free_values = values,
                              .hints = arena_zalloc(&eval->arena, hints)};
    eval_charge(eval, program->hints / 64);
    return module;
}

static void begin(struct eval *eval, const struct jsonata_run *run)
{
    char here;
    const struct jsonata_limits *limits = &run->limits;
    size_t room = limits->bytes_max ? limits->bytes_max : bytes_max;
    eval->order = run;
    eval->arena = *run->arena;
    eval->arena.on_full = on_full;
    size_t left = eval->arena.bytes_max - eval->arena.bytes;
    left = left > FAULT_BYTES ? left - FAULT_BYTES : 0; /* to tell why it ended */
    eval->arena.bytes_max = eval->arena.bytes + (room < left ? room : left);
    eval->fuel = FUEL;
    eval->depth_max = limits->depth_max ? limits->depth_max : DEPTH_MAX;
    eval->sequence_max = limits->sequence_max ? limits->sequence_max : SEQUENCE_MAX;
    eval->seed = run->seed;
    eval->root = run->input;
    eval->stack_floor = (uintptr_t)&here - C_STACK_BYTES;
}

static struct json whole_input(struct eval *eval)
{
    if (eval->root.type != JSON_ARRAY)
        return eval->root;
    return eval_single(eval, eval->root, MARK_SEQUENCE | MARK_OUTER);
}

static struct json run_tree(struct eval *eval, const struct program *program)
{
    eval->module = eval_module(eval, program, free_values(eval, program));
    struct frame *frame = eval_frame(eval, NULL, program->root);
    struct json value = eval_node(eval, program->tree, whole_input(eval), frame);
    return result_of(eval, value);
}

/* The arena goes back to its owner as it has grown. */
static void end(struct eval *eval, const struct jsonata_run *run)
{
    size_t max = run->arena->bytes_max;
    void (*full)(struct arena *) = run->arena->on_full;
    for (struct evaluated *one = eval->evaluated; one; one = one->next)
        forget_regexes(&one->program);
    *run->arena = eval->arena;
    run->arena->bytes_max = max;
    run->arena->on_full = full;
}

bool jsonata_eval(const struct jsonata *expression, const struct jsonata_run *run,
                  struct json *ret_value, struct jsonata_fault *ret_fault)
{
    struct eval eval = {.fault = ret_fault};
    *ret_fault = (struct jsonata_fault){.code = JSONATA_OK};
    begin(&eval, run);
    bool good = setjmp(eval.out) == 0;
    if (good)
        *ret_value = run_tree(&eval, &expression->program);
    end(&eval, run);
    if (!good)
        keep_fault(run->arena, ret_fault);
    return good;
}
