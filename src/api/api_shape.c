#include "api/api_shape.h"

#include "http/date.h"

/* --- the JSON Schema --- */

static void put_type(struct json_out *out, const char *type, bool nullable)
{
    json_out_name(out, STR("type"));
    if (!nullable) {
        json_out_text(out, str_z(type));
        return;
    }
    json_out_array(out);
    json_out_text(out, str_z(type));
    json_out_text(out, STR("null"));
    json_out_end(out);
}

static void put_enum(struct json_out *out, const char *const *words, bool nullable)
{
    json_out_name(out, STR("enum"));
    json_out_array(out);
    for (; *words; words++)
        json_out_text(out, str_z(*words));
    if (nullable)
        json_out_null(out);
    json_out_end(out);
}

static void put_items(struct json_out *out, const struct shape_row *row)
{
    put_type(out, "array", row->nullable);
    json_out_name(out, STR("items"));
    if (row->kind == SHAPE_LIST) {
        shape_schema(out, row->shape);
        return;
    }
    json_out_object(out);
    if (row->kind == SHAPE_WORDS)
        put_enum(out, row->words, false);
    else
        put_type(out, "string", false);
    json_out_end(out);
}

static void put_kind(struct json_out *out, const struct shape_row *row)
{
    switch (row->kind) {
    case SHAPE_TEXT:
        put_type(out, "string", row->nullable);
        return;
    case SHAPE_TIME:
        put_type(out, "string", row->nullable);
        json_out_member_text(out, STR("format"), STR("date-time"));
        return;
    case SHAPE_UINT:
        put_type(out, "integer", row->nullable);
        json_out_member_int(out, STR("minimum"), 0);
        return;
    case SHAPE_NUMBER:
        put_type(out, "number", row->nullable);
        return;
    case SHAPE_BOOL:
        put_type(out, "boolean", row->nullable);
        return;
    case SHAPE_WORD:
        put_enum(out, row->words, row->nullable);
        return;
    case SHAPE_WORDS:
    case SHAPE_TEXTS:
    case SHAPE_LIST:
        put_items(out, row);
        return;
    case SHAPE_LABELS:
        put_type(out, "object", row->nullable);
        json_out_name(out, STR("additionalProperties"));
        json_out_object(out);
        put_type(out, "string", false);
        json_out_end(out);
        return;
    case SHAPE_OBJECT:
    case SHAPE_JSON:
        return;
    }
}

/* Beside a description a schema stands in a list of its own. */
static void put_one_of(struct json_out *out, const struct shape_row *row)
{
    json_out_name(out, STR("anyOf"));
    json_out_array(out);
    shape_schema(out, row->shape);
    if (row->nullable) {
        json_out_object(out);
        put_type(out, "null", false);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_row(struct json_out *out, const struct shape_row *row)
{
    json_out_name(out, str_z(row->name));
    json_out_object(out);
    json_out_member_text(out, STR("description"), str_z(row->doc));
    if (row->kind == SHAPE_OBJECT)
        put_one_of(out, row);
    else
        put_kind(out, row);
    json_out_end(out);
}

static void put_object(struct json_out *out, const struct shape *shape)
{
    json_out_object(out);
    put_type(out, "object", false);
    json_out_name(out, STR("required"));
    json_out_array(out);
    for (size_t i = 0; i < shape->n; i++)
        json_out_text(out, str_z(shape->rows[i].name));
    json_out_end(out);
    json_out_name(out, STR("properties"));
    json_out_object(out);
    for (size_t i = 0; i < shape->n; i++)
        put_row(out, &shape->rows[i]);
    json_out_end(out);
    json_out_end(out);
}

static void put_page(struct json_out *out, const struct shape *shape)
{
    json_out_object(out);
    put_type(out, "object", false);
    json_out_name(out, STR("required"));
    json_out_array(out);
    json_out_text(out, STR("items"));
    json_out_text(out, STR("next_cursor"));
    json_out_end(out);
    json_out_name(out, STR("properties"));
    json_out_object(out);
    json_out_name(out, STR("items"));
    json_out_object(out);
    put_type(out, "array", false);
    json_out_name(out, STR("items"));
    put_object(out, shape);
    json_out_end(out);
    json_out_name(out, STR("next_cursor"));
    json_out_object(out);
    json_out_member_text(out, STR("description"),
                         STR("For the next page; null when this is the last one."));
    put_type(out, "string", true);
    json_out_end(out);
    json_out_end(out);
    json_out_end(out);
}

void shape_schema(struct json_out *out, const struct shape *shape)
{
    if (shape->page)
        put_page(out, shape);
    else
        put_object(out, shape);
}

/* --- writing --- */

void shape_put_text(struct json_out *out, const char *name, str text)
{
    json_out_name(out, str_z(name));
    json_out_text(out, text);
}

void shape_put_time(struct json_out *out, const char *name, usec wall)
{
    char text[DATE_ISO_CHARS + 1];
    json_out_name(out, str_z(name));
    if (wall <= 0 || wall == USEC_NEVER) {
        json_out_null(out);
        return;
    }
    date_format_iso(wall, text);
    json_out_text(out, str_z(text));
}

void shape_put_seconds(struct json_out *out, const char *name, usec time)
{
    json_out_name(out, str_z(name));
    if (time < 0)
        json_out_null(out);
    else
        json_out_number(out, (double)(time / USEC_MS) / 1000);
}

void shape_put_number(struct json_out *out, const char *name, double value)
{
    json_out_name(out, str_z(name));
    if (value < 0)
        json_out_null(out);
    else
        json_out_number(out, value);
}

void shape_put_labels(struct json_out *out, const char *name, const struct json *labels)
{
    json_out_name(out, str_z(name));
    if (json_is(labels, JSON_OBJECT)) {
        json_out_value(out, labels);
        return;
    }
    json_out_object(out);
    json_out_end(out);
}
