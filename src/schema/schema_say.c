/* Sentences: what a value must be, and what it is. */
#include "base/buf.h"
#include "base/utf8.h"
#include "json/json_write.h"
#include "schema/schema_explain.h"
#include "schema/schema_format.h"
#include "schema/schema_pattern.h"
#include "schema/schema_values.h"

enum { FOUND_BYTES_MAX = 60, LIST_BYTES_MAX = 200, TEXT_BYTES_MAX = 1 << 20 };

/* As JSON, cut at a character when it is long. */
static str print(struct explain *explain, const struct json *value, size_t bytes_max)
{
    struct buf buf;
    buf_init(&buf, TEXT_BYTES_MAX);
    json_write(&buf, value, JSON_COMPACT);
    str text = buf.n ? buf_peek(&buf) : STR("");
    if (!buf_ok(&buf) || text.n > bytes_max) {
        size_t n = text.n < bytes_max ? text.n : bytes_max;
        while (n && utf8_is_tail(text.p[n]))
            n--;
        text = arena_printf(explain->arena, STR_F "…", (int)n, text.p);
    } else {
        text = arena_str(explain->arena, text);
    }
    buf_fini(&buf);
    return text;
}

static str count(struct explain *explain, const char *what, const char *noun, uint32_t n)
{
    if (n == 0)
        return arena_printf(explain->arena, "an empty %s",
                            what + (what[1] == 'n' ? 3 : 2));
    return arena_printf(explain->arena, "%s of %u %s%s", what, n, noun,
                        n == 1 ? "" : "s");
}

str explain_found(struct explain *explain, const struct json *value)
{
    if (json_is(value, JSON_ARRAY))
        return count(explain, "an array", "item", value->n);
    if (json_is(value, JSON_OBJECT))
        return count(explain, "an object", "member", value->n);
    if (json_is(value, JSON_STRING)) {
        struct json head = *value;
        head.n = head.n < 2 * FOUND_BYTES_MAX ? head.n : 2 * FOUND_BYTES_MAX;
        return print(explain, &head, FOUND_BYTES_MAX);
    }
    return print(explain, value, FOUND_BYTES_MAX);
}

void explain_say_types(struct explain *explain, const struct view *view)
{
    static const struct {
        unsigned types;
        const char *words;
    } names[] = {
        {TYPES_STRING, "a string"},    {TYPES_NUMBER, "a number"},
        {1 << JSON_TRUE, "a boolean"}, {TYPES_ARRAY, "an array"},
        {TYPES_OBJECT, "an object"},   {1 << JSON_NULL, "null"},
    };
    unsigned types = view->block->types;
    str wanted = STR_NONE;
    if (!types) {
        explain_add(explain, view, KEYWORD_ID, "is not allowed");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!(types & names[i].types))
            continue;
        types &= ~names[i].types & ~(1u << JSON_FALSE);
        bool last = !(types & TYPES_ALL);
        bool whole = names[i].types == TYPES_NUMBER && (types & TYPES_WHOLE);
        wanted = arena_printf(explain->arena, STR_F "%s%s", STR_A(wanted),
                              !wanted.n ? ""
                              : last    ? " or "
                                        : ", ",
                              whole ? "a whole number" : names[i].words);
    }
    str found = explain_found(explain, view->value);
    explain_add(explain, view, KEYWORD_TYPE, "must be " STR_F ", but is " STR_F,
                STR_A(wanted), STR_A(found));
}

static void say_bound(struct explain *explain, const struct view *view,
                      const struct op *op, const char *words)
{
    str bound = print(explain, &op->u.bound->exact, FOUND_BYTES_MAX);
    str found = explain_found(explain, view->value);
    explain_add(explain, view, (enum keyword)op->keyword,
                "must be %s " STR_F ", but is " STR_F, words, STR_A(bound), STR_A(found));
}

/* The keywords of a range are max…, and min… behind it. */
static void say_range(struct explain *explain, const struct view *view,
                      const struct op *op, uint64_t n, const char *noun)
{
    const struct range *range = op->u.range;
    bool low = n < range->min;
    uint64_t limit = low ? range->min : range->max;
    explain_add(explain, view, (enum keyword)(op->keyword + low),
                "must have at %s %llu %s%s, but has %llu", low ? "least" : "most",
                (unsigned long long)limit, noun, limit == 1 ? "" : "s",
                (unsigned long long)n);
}

