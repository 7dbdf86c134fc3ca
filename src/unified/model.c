/*
 * What callers may write is the record's schema with other lists of members: without what
 * the vendor sets and, in a change, without what is given once. So there is one document
 * a model and nothing to keep in step.
 */
#include "unified/model.h"

#include "base/mem.h"
#include "json/json_parse.h"
#include "schema/schema.h"
#include "unified/model_file.h"

enum { ARENA_BYTES_MAX = 64 << 20 };

struct models {
    struct arena arena;
    struct model *items;
    uint32_t n;
    struct model fields;
};

/* What is told of a field of the vendor's, by any integration. */
static const char field_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\"],\"additionalProperties\":false,"
    "\"x-operations\":[\"fields\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1},"
    "\"label\":{\"type\":[\"string\",\"null\"]},"
    "\"description\":{\"type\":[\"string\",\"null\"]},"
    "\"type\":{\"enum\":[\"text\",\"number\",\"boolean\",\"date\",\"time\",\"choice\","
    "\"choices\",\"reference\",\"other\"]},"
    "\"custom\":{\"type\":\"boolean\"},"
    "\"read_only\":{\"type\":\"boolean\"},"
    "\"required\":{\"type\":\"boolean\"},"
    "\"options\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"value\"],\"additionalProperties\":false,\"properties\":{"
    "\"value\":{\"type\":\"string\"},\"label\":{\"type\":[\"string\",\"null\"]}}}}}}";

/* --- what may be written --- */

enum writing { WRITING_NEW, WRITING_CHANGE };

static bool says(const struct json *schema, str word)
{
    const struct json *value = json_member(schema, word);
    return value && json_is(value, JSON_TRUE);
}

static bool may_write(const struct json *property, enum writing writing)
{
    if (says(property, STR("readOnly")))
        return false;
    return writing == WRITING_NEW || !says(property, STR("x-create-only"));
}

static struct json written_properties(struct arena *arena, const struct json *properties,
                                      enum writing writing)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < properties->n; i++) {
        const struct json_member *member = &properties->u.members[i];
        if (may_write(&member->value, writing))
            json_build_member(&build, json_key(member), member->value);
    }
    return json_build_object(&build);
}

static struct json written_schema(struct arena *arena, const struct json *document,
                                  enum writing writing)
{
    const struct json *required = json_member(document, STR("x-create-required"));
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < document->n; i++) {
        const struct json_member *member = &document->u.members[i];
        if (str_eq(json_key(member), STR("properties")))
            json_build_member(&build, STR("properties"),
                              written_properties(arena, &member->value, writing));
        else if (!str_eq(json_key(member), STR("required")))
            json_build_member(&build, json_key(member), member->value);
    }
    if (required && writing == WRITING_NEW)
        json_build_member(&build, STR("required"), *required);
    return json_build_object(&build);
}

/* --- reading --- */

static struct schema *compile(struct arena *arena, const struct json *document)
{
    struct schema_source source = {
        .document = document, .draft = SCHEMA_DRAFT_2020_12, .formats = true};
    struct schema_fault fault;
    struct schema *schema = schema_compile(arena, &source, &fault);
    CHECK(schema);
    return schema;
}

static uint32_t read_operations(const struct json *document)
{
    const struct json *list = json_member(document, STR("x-operations"));
    uint32_t operations = 0;
    for (uint32_t i = 0; list && i < list->n; i++) {
        enum mapping_operation operation;
        CHECK(mapping_operation_of(json_text(&list->u.items[i]), &operation));
        operations |= 1u << operation;
    }
    if (operations & 1u << MAPPING_CREATE)
        operations |= 1u << MAPPING_CREATE_MANY;
    return operations;
}

