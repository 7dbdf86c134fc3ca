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

/* The property of a name that is not the next one, or NULL. Now and then a member is left
 * out, so the one behind is looked at before the table. */
static __attribute__((noinline)) const struct property *find_elsewhere(
    const struct object_plan *plan, const struct json_member *member,
    const struct property *next)
{
    uint64_t head, tail;
    const char *key = member->key;
    uint32_t n = member->key_n;
    name_words(key, n, &head, &tail);
    if (name_is(&next[1].name, key, n, head, tail))
        return next + 1;
    uint32_t place = names_find_words(plan->names, key, n, head, tail);
    return place == NAMES_NONE ? NULL : &plan->properties[place];
}

/* The property of a member's name, or NULL. Members often come in the order in which the
 * schema names them, so the one behind the last is looked at first; *next is that. */
RUN_HOT const struct property *find_property(const struct object_plan *plan,
                                             const struct json_member *member,
                                             const struct property **next)
{
    const struct property *property = *next;
    if (!name_is_text(&property->name, member->key, member->key_n))
        property = find_elsewhere(plan, member, property);
    *next = property ? property + 1 : *next;
    return property;
}

/* Beside what its types say. */
RUN_HOT bool check_member(struct run *run, const struct property *property,
                          const struct json *v)
{
    if (!(property->types >> v->type & 1))
        return false;
    switch ((enum property_test)property->test) {
    case PROPERTY_WHOLE:
        return v->type != JSON_NUMBER || number_is_whole(v);
    case PROPERTY_ENUM:
        return choice_admits(property->choice, v);
    case PROPERTY_BLOCK:
        break;
    }
    return run_block(run, property->block, v, NULL);
}

/* Nobody asks for marks, and there are no patterns. Required members are counted, as
 * names of an object are distinct; where a name is out of order, as in an object that
 * another schema describes, it is asked whether enough are left. */
RUN_HOT bool check_names(struct run *run, const struct object_plan *plan,
                         const struct json *v)
{
    const struct property *next = plan->properties;
    const struct json_member *end = v->u.members + v->n;
    uint32_t missing = plan->required_n;
    for (const struct json_member *member = v->u.members; member < end; member++) {
        const struct property *property = next;
        if (!name_is_text(&property->name, member->key, member->key_n)) {
            property = find_elsewhere(plan, member, property);
            if (missing > end - member - !property)
                return false;
        }
        if (!property) {
            if (plan->additional &&
                !run_block(run, plan->additional, &member->value, NULL))
                return false;
            continue;
        }
        next = property + 1;
        missing -= property->required;
        if (!(property->enough >> member->value.type & 1) &&
            !check_member(run, property, &member->value))
            return false;
    }
    return !missing;
}

static __attribute__((noinline)) bool check_all(struct run *run,
                                                const struct object_plan *plan,
                                                const struct json *v, struct seen *seen)
{
    const struct property *next = plan->properties;
    uint32_t found = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct json_member *member = &v->u.members[i];
        const struct property *property = find_property(plan, member, &next);
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

RUN_HOT bool check_members(struct run *run, const struct object_plan *plan,
                           const struct json *v, struct seen *seen)
{
    if (__builtin_expect(seen || plan->patterns_n, 0))
        return check_all(run, plan, v, seen);
    return check_names(run, plan, v);
}

bool check_object(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    const struct object_plan *plan = op->u.object;
    return v->n >= plan->required_n && run_steps(run, v->n) &&
           check_members(run, plan, v, seen);
}

bool run_object(struct run *run, const struct object_plan *plan, const struct json *v,
                struct seen *seen)
{
    if (v->n < plan->required_n || !run_steps(run, 1 + (uint64_t)v->n))
        return false;
    if (!run->depth)
        return run_too_deep(run);
    run->depth--;
    bool ok = check_members(run, plan, v, seen);
    run->depth++;
    return ok;
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
