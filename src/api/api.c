/*
 * A request finds its route, shows its key, has its query checked, and is handed on.
 */
#include "api/api.h"

#include "api/api_call.h"
#include "api/api_leavers.h"
#include "auth/auth.h"
#include "loop/world.h"

enum { ARENA_CHUNK = 64 * 1024, ARENA_BYTES_MAX = 64 << 20 };

const struct api_route api_routes[] = {
#define X(verb, pattern, handler, permission, doc)                                       \
    {#verb, pattern, #handler, PERMISSION_##permission, doc, &handler_##handler},
#include "api/route_list.h"
#undef X
};

const size_t api_route_n = COUNT_OF(api_routes);

static struct path_set *build_routes(struct arena *arena)
{
    struct path_set *set = path_set_create(arena);
    for (size_t i = 0; i < api_route_n; i++) {
        const struct api_route *route = &api_routes[i];
        CHECK(path_set_add(set, str_z(route->verb), str_z(route->pattern), route, NULL));
    }
    return set;
}

void api_open(struct api *api)
{
    CHECK(api->directory && api->catalog && api->store && api->boards && api->gate);
    arena_init(&api->arena, ARENA_CHUNK, ARENA_BYTES_MAX);
    api->routes = build_routes(&api->arena);
    api->openapi = api_openapi_text(&api->arena);
    api->leavers = leavers_create(api);
    atomic_init(&api->body_bytes, 0);
}

void api_close(struct api *api)
{
    leavers_destroy(&api->leavers);
    arena_fini(&api->arena);
    api->routes = NULL;
    api->openapi = STR_NONE;
}

/* --- the key --- */

/* Whose key it is, if it is good; else the refusal. */
static enum err find_key(struct api_call *call)
{
    struct inbound *in = call->in;
    struct auth_request request = {
        .arena = call->arena, .headers = &in->head.headers, .query = in->query};
    str text = auth_take_key(NULL, &request);
    usec wall = world_wall(call->worker->world);
    if (str_absent(text))
        return ERR_KEY_MISSING;
    call->key = directory_find_key(call->api->directory, text);
    if (!call->key)
        return ERR_KEY_UNKNOWN;
    call->actor.key_id = tenant_id_str(&call->key->id);
    if (call->key->expires <= wall)
        return ERR_KEY_EXPIRED;
    directory_note_use(call->key, wall);
    return ERR_NONE;
}

/* False when it was refused. */
static bool check_key(struct api_call *call)
{
    unsigned permission = call->route->permission;
    if (permission == PERMISSION_NONE)
        return true;
    enum err err = find_key(call);
    if (err)
        api_refuse_text(call, err, STR_NONE);
    else if (!(call->key->permissions & permission))
        api_refuse_permission(call, (enum permission)permission);
    else
        return true;
    return false;
}

/* --- the route --- */

static bool find_route(struct api_call *call)
{
    const struct path_set *routes = call->api->routes;
    str path = call->in->path;
    str verb = call->in->head.method;
    if (str_eq(verb, STR("HEAD")))
        verb = STR("GET");
    switch (path_set_match(routes, verb, path, &call->match)) {
    case PATH_FOUND:
        call->route = call->match.target;
        return true;
    case PATH_WRONG_WORD:
        api_refuse_method(call, path_set_words(routes, call->arena, path));
        return false;
    case PATH_UNKNOWN:
        break;
    }
    api_refuse_text(call, ERR_ROUTE_UNKNOWN, STR("The routes stand in /openapi.json."));
    return false;
}

void api_request(struct api *api, struct inbound *in)
{
    struct api_call *call = api_call_create(api, in);
    if (find_route(call) && check_key(call) && api_query_read(call))
        api_call_start(call);
}
