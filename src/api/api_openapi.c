/*
 * The API described: as an OpenAPI 3.1 document, and as a page of the reference. Both are
 * made from route_list.h and what the handlers say of themselves.
 */
#include "api/api_call.h"
#include "json/bind_schema.h"

enum { DOCUMENT_BYTES_MAX = 4 << 20 };

/* --- names in paths --- */

static const struct {
    const char *name;
    const char *doc;
} path_docs[] = {
    {"stage", "The stage's id or name."},
    {"environment", "The environment's id."},
    {"account", "The account's id, or your own external id for it."},
    {"app", "The app's id."},
    {"key", "The key's id."},
    {"integration", "The integration's name."},
    {"revision", "The number of a version."},
    {"breaker", "The breaker's name, or the id of an account."},
    {"write", "The id of the write."},
    {"endpoint", "The id of the endpoint."},
    {"delivery", "The id of the delivery."},
    {"event", "The id of the event."},
    {"hook", "The id of the event of a vendor."},
    {"rejected", "The number of the request that was rejected."},
};

const char *api_path_doc(str name)
{
    for (size_t i = 0; i < COUNT_OF(path_docs); i++)
        if (str_eq(str_z(path_docs[i].name), name))
            return path_docs[i].doc;
    return NULL;
}

/* The next {name} of a pattern. */
static bool next_path_name(str *rest, str *ret_name)
{
    size_t open = str_find(*rest, '{');
    if (open == rest->n)
        return false;
    *rest = str_from(*rest, open + 1);
    size_t close = str_find(*rest, '}');
    *ret_name = str_of(rest->p, close);
    *rest = str_from(*rest, close);
    return true;
}

/* The word that groups routes: the second segment. */
static str tag_of(const struct api_route *route)
{
    str rest = str_z(route->pattern);
    str segment = STR_NONE;
    if (!str_starts(rest, STR("/v1/")))
        return STR("openapi");
    rest = str_from(rest, 4);
    str_next(&rest, '/', &segment);
    return str_starts(segment, STR("integration")) ? STR("integrations") : segment;
}

/* --- parameters --- */

static void put_param_schema(struct json_out *out, const struct api_param *param)
{
    json_out_name(out, STR("schema"));
    json_out_object(out);
    switch (param->kind) {
    case API_PARAM_TEXT:
        json_out_member_text(out, STR("type"), STR("string"));
        json_out_member_int(out, STR("maxLength"), param->max);
        break;
    case API_PARAM_UINT:
        json_out_member_text(out, STR("type"), STR("integer"));
        json_out_member_int(out, STR("minimum"), 1);
        json_out_member_int(out, STR("maximum"), param->max);
        break;
    case API_PARAM_WORD:
        json_out_name(out, STR("enum"));
        json_out_array(out);
        for (const char *const *word = param->words; *word; word++)
            json_out_text(out, str_z(*word));
        json_out_end(out);
        break;
    case API_PARAM_TIME:
        json_out_member_text(out, STR("type"), STR("string"));
        json_out_member_text(out, STR("format"), STR("date-time"));
        break;
    case API_PARAM_BOOL:
        json_out_member_text(out, STR("type"), STR("boolean"));
        break;
    }
    json_out_end(out);
}

static void put_query_params(struct json_out *out, const struct api_param *params)
{
    for (; params && params->name; params++) {
        str name = str_z(params->name);
        bool prefix = str_ends(name, STR("."));
        char full[64];
        CHECK(name.n + sizeof("NAME") <= sizeof(full));
        memcpy(full, name.p, name.n);
        memcpy(full + name.n, "NAME", 4);
        json_out_object(out);
        json_out_member_text(out, STR("name"), str_of(full, name.n + (prefix ? 4u : 0u)));
        json_out_member_text(out, STR("in"), STR("query"));
        json_out_member_text(out, STR("description"), str_z(params->doc));
        put_param_schema(out, params);
        json_out_end(out);
    }
}

static void put_params(struct json_out *out, const struct api_route *route)
{
    str rest = str_z(route->pattern);
    str name;
    json_out_name(out, STR("parameters"));
    json_out_array(out);
    while (next_path_name(&rest, &name)) {
        json_out_object(out);
        json_out_member_text(out, STR("name"), name);
        json_out_member_text(out, STR("in"), STR("path"));
        json_out_member_bool(out, STR("required"), true);
        json_out_member_text(out, STR("description"), str_z(api_path_doc(name)));
        json_out_name(out, STR("schema"));
        json_out_object(out);
        json_out_member_text(out, STR("type"), STR("string"));
        json_out_end(out);
        json_out_end(out);
    }
    put_query_params(out, route->handler->params);
    if (route->handler->paged)
        put_query_params(out, api_page_params);
    json_out_end(out);
}

