/*
 * Resources and their methods: the tables, and the step after them, which walks the
 * document beside the structs that were read from it, because only the document knows
 * which members were given. Lists have the order of their objects.
 */
#include "catalog/document.h"
#include "catalog/request_schema.h"
#include "json/merge.h"

/* --- links --- */

enum { LINKS_MAX = 50 };

static void read_link(struct binder *binder, const struct json *value,
                      struct pointer *ret_pointer)
{
    str text = json_text(value);
    if (!json_is(value, JSON_STRING) || text.n == 0 ||
        !pointer_parse(binder->arena, text, POINTER_STAR, ret_pointer))
        bind_fault(binder, "must be a JSON pointer to a member of the body, such as "
                           "\"/paging/next/link\"; \"*\" stands for every item.");
}

static void read_links(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_ARRAY) || value->n > LINKS_MAX) {
        bind_fault(binder, "must be a list of at most %d JSON pointers.", LINKS_MAX);
        return;
    }
    struct pointer *pointers = arena_array(binder->arena, value->n, sizeof(*pointers));
    for (uint32_t i = 0; i < value->n; i++) {
        str before = bind_enter_index(binder, i);
        read_link(binder, &value->u.items[i], &pointers[i]);
        binder->at = before;
    }
    *(struct bind_list *)field = (struct bind_list){pointers, value->n};
}

static const struct bind_row rewrite_rows[] = {
    {.name = "headers",
     .kind = BIND_BOOL,
     .offset = offsetof(struct rewrite, headers),
     .doc = "Whether URLs in Link, Location and Content-Location are rewritten; true."},
    {.name = "body",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct rewrite, body),
     .custom = read_links,
     .custom_schema =
         "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^/\"},"
         "\"maxItems\":50}",
     .doc = "Members of JSON answers that hold URLs, as JSON pointers; the token \"*\" "
            "stands for every item or member."},
};

static void init_rewrite(void *obj)
{
    struct rewrite *rewrite = obj;
    rewrite->headers = true;
}

const struct bind_table rewrite_table = {
    .name = "rewrite block",
    .rows = rewrite_rows,
    .n = COUNT_OF(rewrite_rows),
    .bytes = sizeof(struct rewrite),
    .init = init_rewrite,
};

/* --- the tables --- */

static const char *const verbs[] = {"GET", "HEAD",   "OPTIONS", "POST",
                                    "PUT", "DELETE", "PATCH",   NULL};

static void read_verb(struct binder *binder, const struct json *value, void *field)
{
    str text = json_is(value, JSON_STRING) ? json_text(value) : STR("");
    for (size_t i = 0; verbs[i]; i++)
        if (str_eq(text, str_z(verbs[i]))) {
            *(str *)field = text;
            return;
        }
    bind_fault(binder, "must be one of GET, HEAD, OPTIONS, POST, PUT, DELETE, PATCH, in "
                       "capitals.");
}

static void read_override(struct binder *binder, const struct json *value, void *field)
{
    if (json_is(value, JSON_OBJECT))
        *(struct json *)field = *value;
    else
        bind_fault(binder, "must be an object with members of the integration's block of "
                           "this name.");
}

#define METHOD(field) offsetof(struct method, field)

