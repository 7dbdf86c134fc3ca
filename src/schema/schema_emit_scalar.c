/* Keywords that look at a value alone. */
#include "json/json_write.h"
#include "schema/schema_emit.h"
#include "schema/schema_format.h"
#include "schema/schema_number.h"
#include "schema/schema_values.h"

/* The mask of a name of `type`; 0 when it is none. */
static unsigned types_of_name(str name)
{
    static const struct {
        str name;
        unsigned types;
    } names[] = {
        {STR("string"), TYPES_STRING},
        {STR("object"), TYPES_OBJECT},
        {STR("array"), TYPES_ARRAY},
        {STR("number"), TYPES_NUMBER},
        {STR("integer"), TYPES_NUMBER | TYPES_WHOLE},
        {STR("boolean"), 1 << JSON_TRUE | 1 << JSON_FALSE},
        {STR("null"), 1 << JSON_NULL},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(names[i].name, name))
            return names[i].types;
    return 0;
}

void emit_type(struct emit *emit, enum keyword keyword, const struct json *value)
{
    bool list = json_is(value, JSON_ARRAY);
    const struct json *items = list ? value->u.items : value;
    uint32_t n = list ? value->n : 1;
    unsigned all = 0;
    bool any_number = false;
    for (uint32_t i = 0; i < n; i++) {
        unsigned types =
            json_is(&items[i], JSON_STRING) ? types_of_name(json_text(&items[i])) : 0;
        if (!types)
            emit_fault(emit, keyword,
                       "must be string, number, integer, object, array, boolean or "
                       "null, or a list of them.");
        any_number = any_number || types == TYPES_NUMBER;
        all |= types;
    }
    if (any_number)
        all &= ~(unsigned)TYPES_WHOLE;
    emit->block->types = (uint16_t)all;
}

void emit_const(struct emit *emit, enum keyword keyword, const struct json *value)
{
    struct json *copy = arena_alloc(emit->arena, sizeof(*copy));
    *copy = json_copy(emit->arena, value);
    struct op *op = emit_op(emit, OP_CONST, TYPES_ALL, keyword);
    op->u.value = copy;
    op->n = (uint32_t)values_count(value);
}

void emit_enum(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_ARRAY))
        return;
    emit_op(emit, OP_ENUM, TYPES_ALL, keyword)->u.choice =
        choice_create(emit->arena, value);
}

/* The operations of the five keywords stand in the order of the keywords. */
void emit_bound(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_NUMBER))
        return;
    struct bound *bound = arena_zalloc(emit->arena, sizeof(*bound));
    bound->exact = json_copy(emit->arena, value);
    bound->nearest = json_number(value);
    struct json zero = json_of_number(0);
    if (keyword == KEYWORD_MULTIPLE_OF && number_compare(value, &zero) <= 0)
        emit_fault(emit, keyword, "must be greater than 0.");
    unsigned code = OP_MAXIMUM + (keyword - KEYWORD_MAXIMUM);
    emit_op(emit, (enum op_code)code, TYPES_NUMBER, keyword)->u.bound = bound;
}

/* False: a fault was noted. Beyond 64 bits a limit cannot be reached. */
static bool read_count(struct emit *emit, enum keyword keyword, uint64_t *count)
{
    const struct json *value = emit->keywords.at[keyword];
    struct json zero = json_of_number(0);
    if (!value || json_to_u64(value, UINT64_MAX, count))
        return true;
    if (json_is(value, JSON_NUMBER) && number_is_whole(value) &&
        number_compare(value, &zero) > 0) {
        *count = UINT64_MAX;
        return true;
    }
    emit_fault(emit, keyword, "must be a whole number, not negative.");
    return false;
}

/* max… and min… of one thing stand in pairs, and share an operation. */
void emit_range(struct emit *emit, enum keyword keyword, const struct json *value)
{
    (void)value;
    bool is_max = keyword == KEYWORD_MAX_LENGTH || keyword == KEYWORD_MAX_ITEMS ||
                  keyword == KEYWORD_MAX_PROPERTIES;
    enum keyword max = is_max ? keyword : (enum keyword)(keyword - 1);
    enum keyword min = (enum keyword)(max + 1);
    if (!is_max && emit->keywords.at[max])
        return;
    struct range *range = arena_zalloc(emit->arena, sizeof(*range));
    range->max = UINT64_MAX;
    if (!read_count(emit, max, &range->max) || !read_count(emit, min, &range->min))
        return;
    unsigned types = max == KEYWORD_MAX_ITEMS        ? TYPES_ARRAY
                     : max == KEYWORD_MAX_PROPERTIES ? TYPES_OBJECT
                                                     : TYPES_STRING;
    enum op_code code = max == KEYWORD_MAX_LENGTH ? OP_LENGTH : OP_COUNT;
    emit_op(emit, code, types, max)->u.range = range;
}

void emit_contains(struct emit *emit, enum keyword keyword, const struct json *value)
{
    struct contains_plan *plan = arena_zalloc(emit->arena, sizeof(*plan));
    plan->block = emit_use(emit, keyword, value);
    plan->range = (struct range){1, UINT64_MAX};
    plan->marks = emit->block->resource->dialect.draft == DRAFTS_D2020;
    if (read_count(emit, KEYWORD_MIN_CONTAINS, &plan->range.min) &&
        read_count(emit, KEYWORD_MAX_CONTAINS, &plan->range.max))
        emit_op(emit, OP_CONTAINS, TYPES_ARRAY, keyword)->u.contains = plan;
}

void emit_unique_items(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!json_is_bool(value))
        emit_fault(emit, keyword, "must be true or false.");
    else if (json_is(value, JSON_TRUE))
        emit_op(emit, OP_UNIQUE_ITEMS, TYPES_ARRAY, keyword);
}

void emit_pattern(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_STRING))
        return;
    const struct pattern *pattern = emit_new_pattern(emit, keyword, json_text(value));
    emit_op(emit, OP_PATTERN, TYPES_STRING, keyword)->u.pattern = pattern;
}

static bool asserts_formats(const struct emit *emit)
{
    return emit->library->source->formats || emit->block->resource->dialect.formats;
}

/* A format that is not known holds always (draft 2020-12 validation §7.2.2). */
void emit_format(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_STRING) || !asserts_formats(emit))
        return;
    const struct format *format = format_find(json_text(value));
    if (format)
        emit_op(emit, OP_FORMAT, TYPES_STRING, keyword)->u.format = format;
}

static bool says(const struct emit *emit, enum keyword keyword, str word)
{
    const struct json *value = emit->keywords.at[keyword];
    return value && json_is(value, JSON_STRING) && str_eq(json_text(value), word);
}

/* Draft 7 lets validators look at content (validation §8), and here they do. */
void emit_content(struct emit *emit, enum keyword keyword, const struct json *value)
{
    (void)value;
    unsigned flag = 0;
    if (says(emit, KEYWORD_CONTENT_ENCODING, STR("base64")))
        flag |= CONTENT_BASE64;
    if (says(emit, KEYWORD_CONTENT_MEDIA_TYPE, STR("application/json")))
        flag |= CONTENT_JSON;
    if (!flag || emit->has_content)
        return;
    emit->has_content = true;
    emit_op(emit, OP_CONTENT, TYPES_STRING, keyword)->flag = (uint8_t)flag;
}
