/*
 * A run of an expression, for the files of jsonata/ only.
 *
 * Values are struct json. Types of their own: functions; and, never seen outside, slots
 * without a value and calls in tail position. Arrays carry in `mark` what the language
 * knows of them besides their items:
 *
 *   SEQUENCE  results gathered by an operator: of one item it is that item, of none it is
 *             nothing, unless KEEP is set (eval_finish, applied to the value of each
 * node) CONS      made by an array constructor at an end of a path: one item of the path
 *   OUTER     the input of the run, in an array of one, so that paths take it whole
 *   TUPLES    the items are tuples: arrays of slots, the first being the item itself
 *   RANGE     items are u.number, u.number + 1, …; made real when someone looks at them
 *
 * Faults end the run by a jump (eval_fail): nothing but the arena is held by a run.
 */
#ifndef JSONATA_EVAL_H
#define JSONATA_EVAL_H

#include <setjmp.h>

#include "jsonata/jsonata.h"
#include "jsonata/node.h"

enum { JSONATA_FUNCTION = JSON_TYPE_COUNT, JSONATA_UNBOUND, JSONATA_TAIL };

enum mark {
    MARK_SEQUENCE = 1,
    MARK_KEEP = 2,
    MARK_CONS = 4,
    MARK_OUTER = 8,
    MARK_TUPLES = 16,
    MARK_RANGE = 32,
    MARK_BITS = 6 /* texts that were prepared have their number above them */
};

struct frame {
    struct frame *up;
    const struct scope *scope; /* NULL: of a tuple */
    struct json slots[];
};

struct extra {
    struct extra *next;
    str name;
    struct json value;
};

/* A program in a run: the expression itself, or a text given to $eval. */
struct module {
    const struct program *program;
    struct json *free_values;    /* of program->free_names */
    uint32_t *hints;             /* where each name was found last */
    const struct module *caller; /* of $eval; NULL: it is the expression itself */
    struct frame *caller_frame;
};

struct eval {
    struct arena arena;
    const struct jsonata_run *order;
    const struct module *module; /* whose nodes are evaluated */
    struct json root;
    struct extra *extras; /* names that $eval has bound */
    struct json *stack;   /* sequences under construction */
    uint32_t stack_n;
    uint32_t stack_room;
    int64_t fuel; /* steps until the meter is looked at */
    uint64_t steps;
    uint32_t depth;
    uint32_t depth_max;
    uint32_t sequence_max;
    uint64_t seed;
    uintptr_t stack_floor;     /* of the C stack */
    bool functions_made;       /* the result may hold what is no JSON */
    struct json tail_function; /* JSONATA_TAIL: what is to be called */
    const struct json *tail_args;
    uint32_t tail_n;
    const struct node *tail_node;
    const struct node *at;       /* the call under way, for faults of functions */
    struct frame *caller;        /* …and its frame, for $eval */
    struct evaluated *evaluated; /* by $eval: to be forgotten */
    struct jsonata_fault *fault;
    jmp_buf out;
};

/* --- ending a run --- */
_Noreturn void eval_fail(struct eval *eval, enum jsonata_code code,
                         const struct node *node);
_Noreturn void eval_fail_value(struct eval *eval, enum jsonata_code code,
                               struct json value);
_Noreturn void eval_throw(struct eval *eval, const struct jsonata_fault *fault);
void eval_refuel(struct eval *eval); /* the fuel is used up */
_Noreturn void eval_too_deep(struct eval *eval);
/* D1011 when little is left of the C stack: in every recursion over data. */
void eval_check_stack(struct eval *eval);

static inline void eval_charge(struct eval *eval, uint64_t steps)
{
    eval->fuel -= (int64_t)steps;
    if (__builtin_expect(eval->fuel < 0, 0))
        eval_refuel(eval);
}

/* --- nodes --- */
struct json eval_finish(struct json value, uint16_t flags);
struct json eval_after(struct eval *eval, const struct node *node, struct json value,
                       struct frame *frame);

