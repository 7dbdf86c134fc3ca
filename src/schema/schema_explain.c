#include "schema/schema_explain.h"

#include "json/pointer.h"
#include "schema/schema_library.h"

static size_t depth_of(const struct place *place)
{
    size_t n = 0;
    for (; place->up; place = place->up)
        n++;
    return n;
}

static str pointer_of(struct arena *arena, const struct place *place)
{
    size_t n = depth_of(place);
    str *parts = arena_array(arena, n, sizeof(parts[0]));
    for (size_t i = n; i-- > 0; place = place->up)
        parts[i] = str_absent(place->name)
                       ? pointer_join_index(arena, STR(""), place->index)
                       : pointer_join(arena, STR(""), place->name);
    return arena_join(arena, parts, n);
}

static str path_of(struct arena *arena, const struct way *way, str keyword)
{
    size_t n = 0;
    for (const struct way *at = way; at; at = at->up)
        n++;
    str *parts = arena_array(arena, n + 1, sizeof(parts[0]));
    parts[n] = keyword.n ? pointer_join(arena, STR(""), keyword) : STR("");
    size_t all = n + 1;
    for (; way; way = way->up)
        parts[--n] = way->path;
    return arena_join(arena, parts, all);
}

static str absolute_of(struct arena *arena, const struct block *block, str keyword)
{
    str uri = block->resource->uri;
    if (!uri.n)
        return STR_NONE;
    str pointer = block_pointer_in_resource(arena, block);
    pointer = keyword.n ? pointer_join(arena, pointer, keyword) : pointer;
    return arena_printf(arena, STR_F "#" STR_F, STR_A(uri), STR_A(pointer));
}

static struct schema_error *next_error(struct explain *explain)
{
    if (explain->n == explain->max) {
        explain->more = true;
        return NULL;
    }
    explain->errors = arena_grow(explain->arena, explain->errors, explain->n,
                                 &explain->room, sizeof(explain->errors[0]));
    return &explain->errors[explain->n++];
}

void explain_add(struct explain *explain, const struct view *view, enum keyword keyword,
                 const char *fmt, ...)
{
    struct arena *arena = explain->arena;
    struct schema_error *error = next_error(explain);
    if (!error)
        return;
    str name = keyword == KEYWORD_ID ? STR("") : keyword_name(keyword);
    va_list args;
    va_start(args, fmt);
    str rest = arena_vprintf(arena, fmt, args);
    va_end(args);
    str pointer = pointer_of(arena, view->place);
    error->instance = pointer;
    error->keyword = path_of(arena, view->way, name);
    error->absolute = absolute_of(arena, view->block, name);
    error->sentence =
        pointer.n ? arena_printf(arena, "`" STR_F "` " STR_F, STR_A(pointer), STR_A(rest))
                  : arena_printf(arena, "the value " STR_F, STR_A(rest));
}

/* One operation: does it hold, and if not, why? */
static bool explain_op(struct explain *explain, const struct view *view,
                       const struct op *op, struct seen *seen)
{
    struct run *run = &explain->run;
    if (run_op(run, op, view->value, seen))
        return true;
    if (run->tired)
        return false;
    uint32_t before = explain->n;
    if (seen &&
        (op->code == OP_UNEVALUATED_ITEMS || op->code == OP_UNEVALUATED_PROPERTIES))
        explain_unevaluated(explain, view, op, seen);
    else if (!explain_apply(explain, view, op) ||
             (explain->n == before && !explain_ends(explain)))
        explain_say(explain, view, op);
    return false;
}

/* What looks at the marks of others says nothing when one of them failed. */
static bool explain_ops(struct explain *explain, const struct view *view,
                        const struct op *op, struct seen *seen)
{
    bool ok = true;
    for (; op->code != OP_END && !explain_ends(explain); op++) {
        bool late =
            op->code == OP_UNEVALUATED_ITEMS || op->code == OP_UNEVALUATED_PROPERTIES;
        if (!(op->types >> view->value->type & 1) || (late && !ok))
            continue;
        if (op->code == OP_COLLECT)
            seen_init(seen, explain->arena, view->value->n);
        else
            ok &= explain_op(explain, view, op, seen->bits ? seen : NULL);
    }
    return ok;
}

static bool explain_all(struct explain *explain, const struct view *view)
{
    struct seen seen = {0};
    const struct op *op = view->block->ops;
    if (op->code != OP_SCOPE)
        return explain_ops(explain, view, op, &seen);
    const struct scope *scope = op->u.scope;
    const struct block **before =
        arena_array(explain->arena, scope->n, sizeof(before[0]));
    run_scope_enter(&explain->run, scope, before);
    bool ok = explain_ops(explain, view, op + 1, &seen);
    run_scope_leave(&explain->run, scope, before);
    return ok;
}

/* Through references that stand alone, to the block they stand for. */
static struct view follow_aliases(struct explain *explain, const struct view *view)
{
    struct view at = *view;
    for (; at.block->via; at.block = at.block->via) {
        struct way *way = arena_alloc(explain->arena, sizeof(*way));
        *way = (struct way){at.way, STR("/$ref")};
        at.way = way;
    }
    return at;
}

bool explain_block(struct explain *explain, const struct view *alias)
{
    struct view at = follow_aliases(explain, alias);
    const struct view *view = &at;
    const struct block *block = at.block;
    if (!run_steps(&explain->run, 1) || explain->depth == RUN_DEPTH_MAX) {
        explain->tired = true;
        return false;
    }
    if (!run_types_fit(block, view->value)) {
        explain_say_types(explain, view);
        return false;
    }
    explain->depth++;
    bool ok = !block->ops || explain_all(explain, view);
    explain->depth--;
    return ok;
}

void explain_same(struct explain *explain, const struct view *view,
                  const struct block *block)
{
    explain_child(explain, view, block, view->value, view->place);
}

void explain_child(struct explain *explain, const struct view *view,
                   const struct block *block, const struct json *child,
                   const struct place *place)
{
    struct way way = {view->way, block->path};
    struct view next = {block, child, place, &way};
    if (!explain_ends(explain))
        explain_block(explain, &next);
}

void schema_explain(const struct schema *schema, struct arena *arena,
                    const struct json *instance, uint32_t errors_max,
                    struct schema_report *ret_report)
{
    struct place root = {0};
    struct view view = {schema->root, instance, &root, NULL};
    struct explain explain = {.arena = arena, .max = errors_max ? errors_max : 1};
    *ret_report = (struct schema_report){.valid = schema_valid(schema, arena, instance)};
    if (ret_report->valid)
        return;
    run_init(&explain.run, schema, arena, instance);
    explain_block(&explain, &view);
    if (!explain.n)
        explain_add(&explain, &view, KEYWORD_ID,
                    "cannot be checked: it takes more steps, or deeper nesting, than is "
                    "allowed");
    ret_report->errors = explain.errors;
    ret_report->n = explain.n;
    ret_report->more = explain.more;
}
