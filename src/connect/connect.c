#include "connect/connect.h"

#include <string.h>

#include "base/uri.h"
#include "connect/consent.h"
#include "http/refusal.h"
#include "loop/world.h"

#define LINKS    STR("/oauth/connect/")
#define CALLBACK STR("/oauth/callback")

void connect_open(struct connect *connect)
{
    world_name(world_real(), "con_", connect->holder);
    if (connect->public_url.n && connect->public_url.p[connect->public_url.n - 1] == '/')
        connect->public_url.n--;
    connect->code = (struct code_env){.directory = connect->directory,
                                      .catalog = connect->catalog,
                                      .ops = connect->ops,
                                      .ops_arg = connect->ops_arg,
                                      .holder = connect->holder};
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

bool connect_may_return(const struct connect *connect, const struct stage *stage, str url,
                        struct arena *arena)
{
    struct url parsed;
    str rest = connect->returns, item;
    if (!url_parse(arena, url, &parsed, NULL))
        return false;
    if (stage->kind == STAGE_SANDBOX && is_loopback(&parsed))
        return true;
    parsed.path = uri_remove_dots(arena, parsed.path);
    while (rest.n && str_next(&rest, ',', &item))
        if (matches(&parsed, str_trim(item), arena))
            return true;
    return false;
}
