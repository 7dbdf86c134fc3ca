#include "connect/connect.h"

#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "connect/consent.h"
#include "http/refusal.h"
#include "keeper/party.h"
#include "loop/world.h"

#define LINKS    STR("/oauth/connect/")
#define CALLBACK STR("/oauth/callback")

void connect_open(struct connect *connect)
{
    world_name(world_real(), "con_", connect->holder);
    if (connect->public_url.n && connect->public_url.p[connect->public_url.n - 1] == '/')
        connect->public_url.n--;
    connect->code =
        (struct code_env){.directory = connect->directory,
                          .catalog = connect->catalog,
                          .ops = connect->ops,
                          .ops_arg = connect->ops_arg,
                          .holder = connect->holder,
                          .desks = mem_array(connect->workers, sizeof(struct desk))};
    for (unsigned i = 0; i < connect->workers; i++)
        list_init(&connect->code.desks[i].works);
}

void connect_close(struct connect *connect)
{
    for (unsigned i = 0; i < connect->workers; i++)
        CHECK(list_empty(&connect->code.desks[i].works));
    mem_free(connect->code.desks);
}

void connect_stop(struct connect *connect, struct worker *worker)
{
    desk_stop(&connect->code.desks[worker->id]);
}

bool connect_busy(const struct connect *connect, const struct worker *worker)
{
    return !list_empty(&connect->code.desks[worker->id].works);
}

bool connect_is_ours(str path)
{
    return str_starts(path, LINKS) || str_eq(path, CALLBACK);
}

void connect_request(struct connect *connect, struct inbound *in)
{
    bool get = str_eq(in->head.method, STR("GET"));
    bool callback = str_eq(in->path, CALLBACK);
    if (callback && get)
        consent_callback(connect, in);
    else if (callback)
        refusal_send_method(in, STR("GET"), STR_NONE);
    else if (get || str_eq(in->head.method, STR("POST")))
        consent_link(connect, in, str_from(in->path, LINKS.n));
    else
        refusal_send_method(in, STR("GET, POST"), STR_NONE);
}

/* --- where we are --- */

str connect_origin(const struct connect *connect, const struct inbound *in,
                   struct arena *arena)
{
    if (connect->public_url.n)
        return connect->public_url;
    str host = header_value(&in->head.headers, HEADER_HOST);
    str parts[] = {inbound_tls(in) ? STR("https://") : STR("http://"), host};
    return arena_join(arena, parts, 2);
}

str connect_link(const struct connect *connect, const struct inbound *in, str secret,
                 struct arena *arena)
{
    str parts[] = {connect_origin(connect, in, arena), LINKS, secret};
    return arena_join(arena, parts, COUNT_OF(parts));
}

/* --- where browsers may go --- */

static bool is_loopback(const struct url *url)
{
    return str_eq(url->host, STR("localhost")) || str_eq(url->host, STR("127.0.0.1")) ||
           str_eq(url->host, STR("::1"));
}

/* The same origin, and a path that begins as the pattern's at a slash. */
static bool matches(const struct url *url, str pattern, struct arena *arena)
{
    struct url allowed;
    if (!url_parse(arena, pattern, &allowed, NULL) || !url_same_origin(url, &allowed))
        return false;
    str path = allowed.path;
    if (path.n && path.p[path.n - 1] == '/')
        path.n--;
    return str_starts(url->path, path) &&
           (url->path.n == path.n || url->path.p[path.n] == '/');
}

/* Browsers read more as dots and slashes than RFC 3986 does. */
static bool is_plain(str path)
{
    return str_find(path, '\\') == path.n && str_find_str(path, STR("%2e")) == path.n &&
           str_find_str(path, STR("%2E")) == path.n;
}

static bool setting_allows(const struct connect *connect, const struct url *url,
                           struct arena *arena)
{
    str rest = connect->returns, item;
    while (rest.n && str_next(&rest, ',', &item))
        if (matches(url, str_trim(item), arena))
            return true;
    return false;
}

static bool app_allows(const struct connect *connect, const struct account *account,
                       str way, const struct url *url, struct arena *arena)
{
    struct app *app = party_app(connect->directory, account, way);
    bool allowed = false;
    for (uint32_t i = 0; app && i < app->return_urls.n && !allowed; i++)
        allowed = matches(url, json_text(&app->return_urls.u.items[i]), arena);
    app_unref(&app);
    return allowed;
}

bool connect_may_return(const struct connect *connect, const struct account *account,
                        str way, str url, struct arena *arena)
{
    struct url parsed;
    if (!url_parse(arena, url, &parsed, NULL) || !is_plain(parsed.path))
        return false;
    if (account->environment->stage->kind == STAGE_SANDBOX && is_loopback(&parsed))
        return true;
    parsed.path = uri_remove_dots(arena, parsed.path);
    return setting_allows(connect, &parsed, arena) ||
           app_allows(connect, account, way, &parsed, arena);
}
