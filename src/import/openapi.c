/*
 * The whole of an OpenAPI document, in the order in which a document of ours is written.
 */
#include "import/openapi.h"

#include "http/path.h"
#include "import/guess.h"

enum { NAME_MAX_BYTES = 64, LABEL_MAX = 200, VERSION_MAX = 100 };

/* At most `max` bytes, whole characters. */
static str cut(str text, size_t max)
{
    if (text.n <= max)
        return text;
    while (max && ((unsigned char)text.p[max] & 0xc0) == 0x80)
        max--;
    return str_of(text.p, max);
}

static void put_about(struct import *import, struct json_build *document)
{
    const struct json *info = import_at(import->root, STR("info"));
    const struct json *said = import_at(info, STR("version"));
    str label = cut(str_trim(import_text(info, STR("title"))), LABEL_MAX);
    str version = said ? json_text(said) : STR_NONE;
    json_build_member(document, STR("name"), json_of_text(import->name));
    if (label.n)
        json_build_member(document, STR("label"), json_of_text(label));
    if (version.n && version.n <= VERSION_MAX)
        json_build_member(document, STR("version"), json_of_text(version));
}

static void put_webhooks(struct openapi *api, struct json_build *docs)
{
    struct import *import = api->import;
    static const char *const members[] = {"webhooks", "x-webhooks", NULL};
    struct json_build names;
    json_build_init(&names, import->arena);
    for (size_t i = 0; members[i]; i++) {
        const struct json *hooks = import_at(import->root, str_z(members[i]));
        for (uint32_t k = 0; hooks && json_is(hooks, JSON_OBJECT) && k < hooks->n; k++) {
            const struct json_member *hook = &hooks->u.members[k];
            const struct json *item = import_follow(import, &hook->value);
            const struct json *post = import_member(import, item, STR("post"));
            const struct json *body = import_member(import, post, STR("requestBody"));
            str media;
            json_build_item(&names, json_of_text(json_key(hook)));
            schemas_put(
                &api->schemas,
                arena_printf(import->arena, "webhook." STR_F, STR_A(json_key(hook))),
                openapi_content(body, &media));
        }
    }
    if (names.n == 0)
        return;
    json_build_member(docs, STR("webhooks"), json_build_array(&names));
    import_say(import,
               "Webhooks are listed under docs.webhooks; how they are verified, the "
               "OpenAPI document does not say.");
}

static str source_of(struct import *import)
{
    const struct json *info = import_at(import->root, STR("info"));
    str version = import_text(info, STR("version"));
    return arena_printf(import->arena, "OpenAPI " STR_F ", " STR_F "%s" STR_F,
                        STR_A(import_text(import->root, STR("openapi"))),
                        STR_A(import_text(info, STR("title"))),
                        str_absent(version) ? "" : " ", STR_A(version));
}

static void put_docs(struct openapi *api, struct json_build *document)
{
    struct import *import = api->import;
    static const str unverified[] = {
        {"all that is marked x-guessed", 28},
        {"all else: it stands as the OpenAPI document has it", 50}};
    const struct json *more = import_member(import, import->root, STR("externalDocs"));
    struct json_build docs;
    json_build_init(&docs, import->arena);
    import_put_text(&docs, STR("reference"), import_text(more, STR("url")));
    json_build_member(&docs, STR("imported_from"), json_of_text(source_of(import)));
    put_webhooks(api, &docs);
    if (api->unguessed)
        import_say(import,
                   "%u methods answer lists whose paging could not be guessed; they have "
                   "no pagination block.",
                   api->unguessed);
    if (import->note_n)
        json_build_member(&docs, STR("notes"), import_notes(import, 0));
    json_build_member(&docs, STR("unverified"),
                      import_texts(import->arena, unverified, COUNT_OF(unverified)));
    json_build_member(document, STR("docs"), json_build_object(&docs));
}

static bool check_version(struct import *import, bool *ret_old)
{
    str version = import_text(import->root, STR("openapi"));
    *ret_old = str_starts(version, STR("3.0"));
    if (*ret_old || str_starts(version, STR("3.1")))
        return true;
    if (import_at(import->root, STR("swagger")))
        import_fail(import, "is of Swagger 2.0; convert it to OpenAPI 3 first.");
    else if (version.n)
        import_fail(import, "is of OpenAPI " STR_F "; 3.0 and 3.1 are read.",
                    STR_A(version));
    else
        import_fail(import, "is no OpenAPI document: it has no \"openapi\".");
    return false;
}

static bool find_name(struct import *import)
{
    const struct json *info = import_at(import->root, STR("info"));
    if (str_absent(import->name))
        import->name =
            import_slug(import->arena, import_text(info, STR("title")), NAME_MAX_BYTES);
    if (import->name.n == 0)
        import_fail(import, "has no title to be named by; give it a --name.");
    return import->name.n > 0;
}

static void put_all(struct openapi *api, struct json_build *document)
{
    struct import *import = api->import;
    struct json_build resources;
    json_build_init(&resources, import->arena);
    openapi_read_resources(api, &resources);
    put_about(import, document);
    openapi_put_server(api, document);
    openapi_put_headers(api, document);
    openapi_put_auth(api, document);
    guess_answers_put(api->answers, document);
    struct json put = json_build_object(&resources);
    json_build_member(document, STR("resources"), put);
    put_docs(api, document);
}

bool import_openapi(struct import *import, struct imported *ret)
{
    struct guess_answers answers = {.import = import};
    struct openapi api = {.import = import, .answers = &answers};
    struct json_build document;
    if (!check_version(import, &api.old) || !find_name(import))
        return false;
    map_init(&api.resources);
    map_init(&api.headers);
    schemas_init(&api.schemas, import, api.old);
    api.paths = path_set_create(import->arena);
    json_build_init(&document, import->arena);
    put_all(&api, &document);
    *ret = (struct imported){.name = import->name,
                             .document = json_build_object(&document),
                             .schemas = schemas_end(&api.schemas, source_of(import))};
    schemas_fini(&api.schemas);
    map_fini(&api.resources);
    map_fini(&api.headers);
    return str_absent(import->fault);
}
