/*
 * Operations to methods. A resource is what the first tag says, else the first word of
 * the path behind its version; a method is called as its operation is, or by what its
 * verb does where the path is that of the collection or of one of its members.
 */
#include "http/path.h"
#include "import/guess.h"
#include "import/openapi.h"

enum {
    NAME_LEN = 56,
    RESOURCES_MAX = 1000,
    METHODS_MAX = 200,
    PARAMETERS_MAX = 200,
    PATH_BYTES_MAX = 500
};

struct openapi_resource {
    struct openapi_resource *next;
    str name;
    struct json_build methods;
    struct map taken;
};

static const char *const verbs[] = {"get",     "put",  "post",  "delete",
                                    "options", "head", "patch", NULL};

/* --- what an operation has --- */

const struct json *openapi_content(const struct json *body, str *ret_media)
{
    static const char *const preferred[] = {"json", "x-www-form-urlencoded",
                                            "multipart/form-data", NULL};
    const struct json *content = import_at(body, STR("content"));
    for (size_t i = 0; content && json_is(content, JSON_OBJECT) && preferred[i]; i++)
        for (uint32_t k = 0; k < content->n; k++) {
            const struct json_member *member = &content->u.members[k];
            str type = json_key(member);
            type.n = str_find(type, ';');
            *ret_media = type;
            if (str_ends(type, str_z(preferred[i])))
                return import_at(&member->value, STR("schema"));
        }
    return NULL;
}

const struct json *openapi_parameter(const struct operation *operation, str in,
                                     const char *const *names)
{
    for (size_t i = 0; names[i]; i++) {
        const char *const one[] = {names[i], NULL};
        for (uint32_t k = 0; k < operation->parameters.n; k++) {
            const struct json *parameter = &operation->parameters.u.items[k];
            if (str_eq(import_text(parameter, STR("in")), in) &&
                guess_is_one_of(import_text(parameter, STR("name")), one))
                return parameter;
        }
    }
    return NULL;
}

static bool has_parameter(const struct json_build *list, const struct json *parameter)
{
    const struct json *items = list->at;
    for (uint32_t i = 0; i < list->n; i++)
        if (str_eq(import_text(&items[i], STR("name")),
                   import_text(parameter, STR("name"))) &&
            str_eq(import_text(&items[i], STR("in")), import_text(parameter, STR("in"))))
            return true;
    return false;
}

static void put_parameters(struct import *import, struct json_build *list,
                           const struct json *from)
{
    const struct json *all = import_at(from, STR("parameters"));
    for (uint32_t i = 0; all && json_is(all, JSON_ARRAY) && i < all->n; i++) {
        const struct json *parameter = import_follow(import, &all->u.items[i]);
        if (parameter && list->n >= PARAMETERS_MAX)
            import_say(import,
                       "A method has more than %d parameters; the rest is left out.",
                       PARAMETERS_MAX);
        else if (parameter && !has_parameter(list, parameter))
            json_build_item(list, *parameter);
    }
}

static const struct json *good_answer(struct import *import, const struct json *at)
{
    static const char *const statuses[] = {"200", "201",     "202", "203",
                                           "2XX", "default", NULL};
    const struct json *responses = import_at(at, STR("responses"));
    for (size_t i = 0; responses && statuses[i]; i++) {
        const struct json *answer = import_member(import, responses, str_z(statuses[i]));
        if (answer)
            return answer;
    }
    return NULL;
}

static void read_operation(struct import *import, struct operation *operation,
                           const struct json *item)
{
    struct json_build list;
    str media;
    json_build_init(&list, import->arena);
    put_parameters(import, &list, operation->at);
    put_parameters(import, &list, item);
    operation->parameters = json_build_array(&list);
    operation->answer = good_answer(import, operation->at);
    operation->schema = openapi_content(operation->answer, &media);
    if (operation->schema && !str_ends(media, STR("json")))
        operation->schema = NULL;
}

/* --- names --- */

static bool is_version(str segment)
{
    static const char *const prefixes[] = {"api", "rest", "services", NULL};
    if (segment.n > 1 && str_lower(segment.p[0]) == 'v' && str_is_digit(segment.p[1]))
        return true;
    return guess_is_one_of(segment, prefixes) ||
           (segment.n && str_is_digit(segment.p[0]));
}

struct shape {
    str resource; /* slug of the first word */
    uint32_t n;   /* segments from there on */
    bool one;     /* the second is a {name} */
    str rest;     /* words behind the resource, names aside, as a slug */
};