/* --- bodies and answers --- */

static void put_content(struct json_out *out, str type)
{
    json_out_name(out, STR("content"));
    json_out_object(out);
    json_out_name(out, type);
    json_out_object(out);
    json_out_name(out, STR("schema"));
}

static void end_content(struct json_out *out)
{
    json_out_end(out);
    json_out_end(out);
}

static void put_ref(struct json_out *out, const char *to)
{
    json_out_object(out);
    json_out_member_text(out, STR("$ref"), str_z(to));
    json_out_end(out);
}

static void put_table(struct json_out *out, const struct api_route *route)
{
    struct buf schema, id;
    buf_init(&schema, DOCUMENT_BYTES_MAX);
    buf_init(&id, 256);
    buf_printf(&id, "breakwater:%s", route->name);
    bind_schema_write(&schema, route->handler->body, buf_peek(&id),
                      str_z(route->handler->body->name));
    json_out_raw(out, buf_peek(&schema));
    buf_fini(&id);
    buf_fini(&schema);
}

static void put_body(struct json_out *out, const struct api_route *route)
{
    enum api_body_kind kind = route->handler->body_kind;
    if (kind == API_BODY_NONE)
        return;
    json_out_name(out, STR("requestBody"));
    json_out_object(out);
    json_out_member_bool(out, STR("required"), kind != API_BODY_OPTION);
    put_content(out, STR("application/json"));
    if (kind == API_BODY_DOCUMENT) {
        json_out_object(out);
        json_out_member_text(out, STR("type"), STR("object"));
        json_out_member_text(out, STR("description"),
                             STR("An integration document: /v1/integration-schema."));
        json_out_end(out);
    } else {
        put_table(out, route);
    }
    end_content(out);
    json_out_end(out);
}

static void put_described(struct json_out *out, int status, const char *what)
{
    char text[32];
    json_out_name(out, str_of(text, json_write_number(status, text)));
    json_out_object(out);
    json_out_member_text(out, STR("description"), str_z(what));
}

static void put_success(struct json_out *out, const struct api_handler *handler)
{
    bool empty = handler->status == 204;
    put_described(out, handler->status, empty ? "Done." : "As asked.");
    if (!empty) {
        put_content(out, STR("application/json"));
        if (handler->answer) {
            shape_schema(out, handler->answer);
        } else {
            json_out_object(out);
            json_out_member_text(out, STR("type"), STR("object"));
            json_out_end(out);
        }
        end_content(out);
    }
    json_out_end(out);
}

static void put_later(struct json_out *out, const struct shape *later)
{
    put_described(out, 202, "It has begun, and is over later.");
    put_content(out, STR("application/json"));
    shape_schema(out, later);
    end_content(out);
    json_out_end(out);
}

static void put_answers(struct json_out *out, const struct api_route *route)
{
    json_out_name(out, STR("responses"));
    json_out_object(out);
    put_success(out, route->handler);
    if (route->handler->later)
        put_later(out, route->handler->later);
    json_out_name(out, STR("default"));
    put_ref(out, "#/components/responses/problem");
    json_out_end(out);
}

/* --- operations --- */

static void put_security(struct json_out *out, const struct api_route *route)
{
    json_out_name(out, STR("security"));
    json_out_array(out);
    if (route->permission != PERMISSION_NONE) {
        json_out_object(out);
        json_out_name(out, STR("key"));
        json_out_array(out);
        json_out_end(out);
        json_out_end(out);
    }
    json_out_end(out);
    if (route->permission != PERMISSION_NONE)
        json_out_member_text(out, STR("x-permission"),
                             permission_word((enum permission)route->permission));
}

static str verb_of(const struct api_route *route, char ret[16])
{
    size_t n = strlen(route->verb);
    CHECK(n < 16);
    for (size_t i = 0; i < n; i++)
        ret[i] = str_lower(route->verb[i]);
    return str_of(ret, n);
}

static void put_operation(struct json_out *out, const struct api_route *route)
{
    char verb[16];
    json_out_name(out, verb_of(route, verb));
    json_out_object(out);
    json_out_member_text(out, STR("operationId"), str_z(route->name));
    json_out_member_text(out, STR("summary"), str_z(route->doc));
    json_out_name(out, STR("tags"));
    json_out_array(out);
    json_out_text(out, tag_of(route));
    json_out_end(out);
    put_security(out, route);
    put_params(out, route);
    put_body(out, route);
    put_answers(out, route);
    json_out_end(out);
}

