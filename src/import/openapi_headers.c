/*
 * Headers that operations require with one value, such as a version of the API: sent with
 * each request where at least half of the operations want them. What is required without
 * a value, or by few, is left to the caller, with a note.
 */
#include "import/guess.h"
#include "import/openapi.h"

enum { HEADERS_MAX = 50 };

struct header_wanted {
    struct header_wanted *next;
    str name;
    str value; /* absent: none, or several */
    uint32_t n;
};

/* The only value that a schema takes, or its default. */
static str value_of(struct import *import, const struct json *parameter)
{
    const struct json *schema = import_member(import, parameter, STR("schema"));
    const struct json *values = import_at(schema, STR("enum"));
    const struct json *value = import_at(schema, STR("const"));
    if (!value && values && json_is(values, JSON_ARRAY) && values->n == 1)
        value = &values->u.items[0];
    if (!value)
        value = import_at(schema, STR("default"));
    return value && json_is(value, JSON_STRING) ? json_text(value) : STR_NONE;
}

static bool is_required(const struct json *parameter)
{
    const struct json *required = import_at(parameter, STR("required"));
    return required && json_is(required, JSON_TRUE) &&
           str_eq(import_text(parameter, STR("in")), STR("header"));
}

void openapi_note_headers(struct openapi *api, const struct operation *operation)
{
    static const char *const idle[] = {"accept", "contenttype", "authorization", NULL};
    struct import *import = api->import;
    for (uint32_t i = 0; i < operation->parameters.n; i++) {
        const struct json *parameter = &operation->parameters.u.items[i];
        str name = import_text(parameter, STR("name"));
        if (!is_required(parameter) || !import_is_settable(name) ||
            guess_is_one_of(name, idle)) /* OpenAPI 3.0 §4.7.12.1: these say nothing */
            continue;
        struct header_wanted *wanted =
            map_find(&api->headers, arena_lower(import->arena, name));
        if (!wanted) {
            wanted = arena_zalloc(import->arena, sizeof(*wanted));
            wanted->name = name;
            wanted->value = value_of(import, parameter);
            wanted->next = api->first_header;
            api->first_header = wanted;
            map_put(&api->headers, arena_lower(import->arena, name), wanted);
        }
        wanted->n++;
    }
}

void openapi_put_headers(struct openapi *api, struct json_build *document)
{
    struct import *import = api->import;
    struct json_build headers;
    json_build_init(&headers, import->arena);
    for (const struct header_wanted *one = api->first_header; one; one = one->next) {
        bool usual = one->value.n > 0 && 2 * (uint64_t)one->n >= api->operation_n;
        if (usual && headers.n < HEADERS_MAX && str_find(one->value, '{') == one->value.n)
            json_build_member(&headers, one->name, json_of_text(one->value));
        else
            import_say(import,
                       "The header " STR_F " is required by %u methods; callers send it.",
                       STR_A(one->name), one->n);
    }
    if (headers.n)
        json_build_member(document, STR("headers"), json_build_object(&headers));
}