static const struct bind_row method_rows[] = {
    {.name = "verb",
     .kind = BIND_CUSTOM,
     .offset = METHOD(verb),
     .required = true,
     .custom = read_verb,
     .custom_schema =
         "{\"enum\":[\"GET\",\"HEAD\",\"OPTIONS\",\"POST\",\"PUT\",\"DELETE\","
         "\"PATCH\"]}",
     .doc = "The HTTP method, in capitals."},
    {.name = "path",
     .kind = BIND_TEXT,
     .offset = METHOD(path),
     .required = true,
     .min = 1,
     .max = 500,
     .doc = "The path below the base URL: \"/contacts/{id}\"; {name} takes one segment, "
            "{name*} at the end the rest."},
    {.name = "safe",
     .kind = BIND_BOOL,
     .offset = METHOD(safe),
     .doc = "Changes nothing at the vendor, whatever its verb; true for GET, HEAD, "
            "OPTIONS."},
    {.name = "repeatable",
     .kind = BIND_BOOL,
     .offset = METHOD(repeatable),
     .doc =
         "May be sent twice to the same effect; true for what is safe, PUT and DELETE."},
    {.name = "group",
     .kind = BIND_TEXT,
     .offset = METHOD(group),
     .min = 1,
     .max = 64,
     .doc = "The rate-limit group, where the vendor limits some methods apart."},
    {.name = "breaker_group",
     .kind = BIND_TEXT,
     .offset = METHOD(breaker_group),
     .min = 1,
     .max = 64,
     .doc = "The group whose breaker guards it; the integration's unless given."},
    {.name = "resilience",
     .kind = BIND_CUSTOM,
     .offset = METHOD(resilience_override),
     .custom = read_override,
     .custom_schema = "{\"type\":\"object\"}",
     .doc = "Members of the resilience block that differ for this method; null takes one "
            "back to its default."},
    {.name = "pagination",
     .kind = BIND_CUSTOM,
     .offset = METHOD(pagination_override),
     .custom = read_override,
     .custom_schema = "{\"type\":\"object\"}",
     .doc = "Members of the pagination block that differ for this method; null takes one "
            "back to its default. With a \"kind\" it stands alone."},
    {.name = "cache",
     .kind = BIND_CUSTOM,
     .offset = METHOD(caching_override),
     .custom = read_override,
     .custom_schema = "{\"type\":\"object\"}",
     .doc = "Members of the cache block that differ for this method; null takes one back "
            "to its default."},
    {.name = "rewrite",
     .kind = BIND_OBJECT,
     .offset = METHOD(rewrite),
     .table = &rewrite_table,
     .doc = "Instead of the integration's rewrite block."},
    {.name = "idempotency",
     .kind = BIND_OBJECT,
     .offset = METHOD(idempotency),
     .table = &idempotency_table,
     .doc = "Instead of the integration's idempotency block."},
    {.name = "items",
     .kind = BIND_OPTION,
     .offset = METHOD(items),
     .table = &item_table,
     .doc = "Where its answers say of each item of a batch whether it was done."},
    {.name = "request_schema",
     .kind = BIND_CUSTOM,
     .offset = METHOD(request_schema),
     .custom = request_schema_read,
     .custom_schema = REQUEST_SCHEMA_SCHEMA,
     .doc =
         "A JSON Schema of its requests' bodies: what does not fit is refused before it "
         "is queued."},
};

static void finish_named(struct binder *binder, str name)
{
    if (!document_name_valid(name))
        bind_fault(binder,
                   "has a bad name: it must be 1 to %d characters of a–z, 0–9, "
                   "\"_\" and \"-\".",
                   DOCUMENT_NAME_MAX);
}

static void finish_method(struct binder *binder, void *obj)
{
    finish_named(binder, ((const struct method *)obj)->name);
}

static void finish_resource(struct binder *binder, void *obj)
{
    finish_named(binder, ((const struct resource *)obj)->name);
}

static const struct bind_table method_table = {
    .name = "method",
    .rows = method_rows,
    .n = COUNT_OF(method_rows),
    .bytes = sizeof(struct method),
    .finish = finish_method,
    .name_at = METHOD(name),
};

static const struct bind_row resource_rows[] = {
    {.name = "cache",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct resource, caching_override),
     .custom = read_override,
     .custom_schema = "{\"type\":\"object\"}",
     .doc = "Members of the cache block that differ for this resource; null takes one "
            "back to its default."},
    {.name = "methods",
     .kind = BIND_NAMED,
     .offset = offsetof(struct resource, methods),
     .required = true,
     .min = 1,
     .max = 200,
     .table = &method_table,
     .doc = "What can be done with it."},
};

