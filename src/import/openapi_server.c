/*
 * servers[0] is the base URL. A variable in its host or path becomes a member of the
 * account's context; one that stands for a scheme or a port, or has one value only, is
 * replaced by its default. So is one that is the whole host, unless its `enum` says which
 * hosts there are.
 */
#include "import/hosts.h"
#include "import/openapi.h"

struct server {
    struct openapi *api;
    const struct json *variables; /* NULL: none */
    str url;                      /* as it becomes */
    struct json_build hosts;
    struct json_build fields; /* of the form that asks for its variables */
};

static const struct json *variable_of(const struct server *server, str name)
{
    return import_at(server->variables, name);
}

static str default_of(const struct server *server, str name)
{
    const struct json *variable = variable_of(server, name);
    const struct json *value = import_at(variable, STR("default"));
    return value ? json_text(value) : STR_NONE;
}

static const struct json *values_of(const struct server *server, str name)
{
    const struct json *variable = variable_of(server, name);
    const struct json *values = import_at(variable, STR("enum"));
    return values && json_is(values, JSON_ARRAY) && values->n ? values : NULL;
}

/* --- which variables stay --- */

/* What stands before it and behind it in the URL so far decides. */
static bool stays(const struct server *server, str before, str behind, str name)
{
    const struct json *values = values_of(server, name);
    bool has_scheme = str_find_str(before, STR("://")) < before.n;
    size_t host_at = has_scheme ? str_find_str(before, STR("://")) + 3 : 0;
    str host = str_from(before, host_at);
    bool in_host = has_scheme && str_find(host, '/') == host.n;
    bool whole_host =
        in_host && host.n == 0 && (behind.n == 0 || strchr("/:{", behind.p[0]));
    if (values && values->n == 1)
        return false;
    if (in_host && str_starts(default_of(server, name), STR("/")))
        return false; /* https://api.example.com{basePath} */
    if (!has_scheme || (in_host && str_ends(host, STR(":"))))
        return false;
    return !whole_host || (values && values->n <= 100);
}

static void put_field(struct server *server, str name, str written)
{
    struct import *import = server->api->import;
    str standard = default_of(server, written);
    struct json_build field;
    json_build_init(&field, import->arena);
    json_build_member(&field, STR("label"),
                      json_of_text(written.n <= 100 ? written : name));
    if (standard.n && standard.n < 400)
        json_build_member(
            &field, STR("help"),
            json_of_text(arena_printf(import->arena, "The vendor's default is " STR_F ".",
                                      STR_A(standard))));
    json_build_member(&server->fields, name, json_build_object(&field));
}

/* {Name} becomes {name} or its default. False: it has none. */
static bool put_variable(struct server *server, struct buf *url, str name, str behind)
{
    struct import *import = server->api->import;
    str slug = import_slug(import->arena, name, 64);
    if (slug.n && stays(server, buf_peek(url), behind, name)) {
        buf_printf(url, "{" STR_F "}", STR_A(slug));
        if (!import_has(&server->fields, slug))
            put_field(server, slug, name);
        return true;
    }
    str standard = default_of(server, name);
    if (str_absent(standard)) {
        import_fail(import,
                    "has a server \"" STR_F "\" whose variable \"" STR_F
                    "\" has no default; say --base-url URL.",
                    STR_A(server->url), STR_A(name));
        return false;
    }
    buf_str(url, standard);
    if (!values_of(server, name) || values_of(server, name)->n > 1)
        import_say(import, "The server's variable \"" STR_F "\" is set to \"" STR_F "\".",
                   STR_A(name), STR_A(standard));
    return true;
}

static bool fill(struct server *server)
{
    struct buf url;
    bool good = true;
    buf_init(&url, 1 << 16);
    for (str rest = server->url; good && rest.n;) {
        size_t open = str_find(rest, '{');
        size_t close = str_find(rest, '}');
        buf_put(&url, rest.p, open);
        if (open == rest.n)
            break;
        good = close < rest.n && close > open;
        if (!good) {
            import_fail(server->api->import,
                        "has a server \"" STR_F "\" whose braces do not fit; say "
                        "--base-url URL.",
                        STR_A(server->url));
            break;
        }
        str name = str_of(rest.p + open + 1, close - open - 1);
        rest = str_from(rest, close + 1);
        good = put_variable(server, &url, name, rest);
    }
    if (good && buf_ok(&url))
        server->url = arena_take(server->api->import->arena, &url);
    else
        buf_fini(&url);
    return good;
}

/* The values of a variable by the name that it has with us. */
static const struct json *values_by_slug(void *arg, str name)
{
    const struct server *server = arg;
    const struct json *all = server->variables;
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++) {
        str written = json_key(&all->u.members[i]);
        if (str_eq(import_slug(server->api->import->arena, written, 64), name))
            return values_of(server, written);
    }
    return NULL;
}

static void put_hosts(struct server *server)
{
    struct import *import = server->api->import;
    str url = server->url;
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
        import_fail(import,
                    "has no server with a whole URL (\"" STR_F "\"); say --base-url URL.",
                    STR_A(url));
    else if (!hosts_put(import->arena, url, values_by_slug, server, &server->hosts))
        import_fail(import,
                    "has a server \"" STR_F
                    "\" that may be any host; say --base-url URL.",
                    STR_A(url));
}

/* --- the member --- */

static void say_others(struct import *import, const struct json *servers)
{
    for (uint32_t i = 1; servers && i < servers->n && i < 20; i++)
        import_say(import, "Another server of the vendor is not used: " STR_F ".",
                   STR_A(import_text(&servers->u.items[i], STR("url"))));
}

static void end_slash(struct server *server)
{
    while (server->url.n && server->url.p[server->url.n - 1] == '/')
        server->url.n--;
}

void openapi_put_server(struct openapi *api, struct json_build *document)
{
    struct import *import = api->import;
    const struct json *servers = import_at(import->root, STR("servers"));
    bool listed = servers && json_is(servers, JSON_ARRAY) && servers->n;
    const struct json *first = listed ? &servers->u.items[0] : NULL;
    bool given = !str_absent(import->base_url);
    struct server server = {.api = api};
    json_build_init(&server.hosts, import->arena);
    json_build_init(&server.fields, import->arena);
    server.url = given ? import->base_url : import_text(first, STR("url"));
    server.variables = given ? NULL : import_at(first, STR("variables"));
    if (str_absent(server.url)) {
        import_fail(import, "has no server; say --base-url URL.");
        return;
    }
    if (str_starts(server.url, STR("//")))
        server.url = arena_printf(import->arena, "https:" STR_F, STR_A(server.url));
    if (!given && !fill(&server))
        return;
    end_slash(&server);
    put_hosts(&server);
    if (!given)
        say_others(import, listed ? servers : NULL);
    json_build_member(document, STR("hosts"), json_build_array(&server.hosts));
    json_build_member(document, STR("base_url"), json_of_text(server.url));
    if (server.fields.n == 0)
        return;
    struct json_build connect;
    json_build_init(&connect, import->arena);
    json_build_member(&connect, STR("fields"), json_build_object(&server.fields));
    json_build_member(document, STR("connect"), json_build_object(&connect));
}
