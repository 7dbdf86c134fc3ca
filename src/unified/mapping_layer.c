/*
 * What an override lays over the mappings of a document. Its expressions are read by
 * tables of their own, since an override has nothing that is required, and are written
 * into copies of the steps that they concern. A tier inherits for itself: an operation
 * has the tier's own expression, or what the tier's resource shares (mapping_inherit).
 */
#include "policy/expression.h"
#include "unified/mapping.h"

struct over {
    str name;
    struct mapping_layer shared; /* by its operations */
    struct mapping_layer *steps[MAPPING_OPERATION_COUNT];
};

/* --- tables --- */

#define EXPRESSION(text, of)                                                             \
    {                                                                                    \
        .name = text, .kind = BIND_CUSTOM, .offset = of, .custom = expression_read_lines \
    }

static const struct bind_row step_rows[] = {
    EXPRESSION("response", offsetof(struct mapping_layer, response)),
    {.name = "request",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct mapping_layer, request),
     .table = &mapping_request_table},
};

static const struct bind_table step_table = {
    .name = "operation",
    .rows = step_rows,
    .n = COUNT_OF(step_rows),
    .bytes = sizeof(struct mapping_layer),
};

static const struct bind_row shared_rows[] = {
    EXPRESSION("query", offsetof(struct mapping_request, query)),
    EXPRESSION("body", offsetof(struct mapping_request, body)),
};

static const struct bind_table shared_table = {
    .name = "request of a resource",
    .rows = shared_rows,
    .n = COUNT_OF(shared_rows),
    .bytes = sizeof(struct mapping_request),
};

static const struct bind_row over_rows[] = {
    EXPRESSION("response", offsetof(struct over, shared.response)),
    {.name = "request",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct over, shared.request),
     .table = &shared_table},
#define X(symbol, text, kind_of)                                                         \
    {.name = text,                                                                       \
     .kind = BIND_OPTION,                                                                \
     .offset = offsetof(struct over, steps) +                                            \
               MAPPING_##symbol * sizeof(struct mapping_layer *),                        \
     .table = &step_table},
#include "unified/operation_list.h"
#undef X
};

static const struct bind_table over_table = {
    .name = "mapping",
    .rows = over_rows,
    .n = COUNT_OF(over_rows),
    .bytes = sizeof(struct over),
    .name_at = offsetof(struct over, name),
};

static const struct bind_row overs_row = {
    .name = "resources",
    .kind = BIND_NAMED,
    .offset = offsetof(struct mapping_over_category, overs),
    .table = &over_table,
};

const struct bind_table mapping_over_table = {
    .name = "category",
    .bytes = sizeof(struct mapping_over_category),
    .name_at = offsetof(struct mapping_over_category, name),
    .whole = &overs_row,
};

/* --- laying --- */

/* What the tier says of an operation. */
static struct mapping_layer layer_of(const struct over *over,
                                     enum mapping_operation operation)
{
    struct mapping_layer layer = {0};
    if (over->steps[operation])
        layer = *over->steps[operation];
    mapping_inherit(operation, &over->shared, &layer);
    return layer;
}

static void lay_step(struct binder *binder, struct mapping *mapping,
                     const struct over *over, enum mapping_operation operation,
                     enum mapping_tier tier)
{
    const struct mapping_step *before = mapping->steps[operation];
    str name = mapping_operation_name(operation);
    if (!before) {
        if (over->steps[operation])
            bind_fault_at(binder, name,
                          "is no operation of this resource in the document; an "
                          "override adds to those that are there.");
        return;
    }
    struct mapping_step *step = arena_alloc(binder->arena, sizeof(*step));
    *step = *before;
    step->layers[tier] = layer_of(over, operation);
    mapping->steps[operation] = step;
    if (!step->response && step->layers[tier].response)
        bind_fault_at(binder, name,
                      "has no \"response\" in the document to which another could be "
                      "added.");
}

static void lay_mapping(struct binder *binder, struct mapping *mapping,
                        const struct over *over, enum mapping_tier tier)
{
    str before = bind_enter(binder, over->name);
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++)
        lay_step(binder, mapping, over, (enum mapping_operation)i, tier);
    binder->at = before;
}

static void *copy_items(struct arena *arena, const struct bind_list *list, size_t each)
{
    void *items = arena_array(arena, list->n, each);
    if (list->n)
        memcpy(items, list->items, list->n * each);
    return items;
}

static void lay_category(struct binder *binder, struct mapping_category *category,
                         const struct mapping_over_category *over, enum mapping_tier tier)
{
    const struct over *overs = over->overs.items;
    struct mapping *mappings =
        copy_items(binder->arena, &category->mappings, sizeof(*mappings));
    category->mappings.items = mappings;
    for (uint32_t i = 0; i < over->overs.n; i++) {
        uint32_t k = 0;
        while (k < category->mappings.n && !str_eq(mappings[k].name, overs[i].name))
            k++;
        if (k < category->mappings.n)
            lay_mapping(binder, &mappings[k], &overs[i], tier);
        else
            bind_fault_at(binder, overs[i].name,
                          "is no resource of this category in the document.");
    }
}

struct bind_list mapping_lay(struct binder *binder, const struct bind_list *categories,
                             enum mapping_tier tier, const struct bind_list *overs)
{
    const struct mapping_over_category *items = overs->items;
    struct mapping_category *copies =
        copy_items(binder->arena, categories, sizeof(*copies));
    for (uint32_t i = 0; i < overs->n; i++) {
        uint32_t k = 0;
        while (k < categories->n && !str_eq(copies[k].name, items[i].name))
            k++;
        str before = bind_enter(binder, items[i].name);
        if (k < categories->n)
            lay_category(binder, &copies[k], &items[i], tier);
        else
            bind_fault(binder, "is no category of the document's \"unified\".");
        binder->at = before;
    }
    return (struct bind_list){copies, categories->n};
}
