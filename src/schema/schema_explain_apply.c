/* What operations apply to parts of a value, or to the same value again. */
#include "schema/names.h"
#include "schema/schema_explain.h"

/* Branches of anyOf and oneOf that are looked at for the nearest, and their errors. */
enum { BRANCHES_MAX = 32, BRANCH_ERRORS_MAX = 5, NAMES_MAX = 8 };

/* `one of "a", "b"`, or absent when there are too many to say. */
static str known_names(struct explain *explain, const struct object_plan *plan)
{
    str text = STR_NONE;
    if (plan->patterns_n || plan->properties_n > NAMES_MAX)
        return STR_NONE;
    for (uint32_t i = 0; i < plan->properties_n; i++)
        if (plan->properties[i].listed)
            text = arena_printf(explain->arena, STR_F "%s\"" STR_F "\"", STR_A(text),
                                text.n ? ", " : "",
                                STR_A(name_text(&plan->properties[i].name)));
    return text;
}

static void explain_additional(struct explain *explain, const struct view *view,
                               const struct object_plan *plan,
                               const struct json_member *member,
                               const struct place *place)
{
    if (plan->additional->types || plan->additional->via) {
        explain_child(explain, view, plan->additional, &member->value, place);
        return;
    }
    struct view at = {view->block, &member->value, place, view->way};
    str names = known_names(explain, plan);
    if (names.n)
        explain_add(explain, &at, KEYWORD_ADDITIONAL_PROPERTIES,
                    "is not allowed here; known are " STR_F, STR_A(names));
    else
        explain_add(explain, &at, KEYWORD_ADDITIONAL_PROPERTIES, "is not allowed here");
}

static void explain_member(struct explain *explain, const struct view *view,
                           const struct object_plan *plan,
                           const struct json_member *member)
{
    struct place place = {view->place, json_key(member), 0};
    uint32_t at = names_find(plan->names, json_key(member));
    const struct property *property = at == NAMES_NONE ? NULL : &plan->properties[at];
    const struct block *block = property && property->listed ? property->block : NULL;
    bool known = block != NULL;
    if (block)
        explain_child(explain, view, block, &member->value, &place);
    for (uint32_t i = 0; i < plan->patterns_n; i++) {
        if (!run_pattern(&explain->run, plan->patterns[i].pattern, json_key(member)))
            continue;
        known = true;
        explain_child(explain, view, plan->patterns[i].block, &member->value, &place);
    }
    if (!known && plan->additional && !explain_ends(explain) &&
        !run_block(&explain->run, plan->additional, &member->value, NULL))
        explain_additional(explain, view, plan, member, &place);
}

/* Looks up each member once, and tells what was not among them. */
static void explain_required(struct explain *explain, const struct view *view,
                             const struct object_plan *plan)
{
    const struct json *v = view->value;
    struct seen met;
    seen_init(&met, explain->arena, plan->properties_n);
    for (uint32_t i = 0; i < v->n; i++) {
        uint32_t place = names_find(plan->names, json_key(&v->u.members[i]));
        if (place != NAMES_NONE)
            seen_mark(&met, place);
    }
    for (uint32_t i = 0; i < plan->properties_n && !explain_ends(explain); i++)
        if (plan->properties[i].required && !seen_has(&met, i))
            explain_add(explain, view, KEYWORD_REQUIRED,
                        "must have a member \"" STR_F "\"",
                        STR_A(name_text(&plan->properties[i].name)));
}

static void explain_object(struct explain *explain, const struct view *view,
                           const struct object_plan *plan)
{
    const struct json *v = view->value;
    if (plan->required_n)
        explain_required(explain, view, plan);
    for (uint32_t i = 0; i < v->n && !explain_ends(explain); i++)
        explain_member(explain, view, plan, &v->u.members[i]);
}

static void explain_property_names(struct explain *explain, const struct view *view,
                                   const struct block *block)
{
    const struct json *v = view->value;
    for (uint32_t i = 0; i < v->n && !explain_ends(explain); i++) {
        str key = json_key(&v->u.members[i]);
        struct place place = {view->place, key, 0};
        struct json name = json_of_text(key);
        struct view at = {view->block, &name, &place, view->way};
        if (!run_block(&explain->run, block, &name, NULL))
            explain_add(explain, &at, KEYWORD_PROPERTY_NAMES,
                        "has a name that is not allowed here");
    }
}

static void explain_dependencies(struct explain *explain, const struct view *view,
                                 const struct dependencies *plan)
{
    const struct json *v = view->value;
    for (uint32_t i = 0; i < plan->n && !explain_ends(explain); i++) {
        const struct dependency *dependency = &plan->items[i];
        if (!run_steps(&explain->run, 1 + v->n / 16))
            return;
        if (!json_member(v, dependency->name))
            continue;
        for (uint32_t k = 0; k < dependency->required_n && !explain_ends(explain); k++)
            if (run_steps(&explain->run, 1 + v->n / 16) &&
                !json_member(v, dependency->required[k]))
                explain_add(explain, view, dependency->keyword,
                            "must have a member \"" STR_F "\", as it has \"" STR_F "\"",
                            STR_A(dependency->required[k]), STR_A(dependency->name));
        if (dependency->block)
            explain_same(explain, view, dependency->block);
    }
}

static void explain_items(struct explain *explain, const struct view *view,
                          const struct items_plan *plan)
{
    const struct json *v = view->value;
    for (uint32_t i = 0; i < v->n && !explain_ends(explain); i++) {
        struct place place = {view->place, STR_NONE, i};
        const struct block *block = i < plan->prefix_n ? plan->prefix[i] : plan->rest;
        if (block)
            explain_child(explain, view, block, &v->u.items[i], &place);
    }
}

