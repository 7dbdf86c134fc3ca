/*
 * The tables of `unified`, and what they cannot say: what an operation inherits from its
 * resource, and what it must have then.
 */
#include "unified/mapping.h"

#include "policy/expression.h"

enum { RESOURCES_MAX = 100, FILTERS_MAX = 50, METHOD_BYTES_MAX = 200 };

static const struct {
    const char *name;
    enum mapping_kind kind;
} operations[] = {
#define X(symbol, name, kind) {name, MAPPING_##kind},
#include "unified/operation_list.h"
#undef X
};

str mapping_operation_name(enum mapping_operation operation)
{
    return str_z(operations[operation].name);
}

enum mapping_kind mapping_operation_kind(enum mapping_operation operation)
{
    return operations[operation].kind;
}

bool mapping_operation_of(str name, enum mapping_operation *ret_operation)
{
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (str_eq(name, str_z(operations[i].name))) {
            *ret_operation = (enum mapping_operation)i;
            return true;
        }
    return false;
}

str mapping_tier_word(enum mapping_tier tier)
{
    static const char *const words[] = {"platform", "environment", "account"};
    return str_z(words[tier]);
}

/* --- an operation --- */

static void read_record(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_STRING) ||
        !pointer_parse(binder->arena, json_text(value), POINTER_RFC6901, field))
        bind_fault(binder, "must be a JSON pointer into the answer, such as \"/data\".");
}

static void read_get(struct binder *binder, const struct json *value, void *field)
{
    *(bool *)field = str_eq(json_text(value), STR("get"));
    if (!*(bool *)field)
        bind_fault(binder, "must be \"get\", or be left out.");
}

#define EXPRESSION(text, of, about)                                                      \
    {                                                                                    \
        .name = text, .kind = BIND_CUSTOM, .offset = of,                                 \
        .custom = expression_read_lines, .custom_schema = EXPRESSION_LINES_SCHEMA,       \
        .doc = about                                                                     \
    }

static const struct bind_row request_rows[] = {
    EXPRESSION("path", offsetof(struct mapping_request, path),
               "Makes the names in the method's path; unless given, {id} is the record's "
               "id."),
    EXPRESSION("query", offsetof(struct mapping_request, query), "Makes the query."),
    EXPRESSION("body", offsetof(struct mapping_request, body), "Makes the body."),
};

const struct bind_table mapping_request_table = {
    .name = "request of an operation",
    .rows = request_rows,
    .n = COUNT_OF(request_rows),
    .bytes = sizeof(struct mapping_request),
};

#define STEP(field) offsetof(struct mapping_step, field)

static const struct bind_row step_rows[] = {
    {.name = "method",
     .kind = BIND_TEXT,
     .offset = STEP(method),
     .required = true,
     .min = 3,
     .max = METHOD_BYTES_MAX,
     .doc = "RESOURCE.METHOD of `resources`."},
    {.name = "record",
     .kind = BIND_CUSTOM,
     .offset = STEP(record),
     .custom = read_record,
     .custom_schema = "{\"type\":\"string\",\"pattern\":\"^(/[^/]*)*$\"}",
     .doc = "Where the record stands in the answer, as a JSON pointer; the whole answer "
            "unless "
            "given. Not of lists, whose `pagination` says it."},
    EXPRESSION("response", STEP(response),
               "Makes one record of the model out of one of the vendor; the resource's "
               "unless given."),
    {.name = "request",
     .kind = BIND_OBJECT,
     .offset = STEP(request),
     .table = &mapping_request_table,
     .doc = "What goes to the vendor."},
    {.name = "filters",
     .kind = BIND_TEXTS,
     .offset = STEP(filters),
     .min = 1,
     .max = FILTERS_MAX,
     .doc = "The model's filters that it takes."},
    {.name = "required",
     .kind = BIND_TEXTS,
     .offset = STEP(required),
     .min = 1,
     .max = FILTERS_MAX,
     .doc = "Those of them that it cannot do without."},
    {.name = "first",
     .kind = BIND_CUSTOM,
     .offset = STEP(first_get),
     .custom = read_get,
     .custom_schema = "{\"const\":\"get\"}",
     .doc = "The vendor's record is fetched before, and is $current in the request."},
    {.name = "then",
     .kind = BIND_CUSTOM,
     .offset = STEP(then_get),
     .custom = read_get,
     .custom_schema = "{\"const\":\"get\"}",
     .doc = "The answer is no record; the one whose id `response` gives, or that was "
            "asked for, is fetched after."},
};

static bool has_text(const struct bind_texts *texts, str text)
{
    for (uint32_t i = 0; i < texts->n; i++)
        if (str_eq(texts->items[i], text))
            return true;
    return false;
}

static void finish_step(struct binder *binder, void *obj)
{
    const struct mapping_step *step = obj;
    for (uint32_t i = 0; i < step->required.n; i++)
        if (!has_text(&step->filters, step->required.items[i]))
            bind_fault_at(binder, STR("required"),
                          "names \"" STR_F "\", which is not among the filters; add it "
                          "there.",
                          STR_A(step->required.items[i]));
}

static const struct bind_table step_table = {
    .name = "operation",
    .rows = step_rows,
    .n = COUNT_OF(step_rows),
    .bytes = sizeof(struct mapping_step),
    .finish = finish_step,
};

/* --- a resource --- */

static const char *const encodings[] = {"json", "form", NULL};

static const struct bind_row shared_rows[] = {
    EXPRESSION("query", offsetof(struct mapping_shared, query),
               "Makes the query of list and get, unless they have their own."),
    EXPRESSION("body", offsetof(struct mapping_shared, body),
               "Makes the body of create and update, unless they have their own."),
    {.name = "encoding",
     .kind = BIND_ENUM,
     .offset = offsetof(struct mapping_shared, encoding),
     .words = encodings,
     .doc = "How bodies are written: json, or form, where nested names stand in "
            "brackets."},
};

