/* Operations that apply other blocks to the same value. */
#include "schema/schema_library.h"
#include "schema/schema_run.h"

/* A block in the middle of a resource brings that into scope. */
static bool run_elsewhere(struct run *run, const struct block *block,
                          const struct json *v, struct seen *seen)
{
    const struct scope *scope = block->resource->scope;
    if (!scope || block->resource->root == block)
        return run_block(run, block, v, seen);
    if (!run_steps(run, scope->n))
        return false;
    struct arena_mark mark = arena_mark(run->arena);
    const struct block **before = arena_alloc(run->arena, scope->n * sizeof(before[0]));
    run_scope_enter(run, scope, before);
    bool ok = run_block(run, block, v, seen);
    run_scope_leave(run, scope, before);
    arena_rewind(run->arena, mark);
    return ok;
}

bool check_ref(struct run *run, const struct op *op, const struct json *v,
               struct seen *seen)
{
    if (op->flag)
        return run_elsewhere(run, op->u.block, v, seen);
    return run_block(run, op->u.block, v, seen);
}

bool check_dynamic_ref(struct run *run, const struct op *op, const struct json *v,
                       struct seen *seen)
{
    const struct dynamic_ref *ref = op->u.dynamic_ref;
    const struct block *block = run->dynamic[ref->dynamic->index];
    return run_elsewhere(run, block ? block : ref->initial, v, seen);
}

bool check_all_of(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    for (uint32_t i = 0; i < op->n; i++)
        if (!run_block(run, op->u.blocks[i], v, seen))
            return false;
    return true;
}

/* The block with marks of its own, which are kept only when it passes. */
static __attribute__((noinline)) bool run_marked(struct run *run,
                                                 const struct block *block,
                                                 const struct json *v, struct seen *seen)
{
    struct arena_mark mark = arena_mark(run->arena);
    struct seen own;
    if (!run_steps(run, seen->n / 64))
        return false;
    seen_init(&own, run->arena, seen->n);
    bool ok = run_block(run, block, v, &own);
    if (ok)
        seen_merge(seen, &own);
    arena_rewind(run->arena, mark);
    return ok;
}

static inline bool run_apart(struct run *run, const struct block *block,
                             const struct json *v, struct seen *seen)
{
    return seen ? run_marked(run, block, v, seen) : run_block(run, block, v, NULL);
}

bool check_any_of(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    bool any = false;
    for (uint32_t i = 0; !seen && i < op->n; i++)
        if (run_block(run, op->u.blocks[i], v, NULL))
            return true;
    for (uint32_t i = 0; seen && i < op->n; i++)
        any |= run_apart(run, op->u.blocks[i], v, seen);
    return any;
}

bool check_one_of(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < op->n && found < 2 && !run->tired; i++)
        found += run_apart(run, op->u.blocks[i], v, seen);
    return found == 1;
}

bool check_not(struct run *run, const struct op *op, const struct json *v,
               struct seen *seen)
{
    (void)seen;
    return !run_block(run, op->u.block, v, NULL);
}

bool check_if(struct run *run, const struct op *op, const struct json *v,
              struct seen *seen)
{
    const struct condition *condition = op->u.condition;
    bool test = run_apart(run, condition->test, v, seen);
    const struct block *next = test ? condition->yes : condition->no;
    return !next || run_block(run, next, v, seen);
}