void explain_unevaluated(struct explain *explain, const struct view *view,
                         const struct op *op, const struct seen *seen)
{
    const struct json *v = view->value;
    const struct block *block = op->u.block;
    bool items = op->code == OP_UNEVALUATED_ITEMS;
    for (uint32_t i = 0; i < v->n && !explain_ends(explain); i++) {
        str name = items ? STR_NONE : json_key(&v->u.members[i]);
        const struct json *child = items ? &v->u.items[i] : &v->u.members[i].value;
        struct place place = {view->place, name, i};
        struct view at = {view->block, child, &place, view->way};
        if (seen_has(seen, i) || run_block(&explain->run, block, child, NULL))
            continue;
        if (block->types || block->via)
            explain_child(explain, view, block, child, &place);
        else
            explain_add(explain, &at, (enum keyword)op->keyword, "is not allowed here");
    }
}

/* The errors of one branch, apart from the others. */
static struct explain explain_branch(struct explain *explain, const struct view *view,
                                     const struct block *block)
{
    struct explain branch = *explain;
    branch.errors = NULL;
    branch.n = branch.room = 0;
    branch.max = BRANCH_ERRORS_MAX;
    explain_same(&branch, view, block);
    explain->run.steps = branch.run.steps;
    explain->run.counted = branch.run.counted;
    explain->run.tired = branch.run.tired;
    explain->tired = branch.tired;
    return branch;
}

/* How far a branch is from fitting: best is one whose first error lies below the value
 * itself, as then the value is probably meant to be of this branch; then few errors. */
static uint32_t distance_of(const struct explain *branch, str here)
{
    bool below = branch->n && branch->errors[0].instance.n > here.n;
    return branch->n + branch->more + (below ? 0 : 2 * BRANCH_ERRORS_MAX);
}

static void explain_nearest(struct explain *explain, const struct view *view,
                            const struct op *op)
{
    struct explain best = {.n = 0};
    uint32_t shortest = UINT32_MAX;
    explain_add(explain, view, (enum keyword)op->keyword,
                "must fit %s of %u descriptions, but fits none",
                op->code == OP_ONE_OF ? "exactly one" : "at least one", op->n);
    if (explain_ends(explain))
        return;
    str here = explain->errors[explain->n - 1].instance;
    for (uint32_t i = 0; i < op->n && i < BRANCHES_MAX && !explain_ends(explain); i++) {
        struct explain branch = explain_branch(explain, view, op->u.blocks[i]);
        uint32_t distance = distance_of(&branch, here);
        if (branch.n && distance < shortest) {
            best = branch;
            shortest = distance;
        }
    }
    for (uint32_t i = 0; i < best.n && !explain->more; i++) {
        explain_add(explain, view, (enum keyword)op->keyword, "%s", "");
        if (!explain->more)
            explain->errors[explain->n - 1] = best.errors[i];
    }
}

static void explain_one_of(struct explain *explain, const struct view *view,
                           const struct op *op)
{
    uint32_t fits[2] = {0, 0};
    unsigned n = 0;
    for (uint32_t i = 0; i < op->n && n < 2 && !explain->run.tired; i++)
        if (run_block(&explain->run, op->u.blocks[i], view->value, NULL))
            fits[n++] = i;
    if (explain->run.tired)
        return;
    if (n < 2)
        explain_nearest(explain, view, op);
    else
        explain_add(explain, view, KEYWORD_ONE_OF,
                    "must fit exactly one of %u descriptions, but fits numbers %u and %u",
                    op->n, fits[0] + 1, fits[1] + 1);
}

static void explain_ref(struct explain *explain, const struct view *view,
                        const struct block *block, str path)
{
    struct way way = {view->way, path};
    struct view next = {block, view->value, view->place, &way};
    explain_block(explain, &next);
}

static void explain_dynamic_ref(struct explain *explain, const struct view *view,
                                const struct dynamic_ref *ref)
{
    const struct block *block = explain->run.dynamic[ref->dynamic->index];
    explain_ref(explain, view, block ? block : ref->initial, STR("/$dynamicRef"));
}

static void explain_if(struct explain *explain, const struct view *view,
                       const struct condition *condition)
{
    bool test = run_block(&explain->run, condition->test, view->value, NULL);
    const struct block *next = test ? condition->yes : condition->no;
    if (next)
        explain_same(explain, view, next);
}

bool explain_apply(struct explain *explain, const struct view *view, const struct op *op)
{
    switch (op->code) {
    case OP_OBJECT:
        explain_object(explain, view, op->u.object);
        return true;
    case OP_PROPERTY_NAMES:
        explain_property_names(explain, view, op->u.block);
        return true;
    case OP_DEPENDENCIES:
        explain_dependencies(explain, view, op->u.dependencies);
        return true;
    case OP_ITEMS:
        explain_items(explain, view, op->u.items);
        return true;
    case OP_REF:
        explain_ref(explain, view, op->u.block, STR("/$ref"));
        return true;
    case OP_DYNAMIC_REF:
        explain_dynamic_ref(explain, view, op->u.dynamic_ref);
        return true;
    case OP_ALL_OF:
        for (uint32_t i = 0; i < op->n; i++)
            explain_same(explain, view, op->u.blocks[i]);
        return true;
    case OP_ANY_OF:
        explain_nearest(explain, view, op);
        return true;
    case OP_ONE_OF:
        explain_one_of(explain, view, op);
        return true;
    case OP_IF:
        explain_if(explain, view, op->u.condition);
        return true;
    default:
        return false;
    }
}
