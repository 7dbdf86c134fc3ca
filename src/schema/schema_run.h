/*
 * Validation as such: whether a value passes a block, without words. What an operation
 * asks stands in schema_run_*.c, one function each (schema_op_list.h).
 *
 * A run is bounded in depth and in steps; past a bound it is tired, and everything it
 * then says is false or of no account: whoever started it asks run->tired.
 *
 * `seen` gathers which members or items of the value under way were evaluated, for
 * `unevaluatedProperties` and `unevaluatedItems`; NULL = nobody wants to know. A block
 * that fails may have marked some all the same, so where failing is no end (anyOf, oneOf,
 * if) marks are gathered apart and kept only on success.
 */
#ifndef SCHEMA_SCHEMA_RUN_H
#define SCHEMA_SCHEMA_RUN_H

#include "schema/schema_number.h"
#include "schema/schema_program.h"
#include "schema/schema_values.h"

enum { RUN_DEPTH_MAX = 4000 };

struct run {
    struct arena *arena;
    uint64_t steps; /* still allowed */
    uint32_t depth; /* still allowed */
    bool tired;
    bool counted; /* `steps` was measured by the instance */
    const struct json *instance;
    const struct block **dynamic; /* by dynamic->index: where its name leads now */
    const struct schema *schema;
};

struct seen {
    uint64_t *bits;
    uint32_t n;
};

void run_init(struct run *run, const struct schema *schema, struct arena *arena,
              const struct json *instance);

/* The operations of a block, behind its types: all; those of a block that applies no
 * others, which need not be counted; the only one of a block, for an object. */
bool run_enter(struct run *run, const struct op *ops, const struct json *v,
               struct seen *seen);
bool run_ops(struct run *run, const struct op *ops, const struct json *v,
             struct seen *seen);
bool run_object(struct run *run, const struct object_plan *plan, const struct json *v,
                struct seen *seen);

/* One operation alone; not OP_END, OP_SCOPE or OP_COLLECT. */
bool run_op(struct run *run, const struct op *op, const struct json *v,
            struct seen *seen);

/* Enters and leaves the dynamic scope of a resource. `ret_before` has room for
 * scope->n. */
void run_scope_enter(struct run *run, const struct scope *scope,
                     const struct block **ret_before);
void run_scope_leave(struct run *run, const struct scope *scope,
                     const struct block *const *before);

/* Whether the pattern stands in the text; false too when it is tired. */
bool run_pattern(struct run *run, const struct pattern *pattern, str text);

/* The run is tired, as blocks are too deep within each other; false. */
bool run_too_deep(struct run *run);

/* Takes `n` steps off; false when it is tired. */
bool run_tire(struct run *run, uint64_t n);

/* A part of the loops over members and items. */
#define RUN_HOT static inline __attribute__((always_inline))

RUN_HOT bool run_steps(struct run *run, uint64_t n)
{
    if (__builtin_expect(run->steps < n, 0))
        return run_tire(run, n);
    run->steps -= n;
    return true;
}

RUN_HOT bool run_types_fit(const struct block *block, const struct json *v)
{
    if (!(block->types >> v->type & 1))
        return false;
    return !(block->types & TYPES_WHOLE) || v->type != JSON_NUMBER || number_is_whole(v);
}

RUN_HOT bool run_block(struct run *run, const struct block *block, const struct json *v,
                       struct seen *seen)
{
    if (!run_types_fit(block, v))
        return false;
    switch ((enum block_kind)block->kind) {
    case BLOCK_TYPES:
        return true;
    case BLOCK_ENUM:
        return choice_admits(block->ops->u.choice, v);
    case BLOCK_LEAF:
        return run_ops(run, block->ops, v, seen);
    case BLOCK_OBJECT:
        return v->type != JSON_OBJECT || run_object(run, block->ops->u.object, v, seen);
    case BLOCK_ANY:
        break;
    }
    return run_enter(run, block->ops, v, seen);
}

static inline void seen_mark(struct seen *seen, uint32_t i)
{
    seen->bits[i >> 6] |= (uint64_t)1 << (i & 63);
}

static inline bool seen_has(const struct seen *seen, uint32_t i)
{
    return seen->bits[i >> 6] >> (i & 63) & 1;
}

void seen_init(struct seen *seen, struct arena *arena, uint32_t n);
void seen_merge(struct seen *seen, const struct seen *more);
void seen_mark_all(struct seen *seen);

/* Not inlined, so that the loop over operations has a small frame. */
#define OP(id, check)                                                                    \
    __attribute__((noinline)) bool check(struct run *run, const struct op *op,           \
                                         const struct json *v, struct seen *seen);
#include "schema/schema_op_list.h"
#undef OP

#endif