static void read_filters(struct model *model, struct arena *arena,
                         const struct json *document)
{
    const struct json *filters = json_member(document, STR("x-filters"));
    if (!filters)
        return;
    model->filters = arena_array(arena, filters->n, sizeof(*model->filters));
    model->filter_n = filters->n;
    for (uint32_t i = 0; i < filters->n; i++) {
        const struct json_member *member = &filters->u.members[i];
        str type = json_member_text(&member->value, STR("type"));
        model->filters[i] = (struct model_filter){
            .name = json_key(member),
            .schema = compile(arena, &member->value),
            .is_boolean = str_eq(type, STR("boolean")),
            .required = says(&member->value, STR("x-required")),
        };
    }
}

static void read_model(struct model *model, struct arena *arena,
                       const struct model_file *file)
{
    struct json *document = arena_alloc(arena, sizeof(*document));
    str text = str_of((const char *)file->bytes, file->n);
    CHECK(json_parse(arena, text, NULL, document, NULL));
    struct json created = written_schema(arena, document, WRITING_NEW);
    struct json changed = written_schema(arena, document, WRITING_CHANGE);
    *model = (struct model){
        .category = str_z(file->category),
        .name = str_z(file->name),
        .operations = read_operations(document),
        .properties = json_member(document, STR("properties")),
        .record = compile(arena, document),
        .created = compile(arena, &created),
        .changed = compile(arena, &changed),
    };
    read_filters(model, arena, document);
}

struct models *models_create(void)
{
    struct models *models = mem_zalloc(sizeof(*models));
    arena_init(&models->arena, 64 * 1024, ARENA_BYTES_MAX);
    const struct model_file fields = {"", "fields", (const unsigned char *)field_schema,
                                      sizeof(field_schema) - 1};
    read_model(&models->fields, &models->arena, &fields);
    models->n = (uint32_t)model_file_n;
    models->items = arena_array(&models->arena, models->n, sizeof(*models->items));
    for (uint32_t i = 0; i < models->n; i++) {
        read_model(&models->items[i], &models->arena, &model_files[i]);
        models->items[i].fields = &models->fields;
    }
    return models;
}

static void end_model(struct model *model)
{
    schema_destroy(&model->record);
    schema_destroy(&model->created);
    schema_destroy(&model->changed);
    for (uint32_t i = 0; i < model->filter_n; i++)
        schema_destroy(&model->filters[i].schema);
}

void models_destroy(struct models **models)
{
    struct models *gone = *models;
    if (!gone)
        return;
    for (uint32_t i = 0; i < gone->n; i++)
        end_model(&gone->items[i]);
    end_model(&gone->fields);
    arena_fini(&gone->arena);
    mem_free(gone);
    *models = NULL;
}

/* --- asking --- */

const struct model *models_find(const struct models *models, str category, str name)
{
    for (uint32_t i = 0; i < models->n; i++)
        if (str_eq(models->items[i].name, name) &&
            str_eq(models->items[i].category, category))
            return &models->items[i];
    return NULL;
}

const struct model *models_at(const struct models *models, uint32_t i)
{
    return i < models->n ? &models->items[i] : NULL;
}

const struct model_filter *model_filter(const struct model *model, str name)
{
    for (uint32_t i = 0; i < model->filter_n; i++)
        if (str_eq(model->filters[i].name, name))
            return &model->filters[i];
    return NULL;
}

bool model_check(const struct schema *schema, const struct json *value,
                 struct arena *arena, str *ret_detail)
{
    struct schema_report report;
    if (schema_valid(schema, arena, value))
        return true;
    schema_explain(schema, arena, value, 1, &report);
    *ret_detail = bind_shortened(report.errors[0].sentence);
    return false;
}

bool model_filter_read(const struct model_filter *filter, str text, struct arena *arena,
                       struct json *ret_value, str *ret_detail)
{
    bool yes = str_eq(text, STR("true"));
    str detail;
    *ret_value = json_of_text(text);
    if (filter->is_boolean && (yes || str_eq(text, STR("false"))))
        *ret_value = json_of_bool(yes);
    if (model_check(filter->schema, ret_value, arena, &detail))
        return true;
    *ret_detail =
        arena_printf(arena, "\"" STR_F "\": " STR_F, STR_A(filter->name), STR_A(detail));
    return false;
}