static bool stood_before(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(api_routes[k].pattern, api_routes[i].pattern) == 0)
            return true;
    return false;
}

static void put_paths(struct json_out *out)
{
    json_out_name(out, STR("paths"));
    json_out_object(out);
    for (size_t i = 0; i < api_route_n; i++) {
        if (stood_before(i))
            continue;
        json_out_name(out, str_z(api_routes[i].pattern));
        json_out_object(out);
        for (size_t k = i; k < api_route_n; k++)
            if (strcmp(api_routes[k].pattern, api_routes[i].pattern) == 0)
                put_operation(out, &api_routes[k]);
        json_out_end(out);
    }
    json_out_end(out);
}

/* --- what all share --- */

static const char problem_schema[] =
    "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"code\",\"mend\","
    "\"retry\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"format\":\"uri\"},"
    "\"title\":{\"type\":\"string\"},"
    "\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\",\"description\":\"Stable; /v1/errors lists all.\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"About this occurrence.\"},"
    "\"mend\":{\"type\":\"string\",\"description\":\"What to do about it.\"},"
    "\"retry\":{\"enum\":[\"never\",\"later\",\"check_first\"]},"
    "\"retry_after_s\":{\"type\":\"integer\"},"
    "\"request_id\":{\"type\":\"string\"},"
    "\"faults\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"pointer\":{\"type\":\"string\",\"description\":\"RFC 6901, in the body.\"},"
    "\"text\":{\"type\":\"string\"}}}}}}";

static void put_components(struct json_out *out)
{
    json_out_name(out, STR("components"));
    json_out_object(out);
    json_out_name(out, STR("securitySchemes"));
    json_out_object(out);
    json_out_name(out, STR("key"));
    json_out_object(out);
    json_out_member_text(out, STR("type"), STR("http"));
    json_out_member_text(out, STR("scheme"), STR("bearer"));
    json_out_member_text(out, STR("description"), STR("A Breakwater key: bw_…"));
    json_out_end(out);
    json_out_end(out);
    json_out_name(out, STR("schemas"));
    json_out_object(out);
    json_out_name(out, STR("problem"));
    json_out_raw(out, str_z(problem_schema));
    json_out_end(out);
    json_out_name(out, STR("responses"));
    json_out_object(out);
    json_out_name(out, STR("problem"));
    json_out_object(out);
    json_out_member_text(out, STR("description"), STR("Breakwater says no (RFC 9457)."));
    put_content(out, STR("application/problem+json"));
    put_ref(out, "#/components/schemas/problem");
    end_content(out);
    json_out_end(out);
    json_out_end(out);
    json_out_end(out);
}

static void put_head(struct json_out *out)
{
    json_out_member_text(out, STR("openapi"), STR("3.1.0"));
    json_out_name(out, STR("info"));
    json_out_object(out);
    json_out_member_text(out, STR("title"), STR("Breakwater admin API"));
    json_out_member_text(out, STR("version"), STR("1"));
    json_out_member_text(out, STR("description"),
                         STR("Lists are paged by `cursor`; errors are problem documents "
                             "with a stable `code`; times are ISO 8601 in UTC."));
    json_out_name(out, STR("license"));
    json_out_object(out);
    json_out_member_text(out, STR("name"), STR("See LICENSE"));
    json_out_end(out);
    json_out_end(out);
    json_out_name(out, STR("servers"));
    json_out_array(out);
    json_out_object(out);
    json_out_member_text(out, STR("url"), STR("/"));
    json_out_end(out);
    json_out_end(out);
}

str api_openapi_text(struct arena *arena)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DOCUMENT_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    put_head(&out);
    put_paths(&out);
    put_components(&out);
    json_out_end(&out);
    CHECK(buf_ok(&text));
    str copy = arena_str(arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

/* --- the page of the reference --- */

static void put_row(struct buf *buf, const struct api_route *route)
{
    bool free = route->permission == PERMISSION_NONE;
    buf_printf(
        buf, "| `%s` | `%s` | " STR_F " | %s |\n", route->verb, route->pattern,
        STR_A(free ? STR("") : permission_word((enum permission)route->permission)),
        route->doc);
}

void api_routes_page(struct buf *buf)
{
    buf_str(buf, STR("<!-- Written by tools/write-reference from src/api/route_list.h. "
                     "-->\n\n# Routes of the admin API\n\n"
                     "| verb | path | permission | what |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < api_route_n; i++)
        put_row(buf, &api_routes[i]);
}
