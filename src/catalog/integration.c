/*
 * Reading goes in three passes, each only over what the one before found without fault:
 * the text as JSON (names at most once), the JSON by the tables of document.c and
 * method.c, and what concerns several members at once (base_url.c, method_compile).
 */
#include "catalog/document.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "json/bind_schema.h"
#include "json/json_parse.h"

static bool parse(struct binder *binder, str text, struct json *ret_document)
{
    static const struct json_limits limits = {.depth_max = DOCUMENT_DEPTH_MAX,
                                              .bytes_max = DOCUMENT_BYTES_MAX,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    struct json_fault fault;
    if (json_parse(binder->arena, text, &limits, ret_document, &fault))
        return true;
    bind_fault(binder, "is not as JSON must be, at line %u, column %u: %s.", fault.line,
               fault.column, fault.what);
    return false;
}

static str hash_text(struct arena *arena, str text)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, digest);
    return encode_hex(arena, str_of((const char *)digest, sizeof(digest)));
}

static struct json written(const struct json *document, str member)
{
    const struct json *value = json_member(document, member);
    return value ? *value : (struct json){0};
}

struct integration *integration_read_value(struct binder *binder,
                                           const struct json *document)
{
    uint32_t faults = binder->fault_n;
    struct integration *integration = arena_zalloc(binder->arena, sizeof(*integration));
    if (!bind_read(binder, &document_table, document, integration))
        return NULL;
    integration->resilience_text = written(document, STR("resilience"));
    integration->caching_text = written(document, STR("cache"));
    integration->pagination_text = written(document, STR("pagination"));
    if (integration->pagination)
        integration->pagination->hash = page_rule_hash(&integration->pagination_text);
    method_compile(binder, integration, document);
    mapped_check(binder, integration);
    event_check(binder, integration);
    integration->document = *document;
    return binder->fault_n == faults ? integration : NULL;
}

struct integration *integration_read(struct binder *binder, str text)
{
    struct json document;
    if (!parse(binder, text, &document))
        return NULL;
    struct integration *integration = integration_read_value(binder, &document);
    if (!integration)
        return NULL;
    integration->text = text;
    integration->hash = hash_text(binder->arena, text);
    return integration;
}

void integration_schema(struct buf *buf)
{
    bind_schema_write(buf, &document_table, STR("urn:breakwater:schema:integration"),
                      STR("Integration"));
}

const struct auth_way *integration_way(const struct integration *integration, str name)
{
    const struct auth_way *ways = integration->ways.items;
    for (uint32_t i = 0; i < integration->ways.n; i++)
        if (auth_way_is(&ways[i], name))
            return &ways[i];
    return NULL;
}

/* `"oauth", "key"`; `none with a name` for one that has no name. */
static str way_names(const struct integration *integration, struct arena *arena)
{
    const struct auth_way *ways = integration->ways.items;
    str names = STR("");
    if (str_absent(ways[0].name))
        return STR("none with a name");
    for (uint32_t i = 0; i < integration->ways.n; i++)
        names = arena_printf(arena, STR_F "%s\"" STR_F "\"", STR_A(names), i ? ", " : "",
                             STR_A(ways[i].name));
    return names;
}

str integration_no_way(const struct integration *integration, str name,
                       struct arena *arena)
{
    return arena_printf(arena,
                        "\"" STR_F "\" has no way of authentication called \"" STR_F
                        "\"; it has " STR_F ".",
                        STR_A(integration->name), STR_A(name),
                        STR_A(way_names(integration, arena)));
}

const struct method *integration_method(const struct integration *integration, str verb,
                                        str path)
{
    struct path_match match;
    if (path_set_match(integration->paths, verb, path, &match) == PATH_FOUND)
        return match.target;
    if (str_eq(verb, STR("HEAD")) &&
        path_set_match(integration->paths, STR("GET"), path, &match) == PATH_FOUND)
        return match.target;
    return NULL;
}
