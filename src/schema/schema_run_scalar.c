/* Operations that look at a value alone. */
#include "base/encode.h"
#include "base/utf8.h"
#include "json/json_parse.h"
#include "schema/schema_format.h"
#include "schema/schema_run.h"
#include "schema/schema_values.h"

/* What every check is given, and few need. */
#define UNUSED(x) (void)(x)

bool check_const(struct run *run, const struct op *op, const struct json *v,
                 struct seen *seen)
{
    UNUSED(seen);
    if (v->type > JSON_STRING && !run_steps(run, op->n))
        return false;
    return values_equal(v, op->u.value);
}

bool check_enum(struct run *run, const struct op *op, const struct json *v,
                struct seen *seen)
{
    UNUSED(seen);
    if (v->type > JSON_STRING && !run_steps(run, op->u.choice->size))
        return false;
    return choice_admits(op->u.choice, v);
}

/* Doubles answer unless they are equal and hide digits. */
static inline int compare(const struct json *v, const struct bound *bound)
{
    if (!(v->flags & JSON_NUMERAL) && v->u.number != bound->nearest)
        return v->u.number < bound->nearest ? -1 : 1;
    return number_compare(v, &bound->exact);
}

bool check_maximum(struct run *run, const struct op *op, const struct json *v,
                   struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return compare(v, op->u.bound) <= 0;
}

bool check_exclusive_maximum(struct run *run, const struct op *op, const struct json *v,
                             struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return compare(v, op->u.bound) < 0;
}

bool check_minimum(struct run *run, const struct op *op, const struct json *v,
                   struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return compare(v, op->u.bound) >= 0;
}

bool check_exclusive_minimum(struct run *run, const struct op *op, const struct json *v,
                             struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return compare(v, op->u.bound) > 0;
}

bool check_multiple_of(struct run *run, const struct op *op, const struct json *v,
                       struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return number_is_multiple(v, &op->u.bound->exact);
}

static inline bool in_range(const struct range *range, uint64_t n)
{
    return n >= range->min && n <= range->max;
}

/* A character has one to four bytes, so that the bytes often answer. */
bool check_length(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    const struct range *range = op->u.range;
    if (v->flags & JSON_ASCII)
        return in_range(range, v->n);
    if (v->n < range->min)
        return false;
    if (v->n <= range->max && (v->n + (uint64_t)3) / 4 >= range->min)
        return true;
    return in_range(range, utf8_count(json_text(v)));
}

bool check_count(struct run *run, const struct op *op, const struct json *v,
                 struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return in_range(op->u.range, v->n);
}

bool check_pattern(struct run *run, const struct op *op, const struct json *v,
                   struct seen *seen)
{
    UNUSED(seen);
    return run_pattern(run, op->u.pattern, json_text(v));
}

bool check_format(struct run *run, const struct op *op, const struct json *v,
                  struct seen *seen)
{
    UNUSED(run);
    UNUSED(seen);
    return op->u.format->holds(json_text(v));
}

bool check_content(struct run *run, const struct op *op, const struct json *v,
                   struct seen *seen)
{
    UNUSED(seen);
    struct arena_mark mark = arena_mark(run->arena);
    struct json parsed;
    str text = json_text(v);
    bool ok = !(op->flag & CONTENT_BASE64) || decode_base64(run->arena, text, &text);
    ok = ok && (!(op->flag & CONTENT_JSON) ||
                json_parse(run->arena, text, NULL, &parsed, NULL));
    arena_rewind(run->arena, mark);
    return ok;
}

bool check_unique_items(struct run *run, const struct op *op, const struct json *v,
                        struct seen *seen)
{
    UNUSED(op);
    UNUSED(seen);
    uint32_t first, second;
    if (!run_steps(run, v->n))
        return false;
    enum values_result result =
        values_differ(run->arena, v, &run->steps, &first, &second);
    run->tired = run->tired || result == VALUES_TIRED;
    return result == VALUES_DIFFER;
}