static void say_contains(struct explain *explain, const struct view *view,
                         const struct contains_plan *plan)
{
    unsigned long long n = 0;
    for (uint32_t i = 0; i < view->value->n; i++)
        n += run_block(&explain->run, plan->block, &view->value->u.items[i], NULL);
    bool many = n > plan->range.max;
    uint64_t limit = many ? plan->range.max : plan->range.min;
    enum keyword keyword = many                  ? KEYWORD_MAX_CONTAINS
                           : plan->range.min > 1 ? KEYWORD_MIN_CONTAINS
                                                 : KEYWORD_CONTAINS;
    explain_add(explain, view, keyword,
                "must have at %s %llu item%s that fit%s a description, but has %llu",
                many ? "most" : "least", (unsigned long long)limit, limit == 1 ? "" : "s",
                limit == 1 ? "s" : "", n);
}

static void say_unique(struct explain *explain, const struct view *view)
{
    uint32_t first = 0;
    uint32_t second = 0;
    values_differ(explain->arena, view->value, &explain->run.steps, &first, &second);
    explain_add(explain, view, KEYWORD_UNIQUE_ITEMS,
                "must have no two equal items, but items %u and %u are equal", first,
                second);
}

static void say_value(struct explain *explain, const struct view *view,
                      const struct op *op)
{
    bool one = op->code == OP_CONST;
    const struct json *wanted = one ? op->u.value : &op->u.choice->all;
    str text = print(explain, wanted, LIST_BYTES_MAX);
    str found = explain_found(explain, view->value);
    explain_add(explain, view, (enum keyword)op->keyword,
                "must be %s" STR_F ", but is " STR_F, one ? "" : "one of ", STR_A(text),
                STR_A(found));
}

static void say_text(struct explain *explain, const struct view *view,
                     const struct op *op)
{
    str found = explain_found(explain, view->value);
    if (op->code == OP_PATTERN)
        explain_add(explain, view, KEYWORD_PATTERN,
                    "must match the pattern " STR_F ", but is " STR_F,
                    STR_A(op->u.pattern->text), STR_A(found));
    else if (op->code == OP_FORMAT)
        explain_add(explain, view, KEYWORD_FORMAT, "must be " STR_F ", but is " STR_F,
                    STR_A(op->u.format->meaning), STR_A(found));
    else
        explain_add(explain, view, (enum keyword)op->keyword,
                    "must hold %s, but is " STR_F,
                    op->flag & CONTENT_JSON ? "JSON" : "base64", STR_A(found));
}

void explain_say(struct explain *explain, const struct view *view, const struct op *op)
{
    static const char *const bounds[] = {"at most", "less than", "at least",
                                         "greater than", "a multiple of"};
    const struct json *v = view->value;
    switch (op->code) {
    case OP_CONST:
    case OP_ENUM:
        say_value(explain, view, op);
        break;
    case OP_MAXIMUM:
    case OP_EXCLUSIVE_MAXIMUM:
    case OP_MINIMUM:
    case OP_EXCLUSIVE_MINIMUM:
    case OP_MULTIPLE_OF:
        say_bound(explain, view, op, bounds[op->code - OP_MAXIMUM]);
        break;
    case OP_LENGTH:
        say_range(explain, view, op, utf8_count(json_text(v)), "character");
        break;
    case OP_COUNT:
        say_range(explain, view, op, v->n, json_is(v, JSON_ARRAY) ? "item" : "member");
        break;
    case OP_PATTERN:
    case OP_FORMAT:
    case OP_CONTENT:
        say_text(explain, view, op);
        break;
    case OP_CONTAINS:
        say_contains(explain, view, op->u.contains);
        break;
    case OP_UNIQUE_ITEMS:
        say_unique(explain, view);
        break;
    case OP_NOT:
        explain_add(explain, view, KEYWORD_NOT, "fits what it must not be");
        break;
    default:
        explain_add(explain, view, (enum keyword)op->keyword, "does not fit");
        break;
    }
}