static const struct bind_table shared_table = {
    .name = "request of a resource",
    .rows = shared_rows,
    .n = COUNT_OF(shared_rows),
    .bytes = sizeof(struct mapping_shared),
};

static const struct bind_row mapping_rows[] = {
    EXPRESSION(
        "response", offsetof(struct mapping, response),
        "Makes one record of the model out of one of the vendor, for each operation "
        "that has none of its own."),
    {.name = "request",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct mapping, request),
     .table = &shared_table,
     .doc = "What the operations share of what goes to the vendor."},
#define X(symbol, text, kind_of)                                                         \
    {.name = text,                                                                       \
     .kind = BIND_OPTION,                                                                \
     .offset = offsetof(struct mapping, steps) +                                         \
               MAPPING_##symbol * sizeof(struct mapping_step *),                         \
     .table = &step_table,                                                               \
     .doc = "How to " text "."},
#include "unified/operation_list.h"
#undef X
};

void mapping_inherit(enum mapping_operation operation, const struct mapping_layer *shared,
                     struct mapping_layer *own)
{
    struct mapping_request *request = &own->request;
    bool records = operation != MAPPING_DELETE && operation != MAPPING_FIELDS;
    if (!own->response && records)
        own->response = shared->response;
    if (!request->query && (operation == MAPPING_LIST || operation == MAPPING_GET))
        request->query = shared->request.query;
    if (!request->body && (operation == MAPPING_CREATE || operation == MAPPING_UPDATE))
        request->body = shared->request.body;
}

static void inherit(const struct mapping *mapping, enum mapping_operation operation)
{
    struct mapping_step *step = mapping->steps[operation];
    struct mapping_layer own = {step->response, step->request};
    const struct mapping_layer shared = {
        .response = mapping->response,
        .request = {.query = mapping->request.query, .body = mapping->request.body},
    };
    mapping_inherit(operation, &shared, &own);
    step->response = own.response;
    step->request = own.request;
}

static void check_many(struct binder *binder, const struct mapping *mapping)
{
    const struct mapping_step *step = mapping->steps[MAPPING_CREATE_MANY];
    if (!mapping->steps[MAPPING_CREATE])
        bind_fault(binder, "wants another operation, \"create\", which makes one.");
    if (step->first_get || step->then_get)
        bind_fault(binder, "fetches nothing before or after; remove \"first\" and "
                           "\"then\".");
}

static void check_step(struct binder *binder, const struct mapping *mapping,
                       enum mapping_operation operation)
{
    const struct mapping_step *step = mapping->steps[operation];
    enum mapping_kind kind = operations[operation].kind;
    if (!step->response && kind != MAPPING_ENDS)
        bind_fault(binder, "has no \"response\", and its resource has none.");
    if (!step->request.body && kind == MAPPING_WRITES)
        bind_fault(binder,
                   "has no \"body\" in its \"request\", and its resource has none.");
    if (step->record.n && kind == MAPPING_LISTS)
        bind_fault_at(
            binder, STR("record"),
            "is not of lists: \"records\" of the method's pagination says where "
            "they are.");
    if (step->filters.n && kind != MAPPING_LISTS)
        bind_fault_at(binder, STR("filters"), "are of list, search and fields only.");
    if (step->first_get && (!mapping->steps[MAPPING_GET] || operation == MAPPING_GET))
        bind_fault_at(binder, STR("first"), "wants another operation, \"get\".");
    if (step->then_get && (!mapping->steps[MAPPING_GET] || operation == MAPPING_GET))
        bind_fault_at(binder, STR("then"), "wants another operation, \"get\".");
    if (operation == MAPPING_CREATE_MANY)
        check_many(binder, mapping);
}

static void finish_mapping(struct binder *binder, void *obj)
{
    struct mapping *mapping = obj;
    bool any = false;
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++) {
        if (!mapping->steps[i])
            continue;
        any = true;
        str before =
            bind_enter(binder, mapping_operation_name((enum mapping_operation)i));
        inherit(mapping, (enum mapping_operation)i);
        check_step(binder, mapping, (enum mapping_operation)i);
        binder->at = before;
    }
    if (!any)
        bind_fault(binder, "has no operation; give it one, such as \"list\".");
}

static const struct bind_table mapping_table = {
    .name = "mapping",
    .rows = mapping_rows,
    .n = COUNT_OF(mapping_rows),
    .bytes = sizeof(struct mapping),
    .finish = finish_mapping,
    .name_at = offsetof(struct mapping, name),
};

/* --- a category --- */

static const struct bind_row mappings_row = {
    .name = "resources",
    .kind = BIND_NAMED,
    .offset = offsetof(struct mapping_category, mappings),
    .max = RESOURCES_MAX,
    .table = &mapping_table,
};

const struct bind_table mapping_category_table = {
    .name = "category",
    .bytes = sizeof(struct mapping_category),
    .name_at = offsetof(struct mapping_category, name),
    .whole = &mappings_row,
};

const struct mapping *mapping_find(const struct bind_list *categories, str category,
                                   str resource)
{
    const struct mapping_category *all = categories->items;
    for (uint32_t i = 0; i < categories->n; i++) {
        const struct mapping *mappings = all[i].mappings.items;
        for (uint32_t k = 0; k < all[i].mappings.n; k++)
            if (str_eq(all[i].name, category) && str_eq(mappings[k].name, resource))
                return &mappings[k];
    }
    return NULL;
}
