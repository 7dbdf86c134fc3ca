#include "schema/schema_run.h"

#include "schema/schema_pattern.h"

enum {
    STEPS_FIRST = 1000000, /* before the instance is measured */
    STEPS_PER_VALUE = 256,
    PATTERN_STEPS = 4096, /* of the regex engine: what an honest match takes at most */
    PATTERN_COST = 100000 /* in our steps, of a match that takes more */
};

void run_init(struct run *run, const struct schema *schema, struct arena *arena,
              const struct json *instance)
{
    *run = (struct run){.arena = arena,
                        .steps = STEPS_FIRST,
                        .depth = RUN_DEPTH_MAX,
                        .instance = instance,
                        .schema = schema};
    if (schema->dynamic_n)
        run->dynamic = arena_array(arena, schema->dynamic_n, sizeof(run->dynamic[0]));
}

bool run_tire(struct run *run, uint64_t n)
{
    if (!run->counted) {
        run->counted = true;
        run->steps += STEPS_PER_VALUE * values_count(run->instance);
    }
    if (run->steps < n) {
        run->steps = 0;
        run->tired = true;
        return false;
    }
    run->steps -= n;
    return true;
}

bool run_pattern(struct run *run, const struct pattern *pattern, str text)
{
    uint64_t few = PATTERN_STEPS + 4 * (uint64_t)text.n;
    enum regex_result result =
        pattern_test(pattern, text, few < UINT32_MAX ? (uint32_t)few : UINT32_MAX);
    if (result == REGEX_TIRED && run_steps(run, PATTERN_COST))
        result = pattern_test(pattern, text, 0);
    run->tired = run->tired || result == REGEX_TIRED;
    return result == REGEX_MATCH;
}

void seen_init(struct seen *seen, struct arena *arena, uint32_t n)
{
    seen->n = n;
    seen->bits = arena_array(arena, ((size_t)n + 63) / 64, sizeof(seen->bits[0]));
}

void seen_merge(struct seen *seen, const struct seen *more)
{
    for (uint32_t i = 0; i < (seen->n + 63) / 64; i++)
        seen->bits[i] |= more->bits[i];
}

void seen_mark_all(struct seen *seen)
{
    for (uint32_t i = 0; i < (seen->n + 63) / 64; i++)
        seen->bits[i] = UINT64_MAX;
}

void run_scope_enter(struct run *run, const struct scope *scope,
                     const struct block **ret_before)
{
    for (uint32_t i = 0; i < scope->n; i++) {
        const struct block **place = &run->dynamic[scope->entries[i].dynamic];
        ret_before[i] = *place;
        *place = *place ? *place : scope->entries[i].block;
    }
}

void run_scope_leave(struct run *run, const struct scope *scope,
                     const struct block *const *before)
{
    for (uint32_t i = scope->n; i-- > 0;)
        run->dynamic[scope->entries[i].dynamic] = before[i];
}

/* Whether an outer resource has all of the names already. */
static bool is_covered(const struct run *run, const struct scope *scope)
{
    for (uint32_t i = 0; i < scope->n; i++)
        if (!run->dynamic[scope->entries[i].dynamic])
            return false;
    return true;
}

/* The rest of the block, with the names of its resource. */
static __attribute__((noinline)) bool run_scope(struct run *run, const struct op *op,
                                                const struct json *v, struct seen *seen)
{
    const struct scope *scope = op->u.scope;
    if (!run_steps(run, scope->n))
        return false;
    if (is_covered(run, scope))
        return run_ops(run, op + 1, v, seen);
    struct arena_mark mark = arena_mark(run->arena);
    const struct block **before = arena_alloc(run->arena, scope->n * sizeof(before[0]));
    run_scope_enter(run, scope, before);
    bool ok = run_ops(run, op + 1, v, seen);
    run_scope_leave(run, scope, before);
    arena_rewind(run->arena, mark);
    return ok;
}

/* The rest of the block, with marks of its own, which are those of the outer too. */
static __attribute__((noinline)) bool run_collect(struct run *run, const struct op *op,
                                                  const struct json *v, struct seen *seen)
{
    struct arena_mark mark = arena_mark(run->arena);
    struct seen own;
    if (!run_steps(run, v->n / 64))
        return false;
    seen_init(&own, run->arena, v->n);
    bool ok = run_ops(run, op + 1, v, &own);
    if (ok && seen)
        seen_merge(seen, &own);
    arena_rewind(run->arena, mark);
    return ok;
}

#define OP(id, check)                                                                    \
    case OP_##id:                                                                        \
        if (!check(run, op, v, seen))                                                    \
            return false;                                                                \
        break;

bool run_ops(struct run *run, const struct op *op, const struct json *v,
             struct seen *seen)
{
    for (;; op++) {
        if (!(op->types >> v->type & 1))
            continue;
        switch ((enum op_code)op->code) {
        case OP_END:
            return true;
        case OP_SCOPE:
            return run_scope(run, op, v, seen);
        case OP_COLLECT:
            return run_collect(run, op, v, seen);
#include "schema/schema_op_list.h"
        }
    }
}

#undef OP

bool run_op(struct run *run, const struct op *op, const struct json *v, struct seen *seen)
{
    struct op alone[2] = {*op, {.code = OP_END, .types = 0xff}};
    return run_ops(run, alone, v, seen);
}

bool run_too_deep(struct run *run)
{
    run->tired = true;
    run->steps = 0;
    return false;
}

bool run_enter(struct run *run, const struct op *ops, const struct json *v,
               struct seen *seen)
{
    if (!run_steps(run, 1))
        return false;
    if (!run->depth)
        return run_too_deep(run);
    run->depth--;
    bool ok = run_ops(run, ops, v, seen);
    run->depth++;
    return ok;
}
