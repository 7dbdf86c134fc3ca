/* Keywords that look at the members of an object, or at the items of an array. */
#include "schema/names.h"
#include "schema/schema_emit.h"

static str name_at(const struct json *list, uint32_t i)
{
    const struct json *item = &list->u.items[i];
    return json_is(item, JSON_STRING) ? json_text(item) : STR_NONE;
}

/* Room for the names of a plan while they are gathered. */
struct gather {
    struct emit *emit;
    struct map places; /* name → property */
    struct property *properties;
    uint32_t n;
};

static struct property *gather_name(struct gather *gather, str name)
{
    struct property *property = map_find(&gather->places, name);
    if (property)
        return property;
    uint32_t place = gather->n++;
    property = &gather->properties[place];
    property->name = name_of(arena_str(gather->emit->arena, name), place);
    map_put(&gather->places, name_text(&property->name), property);
    return property;
}

static void gather_properties(struct gather *gather, const struct json *properties)
{
    for (uint32_t i = 0; i < properties->n; i++) {
        const struct json_member *member = &properties->u.members[i];
        struct property *property = gather_name(gather, json_key(member));
        property->block = emit_use(gather->emit, KEYWORD_PROPERTIES, &member->value);
        property->listed = true;
    }
}

static uint32_t gather_required(struct gather *gather, const struct json *required)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < required->n; i++) {
        str name = name_at(required, i);
        if (str_absent(name)) {
            emit_fault(gather->emit, KEYWORD_REQUIRED, "must be a list of names.");
            return 0;
        }
        struct property *property = gather_name(gather, name);
        n += !property->required;
        property->required = true;
    }
    return n;
}

static void emit_names(struct emit *emit, struct object_plan *plan,
                       const struct json *properties, const struct json *required)
{
    size_t room = (properties ? properties->n : 0) + (size_t)(required ? required->n : 0);
    struct gather gather = {.emit = emit};
    map_init(&gather.places);
    gather.properties =
        arena_array(emit->arena, room + PROPERTIES_END, sizeof(gather.properties[0]));
    if (properties)
        gather_properties(&gather, properties);
    if (required)
        plan->required_n = gather_required(&gather, required);
    map_fini(&gather.places);
    for (uint32_t i = 0; i < PROPERTIES_END; i++)
        gather.properties[gather.n + i].name.n = UINT32_MAX;
    str *names = arena_array(emit->library->scratch, gather.n, sizeof(names[0]));
    for (uint32_t i = 0; i < gather.n; i++)
        names[i] = name_text(&gather.properties[i].name);
    plan->names = names_create(emit->arena, names, gather.n);
    plan->properties = gather.properties;
    plan->properties_n = gather.n;
}

static void emit_patterns(struct emit *emit, struct object_plan *plan,
                          const struct json *patterns)
{
    enum keyword keyword = KEYWORD_PATTERN_PROPERTIES;
    struct pattern_property *list =
        arena_array(emit->arena, patterns->n, sizeof(list[0]));
    for (uint32_t i = 0; i < patterns->n && !emit->library->failed; i++) {
        const struct json_member *member = &patterns->u.members[i];
        list[i].pattern = emit_new_pattern(emit, keyword, json_key(member));
        list[i].block = emit_use(emit, keyword, &member->value);
    }
    plan->patterns = list;
    plan->patterns_n = patterns->n;
}

void emit_object(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct json *const *at = emit->keywords.at;
    const struct json *properties = at[KEYWORD_PROPERTIES];
    const struct json *patterns = at[KEYWORD_PATTERN_PROPERTIES];
    const struct json *required = at[KEYWORD_REQUIRED];
    (void)value;
    if (emit->has_object ||
        (properties && !emit_expect(emit, KEYWORD_PROPERTIES, properties, JSON_OBJECT)) ||
        (required && !emit_expect(emit, KEYWORD_REQUIRED, required, JSON_ARRAY)) ||
        (patterns &&
         !emit_expect(emit, KEYWORD_PATTERN_PROPERTIES, patterns, JSON_OBJECT)))
        return;
    emit->has_object = true;
    struct object_plan *plan = arena_zalloc(emit->arena, sizeof(*plan));
    emit_names(emit, plan, properties, required);
    if (patterns)
        emit_patterns(emit, plan, patterns);
    if (at[KEYWORD_ADDITIONAL_PROPERTIES])
        plan->additional = emit_use(emit, KEYWORD_ADDITIONAL_PROPERTIES,
                                    at[KEYWORD_ADDITIONAL_PROPERTIES]);
    plan->next = emit->plans;
    emit->plans = plan;
    emit_op(emit, OP_OBJECT, TYPES_OBJECT, keyword)->u.object = plan;
}