static inline struct json eval_node(struct eval *eval, const struct node *node,
                                    struct json input, struct frame *frame)
{
    eval_charge(eval, 1);
    if (node->type == NODE_LITERAL && !node->stage_n && !node->group)
        return node->value;
    if (__builtin_expect(++eval->depth > eval->depth_max, 0))
        eval_too_deep(eval);
    struct json value = node->run(eval, node, input, frame);
    if ((node->stage_n && !(node->flags & NODE_STEP)) || node->group)
        value = eval_after(eval, node, value, frame);
    eval->depth--;
    if (value.type == JSON_ARRAY && (value.mark & MARK_SEQUENCE))
        value = eval_finish(value, node->flags);
    return value;
}

node_fn *eval_run_of(const struct node *node);
/* Of an array of literals, which prepare.c has made. */
node_fn eval_constant;
struct frame *eval_frame(struct eval *eval, struct frame *up, const struct scope *scope);

/* What the frames of a module bind to a name; NULL: nothing. */
const struct json *eval_find(const struct module *module, const struct frame *frame,
                             str name);

/* --- sequences: between eval_base and eval_sequence, items are pushed --- */
void eval_stack_grow(struct eval *eval);

static inline void eval_push(struct eval *eval, struct json value)
{
    if (__builtin_expect(eval->stack_n == eval->stack_room, 0))
        eval_stack_grow(eval);
    eval->stack[eval->stack_n++] = value;
}

/* The items of an array, one by one. */
void eval_push_items(struct eval *eval, struct json array);
/* All since `base`, as an array with these marks. */
struct json eval_gather(struct eval *eval, uint32_t base, uint16_t marks);
struct json eval_array(struct eval *eval, const struct json *items, uint32_t n,
                       uint16_t marks);
/* An array of this one item. */
struct json eval_single(struct eval *eval, struct json item, uint16_t marks);
/* A RANGE as an array like others; others as they are. */
struct json eval_solid(struct eval *eval, struct json array);
struct json eval_append(struct eval *eval, struct json a, struct json b);

static inline bool eval_is_array(struct json value)
{
    return value.type == JSON_ARRAY;
}

static inline struct json eval_item(struct json array, uint32_t i)
{
    if (array.mark & MARK_RANGE)
        return json_of_number(array.u.number + i);
    return array.u.items[i];
}

static inline struct json eval_nothing(void)
{
    return (struct json){.type = JSON_UNDEFINED};
}

static inline bool eval_is_nothing(struct json value)
{
    return value.type == JSON_UNDEFINED;
}

static inline double eval_double(struct json value)
{
    return value.flags & JSON_NUMERAL ? json_number(&value) : value.u.number;
}

/* --- values --- */
bool eval_truth(struct eval *eval, struct json value);
/* A number that can be computed with; D1001 for infinity. False: none. */
bool eval_number(struct eval *eval, struct json value, double *ret);
bool eval_equal(struct eval *eval, struct json a, struct json b);
/* $string; `pretty` indents. */
str eval_string(struct eval *eval, struct json value, bool pretty);
/* A string of what `text` holds, which must live as long as the run. */
struct json eval_text(str text);

/* --- paths and what belongs to them --- */
node_fn eval_path, eval_name, eval_wildcard, eval_descendant, eval_parent;
node_fn eval_object, eval_sort;
struct json eval_look_up(struct eval *eval, struct json input, str key);
struct json eval_filter(struct eval *eval, const struct node *filter, struct json input,
                        struct frame *frame);
struct json eval_group(struct eval *eval, const struct node *object, struct json input,
                       struct frame *frame);
/* Sorts by the terms; the items may be tuples. */
struct json eval_sorted(struct eval *eval, const struct node *sort, struct json input,
                        struct frame *frame);
struct frame *eval_tuple_frame(struct eval *eval, struct frame *up,
                               const struct json *tuple);

/* --- operators --- */
node_fn eval_binary, eval_range, eval_negate;

/* --- functions --- */
str eval_callee_name(const struct node *call);
node_fn eval_call, eval_partial, eval_apply, eval_lambda, eval_regex, eval_transform;

#endif