const struct bind_table resource_table = {
    .name = "resource",
    .rows = resource_rows,
    .n = COUNT_OF(resource_rows),
    .bytes = sizeof(struct resource),
    .finish = finish_resource,
    .name_at = offsetof(struct resource, name),
};

/* --- compiling --- */

static bool is_safe_verb(str verb)
{
    return str_eq(verb, STR("GET")) || str_eq(verb, STR("HEAD")) ||
           str_eq(verb, STR("OPTIONS"));
}

static void set_defaults(struct method *method, const struct integration *integration,
                         const struct json *written)
{
    method->has_safe = json_member(written, STR("safe")) != NULL;
    method->has_repeatable = json_member(written, STR("repeatable")) != NULL;
    method->has_rewrite = json_member(written, STR("rewrite")) != NULL;
    method->has_idempotency = json_member(written, STR("idempotency")) != NULL;
    if (!method->has_safe)
        method->safe = is_safe_verb(method->verb);
    if (!method->has_repeatable)
        method->repeatable = method->safe || (!is_safe_verb(method->verb) &&
                                              retry_method_idempotent(method->verb));
    if (!method->has_rewrite)
        method->rewrite = integration->rewrite;
    if (!method->has_idempotency)
        method->idempotency = integration->idempotency;
    method->inspect_success = document_inspects(integration, method->group);
}

/* The integration's settings with the method's merged over them, read by the same table.
 */
static void merge_resilience(struct binder *binder, const struct integration *integration,
                             struct method *method)
{
    method->resilience = &integration->resilience;
    if (json_is(&method->resilience_override, JSON_UNDEFINED))
        return;
    struct json merged = merge_patch(binder->arena, &integration->resilience_text,
                                     &method->resilience_override);
    struct resilience *resilience = arena_zalloc(binder->arena, sizeof(*resilience));
    str before = bind_enter(binder, STR("resilience"));
    if (bind_read(binder, &resilience_table, &merged, resilience))
        method->resilience = resilience;
    binder->at = before;
}

static struct json merged_over(struct binder *binder, struct json under,
                               const struct json *over)
{
    return json_is(over, JSON_UNDEFINED) ? under
                                         : merge_patch(binder->arena, &under, over);
}

/* The same, with the resource's between them. A fault of the resource's is told at each
 * of its methods. */
static void merge_caching(struct binder *binder, const struct integration *integration,
                          struct method *method)
{
    const struct json *of_resource = &method->resource->caching_override;
    method->caching = &integration->caching;
    if (json_is(&method->caching_override, JSON_UNDEFINED) &&
        json_is(of_resource, JSON_UNDEFINED))
        return;
    struct json merged = merged_over(binder, integration->caching_text, of_resource);
    merged = merged_over(binder, merged, &method->caching_override);
    struct caching *caching = arena_zalloc(binder->arena, sizeof(*caching));
    str before = bind_enter(binder, STR("cache"));
    if (bind_read(binder, &caching_table, &merged, caching))
        method->caching = caching;
    binder->at = before;
}

/* The same; but what one kind says is nothing to another, so that a block with a kind
 * stands alone. */
static void merge_pagination(struct binder *binder, const struct integration *integration,
                             struct method *method)
{
    const struct json *own = &method->pagination_override;
    method->pagination = integration->pagination;
    if (json_is(own, JSON_UNDEFINED))
        return;
    struct json merged =
        json_member(own, STR("kind"))
            ? *own
            : merge_patch(binder->arena, &integration->pagination_text, own);
    struct page_rule *rule = arena_zalloc(binder->arena, sizeof(*rule));
    str before = bind_enter(binder, STR("pagination"));
    if (bind_read(binder, &page_rule_table, &merged, rule))
        method->pagination = rule;
    rule->hash = page_rule_hash(&merged);
    binder->at = before;
}

