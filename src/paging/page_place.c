#include "paging/page_place.h"

#include "base/encode.h"
#include "json/json_write.h"
#include "json/merge.h"

/* --- reading the document --- */

void page_pointer_read(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_STRING) ||
        !pointer_parse(binder->arena, json_text(value), POINTER_RFC6901, field))
        bind_fault(binder, "must be a JSON pointer such as \"/paging/after\"; \"\" is "
                           "the whole.");
}

static const struct bind_row place_rows[] = {
    {.name = "query",
     .kind = BIND_TEXT,
     .offset = offsetof(struct page_place, query),
     .min = 1,
     .max = 100,
     .doc = "A parameter of the query."},
    {.name = "header",
     .kind = BIND_TEXT,
     .offset = offsetof(struct page_place, header),
     .min = 1,
     .max = 100,
     .doc = "A header."},
    {.name = "body",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct page_place, body),
     .custom = page_pointer_read,
     .custom_schema = PAGE_POINTER_SCHEMA,
     .doc = "A member of the JSON body, as a JSON pointer through objects."},
    {.name = "variable",
     .kind = BIND_TEXT,
     .offset = offsetof(struct page_place, variable),
     .min = 1,
     .max = 100,
     .doc = "A variable of a GraphQL request."},
    {.name = "path",
     .kind = BIND_TEXT,
     .offset = offsetof(struct page_place, path),
     .min = 1,
     .max = 64,
     .doc = "A {name} in the method's path."},
    {.name = "format",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct page_place, format),
     .custom = template_read,
     .custom_schema = TEMPLATE_SCHEMA,
     .doc = "What is written there, with {value} in it; the value alone unless given."},
};

static void set_in(struct page_place *place, uint32_t in, bool given, unsigned *count)
{
    if (!given)
        return;
    place->in = in;
    ++*count;
}

/* /variables/NAME */
static struct pointer variable_pointer(struct arena *arena, str name)
{
    struct pointer_token *tokens = arena_array(arena, 2, sizeof(*tokens));
    tokens[0] = (struct pointer_token){.name = STR("variables"), .index = -1};
    tokens[1] = (struct pointer_token){.name = name, .index = -1};
    return (struct pointer){tokens, 2};
}

void page_check_names(struct binder *binder, const char *member,
                      const struct template *template, const char *const *names)
{
    for (uint32_t i = 0; i < template->n; i++) {
        str name = template->parts[i].name;
        size_t k = 0;
        while (names[k] && !str_eq(name, str_z(names[k])))
            k++;
        if (!str_absent(name) && !names[k])
            bind_fault_at(binder, str_z(member),
                          "names {" STR_F "}, of which nothing is known here.",
                          STR_A(name));
    }
}

static void finish_place(struct binder *binder, void *obj)
{
    static const char *const names[] = {"value", NULL};
    struct page_place *place = obj;
    unsigned count = 0;
    set_in(place, PLACE_QUERY, !str_absent(place->query), &count);
    set_in(place, PLACE_HEADER, !str_absent(place->header), &count);
    set_in(place, PLACE_BODY, place->body.n > 0, &count);
    set_in(place, PLACE_VARIABLE, !str_absent(place->variable), &count);
    set_in(place, PLACE_PATH, !str_absent(place->path), &count);
    if (count != 1)
        bind_fault(binder, "must name one place: \"query\", \"header\", \"body\", "
                           "\"variable\" or \"path\".");
    if (place->in == PLACE_HEADER &&
        (!header_name_valid(place->header) ||
         header_flags(header_id_of(place->header)) & (HEADER_HOP | HEADER_OURS)))
        bind_fault_at(binder, STR("header"), "is no header that a vendor can get.");
    if (place->in == PLACE_PATH && !template_name_valid(place->path))
        bind_fault_at(binder, STR("path"),
                      "must be the name of a variable, without its braces.");
    if (place->in == PLACE_VARIABLE)
        place->body = variable_pointer(binder->arena, place->variable);
    page_check_names(binder, "format", &place->format, names);
}

