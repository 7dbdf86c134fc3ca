/*
 * Security schemes as ways of authentication: those that the document asks for on the
 * whole come first, in its order, then the others.
 */
#include "import/openapi.h"

enum { WAYS_MAX = 16, WAY_NAME_MAX = 40, SCOPES_MAX = 500 };

struct ways {
    struct openapi *api;
    const struct json *security; /* of the document; NULL: none */
    struct json_build list;
    struct map names;
    struct map done; /* schemes */
};

/* A way under construction: its own members come behind its name and label. */
static void begin(struct ways *ways, struct json_build *way, str name, str label)
{
    struct import *import = ways->api->import;
    str slug = import_slug(import->arena, name, WAY_NAME_MAX - 4);
    json_build_init(way, import->arena);
    slug = import_unique(import, &ways->names, slug.n ? slug : STR("way"));
    json_build_member(way, STR("way"), json_of_text(slug));
    json_build_member(way, STR("label"), json_of_text(label));
}

static void end(struct ways *ways, struct json_build *way)
{
    json_build_item(&ways->list, json_build_object(way));
}

static void put_simple(struct ways *ways, str name, str label, str scheme)
{
    struct json_build way;
    begin(ways, &way, name, label);
    json_build_member(&way, STR("scheme"), json_of_text(scheme));
    end(ways, &way);
}

static void read_http(struct ways *ways, str name, const struct json *scheme)
{
    str word = import_text(scheme, STR("scheme"));
    if (str_eq_nocase(word, STR("bearer")))
        put_simple(ways, name, STR("Token"), STR("bearer"));
    else if (str_eq_nocase(word, STR("basic")))
        put_simple(ways, name, STR("User name and password"), STR("basic"));
    else
        import_say(ways->api->import,
                   "The security scheme \"" STR_F "\" is HTTP \"" STR_F
                   "\", which no way of authentication says.",
                   STR_A(name), STR_A(word));
}

static void read_key(struct ways *ways, str name, const struct json *scheme)
{
    str in = import_text(scheme, STR("in"));
    str key = import_text(scheme, STR("name"));
    struct json_build way;
    bool known = str_eq(in, STR("header")) || str_eq(in, STR("query"));
    if (!known || key.n == 0 || key.n > 100) {
        import_say(ways->api->import,
                   "The security scheme \"" STR_F "\" is a key in \"" STR_F
                   "\", which no way of authentication says.",
                   STR_A(name), STR_A(in));
        return;
    }
    begin(ways, &way, name, STR("API key"));
    json_build_member(&way, STR("scheme"), json_of_text(in));
    json_build_member(&way, in, json_of_text(key));
    end(ways, &way);
}

/* --- OAuth 2.0 --- */

/* The scopes that the document asks for on the whole. */
static struct json asked_scopes(struct ways *ways, str name)
{
    const struct json *list = ways->security;
    for (uint32_t i = 0; list && i < list->n; i++) {
        const struct json *scopes = import_at(&list->u.items[i], name);
        if (scopes && json_is(scopes, JSON_ARRAY) && scopes->n && scopes->n <= SCOPES_MAX)
            return *scopes;
    }
    return (struct json){.type = JSON_UNDEFINED};
}

static void put_scopes(struct ways *ways, struct json_build *token, str name,
                       const struct json *flow)
{
    struct import *import = ways->api->import;
    const struct json *scopes = import_at(flow, STR("scopes"));
    struct json asked = asked_scopes(ways, name);
    struct json_build all;
    if (!json_is(&asked, JSON_UNDEFINED))
        json_build_member(token, STR("scopes"), asked);
    if (!scopes || !json_is(scopes, JSON_OBJECT) || scopes->n == 0)
        return;
    json_build_init(&all, import->arena);
    for (uint32_t i = 0; i < scopes->n; i++)
        json_build_item(&all, json_of_text(json_key(&scopes->u.members[i])));
    json_build_member(token, STR("x-scopes"), json_build_array(&all));
    if (json_is(&asked, JSON_UNDEFINED))
        import_say(import,
                   "No scopes are asked for by \"" STR_F
                   "\": choose among its x-scopes, in "
                   "the document or in the app.",
                   STR_A(name));
}

static bool is_whole(str url)
{
    return str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
}

/* A URL of the flow as it can stand in a document, or absent. */
static str flow_url(struct ways *ways, str name, const struct json *flow, str member)
{
    str url = import_text(flow, member);
    bool plain = str_find(url, '{') == url.n && str_find(url, '}') == url.n;
    if (url.n && is_whole(url) && plain)
        return url;
    if (url.n || !str_eq(member, STR("refreshUrl")))
        import_say(ways->api->import,
                   "The security scheme \"" STR_F "\" has a " STR_F " \"" STR_F
                   "\", which is no whole URL; its flow is left out.",
                   STR_A(name), STR_A(member), STR_A(url));
    return STR_NONE;
}