static enum property_test test_of(const struct block *block)
{
    bool whole = block->types & TYPES_WHOLE;
    if (block->kind == BLOCK_TYPES && whole)
        return PROPERTY_WHOLE;
    return block->kind == BLOCK_ENUM && !whole ? PROPERTY_ENUM : PROPERTY_BLOCK;
}

/* The types that no operation of the block looks at. */
static unsigned enough_of(const struct block *block)
{
    unsigned types = block->types & TYPES_ALL;
    if (block->types & TYPES_WHOLE)
        types &= ~(unsigned)TYPES_NUMBER;
    for (const struct op *op = block->ops; op && op->code != OP_END; op++)
        types &= ~(unsigned)op->types;
    return types;
}

static void finish_property(struct property *property, const struct block *block)
{
    property->block = block;
    property->types = property->enough = TYPES_ALL;
    if (!block)
        return;
    property->types = (uint8_t)block->types;
    property->enough = (uint8_t)enough_of(block);
    property->test = (uint8_t)test_of(block);
    if (property->test == PROPERTY_ENUM)
        property->choice = block->ops->u.choice;
}

void emit_finish_plan(struct object_plan *plan)
{
    for (uint32_t i = 0; i < plan->properties_n; i++) {
        struct property *property = &plan->properties[i];
        finish_property(property, property->listed ? property->block : plan->additional);
    }
}

void emit_property_names(struct emit *emit, enum keyword keyword,
                         const struct json *value)
{
    const struct block *block = emit_use(emit, keyword, value);
    emit_op(emit, OP_PROPERTY_NAMES, TYPES_OBJECT, keyword)->u.block = block;
}

static void read_dependency(struct emit *emit, enum keyword keyword,
                            const struct json_member *member,
                            struct dependency *ret_dependency)
{
    const struct json *value = &member->value;
    *ret_dependency = (struct dependency){
        .name = arena_str(emit->arena, json_key(member)), .keyword = keyword};
    bool list = json_is(value, JSON_ARRAY);
    if (!list && keyword != KEYWORD_DEPENDENT_REQUIRED) {
        ret_dependency->block = emit_use(emit, keyword, value);
        return;
    }
    str *names = arena_array(emit->arena, list ? value->n : 0, sizeof(names[0]));
    for (uint32_t i = 0; list && i < value->n; i++) {
        names[i] = arena_str(emit->arena, name_at(value, i));
        list = !str_absent(names[i]);
    }
    if (!list || keyword == KEYWORD_DEPENDENT_SCHEMAS)
        emit_fault(emit, keyword, "must hold lists of names.");
    ret_dependency->required = names;
    ret_dependency->required_n = value->n;
}

void emit_dependencies(struct emit *emit, enum keyword keyword, const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_OBJECT))
        return;
    struct dependencies *plan = arena_zalloc(emit->arena, sizeof(*plan));
    struct dependency *items = arena_array(emit->arena, value->n, sizeof(items[0]));
    for (uint32_t i = 0; i < value->n && !emit->library->failed; i++)
        read_dependency(emit, keyword, &value->u.members[i], &items[i]);
    plan->items = items;
    plan->n = value->n;
    emit_op(emit, OP_DEPENDENCIES, TYPES_OBJECT, keyword)->u.dependencies = plan;
}

/* prefixItems and items, or, before 2020-12, the two forms of items, and
 * additionalItems beside the form with a list. */
void emit_items(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct json *const *at = emit->keywords.at;
    const struct json *items = at[KEYWORD_ITEMS];
    bool later = emit->block->resource->dialect.draft == DRAFTS_D2020;
    bool list = !later && items && json_is(items, JSON_ARRAY);
    (void)value;
    if (emit->has_items || (!later && !items))
        return;
    emit->has_items = true;
    struct items_plan *plan = arena_zalloc(emit->arena, sizeof(*plan));
    plan->prefix_keyword = later ? KEYWORD_PREFIX_ITEMS : KEYWORD_ITEMS;
    plan->rest_keyword = list ? KEYWORD_ADDITIONAL_ITEMS : KEYWORD_ITEMS;
    const struct json *prefix = list ? items : at[KEYWORD_PREFIX_ITEMS];
    if (prefix && emit_expect(emit, plan->prefix_keyword, prefix, JSON_ARRAY)) {
        plan->prefix = emit_use_list(emit, plan->prefix_keyword, prefix);
        plan->prefix_n = prefix->n;
    }
    if (at[plan->rest_keyword])
        plan->rest = emit_use(emit, plan->rest_keyword, at[plan->rest_keyword]);
    emit_op(emit, OP_ITEMS, TYPES_ARRAY, keyword)->u.items = plan;
}
