/* Operations that look at the members of an object. */
#include "schema/names.h"
#include "schema/schema_pattern.h"
#include "schema/schema_run.h"

#define UNUSED(x) (void)(x)

/* Tries a member against all patterns; *known becomes true when one applies. */
static bool check_patterns(struct run *run, const struct object_plan *plan,
                           const struct json_member *member, bool *known)
{
    str name = json_key(member);
    if (!run_steps(run, plan->patterns_n))
        return false;
    for (uint32_t i = 0; i < plan->patterns_n; i++) {
        const struct pattern_property *pattern = &plan->patterns[i];
        enum regex_result result = pattern_test(pattern->pattern, name);
        run->tired = run->tired || result == REGEX_TIRED;
        if (result == REGEX_NONE)
            continue;
        *known = true;
        if (run->tired || !run_block(run, pattern->block, &member->value, NULL))
            return false;
    }
    return true;
}

/* `found` counts the required members: names of an object are distinct. */
static inline bool check_member(struct run *run, const struct object_plan *plan,
                                const struct json_member *member, uint32_t *found,
                                bool *known)
{
    uint32_t place = names_find(plan->names, member->key, member->key_n);
    if (place != NAMES_NONE) {
        const struct property *property = &plan->properties[place];
        *found += property->required;
        if (property->block) {
            *known = true;
            if (!run_block(run, property->block, &member->value, NULL))
                return false;
        }
    }
    return !plan->patterns_n || check_patterns(run, plan, member, known);
}

bool check_object(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    const struct object_plan *plan = op->u.object;
    const struct json_member *members = v->u.members;
    uint32_t found = 0;
    if (v->n < plan->required_n || !run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < v->n; i++) {
        bool known = false;
        if (!check_member(run, plan, &members[i], &found, &known))
            return false;
        if (!known && plan->additional) {
            known = true;
            if (!run_block(run, plan->additional, &members[i].value, NULL))
                return false;
        }
        if (known && seen)
            seen_mark(seen, i);
    }
    return found == plan->required_n;
}

bool check_property_names(struct run *run, const struct op *op, const struct json *v,
                          struct seen *seen)
{
    UNUSED(seen);
    if (!run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < v->n; i++) {
        struct json name = json_of_text(json_key(&v->u.members[i]));
        if (!run_block(run, op->u.block, &name, NULL))
            return false;
    }
    return true;
}

static bool has_all(const struct json *v, const struct dependency *dependency)
{
    for (uint32_t i = 0; i < dependency->required_n; i++)
        if (!json_member(v, dependency->required[i]))
            return false;
    return true;
}

bool check_dependencies(struct run *run, const struct op *op, const struct json *v,
                        struct seen *seen)
{
    const struct dependencies *plan = op->u.dependencies;
    for (uint32_t i = 0; i < plan->n; i++) {
        const struct dependency *dependency = &plan->items[i];
        if (!run_steps(run, 1 + v->n / 16))
            return false;
        if (!json_member(v, dependency->name))
            continue;
        if (!run_steps(run, (uint64_t)dependency->required_n * (1 + v->n / 16)) ||
            !has_all(v, dependency) ||
            (dependency->block && !run_block(run, dependency->block, v, seen)))
            return false;
    }
    return true;
}

bool check_unevaluated_properties(struct run *run, const struct op *op,
                                  const struct json *v, struct seen *seen)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (!seen_has(seen, i) &&
            !run_block(run, op->u.block, &v->u.members[i].value, NULL))
            return false;
    seen_mark_all(seen);
    return true;
}