static struct shape shape_of(struct arena *arena, str path)
{
    struct shape shape = {.resource = STR("root")};
    str segment;
    struct buf rest;
    buf_init(&rest, PATH_BYTES_MAX);
    while (str_next(&path, '/', &segment)) {
        bool named = str_find(segment, '{') < segment.n;
        if (segment.n == 0 || (shape.n == 0 && (named || is_version(segment))))
            continue;
        if (shape.n++ == 0) {
            str slug = import_slug(arena, segment, NAME_LEN);
            shape.resource = slug.n ? slug : STR("root");
        } else if (!named) {
            buf_str(&rest, segment);
            buf_char(&rest, '_');
        } else if (shape.n == 2) {
            shape.one = true;
        }
    }
    shape.rest = import_slug(arena, arena_take(arena, &rest), NAME_LEN);
    return shape;
}

/* list, create, get, update, delete, where the path is plainly that; else absent. */
static str plain_name(const struct shape *shape, str verb, bool list)
{
    static const struct {
        const char *verb;
        const char *of_all;
        const char *of_one;
    } rows[] = {
        {"GET", "list", "get"},
        {"POST", "create", "update"},
        {"PUT", "replace_all", "replace"},
        {"PATCH", "update_all", "update"},
        {"DELETE", "delete_all", "delete"},
    };
    bool one = shape->n == 2 && shape->one;
    if (shape->n == 1 && str_eq(verb, STR("GET")) && !list)
        return STR("get");
    if (shape->n != 1 && !one)
        return STR_NONE;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(verb, str_z(rows[i].verb)))
            return str_z(one ? rows[i].of_one : rows[i].of_all);
    return STR_NONE;
}

/* Without the resource at its front: repos/list-for-org of repos is list_for_org. */
static str shorten(str name, str resource)
{
    if (str_starts(name, resource) && name.n > resource.n + 1 &&
        name.p[resource.n] == '_')
        return str_from(name, resource.n + 1);
    return name;
}

static void find_names(struct import *import, const struct operation *operation,
                       str *ret_resource, str *ret_method)
{
    struct arena *arena = import->arena;
    struct shape shape = shape_of(arena, operation->path);
    const struct json *tags = import_at(operation->at, STR("tags"));
    bool tagged = tags && json_is(tags, JSON_ARRAY) && tags->n;
    str tag =
        tagged ? import_slug(arena, json_text(&tags->u.items[0]), NAME_LEN) : STR("");
    str id = import_slug(arena, import_text(operation->at, STR("operationId")), NAME_LEN);
    bool list = !operation->schema || guess_is_list(import, operation);
    str plain = tag.n ? STR_NONE : plain_name(&shape, operation->verb, list);
    *ret_resource = tag.n ? tag : shape.resource;
    if (plain.n)
        *ret_method = plain;
    else if (id.n)
        *ret_method = shorten(id, *ret_resource);
    else
        *ret_method = import_slug(arena,
                                  arena_printf(arena, STR_F "_" STR_F,
                                               STR_A(operation->verb), STR_A(shape.rest)),
                                  NAME_LEN);
}

static struct openapi_resource *find_resource(struct openapi *api, str name)
{
    struct arena *arena = api->import->arena;
    str wanted = name;
    struct openapi_resource *resource = map_find(&api->resources, wanted);
    for (unsigned i = 2; resource && resource->methods.n >= METHODS_MAX; i++) {
        wanted = arena_printf(arena, STR_F "_%u", STR_A(name), i);
        resource = map_find(&api->resources, wanted);
    }
    if (resource || api->resource_n >= RESOURCES_MAX)
        return resource;
    resource = arena_zalloc(arena, sizeof(*resource));
    resource->name = wanted;
    json_build_init(&resource->methods, arena);
    map_init(&resource->taken);
    map_put(&api->resources, wanted, resource);
    if (api->last)
        api->last->next = resource;
    else
        api->first = resource;
    api->last = resource;
    api->resource_n++;
    return resource;
}

/* --- paths --- */

/* {Name} and {Name}.json as {name}, {base}...{head} as {base_head}: our names take a
 * segment whole. False for others that have braces, such as {id}:cancel. */
static bool put_segment(struct arena *arena, struct buf *pattern, str segment)
{
    size_t close = str_find_last(segment, '}');
    if (str_find(segment, '{') == segment.n) {
        buf_str(pattern, segment);
        return close == segment.n;
    }
    if (segment.p[0] != '{' || close == segment.n ||
        (close + 1 < segment.n && segment.p[close + 1] != '.'))
        return false;
    str slug = import_slug(arena, str_of(segment.p, close), NAME_LEN);
    buf_printf(pattern, "{" STR_F "}", STR_A(slug));
    return slug.n > 0;
}

