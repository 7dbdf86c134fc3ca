/* Operations that look at the members of an object. */
#include "schema/names.h"
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
        if (!run_pattern(run, pattern->pattern, name)) {
            if (run->tired)
                return false;
            continue;
        }
        *known = true;
        if (!run_block(run, pattern->block, &member->value, NULL))
            return false;
    }
    return true;
}

/*
 * The property of a member's name, or NULL. Members often come in the order in which the
 * schema names them, now and then one left out, so the two behind the last are looked at
 * first; *hint is the place of the next.
 */
RUN_HOT const struct property *find_property(const struct object_plan *plan,
                                             const struct json_member *member,
                                             uint32_t *hint)
{
    uint64_t head, tail;
    const char *key = member->key;
    uint32_t n = member->key_n;
    name_words(key, n, &head, &tail);
    for (uint32_t place = *hint; place < *hint + 2 && place < plan->properties_n; place++)
        if (name_is(&plan->properties[place].name, key, n, head, tail)) {
            *hint = place + 1;
            return &plan->properties[place];
        }
    uint32_t place = names_find(plan->names, json_key(member));
    if (place == NAMES_NONE)
        return NULL;
    *hint = place + 1;
    return &plan->properties[place];
}

/* Nobody asks for marks, and there are no patterns. Required members are counted: names
 * of an object are distinct. */
static bool check_names(struct run *run, const struct object_plan *plan,
                        const struct json *v)
{
    uint32_t hint = 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct json_member *member = &v->u.members[i];
        const struct property *property = find_property(plan, member, &hint);
        const struct block *block = plan->additional;
        if (property) {
            found += property->required;
            if (!(property->types >> member->value.type & 1))
                return false;
            block = property->deeper ? property->block : NULL;
        }
        if (block && !run_block(run, block, &member->value, NULL))
            return false;
    }
    return found == plan->required_n;
}

static bool check_all(struct run *run, const struct object_plan *plan,
                      const struct json *v, struct seen *seen)
{
    uint32_t hint = 0;
    uint32_t found = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct json_member *member = &v->u.members[i];
        const struct property *property = find_property(plan, member, &hint);
        bool known = property && property->listed;
        const struct block *block = known ? property->block : NULL;
        found += property && property->required;
        if (plan->patterns_n && !check_patterns(run, plan, member, &known))
            return false;
        if (!known && plan->additional) {
            block = plan->additional;
            known = true;
        }
        if (block && !run_block(run, block, &member->value, NULL))
            return false;
        if (seen && known)
            seen_mark(seen, i);
    }
    return found == plan->required_n;
}

bool check_object(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    const struct object_plan *plan = op->u.object;
    if (v->n < plan->required_n || !run_steps(run, v->n))
        return false;
    return seen || plan->patterns_n ? check_all(run, plan, v, seen)
                                    : check_names(run, plan, v);
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
    if (!run_steps(run, v->n))
        return false;
    for (uint32_t i = 0; i < v->n; i++)
        if (!seen_has(seen, i) &&
            !run_block(run, op->u.block, &v->u.members[i].value, NULL))
            return false;
    seen_mark_all(seen);
    return true;
}