static void put_flow(struct ways *ways, str name, const struct json *flow, bool code)
{
    struct import *import = ways->api->import;
    struct json_build way, token;
    str url = flow_url(ways, name, flow, STR("tokenUrl"));
    str authorize = code ? flow_url(ways, name, flow, STR("authorizationUrl")) : STR_NONE;
    str refresh = code ? flow_url(ways, name, flow, STR("refreshUrl")) : STR_NONE;
    if (str_absent(url) || (code && str_absent(authorize)))
        return;
    begin(ways, &way, name, code ? STR("Sign in") : STR("App"));
    json_build_member(&way, STR("scheme"), json_of_text(STR("bearer")));
    json_build_init(&token, import->arena);
    json_build_member(
        &token, STR("grant"),
        json_of_text(code ? STR("authorization_code") : STR("client_credentials")));
    import_put_text(&token, STR("authorize_url"), authorize);
    json_build_member(&token, STR("url"), json_of_text(url));
    if (!str_eq(refresh, url))
        import_put_text(&token, STR("refresh_url"), refresh);
    put_scopes(ways, &token, name, flow);
    json_build_member(&way, STR("token"), json_build_object(&token));
    end(ways, &way);
    import_say(import,
               "How the app names itself to token endpoints, the OpenAPI document "
               "does not say: it is `basic`, unless \"client\" says otherwise.");
}

static void read_oauth(struct ways *ways, str name, const struct json *scheme)
{
    const struct json *flows = import_at(scheme, STR("flows"));
    for (uint32_t i = 0; flows && json_is(flows, JSON_OBJECT) && i < flows->n; i++) {
        str kind = json_key(&flows->u.members[i]);
        const struct json *flow = &flows->u.members[i].value;
        if (str_eq(kind, STR("authorizationCode")))
            put_flow(ways, name, flow, true);
        else if (str_eq(kind, STR("clientCredentials")))
            put_flow(ways, name, flow, false);
        else if (!str_starts(kind, STR("x-")))
            import_say(ways->api->import,
                       "The flow \"" STR_F "\" of the security scheme \"" STR_F
                       "\" is not one that accounts are connected by.",
                       STR_A(kind), STR_A(name));
    }
}

/* --- all of them --- */

static void put_certificate(struct ways *ways, str name)
{
    struct json_build way;
    begin(ways, &way, name, STR("Client certificate"));
    json_build_member(&way, STR("scheme"), json_of_text(STR("none")));
    json_build_member(&way, STR("tls"), json_of_text(STR("required")));
    end(ways, &way);
}

static void read_scheme(struct ways *ways, str name)
{
    struct import *import = ways->api->import;
    const struct json *components = import_at(import->root, STR("components"));
    const struct json *all = import_member(import, components, STR("securitySchemes"));
    const struct json *scheme = import_member(import, all, name);
    str type = scheme ? import_text(scheme, STR("type")) : STR_NONE;
    if (map_put(&ways->done, name, import))
        return;
    if (ways->list.n + 2 > WAYS_MAX) { /* a scheme of OAuth makes two at most */
        import_say(import,
                   "There are too many security schemes; \"" STR_F "\" is left out.",
                   STR_A(name));
        return;
    }
    if (str_eq(type, STR("http")))
        read_http(ways, name, scheme);
    else if (str_eq(type, STR("apiKey")))
        read_key(ways, name, scheme);
    else if (str_eq(type, STR("oauth2")))
        read_oauth(ways, name, scheme);
    else if (str_eq(type, STR("mutualTLS")))
        put_certificate(ways, name);
    else
        import_say(import,
                   "The security scheme \"" STR_F "\" is of the type \"" STR_F
                   "\", which no way of authentication says.",
                   STR_A(name), STR_A(type));
}

static void read_asked(struct ways *ways)
{
    for (uint32_t i = 0; ways->security && i < ways->security->n; i++) {
        const struct json *together = &ways->security->u.items[i];
        if (!json_is(together, JSON_OBJECT))
            continue;
        for (uint32_t k = 0; k < together->n; k++)
            read_scheme(ways, json_key(&together->u.members[k]));
        if (together->n > 1)
            import_say(ways->api->import,
                       "The vendor wants %u security schemes together, \"" STR_F
                       "\" among them; a way of authentication sends one.",
                       together->n, STR_A(json_key(&together->u.members[0])));
    }
}

static struct json without_name(struct arena *arena, const struct json *way)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 2; i < way->n; i++)
        json_build_member(&build, json_key(&way->u.members[i]), way->u.members[i].value);
    return build.n == 1 ? way->u.members[2].value : json_build_object(&build);
}

void openapi_put_auth(struct openapi *api, struct json_build *document)
{
    struct import *import = api->import;
    struct ways ways = {.api = api};
    const struct json *components = import_at(import->root, STR("components"));
    const struct json *all = import_member(import, components, STR("securitySchemes"));
    const struct json *security = import_at(import->root, STR("security"));
    ways.security = security && json_is(security, JSON_ARRAY) ? security : NULL;
    json_build_init(&ways.list, import->arena);
    map_init(&ways.names);
    map_init(&ways.done);
    read_asked(&ways);
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++)
        read_scheme(&ways, json_key(&all->u.members[i]));
    struct json list = json_build_array(&ways.list);
    if (list.n == 0)
        import_say(import,
                   "No security scheme that can be said was found: requests carry "
                   "no credential.");
    json_build_member(document, STR("auth"),
                      list.n == 0   ? json_of_text(STR("none"))
                      : list.n == 1 ? without_name(import->arena, &list.u.items[0])
                                    : list);
    map_fini(&ways.names);
    map_fini(&ways.done);
}