/* Our pattern of the path, put into the set; false with why not. */
static bool put_path(struct openapi *api, const struct operation *operation,
                     str *ret_pattern, const char **ret_why)
{
    struct arena *arena = api->import->arena;
    struct buf pattern;
    str segment;
    str rest = operation->path;
    bool good = true;
    buf_init(&pattern, PATH_BYTES_MAX);
    *ret_why = "a segment of its path is more than a name in braces, or it is too long";
    for (bool first = true; good && str_next(&rest, '/', &segment); first = false) {
        if (!first)
            buf_char(&pattern, '/');
        good = put_segment(arena, &pattern, segment);
    }
    good = good && buf_ok(&pattern) && pattern.n;
    *ret_pattern = arena_take(arena, &pattern);
    return good &&
           path_set_add(api->paths, operation->verb, *ret_pattern, operation, ret_why);
}

/* --- methods --- */

static void put_idempotency(struct import *import, const struct operation *operation,
                            struct json_build *method)
{
    static const char *const names[] = {"idempotencykey", "xidempotencykey", NULL};
    const struct json *header = openapi_parameter(operation, STR("header"), names);
    struct json_build block;
    if (!header)
        return;
    json_build_init(&block, import->arena);
    json_build_member(&block, STR("kind"), json_of_text(STR("header")));
    json_build_member(&block, STR("header"),
                      json_of_text(import_text(header, STR("name"))));
    json_build_member(&block, STR("x-guessed"), json_of_text(STR("the header's name")));
    json_build_member(method, STR("idempotency"), json_build_object(&block));
}

static void put_pages(struct openapi *api, const struct operation *operation,
                      struct json_build *method)
{
    bool list = false;
    if (!str_eq(operation->verb, STR("GET")))
        return;
    struct json pages = guess_pages(api->import, operation, &list);
    if (!json_is(&pages, JSON_UNDEFINED))
        json_build_member(method, STR("pagination"), pages);
    else
        api->unguessed += list;
}

/* Its name, if it is the first of this name; else absent. */
static str name_of_parameter(const struct operation *operation, uint32_t at)
{
    const struct json *all = operation->parameters.u.items;
    str name = import_text(&all[at], STR("name"));
    for (uint32_t i = 0; i < at; i++)
        if (str_eq(import_text(&all[i], STR("name")), name))
            return STR_NONE;
    return name;
}

/* Its parameters as one object. */
static const struct json *parameters_schema(struct import *import,
                                            const struct operation *operation)
{
    struct json_build whole, properties, required;
    const struct json *all = &operation->parameters;
    struct json *schema = arena_zalloc(import->arena, sizeof(*schema));
    json_build_init(&properties, import->arena);
    json_build_init(&required, import->arena);
    for (uint32_t i = 0; i < all->n; i++) {
        str name = name_of_parameter(operation, i);
        const struct json *one = import_at(&all->u.items[i], STR("schema"));
        const struct json *needed = import_at(&all->u.items[i], STR("required"));
        if (str_absent(name))
            continue;
        json_build_member(&properties, name, one ? *one : json_of_bool(true));
        if (needed && json_is(needed, JSON_TRUE))
            json_build_item(&required, json_of_text(name));
    }
    if (properties.n == 0)
        return NULL;
    json_build_init(&whole, import->arena);
    json_build_member(&whole, STR("type"), json_of_text(STR("object")));
    json_build_member(&whole, STR("properties"), json_build_object(&properties));
    if (required.n)
        json_build_member(&whole, STR("required"), json_build_array(&required));
    *schema = json_build_object(&whole);
    return schema;
}

/* Bodies that have content, and none whose schema says anything of it. */
static void say_media(struct import *import, const struct json *body)
{
    const struct json *content = import_at(body, STR("content"));
    str media;
    if (!content || !json_is(content, JSON_OBJECT) || content->n == 0)
        return;
    if (!openapi_content(body, &media))
        import_say(import, "Bodies of the type \"" STR_F "\" have no schema here.",
                   STR_A(json_key(&content->u.members[0])));
}

