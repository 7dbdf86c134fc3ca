/*
 * The request as the vendor will see it: the base URL and the path, the starter's
 * headers, the integration's own, the trace, and last the credential, which is put in
 * anew for each attempt.
 */
#include "exchange/exchange_steps.h"

#include "loop/world.h"

enum { OWN_HEADERS = 10 };

static str join_paths(struct arena *arena, str base, str path)
{
    if (base.n && base.p[base.n - 1] == '/')
        base.n--;
    if (base.n == 0)
        return path;
    str parts[] = {base, path};
    return arena_join(arena, parts, 2);
}

static void copy_headers(struct exchange *exchange)
{
    const struct headers *from = exchange->request.headers;
    const struct bind_list *fixed = &exchange->integration->headers;
    headers_init(&exchange->headers, exchange->arena, from->n + fixed->n + OWN_HEADERS);
    memcpy(exchange->headers.items, from->items, from->n * sizeof(from->items[0]));
    exchange->headers.n = from->n;
}

static enum exchange_step bad_template(struct exchange *exchange, str name, str missing)
{
    return exchange_fail(
        exchange, ERR_CREDENTIAL_UNUSABLE,
        arena_printf(exchange->arena,
                     "The header " STR_F " needs \"" STR_F
                     "\" in the account's context, which is missing or cannot stand in a "
                     "header.",
                     STR_A(name), STR_A(missing)),
        -1);
}

static bool add_fixed(struct exchange *exchange, const struct fixed_header *fixed,
                      str *ret_missing)
{
    str value;
    if (!fixed->override && header_find_name(&exchange->headers, fixed->name))
        return true;
    const struct json *context = exchange->request.context;
    if (!template_fill(&fixed->value, context ? context : &exchange->account->context,
                       exchange->arena, &value, ret_missing))
        return false;
    *ret_missing = STR("a usable value");
    if (!header_value_valid(value))
        return false;
    header_set_name(&exchange->headers, fixed->name, value);
    return true;
}

void exchange_aim(struct exchange *exchange)
{
    const struct exchange_request *request = &exchange->request;
    exchange->call.url = exchange->base;
    exchange->call.url.path =
        str_absent(request->host)
            ? join_paths(exchange->arena, exchange->base.path, request->path)
            : request->path;
    exchange->call.url.query = request->query;
}

/* A scheme that signs sees the request as it goes out; the clock and chance are asked for
 * no other. */
static bool put_credential(struct exchange *exchange)
{
    const struct auth_rule *rule = &exchange->way->rule;
    const struct auth_ops *ops = auth_ops_of(rule);
    struct world *world = exchange->worker->world;
    struct auth_request auth = {.arena = exchange->arena,
                                .headers = &exchange->headers,
                                .query = exchange->request.query};
    if (ops->signs) {
        auth.verb = exchange->request.verb;
        auth.url = &exchange->call.url;
        auth.form = exchange_form(exchange);
        auth.wall = world_wall(world);
        world->ops->random(world, auth.chance, sizeof(auth.chance));
    }
    enum err err = ops->apply(rule, exchange->credentials, &auth);
    exchange->call.url.query = auth.query;
    return err == ERR_NONE;
}

/* What the document puts into every request to the API. */
static enum exchange_step add_all_fixed(struct exchange *exchange)
{
    const struct bind_list *headers = &exchange->integration->headers;
    const struct fixed_header *fixed = headers->items;
    str missing;
    for (uint32_t i = 0; i < headers->n; i++)
        if (!add_fixed(exchange, &fixed[i], &missing))
            return bad_template(exchange, fixed[i].name, missing);
    return EXCHANGE_CALL;
}

static enum exchange_step misfit(struct exchange *exchange)
{
    return exchange_fail(exchange, ERR_CREDENTIAL_UNUSABLE,
                         STR("The stored credentials do not fit the auth block."), -1);
}

/* A token endpoint gets what its request has, and nothing else. */
static enum exchange_step shape_target(struct exchange *exchange)
{
    exchange->call.url = *exchange->request.target;
    header_set(&exchange->headers, HEADER_ACCEPT_ENCODING, STR("identity"));
    if (!exchange->request.credentials)
        return EXCHANGE_CALL;
    if (add_all_fixed(exchange) == EXCHANGE_DONE)
        return EXCHANGE_DONE;
    return put_credential(exchange) ? EXCHANGE_CALL : misfit(exchange);
}

enum exchange_step step_shape(struct exchange *exchange)
{
    const struct integration *integration = exchange->integration;
    const struct exchange_request *request = &exchange->request;
    copy_headers(exchange);
    if (request->target)
        return shape_target(exchange);
    if (add_all_fixed(exchange) == EXCHANGE_DONE)
        return EXCHANGE_DONE;
    if (integration_inspects(integration, exchange->method) || request->want_whole)
        header_set(&exchange->headers, HEADER_ACCEPT_ENCODING, STR("identity"));
    if (!str_absent(request->traceparent))
        header_set(&exchange->headers, HEADER_TRACEPARENT, request->traceparent);
    exchange_ask_validation(exchange);
    exchange_aim(exchange);
    return put_credential(exchange) ? EXCHANGE_CALL : misfit(exchange);
}