/* Whether two patterns take the same paths: their literals are equal, names aside. */
static bool same_shape(str a, str b)
{
    str one, other;
    bool more_a = str_next(&a, '/', &one), more_b = str_next(&b, '/', &other);
    for (; more_a && more_b;
         more_a = str_next(&a, '/', &one), more_b = str_next(&b, '/', &other)) {
        bool names = str_starts(one, STR("{")) && str_starts(other, STR("{"));
        if (!names && !str_eq(one, other))
            return false;
    }
    return more_a == more_b;
}

/* The method before this one that has its verb and its shape, or NULL. */
static const struct method *find_twin(const struct integration *integration,
                                      const struct method *method)
{
    const struct resource *resources = integration->resources.items;
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++) {
            if (&methods[k] == method)
                return NULL;
            if (str_eq(methods[k].verb, method->verb) &&
                same_shape(methods[k].path, method->path))
                return &methods[k];
        }
    }
    return NULL;
}

static void add_path(struct binder *binder, const struct integration *integration,
                     const struct method *method)
{
    const char *why;
    if (path_set_add(integration->paths, method->verb, method->path, method, &why))
        return;
    bool looked = binder->fault_n < BIND_FAULTS_MAX; /* more are not kept */
    const struct method *twin = looked ? find_twin(integration, method) : NULL;
    if (twin)
        bind_fault_at(binder, STR("path"),
                      "has the verb and the shape of /resources/" STR_F "/methods/" STR_F
                      "; remove one of the two, or change its path.",
                      STR_A(twin->resource->name), STR_A(twin->name));
    else
        bind_fault_at(binder, STR("path"),
                      "cannot be used: %s. Write it like \"/contacts/{id}\".", why);
}

static void compile_resource(struct binder *binder, struct integration *integration,
                             struct resource *resource, const struct json *written)
{
    struct method *methods = resource->methods.items;
    for (uint32_t i = 0; i < resource->methods.n; i++) {
        str before = bind_enter(binder, methods[i].name);
        methods[i].resource = resource;
        set_defaults(&methods[i], integration, json_member(written, methods[i].name));
        merge_resilience(binder, integration, &methods[i]);
        merge_caching(binder, integration, &methods[i]);
        merge_pagination(binder, integration, &methods[i]);
        add_path(binder, integration, &methods[i]);
        binder->at = before;
    }
}

/* Whether some method's path has the name, as {name} or {name*}. */
static bool has_name(const struct integration *integration, str name, struct arena *arena)
{
    const struct resource *resources = integration->resources.items;
    str plain = arena_printf(arena, "{" STR_F "}", STR_A(name));
    str rest = arena_printf(arena, "{" STR_F "*}", STR_A(name));
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++)
            if (str_find_str(methods[k].path, plain) < methods[k].path.n ||
                str_find_str(methods[k].path, rest) < methods[k].path.n)
                return true;
    }
    return false;
}

static void check_path_values(struct binder *binder,
                              const struct integration *integration)
{
    const struct json *values = &integration->path_values;
    str top = bind_enter(binder, STR("path_values"));
    for (uint32_t i = 0; json_is(values, JSON_OBJECT) && i < values->n; i++)
        if (!has_name(integration, json_key(&values->u.members[i]), binder->arena))
            bind_fault_at(binder, json_key(&values->u.members[i]),
                          "is no name of a method's path; correct it, or remove it.");
    binder->at = top;
}

void method_compile(struct binder *binder, struct integration *integration,
                    const struct json *written)
{
    struct resource *resources = integration->resources.items;
    const struct json *all = json_member(written, STR("resources"));
    str top = bind_enter(binder, STR("resources"));
    integration->paths = path_set_create(binder->arena);
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        str before = bind_enter(binder, resources[i].name);
        bind_enter(binder, STR("methods"));
        const struct json *one = json_member(all, resources[i].name);
        compile_resource(binder, integration, &resources[i],
                         json_member(one, STR("methods")));
        binder->at = before;
    }
    binder->at = top;
    check_path_values(binder, integration);
}
