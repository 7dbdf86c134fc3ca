/* Operations that look at the items of an array. */
#include "schema/schema_run.h"

bool check_items(struct run *run, const struct op *op, const struct json *v,
                 struct seen *seen)
{
    const struct items_plan *plan = op->u.items;
    const struct json *items = v->u.items;
    uint32_t n = v->n < plan->prefix_n ? v->n : plan->prefix_n;
    if (!run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!run_block(run, plan->prefix[i], &items[i], NULL))
            return false;
    if (plan->rest)
        for (uint32_t i = n; i < v->n; i++)
            if (!run_block(run, plan->rest, &items[i], NULL))
                return false;
    for (uint32_t i = 0; seen && i < (plan->rest ? v->n : n); i++)
        seen_mark(seen, i);
    return true;
}

/* Stops as soon as the answer is known, unless somebody wants all marks. */
bool check_contains(struct run *run, const struct op *op, const struct json *v,
                    struct seen *seen)
{
    const struct contains_plan *plan = op->u.contains;
    struct seen *marks = plan->marks ? seen : NULL;
    uint64_t found = 0;
    if (!run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < v->n; i++) {
        if (!marks && found >= plan->range.min && plan->range.max == UINT64_MAX)
            return true;
        if (!run_block(run, plan->block, &v->u.items[i], NULL))
            continue;
        found++;
        if (found > plan->range.max)
            return false;
        if (marks)
            seen_mark(marks, i);
    }
    return found >= plan->range.min;
}

bool check_unevaluated_items(struct run *run, const struct op *op, const struct json *v,
                             struct seen *seen)
{
    if (!run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < v->n; i++)
        if (!seen_has(seen, i) && !run_block(run, op->u.block, &v->u.items[i], NULL))
            return false;
    seen_mark_all(seen);
    return true;
}