const struct bind_table page_place_table = {
    .name = "place in a request",
    .rows = place_rows,
    .n = COUNT_OF(place_rows),
    .bytes = sizeof(struct page_place),
    .finish = finish_place,
    .shorthand = "query",
};

/* --- putting --- */

static str formatted(const struct page_place *place, const struct json *value,
                     struct arena *arena)
{
    str missing, filled, text = json_as_text(value, arena);
    struct json_build build;
    if (place->format.n == 0)
        return text;
    json_build_init(&build, arena);
    json_build_member(&build, STR("value"), json_of_text(text));
    struct json values = json_build_object(&build);
    CHECK(template_fill(&place->format, &values, arena, &filled, &missing));
    return filled;
}

static bool put_header(const struct page_place *place, str text,
                       struct page_request *request, str *ret_detail)
{
    if (!header_value_valid(text)) {
        *ret_detail = arena_printf(request->arena,
                                   "The value for the header " STR_F
                                   " has a character that cannot stand on a line.",
                                   STR_A(place->header));
        return false;
    }
    header_set_name(request->headers, place->header, text);
    return true;
}

static bool put_path(const struct page_place *place, str text,
                     struct page_request *request, str *ret_detail)
{
    str braced[] = {STR("{"), place->path, STR("}")};
    str name = arena_join(request->arena, braced, COUNT_OF(braced));
    size_t at = str_find_str(request->path, name);
    if (at == request->path.n) {
        *ret_detail =
            arena_printf(request->arena, "The path has no " STR_F ".", STR_A(name));
        return false;
    }
    str parts[] = {str_of(request->path.p, at), encode_percent(request->arena, text),
                   str_from(request->path, at + name.n)};
    str path = arena_join(request->arena, parts, COUNT_OF(parts));
    if (url_path_climbs(path)) {
        *ret_detail = STR("The value for the path would lead above the base URL.");
        return false;
    }
    request->path = path;
    return true;
}

/* {a: {b: value}} for /a/b */
static struct json nested(const struct pointer *pointer, struct json value,
                          struct arena *arena)
{
    for (uint32_t i = pointer->n; i > 0; i--) {
        struct json_build build;
        json_build_init(&build, arena);
        json_build_member(&build, pointer->tokens[i - 1].name, value);
        value = json_build_object(&build);
    }
    return value;
}

static bool put_body(const struct page_place *place, struct json value,
                     struct page_request *request, str *ret_detail)
{
    static const struct json empty = {.type = JSON_OBJECT};
    bool none = json_is(&request->body, JSON_UNDEFINED);
    if (!none && !json_is(&request->body, JSON_OBJECT)) {
        *ret_detail = STR("The body of the request is no JSON object.");
        return false;
    }
    struct json patch = nested(&place->body, value, request->arena);
    request->body = merge_patch(request->arena, none ? &empty : &request->body, &patch);
    return true;
}

bool page_place_put(const struct page_place *place, const struct json *value,
                    struct page_request *request, str *ret_detail)
{
    struct arena *arena = request->arena;
    str text = formatted(place, value, arena);
    bool bare = place->format.n == 0;
    switch ((enum page_place_in)place->in) {
    case PLACE_NONE:
        return true;
    case PLACE_QUERY:
        request->query =
            url_query_with(arena, url_query_without(arena, request->query, place->query),
                           place->query, text);
        return true;
    case PLACE_HEADER:
        return put_header(place, text, request, ret_detail);
    case PLACE_BODY:
    case PLACE_VARIABLE:
        return put_body(place, bare ? *value : json_of_text(text), request, ret_detail);
    case PLACE_PATH:
        return put_path(place, text, request, ret_detail);
    }
    return true;
}

str page_place_text(const struct page_place *place, const struct page_request *request)
{
    const struct json *found;
    switch ((enum page_place_in)place->in) {
    case PLACE_QUERY:
        return url_query_find(request->arena, request->query, place->query);
    case PLACE_HEADER:
        return header_value_name(request->headers, place->header);
    case PLACE_BODY:
    case PLACE_VARIABLE:
        found = pointer_find(&place->body, &request->body);
        return found ? json_text(found) : STR_NONE;
    case PLACE_NONE:
    case PLACE_PATH:
        break;
    }
    return STR_NONE;
}
