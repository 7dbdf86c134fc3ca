#include "catalog/request_schema.h"

#include "http/form.h"
#include "json/json_parse.h"

static void forget(void *arg)
{
    struct schema *schema = arg;
    schema_destroy(&schema);
}

void request_schema_read(struct binder *binder, const struct json *value, void *field)
{
    struct schema_source source = {
        .document = value, .draft = SCHEMA_DRAFT_2020_12, .formats = true};
    struct schema_fault fault;
    struct schema *schema = schema_compile(binder->arena, &source, &fault);
    if (!schema) {
        bind_fault(binder, "is no JSON Schema: at \"" STR_F "\": " STR_F,
                   STR_A(fault.pointer), STR_A(fault.what));
        return;
    }
    arena_at_end(binder->arena, forget, schema);
    *(const struct schema **)field = schema;
}

bool request_body_read(const struct headers *headers, str body, struct arena *arena,
                       struct json *ret_value)
{
    struct form form;
    if (str_absent(body) || body.n == 0)
        return false;
    if (!form_is_body(headers))
        return json_parse(arena, body, NULL, ret_value, NULL);
    form_init(&form, arena);
    form_add_text(&form, body);
    *ret_value = form_json(&form);
    return true;
}

bool request_schema_check(const struct schema *schema, const struct headers *headers,
                          str body, struct arena *arena, struct schema_report *ret_report)
{
    struct json value;
    if (!request_body_read(headers, body, arena, &value)) {
        struct schema_error *error = arena_zalloc(arena, sizeof(*error));
        error->instance = error->keyword = STR("");
        error->absolute = STR_NONE;
        error->sentence = STR("The body must be JSON.");
        *ret_report = (struct schema_report){.errors = error, .n = 1};
        return false;
    }
    if (schema_valid(schema, arena, &value))
        return true;
    schema_explain(schema, arena, &value, REQUEST_SCHEMA_ERRORS_MAX, ret_report);
    return false;
}