static void put_schemas(struct openapi *api, const struct operation *operation,
                        str resource, str method)
{
    struct import *import = api->import;
    const struct json *body = import_member(import, operation->at, STR("requestBody"));
    str media;
    say_media(import, body);
    say_media(import, operation->answer);
    str name =
        arena_printf(import->arena, STR_F "." STR_F, STR_A(resource), STR_A(method));
    const struct {
        const char *what;
        const struct json *schema;
    } rows[] = {
        {"parameters", parameters_schema(import, operation)},
        {"request", openapi_content(body, &media)},
        {"response", operation->schema},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        schemas_put(&api->schemas,
                    arena_printf(import->arena, STR_F ".%s", STR_A(name), rows[i].what),
                    rows[i].schema);
}

/* Where each parameter stands: {"owner": "path", "page": "query"}. */
static void put_places(struct import *import, const struct operation *operation,
                       struct json_build *method)
{
    const struct json *all = &operation->parameters;
    struct json_build places;
    json_build_init(&places, import->arena);
    for (uint32_t i = 0; i < all->n; i++) {
        str name = name_of_parameter(operation, i);
        if (!str_absent(name))
            import_put_text(&places, name, import_text(&all->u.items[i], STR("in")));
        else
            import_say(import,
                       STR_F " " STR_F " has a parameter without a name, or in two "
                             "places; the first is taken.",
                       STR_A(operation->verb), STR_A(operation->path));
    }
    if (places.n)
        json_build_member(method, STR("x-parameters"), json_build_object(&places));
}

static void put_method(struct openapi *api, const struct operation *operation,
                       str pattern)
{
    struct import *import = api->import;
    struct json_build method;
    str resource_name, method_name;
    find_names(import, operation, &resource_name, &method_name);
    struct openapi_resource *resource = find_resource(api, resource_name);
    if (!resource) {
        import_say(import, "There are more than %d resources; " STR_F " is left out.",
                   RESOURCES_MAX, STR_A(resource_name));
        return;
    }
    method_name = import_unique(import, &resource->taken,
                                method_name.n ? method_name : STR("call"));
    json_build_init(&method, import->arena);
    json_build_member(&method, STR("verb"), json_of_text(operation->verb));
    json_build_member(&method, STR("path"), json_of_text(pattern));
    import_put_text(&method, STR("x-operation"),
                    import_text(operation->at, STR("operationId")));
    put_places(import, operation, &method);
    put_idempotency(import, operation, &method);
    put_pages(api, operation, &method);
    put_schemas(api, operation, resource->name, method_name);
    json_build_member(&resource->methods, method_name, json_build_object(&method));
}

static void take_operation(struct openapi *api, struct operation *operation,
                           const struct json *item)
{
    struct import *import = api->import;
    str pattern;
    const char *why;
    if (import_at(operation->at, STR("servers")) || import_at(item, STR("servers")))
        import_say(import, STR_F " " STR_F " is left out: it has servers of its own.",
                   STR_A(operation->verb), STR_A(operation->path));
    else if (!put_path(api, operation, &pattern, &why))
        import_say(import, STR_F " " STR_F " is left out: %s.", STR_A(operation->verb),
                   STR_A(operation->path), why);
    else {
        read_operation(import, operation, item);
        guess_answers_read(api->answers, import_at(operation->at, STR("responses")));
        openapi_note_headers(api, operation);
        api->operation_n++;
        put_method(api, operation, pattern);
    }
}

/* What operations and paths say beside, and a method does not. */
static void say_lost(struct import *import, const struct operation *operation)
{
    if (import_at(operation->at, STR("callbacks")))
        import_say(import, STR_F " " STR_F " has callbacks, which are not taken over.",
                   STR_A(operation->verb), STR_A(operation->path));
    if (import_at(operation->at, STR("security")) &&
        import_at(import_at(import->root, STR("components")), STR("securitySchemes")))
        import_say(import,
                   "Methods have security of their own; here every call carries the "
                   "credential of its account.");
}

static void take_path(struct openapi *api, str path, const struct json *item)
{
    if (import_at(item, STR("trace")))
        import_say(api->import, "TRACE " STR_F " is left out: methods have no such verb.",
                   STR_A(path));
    for (size_t i = 0; item && verbs[i]; i++) {
        const struct json *at = import_at(item, str_z(verbs[i]));
        struct operation *operation;
        char *verb;
        if (!at || !json_is(at, JSON_OBJECT))
            continue;
        operation = arena_zalloc(api->import->arena, sizeof(*operation));
        verb = (char *)(uintptr_t)arena_str(api->import->arena, str_z(verbs[i])).p;
        operation->verb = str_of(verb, strlen(verbs[i]));
        for (size_t k = 0; k < operation->verb.n; k++)
            verb[k] = (char)(verb[k] - 32);
        operation->path = path;
        operation->at = at;
        say_lost(api->import, operation);
        take_operation(api, operation, item);
    }
}

void openapi_read_resources(struct openapi *api, struct json_build *resources)
{
    struct import *import = api->import;
    const struct json *paths = import_at(import->root, STR("paths"));
    for (uint32_t i = 0; paths && json_is(paths, JSON_OBJECT) && i < paths->n; i++) {
        const struct json_member *path = &paths->u.members[i];
        if (str_starts(json_key(path), STR("/")) && str_absent(import->fault))
            take_path(api, json_key(path), import_follow(import, &path->value));
    }
    for (struct openapi_resource *one = api->first; one; one = one->next) {
        struct json_build methods;
        json_build_init(&methods, import->arena);
        json_build_member(&methods, STR("methods"), json_build_object(&one->methods));
        json_build_member(resources, one->name, json_build_object(&methods));
        map_fini(&one->taken);
    }
    if (resources->n == 0)
        import_say(import,
                   "No operation could be taken over; calls go through unmatched.");
}
